"""Opens pickles with pandas and prints what they hold, as JSON, in the form of make_pickles.py.

    python read_pickles.py FILE...

Run by the test `pandas_opens_what_is_written` of pipeline/rawlog/tests/written_pickles.rs, with the
Python that JOULEBOOK_PYTHON names.
"""
import json
import pickletools
import sys

import pandas as pd
from make_pickles import expected


def check_frames(path):
    """Fails where the frames of the pickle do not end between two opcodes: its readers may not look."""
    with open(path, "rb") as file:
        data = file.read()
    starts, ends = set(), set()
    for opcode, argument, position in pickletools.genops(data):
        starts.add(position)
        if opcode.name == "FRAME":
            ends.add(position + 9 + argument)
    starts.add(len(data))
    assert ends and ends <= starts, path


def main(paths):
    for path in paths:
        check_frames(path)
    files = [expected(pd.read_pickle(path)) for path in paths]
    json.dump({"pandas": pd.__version__, "files": files}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
