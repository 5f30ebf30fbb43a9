"""`announce`: announces a second over HTTP, under the same load, beside opentracker and aquatic_http."""

import hashlib
import os
import re
import subprocess

import install
import network
from measure import Process, fresh, in_turn, until
from exchange import listens
from places import BINARY, HERE, RUNS
from table import row

SWARMS, PEERS = 100_000, 1_000_000
AQUATIC = """socket_workers = 1
swarm_workers = 1
[network]
address = "{address}:6969"
enable_tls = false
keep_alive = true
[cleaning]
max_peer_age = 3600
[privileges]
drop_privileges = false
"""


def swarm(number):
    """The info-hash of swarm N, as the load generator writes it."""
    return hashlib.sha1(str(number).encode()).digest()


def opentracker(host, folder):
    folder.chmod(0o755)
    (folder / "allowed").write_text("".join(swarm(number).hex() + "\n" for number in range(SWARMS)))
    return ["opentracker", "-i", host.address, "-p", "6969", "-P", "6969", "-d", folder, "-w", "allowed", "-u", "nobody"]


def aquatic(host, folder):
    (folder / "aquatic.toml").write_text(AQUATIC.format(address=host.address))
    return [install.program("aquatic_http"), "-c", folder / "aquatic.toml"]


def peerpool(host, folder):
    return [BINARY, "tracker", "--no-discovery", "--listen", f"{host.address}:6969"]


def load(host, folder, keep_alive, seconds, first=0, tcp_connections=64, among=0, rate=0):
    """Announces peers for a while, the first of them with number `first`; gives what wrk says. Every peer is a new one,
    unless `among` says how many announce themselves again. `rate` is the most announces a second, if there is any."""
    pause = round(1000 * tcp_connections / rate) if rate else 0
    command = ["wrk", "-t", "1", "-c", str(tcp_connections), "-d", f"{seconds}s", "--latency",
               "-s", HERE / "announce.lua", f"http://{host.address}:6969/",
               "--", "keep" if keep_alive else "close", first, among, pause]
    command = [*host.prefix, *map(str, command)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ | {"PWD": str(folder)}).stdout


def write_hashes(folder):
    """The swarms, where the load generator reads them."""
    (folder / "hashes").write_text("".join(swarm(number).hex() + "\n" for number in range(SWARMS)))


def count(said):
    return int(re.search(r"(\d+) requests in", said).group(1))


def refused(said):
    found = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return int(found.group(1)) if found else 0


def p99_ms(said):
    latency, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(latency) * {"us": .001, "ms": 1, "s": 1000}[unit]


def once(name, command, keep_alive, seconds):
    """Announces for some seconds: rate, latency and CPU. With `keep_alive` goes on until there are PEERS: memory a peer."""
    with network.loopback(1) as [host]:
        folder = fresh(RUNS / f"announce-{name}")
        tracker = Process(command(host, folder), folder, host.prefix)
        try:
            until("the tracker", lambda: tracker.alive() and listens(host, f"{host.address}:6969"), 30)
            write_hashes(folder)
            cpu, resident = tracker.cpu(), tracker.resident("VmRSS")
            said = load(host, folder, keep_alive, seconds)
            used, peers = tracker.cpu() - cpu, count(said)
            figures = {
                "announces_a_second": round(peers / seconds), "p99_ms": p99_ms(said),
                "announces_a_cpu_second": round(peers / used), "cpu_us": round(used / peers * 1e6, 1),
                "refused": refused(said),
            }
            if not keep_alive:
                return figures
            while peers < PEERS:
                peers += count(load(host, folder, keep_alive, 2, peers))
            grown = (tracker.resident("VmRSS") - resident) * (1 << 20)
            return figures | {"peers": peers, "bytes_a_peer": round(grown / peers)}
        finally:
            tracker.finish()


def announce(options):
    trackers = {"peerpool": peerpool, "opentracker": opentracker, "aquatic_http": aquatic}
    trackers = {name: command for name, command in trackers.items() if install.program(name)}
    variants = {}
    for keep_alive in (True, False):
        for name, command in trackers.items():
            how = "keep-alive" if keep_alive else "a connection a request"
            variants[f"{name}, {how}"] = lambda n=name, c=command, k=keep_alive: once(n, c, k, options.seconds)
    results = in_turn(variants, options.runs)
    settings = f"{SWARMS} swarms, every announce a new peer, wrk with 64 connections on the same cores"
    return [row("announce", who, install.version(who.split(",")[0]), settings, runs) for who, runs in results.items()]
