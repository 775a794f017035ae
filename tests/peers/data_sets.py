#!/usr/bin/env python3
"""Writes the data sets that models.py and its peer fit: data_sets.py FOLDER (CSV LOG NAME)..."""

import sys
from pathlib import Path

from trackers import data_sets

if __name__ == "__main__":
    folder, *jobs = sys.argv[1:]
    for name, of in data_sets(*jobs).items():
        of["means"].to_csv(Path(folder) / f"{name}.csv", index=False)
