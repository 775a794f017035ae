"""The networks of module-energy, from the tracker's files and job logs to shares of modules and deviations.

As in the notebook module-wise-energy-analysis in its three states: the first document (seed), that of the first
cluster run (u1) and the final one (mw), with seaborn.
"""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from trackers import failed_rows, lines as lines_of, parsed

from .notebook import inches

NETWORKS = ["vgg16", "alexnet", "vgg11", "vgg13"]
KINDS = ["AdaptiveAvgPool2d", "Conv2d", "Dropout", "Linear", "MaxPool2d", "ReLU"]
KEYS = ["module", "batch_size", "architecture", "layer_idx"]
SETTING = ["architecture", "batch_size", "draw"]
JOULES = 3.6e6
FINAL = [f"data/architectures/{job}_architectures-layerwise" for job in ("00", "01")]
FIRST = "at-1bc4ecb/data/architectures-energies-raw.csv", "at-1bc4ecb/data/slurm-7520393.out"
PARSED = "at-1bc4ecb/data/architectures-energies-parsed.csv"
# What the notebook of the first run shows of a frame: pandas leaves out columns in the middle.
SHOWN = ["Unnamed: 0", "duration", "emissions", "emissions_rate", "cpu_power", "gpu_power", "cloud_provider"]
SHOWN += ["cloud_region", "cpu_count", "gpu_count", "longitude", "latitude", "ram_total_size", "rep_no", "macs"]
SHOWN += ["forward_passes"]
# The networks in pt, and a bar in them.
WIDE, PANELS, BAR = (446, 290), (446, 400), 10.5


def read(tracker):
    runs = parsed(tracker)
    runs[["architecture", "layer_idx"]] = runs.pop("freeText").str.extract(r"architecture=(\w+);layer_idx=(\d+)")
    return runs.astype({"layer_idx": int})


def sound(runs, failed):
    """Without runs with errors, and with the energies of one forward pass."""
    energies = [column for column in runs.columns if "energy" in column]
    # Which of the times its configuration was measured.
    draws = runs.groupby([*KEYS, "rep_no"]).cumcount()
    runs = runs.drop(index=failed)
    runs = runs[(runs[energies] >= 0).all(axis=1)].copy()
    runs[energies] = runs[energies].div(runs["forward_passes"], axis=0)
    return runs, draws[runs.index]


def dropped(notebook, name, failed):
    notebook.table(name, pd.DataFrame({"row": failed}))


def shape(notebook, name, frame):
    notebook.table(name, pd.DataFrame([frame.shape], columns=["rows", "columns"]))


def means(runs, keys=KEYS):
    return runs.groupby(keys, sort=False).mean(numeric_only=True).reset_index()


def complete(groups, setting):
    """Without the batch sizes at which not all layers were measured, and these."""
    layers = groups.groupby(setting, sort=False).size()
    lacking = layers[layers < layers.groupby("architecture").transform("max")]
    return groups[~pd.MultiIndex.from_frame(groups[setting]).isin(lacking.index)], lacking


def summed(groups, setting=("architecture", "batch_size")):
    """Energies of networks, of their modules together and of each kind: networks as first seen."""
    setting, groups = list(setting), groups.copy()
    order = groups["architecture"].unique()
    groups["architecture"] = pd.Categorical(groups["architecture"], order)
    groups["place"] = groups.groupby(setting, sort=False, observed=True).ngroup()
    whole = groups[groups["layer_idx"] == 0].set_index(setting)
    kinds = groups[groups["layer_idx"] != 0].groupby([*setting, "module"], sort=False, observed=True)
    kinds = kinds.agg(energy=("cpu_energy", "sum"), place=("place", "first")).reset_index()
    kinds = kinds.sort_values(["architecture", "place", "module"], ignore_index=True)
    modules = kinds.groupby(setting, sort=False, observed=True)["energy"].sum()
    kinds["share"] = kinds["energy"] / kinds.groupby(setting, observed=True)["energy"].transform("sum") * 100
    kinds["rounded"] = kinds["share"].round(2)
    totals = pd.DataFrame({"measured": whole["cpu_energy"], "modules": modules, "macs": whole["macs"]})
    totals["deviation"] = (totals["modules"] - totals["measured"]) / totals["modules"]
    totals = totals.loc[modules.index].reset_index()
    return totals, kinds


