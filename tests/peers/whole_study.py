#!/usr/bin/env python3
"""A study from its raw files to its tables and figures: whole_study.py STUDY RAW OUT

STUDY is a file of the folder `studies`. OUT gets each figure as SVG and PNG with the values that it shows as CSV, and
each table as CSV. Prints what was found, by the names of our records.
"""

import importlib
import json
import sys
from pathlib import Path

from studies.notebook import Notebook

if __name__ == "__main__":
    study, raw, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    notebook = Notebook(out)
    importlib.import_module(f"studies.{study}").make(raw, notebook)
    print(json.dumps({"tables": notebook.tables, "drawings": notebook.drawings}))
