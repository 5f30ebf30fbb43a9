"""`live`: pages that follow items which change 10,000 times a second, beside none, and beside some that never read."""

import json
import subprocess

from measure import Broken, Process, fresh, until
from places import BINARY, ROOT, RUNS
from table import row

LOAD = BINARY.parent / "live-load"
CHANGES = 10_000


def once(readers, silent, seconds):
    folder = fresh(RUNS / "live")
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", folder / "data"], folder)
    try:
        address = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        command = [str(argument) for argument in (LOAD, address, readers, silent, CHANGES, seconds)]
        said = subprocess.run(command, capture_output=True, text=True)
        if said.returncode:
            raise Broken(f"live-load: {said.stderr[-300:]}")
        return json.loads(said.stdout) | {"cpu": tracker.cpu(), "rss_mib": round(tracker.resident(), 1)}
    finally:
        tracker.finish()


def live(options):
    build = ["cargo", "build", "--release", "--locked", "-p", "peerpool-system-tests", "--bin", "live-load"]
    if not LOAD.exists():
        subprocess.run(build, check=True, cwd=ROOT)
    seconds = options.seconds
    variants = {"no reader": (0, 0), "40 readers": (40, 0), "50 readers, 10 never read": (50, 10)}
    runs = {name: [once(*of, seconds) for _ in range(min(options.runs, 3))] for name, of in variants.items()}
    settings = f"{CHANGES} changes a second for {seconds} s"
    return [row("live", "peerpool", name, settings, figures) for name, figures in runs.items()]
