"""The other programs: where they are, which version they have, and how to install them."""

import functools
import pathlib
import re
import shutil
import subprocess
import sys

from places import BENCH, BINARY, HERE

DEBIAN = ["aria2", "transmission-daemon", "transmission-cli", "mktorrent", "opentracker", "nginx-light", "curl",
          "netcat-openbsd", "wrk", "iperf3", "iproute2", "gcc", "postgresql", "linux-source", "e2fsprogs"]
LIBTORRENT = {"libtorrent-2.0": "2.0.15", "libtorrent-2.1": "2.1.1"}
CARGO = {"rqbit": "9.1.0", "aquatic_http": "0.9.0"}
# What it was locked to does not build with today's compiler.
UNLOCKED = {"aquatic_http"}


def install():
    """Installs whatever is missing. Debian's packages need root; the crates take many minutes to build."""
    missing = [name for name in DEBIAN if subprocess.run(["dpkg", "-s", name], capture_output=True).returncode]
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)
    for name, version in LIBTORRENT.items():
        venv = BENCH / name
        if not (venv / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", f"libtorrent=={version}"], check=True)
    for name, version in CARGO.items():
        if not program(name):
            command = ["cargo", "install", name, "--version", version, "--root", BENCH / "cargo"]
            if name not in UNLOCKED:
                command.append("--locked")
            if subprocess.run(command).returncode:
                print(f"{name} {version} does not build with this compiler and is left out", file=sys.stderr)
    switch()


def program(name):
    """The path of a program, or None when it is not installed."""
    if name == "peerpool":
        return BINARY if BINARY.exists() else None
    if name in LIBTORRENT:
        python = BENCH / name / "bin/python"
        return python if python.exists() else None
    built = BENCH / "cargo/bin" / name
    found = built if built.exists() else shutil.which(name)
    return pathlib.Path(found) if found else None


def switch():
    """The delaying switch, compiled when it is missing or older than its source."""
    source, built = HERE / "switch.c", BENCH / "switch"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        BENCH.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", built, source], check=True)
    return built


@functools.cache
def version(name):
    """What a program says its version is."""
    path = program(name)
    if path is None:
        return "missing"
    if name in LIBTORRENT:
        return LIBTORRENT[name]
    if name in CARGO:
        return CARGO[name]
    if name in ("opentracker", "mktorrent", "nc"):
        package = {"nc": "netcat-openbsd"}.get(name, name)
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True).stdout
        return said.split("-")[0]
    said = subprocess.run([path, "-v" if name == "nginx" else "--version"], capture_output=True, text=True)
    found = re.search(r"\d+\.\d[\w.]*", said.stdout + said.stderr)
    return found.group() if found else "unknown"
