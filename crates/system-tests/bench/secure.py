"""`secure`: bytes over loopback as they are, through tokio-rustls, and through the records of `crates/tls`; and a file
from one peer to another, in an open pool and in one for members."""

import json
import subprocess

from hashing import timed
from measure import in_turn
from places import ROOT
from table import row

EXAMPLES = ROOT / "target/release/examples"
KINDS = {"plain TCP": "plain", "tokio-rustls": "rustls", "Peerpool's records": "records"}
POOLS = {"a pair in an open pool": "plain", "a pair of members": "members"}


def secure(options):
    mebibytes = options.mebibytes or 4096
    for package, example in {"peerpool-tls": "throughput", "peerpool-peer": "pair"}.items():
        subprocess.run(["cargo", "build", "--release", "--locked", "-p", package, "--example", example],
                       cwd=ROOT, check=True)

    def run(kind):
        figures = timed(lambda: subprocess.run([EXAMPLES / "throughput", kind, str(mebibytes)], check=True))
        return {"MiB a CPU second": round(mebibytes / figures["cpu"])} | figures

    def pair(kind):
        told = subprocess.run([EXAMPLES / "pair", kind, str(pair_mebibytes)], check=True, stdout=subprocess.PIPE)
        figures = json.loads(told.stdout)
        return {"MiB a CPU second": round(pair_mebibytes / figures["cpu"])} | figures

    pair_mebibytes = min(mebibytes, 1024)
    variants = {name: lambda kind=kind: run(kind) for name, kind in KINDS.items()}
    settings = f"{mebibytes} MiB from one thread to another, both ends' CPU time"
    rows = [row("secure", name, "", settings, runs) for name, runs in in_turn(variants, options.runs).items()]
    variants = {name: lambda kind=kind: pair(kind) for name, kind in POOLS.items()}
    settings = f"a file of {pair_mebibytes} MiB, both peers' CPU time"
    return rows + [row("secure", name, "", settings, runs) for name, runs in in_turn(variants, options.runs).items()]
