"""`limits`: how well a limit of rates is kept on shaped links, how evenly two items share it, and who is held up."""

import contextlib
import shutil
import threading
import time

import control
import exchange
import network
from measure import Broken, Process, fresh, in_turn, until
from network import Link
from places import BINARY, RUNS
from prober import Prober
from table import row
from wiretap import Wiretap, most_within

PORT = 7000
RATE = 1_250_000  # 10 Mbit/s
SECONDS = 10
MEBIBYTES = 64
LINK = Link(100, 100)
RTT = 10


class Peer:
    """A process of ours on a host, with its repository."""

    def __init__(self, name, host, tracker, content=()):
        self.folder, self.address = fresh(RUNS / f"limits-{name}"), (host.address, PORT)
        for path in content:
            shutil.copyfile(path, self.folder / path.name)
        arguments = [BINARY, "peer", "--no-shell", "--listen", f"{host.address}:{PORT}", "--repository", self.folder,
                     "--tracker", tracker, "--name", name]
        self.process = Process(arguments, fresh(RUNS / f"limits-{name}-home"), host.prefix)
        until(f"{name} is ready", lambda: self.process.alive() and self.shares(len(content)), 60)

    def shares(self, count):
        try:
            status = self.ask("GET", "status")
        except OSError:
            return False
        return status["items"] >= count and status["tracker"]["state"] == "connected"

    def ask(self, method, path, body=None):
        return control.ask(self.folder, method, f"/api/v1/{path}", body)

    def fetches(self, count):
        return len([one for one in self.ask("GET", "downloads") if any(source["bytes"] for source in one["sources"])]) == count

    def begin(self, name):
        threading.Thread(target=self.ask, args=("POST", "downloads", {"what": {"item": name}}), daemon=True).start()


class Pool(contextlib.ExitStack):
    """A seed of two items and another host, each behind a link, and their tracker."""

    def __enter__(self):
        self.files = [exchange.random_file(MEBIBYTES), exchange.random_file(MEBIBYTES + 1)]
        self.seeds, self.other, host = self.enter_context(network.shaped([LINK, LINK, Link(0, 0)], RTT / 2))
        self.tracker = f"{host.address}:6969"
        command = [BINARY, "tracker", "--listen", self.tracker, "--no-discovery", "--data", fresh(RUNS / "limits-tracker")]
        tracker = Process(command, fresh(RUNS / "limits"), host.prefix)
        self.callback(tracker.finish)
        until("the tracker", lambda: "ready" in tracker.log.read_text(), 10)
        self.seed = self.peer("seed", self.seeds, self.files)
        return self

    def peer(self, name, host, content=()):
        peer = Peer(name, host, self.tracker, content)
        self.callback(peer.process.finish)
        return peer


def kept(limited):
    """Two items at once under one limit, of the sender (`up`) or of the receiver (`down`), as the limited link sees it."""
    with Pool() as pool:
        reader = pool.peer("reader", pool.other)
        (pool.seed if limited == "up" else reader).ask("PUT", "limits", {limited: RATE})
        for file in pool.files:
            reader.begin(file.name)
        until("both run", lambda: reader.fetches(2), 20, 0.1)
        time.sleep(2)
        tap = Wiretap(pool.seeds if limited == "up" else pool.other, limited == "up")
        time.sleep(SECONDS)
        seen = [packet for packet in tap.finish() if PORT in packet[1]]
    connections = {}
    for _, ports, payload in seen:
        connections[ports] = connections.get(ports, 0) + payload
    largest = sorted(connections.values())[-2:]
    if len(largest) < 2:
        raise Broken(f"two connections were expected: {connections}")
    moved = sum(payload for _, _, payload in seen)
    return {"of_limit": round(moved / (seen[-1][0] - seen[0][0]) / RATE, 4),
            "most_in_1_s": round(most_within(seen, 1) / RATE, 4), "most_in_100_ms": round(most_within(seen, 0.1) / RATE * 10, 3),
            "smaller_share": round(largest[0] / sum(largest), 3)}


def asked(limit, depth):
    """Round trips of questions on a connection on which `depth` requests for blocks wait."""
    with Pool() as pool:
        pool.seed.ask("PUT", "limits", {"up": limit} if limit else {})
        items = until("items", lambda: pool.seed.ask("GET", "items")["items"], 20, 0.1)
        trips = Prober(pool.other, pool.seed.address, items[0]).measure(4, depth)
    if len(trips) < 10:
        raise Broken(f"only {len(trips)} questions were answered")
    return {"median_ms": round(trips[len(trips) // 2], 2), "p99_ms": round(trips[len(trips) * 99 // 100], 2), "questions": len(trips)}


def limits(options):
    """10 Mbit/s, both ways of limiting it; then how long a message takes under it and without it."""
    links = f"links of {LINK.up} Mbit/s, round trip {RTT} ms"
    ways = in_turn({f"peerpool --{way}": lambda way=way: kept(way) for way in ("up", "down")}, options.runs)
    settings = f"10 Mbit/s over {SECONDS} s, two items of {MEBIBYTES} MiB, {links}; TCP payload of the limited link"
    rows = [row("limits", name, "", settings, runs) for name, runs in ways.items()]
    cases = {"no limit, no load": (None, 0), "--up 10Mbit, 32 blocks wait": (RATE, 32), "no limit, 32 blocks wait": (None, 32)}
    trips = in_turn({name: lambda case=case: asked(*case) for name, case in cases.items()}, options.runs)
    settings = f"a question for metadata and its answer, {links}"
    return rows + [row("limits", name, "", settings, runs) for name, runs in trips.items()]
