"""The programs as seeders and downloaders. An adaptor starts them, tells them to go, and sees when they are done.

A downloader that can wait (`waits`) is up and idle before time zero, and `go` starts its transfer; the others are
started at time zero. Every client has what makes a download slower or chatty turned off: encryption, uTP, DHT, local
discovery, peer exchange, preallocation.
"""

import base64
import dataclasses
import http.client
import json
import os
import subprocess
import time

import control
import install
from measure import Broken, Process, surroundings, until
from places import BINARY, HERE


class Node:
    """One seeder or downloader: a host, a folder and a process."""

    def __init__(self, host, port, folder):
        self.host, self.address, self.port, self.rpc = host, host.address, port, port + 1000
        self.folder = folder / f"node-{port}"
        self.data, self.marks = self.folder / "data", self.folder / "marks"
        self.data.mkdir(parents=True)
        self.marks.mkdir()

    def run(self, arguments, environment=()):
        self.process = Process(arguments, self.folder, self.host.prefix, environment)

    def http(self, method, path, body=None, headers=None, at=None):
        """A request from within its host: to the program's own interface, unless an address is named."""
        connection = http.client.HTTPConnection(at or f"{self.address}:{self.rpc}", timeout=10)
        with self.host.inside():
            connection.connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        result = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return result

    def mark(self, name):
        """The time in a mark, as the monotonic clock says it."""
        try:
            text = (self.marks / name).read_text()
            age = time.time() - os.stat(self.marks / name).st_mtime
        except OSError:
            return None
        return float(text) if text.strip() else time.monotonic() - age


class Client:
    waits = True
    own_tracker = False
    tracker_options = ()
    durable = False  # whether it is done only once its data is durable

    def __init__(self, name):
        self.name = name

    def opened(self, tracker, host, folder):
        """Its own tracker listens."""

    def seed(self, node, job): ...
    def seeds(self, node): ...
    def start(self, node, job): ...
    def is_up(self, node): return True
    def go(self, node, job): ...
    def done(self, node): ...

    def verified(self, node):
        """When every piece was there and verified, where the program tells that apart from its files being there."""


class Peerpool(Client):
    own_tracker = True
    durable = True

    def run(self, node, job):
        listen = f"{node.address}:{node.port}"
        place = ["--repository", node.data, "--tracker", job.tracker, "--listen", listen]
        node.run([BINARY, "peer", "--no-shell", *place])

    def seed(self, node, job):
        self.run(node, job)

    def seeds(self, node):
        if not node.process.said("^ready"):
            return False
        listed = control.ask(node.data, "GET", "/api/v1/items?limit=1000")["items"]
        return any(item["name"] == node.job.name and item["seeds"] >= node.seeders for item in listed)

    def start(self, node, job):
        self.run(node, job)

    def is_up(self, node):
        return node.process.said("^ready")

    def go(self, node, job):
        node.download = control.Download(node.data)
        node.begun = control.ask(node.data, "POST", "/api/v1/downloads", {"what": {"item": job.name}})

    def done(self, node):
        if node.download.failure:
            raise Broken(node.download.failure)
        return node.download.durable

    def verified(self, node):
        return node.download.verified


