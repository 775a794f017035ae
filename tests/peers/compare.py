#!/usr/bin/env python3
"""Our programs beside those that one would write in Python: how long both take, and that they find the same.

    python3 -m venv peers && peers/bin/pip install -r tests/peers/requirements.txt
    JOULEBOOK_MIRROR=/path/to/raw peers/bin/python tests/peers/compare.py --scratch /tmp/peers

Writes docs/performance.csv, and the table in docs/performance.md. Our side runs first, then each peer, and so on in
turn, so that a machine that is busy for a while slows down both; a ratio is that of two runs beside each other. What is
timed is told by the programs themselves, without their start; whole studies as processes, with empty stores.

At scale 1000 the power log is 10 GB, twice, one after the other; --scales 1,10 leaves that out.
"""

import argparse
import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Modest imports only: what a child is said to take in memory begins with what this program takes.
import agree
import long_log
from whole_studies import STUDIES

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TABLE = REPOSITORY / "docs/performance.csv"
# The first three go through power logs.
PEERS = ["pandas", "duckdb", "polars", "scikit-learn"]
# Names of the piece that goes through a power log, by whether that is in the order of its times.
LOGS = {True: "windows over a log", False: "windows over an unsorted log"}
# The largest log of each: pandas holds one as a whole, and duckdb is to show how a peer goes on.
LARGEST = {"pandas": 100, "polars": 100}
# Runs of each side; of large logs fewer.
RUNS = 7
# What takes minutes runs less often.
RUNS_OF_SCALE = {100: 3, 1000: 3}
RUNS_OF_MODELS = 3
# Repetitions within a run, of which the first only warms up.
REPEAT = 10
FIELDS = ["piece", "peer", "scale", "megabytes", "runs"] + [
    f"{side}_{what}" for side in ("ours", "theirs") for what in ("median_s", "least_s", "greatest_s", "peak_mb")
]
FIELDS += ["ratio_median", "ratio_least", "ratio_greatest"]

JOBS = [
    ("conv2d", "conv2d/00_conv2d-raw.csv", "conv2d/00_conv2d-slurm-log.out"),
    ("conv2d", "conv2d/02_conv2d-raw.csv", "conv2d/02_conv2d-slurm-log.out"),
    ("linear", "linear/00_linear-raw.csv", "linear/00_linear-slurm-log.out"),
    ("linear", "linear/02_linear-raw.csv", "linear/02_linear-slurm-log.out"),
    ("maxpool2d", "maxpool2d/00_maxpool2d-raw.csv", "maxpool2d/00_maxpool2d-slurm-log.out"),
    ("maxpool2d", "maxpool2d/02_maxpool2d-raw.csv", "maxpool2d/02_maxpool2d-slurm-log.out"),
    ("relu", "activations/01_relu_raw.csv", "activations/01_relu-slurm-log.out"),
    ("relu", "activations/00_relu-raw.csv", "activations/00_activations-slurm-log.out"),
    ("sigmoid", "activations/00_sigmoid-raw.csv", "activations/00_activations-slurm-log.out"),
    ("tanh", "activations/00_tanh-raw.csv", "activations/00_activations-slurm-log.out"),
    ("softmax", "activations/00_softmax-raw.csv", "activations/00_activations-slurm-log.out"),
]


class Run:
    """A run of a program: its standard output, its time as a process in s and its peak memory in MB."""

    def __init__(self, command):
        environment = {**os.environ, "TZ": "UTC", "PYTHONHASHSEED": "0"}
        begin = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, env=environment)
        self.output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        self.seconds = time.perf_counter() - begin
        self.peak = usage.ru_maxrss / 1024
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"failed with {child.returncode}: {' '.join(map(str, command[:4]))} …")

    def piece(self):
        """The program's own time, the first of several repetitions left out, and what it found."""
        told = json.loads(self.output)
        seconds = told["seconds"]
        return statistics.median(seconds[1:] or seconds), told["result"]


