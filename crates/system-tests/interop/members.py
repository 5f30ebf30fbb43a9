"""Cases of a pool for members: what a stock client gets by the key of a member, and what it gets without."""

import json
import re
import subprocess
import time

import contents
from cases import PEERPOOL, Case, fetch, original, title
from restarts import stored
from sandbox import BINARY, Failed, Sandbox, until

# Within so many seconds, what is fetched by a revoked key stops.
SOON = 5
# So long nothing more may come.
STILL = 3
# Of 400 MiB, most is missing when the key is revoked.
RATE, SOME = "16M", 20 << 20


class MembersBox(Sandbox):
    """A tracker of a pool for members, and a device of the first of them."""

    options = ["--members"]

    def __init__(self, host):
        super().__init__(host)
        invite = until("the invite", lambda: self.tracker_process.said(r"^https://\S+/join#\S+"), alive=[self.tracker_process])
        self.device = {"HOME": str(self.new_folder("device"))}
        self.command("join", "--name", "ann", "--device", "laptop", PEERPOOL_INVITE=invite.group())

    def command(self, *arguments, **environment):
        """What a command of the member writes."""
        surroundings = {"PATH": "/usr/bin:/bin", **self.device, **environment}
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=surroundings)
        if done.returncode:
            raise Failed(f"peerpool {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def share(self, content):
        """Has a peer of the member share a file or folder, and lets stock clients in to it."""
        arguments = PEERPOOL.arguments(self, content.parent)
        peer = self.run("peerpool", [BINARY, "peer", "--no-shell", *arguments], **self.device)
        until("the item is listed", lambda: self.seeds(content.name), alive=[peer])
        self.command("access", "stock", content.name, "on")

    def seeds(self, name):
        items = json.loads(self.command("ls", "--json", "--tracker", self.tracker))["items"]
        return next((item["seeds"] for item in items if item["name"] == name), 0)

    def torrent(self, content):
        """A .torrent file with a new key, and which key it is."""
        file = self.new_folder("torrent") / "private.torrent"
        made = json.loads(self.command("access", "stock", content.name, "--torrent", str(file), "--json"))
        return file, made["id"]


def case(program, direction, shape, run):
    return Case(title(program), direction, "private form, file", shape, run, box=MembersBox)


def let_in(program, shape):
    """A client fetches an item by the .torrent file that a member made for it."""

    def run(box):
        content = original(box, shape)
        box.share(content)
        torrent, _ = box.torrent(content)
        return fetch(program, box, torrent, content)

    return case(program, "from members", shape, run)


def refused(program):
    """A client whose key was never made gets nothing, beside one that has a key."""

    def run(box):
        content = original(box, "odd file")
        box.share(content)
        torrent, _ = box.torrent(content)
        keyless = with_another_key(torrent, box.new_folder("torrent") / "keyless.torrent")
        got = box.new_folder("got")
        outsider = program.start(box, keyless, got)
        size = fetch(program, box, torrent, content)
        time.sleep(STILL)
        if program.complete(outsider) or has_bytes(got / content.name):
            raise Failed(f"{program.name} got something without a key")
        return size

    return case(program, "from members, without a key", "odd file", run)


def stopped(program):
    """What a client fetches by a key stops soon after that is revoked."""

    def run(box):
        content = contents.big_file(box.new_folder("original"))
        box.share(content)
        torrent, key = box.torrent(content)
        folder = box.new_folder("got")
        box.command("limit", "--up", RATE, "--repository", str(content.parent))
        process = program.start(box, torrent, folder)
        until("some of it", lambda: stored(folder) > SOME, alive=[process])
        box.command("access", "revoke", key)
        time.sleep(SOON)
        before = stored(folder)
        time.sleep(STILL)
        if stored(folder) > before or program.complete(process):
            raise Failed(f"{program.name} went on after its key was revoked")
        return before

    return case(program, "from members, key revoked", "400 MiB", run)


def has_bytes(path):
    return path.exists() and path.stat().st_blocks > 0


def with_another_key(torrent, other):
    """The same .torrent file with a key that nobody has made."""
    raw = torrent.read_bytes()
    key = re.search(rb"/announce/([\w-]+)/announce", raw).group(1)
    other.write_bytes(raw.replace(key, key[::-1]))
    return other
