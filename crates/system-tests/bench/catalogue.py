"""`catalogue`: a tracker of ours with 1,000,000 items of 1,000 peers, then searches."""

import json
import subprocess

from measure import Broken, Process, fresh, until
from places import BINARY, ROOT, RUNS
from table import row

LOAD = BINARY.parent / "catalogue-load"
PEERS, SEARCHES = 1000, 1000


def once(items):
    folder = fresh(RUNS / "catalogue")
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", folder / "data"], folder)
    try:
        address = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        command = [LOAD, address, str(PEERS), str(items // PEERS), str(SEARCHES)]
        said = subprocess.run(command, capture_output=True, text=True)
        if said.returncode:
            raise Broken(f"catalogue-load: {said.stderr[-300:]}")
        return json.loads(said.stdout) | {"cpu": tracker.cpu(), "rss_mib": round(tracker.resident(), 1)}
    finally:
        tracker.finish()


def catalogue(options):
    build = ["cargo", "build", "--release", "--locked", "-p", "peerpool-system-tests", "--bin", "catalogue-load"]
    subprocess.run(build, check=True, cwd=ROOT)
    items = options.items
    figures = [once(items) for _ in range(min(options.runs, 3))]
    return [row("catalogue", "peerpool", "", f"{items} items of {PEERS} peers, {SEARCHES} searches", figures)]
