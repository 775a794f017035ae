#!/usr/bin/env python3
"""Reference vectors for pipeline/stats, made with the libraries that the published studies used.

The versions below are those of 2021 and need Python 3.8:

    python3.8 -m venv venv
    venv/bin/pip install --only-binary :all: numpy==1.19.0 pandas==1.0.5 scipy==1.5.0 \\
        seaborn==0.10.1 matplotlib==3.2.2 mpmath==1.3.0
    venv/bin/python tests/reference/stats_vectors.py           # writes stats_vectors.json beside this file
    venv/bin/python tests/reference/stats_vectors.py --check   # compares instead; runs with any versions

What double precision cannot hold, such as p-values of 1e-694, is computed with mpmath to 50 digits and rounded once.
"""

import argparse
import json
import math
import sys
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import mpmath
import numpy as np
import pandas as pd
import scipy
import scipy.stats
import seaborn
from mpmath import mp, mpf
from seaborn.regression import _RegressionPlotter

PINNED = {
    "python": "3.8",
    "numpy": "1.19.0",
    "pandas": "1.0.5",
    "scipy": "1.5.0",
    "seaborn": "0.10.1",
    "matplotlib": "3.2.2",
    "mpmath": "1.3.0",
}
OUTPUT = Path(__file__).with_suffix(".json")
mp.dps = 50


def installed():
    modules = [np, pd, scipy, seaborn, matplotlib, mpmath]
    return {"python": "%d.%d" % sys.version_info[:2], **{m.__name__: m.__version__ for m in modules}}


# ---- Samples -----------------------------------------------------------------------------------


def rounded(values, digits=7):
    """Short decimal numbers, so that the file stays small; the tests read the same numbers."""
    return [float("%.*g" % (digits, v)) for v in values]


def samples():
    rng = np.random.default_rng(20210401)
    return {
        "one": [3.25],
        "two": [1e-3, 4.0],
        "ties": [2.0, 1.0, 2.0, 2.0, 7.0, 1.0, -3.0],
        "constant": [0.1, 0.1, 0.1],
        "normal, odd count": rounded(rng.normal(5.0, 2.0, 31)),
        "log-normal, even count": rounded(rng.lognormal(0.0, 3.0, 40)),
        "small spread on a large offset": rounded(1e6 + rng.normal(0.0, 1e-2, 25), 14),
        "with missing values": [1.5, math.nan, -2.0, math.nan, 8.0, 0.25],
    }


