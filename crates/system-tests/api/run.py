#!/usr/bin/env python3
"""Has schemathesis ask a real tracker and a real peer whatever their descriptions allow, and much that they forbid.

    run.py [--peerpool BINARY] [--seconds N]

Both are alone on this machine, with a few items. What they answer has to be what they describe: statuses, content types,
shapes, and no fault. The seed is fixed, so a finding comes back. Needs `schemathesis` beside the Python that runs this."""

import argparse, json, os, re, signal, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SEED = 20
# What ends the peer, the door or the session would end the test; `share` copies whatever path it is given; streams do
# not end.
LEFT_OUT = {"peer": ["end", "close_door", "end_session", "share", "events", "live"], "tracker": ["events", "live"]}
# They depend on others, and say 502 or 503 when those cannot be reached, which is no fault; and what has the shape of a
# link or an address may be none.
ASK_OTHERS = ["start", "get", "open_door"]
# They refuse what a description of single fields allows: a cursor beside an order that is not by name, 4096.0 for 4096, and
# an upload that is a file and a folder at once, or has a name that no item can have.
REFUSE_MORE = {"peer": ["items", "set_limits", "begin_upload"], "tracker": ["items"]}


class Program:
    """A peerpool that serves until it is left."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ready = self.process.stdout.readline()
        if not self.ready.startswith("ready"):
            raise SystemExit(f"{arguments[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def check(face, base, headers, seconds, only=(), without=()):
    """Runs schemathesis; true when it finds nothing."""
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{base}/api/v1/openapi.json"]
    # One worker: threads that parse Python at once break each other's parser before 3.12 (CPython's gh-106905).
    command += ["--url", base, "--seed", SEED, "--max-examples", 12, "--workers", 1, "--request-timeout", 20]
    command += ["--checks", "all", "--suppress-health-check", "all", "--no-shrink"]
    command += ["--phases", "examples,coverage,fuzzing", "--warnings", "off", "--continue-on-failure"]
    for operation in only:
        command += ["--include-operation-id", operation]
    for operation in [] if only else [*LEFT_OUT[face], *ASK_OTHERS, *REFUSE_MORE[face]]:
        command += ["--exclude-operation-id", operation]
    if without:
        command += ["--exclude-checks", ",".join(without)]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([str(word) for word in command], cwd=scratch, timeout=seconds)
    print(f"{face}: {'nothing found' if done.returncode == 0 else 'FAILED'} after {time.monotonic() - begin:.0f} s")
    return done.returncode == 0


def enter(binary, repository):
    """Opens the door of a peer; gives its address and the headers of a page that was let in."""
    command = [binary, "web", "--no-open", "--repository", repository]
    link = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    base, secret = re.fullmatch(r"(http://[^/]+)/#t=(\S+)", link).groups()
    body = json.dumps({"secret": secret}).encode()
    headers = {"Content-Type": "application/json", "Origin": base}
    with urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/session", body, headers)) as answer:
        return base, {"Origin": base, "X-Peerpool-Key": json.load(answer)["key"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peerpool", default=os.environ.get("PEERPOOL_BIN", ROOT / "target/release/peerpool"))
    parser.add_argument("--seconds", type=float, default=60, help="longest time for each of the two")
    options = parser.parse_args()
    binary = str(options.peerpool)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        repository = Path(folder, "shared")
        repository.mkdir()
        for number in range(3):
            Path(repository, f"item {number}").write_bytes(os.urandom(50_000))
        listen = ["--listen", "127.0.0.1:0"]
        with Program(binary, "tracker", *listen, "--data", f"{folder}/data", "--no-discovery") as tracker:
            address = f"127.0.0.1:{tracker.ready.split()[-1]}"
            peer = ["peer", *listen, "--repository", str(repository), "--tracker", address, "--no-shell"]
            with Program(binary, *peer):
                base, headers = enter(binary, str(repository))
                fine = True
                for face, at in [("tracker", (f"http://{address}", {})), ("peer", (base, headers))]:
                    fine &= check(face, *at, options.seconds)
                    fine &= check(face, *at, options.seconds, REFUSE_MORE[face], ["positive_data_acceptance"])
                tolerated = ["not_a_server_error", "positive_data_acceptance"]
                fine &= check("peer", base, headers, options.seconds, ASK_OTHERS, tolerated)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
