#!/usr/bin/env python3
"""Reference vectors for the linear models of pipeline/stats, made with scikit-learn as module-energy used it.

The study ran in the turn of 2022 to 2023; its versions are not on file. Newer ones of scikit-learn cut singular values
off at another threshold (1.7 and later), which changes the fits to features in raw units. Made with:

    python3.11 -m venv venv
    venv/bin/pip install --only-binary :all: scikit-learn==1.2.0 numpy==1.23.5 scipy==1.9.3
    venv/bin/python tests/reference/linear_vectors.py          # writes linear_vectors.json beside this file
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler

OUTPUT = Path(__file__).with_suffix(".json")


def layers(n, seed):
    """Settings of layers in raw units, and energies that a product of them explains."""
    random = np.random.RandomState(seed)
    x = np.column_stack([random.randint(1, most, n) for most in [513, 225, 12, 6]]).astype(float)
    y = 1e-9 * x[:, 0] * x[:, 1] * x[:, 2] / x[:, 3] + 1e-6 * random.randint(1, 100, n)
    return x, MinMaxScaler().fit_transform(y.reshape(-1, 1)).ravel()


def columns(matrix):
    return [[float(v) for v in column] for column in np.asarray(matrix).T]


def permutations():
    cases = [(seed, n) for seed in [0, 1234, 1223, 2**32 - 1] for n in [1, 2, 3, 16, 17, 491, 976]]
    return [{"seed": s, "n": n, "order": [int(i) for i in np.random.RandomState(s).permutation(n)]} for s, n in cases]


def preparations():
    x, _ = layers(6, 5)
    other, _ = layers(4, 6)
    cases = []
    for degree, interaction_only in [(2, True), (3, True), (4, True), (2, False), (3, False)]:
        terms = PolynomialFeatures(degree=degree, interaction_only=interaction_only).fit_transform(np.log1p(x))
        cases.append({"degree": degree, "interactions": interaction_only, "terms": columns(terms)})
    scale = StandardScaler().fit(x)
    return [{"x": columns(x), "log": columns(np.log1p(x)), "other": columns(other), "polynomials": cases,
             "standardised": columns(scale.transform(other))}]


def folds():
    return [{"n": n, "count": k, "ends": [int(part[-1]) + 1 for _, part in KFold(k).split(np.zeros(n))]}
            for n, k in [(683, 10), (12, 5), (10, 10)]]


def fit(name, model, x, y):
    scores = cross_val_score(model, x, y, cv=10, scoring="r2")
    model.fit(x, y)
    predicted = model.predict(x)
    case = {"name": name, "x": columns(x), "y": [float(v) for v in y], "intercept": float(model.intercept_),
            "coefficients": [float(v) for v in model.coef_], "r2": r2_score(y, predicted),
            "mse": mean_squared_error(y, predicted), "mae": mean_absolute_error(y, predicted),
            "fold_r2": [float(v) for v in scores]}
    if isinstance(model, LinearRegression):
        case |= {"rank": int(model.rank_), "singular": [float(v) for v in model.singular_]}
    else:
        case |= {"alpha": model.alpha, "max_iterations": model.max_iter, "tolerance": model.tol,
                 "iterations": int(model.n_iter_), "dual_gap": float(model.dual_gap_)}
    return case


def least_squares():
    x, y = layers(40, 1)
    interactions = PolynomialFeatures(degree=2, interaction_only=True).fit_transform(x)
    twins = np.column_stack([x, x[:, 0] - 2 * x[:, 1]])
    return [fit(name, LinearRegression(), features, y) for name, features in [
        ("one feature", x[:, :1]), ("raw units", x), ("standardised", StandardScaler().fit_transform(x)),
        ("a constant feature", interactions), ("a dependent feature", twins),
        ("more features than observations", np.random.RandomState(2).standard_normal((40, 45))),
    ]]


def divided():
    """So many features, with a constant one, that LAPACK divides them, and rounding decides whether a singular value of
    zero counts. The features are products of up to `degree` of `x` and its logarithms."""
    cases = []
    for n, settings, degree, standardised, seed in [(150, 3, 3, False, 9), (150, 3, 3, True, 9), (150, 4, 2, False, 9),
                                                    (220, 4, 3, True, 7), (220, 4, 3, True, 8)]:
        x, y = layers(n, seed)
        x = x[:, :settings]
        terms = PolynomialFeatures(degree, interaction_only=True).fit_transform(np.column_stack([x, np.log1p(x)]))
        terms = StandardScaler().fit_transform(terms) if standardised else terms
        fits = []
        for train, held_out in KFold(10).split(terms):
            fit = LinearRegression().fit(terms[train], y[train])
            error = mean_squared_error(y[held_out], fit.predict(terms[held_out]))
            fits.append({"rank": int(fit.rank_), "ratio": fit.singular_[-1] / fit.singular_[0], "mse": error})
        cases.append({"x": columns(x), "y": [float(v) for v in y], "degree": degree, "standardised": standardised,
                      "folds": fits})
    return cases


def lassos():
    x, y = layers(60, 3)
    two = PolynomialFeatures(degree=2, interaction_only=True).fit_transform(x)
    three = PolynomialFeatures(degree=3, interaction_only=True).fit_transform(x)
    scaled = StandardScaler().fit_transform(x)
    return [fit(name, Lasso(alpha=alpha, max_iter=steps, tol=tolerance), features, y)
            for name, features, alpha, steps, tolerance in [
        ("raw units", x, 1.0, 1000, 1e-4), ("products of two", two, 1.0, 100000, 1e-4),
        ("products of three", three, 1.0, 100000, 1e-4), ("a tight end", two, 0.1, 100000, 1e-8),
        ("scaled", scaled, 0.01, 1000, 1e-4), ("all zero", scaled, 10.0, 1000, 1e-4),
    ]]


vectors = {
    "made_by": "tests/reference/linear_vectors.py",
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
    "permutations": permutations(), "preparations": preparations(), "folds": folds(),
    "least_squares": least_squares(), "divided": divided(), "lassos": lassos(),
}
lines = lambda cases: "[\n%s\n]" % ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
parts = ["%s: %s" % (json.dumps(k), lines(v) if isinstance(v, list) else json.dumps(v)) for k, v in vectors.items()]
OUTPUT.write_text("{\n%s\n}\n" % ",\n".join(parts))
