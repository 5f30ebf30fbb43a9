"""`catalogue`: a tracker of ours with 1,000,000 items of 1,000 peers, then searches, then people who type."""

import json
import statistics
import subprocess
import time

import trackers
from measure import Broken, Process, fresh, until
from places import BINARY, ROOT, RUNS
from table import row

LOAD = BINARY.parent / "catalogue-load"
PEERS, SEARCHES = 1000, 1000
PEOPLE, SPELL, SPELLS = 20, 5, 4


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
    """Announces of new peers of the items, in turn without and with people who type."""
    announced, rates, searches, cpu = 0, {False: [], True: []}, [], {False: 0, True: 0}
    for spell in range(2 * SPELLS):
        with_people = spell % 2 == 1
        before = tracker.cpu()
        if with_people:
            load.begin_typing(SPELL)
        count = trackers.count(trackers.load(Local(address), folder, True, SPELL, announced))
        if with_people:
            searches.append(load.answer())
        cpu[with_people] += tracker.cpu() - before
        announced += count
        rates[with_people].append(count / SPELL)
    alone, beside = (statistics.median(rates[with_people]) for with_people in (False, True))
    figures = {f"typing_{key}": statistics.median(spell[key] for spell in searches) for key in searches[0]}
    return figures | {"announces_a_second": round(alone), "announces_beside_typing": round(beside),
                      "announces_lost_percent": round(100 * (1 - beside / alone), 1),
                      "cpu_seconds": round(cpu[False], 2), "cpu_seconds_beside_typing": round(cpu[True], 2)}


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
