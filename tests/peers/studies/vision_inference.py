"""vision-inference from its raw files to its tables and figures, of its two notebooks and of earlier versions.

The log of the power monitor was never released: RAW/reconstructed holds the one that our stages reconstruct. Written as
the notebooks are, with adjustText where they use it; energies of windows are slices of the log.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from adjustText import adjust_text
from scipy import stats
from sklearn import metrics

from .notebook import inches

# In pt: as wide as a page, and half of it.
WIDE, SMALL = (446, 264), (222, 176)
RUNS = {
    "inference": ("pm.csv", "power_reading_2.reconstructed.csv"),
    "training": ("finetune.csv", "finetune_pm_readings.reconstructed.csv"),
    "first": ("pm3db7d8e2-1899-4d49-9670-a104b34a6ab5.csv", "power_reading_1.reconstructed.csv"),
}
# The clock of the windows is an hour ahead of UTC.
AHEAD = pd.Timedelta(hours=1)
# Distance of samples in s, and from when on it is a gap.
SPACING, GAP = 3, 4.5
# g CO2e/kWh, as edited by hand in September 2020, and what a data centre takes besides its computers.
EDITED, OVERHEAD = 253, 1.58

INFERENCE = ["macs", "parameters", "FLOPS", "GFLOPS", "TFLOPS", "Params(Million)", "Log", "GFLOPS_log", "epoch"]
TRAINING = ["macs", "parameters", "GFLOPS", "TFLOPS", "Params(Million)", "Log of MACs", "epoch"]


def read_models(logs):
    df = pd.read_csv(logs / "models.txt")
    df["FLOPS"] = df["macs"] * 2
    df["GFLOPS"] = (df["macs"] * 2) / (10**9)
    df["TFLOPS"] = (df["macs"] * 2) / (10**12)
    df["GMACS"] = df["macs"] / (10**9)
    df["Params(Million)"] = df["parameters"] / (10**6)
    df["Log"] = np.log(df["FLOPS"])
    df["Log of MACs"] = np.log(df["macs"])
    df["GFLOPS_log"] = np.log(df["GFLOPS"])
    df["epoch"] = df["GFLOPS"] * 2 * 3 * (1.2 * (10**6))
    return df


def read_windows(path):
    windows = pd.read_csv(path)
    for name, seconds in [("start_time", "start_seconds"), ("end_time", "end_seconds")]:
        windows[seconds] = pd.to_datetime(windows[name], format="%Y-%m-%d %H:%M:%S.%f") - AHEAD
    windows["total_time"] = (windows["end_seconds"] - windows["start_seconds"]).dt.total_seconds()
    for short, seconds in [("s", "start_seconds"), ("e", "end_seconds")]:
        windows[f"{short}_date"] = windows[seconds].dt.strftime("%Y-%m-%d")
        windows[f"{short}_time"] = windows[seconds].dt.strftime("%H:%M:%S")
    return windows


def measure(notebook, run, windows, log):
    """The energy of each window from the log of the power monitor."""
    readings = pd.read_csv(log, usecols=["last_changed", "power_consumption"])
    rows = len(readings)
    readings["last_changed"] = pd.to_datetime(readings["last_changed"], utc=True, errors="coerce", format="ISO8601")
    readings = readings.dropna(subset=["last_changed"])
    backward = (readings["last_changed"].diff() < pd.Timedelta(0)).sum()
    notebook.values(f"log.{run}", rows=rows, unparsable=rows - len(readings), backward_steps=backward)
    power = readings.set_index("last_changed").sort_index()["power_consumption"]
    found = []
    starts, ends = (windows[name].dt.floor("s").dt.tz_localize("UTC") for name in ("start_seconds", "end_seconds"))
    for start, end in zip(starts, ends):
        of_window = power.loc[start:end]
        times = of_window.index
        distances = np.diff(pd.DatetimeIndex([start]).append(times).append(pd.DatetimeIndex([end])).asi8) / 1e9
        gaps = (distances > GAP).sum()
        found.append([len(of_window), of_window.mean(), SPACING * of_window.sum(), gaps, distances.max()])
    columns = ["samples", "mean_power", "empirical", "gaps", "longest gap"]
    windows = pd.concat([windows, pd.DataFrame(found, columns=columns)], axis=1)
    notebook.table(f"samples.{run}", windows[["model", "total_time", *columns]])
    windows["power"] = windows["mean_power"] * windows["total_time"]
    windows["kwh"] = windows["empirical"] / (1000 * 3600)
    return windows


def vgg_of(df):
    return df[df["model"].str.startswith("vgg")]


def without_densenet(df):
    return df[~df["model"].str.startswith("densenet")]


def line(notebook, name, x, y, **more):
    return notebook.regression(name, x, y, r_squared=x.corr(y) ** 2, **more)


def errors(x, y):
    return {"rmse": metrics.mean_squared_error(x, y) ** (1 / 2), "mae": metrics.mean_absolute_error(x, y)}


def with_errors(notebook, name, df, stale=None):
    """A regression with the error that the notebook takes of x against y, and with that of the residuals."""
    x, y = df["GFLOPS"], df["kwh"]
    of = df if stale is None else stale
    fit = line(notebook, name, x, y, **errors(of["GFLOPS"], of["kwh"]))
    line(notebook, f"{name}.corrected", x, y, **errors(fit.intercept + fit.slope * x, y))


def beyond(values, margin):
    return min(values) - margin, max(values) + margin


def scatter(notebook, name, df, x, y, labels, title, limits=(None, None), size=WIDE, coloured=False, fitted=False):
    """A scatter of models with their names."""
    fig, ax = plt.subplots(figsize=inches(*size))
    ax.set(xlabel=labels[0], ylabel=labels[1], title=title)
    if coloured:
        points = plt.scatter(df[x], df[y], c=df["top5score"], cmap=mpl.colormaps["winter"])
        plt.colorbar(points).set_label("Top-5 score")
    else:
        plt.scatter(df[x], df[y])
    if fitted:
        draw_line(ax, df[x], df[y])
        ax.legend()
    set_limits(ax, *limits)
    texts = [ax.text(*row) for row in zip(df[x], df[y], df["model"])]
    if size == WIDE:
        adjust_text(texts, ax=ax)
    notebook.figure(name, df[["model", x, y]], size, (df[x], df[y]))


def draw_line(ax, x, y):
    fit = stats.linregress(x, y)
    ends = np.array([x.min(), x.max()])
    ax.plot(ends, fit.intercept + fit.slope * ends, "r", label="fitted line")


def set_limits(ax, x, y):
    if x:
        ax.set_xlim(*x)
    if y:
        ax.set_ylim(*y)


def fit_of(notebook, name, df, x, y, labels, title, ylim=None):
    """Models with the fitted line."""
    fig, ax = plt.subplots(figsize=inches(*SMALL))
    ax.set(xlabel=labels[0], ylabel=labels[1], title=title)
    ax.plot(df[x], df[y], "o", label="original data")
    draw_line(ax, df[x], df[y])
    set_limits(ax, None, ylim)
    ax.legend()
    notebook.figure(name, df[["model", x, y]], SMALL, (df[x], df[y]))


def tables(notebook, prefix, columns, models, accurate, windows, timed):
    """The frames that both notebooks print on the way."""
    notebook.table(f"{prefix}.t01", models[["macs", "parameters"]].describe())
    notebook.table(f"{prefix}.t02", models[["model", *columns]].head())
    notebook.table(f"{prefix}.t03", accurate[["model", *columns, "top1", "top5"]].head())
    notebook.table(f"{prefix}.t05", windows[["model", "start_time", "end_time"]].head())
    durations = ["model", "start_time", "end_time", "start_seconds", "end_seconds", "total_time"]
    notebook.table(f"{prefix}.t06", windows[durations].head())
    notebook.table(f"{prefix}.t07", windows[[*durations, "s_date", "e_date", "s_time", "e_time"]].head())
    sizes = [models["macs"].count(), accurate["top1"].count(), len(accurate)]
    sizes += [len(windows), len(timed), len(without_densenet(timed))]
    for place, count in enumerate(sizes, start=1):
        notebook.values(f"{prefix}.s0{place}", count=count)


def results(notebook, name, df, energies, grams, accuracies):
    """A version of the result file."""
    df = df.assign(**{"kg CO2e": (grams * energies.iloc[: len(df)] / 1000).to_numpy()})
    notebook.table(name, df[["model", "GFLOPS", "kwh", "kg CO2e", *accuracies]])


SCORES, ERRORS = ["top1score", "top5score"], ["top1", "top5"]
GFLOPS, KWH = "GFLOPs", "Energy (kWh)"


def inference(notebook, models, accurate, windows, uk_co2):
    new_df = windows.merge(accurate, on="model")
    tables(notebook, "inf", INFERENCE, models, accurate, windows, new_df)
    notebook.table("inf.t08", windows[["model", "total_time", "empirical"]].head())
    vgg, of_vgg, df_minus_densenet = vgg_of(accurate), vgg_of(new_df), without_densenet(new_df)
    twice = [*INFERENCE, "top1", "top5", *SCORES]
    times = [*windows.columns[: windows.columns.get_loc("samples")], "empirical"]
    joined = new_df[[*times, *twice]].merge(vgg[["model", *twice]], on="model")
    notebook.table("inf.t12", joined.columns.to_frame())
    notebook.table("old.t03", windows[["model", "empirical", "mean_power", "power"]].head())
    for name, grams, columns in [("t09", EDITED, SCORES), ("t10", uk_co2, ERRORS), ("t11", uk_co2, ERRORS)]:
        # Row i of the models takes the window i, though windows without accuracy are left out.
        results(notebook, f"inf.{name}", new_df, windows["kwh"], grams, columns)
        results(notebook, f"inf.{name}.corrected", new_df, new_df["kwh"], grams, columns)
    notebook.table("energy-per-inference", new_df[["model", "macs"]].assign(energy=new_df["empirical"] / 10_000))

    r, p = stats.pearsonr(accurate["GFLOPS"], accurate["top5"])
    line(notebook, "inf.r01", accurate["GFLOPS"], accurate["top5"], pearson_r=r, pearson_p=p)
    line(notebook, "inf.r02", vgg["GFLOPS"], vgg["top5"])
    with_errors(notebook, "inf.r03", new_df)
    with_errors(notebook, "inf.r04", df_minus_densenet)
    with_errors(notebook, "inf.r05", of_vgg, stale=df_minus_densenet)

    top1, top5 = "Top-1 Error (%)", "Top-5 Error (%)"
    scatter(notebook, "inf.f01", accurate, "GFLOPS", "top1", (GFLOPS, top1), "GFLOPs vs Top-1 error")
    scatter(notebook, "inf.f02", accurate, "GFLOPS", "top5", (GFLOPS, top5), "GFLOPs vs Top-5 error")
    scatter(notebook, "inf.f03", accurate, "Log", "top5", ("FLOPs in log scale", top5), "FLOPs vs Top-5 error")
    fit_of(notebook, "inf.f04", accurate, "GFLOPS", "top5", (GFLOPS, top5), "GFLOPs vs Top-5 error")
    limits, title = ((5, 50), (5, 15)), "Top-5 error for VGG architectures"
    scatter(notebook, "inf.f05", vgg, "GFLOPS", "top5", (GFLOPS, top5), title, limits, SMALL)
    limits = None, beyond(new_df["kwh"], 0.005)
    labels, title = (GFLOPS, "Energy consumption (kWh)"), "GFLOPs vs energy consumption"
    scatter(notebook, "inf.f06", new_df, "GFLOPS", "kwh", labels, title, limits, coloured=True)
    title = "GFLOPs vs energy consumption during inference"
    fit_of(notebook, "inf.f07", new_df, "GFLOPS", "kwh", (GFLOPS, "Energy (J)"), title)
    fit_of(notebook, "inf.f07.corrected", new_df, "GFLOPS", "kwh", (GFLOPS, KWH), title)
    limits, title = beyond(df_minus_densenet["kwh"], 0.005), "GFLOPs vs Energy consumption"
    fit_of(notebook, "inf.f08", df_minus_densenet, "GFLOPS", "kwh", (GFLOPS, KWH), title, limits)
    limits, title = beyond(of_vgg["kwh"], 0.0005), "GFLOPs vs energy consumption for VGG architecture"
    fit_of(notebook, "inf.f09", of_vgg, "GFLOPS", "kwh", (GFLOPS, KWH), title, limits)


def training(notebook, models, accurate, windows, uk_co2):
    new_df = windows.merge(accurate, on="model")
    tables(notebook, "trn", TRAINING, models, accurate, windows, new_df)
    notebook.table("trn.t12", accurate[["model", *TRAINING, "top1", "top5"]])
    notebook.table("old.t04", windows[["model", "mean_power", "power"]].head())
    vgg, of_vgg, rest = vgg_of(accurate), vgg_of(new_df), without_densenet(new_df)
    of = accurate.set_index("model")
    notebook.values("trn.s07", googlenet_gflops=of.loc["googlenet", "GFLOPS"])
    notebook.values("trn.s11", value=1 - of.loc["vgg19", "top5"] / of.loc["vgg11", "top5"])
    for name, grams, columns in [("t08", EDITED, SCORES), ("t09", EDITED, SCORES), ("t10", uk_co2, ERRORS)]:
        results(notebook, f"trn.{name}", new_df, new_df["kwh"], grams, columns)
    results(notebook, "trn.t11", new_df, new_df["kwh"], uk_co2, ERRORS)

    line(notebook, "trn.r01", accurate["GFLOPS"], accurate["top5score"])
    line(notebook, "trn.r02", vgg["GFLOPS"], vgg["top5score"])
    with_errors(notebook, "trn.r03", new_df)
    fit = line(notebook, "trn.r04", rest["GFLOPS"], rest["kwh"])
    line(notebook, "trn.r05", rest["GFLOPS"], rest["total_time"])
    line(notebook, "trn.r06", rest["GFLOPS"], rest["Params(Million)"])
    line(notebook, "trn.r07", rest["Params(Million)"], rest["kwh"])
    line(notebook, "trn.r08", of_vgg["GFLOPS"], of_vgg["kwh"])
    predicted = ["googlenet", "wide_resnet50_2", "vgg13", "vgg19", "mnasnet1_0"]
    notebook.values("trn.s08", **(fit.intercept + fit.slope * of.loc[predicted, "GFLOPS"]))
    small, large = new_df.set_index("model").loc[["vgg11", "vgg19"], "kwh"].round(6)
    notebook.values("trn.s10", value=(large - small) / small)
    notebook.values("trn.s12", energy=fit.intercept + fit.slope * 2.87 * 2)

    score, labels = "Top-5 Score (%)", (GFLOPS, "Energy consumption (kWh)")
    scatter(notebook, "trn.f01", accurate, "GFLOPS", "top5score", (GFLOPS, score), "GFLOPs vs Top-5 score")
    limits, title = ((10, 50), (85, 97)), "Top-5 error for VGG architectures"
    scatter(notebook, "trn.f02", vgg, "GFLOPS", "top5score", (GFLOPS, "Top-5 Error (%)"), title, limits, SMALL)
    title = "Top-5 score for VGG architectures"
    scatter(notebook, "trn.f02.corrected", vgg, "GFLOPS", "top5score", (GFLOPS, score), title, limits, SMALL)
    title = "GFLOPs vs energy consumption during training"
    limits = beyond(new_df["GFLOPS"], 3), beyond(new_df["kwh"], 0.005)
    scatter(notebook, "trn.f03", new_df, "GFLOPS", "kwh", labels, title, limits, coloured=True)
    limits = None, beyond(rest["kwh"], 0.002)
    scatter(notebook, "trn.f04", rest, "GFLOPS", "kwh", labels, title, limits, coloured=True, fitted=True)
    limits, millions = beyond(rest["kwh"], 0.005), "Parameters (million)"
    fit_of(notebook, "trn.f05", rest, "GFLOPS", "kwh", (GFLOPS, KWH), "GFLOPs vs Energy consumption", limits)
    labels = GFLOPS, "Time (seconds)"
    fit_of(notebook, "trn.f06", rest, "GFLOPS", "total_time", labels, "GFLOPs vs computation time")
    fit_of(notebook, "trn.f07", rest, "GFLOPS", "Params(Million)", (GFLOPS, millions), "GFLOPs vs parameters")
    title = "Parameters vs Energy consumption"
    fit_of(notebook, "trn.f08", rest, "Params(Million)", "kwh", (millions, KWH), title, limits)
    title = "GFLOPs vs energy consumption for VGG architecture"
    fit_of(notebook, "trn.f09", of_vgg, "GFLOPS", "kwh", (GFLOPS, KWH), title)


def superseded(notebook, accurate, trained, first, uk_co2):
    """What earlier versions of the notebooks printed: of the first run, and on multiply-accumulate operations."""
    emitted = first["kwh"] * uk_co2 / 1000
    notebook.table("old.t01", first[["model", "power", "empirical"]].assign(emitted=emitted))
    energy = first["power"] / 3.6e6
    table = first[["model", "power"]].assign(energy=energy, centre=energy * OVERHEAD)
    notebook.table("old.t02", table.assign(emitted=table["centre"] * uk_co2 / 1000))
    of_first, of_trained = first.merge(accurate, on="model"), trained.merge(accurate, on="model")
    for name, df, x, y in [
        ("old.r01", of_first, "GFLOPS", "empirical"),
        ("old.r02", vgg_of(of_first), "GFLOPS", "empirical"),
        ("old.r03", of_first, "GMACS", "power"),
        ("old.r04", vgg_of(of_first), "GMACS", "power"),
        ("old.r05", accurate, "GMACS", "top5"),
        ("old.r06", vgg_of(accurate), "GMACS", "top5"),
        ("old.r07", of_trained, "GMACS", "kwh"),
        ("old.r08", vgg_of(of_trained), "GMACS", "power"),
        ("old.r09", without_densenet(of_trained), "GMACS", "kwh"),
    ]:
        line(notebook, name, df[x], df[y])


def make(raw, notebook):
    logs, monitor = raw / "logs", raw / "reconstructed"
    models = read_models(logs)
    accurate = models.merge(pd.read_csv(logs / "accuracy.csv", encoding="utf-8-sig"), on="model")
    accurate["top1score"] = 100 - accurate["top1"]
    accurate["top5score"] = 100 - accurate["top5"]
    df_co2 = pd.read_csv(raw / "mlco2-impact/data/impact.csv")
    uk_co2 = df_co2.loc[df_co2.country == "United Kingdom"].impact.mean()
    notebook.values("carbon.intensity", public=uk_co2, edited=EDITED)
    measured = {}
    for run, (windows, log) in RUNS.items():
        measured[run] = measure(notebook, run, read_windows(logs / windows), monitor / log)
    inference(notebook, models, accurate, measured["inference"], uk_co2)
    training(notebook, models, accurate, measured["training"], uk_co2)
    superseded(notebook, accurate, measured["training"], measured["first"], uk_co2)
