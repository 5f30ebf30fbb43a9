"""Peerpool beside other programs, in one run, on this machine.

    ./bench install               get the other programs into .bench/ (and Debian's packages, as root)
    ./bench SCENARIO... [options] measure; without a scenario, all of them

Everything is compared in turn (A B A B ...), on an otherwise idle machine, as root: each run gets network namespaces of
its own. Prints a table of medians and writes every run to .bench/results/. Times are seconds, memory is MiB.
"""

import argparse
import sys

import catalogue
import cluster
import far
import hashing
import install
import limits
import linear
import live
import measure
import memory
import network
import pair
import places
import secure
import small
import stream
import swarm
import table
import trackers
import work

SCENARIOS = {
    "pair": (pair.pair, "one seeder, one downloader, 2 GiB"),
    "fan-in": (pair.fan_in, "four seeders, one downloader, 1 GiB"),
    "fan-out": (pair.fan_out, "one seeder, eight downloaders, 256 MiB"),
    "small": (small.small, "20,000 files of 4 KiB; 2,000 of 256 KiB; Linux' sources; each from a warm and a cold cache"),
    "hash": (hashing.hashes, "making a torrent of 4 GiB"),
    "memory": (memory.memory, "10,000 items; 500 connections"),
    "announce": (trackers.announce, "HTTP announces in 100,000 swarms"),
    "cluster": (cluster.cluster, "trackers that are one pool: what an announce costs, news, joining, nodes that die"),
    "catalogue": (catalogue.catalogue, "1,000,000 items of 1,000 peers, then searches"),
    "live": (live.live, "pages that follow 10,000 changes a second"),
    "swarm": (swarm.swarm, "shaped links: who finishes when"),
    "far": (far.far, "one seed, one downloader, 1 Gbit/s, 100 and 300 ms, with loss and without, beside iperf3"),
    "stream": (stream.stream, "shaped links: one of ten plays the file while it arrives"),
    "limits": (limits.limits, "10 Mbit/s on shaped links: how well it is kept, and what it holds up"),
    "secure": (secure.secure, "bytes over loopback: plain, tokio-rustls, our own records; a pair of members"),
    "work": (work.work, "system calls, wake-ups and CPU time a MiB, and of who waits"),
    "linear": (linear.linear, "cost against size, files, peers, holders"),
}


def options():
    listed = "\n".join(f"  {name:10} {what}" for name, (_, what) in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="./bench", description=__doc__, epilog="scenarios:\n" + listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="*", help="which to run, or `install`")
    parser.add_argument("--runs", type=int, default=5, help="how often each program runs [5]")
    parser.add_argument("--clients", type=lambda text: text.split(","), help="only these, by name with commas")
    parser.add_argument("--mebibytes", type=int, help="size of the content instead of the scenario's own")
    parser.add_argument("--shapes", type=lambda text: text.split(","), help="small: 20000x4KiB,2000x256KiB,linux [all of them]")
    parser.add_argument("--divide", type=int, default=1, help="small: divide the number of files by this [1]")
    parser.add_argument("--seconds", type=int, default=20, help="announce, live, cluster: how long each run lasts [20]")
    parser.add_argument("--announced", type=int, default=1_000_000, help="cluster: stock clients of a node [1000000]")
    parser.add_argument("--channels", type=int, default=10_000, help="cluster: channels at a node [10000]")
    parser.add_argument("--parts", type=lambda text: text.split(","),
                        help="cluster: cost,named,join,killed,channels [all of them]")
    parser.add_argument("--items", type=int, default=1_000_000, help="catalogue: how many items [1000000]")
    parser.add_argument("--peers", type=int, default=10, help="swarm, stream: how many downloaders [10]")
    parser.add_argument("--rate", type=float, default=50, help="swarm, stream: Mbit/s of a link, each way [50]")
    parser.add_argument("--rtt", type=float, default=10, help="swarm, stream: round trip in ms [10]")
    parser.add_argument("--scenarios", type=lambda text: text.split(","),
                        help="swarm: equal,unequal,one-slow,leaving-seed,trickle,two-sites,three-sites [equal]")
    parser.add_argument("--line", type=float, help="swarm: Mbit/s out of a site [as a link]")
    return parser.parse_args()


def main():
    chosen = options()
    names = chosen.scenario or list(SCENARIOS)
    if names == ["install"]:
        return install.install()
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario {', '.join(unknown)}; there are: install, {', '.join(SCENARIOS)}")
    if not places.BINARY.exists():
        sys.exit(f"{places.BINARY} is missing: cargo build --release")
    places.make()
    # Else nearly all of what is measured here is the host finding memory again that it took back a second before.
    with measure.keeping_memory():
        run(names, chosen)


def run(names, chosen):
    try:
        for name in names:
            print(f"== {name}", flush=True)
            rows = SCENARIOS[name][0](chosen)
            for scenario in dict.fromkeys((row["scenario"], row["settings"]) for row in rows):
                print(f"\n{scenario[0]}: {scenario[1]}\n")
                print(table.shown([row for row in rows if (row["scenario"], row["settings"]) == scenario]))
            print(f"\n{table.save(name, rows)}\n")
    finally:
        network.remove_all()


if __name__ == "__main__":
    main()
