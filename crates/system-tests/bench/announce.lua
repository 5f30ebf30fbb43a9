-- Announces for wrk: every request is a new peer of one of 100,000 swarms, whose info-hashes come from `hashes`, a file
-- of 40 hexadecimal digits a line in the working folder. The arguments say whether connections are kept, and the number of
-- peers announced before.

local swarms = {}
local count = 0

function init(arguments)
    for hash in io.lines(os.getenv("PWD") .. "/hashes") do
        swarms[#swarms + 1] = hash:gsub("..", "%%%0")
    end
    if arguments[1] == "close" then
        wrk.headers["Connection"] = "close"
    end
    count = tonumber(arguments[2])
    wrk.headers["User-Agent"] = "wrk"
end

function request()
    count = count + 1
    local peer = string.format("-WK0001-%012d", count)
    local swarm = swarms[count % #swarms + 1]
    local port = 1024 + math.floor(count / #swarms) * 7 % 60000
    return wrk.format("GET", string.format(
        "/announce?info_hash=%s&peer_id=%s&port=%d&uploaded=0&downloaded=0&left=1&compact=1&numwant=30&event=started",
        swarm, peer, port))
end