def pairs():
    """Name -> (x, y)."""
    rng = np.random.default_rng(20210402)

    def noisy(n, slope, intercept, noise, x_scale, offset=0.0, digits=7):
        x = offset + x_scale * rng.random(n)
        return rounded(x, digits), rounded(intercept + slope * x + noise * rng.normal(size=n), digits)

    anscombe = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0]
    return {
        "Anscombe 1": (anscombe, [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
        "Anscombe 3": (anscombe, [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
        "three points": ([1.0, 2.0, 4.0], [1.0, 3.0, 2.0]),
        "falling, eight points": noisy(8, -0.41, 0.9, 0.02, 1.2),
        "no relation": noisy(50, 0.0, 1.0, 1.0, 10.0),
        "ties in both": ([1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 1.0], [5.0, 5.0, 6.0, 7.0, 6.0, 7.0, 7.0, 4.0]),
        "operation counts, slope 1e-8": noisy(21, 1.9e-8, 0.08, 0.05, 1e7, 1.1e8),
        "large offset": noisy(30, 2.5, -7.0, 0.3, 1.0, 1e6, 14),
        "p near 1e-250": noisy(176, 0.2, 3e-4, 4e-4, 0.2),
        "p below the least float": noisy(462, 1.0, -6e-5, 7e-3, 1.0),
    }


# ---- Exact arithmetic ----------------------------------------------------------------------------


def ln_two_sided_tail(t, df):
    """ln P(|T| > |t|) of Student's t. The hypergeometric series behind mpmath's betainc is slow for large df."""
    t, df = abs(mpf(t)), mpf(df)
    return ln_tail_by_beta(t, df) if df <= 1000 else ln_tail_by_quadrature(t, df)


def ln_tail_by_beta(t, df):
    return mp.log(mp.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True))


def ln_tail_by_quadrature(t, df):
    def ln_density(u):
        constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2
        return constant - (df + 1) / 2 * mp.log1p(u * u / df)

    # Relative to the density at t, in units of the length over which it decays there, and so far out that the rest
    # is below 1e-40 of the whole.
    peak = ln_density(t)
    length = 1 / (1 + t * (df + 1) / (df + t * t))
    reach = 200
    while ln_density(t + reach * length) - peak > -110:
        reach *= 2
    nodes = [0] + [mpf(2) ** k for k in range(-2, int(mp.ceil(mp.log(reach, 2))) + 1)]
    area = mp.quad(lambda s: mp.exp(ln_density(t + s * length) - peak), nodes)
    return mp.log(2 * length * area) + peak


def t_quantile(probability, df):
    """The value below which Student's t lies with the given double as exact probability."""
    p = mpf(probability)
    tail = min(p, 1 - p)
    target = mp.log(2 * tail)
    guess = abs(float(scipy.stats.t.ppf(float(tail), df)))
    if not (0 < guess < 1e305):
        guess = 1.0
    root = mp.findroot(lambda u: ln_two_sided_tail(mp.exp(u), df) - target, mp.log(guess))
    return mp.exp(root) if p > 0.5 else -mp.exp(root)


def exact_moments(x, y):
    """Means and mean products of deviations, all to 50 digits."""
    n = len(x)
    x, y = [mpf(v) for v in x], [mpf(v) for v in y]
    mean_x, mean_y = mp.fsum(x) / n, mp.fsum(y) / n
    xx = mp.fsum((v - mean_x) ** 2 for v in x) / n
    yy = mp.fsum((v - mean_y) ** 2 for v in y) / n
    xy = mp.fsum((v - mean_x) * (w - mean_y) for v, w in zip(x, y)) / n
    return mean_x, mean_y, xx, xy, yy


# ---- Vectors -------------------------------------------------------------------------------------


def describe_vectors():
    cases = []
    for name, values in {**samples(), "empty": [], "all missing": [math.nan, math.nan]}.items():
        series = pd.Series(values, dtype=float)
        summary = series.describe()
        cases.append(
            {
                "name": name,
                "values": values,
                "missing": int(series.isna().sum()),
                **{
                    key: float(summary[label])
                    for key, label in zip(
                        ["count", "mean", "std", "min", "q25", "q50", "q75", "max"],
                        ["count", "mean", "std", "min", "25%", "50%", "75%", "max"],
                    )
                },
            }
        )
    return cases


def sample_vectors():
    levels = [0.0, 0.01, 0.025, 0.1, 1 / 3, 0.5, 0.6, 0.9, 0.975, 1.0]
    cases = []
    for name, values in samples().items():
        if any(math.isnan(v) for v in values):
            continue
        array = np.array(values)
        cases.append(
            {
                "name": name,
                "values": values,
                "mean": float(np.mean(array)),
                "median": float(np.median(array)),
                "variance_0": float(np.var(array)),
                "variance_1": float(np.var(array, ddof=1)) if len(values) > 1 else None,
                "std_1": float(np.std(array, ddof=1)) if len(values) > 1 else None,
                "levels": levels,
                "quantiles": [float(q) for q in np.quantile(array, levels)],
                "ranks": [float(r) for r in scipy.stats.rankdata(array)],
            }
        )
    return cases


def regression_vectors():
    cases = []
    for name, (x, y) in pairs().items():
        n, df = len(x), len(x) - 2
        by_scipy = scipy.stats.linregress(x, y)
        mean_x, mean_y, xx, xy, yy = exact_moments(x, y)
        slope, r = xy / xx, xy / mp.sqrt(xx * yy)
        stderr = mp.sqrt((1 - r * r) * yy / xx / df)
        exact = {
            "slope": slope,
            "intercept": mean_y - slope * mean_x,
            "rvalue": r,
            "stderr": stderr,
            "intercept_stderr": stderr * mp.sqrt(xx + mean_x**2),
            "ln_pvalue": ln_two_sided_tail(r * mp.sqrt(df / ((1 - r) * (1 + r))), df),
            "rmse": mp.sqrt(yy * (1 - r * r)),
        }
        exact["log10_pvalue"] = exact["ln_pvalue"] / mp.log(10)
        reach = t_quantile(0.975, df) * stderr
        exact["slope_interval_95"] = [slope - reach, slope + reach]
        # From scipy's r: one rounding of r shows in p, and more so the closer r is to 1.
        tiny = mpf(1e-20)
        r = mpf(float(by_scipy.rvalue))
        t = r * mp.sqrt(df / ((1 - r + tiny) * (1 + r + tiny)))
        cases.append(
            {
                "name": name,
                "x": x,
                "y": y,
                "scipy": {
                    **{
                        key: float(getattr(by_scipy, key))
                        for key in ["slope", "intercept", "rvalue", "pvalue", "stderr"]
                    },
                    "ln_pvalue": ln_two_sided_tail(t, df),
                },
                "exact": exact,
            }
        )
    return cases


def correlation_vectors():
    cases = []
    for name, (x, y) in pairs().items():
        df = len(x) - 2
        case = {"name": name, "x": x, "y": y}
        for method, function in {"pearson": scipy.stats.pearsonr, "spearman": scipy.stats.spearmanr}.items():
            coefficient, pvalue = (float(v) for v in function(x, y))
            r = mpf(coefficient)
            t = r * mp.sqrt(df / ((1 - r) * (1 + r)))
            case[method] = {"coefficient": coefficient, "pvalue": pvalue, "ln_pvalue": ln_two_sided_tail(t, df)}
        cases.append(case)
    return cases


def student_t_vectors():
    degrees = [0.5, 1.0, 2.0, 3.5, 5.0, 19.0, 30.0, 174.0, 460.0, 1e4, 1e6, 1e9]
    values = [
        1e-15,
        1e-10,
        1e-3,
        0.1,
        0.5,
        1.0,
        1.3,
        1.7,
        1.8,
        2.0,
        3.0,
        7.5,
        12.0,
        50.0,
        700.0,
        1e5,
        1e10,
        1e150,
        1e200,
    ]
    tails = [
        {"df": df, "t": t, "ln_p": ln_two_sided_tail(t, df)}
        for df in degrees
        for t in values
        if df <= 1000 or 1e-3 <= t <= 1e5
    ]
    # The two ways to the tail agree, and scipy.stats with them wherever it has digits.
    for t in [mpf("0.01"), mpf(2), mpf(40)]:
        assert abs(ln_tail_by_quadrature(t, mpf(900)) / ln_tail_by_beta(t, mpf(900)) - 1) < mpf("1e-30")
    for case in tails:
        p = 2 * float(scipy.stats.t.sf(case["t"], case["df"]))
        if p > 1e-300:
            assert abs(mp.exp(case["ln_p"]) / p - 1) < 1e-9, case
    quantiles = [
        {"df": df, "probability": p, "t": t_quantile(p, df)}
        for df in [1.0, 2.0, 3.5, 10.0, 19.0, 174.0, 460.0]
        for p in [1e-300, 1e-100, 1e-10, 1e-3, 0.025, 0.2, 0.4, 0.5000001, 0.6, 0.75, 0.9, 0.975, 0.995, 0.9999999]
    ]
    return {"tails": tails, "quantiles": quantiles}


def index_draw_vectors():
    cases = []
    # The last ranges reject every other word, or nearly none.
    for n in [1, 2, 3, 8, 462, 1000, 2**31 + 1, 2**32 - 1]:
        for seed in [0, 42, 2**40 + 3, 2**64 - 1]:
            # In two calls, as the bootstrap makes them: half a 64-bit word is carried over.
            rng = np.random.default_rng(seed)
            draws = [int(i) for count in [7, 12] for i in rng.integers(0, n, count, dtype=np.intp)]
            cases.append({"seed": str(seed), "n": n, "draws": draws})
    return cases


def band_vectors():
    data = pairs()
    cases = []
    for name, x, y, seed, n_boot, percent, points in [
        ("as in the papers", *data["falling, eight points"], 42, 1000, 95, 100),
        ("many points", *data["p below the least float"], 2**63 + 5, 300, 95, 20),
        ("resamples of a single x", [0.5, 1.5, 3.0], [1.0, 2.5, 2.0], 1, 400, 95, 25),
        ("few resamples, other level", *data["Anscombe 3"], 7, 37, 68, 11),
        ("x so large that pinv drops the slope", [1e8, 1e8 + 1, 1e8 + 2, 1e8 + 4], [3.0, 5.0, 4.0, 6.0], 3, 50, 95, 5),
        ("x so small that pinv drops it", [1e-20, 2e-20, 4e-20], [3.0, 5.0, 4.0], 3, 50, 95, 5),
    ]:
        grid = np.linspace(min(x), max(x), points)
        plotter = _RegressionPlotter(np.array(x), np.array(y), ci=percent, n_boot=n_boot, seed=seed)
        _, _, (lower, upper) = plotter.fit_regression(grid=grid)
        cases.append(
            {
                "name": name,
                "x": x,
                "y": y,
                "seed": str(seed),
                "resamples": n_boot,
                "percent": percent,
                "grid": [float(v) for v in grid],
                "lower": [float(v) for v in lower],
                "upper": [float(v) for v in upper],
            }
        )
    return cases


# ---- File ----------------------------------------------------------------------------------------


def plain(value):
    """mpmath numbers rounded to doubles, NaN as null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, mpf):
        value = float(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def text(vectors):
    """JSON with one case a line."""
    lines = lambda cases: "[\n%s\n]" % ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    parts = ["%s: %s" % (json.dumps(k), lines(v) if isinstance(v, list) else json.dumps(v)) for k, v in vectors.items()]
    return "{\n%s\n}\n" % ",\n".join(parts)


def worst_difference(a, b, path=""):
    """Greatest relative difference between the numbers of two trees, with its path."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), path
        return max((worst_difference(a[k], b[k], "%s/%s" % (path, k)) for k in a), default=(0.0, path))
    if isinstance(a, list):
        assert len(a) == len(b), path
        return max(
            (worst_difference(v, w, "%s/%d" % (path, i)) for i, (v, w) in enumerate(zip(a, b))), default=(0.0, path)
        )
    if isinstance(a, float) and isinstance(b, (int, float)):
        return abs(a - b) / max(abs(a), abs(b), 1e-300), path
    assert a == b, "%s: %r is not %r" % (path, a, b)
    return 0.0, path


def main():
    parser = argparse.ArgumentParser(description="Reference vectors for pipeline/stats.")
    parser.add_argument("--check", action="store_true", help="compare with the stored file, to 1e-9, and write nothing")
    arguments = parser.parse_args()
    if not arguments.check and installed() != PINNED:
        sys.exit("these vectors are made with %s, found %s; see the top of this file" % (PINNED, installed()))
    # Of one-valued and empty samples, whose NaN are part of the vectors.
    warnings.simplefilter("ignore")

    student_t = student_t_vectors()
    vectors = plain(
        {
            "made_by": "tests/reference/stats_vectors.py",
            "versions": PINNED,
            "describe": describe_vectors(),
            "samples": sample_vectors(),
            "regressions": regression_vectors(),
            "correlations": correlation_vectors(),
            "student_t_tails": student_t["tails"],
            "student_t_quantiles": student_t["quantiles"],
            "index_draws": index_draw_vectors(),
            "bands": band_vectors(),
        }
    )
    if not arguments.check:
        OUTPUT.write_text(text(vectors))
        return
    difference, path = worst_difference(json.loads(OUTPUT.read_text()), vectors)
    print("greatest relative difference %.1e at %s, with %s" % (difference, path, installed()))
    sys.exit(difference > 1e-9)


if __name__ == "__main__":
    main()