class Members(Peerpool):
    """Our peers in a pool for members: each has a key, checks the others' passes, and speaks TLS with them."""
    tracker_options = ("--members", "--name", "bench")

    def opened(self, tracker, host, folder):
        self.root = folder / "root"
        self.root.mkdir()
        until("the first invite", lambda: tracker.said(r"https://\S+#\S+"), 10)
        self.join(self.root, host, tracker.said(r"https://\S+#\S+").group(), "root")

    def run(self, node, job):
        shown = self.command(self.root, node.host, "invite", "--json", "--tracker", job.tracker)
        self.join(node.folder, node.host, json.loads(shown)["link"], f"user-{node.port}")
        super().run(node, job)

    def join(self, home, host, invite, name):
        self.command(home, host, "join", "--name", name, PEERPOOL_INVITE=invite)

    def command(self, home, host, *words, **environment):
        done = subprocess.run([*host.prefix, BINARY, *words], env=surroundings(home) | environment, cwd=home,
                              capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{words}: {done.stderr.strip()}")
        return done.stdout


class Libtorrent(Client):
    def __init__(self, name, preset="tuned"):
        super().__init__(name if preset == "tuned" else f"{name} {preset}")
        self.python, self.preset = install.program(name), preset

    def run(self, mode, node, job):
        listen = f"{node.address}:{node.port}"
        node.run([self.python, HERE / "libtorrent_node.py", mode, job.torrent, node.data, listen, node.marks, self.preset])

    def seed(self, node, job):
        self.run("seed", node, job)

    def seeds(self, node):
        return (node.marks / "ready").exists()

    def start(self, node, job):
        self.run("get", node, job)

    def is_up(self, node):
        return (node.marks / "up").exists()

    def go(self, node, job):
        (node.marks / "go").touch()

    def done(self, node):
        return node.mark("done")

    def verified(self, node):
        return node.mark("verified")


class Mixed(Client):
    """A pool: the seed and every other downloader are ours, the rest another program with the tracker's .torrent file."""

    own_tracker = True

    def __init__(self, ours, others):
        super().__init__(f"half {others.name}")
        self.ours, self.others = ours, others

    def of(self, node):
        return self.others if node.port % 2 else self.ours

    def seed(self, node, job):
        self.ours.seed(node, job)

    def seeds(self, node):
        return self.ours.seeds(node)

    def start(self, node, job):
        if self.of(node) is self.others:
            job = dataclasses.replace(job, torrent=self.torrent(node, job))
        self.of(node).start(node, job)

    def torrent(self, node, job):
        _, _, listed = node.http("GET", "/api/v1/items", at=job.tracker)
        [item] = json.loads(listed)["items"]
        path = node.folder / "torrent"
        _, _, torrent = node.http("GET", f"/items/{item['hash']}.torrent", at=job.tracker)
        path.write_bytes(torrent)
        return path

    def is_up(self, node):
        return self.of(node).is_up(node)

    def go(self, node, job):
        self.of(node).go(node, job)

    def done(self, node):
        return self.of(node).done(node)

    def verified(self, node):
        return self.of(node).verified(node)


class Aria2(Client):
    waits = False

    def run(self, node, job, *options):
        hook = node.folder / "hook"
        hook.write_text(f"#!/bin/sh\ntouch {node.marks}/done\n")
        hook.chmod(0o755)
        node.run([
            "aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--seed-ratio=0.0",
            "--enable-peer-exchange=false", "--bt-max-peers=0", "--bt-require-crypto=false", "--file-allocation=none",
            "--bt-min-crypto-level=plain", "--disk-cache=64M", "--disable-ipv6=true", "--summary-interval=0",
            "--async-dns=false", "--max-overall-upload-limit=0", "--bt-request-peer-speed-limit=10000M",
            f"--listen-port={node.port}", f"--interface={node.address}", f"--dir={node.data}",
            f"--on-bt-download-complete={hook}", *options, job.torrent,
        ])
        node.since = time.monotonic()

    def seed(self, node, job):
        self.run(node, job, "--bt-seed-unverified=true", "--allow-overwrite=true")

    def seeds(self, node):
        return time.monotonic() - node.since > 1.5  # it says nothing when it has announced itself

    def go(self, node, job):
        self.run(node, job)

    def done(self, node):
        return node.mark("done")


class Transmission(Client):
    def daemon(self, node):
        hook, configuration = node.folder / "hook", node.folder / "configuration"
        hook.write_text(f"#!/bin/sh\ntouch {node.marks}/done\n")
        hook.chmod(0o755)
        configuration.mkdir()
        off = ["utp-enabled", "dht-enabled", "lpd-enabled", "pex-enabled", "port-forwarding-enabled",
               "rpc-authentication-required", "rpc-whitelist-enabled", "rpc-host-whitelist-enabled",
               "ratio-limit-enabled", "rename-partial-files", "idle-seeding-limit-enabled"]
        (configuration / "settings.json").write_text(json.dumps(dict.fromkeys(off, False) | {
            "bind-address-ipv4": node.address, "peer-port": node.port, "rpc-port": node.rpc, "encryption": 0,
            "rpc-bind-address": node.address, "download-dir": str(node.data), "cache-size-mb": 64, "preallocation": 0,
            "peer-limit-global": 500, "peer-limit-per-torrent": 200, "script-torrent-done-enabled": True,
            "script-torrent-done-filename": str(hook),
        }))
        node.run(["transmission-daemon", "-f", "-g", configuration, "--no-portmap"])
        node.session = ""

    def ask(self, node, method, **arguments):
        body = json.dumps({"method": method, "arguments": arguments})
        for _ in range(2):
            headers = {"X-Transmission-Session-Id": node.session}
            try:
                status, answered, text = node.http("POST", "/transmission/rpc", body, headers)
            except OSError:
                return None
            if status == 200:
                return json.loads(text)["arguments"]
            node.session = answered.get("X-Transmission-Session-Id", "")
        return None

    def add(self, node, job):
        self.ask(node, "torrent-add", metainfo=base64.b64encode(job.torrent.read_bytes()).decode())

    def seed(self, node, job):
        self.daemon(node)
        node.added = False

    def seeds(self, node):
        if not self.is_up(node):
            return False
        if not node.added:
            self.add(node, node.job)
            self.ask(node, "torrent-verify")
            node.added = True
        fields = ["status", "percentDone", "trackerStats"]
        now = self.ask(node, "torrent-get", fields=fields)["torrents"][0]
        return now["status"] == 6 and now["percentDone"] == 1 and any(t["hasAnnounced"] for t in now["trackerStats"])

    def start(self, node, job):
        self.daemon(node)

    def is_up(self, node):
        return self.ask(node, "session-get") is not None

    def go(self, node, job):
        self.add(node, job)

    def done(self, node):
        return node.mark("done")


class Rqbit(Client):
    def run(self, node):
        node.run([
            install.program("rqbit"), "--disable-dht", "--disable-dht-persistence", "--disable-lsd",
            "--disable-upnp-port-forward", "--ipv4-only", "--listen-ip", "0.0.0.0", "--listen-port", node.port,
            "--http-api-listen-addr", f"{node.address}:{node.rpc}", "server", "start", "--disable-persistence", node.data,
        ])

    def add(self, node, job):
        status, _, text = node.http(
            "POST", f"/torrents?overwrite=true&output_folder={node.data}", job.torrent.read_bytes(),
            {"Content-Type": "application/octet-stream"},
        )
        if status != 200:
            raise Broken(f"rqbit: {text[:200]}")

    def finished(self, node):
        status, _, text = node.http("GET", "/torrents/0/stats/v1")
        return status == 200 and json.loads(text).get("finished")

    def seed(self, node, job):
        self.run(node)
        node.since = None

    def seeds(self, node):
        if not self.is_up(node):
            return False
        if node.since is None:
            self.add(node, node.job)
            node.since = time.monotonic()
        return self.finished(node) and time.monotonic() - node.since > 1

    def start(self, node, job):
        self.run(node)

    def is_up(self, node):
        try:
            return node.http("GET", "/torrents")[0] == 200
        except OSError:
            return False

    def go(self, node, job):
        self.add(node, job)
        node.looked = 0

    def done(self, node):
        if time.monotonic() - node.looked < 0.05:
            return None
        node.looked = time.monotonic()
        return time.monotonic() if self.finished(node) else None


def known():
    """Every client by name, installed or not."""
    return {client.name: client for client in [
        Peerpool("peerpool"), Members("peerpool members"), Libtorrent("libtorrent-2.1"), Libtorrent("libtorrent-2.0"),
        Libtorrent("libtorrent-2.0", "default"), Libtorrent("libtorrent-2.0", "super"), Aria2("aria2"), Rqbit("rqbit"),
        Transmission("transmission"), Mixed(Peerpool("peerpool"), Libtorrent("libtorrent-2.1")),
    ]}


BINARIES = {"aria2": "aria2c", "transmission": "transmission-daemon"}


def program(name):
    """What has to be installed for a client."""
    name = name.removeprefix("half ").split()[0]
    return BINARIES.get(name, name)


def installed(names):
    """Those of the named clients that are installed; says which are not."""
    clients = []
    for name in names:
        if install.program(program(name)):
            clients.append(known()[name])
        else:
            print(f"SKIPPED: {name} is not installed (./bench install)")
    return clients


def version(client):
    return install.version(program(client.name))
