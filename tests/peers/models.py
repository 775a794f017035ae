#!/usr/bin/env python3
"""Energy models of layers: models.py [--repeat N] LIST FOLDER

Fits the models of the list (models.json) to the data sets in a folder, as the notebooks of module-energy do: features
are made and energies scaled once, then ten folds, the validation and the test part are scored.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from piece import run
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_validate
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler


def inputs(frame, names):
    parameters = frame.drop(columns=["macs", "cpu_energy"])
    parts = {"parameters": parameters, "logs": np.log1p(parameters), "macs": frame[["macs"]]}
    return np.hstack([parts[name].to_numpy(dtype=float) for name in names.split("+")])


class Fit:
    """A model of a list, fitted to the training part of a data set, with the scores of its folds."""

    def __init__(self, model, frame, seed):
        frame = frame.sample(frac=1, random_state=seed)
        cuts = [int(0.7 * len(frame)), int(0.9 * len(frame))]
        parts = [frame.iloc[: cuts[0]], frame.iloc[cuts[0] : cuts[1]], frame.iloc[cuts[1] :]]
        x = [inputs(part, model["inputs"]) for part in parts]
        if "degree" in model:
            features = PolynomialFeatures(model["degree"], interaction_only=not model.get("powers"))
            x = [features.fit_transform(part) for part in x]
        if model.get("standardised"):
            scaler = StandardScaler().fit(x[0])
            x = [scaler.transform(part) for part in x]
        scale = MinMaxScaler().fit(parts[0][["cpu_energy"]].to_numpy())
        self.x = x
        self.y = [scale.transform(part[["cpu_energy"]].to_numpy())[:, 0] for part in parts]
        # Singular values count down to the rounding of numbers, as by default in the version of the notebooks.
        least_squares = LinearRegression(tol=np.finfo(float).eps)
        self.model = Lasso(max_iter=model["lasso"]) if "lasso" in model else least_squares
        scoring = ["r2", "neg_mean_squared_error"]
        self.folds = cross_validate(self.model, x[0], self.y[0], cv=KFold(10), scoring=scoring)
        self.model.fit(x[0], self.y[0])

    def score(self, part, metric=r2_score):
        """Of the training part 0, the validation 1 and the test 2."""
        return metric(self.y[part], self.model.predict(self.x[part]))


def scores(model, frame, seed):
    fit = Fit(model, frame, seed)
    return [fit.folds["test_r2"].mean(), fit.score(1), fit.score(2)]


def fitted(models, folder):
    models = json.loads(Path(models).read_text())
    frames = {path.stem: pd.read_csv(path) for path in sorted(Path(folder).glob("*.csv"))}
    return {model["id"]: scores(model, frames[model["set"]], models["seed"]) for model in models["models"]}


def told(scores):
    return {model: [float(score) for score in of] for model, of in scores.items()}


if __name__ == "__main__":
    # Some features are so nearly dependent that the penalty cannot settle within the tolerance.
    warnings.filterwarnings("ignore")
    run(fitted, told)
