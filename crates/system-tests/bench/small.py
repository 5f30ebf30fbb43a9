"""`small`: folders of many files, beside libtorrent and `tar | nc`."""

import os
import random
import resource
import subprocess
import time

import exchange
import network
import pair
from measure import fresh, until
from places import DATA, RUNS

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


def tar_over_nc(content):
    """`tar | nc` to `nc | tar`, which verifies nothing."""
    with network.loopback(1) as [host]:
        folder = fresh(exchange.kept_away())
        exchange.warm(content)
        inside = " ".join(host.prefix)
        used, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        getter = subprocess.Popen(f"{inside} nc -l {host.address} 7000 | tar -x -C {folder}", shell=True)
        until("nc listens", lambda: exchange.listens(host, f"{host.address}:7000"), 10)
        sender = f"tar -c -C {content.parent} {content.name} | {inside} nc -N {host.address} 7000"
        subprocess.run(sender, shell=True, check=True)
        getter.wait()
        seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return {"seconds": round(seconds, 3), "cpu_both": round(cpu, 3)}


def small(options):
    rows = []
    for shape, kib in SHAPES:
        count = shape // options.divide
        name = f"{count}x{kib}KiB"
        content = folder_of(name, count, kib << 10)
        os.sync()
        floor = {"tar to nc": lambda content=content: tar_over_nc(content)}
        rows += pair.exchanges(f"small {name}", options, content, 1, 1, CLIENTS, floor, keep=True)
    exchange.clear_away()
    return rows
