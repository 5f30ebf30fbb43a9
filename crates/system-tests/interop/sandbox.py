"""A folder, a tracker and processes for one case; everything is gone when the case ends."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("PEERPOOL_BIN", ROOT / "target/release/peerpool")).resolve()
PATIENCE = 60


class Failed(Exception):
    """A case did not go as it must; the text says where."""


def own_address():
    """An address of this machine that is not loopback, which Transmission connects to no peer at; else loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks for the route
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


HOST = own_address()


def free_port(host=HOST):
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def until(what, look, patience=PATIENCE, alive=()):
    """Looks until there is something to see; fails when it does not come, or when a process in `alive` has ended."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        for process in alive:
            if process.poll() is not None:
                raise Failed(f"{what}: {process.title} ended with {process.returncode}: {process.log_end()}")
        time.sleep(0.02)
    logs = " | ".join(f"{process.title}: {process.log_end()}" for process in alive)
    raise Failed(f"{what}: not within {patience} s. {logs}")


class Process(subprocess.Popen):
    """A child process whose output goes to a file."""

    def __init__(self, title, arguments, log, environment):
        self.title, self.log = title, log
        with open(log, "wb") as output:
            super().__init__(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=log.parent,
            )

    def said(self, pattern):
        """The first match of a pattern in what it wrote so far."""
        return re.search(pattern, self.log.read_text(errors="replace"), re.MULTILINE)

    def log_end(self):
        return self.log.read_text(errors="replace").strip()[-400:].replace("\n", " ⏎ ")

    def finish(self):
        """Ends it politely, then not."""
        if self.poll() is None:
            self.terminate()
            try:
                self.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
                self.wait()


class Sandbox:
    """One case: a tracker on an address of this machine, and a folder."""

    # How its tracker is started beyond the usual.
    options = []

    def __init__(self, host=HOST):
        self.host, self.ports = host, {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="peerpool-interop-"))
        self.processes = []
        brackets = f"[{host}]" if ":" in host else host
        arguments = [BINARY, "tracker", "--no-discovery", "--listen", f"{brackets}:0", *self.options]
        tracker = self.run("tracker", arguments)
        said = until("the tracker", lambda: tracker.said(r"^ready tracker http://(\S+)"), alive=[tracker])
        self.tracker_process, self.tracker = tracker, said.group(1)
        self.announce = f"http://{self.tracker}/announce"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.finish()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self, name):
        folder = self.folder / f"{len(list(self.folder.iterdir()))}-{name}"
        folder.mkdir()
        return folder

    def port(self, folder):
        """Where the program that works in a folder listens; the same when it is started again."""
        return self.ports.setdefault(folder, free_port(self.host))

    def run(self, title, arguments, **environment):
        """Starts a process that lives at most as long as the case."""
        home = self.new_folder(title)
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home), "LANG": "C.UTF-8"}
        process = Process(title, arguments, home / "log", surroundings | environment)
        self.processes.append(process)
        return process

    def http(self, path):
        """What the tracker answers."""
        with urllib.request.urlopen(f"http://{self.tracker}{path}", timeout=10) as answer:
            return answer.read()
