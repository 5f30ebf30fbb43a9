"""`far`: one seed and one downloader far from each other, beside one stream of iperf3 over the same link."""

import json
import subprocess

import clients
import exchange
import network
from measure import Process, in_turn, until
from places import RUNS
from table import row

CLIENTS = ["peerpool", "libtorrent-2.1"]
LINK = network.Link(1000, 1000)
# Round trip in ms, congestion control, share of frames that is lost, MiB. One stream of cubic has a few Mbit/s where one
# frame in a thousand is lost.
CASES = [(100, "cubic", 0, 1024), (300, "cubic", 0, 1024), (100, "bbr", 0.001, 1024), (300, "bbr", 0.001, 1024),
         (100, "cubic", 0.001, 16), (300, "cubic", 0.001, 8)]


def far(options):
    rows = []
    chosen = clients.installed(options.clients or CLIENTS)
    for rtt, congestion, loss, mebibytes in CASES:
        content = exchange.random_file(options.mebibytes or mebibytes)
        settings = (f"{rtt} ms, {congestion}, {loss:.1%} lost, {LINK.down} Mbit/s, {exchange.size(content) >> 20} MiB")

        def link(count):
            return network.shaped([LINK] * count, rtt / 2, loss=loss, congestion=congestion)

        def once(client):
            with link(3) as hosts:
                return rated(content, exchange.run(client, content, hosts, patience=900))

        def stream():
            with link(2) as hosts:
                return rated(content, {"seconds": streamed(content, *hosts)})

        variants = {client.name: lambda client=client: once(client) for client in chosen} | {"iperf3": stream}
        results = in_turn(variants, options.runs)
        rows += [row("far", who, settings, "", runs) for who, runs in results.items()]
    return rows


def rated(content, figures):
    """With the rate first, in Mbit/s of content."""
    return {"Mbit/s": round(exchange.size(content) * 8 / figures["seconds"] / 1e6, 1)} | figures


def streamed(content, giver, taker):
    """Seconds in which iperf3 carries as many bytes."""
    server = Process(["iperf3", "-s", "-1", "-B", taker.address], RUNS, taker.prefix)
    try:
        until("iperf3", lambda: server.alive() and exchange.listens(taker, f"{taker.address}:5201"), 10)
        command = [*giver.prefix, "iperf3", "-J", "-c", taker.address, "-n", str(exchange.size(content))]
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return said["end"]["sum_received"]["seconds"]
    finally:
        server.finish()
