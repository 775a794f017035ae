"""How soon a change of a sentence, or of what is set of a figure, is in the PDF: `build-paper --watch` in a scratch
workspace, as an author has it open.

    cargo build --package xtask
    JOULEBOOK_MIRROR=/path/to/raw python3 tests/benches/watch.py [--times 9] [STUDY ...]

Prints a row of docs/performance.md for each study. Without a mirror of the raw files the studies are simulated.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STUDIES = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter", "compendium"]
# The beginning of a paragraph of prose.
PARAGRAPH = re.compile(r"\n\n([A-Z][a-z]+ [a-z]+ [^\n]{30,})")
SIZE = re.compile(r"^(?:size|panel) = \[(\d+), |^width = (\d+)", re.MULTILINE)
# Until the papers have been typeset in the background, which is done when the program starts.
BEGIN = 12
# Between two changes: the last one is done with, and the report page, too.
REST = 0.6
LONGEST = 120


class Workspace:
    """A scratch copy of what builds read."""

    def __init__(self, folder):
        self.root = Path(folder)
        shutil.copytree(REPOSITORY / "paper", self.root / "paper")
        for pins in (REPOSITORY / "raw").glob("*/sources.toml"):
            study = self.root / "raw" / pins.parent.name
            study.mkdir(parents=True)
            shutil.copy(pins, study)
        (self.root / "figures").mkdir()

    def command(self, *arguments):
        return [REPOSITORY / "target/debug/xtask", "build-paper", "--root", self.root, *arguments]


def watch(workspace, study):
    """Starts to watch a study; returns when that has begun."""
    command = workspace.command(study, "--watch")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("watching"):
            # Read on, so that it never waits for a reader.
            subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
            time.sleep(BEGIN)
            return process
    raise SystemExit(f"{study} cannot be watched")


def until_new(pdf, change):
    """Makes a change; the seconds until another file is in the place of the PDF."""
    before = pdf.stat().st_ino
    begin = time.perf_counter()
    change()
    while time.perf_counter() - begin < LONGEST:
        try:
            if pdf.stat().st_ino != before:
                return time.perf_counter() - begin
        except FileNotFoundError:
            pass
        time.sleep(0.001)
    raise SystemExit(f"{pdf} was not made again within {LONGEST} s")


def save(file, text):
    """As an editor saves: beside the file, and renamed."""
    beside = file.with_name(f".{file.name}.tmp")
    beside.write_text(text)
    beside.rename(file)


def sentences(file, times):
    text = file.read_text()
    at = PARAGRAPH.search(text).start(1)
    for time_ in range(times):
        yield lambda: save(file, f"{text[:at]}Changed for the {time_ + 1}. time. {text[at:]}")


def sizes(file, times):
    """Another figure each time, each a little wider than it is."""
    text = file.read_text()
    found = list(SIZE.finditer(text))
    for time_ in range(times):
        match = found[time_ % len(found)]
        group = 1 if match.group(1) else 2
        wider = int(match.group(group)) + 1 + time_ // len(found)
        changed = text[: match.start(group)] + str(wider) + text[match.end(group) :]
        yield lambda: save(file, changed)


def told(seconds):
    milliseconds = sorted(round(1000 * second) for second in seconds)
    return f"{round(statistics.median(milliseconds))} ({milliseconds[0]} to {milliseconds[-1]})"


def measure(workspace, study, times):
    pdf = workspace.root / f"derived/papers/{study}.pdf"
    paper = workspace.root / "paper" / study
    process = watch(workspace, study)
    try:
        row = [study]
        for changes in [sentences(paper / "paper.typ", times), sizes(paper / "figures.toml", times)]:
            taken = []
            for change in changes:
                taken.append(until_new(pdf, change))
                time.sleep(REST)
            row.append(told(taken))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    print("|", " | ".join(row), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", metavar="STUDY", nargs="*", default=STUDIES)
    parser.add_argument("--times", type=int, default=9)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="joulebook-watch-") as folder:
        workspace = Workspace(folder)
        subprocess.run(workspace.command("--quiet"), check=False, stdout=subprocess.DEVNULL)
        print("| paper | a sentence, ms | a figure, ms |")
        print("| --- | ---: | ---: |", flush=True)
        for study in arguments.studies:
            measure(workspace, study, arguments.times)


if __name__ == "__main__":
    main()
