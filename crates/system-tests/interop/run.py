"""Stock BitTorrent clients in a pool: every program, direction and kind of torrent.

    run.py [--only TEXT] [--jobs N] [--json FILE] [--write]

Prints one line a case and ends with exit code 1 if any failed. `--write` makes the table of
docs/interoperability.md anew.
"""

import argparse
import concurrent.futures
import json
import pathlib
import sys

import suite
from sandbox import BINARY, ROOT

COLUMNS = ["program", "direction", "kind", "content", "bytes", "seconds", "verdict"]

PAGE = ROOT / "docs/interoperability.md"
# What stands above this line of the page is written by hand.
MARK = "<!-- Below: written by run.py --write -->\n"


def table(rows):
    def cell(value):
        return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")

    lines = [COLUMNS, ["---"] * len(COLUMNS), *([row[column] for column in COLUMNS] for row in rows)]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only cases whose row contains this text")
    parser.add_argument("--jobs", type=int, default=3, help="cases at a time: most of their time is waiting (%(default)s)")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write writes the whole table, so it goes without --only")
    if not BINARY.exists():
        sys.exit(f"{BINARY} is missing: cargo build --release")
    cases = [case for case in suite.everything() if options.only in " ".join(case.label().values())]
    rows = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
        for row in executor.map(lambda case: case.execute(), cases):
            rows.append(row)
            print("  ".join(str(row[column]) for column in COLUMNS), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    if options.write:
        PAGE.write_text(PAGE.read_text().partition(MARK)[0] + MARK + "\n" + table(rows) + "\n")
    failed = sum(row["verdict"] != "ok" for row in rows)
    print(f"{len(rows)} cases, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
