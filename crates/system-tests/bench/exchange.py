"""One run: seeders and downloaders of one client exchange one content."""

import contextlib
import dataclasses
import hashlib
import itertools
import os
import pathlib
import shutil
import subprocess
import time
from concurrent import futures

from clients import Node
from measure import Broken, Process, fresh, until
from places import BINARY, DATA, RUNS


@dataclasses.dataclass
class Job:
    """What is exchanged."""

    content: pathlib.Path
    tracker: str
    torrent: pathlib.Path | None

    @property
    def name(self):
        return self.content.name


def random_file(mebibytes):
    """A file of random bytes, made once."""
    path = DATA / f"{mebibytes}MiB.bin"
    if not path.exists() or path.stat().st_size != mebibytes << 20:
        with open("/dev/urandom", "rb") as source, open(path, "wb") as file:
            for _ in range(mebibytes):
                file.write(source.read(1 << 20))
    return path


def warm(content):
    """Reads the content, so that it lies in the page cache."""
    files = [content] if content.is_file() else [file for file in content.rglob("*") if file.is_file()]
    for file in files:
        with open(file, "rb") as opened:
            while opened.read(16 << 20):
                pass


def sync(folder):
    """Makes durable what its file system has."""
    subprocess.run(["sync", "-f", folder], check=True)


def forget_files():
    """Has the system forget what it keeps of files in memory."""
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def prime(content, copies):
    """Has a virtual machine find memory for what will be written, many times slower than memory is written."""
    with open(RUNS / "prime", "wb") as file:
        for _ in range(((size(content) * copies) >> 20) + 64):
            file.write(bytes(1 << 20))
    (RUNS / "prime").unlink()


def torrent_of(content, tracker, piece):
    """A v1 torrent by mktorrent, for the clients that need one; `piece` is in KiB, a power of two."""
    path = DATA / f"{content.name}.{piece}.{hashlib.sha1(tracker.encode()).hexdigest()[:8]}.torrent"
    if not path.exists():
        exponent = str((piece << 10).bit_length() - 1)
        announce = f"http://{tracker}/announce"
        command = ["mktorrent", "-t", "2", "-l", exponent, "-a", announce, "-o", path, content]
        subprocess.run(command, check=True, capture_output=True)
    return path


def place(content, folder):
    """Gives a seeder its content: links to the same bytes."""
    subprocess.run(["cp", "-rl", content, folder], check=True)


@contextlib.contextmanager
def tracker(client, host, folder, torrent):
    """The client's tracker: ours for our peers, opentracker for the others."""
    home = fresh(folder / "tracker")
    address = f"{host.address}:6969"
    if client.own_tracker:
        command = [BINARY, "tracker", "--no-discovery", "--listen", address, *client.tracker_options]
    else:
        raw = torrent.read_bytes()
        info = raw[raw.index(b"4:infod") + 6:-1]  # the last value of what mktorrent writes
        for parent in (folder, home):
            parent.chmod(0o755)
        (home / "allowed").write_text(hashlib.sha1(info).hexdigest() + "\n")
        command = ["opentracker", "-i", host.address, "-p", "6969", "-P", "6969", "-d", home, "-w", "allowed", "-u", "nobody"]
    process = Process(command, home, host.prefix)
    try:
        until("the tracker", lambda: process.alive() and listens(host, address), 10)
        client.opened(process, host, home)
        yield address
    finally:
        process.finish()


def listens(host, address):
    shown = subprocess.run([*host.prefix, "ss", "-Hlnt", "src", address], capture_output=True, text=True)
    return bool(shown.stdout.strip())


