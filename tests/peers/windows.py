#!/usr/bin/env python3
"""A power log, summed over windows: windows.py pandas|duckdb|polars [--repeat N] LOG WINDOWS

pandas as in the notebooks of vision-inference: the log is read, times that cannot be read are dropped, and each window
is a slice of it. duckdb and polars as one would write it in them.
"""

import math
import sys

from piece import run

# The clock of the windows is an hour ahead of UTC; a window begins and ends with a whole second, both inclusive.
AHEAD_S = 3600
# Nominal distance of samples.
SPACING_S = 3


def with_pandas(log, windows):
    import pandas as pd

    power = pd.read_csv(log, usecols=["last_changed", "power_consumption"])
    power["last_changed"] = pd.to_datetime(power["last_changed"], utc=True, errors="coerce", format="ISO8601")
    power = power.dropna(subset=["last_changed"]).set_index("last_changed").sort_index()
    windows = pd.read_csv(windows, parse_dates=["start_time", "end_time"])
    ahead = pd.Timedelta(seconds=AHEAD_S)
    starts = (windows["start_time"].dt.floor("s") - ahead).dt.tz_localize("UTC")
    ends = (windows["end_time"].dt.floor("s") - ahead).dt.tz_localize("UTC")
    samples, energies = [], []
    for start, end in zip(starts, ends):
        of_window = power.loc[start:end, "power_consumption"]
        samples.append(len(of_window))
        energies.append(SPACING_S * of_window.sum())
    return len(power), samples, energies


def with_duckdb(log, windows):
    import duckdb

    # The windows do not overlap: each sample belongs to the last one that has begun, or to none.
    found = duckdb.connect().execute(
        f"""
        with power as (
            select try_cast(last_changed as timestamp) as moment, power_consumption as watt
            from read_csv(?, header = true, types = {{'last_changed': 'VARCHAR', 'power_consumption': 'DOUBLE'}})
            where moment is not null
        ), windows as (
            select row_number() over () as place,
                date_trunc('second', start_time) - interval {AHEAD_S} second as begins,
                date_trunc('second', end_time) - interval {AHEAD_S} second as ends
            from read_csv(?, header = true, types = {{'start_time': 'TIMESTAMP', 'end_time': 'TIMESTAMP'}})
        )
        select count(*) filter (moment <= ends), {SPACING_S} * sum(watt) filter (moment <= ends), count(*)
        from power asof left join windows on moment >= begins
        group by place
        order by place nulls last
        """,
        [log, windows],
    ).fetchall()
    rows = sum(row[2] for row in found)
    found = [row for row in found if row[0]]
    return rows, [row[0] for row in found], [row[1] for row in found]


def with_polars(log, windows):
    import polars as pl

    power = (
        pl.scan_csv(log, schema_overrides={"last_changed": pl.String})
        .select(
            at=pl.col("last_changed").str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us", strict=False),
            watt=pl.col("power_consumption"),
        )
        .drop_nulls("at")
        .sort("at")
    )
    whole = lambda name: (pl.col(name).dt.truncate("1s") - pl.duration(seconds=AHEAD_S)).dt.replace_time_zone("UTC")
    windows = pl.scan_csv(windows, try_parse_dates=True).select(begins=whole("start_time"), ends=whole("end_time"))
    inside = pl.col("at") <= pl.col("ends")
    found = (
        power.join_asof(windows, left_on="at", right_on="begins")
        .group_by("begins")
        .agg(
            samples=inside.sum(),
            energy=SPACING_S * pl.col("watt").filter(inside).sum(),
            rows=pl.len(),
        )
        .sort("begins", nulls_last=True)
        .collect(engine="streaming")
    )
    rows = found["rows"].sum()
    found = found.filter(pl.col("samples") > 0)
    return rows, found["samples"].to_list(), found["energy"].to_list()


def told(found):
    rows, samples, energies = found
    step = max(1, -(-len(energies) // 1000))
    return {
        "rows": rows,
        "samples": sum(samples),
        "energy": math.fsum(energies),
        "energies": [float(energy) for energy in energies[::step]],
    }


if __name__ == "__main__":
    work = {"pandas": with_pandas, "duckdb": with_duckdb, "polars": with_polars}[sys.argv.pop(1)]
    # Imports are part of no measurement.
    __import__(work.__name__.removeprefix("with_"))
    run(work, told)
