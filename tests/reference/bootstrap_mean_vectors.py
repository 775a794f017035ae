#!/usr/bin/env python3
"""Reference vectors for stats::bootstrap_mean: the whiskers of seaborn's bars.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 pandas==3.1.1 seaborn==0.13.2
    venv/bin/python tests/reference/bootstrap_mean_vectors.py   # writes bootstrap_mean_vectors.json beside this file

Seaborn 0.12, current when the study module-energy was made, computes whiskers in the same way.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn
from seaborn._statistics import EstimateAggregator

CASES = [
    # values, seed, resamples, level
    ([1.0, 2.0, 4.0], 0, 1000, 0.95),
    ([0.06, 0.06, 0.06, 0.06], 3, 1000, 0.95),
    ([91.01, 90.86, 90.52, 91.04, 90.86, 90.9, 91.02, 91.01], 2023, 1000, 0.95),
    ([7.85, 7.36, 13.2, 25.43, 9.92, 19.23, 7.74, 15.73, 7.42, 7.54, 9.5], 2**40 + 17, 1000, 0.95),
    ([-3.5, 2.25, 1e6, 0.125, -7e-5, 12.0], 7, 333, 0.8),
    ([5.5], 1, 10, 0.95),
]


def interval(values, seed, resamples, level):
    aggregator = EstimateAggregator("mean", ("ci", 100 * level), n_boot=resamples, seed=seed)
    return aggregator(pd.DataFrame({"x": values}), "x")


cases = []
for values, seed, resamples, level in CASES:
    found = interval(values, seed, resamples, level)
    lower, upper = float(found["xmin"]), float(found["xmax"])
    if len(values) == 1:  # Of one value seaborn draws no whisker.
        assert np.isnan(lower) and np.isnan(upper)
        continue
    case = {"values": values, "seed": seed, "resamples": resamples, "level": level, "lower": lower, "upper": upper}
    cases.append(case)
versions = {"numpy": np.__version__, "pandas": pd.__version__, "seaborn": seaborn.__version__}
text = json.dumps({"made with": versions, "cases": cases}, indent=1)
Path(__file__).with_suffix(".json").write_text(text + "\n")