def deviations(totals):
    of = totals.groupby("architecture", sort=False, observed=True)
    frame = of.agg(
        sizes=("deviation", "size"),
        measured=("measured", "mean"),
        modules=("modules", "mean"),
        signed=("deviation", "mean"),
        absolute=("deviation", lambda deviation: deviation.abs().mean()),
        lowest=("deviation", "min"),
        highest=("deviation", "max"),
    )
    sums = of[["measured", "modules"]].sum()
    frame.insert(5, "pooled", (sums["modules"] - sums["measured"]) / sums["modules"])
    return frame


def printed(frame, absolute=True):
    """As the notebooks round it."""
    percent = frame["signed"].round(2) * 100
    rounded = frame[["measured", "modules"]].round(10)
    return rounded.assign(deviation=percent.abs() if absolute else percent)


def mean_shares(kinds, column, order=KINDS):
    return kinds.pivot_table(column, "module", "architecture", observed=True).loc[order]


def bars(notebook, name, kinds, height, order=KINDS, labelled=None):
    fig, ax = plt.subplots(figsize=inches(430, height))
    sns.barplot(x="rounded", y="module", hue="architecture", order=order, data=kinds, seed=2023, ax=ax)
    for container in ax.containers[:labelled]:
        ax.bar_label(container, fmt="%.2f")
    ax.set(xlim=(0, 100), xlabel="% of total architecture energy", ylabel="module type")
    shown = mean_shares(kinds, "rounded", order)
    notebook.figure(name, shown, (430, height), *([shown[network]] for network in shown))


def courses(kinds, column):
    """Shares of each kind of modules in each network, by batch size."""
    groups = kinds.sort_values("batch_size", kind="stable").groupby(["architecture", "module"], observed=True)
    return [(of["batch_size"], of[column]) for _, of in groups]


def lines(notebook, name, kinds):
    fig, ax = plt.subplots(figsize=inches(*WIDE))
    look = {"hue": "architecture", "style": "module", "markers": True, "dashes": False}
    sns.lineplot(x="batch_size", y="rounded", data=kinds, errorbar=None, ax=ax, **look)
    ax.set(xlabel="batch size", ylabel="% of total architecture energy")
    notebook.figure(name, kinds, WIDE, *courses(kinds, "rounded"))


def panels(notebook, name, kinds):
    fig, axes = plt.subplots(3, 2, figsize=inches(*PANELS))
    for ax, kind in zip(axes.flat, KINDS):
        of, look = kinds[kinds["module"] == kind], {"hue": "architecture", "style": "architecture"}
        legend = kind == "Linear"
        sns.lineplot(x="batch_size", y="share", data=of, errorbar=None, markers=True, legend=legend, ax=ax, **look)
        ax.set(title=kind, xlabel="batch size", ylabel="%")
    notebook.figure(name, kinds, PANELS, *courses(kinds, "share"))


