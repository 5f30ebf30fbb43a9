"""Where things lie."""

import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BINARY = pathlib.Path(os.environ.get("PEERPOOL_BIN", ROOT / "target/release/peerpool")).resolve()
BENCH = ROOT / ".bench"
DATA = BENCH / "data"
RUNS = BENCH / "runs"
RESULTS = BENCH / "results"


def make():
    for folder in (DATA, RUNS, RESULTS):
        folder.mkdir(parents=True, exist_ok=True)
