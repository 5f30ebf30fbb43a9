"""`secure`: bytes over loopback as they are, through tokio-rustls, and through the records of `crates/tls`."""

import subprocess

from hashing import timed
from measure import in_turn
from places import ROOT
from table import row

LOAD = ROOT / "target/release/examples/throughput"
KINDS = {"plain TCP": "plain", "tokio-rustls": "rustls", "Peerpool's records": "records"}


def secure(options):
    mebibytes = options.mebibytes or 4096
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "peerpool-tls", "--example", "throughput"],
                   cwd=ROOT, check=True)

    def run(kind):
        figures = timed(lambda: subprocess.run([LOAD, kind, str(mebibytes)], check=True))
        return {"MiB a CPU second": round(mebibytes / figures["cpu"])} | figures

    variants = {name: lambda kind=kind: run(kind) for name, kind in KINDS.items()}
    results = in_turn(variants, options.runs)
    settings = f"{mebibytes} MiB from one thread to another, both ends' CPU time"
    return [row("secure", name, "", settings, runs) for name, runs in results.items()]
