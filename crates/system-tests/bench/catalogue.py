"""`catalogue`: a tracker of ours with 1,000,000 items of 1,000 peers, then searches, then people who type."""

import json
import statistics
import subprocess
import sys
import time

import trackers
from measure import Broken, Process, cpu_of, fresh, until
from places import BINARY, ROOT, RUNS
from table import row

LOAD = BINARY.parent / "catalogue-load"
PEERS, SEARCHES = 1000, 1000
PEOPLE, SPELL, SPELLS = 20, 5, 4
KINDS = ["alone", "typing", "burning"]
# Takes a share of a core for some seconds, a hundred times a second a bit.
BURN = """
import sys, time
share, seconds = map(float, sys.argv[1:])
begin = time.monotonic()
while (passed := time.monotonic() - begin) < seconds:
    while time.process_time() < share * passed:
        pass
    time.sleep(0.01)
"""


class Local:
    """This machine, as the announces of `trackers` see a host."""

    prefix = ()

    def __init__(self, address):
        self.address = address


class Load:
    """`catalogue-load`, which keeps its peers connected until it is dropped."""

    def __init__(self, address, items, folder):
        command = [LOAD, address, str(PEERS), str(items // PEERS), str(SEARCHES)]
        self.child = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.registered = self.answer()
        if self.child.stdout.readline() != "ready\n":
            raise Broken("catalogue-load is not ready")

    def answer(self):
        line = self.child.stdout.readline()
        if not line:
            raise Broken(f"catalogue-load ended with {self.child.wait()}")
        return json.loads(line)

    def begin_typing(self, seconds):
        self.child.stdin.write(f"{PEOPLE} {seconds}\n")
        self.child.stdin.flush()

    def finish(self):
        self.child.stdin.close()
        self.child.wait(30)


def typing(load, address, tracker, folder):
    """Announces of new peers of the items: alone, beside people who type, and beside a program that takes as much CPU time
    as those people and the threads that search for them, and does nothing else. What is lost beside that is the machine's
    part."""
    rates, searches, seconds, burnt = {kind: [] for kind in KINDS}, [], dict.fromkeys(KINDS, 0), []
    announced = 0
    for kind in KINDS * SPELLS:
        before, searched, typed = tracker.cpu(), tracker.threads_cpu("search"), cpu_of(load.child.pid)
        burner = None
        if kind == "typing":
            load.begin_typing(SPELL)
        elif kind == "burning":
            burner = subprocess.Popen([sys.executable, "-c", BURN, str(statistics.median(burnt)), str(SPELL)])
        count = trackers.count(trackers.load(Local(address), folder, True, SPELL, announced))
        if kind == "typing":
            searches.append(load.answer())
            took = tracker.threads_cpu("search") - searched + cpu_of(load.child.pid) - typed
            burnt.append(took / SPELL)
        if burner:
            burner.wait(SPELL)
        seconds[kind] += tracker.cpu() - before
        announced += count
        rates[kind].append(count / SPELL)
    figures = {f"typing_{key}": statistics.median(spell[key] for spell in searches) for key in searches[0]}
    figures["typing_cores"] = round(statistics.median(burnt), 3)
    alone = statistics.median(rates["alone"])
    for kind in KINDS:
        rate = statistics.median(rates[kind])
        figures |= {f"announces_{kind}": round(rate), f"lost_percent_{kind}": round(100 * (1 - rate / alone), 1),
                    f"cpu_us_an_announce_{kind}": round(1e6 * seconds[kind] / sum(rates[kind]) / SPELL, 2)}
    return figures


def started(folder):
    """Seconds in which a tracker starts that knows the items already."""
    begin = time.monotonic()
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", folder / "data"], folder)
    try:
        until("the tracker that knows the items", lambda: tracker.said(r"^ready tracker"), 120)
        return {"start_seconds": round(time.monotonic() - begin, 3)}
    finally:
        tracker.finish()


def once(items):
    folder = fresh(RUNS / "catalogue")
    tracker = Process([BINARY, "tracker", "--no-discovery", "--listen", "127.0.0.1:6969", "--data", folder / "data"], folder)
    try:
        address = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), 10).group(1)
        load = Load(address, items, folder)
        try:
            figures = load.registered | {"cpu": tracker.cpu(), "rss_mib": round(tracker.resident(), 1)}
            figures |= typing(load, address.rsplit(":", 1)[0], tracker, folder)
        finally:
            load.finish()
    finally:
        tracker.finish()
    return figures | started(folder)


def catalogue(options):
    build = ["cargo", "build", "--release", "--locked", "-p", "peerpool-system-tests", "--bin", "catalogue-load"]
    if not LOAD.exists():
        subprocess.run(build, check=True, cwd=ROOT)
    items = options.items
    figures = [once(items) for _ in range(min(options.runs, 3))]
    settings = f"{items} items of {PEERS} peers, {SEARCHES} searches; {PEOPLE} people type beside announces"
    return [row("catalogue", "peerpool", "", settings, figures)]
