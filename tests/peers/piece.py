"""Runs a piece so many times and prints how long it took, and what it found: as tests/benches/pieces."""

import json
import sys
import time


def run(work, told):
    """Calls `work` with the arguments of the command line, timed, and `told` with what came out, off the clock."""
    arguments = sys.argv[1:]
    repeat = 1
    if arguments[:1] == ["--repeat"]:
        repeat = int(arguments[1])
        arguments = arguments[2:]
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        done = work(*arguments)
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds, "result": told(done)}))
