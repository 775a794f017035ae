"""Writes small pandas pickles and, beside them, what they hold: test vectors for `rawlog::pickle`.

Run once per pandas version, each in a virtual environment of its own:

    python make_pickles.py OUTPUT_DIRECTORY

It writes `pandas-<version>-p<protocol>-<case>.pkl` for every case and protocol that this version can
write, and one `pandas-<version>.json` with the expected content, taken from the frame in memory and
not from the pickle. All data are synthetic. The files in tests/reference/pickles were written with

    Python 2.7.18  pandas 0.24.2  numpy 1.16.6     Python 3.11.7  pandas 1.5.3  numpy 1.23.5
    Python 3.8.18  pandas 0.25.3  numpy 1.19.0     Python 3.11.7  pandas 2.0.3  numpy 1.26.4
    Python 3.8.18  pandas 1.0.5   numpy 1.19.0     Python 3.11.7  pandas 2.2.3  numpy 2.2.6
    Python 3.9.18  pandas 1.1.5   numpy 1.19.5     Python 3.13.0  pandas 3.0.3  numpy 2.5.5
    Python 3.9.18  pandas 1.3.5   numpy 1.23.5

Cells are written down as tokens: float `f` + 16 hex digits of the IEEE-754 bits, NaN `n`, integer `i`,
bool `b0`/`b1`, None `N`, pandas.NA `A`, timestamp `t` + nanoseconds since 1970 UTC, text `s` + text,
class `c` + dotted name, dict, list, tuple, set `D`, `L`, `T`, `S` + number of entries, array
`a` + dtype + `[` + comma separated values + `]`.
"""
from __future__ import print_function, unicode_literals

import datetime
import decimal
import io
import json
import os
import pickle
import struct
import sys

import numpy as np
import pandas as pd

VERSION = tuple(int(part) for part in pd.__version__.split(".")[:2])
PYTHON2 = sys.version_info[0] == 2
TEXT = type("")
INTEGER = (int, np.integer) if not PYTHON2 else (int, long, np.integer)  # noqa: F821
NAT = -(2 ** 63)

# Every case is written for these; the others get the cases that read differently there.
FULL = {(0, 25), (1, 1), (1, 5), (2, 2)}
ALWAYS = {"mixed", "category", "zoned", "nullable", "units", "text-dtype"}
PROTOCOLS = [p for p in (2, 3, 4, 5) if p <= pickle.HIGHEST_PROTOCOL]


def token(value):
    """One cell as text; see the module's documentation."""
    if value is None:
        return "N"
    if hasattr(pd, "NA") and value is pd.NA:
        return "A"
    if value is pd.NaT:
        return "t{}".format(NAT)
    if isinstance(value, type):
        return "c{}.{}".format(value.__module__, value.__name__)
    if isinstance(value, (bool, np.bool_)):
        return "b1" if value else "b0"
    if isinstance(value, INTEGER):
        return "i{}".format(int(value))
    if isinstance(value, (float, np.floating)):
        if value != value:
            return "n"
        return "f" + "".join("{:02x}".format(b) for b in bytearray(struct.pack(str(">d"), float(value))))
    if isinstance(value, (TEXT, str)):
        return "s" + value
    if isinstance(value, pd.Timestamp):
        if hasattr(value, "as_unit"):
            value = value.as_unit("ns")
        return "t{}".format(value.value)
    for kind, letter in ((dict, "D"), (list, "L"), (tuple, "T"), (set, "S")):
        if isinstance(value, kind):
            return "{}{}".format(letter, len(value))
    if isinstance(value, np.ndarray):
        return "a{}[{}]".format(value.dtype.str, ",".join(str(v) for v in value.tolist()))
    raise TypeError("no token for {!r}".format(type(value)))


def column(name, series):
    cells = [token(value) for value in series.astype(object)]
    if VERSION < (1, 0) and TEXT(series.dtype).startswith(("Int", "UInt")):
        # The mask of a nullable integer was shown as NaN before there was pandas.NA.
        cells = ["A" if cell == "n" else cell for cell in cells]
    return {
        "name": TEXT(name),
        "dtype": TEXT(series.dtype),
        "nulls": int(series.isna().sum()),
        "cells": cells,
    }


def level(name, values):
    return {"name": name, "cells": [token(value) for value in values.astype(object)]}


def expected(frame):
    index = frame.index
    if isinstance(index, pd.MultiIndex):
        levels = [level(n, index.get_level_values(i)) for i, n in enumerate(index.names)]
    else:
        levels = [level(index.name, index)]
    return {
        "rows": len(frame),
        "index": {"kind": type(index).__name__, "levels": levels},
        "columns": [column(frame.columns[i], frame.iloc[:, i]) for i in range(frame.shape[1])],
    }


def timestamps(*texts):
    return np.array(texts, dtype="datetime64[ns]")


def objects(*values):
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        cells[i] = value
    return cells


