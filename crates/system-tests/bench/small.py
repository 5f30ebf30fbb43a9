"""`small`: folders of many files, beside libtorrent and `tar | nc`. Everybody is done once all of it is durable.

Each run of each program has a new file system, which holds what is sent and what arrives (`volume`).
"""

import functools
import os
import pathlib
import random
import resource
import subprocess
import time

import exchange
import network
import pair
import volume
from measure import fresh, until
from places import DATA

CLIENTS = ["peerpool", "libtorrent-2.1", "libtorrent-2.0"]
SHAPES = [(20_000, 4), (2_000, 256)]  # files, KiB each


def folder_of(name, count, size):
    """A folder of random files, a hundred to a subfolder, made once."""
    top = DATA / name
    if len(list(top.rglob("*.bin"))) != count:
        source = random.Random(name)
        fresh(top)
        for number in range(count):
            parent = top / f"{number // 100:04}"
            parent.mkdir(exist_ok=True)
            (parent / f"{number:06}.bin").write_bytes(source.randbytes(size))
    return top


def linux_tree():
    """The tree of Debian's linux-source, unpacked once."""
    top = DATA / "linux"
    if not top.exists():
        [packed] = pathlib.Path("/usr/src").glob("linux-source-*.tar.xz")
        unpacked = fresh(DATA / "linux-unpacked")
        # No links: what a torrent says of them differs from program to program.
        subprocess.run(["tar", "-xJf", packed, "-C", unpacked, "--strip-components=1"], check=True)
        subprocess.run(["find", unpacked, "-type", "l", "-delete"], check=True)
        subprocess.run(["find", unpacked, "-empty", "-delete"], check=True)
        unpacked.rename(top)
    return top


def on_a_volume(client, content, *rest, **how):
    """A run of `exchange` on a file system of its own."""
    with volume.holding(content) as copy:
        return exchange.run(client, copy, *rest, home=volume.TOP, durable=True, **how)


def tar_over_nc(content, cold):
    """`tar | nc` to `nc | tar`, which verifies nothing."""
    with network.loopback(1) as [host], volume.holding(content) as copy:
        folder = fresh(volume.TOP / "got")
        exchange.warm(copy)
        exchange.prime(copy, 1)
        if cold:
            exchange.forget_files()
        inside = " ".join(host.prefix)
        used, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        getter = subprocess.Popen(f"{inside} nc -l {host.address} 7000 | tar -x -C {folder}", shell=True)
        until("nc listens", lambda: exchange.listens(host, f"{host.address}:7000"), 10)
        sender = f"tar -c -C {copy.parent} {copy.name} | {inside} nc -N {host.address} 7000"
        subprocess.run(sender, shell=True, check=True)
        getter.wait()
        exchange.sync(folder)
        seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return {"seconds": round(seconds, 3), "cpu_both": round(cpu, 3)}


def small(options):
    shapes = {}
    for shape, kib in SHAPES:
        name, count = f"{shape // options.divide}x{kib}KiB", shape // options.divide
        shapes[name] = functools.partial(folder_of, name, count, kib << 10)
    shapes["linux"] = linux_tree
    rows = []
    for name in options.shapes or shapes:
        content = shapes[name]()
        os.sync()
        for cold in (False, True):
            floor = {"tar to nc": lambda: tar_over_nc(content, cold)}
            title = f"small {name}, cold" if cold else f"small {name}"
            rows += pair.exchanges(title, options, content, 1, 1, CLIENTS, floor, run=on_a_volume, cold=cold)
    return rows
