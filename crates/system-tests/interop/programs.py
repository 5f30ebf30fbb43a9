"""The programs, each as a way to create a torrent, to seed it, and to get one by file or magnet link."""

import base64
import functools
import json
import pathlib
import re
import shutil
import subprocess
import urllib.error
import urllib.request

from sandbox import BINARY, ROOT, Failed, free_port, until

HERE = pathlib.Path(__file__).resolve().parent


def output(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    return done.stdout + done.stderr


def v1_and_hybrid(version, since):
    """What a client of v1 can fetch and seed. Those that took the empty key in BEP 52's file tree for an error, or left
    it out when they computed the info-hash, could not read hybrids before the version `since`."""
    return ["v1", "hybrid"] if tuple(map(int, version.split(".")[:2])) >= since else ["v1"]


class Aria2:
    # `kinds` are those of torrents that a program creates, `downloads` those that it fetches and seeds.
    name, kinds = "aria2", []

    @property
    def downloads(self):
        return v1_and_hybrid(self.version, (1, 37))  # aria2#1905

    @functools.cached_property
    def version(self):
        return re.search(r"version (\S+)", output("aria2c", "--version")).group(1)

    def run(self, box, source, folder, *options):
        return box.run("aria2", [
            "aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--file-allocation=none", "--summary-interval=0", "--async-dns=false",
            f"--listen-port={box.port(folder)}", f"--dir={folder}", *options, source,
        ])

    def seed(self, box, torrent, folder):
        aria2 = self.run(box, torrent, folder, "--seed-ratio=0.0", "--check-integrity=true", "--allow-overwrite=true")
        until("aria2 seeds", lambda: aria2.said("Verification finished|Seeding|SEED"), alive=[aria2])

    def start(self, box, source, folder):
        return self.run(box, source, folder, "--seed-time=0", "--continue=true", "--bt-stop-timeout=60")

    def start_and_stay(self, box, source, folder):
        return self.run(box, source, folder, "--seed-ratio=0.0")

    def complete(self, process):
        if process.poll() not in (None, 0):
            raise Failed(f"aria2 ended with {process.returncode}: {process.log_end()}")
        return process.poll() == 0


class Transmission:
    # It leaves empty files out, whether it creates a torrent or fetches one.
    name, kinds, empty_files = "transmission", ["v1"], False

    @property
    def downloads(self):
        return v1_and_hybrid(self.version, (4, 0))  # transmission#1964

    @functools.cached_property
    def version(self):
        return re.search(r"transmission-daemon (\S+)", output("transmission-daemon", "--version")).group(1)

    def create(self, kind, content, announce, torrent):
        subprocess.run(["transmission-create", "-o", torrent, "-t", announce, content], check=True, capture_output=True)

    def daemon(self, box, folder):
        rpc = free_port("127.0.0.1")
        settings = {
            "bind-address-ipv4": box.host, "peer-port": box.port(folder), "rpc-port": rpc, "utp-enabled": False,
            "rpc-bind-address": "127.0.0.1", "rpc-authentication-required": False, "rpc-whitelist-enabled": False,
            "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "port-forwarding-enabled": False,
            "download-dir": str(folder), "encryption": 0, "rename-partial-files": False, "preallocation": 0,
        }
        configuration = folder.with_name(f"{folder.name}-settings")
        configuration.mkdir(exist_ok=True)
        (configuration / "settings.json").write_text(json.dumps(settings))
        daemon = box.run("transmission", ["transmission-daemon", "-f", "-g", configuration, "--no-portmap"])
        daemon.rpc, daemon.session = rpc, ""
        until("transmission listens", lambda: self.ask(daemon, "session-get") is not None, alive=[daemon])
        return daemon

    def ask(self, daemon, method, **arguments):
        """A call of Transmission's RPC; the first one learns the session's token from the refusal."""
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):
            headers = {"X-Transmission-Session-Id": daemon.session}
            request = urllib.request.Request(f"http://127.0.0.1:{daemon.rpc}/transmission/rpc", body, headers)
            try:
                return json.load(urllib.request.urlopen(request, timeout=10))["arguments"]
            except urllib.error.HTTPError as refused:
                daemon.session = refused.headers.get("X-Transmission-Session-Id", "")
            except OSError:
                return None
        return None

    def torrent(self, daemon):
        fields = ["status", "percentDone", "metadataPercentComplete", "errorString", "trackerStats", "leftUntilDone"]
        return self.ask(daemon, "torrent-get", fields=fields)["torrents"][0]

    def add(self, daemon, source):
        source = str(source)
        if not source.startswith("magnet:"):
            self.ask(daemon, "torrent-add", metainfo=base64.b64encode(pathlib.Path(source).read_bytes()).decode())
        else:
            self.ask(daemon, "torrent-add", filename=source)

    def seed(self, box, torrent, folder):
        daemon = self.daemon(box, folder)
        self.add(daemon, torrent)
        self.ask(daemon, "torrent-verify")

        def seeding():
            now = self.torrent(daemon)
            announced = any(tracker["hasAnnounced"] for tracker in now["trackerStats"])
            return now["status"] == 6 and now["percentDone"] == 1 and announced

        until("transmission seeds", seeding, alive=[daemon])

    def start(self, box, source, folder):
        daemon = self.daemon(box, folder)
        self.add(daemon, source)
        return daemon

    start_and_stay = start

    def complete(self, daemon):
        now = self.torrent(daemon)
        return now["metadataPercentComplete"] == 1 and now["percentDone"] == 1 and now["leftUntilDone"] == 0