class Table:
    def __init__(self, runs):
        self.runs = runs
        self.rows = []

    def row(self, piece, peer, scale, size, ours, theirs):
        """Adds a row; `ours` and `theirs` are lists of seconds and peak memory."""
        ratios = [other / one for (one, _), (other, _) in zip(ours, theirs)]
        cells = [piece, peer, scale, f"{size / 1e6:.3f}", len(ours)]
        for side in (ours, theirs):
            seconds = [one for one, _ in side]
            cells += [f"{of(seconds):.6f}" for of in (statistics.median, min, max)]
            cells += [f"{max(peak for _, peak in side):.0f}"]
        cells += [f"{of(ratios):.3f}" for of in (statistics.median, min, max)]
        self.rows.append(dict(zip(FIELDS, cells)))
        print("  ".join(str(cell) for cell in cells), flush=True)

    def piece(self, piece, ours, peers, files, scale=1, runs=RUNS, repeat=REPEAT, tolerance=1e-9):
        """Runs our program and its peers in turn."""
        runs = min(self.runs, runs)
        size = sum(Path(file).stat().st_size for file in files)
        measured = {name: [] for name in ["ours", *peers]}
        for _ in range(runs):
            found = {}
            for name, command in [("ours", ours), *peers.items()]:
                run = Run(command(repeat))
                seconds, found[name] = run.piece()
                measured[name].append((seconds, run.peak))
            for name in peers:
                agree.same(found["ours"], found[name], tolerance, f"{piece}, {name}")
        for name in peers:
            self.row(piece, name, scale, size, measured["ours"], measured[name])

    def study(self, study, files, ours, theirs, prepare, check):
        """The same of whole processes."""
        measured = ([], [])
        size = sum(path.stat().st_size for path in files)
        for _ in range(min(self.runs, study.runs)):
            prepare()
            for command, runs in zip((ours, theirs), measured):
                run = Run(command)
                runs.append((run.seconds, run.peak))
            check(json.loads(run.output))
        self.row(f"whole study {study.shown}", "pandas", 1, size, *measured)


def programs():
    """Paths of `xtask` and `pieces`, built as `cargo xtask` builds."""
    command = ["cargo", "build", "--package", "xtask", "--bins", "--bench", "pieces", "--message-format", "json"]
    built = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout
    found = {}
    for line in built.splitlines():
        message = json.loads(line)
        if message.get("executable"):
            found[message["target"]["name"]] = message["executable"]
    return found["xtask"], found["pieces"]


def workspace(scratch):
    """A workspace without results: what the papers need, and which raw files there are."""
    root = scratch / "root"
    shutil.copytree(REPOSITORY / "paper", root / "paper")
    for pins in REPOSITORY.glob("raw/*/sources.toml"):
        (root / "raw" / pins.parent.name).mkdir(parents=True)
        shutil.copy(pins, root / "raw" / pins.parent.name)
    return root


def whole_study(table, study, xtask, mirror, scratch):
    root, files, out = scratch / "root", scratch / "raw" / study.name, scratch / "theirs"
    root = root if root.exists() else workspace(scratch)
    Run([xtask, "--root", root, "--quiet", "fetch", study.name, "--mirror", mirror])

    def prepare():
        # Moved aside, not removed: ext4 is slow to make files for some seconds after many were removed.
        aside = Path(tempfile.mkdtemp(dir=scratch))
        for made in [root / "derived", root / "figures", root / ".joulebook", out]:
            if made.exists():
                made.rename(aside / made.name)

    def build(stages):
        command = [xtask, "--root", root, "--quiet", "build-paper", *(f"{study.name}/{stage}" for stage in stages)]
        return [*command, "--campaign", "published", "--no-disk-check"]

    if not files.exists():
        shutil.copytree(mirror / study.name, files)
        files.chmod(0o755)
    if study.reconstructed:
        # Logs that were never released: the peer is given what our stages reconstruct in each run.
        prepare()
        Run(build(["reconstruct"]))
        shutil.copytree(root / "derived" / study.name / "reconstructed", files / "reconstructed")
    table.study(
        study,
        [path for path in files.rglob("*") if path.is_file()],
        build(study.stages),
        [sys.executable, HERE / "whole_study.py", study.peer, files, out],
        prepare,
        lambda found: agree.study(root, study.name, out, found, study.left_out, study.unstable, study.tolerance),
    )


def long_logs(table, pieces, campaign, scratch, scales):
    """Window integration over logs of all sizes, in the order of their times and not."""
    for scale in scales:
        for in_order in (True, False):
            folder = scratch / "log"
            long_log.write(campaign, scale, in_order, folder)
            files = [folder / "log.csv", folder / "windows.csv"]
            peers = [peer for peer in PEERS[:3] if scale <= LARGEST.get(peer, scale)]
            table.piece(
                LOGS[in_order],
                lambda repeat: [pieces, "windows", "--repeat", repeat, *files],
                {peer: peer_command("windows.py", peer, files) for peer in peers},
                files,
                scale=scale,
                runs=RUNS_OF_SCALE.get(scale, RUNS),
                repeat={1: REPEAT, 10: 3}.get(scale, 1),
            )
            shutil.rmtree(folder)


def peer_command(script, peer, files):
    return lambda repeat: [sys.executable, HERE / script, *peer.split(), "--repeat", repeat, *files]


def merged(rows):
    """The rows of the table on file, with those that were measured anew in their place."""
    before = []
    if TABLE.exists():
        with open(TABLE, newline="") as file:
            before = list(csv.DictReader(file))
    by_key = {(row["piece"], int(row["scale"]), PEERS.index(row["peer"])): row for row in [*before, *rows]}
    pieces = [piece for piece, _, _ in by_key]
    return [by_key[key] for key in sorted(by_key, key=lambda key: (pieces.index(key[0]), *key[1:]))]