def final(raw, notebook):
    parts = []
    for place, job in enumerate(FINAL, start=1):
        failed = failed_rows(lines_of(raw / f"{job}-slurm-log.out"), "architectures")
        runs, draws = sound(read(raw / f"{job}-raw.csv"), failed)
        dropped(notebook, f"mw.d{place}.dropped", failed)
        shape(notebook, f"mw.d{place}.shape", runs)
        parts.append(runs.assign(time=1000 * place + draws))
    runs = pd.concat(parts, ignore_index=True)
    times = runs.pop("time")
    groups = means(runs)
    notebook.table("mw.head", groups.head(10).reset_index())
    shape(notebook, "mw.agg.shape", groups)
    groups, _ = complete(groups, SETTING[:2])
    shape(notebook, "mw.complete.shape", groups)
    totals, kinds = summed(groups)

    # Batch sizes that were measured twice, each time for itself.
    of = [runs["architecture"], runs["batch_size"]]
    runs["draw"] = times.groupby(of).transform(lambda times: pd.factorize(times)[0]).astype(int)
    apart, _ = complete(means(runs, [*KEYS, "draw"]), SETTING)
    apart_totals, apart_kinds = summed(apart, SETTING)
    counts = runs[runs["layer_idx"] == 0].groupby(["architecture", "batch_size"]).size()
    merged = counts[counts > 3]
    notebook.table("derived.mw.merged", merged.reset_index())
    twice = apart_totals[apart_totals.duplicated(SETTING[:2], keep=False)].astype({"architecture": str})
    twice = twice.sort_values(SETTING).assign(draw=lambda twice: twice["draw"] + 1)
    notebook.table("derived.mw.merged.corrected", twice.drop(columns="macs"))

    of_sizes, of_draws = deviations(totals), deviations(apart_totals)
    notebook.table("mw.totals", printed(of_sizes))
    notebook.table("derived.mw.deviation", of_sizes.drop(columns=["measured", "modules"]))
    of_draws = of_draws[["sizes", "signed", "absolute"]].add_prefix("draws ")
    notebook.table("mw.totals.corrected", of_sizes.join(of_draws))
    last = [*(kind for kind in KINDS if kind != "Dropout"), "Dropout"]
    for name in ("mw.fig.contrib.corrected", "derived.mw.contrib_unrounded"):
        notebook.table(name, mean_shares(kinds, "share", last))
    notebook.table("mw.fig.contrib.draws", mean_shares(apart_kinds, "share"))

    for network in NETWORKS:
        of = totals[totals["architecture"] == network].set_index("batch_size").sort_index()
        shares = kinds[kinds["architecture"] == network].pivot(index="batch_size", columns="module", values="share")
        energies = (of[["measured", "modules"]] * JOULES).assign(deviation=of["deviation"] * 100)
        notebook.table(f"mw.modules.{network}", energies.join(shares[KINDS]).reset_index())
    inputs = totals["batch_size"]
    energy = {"macs": totals["macs"] / inputs, "energy": totals["measured"] * JOULES / inputs}
    notebook.table("energy-per-inference", pd.DataFrame({**energy, "batch_size": inputs}))

    bars(notebook, "mw.fig.contrib", kinds, 50 + BAR * 20, [kind for kind in KINDS if kind != "Dropout"])
    bars(notebook, "mw.fig.contrib.dropout", kinds, 50 + BAR * 24)
    lines(notebook, "mw.fig.batch", kinds)
    panels(notebook, "mw.fig.batch.corrected", kinds)
    return groups


def first(raw, notebook):
    """The first cluster run, and the first document, which reads the file that a parser left and drops no runs."""
    failed = failed_rows(lines_of(raw / FIRST[1]), "architectures")
    runs, _ = sound(read(raw / FIRST[0]), failed)
    dropped(notebook, "u1.dropped", failed)
    groups = means(runs.rename_axis("Unnamed: 0").reset_index())
    shape(notebook, "u1.agg.shape", groups)
    notebook.table("u1.head", groups[[*KEYS, *SHOWN]].head(10).reset_index())
    groups, lacking = complete(groups, SETTING[:2])
    sizes = [[batch_size, *groups.shape] for _, batch_size in lacking.index]
    notebook.table("u1.complete", pd.DataFrame(sizes, columns=["batch_size", "rows", "columns"]))
    totals, kinds = summed(groups)
    literal, _ = sound(pd.read_csv(raw / PARSED, index_col=0), [])
    literal_totals, literal_kinds = summed(means(literal))

    of_sizes, of_literal = deviations(totals), deviations(literal_totals)
    notebook.table("u1.totals", printed(of_sizes))
    notebook.table("seed.totals", printed(of_literal, absolute=False))
    notebook.table("derived.seed_literal.totals", printed(of_literal, absolute=False))
    notebook.table("seed.deviation", of_literal.drop(columns=["measured", "modules"]))
    last = [*(kind for kind in KINDS if kind != "Dropout"), "Dropout"]
    for name in ("u1", "seed"):
        notebook.table(f"{name}.totals.corrected", of_sizes)
        notebook.table(f"{name}.fig.contrib.corrected", mean_shares(kinds, "share", last))
    notebook.table("derived.seed_literal.contrib", mean_shares(literal_kinds, "rounded"))
    for name, of, labelled in [("u1", kinds, None), ("seed", literal_kinds, 2)]:
        bars(notebook, f"{name}.fig.contrib", of, 50 + BAR * 18, labelled=labelled)
        lines(notebook, f"{name}.fig.batch", of)


def make(raw, notebook):
    final(raw, notebook)
    first(raw, notebook)
