#!/usr/bin/env python3
"""The tracker's files and job logs of module-energy: trackers.py [--repeat N] (CSV LOG NAME)...

Each job is a tracker's file, its job log, and what that calls the data set. Runs with an error are left out, energies
are those of a forward pass, and each layer with settings is the mean of its runs.
"""

import re

import pandas as pd
from piece import run

ERROR = "[codecarbon ERROR"
# Runs of each configuration.
REPETITIONS = 3
# What a project name tells besides the settings.
NOT_SET = ["module", "rep_no", "macs", "freeText", "forward_passes"]

PRINTED = re.compile(r"^(\d+)/(\d+) \(config_no/rep_no\)")
BAR = re.compile(r"%\|[^|]*\| (\d+)/(\d+) \[")


def parsed(path):
    """A tracker's file with the parts of its project names as columns."""
    runs = pd.read_csv(path)
    parts = []
    for name in runs["project_name"]:
        part = {}
        for pair in name.split(","):
            key, value = pair.split(":", 1)
            part[key] = value if key in ("module", "freeText") else int(value)
        parts.append(part)
    return pd.concat([runs.drop(columns="project_name"), pd.DataFrame(parts)], axis=1)


def lines(path):
    """The lines of a job log, which may tell of several data sets."""
    with open(path, encoding="utf-8", errors="replace") as log:
        return log.read().replace("\r", "\n").split("\n")


def failed_rows(lines, name):
    """Rows of the tracker's file whose run had an error that begins a line of the log."""
    failed = set()
    inside, rows = False, []
    for line in lines:
        if line.startswith("Starting data-collection for "):
            inside = line == f"Starting data-collection for {name}..."
            rows = []
        elif not inside:
            continue
        elif line.startswith(ERROR):
            failed.update(rows)
        elif printed := PRINTED.match(line):
            configuration, repetition = int(printed[1]), int(printed[2])
            rows = [configuration * REPETITIONS + repetition - 1]
        elif bar := BAR.search(line):
            done, total = int(bar[1]), int(bar[2])
            rows = [done * REPETITIONS + repetition for repetition in range(REPETITIONS)] if done < total else []
    return sorted(failed)


def data_sets(*jobs):
    frames = {}
    for path, log, name in zip(jobs[::3], jobs[1::3], jobs[2::3]):
        runs = parsed(path)
        failed = failed_rows(lines(log), name)
        frames.setdefault(name, []).append((runs, failed))
    sets = {}
    for name, parts in frames.items():
        kept = []
        for runs, failed in parts:
            energies = [column for column in runs.columns if "energy" in column]
            sound = runs.drop(index=failed)
            sound = sound[(sound[energies] >= 0).all(axis=1)].copy()
            sound[energies] = sound[energies].div(sound["forward_passes"], axis=0)
            kept.append(sound)
        sound = pd.concat(kept, ignore_index=True)
        project = list(sound.columns[sound.columns.get_loc("module") :])
        settings = [column for column in project if column not in NOT_SET]
        means = sound.groupby(settings, sort=False)[["macs", "cpu_energy"]].mean().reset_index()
        sets[name] = {
            "runs": sum(len(runs) for runs, _ in parts),
            "failed": sum(len(failed) for _, failed in parts),
            "settings": settings,
            "means": means,
        }
    return sets


def told(sets):
    return {
        name: {
            "runs": of["runs"],
            "failed": of["failed"],
            "settings": int(of["means"][of["settings"]].to_numpy().sum()),
            "energies": of["means"]["cpu_energy"].tolist(),
        }
        for name, of in sets.items()
    }


if __name__ == "__main__":
    run(data_sets, told)
