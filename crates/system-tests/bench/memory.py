"""`memory`: what a peer of ours holds with many items, and with many connections."""

import socket
import subprocess
import time

import control
import small
from measure import Process, fresh, until
from places import BINARY, RUNS
from table import row

ITEMS, CONNECTIONS, SWARMS = 10_000, 500, 10  # a swarm takes 80 connections


def peer(repository, folder, tracker):
    command = [BINARY, "peer", "--no-shell", "--repository", repository, "--tracker", tracker, "--listen", "127.0.0.1:0"]
    return Process(command, folder)


def settled(process, repository, items):
    """Waits until all is shared, then lets the process go quiet."""
    until("the peer", lambda: process.alive() and process.said("^ready"), 60)
    until("all items", lambda: control.ask(repository, "GET", "/api/v1/status")["items"] >= items, 600, 0.2)
    before = -1.0
    while process.cpu() != before:
        before = process.cpu()
        time.sleep(1)


def with_items(tracker, folder):
    """10,000 files, each an item, idle."""
    flat = fresh(folder / "repository")
    source = small.folder_of("10000x4KiB", ITEMS, 4 << 10)
    subprocess.run(f"find {source} -name '*.bin' -exec cp -l -t {flat} {{}} +", shell=True, check=True)
    process = peer(flat, folder, tracker)
    try:
        settled(process, flat, ITEMS)
        return {"rss_mib": process.resident("VmRSS"), "peak_mib": process.resident(), "cpu": process.cpu()}
    finally:
        process.finish()


def connected(repository, count, wants=True):
    """Connections to a peer that have shaken hands, in all of its swarms in turn, and are interested if `wants`."""
    shared = control.ask(repository, "GET", "/api/v1/repository?limit=1000")["items"][:SWARMS]
    host, port = control.ask(repository, "GET", "/api/v1/status")["listen"].rsplit(":", 1)
    sockets = []
    for number in range(count):
        swarm = bytes.fromhex(shared[number % len(shared)]["hash"].split(":")[0])
        connection = socket.create_connection((host, int(port)), 10)
        name = b"-XX0001-%012d" % number
        interested = b"\x00\x00\x00\x01\x02" if wants else b""
        connection.sendall(b"\x13BitTorrent protocol" + bytes(8) + swarm + name + interested)
        connection.recv(68, socket.MSG_WAITALL)
        sockets.append(connection)
    return sockets


def with_connections(tracker, folder):
    """500 connections that have shaken hands and are interested, in ten swarms."""
    repository = fresh(folder / "repository")
    for file in small.folder_of("ten", SWARMS, 1 << 20).rglob("*.bin"):
        subprocess.run(["cp", "-l", file, repository], check=True)
    process = peer(repository, folder, tracker)
    sockets = []
    try:
        settled(process, repository, SWARMS)
        sockets = connected(repository, CONNECTIONS)
        time.sleep(1)
        status = control.ask(repository, "GET", "/api/v1/status")
        return {"rss_mib": process.resident("VmRSS"), "peak_mib": process.resident(), "connections": status["connections"]}
    finally:
        for connection in sockets:
            connection.close()
        process.finish()


def memory(options):
    folder = fresh(RUNS / "memory")
    fresh(folder / "tracker"), fresh(folder / "peer")
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0"], folder / "tracker")
    try:
        said = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10)
        rows = []
        for name, run in {"10,000 items": with_items, "500 connections": with_connections}.items():
            figures = [run(said.group(1), folder / "peer") for _ in range(options.runs)]
            rows.append(row("memory", f"peerpool, {name}", "", "idle", figures))
        return rows
    finally:
        tracker.finish()
