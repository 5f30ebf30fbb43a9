"""`limits`: how well a limit of rates is kept over real sockets, and how evenly two items share it."""

import shutil
import threading
import time

import control
import exchange
from measure import Process, fresh, in_turn, until
from places import BINARY, RUNS
from table import row

PORT = 26969
SECONDS = 10
MEBIBYTES = 64


class Peer:
    """A process of ours with its repository."""

    def __init__(self, name, tracker, content=()):
        self.folder = fresh(RUNS / f"limits-{name}")
        for path in content:
            shutil.copyfile(path, self.folder / path.name)
        arguments = [BINARY, "peer", "--no-shell", "--listen", "127.0.0.1:0", "--repository", self.folder,
                     "--tracker", tracker, "--name", name]
        self.process = Process(arguments, fresh(RUNS / f"limits-{name}-home"))
        until(f"{name} is ready", lambda: self.process.alive() and self.shares(len(content)), 60)

    def shares(self, count):
        try:
            status = self.ask("GET", "status")
        except OSError:
            return False
        return status["items"] >= count and status["tracker"]["state"] == "connected"

    def ask(self, method, path, body=None):
        return control.ask(self.folder, method, f"/api/v1/{path}", body)

    def fetched(self):
        """Verified and unverified bytes of each download."""
        return {one["name"]: sum(source["bytes"] for source in one["sources"]) for one in self.ask("GET", "downloads")}


def once(limited, rate):
    """Two items at once under one limit, of the sender (`up`) or of the receiver (`down`)."""
    files = [exchange.random_file(MEBIBYTES), exchange.random_file(MEBIBYTES + 1)]
    tracker = Process([BINARY, "tracker", "--listen", f"127.0.0.1:{PORT}", "--no-discovery",
                       "--data", fresh(RUNS / "limits-tracker")], fresh(RUNS / "limits"))
    peers = []
    try:
        until("the tracker", lambda: "ready" in tracker.log.read_text(), 10)
        seed = Peer("seed", f"127.0.0.1:{PORT}", files)
        peers.append(seed)
        reader = Peer("reader", f"127.0.0.1:{PORT}")
        peers.append(reader)
        (seed if limited == "up" else reader).ask("PUT", "limits", {limited: rate})
        for file in files:
            threading.Thread(target=reader.ask, args=("POST", "downloads", {"what": {"item": file.name}})).start()
        until("both run", lambda: len([1 for bytes in reader.fetched().values() if bytes]) == 2, 20)
        time.sleep(2)
        samples = [(time.monotonic(), reader.fetched())]
        while samples[-1][0] - samples[0][0] < SECONDS:
            time.sleep(0.1)
            samples.append((time.monotonic(), reader.fetched()))
        return figures(samples, rate)
    finally:
        for process in [*(peer.process for peer in peers), tracker]:
            process.finish()


def figures(samples, rate):
    totals = [(at, sum(fetched.values())) for at, fetched in samples]
    seconds = totals[-1][0] - totals[0][0]
    moved = totals[-1][1] - totals[0][1]
    each = sorted(samples[-1][1][name] - samples[0][1][name] for name in samples[0][1])
    burst = max(later[1] - first[1] for first in totals for later in totals if 0 < later[0] - first[0] <= 1.0)
    return {"of_limit": round(moved / seconds / rate, 4), "burst": round(burst / rate, 3),
            "smaller_share": round(each[0] / max(1, sum(each)), 3)}


def limits(options):
    """10 Mbit/s, both ways of limiting it."""
    rate = 1_250_000
    variants = {way: lambda way=way: once(way, rate) for way in ("up", "down")}
    settings = f"10 Mbit/s over {SECONDS} s, two items of {MEBIBYTES} MiB, loopback; `burst` is the most in a second"
    return [row("limits", f"peerpool --{way}", "", settings, runs) for way, runs in in_turn(variants, options.runs).items()]
