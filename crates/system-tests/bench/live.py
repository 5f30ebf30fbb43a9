"""`live`: pages that follow items which change 10,000 times a second, beside none, and some that do not read."""

import functools
import json
import resource
import signal
import subprocess
import time

from measure import Broken, Process, fresh, in_turn, until
from places import BINARY, ROOT, RUNS
from table import row

LOAD = BINARY.parent / "live-load"
CHANGES = 10_000
# Seconds for which a page reads before it is stopped.
STOPPED_AFTER = 3


def once(readers, silent, stopped, seconds):
    folder = fresh(RUNS / "live")
    arguments = [BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", folder / "data"]
    tracker, pages = Process(arguments, folder), []
    try:
        address = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        command = [str(argument) for argument in (LOAD, address, readers, silent, CHANGES, seconds)]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        load.stdout.readline()
        before = tracker.cpu()
        pages = [subprocess.Popen([LOAD, address, "follow"]) for _ in range(stopped)]
        time.sleep(STOPPED_AFTER if stopped else 0)
        for page in pages:
            page.send_signal(signal.SIGSTOP)
        others = children()
        said, complaint = load.communicate()
        if load.returncode:
            raise Broken(f"live-load: {complaint[-300:]}")
        used = {"cpu": tracker.cpu() - before, "load_cpu": children() - others, "rss_mib": tracker.resident()}
        return json.loads(said) | {name: round(figure, 2) for name, figure in used.items()}
    finally:
        for page in pages:
            page.kill()
        tracker.finish()


def children():
    """CPU seconds of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def live(options):
    build = ["cargo", "build", "--release", "--locked", "-p", "peerpool-system-tests", "--bin", "live-load"]
    if not LOAD.exists():
        subprocess.run(build, check=True, cwd=ROOT)
    kinds = {
        "no page": (0, 0, 0),
        "40 pages": (40, 0, 0),
        "50 pages, 10 of which never read": (50, 10, 0),
        "40 pages, and 10 that are stopped (SIGSTOP)": (40, 0, 10),
    }
    variants = {name: functools.partial(once, *kind, options.seconds) for name, kind in kinds.items()}
    settings = f"{CHANGES} changes a second for {options.seconds} s"
    runs = in_turn(variants, min(options.runs, 3))
    return [row("live", "peerpool", name, settings, figures) for name, figures in runs.items()]
