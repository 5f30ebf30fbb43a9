"""`swarm`: one seed and N peers, each behind its own shaped link, and what happens to them."""

import clients
import exchange
import network
from measure import in_turn
from network import Link
from table import row

CLIENTS = ["peerpool", "libtorrent-2.0 default", "libtorrent-2.1", "aria2", "rqbit"]
UNLIMITED = Link(0, 0)


class Scenario:
    """Links (the seed's first), the seconds after which each peer starts, what happens meanwhile, and the rate of the
    lines between sites."""

    def __init__(self, links, starts=None, during=None, line=0):
        self.links, self.starts, self.during, self.line = links, starts, during, line

    def bound(self, bits):
        """Kumar and Ross: nobody can finish before this; who starts later has the time of its own link from then on.
        Everything crosses a line once."""
        seed, peers = self.links[0], self.links[1:]
        starts = self.starts or [0] * len(peers)
        return max(
            bits / seed.up, *(start * 1e6 + bits / peer.down for start, peer in zip(starts, peers)),
            len(peers) * bits / (seed.up + sum(peer.up for peer in peers)),
            *([bits / self.line] if self.line else []),
        ) / 1e6


def leaves_after_one_copy(content):
    """The seed goes away once it has sent 1.05 copies."""
    state = {"gone": False}

    def during(givers, done):
        if not state["gone"] and givers[0].host.sent() > 1.05 * 1.05 * exchange.size(content):
            givers[0].process.finish()
            state["gone"] = True

    return during


def scenarios(options, content):
    """By name; `options` gives the number of peers and the usual rate."""
    peers, rate = options.peers, options.rate
    equal = [Link(rate, rate)] * (peers + 1)
    mixed = [Link(rate, rate)] + [Link(rate / 5 if number % 2 else rate * 2, rate * 2) for number in range(peers)]
    slow = equal[:-1] + [Link(rate / 10, rate / 5)]
    trickle = [0.3 * number for number in range(peers)]

    def at_sites(count):
        links = [Link(rate, rate, site=number % count) for number in range(peers + 1)]
        return Scenario(links, line=options.line or rate)

    return {
        "equal": Scenario(equal),
        "unequal": Scenario(mixed),
        "one-slow": Scenario(slow),
        "leaving-seed": Scenario(equal, during=lambda: leaves_after_one_copy(content)),
        "trickle": Scenario(equal, starts=trickle),
        "two-sites": at_sites(2),
        "three-sites": at_sites(3),
    }


def swarm(options):
    content = exchange.random_file(options.mebibytes or 32)
    names = options.scenarios or ["equal"]
    rows = []
    for name in names:
        scenario = scenarios(options, content)[name]
        bound = scenario.bound(exchange.size(content) * 8)
        results = in_turn(variants(options, content, scenario, bound), options.runs)
        settings = (f"{name}: {options.peers} peers, {options.rate:g} Mbit/s, round trip {options.rtt:g} ms, "
                    f"{exchange.size(content) >> 20} MiB, bound {bound:.2f} s")
        versions = {client.name: clients.version(client) for client in clients.installed(options.clients or CLIENTS)}
        rows += [row(f"swarm {name}", who, versions[who], settings, runs) for who, runs in results.items()]
    return rows


def variants(options, content, scenario, bound):
    def once(client):
        during = scenario.during() if scenario.during else None
        lines = network.Lines(scenario.line)
        with network.shaped([*scenario.links, UNLIMITED], options.rtt / 2, lines) as hosts:
            figures = exchange.run(client, content, hosts, 1, 256, 300, scenario.starts, during)
        if scenario.line:
            others = len({link.site for link in scenario.links}) - 1
            figures["copies over a line"] = round(lines.carried / exchange.size(content) / others, 3)
        return {"ratio": round(figures["seconds"] / bound, 3)} | figures

    return {client.name: lambda client=client: once(client) for client in clients.installed(options.clients or CLIENTS)}
