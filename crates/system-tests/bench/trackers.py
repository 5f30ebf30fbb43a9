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

SWARMS = 100_000
AQUATIC = """socket_workers = 1
swarm_workers = 1
[network]
use_ipv4 = true
use_ipv6 = false
address_ipv4 = "{address}:6969"
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


def once(name, command, keep_alive, seconds, tcp_connections=64):
    """Fills the tracker with peers while it counts; gives rate, latency, CPU an announce and memory a peer."""
    with network.loopback(1) as [host]:
        folder = fresh(RUNS / f"announce-{name}")
        tracker = Process(command(host, folder), folder, host.prefix)
        try:
            until("the tracker", lambda: tracker.alive() and listens(host, f"{host.address}:6969"), 30)
            (folder / "hashes").write_text("".join(swarm(number).hex() + "\n" for number in range(SWARMS)))
            cpu, resident = tracker.cpu(), tracker.resident("VmRSS")
            load = ["wrk", "-t", "1", "-c", str(tcp_connections), "-d", f"{seconds}s", "--latency", "-s",
                    HERE / "announce.lua", f"http://{host.address}:6969/", "--", "keep" if keep_alive else "close"]
            said = subprocess.run([*host.prefix, *map(str, load)], capture_output=True, text=True, cwd=folder, env=os.environ | {"PWD": str(folder)}).stdout
            announces = int(re.search(r"(\d+) requests in", said).group(1))
            refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
            latency, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
            used = tracker.cpu() - cpu
            grown = (tracker.resident("VmRSS") - resident) * (1 << 20)
            return {
                "announces_a_second": round(announces / seconds), "p99_ms": float(latency) * {"us": .001, "ms": 1, "s": 1000}[unit],
                "announces_a_cpu_second": round(announces / used), "cpu_us": round(used / announces * 1e6, 1),
                "bytes_a_peer": round(grown / announces), "announces": announces, "refused": int(refused.group(1)) if refused else 0,
            }
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