def write(rows):
    with open(TABLE, "w", newline="") as file:
        out = csv.DictWriter(file, FIELDS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    page = REPOSITORY / "docs/performance.md"
    before, rest = page.read_text().split("<!-- table -->\n")[0::2]
    lines = ["| piece | peer | MB | ours, s | theirs, s | theirs / ours | peak, MB |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        number = lambda name: float(row[name])
        ratio = "{:.2g} ({:.2g} to {:.2g})".format(*(number(f"ratio_{of}") for of in ("median", "least", "greatest")))
        times = [f"{number(side + '_median_s'):.3g}" for side in ("ours", "theirs")]
        peak = f"{row['ours_peak_mb']}, {row['theirs_peak_mb']}"
        size = number("megabytes")
        cells = [row["piece"], row["peer"], f"{size:.0f}" if size >= 10 else f"{size:.2g}", *times, ratio, peak]
        lines.append(f"| {' | '.join(cells)} |")
    page.write_text("<!-- table -->\n".join([before, "\n".join(lines) + "\n", rest]))


def exponent(rows, piece):
    """The slope of log time against log size, from scale 10 on."""
    of_piece = [row for row in rows if row["piece"] == piece and int(row["scale"]) >= 10]
    times = {int(row["scale"]): float(row["ours_median_s"]) for row in of_piece}
    if len(times) < 2:
        return None
    x, y = [math.log(scale) for scale in times], [math.log(seconds) for seconds in times.values()]
    return statistics.linear_regression(x, y).slope


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scratch", type=Path, required=True, help="a folder with 12 GB; removed afterwards")
    options.add_argument("--runs", type=int, default=RUNS, help="of each program, of large logs fewer (7)")
    options.add_argument("--scales", default="1,10,100,1000", help="of the power log (1,10,100,1000)")
    options.add_argument("--only", default="", help="pieces whose names begin so; the rows of others stay")
    chosen = options.parse_args()
    mirror = os.environ.get("JOULEBOOK_MIRROR")
    if not mirror:
        sys.exit("set JOULEBOOK_MIRROR to a folder that holds <study>/<path>: the published raw files are needed")
    mirror, scratch = Path(mirror).resolve(), chosen.scratch.resolve()
    if scratch.exists():
        sys.exit(f"{scratch} is there already; name a folder that may be made and removed")
    xtask, pieces = programs()
    scratch.mkdir()
    is_chosen = lambda *names: any(name.startswith(chosen.only) for name in names)
    if is_chosen("many", "windows"):
        Run([xtask, "--quiet", "simulate", "vision-inference", "aipowermeter", "--out", scratch])
    simulated = {study: scratch / study / "simulated" for study in ("vision-inference", "aipowermeter")}
    table = Table(chosen.runs)

    def of(piece, files, script, name, peer="pandas", **how):
        ours = lambda repeat: [pieces, piece, "--repeat", repeat, *files]
        folders = [path for folder in files if Path(folder).is_dir() for path in Path(folder).iterdir()]
        real = [Path(file) for file in files if Path(file).is_file()] + folders
        return lambda: table.piece(name, ours, {peer: peer_command(script, "", files)}, real, **how)

    data = mirror / "module-energy/data"
    jobs = [part for name, runs, log in JOBS for part in (data / runs, data / log, name)]
    sets = scratch / "sets"
    if is_chosen("models"):
        sets.mkdir()
        Run([sys.executable, HERE / "data_sets.py", sets, *jobs])
    recordings = sorted((mirror / "aipowermeter").rglob("power_metrics.json"))
    many = sorted(simulated["aipowermeter"].rglob("power_metrics.json"))
    frames = sorted((mirror / "tinyml-mcu/data").glob("*.pkl"))
    work = {
        "pickles": of("pickles", frames, "pickles.py", "pickled frames"),
        "trackers": of("trackers", jobs, "trackers.py", "trackers and job logs"),
        "power": of("power-metrics", recordings, "power_metrics.py", "recordings"),
        "many": of("power-metrics", many, "power_metrics.py", "simulated recordings"),
        "models": of(
            "models",
            [HERE / "models.json", sets],
            "models.py",
            "energy models",
            peer="scikit-learn",
            runs=RUNS_OF_MODELS,
            repeat=1,
            tolerance=agree.OF_MODELS,
        ),
        **{
            f"whole study {study.shown}": lambda study=study: whole_study(table, study, xtask, mirror, scratch)
            for study in STUDIES
        },
        "windows": lambda: long_logs(
            table, pieces, simulated["vision-inference"], scratch, [int(scale) for scale in chosen.scales.split(",")]
        ),
    }
    try:
        for name, measure in work.items():
            if is_chosen(name):
                measure()
    finally:
        shutil.rmtree(scratch)
    rows = merged(table.rows)
    write(rows)
    for piece in LOGS.values():
        found = exponent(rows, piece)
        if found is not None:
            print(f"{piece}: time grows as the size to the power of {found:.3f}")


if __name__ == "__main__":
    main()
