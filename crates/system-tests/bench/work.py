"""`work`: what a transfer costs the kernel and the processors, counted instead of timed, and what waiting costs."""

import signal
import subprocess
import time

import catalogue
import clients
import control
import exchange
import memory
import network
import small
from measure import Broken, Process, fresh, in_turn, until
from network import Link
from places import BINARY, RUNS
from table import row

CLIENTS = ["peerpool", "libtorrent-2.1", "libtorrent-2.0", "aria2", "rqbit"]
IDLE = 20  # seconds
ITEMS, CONNECTIONS, CHANNELS = 1_000, 50, catalogue.PEERS
MIB = 1 << 20


class Counter:
    """What some processes ask of the kernel from now on, all of their threads together."""

    def __init__(self, processes):
        self.processes = processes
        pids = ",".join(str(process.child.pid) for process in processes)
        # `perf` follows the threads that begin later, too.
        command = ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", pids]
        self.perf = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.before = self.switches()
        self.cpu = self.used()

    def switches(self):
        return {thread: counts for process in self.processes for thread, counts in process.switches().items()}

    def used(self):
        return sum(process.cpu() for process in self.processes)

    def finish(self):
        """System calls, sleeps that something ended, switches that nobody asked for, and CPU seconds."""
        # Those of threads that have ended meanwhile are lost.
        since = [[now - before for now, before in zip(counts, self.before.get(thread, (0, 0)))]
                 for thread, counts in self.switches().items()]
        waked, pushed = (sum(kind) for kind in zip(*since))
        cpu = self.used() - self.cpu
        self.perf.send_signal(signal.SIGINT)
        said = self.perf.communicate(timeout=10)[1]
        counted = [line.split(",") for line in said.splitlines() if "raw_syscalls" in line]
        if not counted or not counted[0][0].isdigit():
            raise Broken(f"perf counts no system calls (needs root and tracefs): {said[:200]}")
        return {"calls": int(counted[0][0]), "wakes": waked, "pushed": pushed, "cpu": cpu}


class Work:
    """The counters of one run, which `exchange` begins with the transfer and ends with it."""

    def __init__(self, content, takers):
        self.fetched, self.counters, self.figures = exchange.size(content) * takers / MIB, {}, {}

    def begin(self, givers, takers):
        for role, nodes in (("seed", givers), ("get", takers)):
            self.counters[role] = Counter([node.process for node in nodes])
        self.began = time.monotonic()

    def finish(self):
        """For each mebibyte that was fetched, and for each second of each process."""
        seconds = time.monotonic() - self.began
        for role, counter in self.counters.items():
            counts = counter.finish()
            each = len(counter.processes) * seconds
            figures = {f"{key}_mib": counts[key] / self.fetched for key in ("calls", "wakes", "pushed")}
            figures |= {"cpu_ms_mib": 1000 * counts["cpu"] / self.fetched}
            figures |= {f"{key}_s": counts[key] / each for key in ("calls", "wakes")}
            self.figures |= {f"{role}_{key}": round(figure, 1) for key, figure in figures.items()}


def transfers(options):
    """Each case as its name, what is exchanged, and its links: none for loopback."""
    shaped = lambda peers, rate: [Link(rate, rate)] * (peers + 1)
    return [
        ("pair", exchange.random_file(options.mebibytes or 512), 1, None),
        ("fan-out", exchange.random_file(options.mebibytes or 64), 8, None),
        ("10 peers at 50 Mbit/s", exchange.random_file(options.mebibytes or 32), 10, shaped(10, 50)),
        ("30 peers at 10 Mbit/s", exchange.random_file(options.mebibytes or 8), 30, shaped(30, 10)),
    ]


def once(client, content, takers, links, rtt):
    work = Work(content, takers)
    hosts = network.shaped([*links, Link(0, 0)], rtt / 2) if links else network.loopback(takers + 2)
    with hosts as hosts:
        seconds = exchange.run(client, content, hosts, 1, 256 if links else 1024, 300, counted=work)["seconds"]
    return {"seconds": seconds} | work.figures


def idle(counted):
    """What somebody costs who waits, a second."""
    counter = Counter([counted])
    time.sleep(IDLE)
    figures = counter.finish()
    return {f"{key}_s": round(figures[key] / IDLE, 2) for key in ("calls", "wakes")} | {
        "cpu_ms_s": round(1000 * figures["cpu"] / IDLE, 2)}


def idle_peer():
    """A peer with 1,000 items, connected to 50 that want nothing."""
    folder = fresh(RUNS / "work")
    fresh(folder / "tracker"), fresh(folder / "peer")
    repository = fresh(folder / "repository")
    source = small.folder_of("1000x4KiB", ITEMS, 4 << 10)
    subprocess.run(f"find {source} -name '*.bin' -exec cp -l -t {repository} {{}} +", shell=True, check=True)
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0"], folder / "tracker")
    try:
        url = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        peer = memory.peer(repository, folder / "peer", url)
        sockets = []
        try:
            memory.settled(peer, repository, ITEMS)
            sockets = memory.connected(repository, CONNECTIONS, wants=False)
            # Until what was shown of it has come to rest.
            time.sleep(15)
            return idle(peer)
        finally:
            for connection in sockets:
                connection.close()
            peer.finish()
    finally:
        tracker.finish()


def idle_tracker():
    """A tracker with 1,000 peers who say nothing new."""
    folder = fresh(RUNS / "work")
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", folder / "data"], folder)
    try:
        url = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        load = catalogue.Load(url, CHANNELS, folder)
        try:
            time.sleep(5)
            return idle(tracker)
        finally:
            load.finish()
    finally:
        tracker.finish()


def work(options):
    rows = []
    for name, content, takers, links in transfers(options):
        chosen = clients.installed(options.clients or CLIENTS)
        variants = {client.name: lambda client=client: once(client, content, takers, links, options.rtt)
                    for client in chosen}
        results = in_turn(variants, options.runs)
        settings = f"{name}, {exchange.size(content) >> 20} MiB"
        rows += [row("work", who, "", settings, runs) for who, runs in results.items()]
    for name, run in (("a peer with 1,000 items and 50 connections", idle_peer),
                      ("a tracker with 1,000 channels", idle_tracker)):
        rows.append(row("work", name, "", f"idle, {IDLE} s", [run() for _ in range(options.runs)]))
    return rows
