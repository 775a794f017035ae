"""module-energy from the tracker's files and job logs: its networks, and the energy models of single layers.

As in the notebooks of the models, with scikit-learn and seaborn; without the ablation, which scores 32 767 sets of
features, and without the estimates of networks.
"""

import functools
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import trackers
from models import Fit
from sklearn.metrics import mean_squared_error

from . import module_energy_networks
from .module_energy_networks import dropped, means, shape
from .notebook import inches

MODELS = json.loads((Path(__file__).parent.parent / "models.json").read_text())
ACTIVATIONS = "activations/00_activations-slurm-log.out"
# The jobs of each data set: the tracker's file, the job log, and what is called after the runs that are left out.
JOBS = {
    "conv2d": [
        ("conv2d/00_conv2d-raw.csv", "conv2d/00_conv2d-slurm-log.out", "conv2d.d1"),
        ("conv2d/02_conv2d-raw.csv", "conv2d/02_conv2d-slurm-log.out", "conv2d.d2"),
    ],
    "linear": [
        ("linear/00_linear-raw.csv", "linear/00_linear-slurm-log.out", "linear.d1"),
        ("linear/02_linear-raw.csv", "linear/02_linear-slurm-log.out", "linear.d2"),
    ],
    "maxpool2d": [
        ("maxpool2d/00_maxpool2d-raw.csv", "maxpool2d/00_maxpool2d-slurm-log.out", "maxpool2d.d1"),
        ("maxpool2d/02_maxpool2d-raw.csv", "maxpool2d/02_maxpool2d-slurm-log.out", "maxpool2d.d2"),
    ],
    "relu": [
        ("activations/01_relu_raw.csv", "activations/01_relu-slurm-log.out", "relu.dropped.new"),
        ("activations/00_relu-raw.csv", ACTIVATIONS, "relu.dropped.old"),
    ],
    "sigmoid": [("activations/00_sigmoid-raw.csv", ACTIVATIONS, "sigmoid.dropped")],
    "tanh": [("activations/00_tanh-raw.csv", ACTIVATIONS, "tanh.dropped")],
    "softmax": [("activations/00_softmax-raw.csv", ACTIVATIONS, "softmax.dropped")],
}
# Figures in pt: of one model, and of all models of a kind of layers.
SMALL, PANELS = (216, 160), (446, 300)

# One log tells of several data sets.
lines_of = functools.cache(trackers.lines)


def data_set(data, notebook, name):
    """Each layer with settings as the mean of its runs."""
    parts = []
    for place, (tracker, log, record) in enumerate(JOBS[name]):
        failed = trackers.failed_rows(lines_of(data / log), name)
        runs = trackers.parsed(data / tracker).drop(columns="freeText").drop(index=failed)
        energies = [column for column in runs.columns if "energy" in column]
        runs = runs[(runs[energies] >= 0).all(axis=1)].copy()
        runs[energies] = runs[energies].div(runs["forward_passes"], axis=0)
        numbered = record.endswith((".d1", ".d2"))
        dropped(notebook, f"{record}.dropped" if numbered else record, failed)
        if numbered:
            shape(notebook, f"{record}.shape", runs)
        if name == "relu":
            # Whether they are of the newer file.
            runs["test"] = int(place == 0)
        parts.append(runs)
    sound = pd.concat(parts, ignore_index=True)
    project = list(sound.columns[sound.columns.get_loc("module") :])
    settings = [column for column in project if column not in [*trackers.NOT_SET, "test"]]
    groups = means(sound, settings)
    if len(settings) > 2:
        shapes = pd.DataFrame([sound.shape, groups.shape], columns=["rows", "columns"])
        notebook.table(f"{name}.agg.shape", shapes)
    else:
        notebook.table(f"{name}.head", groups.head().reset_index())
    return groups[[*settings, "macs", "cpu_energy"]]


def table_of(notebook, name, fit, lasso):
    values = {}
    for score, column in [("cv_r2", "test_r2"), ("cv_mse", "test_neg_mean_squared_error")]:
        values[f"{score}_mean"], values[f"{score}_std"] = fit.folds[column].mean(), fit.folds[column].std()
    for part, place in [("val", 1), ("test", 2)]:
        values[f"{part}_r2"], values[f"{part}_mse"] = fit.score(place), fit.score(place, mean_squared_error)
    if lasso:
        values["iterations"] = fit.model.n_iter_
        values["features"], values["features used"] = len(fit.model.coef_), np.count_nonzero(fit.model.coef_)
    notebook.values(name, **values, n=len(fit.y[0]))


def draw(ax, truth, predicted, ends, **look):
    ax.plot(ends, ends, "--", color="grey", label="ideal")
    sns.regplot(x=truth, y=predicted, ax=ax, label="regressor", seed=2023, **look)
    ax.set(xlabel="Ground Truth", ylabel="Prediction")


def predictions(fit):
    return fit.y[2], fit.model.predict(fit.x[2])


def figure(notebook, name, fit):
    truth, predicted = predictions(fit)
    ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
    fig, ax = plt.subplots(figsize=inches(*SMALL))
    draw(ax, truth, predicted, ends)
    ax.legend()
    frame = pd.DataFrame({"truth": truth, "prediction": predicted})
    notebook.figure(name, frame, SMALL, (truth, predicted), (ends, ends))


def compare(notebook, name, fits):
    """All models of a kind of layers."""
    scores = {model.removeprefix(f"{name}."): fit.score(2) for model, fit in fits.items()}
    notebook.table(f"{name}.compare", pd.Series(scores).to_frame("test R2"))
    shown = {model.removeprefix(f"{name}."): predictions(fit) for model, fit in fits.items()}
    values = np.concatenate([values for of in shown.values() for values in of])
    ends = [values.min(), values.max()]
    fig, axes = plt.subplots(2, 3, figsize=inches(*PANELS))
    axes.flat[-1].remove()
    for place, (ax, (model, (truth, predicted))) in enumerate(zip(axes.flat, shown.items())):
        draw(ax, truth, predicted, ends, color=f"C{place}")
        ax.set_title(model)
    frame = pd.concat({model: pd.DataFrame(of, index=["truth", "prediction"]).T for model, of in shown.items()})
    notebook.figure(f"{name}.compare.fig", frame, PANELS, *shown.values())


def layers(data, notebook):
    sets = {name: data_set(data, notebook, name) for name in JOBS}
    fits = {}
    for model in MODELS["models"]:
        frame = sets[model["set"]]
        fit = Fit(model, frame, MODELS["seed"])
        table_of(notebook, model["id"], fit, "lasso" in model)
        figure(notebook, f"{model['id']}.fig", fit)
        fits.setdefault(model["set"], {})[model["id"]] = fit
    for name in ("conv2d", "linear", "maxpool2d"):
        compare(notebook, name, fits[name])


def make(raw, notebook):
    module_energy_networks.make(raw, notebook)
    layers(raw / "data", notebook)
