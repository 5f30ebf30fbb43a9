"""Rows of results, as a table and as JSON."""

import json
import platform
import time

from measure import summary
from places import RESULTS


def row(scenario, program, version, settings, runs):
    """What one program did in one scenario; `runs` are the figures of every run."""
    return {"scenario": scenario, "program": program, "version": version, "settings": settings, "runs": runs,
            "summary": summary(runs), "errors": [run["error"] for run in runs if "error" in run]}


def shown(rows):
    """The table as Markdown: medians, with least and most of the first column."""
    columns = []
    for entry in rows:
        columns += [key for key in entry["summary"] if key not in columns]
    lines = [["program", *columns], ["---"] * (len(columns) + 1)]
    for entry in rows:
        cells = [f"{entry['program']} {entry['version']}".strip()]
        for number, key in enumerate(columns):
            figure = entry["summary"].get(key)
            spread = f" ({figure['least']:g}–{figure['most']:g})" if figure and number == 0 else ""
            cells.append(f"{figure['median']:g}{spread}" if figure else "–")
        if entry["errors"]:
            cells[min(1, len(cells) - 1)] += f" [{len(entry['errors'])} failed: {entry['errors'][0][:80]}]"
        lines.append(cells)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def save(name, rows):
    """Writes the rows with where and when they were measured; gives the file."""
    path = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    machine = {"kernel": platform.release(), "processor": processor(), "time": time.strftime("%Y-%m-%d %H:%M:%S")}
    path.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return path


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return f"{len(names)} × {names[0] if names else 'unknown'}"
