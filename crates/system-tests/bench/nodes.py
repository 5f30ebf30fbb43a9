"""Trackers that are one pool: a PostgreSQL for a run, the nodes on it, and what they say of themselves."""

import contextlib
import http.client
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import network
from measure import Broken, Process, fresh, until
from places import BINARY, RUNS

RELEASES = pathlib.Path("/usr/lib/postgresql")  # where Debian puts the programs of each release
OWNER = "postgres"
PORT = 6969


@contextlib.contextmanager
def database():
    """A PostgreSQL in a temporary folder, which listens on a socket in there alone. Gives its URL. PostgreSQL refuses
    to be root, so it belongs to the user that Debian's package makes."""
    programs = max(RELEASES.glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)
    if not programs:
        raise Broken("PostgreSQL is not installed: ./bench install")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peerpool-bench-"))
    server = None
    try:
        shutil.chown(folder, OWNER, OWNER)
        data, log = folder / "data", folder / "log"
        own = {"cwd": folder, "user": OWNER, "group": OWNER, "extra_groups": [], "stdin": subprocess.DEVNULL}
        make = [programs / "initdb", "--no-sync", "-A", "trust", "-U", OWNER, "-D", data]
        made = subprocess.run(make, capture_output=True, text=True, **own)
        if made.returncode:
            raise Broken(f"initdb: {made.stderr.strip()}")
        with open(log, "wb") as output:
            command = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
            server = subprocess.Popen(command, stdout=output, stderr=output, **own)
        until("PostgreSQL", (folder / ".s.PGSQL.5432").exists, 60)
        yield f"postgres://{OWNER}@{str(folder).replace('/', '%2F')}/postgres"
    finally:
        if server:
            # At once: nobody needs what it holds. It ends its own processes before it ends.
            server.send_signal(signal.SIGQUIT)
            server.wait()
        shutil.rmtree(folder)


def get(address, path):
    """The status and the body of the answer to a request over a connection of its own."""
    connection = http.client.HTTPConnection(address, PORT, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Tracker:
    """A tracker on a host: a node of a pool where it is given the URL of a database, else a lone one with SQLite."""

    def __init__(self, host, folder, url=None):
        self.host, self.folder, self.url, self.process = host, fresh(folder), url, None
        self.address = host.address

    def start(self):
        where = f"{self.address}:{PORT}"
        command = [BINARY, "tracker", "--no-discovery", "--listen", where, "--data", self.folder / "data"]
        if self.url:
            command += ["--database", self.url, "--advertise", where]
        self.process = Process(command, self.folder, self.host.prefix)

    def is_ready(self):
        """Whether it is of use; not yet, too, while nobody listens there."""
        try:
            return self.process.alive() and get(self.address, "/readyz")[0] == 200
        except OSError:
            return False

    def metric(self, name):
        """A figure of its metrics, labels included in the name."""
        text = get(self.address, "/metrics")[1].decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0

    def links(self):
        """To how many others it has links over which all has come."""
        return self.metric('peerpool_tracker_links{state="complete"}')

    def knows(self, others):
        """Whether it has links to so many others and names them to peers, for which it reads the database each 5 s."""
        return self.links() == others and self.metric("peerpool_tracker_nodes") == others

    def heard(self):
        """How many news it has heard of others."""
        return self.metric('peerpool_tracker_news_total{direction="heard"}')

    def bytes(self):
        """Resident memory now."""
        return self.process.resident("VmRSS") * (1 << 20)

    def kill(self):
        """As when the power fails: no goodbye."""
        self.process.child.kill()
        self.process.child.wait()

    def finish(self):
        if self.process:
            self.process.finish()


class Pool:
    """Nodes on one database, and hosts in the same namespace for those who talk to them. This thread, and what it
    starts, is in that namespace, too."""

    def __init__(self, name, hosts, url, count):
        self.folder = RUNS / name
        self.nodes = [Tracker(host, self.folder / f"node-{host.address}", url) for host in hosts[:count]]
        self.hosts = hosts[count:]

    def settle(self):
        """Waits until no node hears anything new."""
        before = None
        while (now := [node.heard() for node in self.nodes if node.url]) != before:
            before = now
            time.sleep(0.3)

    def finish(self):
        for node in self.nodes:
            # Those that are sent away would wait for each other.
            if node.process and node.process.child.poll() is None:
                node.kill()


@contextlib.contextmanager
def pool(name, count, others=0):
    """So many nodes that know all of each other, and so many addresses for clients."""
    with contextlib.ExitStack() as stack:
        hosts = stack.enter_context(network.loopback(count + others))
        url = stack.enter_context(database())
        stack.enter_context(hosts[0].inside())
        nodes = Pool(name, hosts, url, count)
        stack.callback(nodes.finish)
        for node in nodes.nodes:
            node.start()
            # One after the other, so that the first has the lowest number in the database.
            until("a node", node.is_ready, 30)
        until("the links", lambda: all(node.knows(count - 1) for node in nodes.nodes), 30, 0.1)
        yield nodes


@contextlib.contextmanager
def lone(name):
    """A pool of one tracker that keeps what lasts in SQLite."""
    with network.loopback(1) as hosts, hosts[0].inside():
        single = Pool(name, hosts, None, 1)
        try:
            single.nodes[0].start()
            until("the tracker", single.nodes[0].is_ready, 30)
            yield single
        finally:
            single.finish()