def mixed():
    """Every plain dtype and every kind of cell that an object column may hold."""
    return pd.DataFrame({
        "energy_uJ": np.array([1.5, float("nan"), -0.0, 5e-324, float("inf")]),
        "power_mW": np.array([0.1, 2.5, float("nan"), 3e38, -1.0], dtype=np.float32),
        "run": np.array([1, -2, 2 ** 63 - 1, -2 ** 63, 0], dtype=np.int64),
        "layer": np.array([1, -2, 2 ** 31 - 1, -2 ** 31, 0], dtype=np.int32),
        "stride": np.array([1, -2, 2 ** 15 - 1, -2 ** 15, 0], dtype=np.int16),
        "bits": np.array([8, -8, 127, -128, 0], dtype=np.int8),
        "port": np.array([0, 1, 2, 254, 255], dtype=np.uint8),
        "channel": np.array([0, 1, 2, 65534, 65535], dtype=np.uint16),
        "tick": np.array([0, 1, 2, 3, 2 ** 32 - 1], dtype=np.uint32),
        "macs": np.array([0, 1, 2, 3, 2 ** 63 - 1], dtype=np.uint64),
        "fpu": np.array([True, False, True, True, False]),
        "time": timestamps("2020-07-19T17:54:47.858170", "NaT", "1969-12-31T23:59:59.999999999",
                           "1970-01-01", "2262-04-11"),
        "board": objects("F469NI", "F469NI", "L496ZG", "", "\u00b5C \u2013 \U0001f50b"),
        "note": objects("ok", None, float("nan"), "ok", "a,\"b\"\nc"),
        "number": objects(7, 2 ** 40, -2 ** 63, 1.25, float("nan")),
        "scalar": objects(np.float64(1.5), np.int64(3), np.bool_(True), np.float32(0.5), np.int8(-1)),
        "flag": objects(True, False, None, True, False),
        "holder": objects({}, {"a": 1}, [1, 2], (), {3, 4}),
        "type": objects(np.float32, np.float32, np.int8, np.float64, np.int32),
        "shape": objects(np.array([1, 32, 32, 3], dtype=np.int32), np.array([1, 10], dtype=np.int32),
                         np.array([], dtype=np.int64), np.array([0.5, 2.0]), np.array([-1], dtype=np.int8)),
    }, columns=["energy_uJ", "board", "power_mW", "run", "layer", "stride", "bits", "port", "channel", "tick",
                "macs", "fpu", "time", "note", "number", "scalar", "flag", "holder", "type", "shape"])


def with_index(index):
    return pd.DataFrame({"energy_uJ": np.arange(len(index)) / 4.0}, index=index)


def multi():
    index = pd.MultiIndex.from_arrays(
        [objects("F4", "F4", "L4", None), np.array([1, 2, 2, 1])], names=["board", None])
    return with_index(index)


def category():
    frame = pd.DataFrame({"energy_uJ": [1.0, 2.0, 3.0, 4.0]})
    frame["board"] = pd.Categorical(objects("F7", "L4", None, "F7"), categories=["L4", "F4", "F7"], ordered=True)
    frame["bits"] = pd.Categorical([8, 16, 8, 32])
    return frame


def zoned():
    times = pd.DatetimeIndex(timestamps("2021-03-28T00:59:59", "NaT", "2021-07-01T12:00:00.000000001"))
    frame = pd.DataFrame({"energy_uJ": [1.0, 2.0, 3.0]})
    frame["utc"] = times.tz_localize("UTC")
    frame["zurich"] = times.tz_localize("UTC").tz_convert("Europe/Zurich")
    frame["stdlib"] = times.tz_localize("UTC").tz_convert(datetime.timezone.utc)
    frame["utc2"] = times.tz_localize("UTC")
    return frame


def nullable():
    frame = pd.DataFrame({"energy_uJ": [1.0, 2.0, 3.0]})
    frame["runs"] = pd.array([1, None, 2 ** 40], dtype="Int64")
    frame["bits"] = pd.array([8, 16, None], dtype="UInt8")
    if VERSION >= (1, 0):
        frame["fpu"] = pd.array([True, None, False], dtype="boolean")
        frame["board"] = pd.array(["F4", None, "L4"], dtype="string")
    if VERSION >= (1, 2):
        frame["power"] = pd.array([0.5, None, 2.0], dtype="Float64")
    return frame


def units():
    frame = pd.DataFrame({"energy_uJ": [1.0, 2.0]})
    frame["seconds"] = np.array(["2021-03-28T00:59:59", "NaT"], dtype="datetime64[s]")
    frame["micro"] = np.array(["2021-03-28T00:59:59.123456", "1960-01-01"], dtype="datetime64[us]")
    return frame


def text_dtype():
    """The default text columns of pandas 3."""
    return pd.DataFrame({"board": ["F4", None, "L4"], "energy_uJ": [1.0, 2.0, 3.0]})


def scattered():
    """A block whose columns lie at 0, 2, 5: placed by an array, for want of a slice."""
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], "c": [3.0, 4.0], "d": [True, False], "e": [False, False],
                          "f": [5.0, 6.0]}, columns=["a", "b", "c", "d", "e", "f"])
    return frame.copy()


