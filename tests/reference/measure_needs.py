"""Measures what each study needs: the table MEASURED of xtask/src/needs.rs.

    cargo build --package xtask
    JOULEBOOK_MIRROR=/path/to/raw python3 tests/reference/measure_needs.py target/debug/xtask

Builds everything from nothing in scratch folders, with one job: from the published files, and simulated at the scales
1 and 4. Of each study: ms and bytes of all stages from the published files, ms and bytes that a further scale adds, and ms and
bytes of the simulated raw files alone. Times are scaled to those of the processor, so that other work on the machine does
not count.
"""

import collections
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def disk(folder):
    """Bytes of disk that a folder takes; a file with several names counts once."""
    seen, total = set(), 0
    for place, _, files in os.walk(folder):
        for file in files:
            found = os.lstat(os.path.join(place, file))
            if found.st_ino not in seen:
                seen.add(found.st_ino)
                total += found.st_blocks * 512
    return total


def build(*arguments):
    """Stages, ms and bytes of each study, and of its simulated raw files; bytes with their share of the store."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(f"{ROOT}/paper", f"{scratch}/paper")
        for study in os.listdir(f"{ROOT}/raw"):
            os.makedirs(f"{scratch}/raw/{study}")
            shutil.copy(f"{ROOT}/raw/{study}/sources.toml", f"{scratch}/raw/{study}/sources.toml")
        command = [PROGRAM, "build-paper", "--json", "--quiet", "--jobs", "1", "--root", scratch, *arguments]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        found = collections.defaultdict(lambda: [0, 0.0, 0])
        for stage in report["stages"]:
            took = stage["duration"]
            milliseconds = took["secs"] * 1000 + took["nanos"] / 1e6
            size = sum(os.path.getsize(os.path.join(scratch, path)) for path, _ in stage["outputs"])
            study, layer = stage["stage"].split("/")[:2]
            for name in [study] + [f"{study} raw"] * (layer == "simulate"):
                entry = found[name]
                entry[0] += 1
                entry[1] += milliseconds
                entry[2] += size
        made = sum(entry[2] for name, entry in found.items() if not name.endswith(" raw"))
        took = sum(entry[1] for name, entry in found.items() if not name.endswith(" raw"))
        left = sum(disk(f"{scratch}/{name}") for name in ("derived", "figures", ".joulebook"))
        return {name: (n, ms * busy / took, size * left / made) for name, (n, ms, size) in found.items()}


published = build("--campaign", "published")
one = build("--campaign", "simulated")
four = build("--campaign", "simulated", "--scale", "4")
for study, (stages, ms, size) in published.items():
    if study.endswith(" raw"):
        continue

    def each(name, place):
        return max(0, (four.get(name, (0, 0, 0))[place] - one.get(name, (0, 0, 0))[place]) / 3)

    raw = f"{study} raw"
    pairs = [(ms, size), (each(study, 1), each(study, 2)), (each(raw, 1), each(raw, 2))]
    text = ", ".join(f"({ms:.0f}, {size:_.0f})" for ms, size in pairs)
    print(f"{study}, of {stages} stages: {text}")
