"""`linear`: doubling size, files, peers or holders at most doubles the CPU seconds."""

import shutil

import clients
import exchange
import network
import small
from measure import in_turn
from places import RUNS
from table import row

KEPT = RUNS / "linear"  # the files of all runs, until the end


def linear(options):
    client = clients.known()["peerpool"]
    megabytes = options.mebibytes or 1024

    def once(content, seeders=1, downloaders=1):
        with network.loopback(seeders + downloaders + 1) as hosts:
            figures = exchange.run(client, content, hosts, seeders, home=home())
        return {"cpu": round(figures["cpu_seed"] + figures["cpu_get"], 3), "seconds": figures["seconds"]}

    variants = {}
    for factor in (1, 2, 4):
        size = exchange.random_file(megabytes * factor // 2)
        files = small.folder_of(f"linear-{2500 * factor}", 2500 * factor, 4 << 10)
        fixed = exchange.random_file(megabytes // 4)
        variants[f"{megabytes * factor // 2} MiB"] = lambda content=size: once(content)
        variants[f"{2500 * factor} files"] = lambda content=files: once(content)
        variants[f"{2 * factor} downloaders"] = lambda content=fixed, count=2 * factor: once(content, 1, count)
        variants[f"{2 * factor} holders"] = lambda content=fixed, count=2 * factor: once(content, count, 1)
    results = in_turn(variants, options.runs)
    shutil.rmtree(KEPT, ignore_errors=True)
    order = sorted(results, key=lambda name: (name.split()[-1], int(name.split()[0])))
    return [row("linear", name, "", "peerpool, loopback", results[name]) for name in order]


def home():
    """A new place for the files of a run."""
    KEPT.mkdir(exist_ok=True)
    return KEPT / str(len(list(KEPT.iterdir())))