def reordered():
    """Columns picked back to front, so that placements run downwards."""
    return scattered()[["f", "d", "c", "a", "b"]]


def row_major():
    """A block in Fortran order, under columns that have numbers for names."""
    return pd.DataFrame(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))


def big_endian():
    return pd.DataFrame({"energy_uJ": np.array([1.5, 2.5], dtype=">f8")})


def timestamp_cells():
    return pd.DataFrame({"time": objects(pd.Timestamp("2020-01-01"), "x")})


def two_headers():
    return pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))


READABLE = [
    ("mixed", mixed),
    ("category", category),
    ("index-int", lambda: with_index(pd.Index(np.array([3, 3, -1, 0])))),
    ("index-float", lambda: with_index(pd.Index(np.array([0.5, float("nan"), 2.0])))),
    ("index-text", lambda: with_index(pd.Index(objects("a", "b", "a"), name="label"))),
    ("index-datetime", lambda: with_index(pd.date_range("2020-07-18", periods=3, freq="D", name="day"))),
    ("index-category", lambda: with_index(pd.CategoricalIndex(objects("F4", "L4", "F4")))),
    ("index-range", lambda: with_index(pd.RangeIndex(10, 4, -2, name="step"))),
    ("index-multi", multi),
    ("scattered", scattered),
    ("reordered", reordered),
    ("row-major", row_major),
    ("big-endian", big_endian),
    ("no-rows", lambda: mixed().iloc[:0]),
    ("no-columns", lambda: pd.DataFrame(index=pd.RangeIndex(3))),
    ("empty", lambda: pd.DataFrame()),
]
if not PYTHON2:
    READABLE += [("zoned", zoned), ("nullable", nullable)]
if VERSION >= (2, 0):
    READABLE.append(("units", units))
if VERSION >= (3, 0):
    READABLE.append(("text-dtype", text_dtype))

# What the reader must refuse, with a word of the feature's name that the error has to contain.
UNREADABLE = [
    ("timedelta", "timedelta64", lambda: pd.DataFrame({"x": np.array([1, 2], dtype="timedelta64[ns]")})),
    ("complex", "complex128", lambda: pd.DataFrame({"x": np.array([1j, 2.0])})),
    ("half", "float16", lambda: pd.DataFrame({"x": np.array([1.0, 2.0], dtype=np.float16)})),
    ("unsigned", "18446744073709551615", lambda: pd.DataFrame({"x": np.array([2 ** 64 - 1], dtype=np.uint64)})),
    ("huge-int", "64 bits", lambda: pd.DataFrame({"x": objects(2 ** 80, 1)})),
    ("period", "period", lambda: pd.DataFrame({"x": pd.period_range("2020-01", periods=2, freq="M")})),
    ("interval", "interval", lambda: pd.DataFrame({"x": pd.interval_range(0, 2)})),
    ("sparse", "sparse", lambda: pd.DataFrame({"x": pd.array([0.0, 1.0], dtype="Sparse[float64]")})),
    ("timestamp-cells", "Timestamp", timestamp_cells),
    ("date-cells", "datetime.date", lambda: pd.DataFrame({"x": objects(datetime.date(2020, 1, 1))})),
    ("decimal-cells", "decimal.Decimal", lambda: pd.DataFrame({"x": objects(decimal.Decimal("1.5"))})),
    ("two-headers", "MultiIndex", two_headers),
    ("series", "Series", lambda: pd.Series([1.0, 2.0])),
    ("index-only", "Index", lambda: pd.Index([1, 2])),
]


def main(directory):
    full = VERSION in FULL
    manifest = {"pandas": pd.__version__, "numpy": np.__version__, "python": sys.version.split()[0], "files": []}

    def write(case, protocol, value, entry):
        name = "pandas-{}-p{}-{}.pkl".format(pd.__version__, protocol, case)
        with open(os.path.join(directory, name), "wb") as out:
            pickle.dump(value, out, protocol)
        manifest["files"].append(dict(entry, file=name, protocol=protocol))

    for number, (case, make) in enumerate(READABLE):
        if full or case in ALWAYS:
            frame = make()
            # The plain case in every protocol; the others in one each, so that all get their share.
            for protocol in PROTOCOLS if case == "mixed" else [PROTOCOLS[number % len(PROTOCOLS)]]:
                write(case, protocol, frame, {"frame": expected(frame)})
    if full:
        for number, (case, feature, make) in enumerate(UNREADABLE):
            write("not-" + case, PROTOCOLS[number % len(PROTOCOLS)], make(), {"error": feature})

    path = os.path.join(directory, "pandas-{}.json".format(pd.__version__))
    with io.open(path, "w", encoding="utf-8", newline="\n") as out:
        files = manifest.pop("files")
        head = json.dumps(manifest, sort_keys=True)[:-1]
        lines = [json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in files]
        out.write(head + ', "files": [\n' + ",\n".join(lines) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
