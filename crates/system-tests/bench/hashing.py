"""`hash`: making a torrent of 4 GiB, beside the other creators and the floor: reading, one SHA-1 and one SHA-256 pass."""

import concurrent.futures
import hashlib
import os
import resource
import subprocess
import time

import exchange
import install
import small
from measure import fresh, in_turn
from places import BINARY, HERE, RUNS
from table import row

CREATE = HERE.parent / "interop/libtorrent_client.py"


def timed(run):
    used, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    own = time.process_time()
    run()
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime + time.process_time() - own
    return {"seconds": round(seconds, 3), "cpu": round(cpu, 3)}


def floor(content):
    """Both hashes of every 1 MiB, over as many threads as there are cores."""
    files = [content] if content.is_file() else sorted(file for file in content.rglob("*") if file.is_file())
    parts = [(file, offset) for file in files for offset in range(0, file.stat().st_size, 64 << 20)]

    def part(where):
        path, offset = where
        with open(path, "rb", buffering=0) as file:
            file.seek(offset)
            left = 64 << 20
            while left > 0 and (piece := file.read(min(1 << 20, left))):
                hashlib.sha1(piece).digest()
                hashlib.sha256(piece).digest()
                left -= len(piece)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(part, parts))


def creators(content):
    """Each program's command that makes a torrent, with what it makes."""
    made = fresh(RUNS / "hash") / "made.torrent"
    announce = "http://127.0.0.1:6969/announce"
    commands = {
        "peerpool": [BINARY, "torrent", "create", content, "-o", made],
        "mktorrent": ["mktorrent", "-t", "2", "-l", "20", "-a", announce, "-o", made, content],
        "transmission-create": ["transmission-create", "-o", made, "-t", announce, content],
    }
    for name in install.LIBTORRENT:
        commands[name] = [install.program(name), "-W", "ignore", CREATE, "create", "hybrid", content, announce, made]

    def run(command):
        made.unlink(missing_ok=True)
        subprocess.run(command, check=True, capture_output=True)

    kinds = {"mktorrent": "v1", "transmission-create": "v1"}
    return {
        f"{name} ({kinds.get(name, 'hybrid')})": lambda command=command: timed(lambda: run(command))
        for name, command in commands.items() if install.program(name)
    }


def hashes(options):
    mebibytes = options.mebibytes or 4096
    rows = []
    for shape in ("one file", "2,000 files"):
        if shape == "one file":
            content = exchange.random_file(mebibytes)
        else:
            content = small.folder_of(f"2000x{mebibytes >> 1}KiB", 2000, (mebibytes << 20) // 2000)
        exchange.warm(content)
        variants = creators(content) | {"floor": lambda content=content: timed(lambda: floor(content))}
        results = in_turn(variants, options.runs)
        for who, runs in results.items():
            rows.append(row(f"hash {shape}", who, install.version(who.split()[0]) if who != "floor" else "",
                            f"{mebibytes} MiB, page cache", runs))
    return rows
