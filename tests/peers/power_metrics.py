#!/usr/bin/env python3
"""Recordings of AIPowerMeter: power_metrics.py [--repeat N] FILE...

The energy of the processor's package as the compile step has it: each line is a record, or says that the recorder
stopped.
"""

import json
from datetime import datetime

import numpy as np
import pandas as pd
from piece import run


def energy(path):
    rows, segment = [], 0
    with open(path) as file:
        for line in file:
            record = json.loads(line)
            if not isinstance(record, dict):
                segment += 1
                continue
            metrics = record["metrics"]
            if metrics.get("cpu"):
                time = datetime.fromisoformat(record["date"]).timestamp()
                rows.append((segment, time, metrics["cpu"]["intel_power"]))
    frame = pd.DataFrame(rows, columns=["segment", "time", "power"])
    time, power = frame["time"].to_numpy(), frame["power"].to_numpy()
    areas = np.diff(time) * (power[1:] + power[:-1]) / 2
    inside = frame["segment"].diff().to_numpy()[1:] == 0
    return {
        "records": len(frame),
        "across": areas.sum(),
        "within": areas[inside].sum(),
        "compiled": np.median(areas) * len(areas) if len(areas) else 0.0,
    }


def energies(*paths):
    return [energy(path) for path in paths]


def told(energies):
    return {name: [float(of[name]) for of in energies] for name in ["records", "across", "within", "compiled"]}


if __name__ == "__main__":
    run(energies, told)
