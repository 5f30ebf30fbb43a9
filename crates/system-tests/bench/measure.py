"""Processes and what they use; runs in turn; medians with their spread."""

import contextlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import time

PAGE_REPORTING = pathlib.Path("/sys/module/page_reporting/parameters/page_reporting_order")
TICKS = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """A run that does not count; the text says why."""


@contextlib.contextmanager
def keeping_memory():
    """A virtual machine that gives free memory back to its host does not do so meanwhile, where that can be set."""
    before = PAGE_REPORTING.read_text() if os.access(PAGE_REPORTING, os.W_OK) else None
    try:
        if before:
            PAGE_REPORTING.write_text("11")  # pages of 8 MiB: there are none
        yield
    finally:
        if before:
            PAGE_REPORTING.write_text(before)


def cpu_of(pid):
    """Seconds of user and system time of a process, children that have ended included."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def surroundings(home):
    """The environment of a program that keeps what it has in a folder of its own."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1"}


class Process:
    """A child process in a network namespace, with its output in a file and its use as the kernel counts it."""

    def __init__(self, arguments, folder, prefix=(), environment=()):
        self.arguments = [str(argument) for argument in arguments]
        self.log = pathlib.Path(folder) / "log"
        with open(self.log, "wb") as output:
            self.child = subprocess.Popen(
                [*prefix, *self.arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd=folder, env=surroundings(folder) | dict(environment),
            )

    def said(self, pattern):
        return re.search(pattern, self.log.read_text(errors="replace"), re.MULTILINE)

    def alive(self):
        if self.child.poll() is not None:
            raise Broken(f"{self.arguments[0]} ended with {self.child.returncode}: {self.log.read_text()[-400:]}")
        return True

    def cpu(self):
        """Seconds of user and system time, children that have ended included."""
        return cpu_of(self.child.pid)

    def threads_cpu(self, beginning):
        """The same of its threads whose names begin so, to the microsecond."""
        folders = pathlib.Path(f"/proc/{self.child.pid}/task").iterdir()
        own = [folder for folder in folders if (folder / "comm").read_text().startswith(beginning)]
        return sum(int((folder / "schedstat").read_text().split()[0]) for folder in own) / 1e9

    def resident(self, field="VmHWM"):
        """Mebibytes of memory; the most there ever were, unless another field of /proc/PID/status is named."""
        with open(f"/proc/{self.child.pid}/status") as status:
            return int(re.search(field + r":\s+(\d+)", status.read()).group(1)) / 1024

    def switches(self):
        """How often each of its threads went to sleep, and how often it was pushed aside."""
        kinds = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        counts = {}
        for thread in pathlib.Path(f"/proc/{self.child.pid}/task").iterdir():
            # It may end at any moment.
            with contextlib.suppress(OSError):
                text = (thread / "status").read_text()
                counts[thread.name] = [int(re.search(rf"^{kind}:\s+(\d+)", text, re.MULTILINE).group(1)) for kind in kinds]
        return counts

    def finish(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def until(what, look, patience, step=0.005):
    """Looks until there is something to see."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(step)
    raise Broken(f"{what}: not within {patience} s")


def fresh(folder):
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def in_turn(variants, runs):
    """Runs every variant once, then every variant again, so that what drifts drifts for all alike.

    `variants` maps a name to a function that gives one run's figures. Gives each name's list of figures; a run that
    broke is a dictionary with `error`.
    """
    results = {name: [] for name in variants}
    for number in range(runs):
        for name, run in variants.items():
            try:
                figures = run()
            except Broken as broken:
                figures = {"error": str(broken)}
            results[name].append(figures)
            print(f"  run {number + 1}/{runs}  {name}: {figures}", flush=True)
    return results


def summary(figures):
    """Medians of every number, with the least and the most; runs that broke are left out."""
    good = [run for run in figures if "error" not in run]
    keys = [key for key in (good[0] if good else {}) if isinstance(good[0][key], (int, float))]
    return {
        key: {
            "median": round(statistics.median(run[key] for run in good), 4),
            "least": round(min(run[key] for run in good), 4),
            "most": round(max(run[key] for run in good), 4),
        }
        for key in keys
    }
