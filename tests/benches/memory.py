#!/usr/bin/env python3
"""How much memory a build takes from the simulated raw files to the statistics, at several scales.

    cargo build -p xtask
    python3 tests/benches/memory.py --scratch /path/with/12GB --scales 1,10,100

A workspace with what git knows is made in the scratch folder, and for each study and scale a build of the layers up to
stats from nothing. Told are the size of the raw files, the processor time, and the greatest resident set that the process
had (VmHWM), with both cores at work. With --stages each stage is run by itself as well, and the largest of each layer is
named. Prints rows for docs/performance.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
STUDIES = ["vision-inference", "tinyml-mcu", "module-energy", "edge-layers", "aipowermeter"]
LAYERS = ["simulate", "reconstruct", "ingest", "clean", "aggregate", "stats"]


class Run:
    """A run of the program: what it printed, its processor time in s and its peak memory in MB."""

    def __init__(self, program, workspace, arguments):
        command = [str(program), *map(str, arguments), "--root", str(workspace)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=workspace)
        self.output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}")
        self.peak = usage.ru_maxrss / 1024
        self.seconds = usage.ru_utime + usage.ru_stime


def fill(workspace):
    """Makes a folder a workspace in which nothing was built."""
    command = ["git", "-C", REPOSITORY, "checkout-index", "--all", f"--prefix={workspace}/"]
    subprocess.run(command, check=True)


def size_of(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def stages_of(program, workspace, study):
    graph = Run(program, workspace, ["graph", "--format", "json", "--campaign", "simulated"]).output
    ids = [stage["id"] for stage in json.loads(graph)]
    return [stage for stage in ids if stage.startswith(f"{study}/") and stage.split("/")[1] in LAYERS]


def clear(workspace):
    for folder in ("derived", ".joulebook"):
        shutil.rmtree(workspace / folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for the workspace")
    parser.add_argument("--scales", default="1,10,100")
    parser.add_argument("--studies", default=",".join(STUDIES))
    parser.add_argument("--stages", action="store_true", help="each stage by itself, too")
    parser.add_argument("--program", type=Path, default=REPOSITORY / "target/debug/xtask")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="joulebook-memory-", dir=options.scratch.resolve()) as folder:
        fill(folder)
        measure(options, Path(folder))


def measure(options, workspace):
    program = options.program.resolve()
    print("| study | scale | raw files, MB | processor time, s | peak, MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for study in options.studies.split(","):
        stages = stages_of(program, workspace, study)
        layers = [layer for layer in LAYERS if any(stage.startswith(f"{study}/{layer}/") for stage in stages)]
        for scale in map(int, options.scales.split(",")):
            campaign = ["--campaign", "simulated", "--scale", scale]
            clear(workspace)
            build = ["build-paper", *campaign, "--no-disk-check", "--quiet"]
            whole = Run(program, workspace, build + [f"{study}/{layer}" for layer in layers])
            raw = size_of(workspace / "derived" / study / "simulated")
            print(f"| {study} | {scale} | {raw:.0f} | {whole.seconds:.1f} | {whole.peak:.0f} |", flush=True)
            if options.stages:
                clear(workspace)
                runs = {}
                for stage in stages:
                    arguments = ["stage", stage, "--simulated", study, "--scale", scale, "--quiet"]
                    runs[stage] = Run(program, workspace, arguments)
                for layer in layers:
                    of = {stage: run for stage, run in runs.items() if stage.startswith(f"{study}/{layer}/")}
                    largest = max(of, key=lambda stage: of[stage].peak)
                    seconds = sum(run.seconds for run in of.values())
                    print(f"  {layer}: {seconds:.1f} s; {largest}: {of[largest].peak:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