def run(client, content, hosts, seeders=1, piece=1024, patience=300, starts=None, during=None, home=None,
        counted=None, durable=False, cold=False):
    """Seeders on the first hosts, the tracker on the last, a downloader on each of the others. Gives the figures.

    `starts` are the seconds after zero at which each downloader begins. `during` is called again and again with the
    seeders and the downloaders that are done, and may change the world. With a `home`, on the content's file system, the
    files go there and stay, since removing many makes later runs slower (`volume`). With `durable`, a client that does not
    wait for the disk is done once its file system has synced; with `cold`, nothing of the content is in memory at zero.
    """
    folder = fresh((home or RUNS) / client.name.replace(" ", "-"))
    warm(content)
    address = f"{hosts[-1].address}:6969"
    torrent = None if client.own_tracker else torrent_of(content, address, piece)
    job = Job(content, address, torrent)
    nodes = [Node(host, 20000 + number, folder) for number, host in enumerate(hosts[:-1])]
    givers, takers = nodes[:seeders], nodes[seeders:]
    with contextlib.ExitStack() as stack:
        if not home:
            stack.callback(shutil.rmtree, folder)
        stack.enter_context(tracker(client, hosts[-1], folder, torrent))
        for node in nodes:
            node.job, node.process = job, None
            stack.callback(lambda node=node: node.process and node.process.finish())
        for number, node in enumerate(givers, 1):
            place(content, node.data)
            node.seeders = number
            client.seed(node, job)
        for node in givers:
            until("the seeder", lambda: node.process.alive() and client.seeds(node), patience)
        if client.waits:
            for node in takers:
                client.start(node, job)
            for node in takers:
                until("the downloader", lambda: node.process.alive() and client.is_up(node), patience)
        prime(content, len(takers))
        if cold:
            forget_files()
        syncs = durable and not client.durable
        return figures(client, job, givers, takers, patience, starts or [0] * len(takers), during, counted, syncs)


def figures(client, job, givers, takers, patience, starts, during, counted, syncs):
    """Starts the transfer, waits for its end, which may be that of a sync, and measures; `counted` begins and ends with it."""
    before = [node.process.cpu() for node in givers] + [node.process.cpu() if node.process else 0 for node in takers]
    sent = givers[0].host.sent() if givers[0].host.address.startswith("10.78.") else None
    waiting = sorted(zip(starts, takers), key=lambda start: start[0])
    if counted and client.waits:
        counted.begin(givers, takers)
    told, done, zero = [], {}, time.monotonic()
    for turn in itertools.count():
        due = [taker for start, taker in waiting if time.monotonic() - zero >= start]
        if due:
            del waiting[:len(due)]
            # At once: an interface that answers late must not hold up the others' beginning.
            with futures.ThreadPoolExecutor(len(due)) as pool:
                list(pool.map(lambda node: client.go(node, job), due))
            told += due
            if counted and not client.waits:
                counted.begin(givers, takers)
        for node in told:
            if node.port not in done and (at := client.done(node)):
                done[node.port] = at - zero
                if syncs:
                    sync(node.data)
                    done[node.port] = time.monotonic() - zero
        if during:
            during(givers, done)
        if len(done) == len(takers):
            break
        if time.monotonic() - zero > patience:
            raise Broken(f"{len(done)} of {len(takers)} done after {patience} s")
        if turn % 50 == 0:
            for node in takers:
                if node.process:
                    node.process.alive()
        time.sleep(0.005)
    if counted:
        counted.finish()
    used = [node.process.cpu() for node in givers if node.process.child.poll() is None]
    verified = [at - zero for node in takers if (at := client.verified(node))]
    result = {
        "seconds": max(done.values()), "first": min(done.values()), "verified": max(verified, default=max(done.values())),
        "cpu_seed": sum(used) - sum(before[:len(used)]),
        "cpu_get": sum(node.process.cpu() for node in takers) - sum(before[len(givers):]),
        "rss_seed": max((node.process.resident() for node in givers if node.process.child.poll() is None), default=0),
        "rss_get": max(node.process.resident() for node in takers),
    }
    if sent is not None:
        result["copies"] = (givers[0].host.sent() - sent) / size(job.content)
    compare(client, job, takers)
    return {key: round(value, 3) for key, value in result.items()}


def size(content):
    return sum(file.stat().st_size for file in ([content] if content.is_file() else content.rglob("*")) if file.is_file())


def compare(client, job, takers):
    """Looks whether one of the downloaders has the same bytes; some clients are done before their data is on disk."""
    command = ["diff", "-rq", job.content, takers[-1].data / job.name]
    until(f"{client.name}: equal bytes", lambda: subprocess.run(command, capture_output=True).returncode == 0, 10, 0.5)
