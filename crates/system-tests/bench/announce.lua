-- Announces for wrk: every request is a peer of one of 100,000 swarms, whose info-hashes come from `hashes`, a file of
-- 40 hexadecimal digits a line in the working folder. The arguments say whether connections are kept, the number of
-- peers announced before, how many peers announce themselves again and again after that one (0: every request is a new
-- peer), and for how many milliseconds a connection pauses after each answer (0: it does not).

local swarms = {}
local first, among, count = 0, 0, 0
local event = "&event=started"

function init(arguments)
    for hash in io.lines(os.getenv("PWD") .. "/hashes") do
        swarms[#swarms + 1] = hash:gsub("..", "%%%0")
    end
    if arguments[1] == "close" then
        wrk.headers["Connection"] = "close"
    end
    first = tonumber(arguments[2])
    among = tonumber(arguments[3])
    if among > 0 then
        event = ""
    end
    local pause = tonumber(arguments[4])
    if pause > 0 then
        -- Its mere presence has wrk ask.
        function delay()
            return pause
        end
    end
    wrk.headers["User-Agent"] = "wrk"
end

function request()
    count = count + 1
    local number = first + (among > 0 and (count - 1) % among + 1 or count)
    local peer = string.format("-WK0001-%012d", number)
    local swarm = swarms[number % #swarms + 1]
    local port = 1024 + math.floor(number / #swarms) * 7 % 60000
    return wrk.format("GET", string.format(
        "/announce?info_hash=%s&peer_id=%s&port=%d&uploaded=0&downloaded=0&left=1&compact=1&numwant=30%s",
        swarm, peer, port, event))
end
