"""Whether a program of ours and its peer found the same: stops with what differs first."""

import json
import math
import struct
import sys

# Relative, of numbers that both sides found.
TOLERANCE = 1e-9
# Of scores of models: in one fold features are so nearly dependent that the rounding of the solver decides.
OF_MODELS = 1e-4
# What only we tell of a regression: the logarithm of a p-value that is too small for a float, half a slope, and of a
# lasso how it ended.
OURS_ONLY = ["log10_pvalue", "slope_per_macc", "dual_gap", "decades of spread"]
# Of figures, what is compared: points, lines through points and bars. Fitted lines are regressions of their own, bands
# come from other random numbers.
DRAWN = ("scatter", "path", "bars")
# Our pictures of data that are not published have a strip above them, which tells so: at most so many pixels.
STRIP = 40


def same(ours, theirs, tolerance, where=""):
    """Stops unless both found the same, numbers to a relative tolerance."""
    if isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            sys.exit(f"{where}: {sorted(ours.keys() ^ theirs.keys())} on one side only")
        for key in ours:
            same(ours[key], theirs[key], tolerance, f"{where}.{key}")
    elif isinstance(ours, list):
        if len(ours) != len(theirs):
            sys.exit(f"{where}: {len(ours)} here, {len(theirs)} there")
        for place, (one, other) in enumerate(zip(ours, theirs)):
            same(one, other, tolerance, f"{where}[{place}]")
    elif ours is None:
        if not math.isnan(theirs):
            sys.exit(f"{where}: nothing here, {theirs} there")
    elif not math.isclose(ours, theirs, rel_tol=tolerance):
        sys.exit(f"{where}: {ours} here, {theirs} there")


def is_number(cell):
    return cell is None or isinstance(cell, (int, float)) and not isinstance(cell, bool)


def numbers(record):
    """What a table or a regression of ours tells in numbers; a label before the columns is left out."""
    if "values" in record:
        values = record["values"].items()
        return {"values": {name: value for name, value in values if is_number(value) and name not in OURS_ONLY}}
    width = len(record["columns"])
    return {"rows": [[cell for cell in row[-width:] if is_number(cell)] for row in record["rows"]]}


def points(record):
    of = [one for one in record["series"] if one["role"] in DRAWN]
    return [[one["value"]] if one["role"] == "bars" else [one["x"], one["y"]] for one in of]


def pixels(path):
    """Width and height of a PNG."""
    return struct.unpack(">II", path.read_bytes()[16:24])


def study(root, name, out, told, left_out, unstable, tolerance):
    """Checks all tables, regressions and drawings of a study against our records and pictures."""
    records = {path.stem: json.loads(path.read_text()) for path in (root / "derived" / name / "records").iterdir()}
    figures = {of["file"].split("/")[1].removesuffix(".svg"): of for of in records.values() if "file" in of}
    tables = {id: of for id, of in records.items() if of["kind"] != "figure" and not left_out(id)}
    for what, ours, theirs in [("tables", tables, told["tables"]), ("drawings", figures, told["drawings"])]:
        if ours.keys() != theirs.keys():
            missing, more = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
            sys.exit(f"{name}: {what} here only: {missing}; there only: {more}")
    for id, record in tables.items():
        if not unstable(id):
            same(numbers(record), told["tables"][id], tolerance(id), id)
    for drawing, record in figures.items():
        if not unstable(drawing):
            same(points(record), told["drawings"][drawing], tolerance(drawing), drawing)
        if not ((out / f"{drawing}.svg").exists() and (out / f"{drawing}.csv").exists()):
            sys.exit(f"{drawing}: not all files are there")
        ours, theirs = (pixels(of / f"{drawing}.png") for of in (root / "derived" / name / "figures", out))
        if ours[0] != theirs[0] or not 0 <= ours[1] - theirs[1] <= STRIP:
            sys.exit(f"{drawing}: a picture of {ours} pixels here, of {theirs} there")