class Libtorrent:
    kinds, downloads = ["v1", "v2", "hybrid"], ["v1", "v2", "hybrid"]

    def __init__(self, python):
        self.python = python
        self.name = "libtorrent"

    @functools.cached_property
    def version(self):
        return output(self.python, "-c", "import libtorrent; print(libtorrent.version)").strip()

    def create(self, kind, content, announce, torrent):
        arguments = [self.python, HERE / "libtorrent_client.py", "create", kind, content, announce, torrent]
        subprocess.run(arguments, check=True, capture_output=True)

    def run(self, box, mode, source, folder):
        address = f"[{box.host}]" if ":" in box.host else box.host
        listen = f"{address}:{box.port(folder)}"
        title = f"libtorrent {self.version}"
        return box.run(title, [self.python, HERE / "libtorrent_client.py", mode, source, folder, listen])

    def seed(self, box, torrent, folder):
        client = self.run(box, "seed", torrent, folder)
        until("libtorrent seeds", lambda: client.said("^announced"), alive=[client])

    def seed_unchecked(self, box, torrent, folder):
        """Seeds whatever lies in the folder, whether it fits the torrent or not."""
        client = self.run(box, "seed-unchecked", torrent, folder)
        until("libtorrent seeds", lambda: client.said("^announced"), alive=[client])

    def start(self, box, source, folder):
        return self.run(box, "get", source, folder)

    start_and_stay = start

    def complete(self, client):
        if client.poll() is not None:
            raise Failed(f"libtorrent ended with {client.returncode}: {client.log_end()}")
        return client.said("^complete")


class Mktorrent:
    name, kinds = "mktorrent", ["v1"]

    def create(self, kind, content, announce, torrent):
        subprocess.run(["mktorrent", "-a", announce, "-o", torrent, content], check=True, capture_output=True)


class Peerpool:
    name, downloads = "peerpool", ["v1", "v2", "hybrid"]

    @functools.cached_property
    def version(self):
        return output(str(BINARY), "--version").split()[-1]

    def arguments(self, box, repository):
        listen = f"[{box.host}]:0" if ":" in box.host else f"{box.host}:0"
        return ["--repository", repository, "--tracker", box.tracker, "--listen", listen]

    def hold(self, box, repository):
        """Starts a peer on a repository."""
        peer = box.run("peerpool", [BINARY, "peer", "--no-shell", *self.arguments(box, repository)])
        until("the holder is ready", lambda: peer.said("^ready"), alive=[peer])
        return peer

    def share(self, box, content, torrent=None):
        """Shares a file or folder, as a torrent that another program made if one is given; returns the item."""
        repository = content.parent if torrent is None else box.new_folder("repository")
        peer = self.hold(box, repository)
        if torrent:
            done = self.share_as(content, torrent, repository)
            if done.returncode:
                raise Failed(f"peerpool share --torrent: {done.stderr.strip()}")
        return until("the item is listed", lambda: self.item(box, content.name), alive=[peer])

    def share_as(self, content, torrent, repository):
        return self.command("share", content, "--torrent", torrent, "--repository", repository)

    def command(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True)

    def items(self, box):
        listed = self.command("ls", "--json", "--tracker", box.tracker)
        listed.check_returncode()
        return json.loads(listed.stdout)["items"]

    def item(self, box, name, holders=1):
        """The item of this name once it has so many complete holders; more of them fail the case."""
        item = next((item for item in self.items(box) if item["name"] == name), {"seeds": 0})
        if item["seeds"] > holders:
            raise Failed(f"{name} has {item['complete']} complete holders, not {holders}")
        return item if item["seeds"] == holders else None

    def start(self, box, source, folder, *options):
        return box.run("peerpool", [BINARY, "get", source, *options, *self.arguments(box, folder)])

    def start_and_stay(self, box, source, folder):
        return self.start(box, source, folder, "--stay")

    def complete(self, process):
        if process.poll() not in (None, 0):
            raise Failed(f"peerpool get ended with {process.returncode}: {process.log_end()}")
        return process.said("^complete ")


def stock():
    """The stock clients of this machine."""
    pythons = [str(ROOT / "target/venv/bin/python"), "/usr/bin/python3"]
    return [Aria2(), Transmission(), *(Libtorrent(python) for python in pythons if shutil.which(python))]
