"""`cluster`: trackers that are one pool: what an announce costs, and how soon others know, start and take over."""

import bisect
import concurrent.futures
import contextlib
import functools
import hashlib
import re
import statistics
import sys
import time
import urllib.parse

import announcers
import install
import nodes
import trackers
from channels import moved
from measure import Broken, in_turn, until
from table import row

NODES, RATE, TRIES = 3, 2000, 500
CLIENTS, THREADS = 10_000, 8
LONE = "lone tracker, SQLite"


def announce(pool, where, seconds, among):
    """Announces at these nodes at once, over as many connections in all as `announce` has; gives what each wrk says. At
    each of them as many peers announce themselves again as `among` says; 0: all are new."""
    def one(number, again):
        host, first = pool.nodes[number].host, number * 10 ** 9
        return trackers.load(host, pool.folder, True, seconds, first, 64 // len(where), again)
    with concurrent.futures.ThreadPoolExecutor(len(where)) as loads:
        return list(loads.map(one, where, among))


def costs(kind, pool, where, seconds, among):
    """Announces for some seconds. Gives the CPU time of all nodes until the last of them has heard of it, that of those
    at which nobody announced, and how many announces there were at each of the others."""
    def answered(outcome):
        return sum(node.metric(f'peerpool_tracker_announces_total{{outcome="{outcome}"}}') for node in pool.nodes)
    before, cpu = answered("answered"), [node.process.cpu() for node in pool.nodes]
    said = announce(pool, where, seconds, among)
    pool.settle()
    announces = answered("answered") - before
    if refused := answered("refused"):
        raise Broken(f"{refused:g} announces were refused")
    used = [(node.process.cpu() - past) / announces * 1e6 for node, past in zip(pool.nodes, cpu)]
    figures = {f"{kind}_cpu_us": round(sum(used), 2)}
    if len(where) < len(pool.nodes):
        figures[f"{kind}_elsewhere_cpu_us"] = round(sum(used) - sum(used[number] for number in where), 2)
    figures |= {f"{kind}_a_second": round(announces / seconds), f"{kind}_p99_ms": max(map(trackers.p99_ms, said))}
    return figures, [trackers.count(one) for one in said]


def cost(count, where, seconds):
    """New peers for some seconds, then the same peers again, which is what most announces are."""
    with nodes.pool("cluster-cost", count) if count else nodes.lone("cluster-cost") as pool:
        trackers.write_hashes(pool.folder)
        new, peers = costs("new", pool, where, seconds, [0] * len(where))
        again, _ = costs("again", pool, where, seconds, peers)
        return again | new


def named():
    """Milliseconds from the answer of an announce at one node until another node names that peer."""
    with nodes.pool("cluster-named", NODES) as pool, concurrent.futures.ThreadPoolExecutor(1) as loads:
        trackers.write_hashes(pool.folder)
        first, other = (announcers.Announcer(node.address) for node in pool.nodes[:2])
        seconds = round(TRIES * 0.08)
        load = loads.submit(trackers.load, pool.nodes[0].host, pool.folder, True, seconds, 0, 256, 0, RATE)
        time.sleep(1)
        took = []
        for number in range(TRIES):
            swarm = hashlib.sha1(f"named {number}".encode()).digest()
            other.announce(swarm, 1, 1001)
            first.announce(swarm, 2, 1002)
            answered = time.monotonic()
            while not announcers.names(other.announce(swarm, 1, 1001), 1002):
                if time.monotonic() > answered + 10:
                    raise Broken("a peer was not named within 10 s")
                time.sleep(0.0002)
            took.append(1000 * (time.monotonic() - answered))
            time.sleep(0.05)
        if load.done():
            raise Broken("the load beside it ended too soon")
        took.sort()
        background = trackers.count(load.result())
        return {
            "p99_ms": round(took[TRIES * 99 // 100], 2), "p50_ms": round(statistics.median(took), 2),
            "most_ms": round(took[-1], 2), "background_a_second": round(background / seconds),
        }


def clients_at(node):
    """How many stock clients a node counts in all swarms."""
    total = 0
    for first in range(0, trackers.SWARMS, 100):
        swarms = (trackers.swarm(number) for number in range(first, first + 100))
        query = "&".join("info_hash=" + urllib.parse.quote(swarm) for swarm in swarms)
        status, body = nodes.get(node.address, "/scrape?" + query)
        if status != 200:
            raise Broken(f"scrape: {status} {body[:200]}")
        total += sum(map(int, re.findall(rb"10:incompletei(\d+)e", body)))
    return total


def join(announced):
    """What a stock client takes at its node and at one that hears of it, then how soon a node that starts knows all."""
    with nodes.pool("cluster-join", 2) as pool:
        trackers.write_hashes(pool.folder)
        home, other = pool.nodes
        before, peers = [node.bytes() for node in pool.nodes], 0
        while peers < announced:
            peers += trackers.count(trackers.load(home.host, pool.folder, True, 1, peers))
        pool.settle()
        peers = clients_at(home)
        if (known := clients_at(other)) != peers:
            raise Broken(f"of {peers} clients the other node knows {known}")
        grown = [node.bytes() - bytes for node, bytes in zip(pool.nodes, before)]
        other.process.finish()
        begun, cpu = time.monotonic(), home.process.cpu()
        other.start()
        until("the node that joins", other.is_ready, 60)
        ready = time.monotonic() - begun
        until("all clients", lambda: other.heard() >= peers, 60)
        complete, cpu = time.monotonic() - begun, (home.process.cpu() - cpu, other.process.cpu())
        joined = other.bytes()
        if (known := clients_at(other)) != peers:
            raise Broken(f"of {peers} clients the node that joined knows {known}")
        return {
            "ready_seconds": round(ready, 2), "all_seconds": round(complete, 2), "clients": peers,
            "home_bytes_a_client": round(grown[0] / peers), "heard_bytes_a_client": round(grown[1] / peers),
            "joined_bytes_a_client": round((joined - before[1]) / peers),
            "joined_peak_mib": round(other.process.resident()),
            "home_cpu_us_a_client": round(cpu[0] / peers * 1e6, 2),
            "joined_cpu_us_a_client": round(cpu[1] / peers * 1e6, 2),
        }


def killed(seconds):
    """One of three nodes is killed while clients announce that try the next tracker."""
    with nodes.pool("cluster-killed", NODES) as pool:
        addresses = [node.address for node in pool.nodes]
        clients = [announcers.Clients(number, addresses, CLIENTS // THREADS, RATE / THREADS, seconds)
                   for number in range(THREADS)]
        for thread in clients:
            thread.start()
        time.sleep(seconds / 2)
        killed = time.monotonic()
        pool.nodes[0].kill()
        for thread in clients:
            thread.join()
        announces = [announce for thread in clients for announce in thread.announces]
        answered = sorted((end, end - begin) for begin, end, _ in announces if end)
        # The first gap after the kill begins before it.
        turn = bisect.bisect(answered, (killed,))
        figures = {}
        for when, some in (("", answered[turn - 1:]), ("_before", answered[:turn])):
            ends = [end for end, _ in some]
            figures[f"gap_ms{when}"] = round(1000 * max(later - sooner for sooner, later in zip(ends, ends[1:])), 1)
            figures[f"longest_wait_ms{when}"] = round(1000 * max(wait for _, wait in some), 1)
        figures |= {"failures": len(announces) - len(answered), "tried_next": sum(tried > 1 for *_, tried in announces)}
        return figures | {"announces_a_second": round(len(announces) / seconds)}


def cluster(options):
    variants = {LONE: (0, [0]), "one node": (1, [0])}
    for count in range(2, NODES + 1):
        variants[f"{count} nodes, all announces at one"] = (count, [0])
        variants[f"{count} nodes, announces spread over all"] = (count, range(count))
    variants = {name: functools.partial(cost, *kind, options.seconds) for name, kind in variants.items()}
    parts = {
        "cost": ("CPU time of all nodes for an announce: new peers, then the same again; "
                 f"{trackers.SWARMS} swarms, wrk with 64 connections on the same cores", variants),
        "named": (f"{TRIES} peers, each from the answer to its announce at one node of {NODES} until another names it; "
                  f"{RATE} announces a second of new peers at the first beside them", {"named": named}),
        "join": (f"{options.announced} stock clients in {trackers.SWARMS} swarms at one node, and another that starts",
                 {"join": functools.partial(join, options.announced)}),
        "killed": (f"{RATE} announces a second of {CLIENTS} clients that try the next tracker; "
                   f"one node of {NODES} is killed", {"killed": functools.partial(killed, options.seconds)}),
        "channels": (f"{options.channels} idle channels at one node of {NODES}, which is killed",
                     {"channels": functools.partial(moved, options.channels)}),
    }
    chosen = options.parts or list(parts)
    if unknown := [part for part in chosen if part not in parts]:
        sys.exit(f"no part {', '.join(unknown)}; there are: {', '.join(parts)}")
    rows = []
    for part in chosen:
        settings, functions = parts[part]
        functions = {name: functools.partial(whole, function) for name, function in functions.items()}
        for name, runs in relative(in_turn(functions, options.runs)).items():
            rows.append(row(f"cluster {part}", f"peerpool, {name},", install.version("peerpool"), settings, runs))
    return rows


def whole(run):
    """A run in which a tracker does not answer does not count."""
    try:
        return run()
    except OSError as error:
        raise Broken(str(error)) from error


def relative(results):
    """Adds to each run how many times the CPU time of the lone tracker in the same turn it took."""
    for name, runs in results.items():
        for run, alone in zip(runs, results.get(LONE, [])):
            with contextlib.suppress(KeyError):
                for kind in ("again", "new"):
                    run[f"{kind}_times_lone"] = round(run[f"{kind}_cpu_us"] / alone[f"{kind}_cpu_us"], 3)
    return results
