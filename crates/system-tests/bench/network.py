"""Hosts for the programs: one namespace for all over loopback, or one a host behind a shaped link. Needs root.

The default congestion control of a machine may be bbr, which halves loopback throughput without fq; the namespaces use
cubic, whatever the machine does.
"""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import subprocess

import install
from measure import Broken

PREFIX = "ppbench"


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"ip {' '.join(words)}: {done.stderr.strip()} (needs root)")
    return done.stdout


@dataclasses.dataclass
class Link:
    """A host's link: megabits a second in both directions (0: no limit), and the site that it is in."""

    up: float
    down: float
    site: int = 0


@dataclasses.dataclass
class Lines:
    """What leaves a site for another one goes over a line of so many megabits a second; and the bytes that did."""

    rate: float = 0
    carried: int = 0


@dataclasses.dataclass
class Host:
    """A place to run a program in."""

    namespace: str
    address: str

    @property
    def prefix(self):
        return ["ip", "netns", "exec", self.namespace]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes meanwhile belong to the host."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as outside, open(f"/var/run/netns/{self.namespace}") as inside:
            if libc.setns(inside.fileno(), 0):
                raise Broken(f"cannot enter {self.namespace}: {os.strerror(ctypes.get_errno())}")
            try:
                yield
            finally:
                libc.setns(outside.fileno(), 0)

    def sent(self):
        """Bytes that left the host, headers included."""
        text = ip("-n", self.namespace, "-s", "link", "show", "eth0")
        return int(re.search(r"TX:.*\n\s*(\d+)", text).group(1))


def allow(congestion):
    """A namespace may choose only what the machine allows."""
    allowed = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
    names = allowed.read_text().split()
    if congestion not in names:
        allowed.write_text(" ".join([*names, congestion]))


def add(namespace, congestion="cubic"):
    ip("netns", "add", namespace)
    settings = [f"net.ipv4.tcp_congestion_control={congestion}", "net.ipv4.tcp_no_metrics_save=1",
                "net.ipv6.conf.all.disable_ipv6=1"]
    subprocess.run(["ip", "netns", "exec", namespace, "sysctl", "-qw", *settings], check=True)
    ip("-n", namespace, "link", "set", "lo", "up")


def remove_all():
    names = os.listdir("/var/run/netns") if os.path.isdir("/var/run/netns") else []
    for name in names:
        if name.startswith(PREFIX):
            ip("netns", "del", name)


@contextlib.contextmanager
def loopback(count):
    """Hosts that share one namespace: nothing is shaped."""
    remove_all()
    allow("cubic")
    try:
        add(f"{PREFIX}-lo")
        hosts = [Host(f"{PREFIX}-lo", f"10.77.0.{number}") for number in range(1, count + 1)]
        for host in hosts:
            ip("-n", host.namespace, "addr", "add", f"{host.address}/32", "dev", "lo")
        yield hosts
    finally:
        remove_all()


@contextlib.contextmanager
def shaped(links, delay_ms, lines=None, loss=0, congestion="cubic"):
    """One host a link, with `delay_ms` one way between any two; the rate upwards by tbf, downwards in the switch. Each
    site has addresses of its own. Of all frames `loss` are lost."""
    lines = lines or Lines()
    on_their_way = max(link.down for link in links) * 1e6 * delay_ms / 1000 / 8 / 1500
    remove_all()
    allow(congestion)
    hosts = [Host(f"{PREFIX}-{number}", address(number, link)) for number, link in enumerate(links, 1)]
    switch = None
    try:
        for host in hosts:
            add(host.namespace, congestion)
        ports = [f"{host.namespace}={int(link.down * 1e6)}@{link.site}" for host, link in zip(hosts, links)]
        arguments = [install.switch(), str(int(delay_ms * 1000)), "100", str(int(loss * 1e6)), str(int(8192 + on_their_way)),
                     str(int(lines.rate * 1e6)), *ports]
        switch = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        if switch.stdout.readline() != "ready\n":
            raise Broken("the switch did not start (needs root and /dev/net/tun)")
        for number, (host, link) in enumerate(zip(hosts, links), 1):
            attach(host, number, links)
        yield hosts
    finally:
        if switch:
            switch.terminate()
            lines.carried = int(switch.communicate()[0] or 0)
        remove_all()


def address(number, link):
    return f"10.78.{link.site}.{number}"


def attach(host, number, links):
    """Gives the tap device its addresses, its neighbours and its rate."""
    inside, link = ["-n", host.namespace], links[number - 1]
    ip(*inside, "link", "set", "eth0", "address", mac(number), "up")
    ip(*inside, "addr", "add", f"{host.address}/16", "dev", "eth0")
    for other, their_link in enumerate(links, 1):
        if other != number:
            ip(*inside, "neigh", "replace", address(other, their_link), "lladdr", mac(other), "dev", "eth0", "nud", "permanent")
    if link.up:
        shaping = ["root", "tbf", "rate", f"{link.up}mbit", "burst", "16kb", "latency", "100ms"]
        subprocess.run(["tc", *inside, "qdisc", "add", "dev", "eth0", *shaping], check=True)


def mac(number):
    return f"02:00:00:00:00:{number:02x}"
