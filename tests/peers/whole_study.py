#!/usr/bin/env python3
"""tinyml-mcu from its pickles to its tables and figures: whole_study.py RAW OUT

RAW is the folder `data` of the study. Written as the notebooks are, with seaborn where they use it; OUT gets each figure
as SVG and PNG with the values that it shows as CSV, and each table as CSV. Prints the tables and regressions, by the
names of our records.
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy.stats import linregress

MCUS = {"NUCLEO_L496ZG": "L4", "DISCO_F469NI": "F4", "NUCLEO_F767ZI": "F7"}
ORDER = ["L4", "F4", "F7"]
CLASSES = ["modulo 4", "odd", "even"]
LABELS = ["Unoptimized (U)", "U + FPU", "Quantized (Q)", "Q + CMSIS-NN"]
PROMISED = [("float32", "none", 0), ("float32", "none", 1), ("int8", "none", 1), ("int8", "cmsis-nn", 1)]
LATENCIES = {
    "l4.lenet": "NUCLEO_L496ZG_LeNet-MNIST_benchmarking+verification_results_2020-07-24.pkl",
    "f4.lenet": "DISCO_F469NI_LeNet-MNIST_benchmarking+verification_results_2020-07-18.pkl",
    "f7.lenet": "NUCLEO_F767ZI_LeNet-MNIST_benchmarking+verification_results_2020-07-22.pkl",
    "l4.resnet": "NUCLEO_L496ZG_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-20.pkl",
    "f4.resnet": "DISCO_F469NI_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-19.pkl",
    "f7.resnet": "NUCLEO_F767ZI_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-22.pkl",
}
NO_CMSIS = "F-combined_no-cmsis_N_"
DENSE = NO_CMSIS + "01ec_DenseBenchmark_varying-input_U-440_layer_results_2021-03-31.pkl"
CONV = NO_CMSIS + "01dg_ConvBenchmark_SingleConv_F-100_K-1_layer_results_2021-04-01.pkl"
DEPTHWISE = NO_CMSIS + "01f_Depthwise-Conv_f-100_K-1_layer_results_2021-{}.pkl"

raw, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
found = {}


def read(name):
    frame = pd.read_pickle(raw / name)
    frame["MCU"] = frame["MCU"].replace(MCUS)
    return frame


def save(name, data):
    plt.tight_layout()
    plt.savefig(out / f"{name}.svg")
    plt.savefig(out / f"{name}.png", dpi=200)
    plt.close("all")
    data.to_csv(out / f"{name}.csv")


def table(name, frame):
    frame.to_csv(out / f"{name}.csv")
    found[name] = {"rows": frame.select_dtypes("number").astype(float).to_numpy().tolist()}


def regression(name, x, y):
    fit = linregress(x, y)
    values = {"slope": fit.slope, "intercept": fit.intercept, "rvalue": fit.rvalue, "stderr": fit.stderr}
    found[f"{name}.regression"] = {"values": values}
    return fit




# Figure 2: latency of whole models.
promised = {}
for name, file in LATENCIES.items():
    df = read(file)
    column = "tflu_mcu_benchmark_mean"
    column = f"{column}_50" if f"{column}_50" in df else column
    df = df[(df["weights"] == df["activations"]) & (df["compiler_optimization"] == "-Ofast")].copy()
    df[column] = df[column].astype(float) / 1000
    df["combined_type"] = df["model_type"] + "_" + df["cmsis-nn"] + "_" + df["FPU_status"].astype(str)
    shown = df.sort_values(by="model_type").reset_index().drop([1, 3, 6, 7]).sort_values(by="FPU_status")
    table(f"fig2.{name}.table", shown[["combined_type", column]])
    grid = sns.catplot(y="label", x=column, kind="bar", data=shown.assign(label=LABELS), height=2, aspect=16 / 9)
    grid.set(xlabel="Inference latency [ms]", ylabel="Model type")
    save(f"fig2.{name}.figure", shown)
    rows = [df[(df["weights"] == w) & (df["cmsis-nn"] == k) & (df["FPU_status"] == f)] for w, k, f in PROMISED]
    promised[name] = pd.concat(rows).assign(label=LABELS, latency=lambda rows: rows[column])[["label", "latency"]]
figure, axes = plt.subplots(3, 2, figsize=(7, 5.2))
for axis, name in zip(axes.flat, [f"{mcu.lower()}.{network}" for mcu in ORDER for network in ("lenet", "resnet")]):
    sns.barplot(y="label", x="latency", data=promised[name], ax=axis)
    axis.set(xlabel="Inference latency [ms]", ylabel="", title=name)
save("fig2.corrected", pd.concat(promised))

# Figure 3: energy against latency, with the front.
inferences = read("A_Aggregated_energy_inference_table.pkl").reset_index(drop=True)
inferences["model_type"] = inferences["model_type"].str.replace("_", "-")
for name, model in [("resnet", "01d_ResNet20_CIFAR-10"), ("lenet", "LeNet-MNIST")]:
    df = inferences[(inferences["weights"] == inferences["activations"]) & (inferences["model_name"] == model)]
    df = df.sort_values(by=["model_type", "MCU"], kind="stable")
    df[["energy_mean", "latency_mean"]] *= 1000
    fastest, frugal = df["latency_mean"].idxmin(), df["energy_mean"].idxmin()
    x, y = df.loc[[fastest, frugal, frugal], "latency_mean"], df.loc[[fastest, fastest, frugal], "energy_mean"]
    table(f"fig3.{name}.table", df[["model_type", "latency_mean", "energy_mean"]])
    table(f"fig3.{name}.pareto_x", x[:2].to_frame())
    table(f"fig3.{name}.pareto_y", y.to_frame())
    plt.figure(figsize=(4, 3))
    plt.plot(x, y, c="r", label="Pareto front", linewidth=2)
    sns.scatterplot(x="latency_mean", y="energy_mean", hue="MCU", style="MCU", hue_order=ORDER, data=df, s=50)
    plt.xlabel("Inference latency [ms]")
    plt.ylabel("Inference energy consumption [mJ]")
    save(f"fig3.{name}.figure", df)


def swept(file, tag, sizes, kernels):
    df = read(file)
    if "error" in df:
        df = df[df["error"].isna()].copy()
    # As the notebooks take numbers out of names.
    for size in sizes:
        df.loc[df["model"].str.contains(f"_{tag}-{size}_"), "size"] = float(size)
    df["kernel"] = 1.0
    for kernel in kernels:
        df.loc[df["model"].str.contains(f"_K-{kernel}_"), "kernel"] = float(kernel)
    df["class"] = np.where(df["size"] % 4 == 0, "modulo 4", np.where(df["size"] % 2 == 0, "even", "odd"))
    df["area"] = df["kernel"] ** 2
    df["seconds"] = df["layer_latency_mean"].astype(float) / 1000 / 1000
    return df


def counted(df, of, maccs, flops):
    df.loc[of, "MACCs"], df.loc[of, "FLOPs"] = maccs, flops


dense = swept(DENSE, "U", range(500), [])
layer, size = dense["layer"].str, dense["size"]
dense["MACCs"], dense["FLOPs"] = 100.0, 100.0
counted(dense, layer.contains("2_FULLY"), size * 101, 200 * size)
counted(dense, layer.contains("3_FULLY|5_FULLY"), 450 * (size + 1), 900 * size)
counted(dense, layer.contains("4_FULLY"), size * 451, 900 * size)
counted(dense, layer.contains("6_FULLY"), 10 * 451.0, 9000.0)

conv = swept(CONV, "F", range(1, 200), range(1, 200))
layer, size, area, pixels = conv["layer"].str, conv["size"], conv["area"], 32 * 32
conv["MACCs"], conv["FLOPs"] = 10.0, 10.0
counted(conv, layer.contains("CONV"), pixels * size * (area + 1) * 60, pixels * size * (2 * area + 1) * 60)
counted(conv, layer.contains("1_CONV"), pixels * (area + 1) * size, pixels * (2 * area + 1) * size)
counted(conv, layer.contains("FULLY"), (pixels * 60 + 1) * 10.0, 2 * pixels * 60 * 10.0)
conv["true MACCs"], conv["true FLOPs"] = conv["MACCs"], conv["FLOPs"]
second = layer.contains("2_CONV")
conv.loc[second, "true MACCs"] = pixels * 60 * (area * size + 1)
conv.loc[second, "true FLOPs"] = pixels * 60 * (2 * area * size + 1)


def depthwise(date):
    df = swept(DEPTHWISE.format(date), "f", range(1, 200), range(1, 12))
    layer, size, area, pixels = df["layer"].str, df["size"], df["area"], 24 * 24
    df["MACCs"], df["FLOPs"] = 10.0, 10.0
    counted(df, layer.contains("CONV"), pixels * size * (area + 1), pixels * size * (2 * area + 1))
    counted(df, layer.contains("FULLY"), 10 * (pixels * size + 1), 20 * pixels * size)
    return df


def sweep(name, df, x, y, lines, label):
    look = {"hue": "class", "style": "class", "hue_order": CLASSES, "markers": True, "dashes": False}
    sns.relplot(x=x, y=y, data=df, kind="line", errorbar=None, linewidth=0.2, height=3, aspect=4 / 3, **look)
    for one in CLASSES if lines else []:
        of = df[df["class"] == one]
        fit = linregress(of[x], of[y])
        ends = np.array([of[x].min(), of[x].max()])
        plt.plot(ends, fit.intercept + fit.slope * ends, linewidth=1)
    plt.xlabel("MACC operations per layer")
    plt.ylabel(label)
    save(name, df)


def lines(name, df, flops):
    """The line through all points, on true operations, and that of each class."""
    regression(name, df["FLOPs"], df["seconds"])
    regression(f"{name}.true", df[flops], df["seconds"])
    fits = [linregress(of[flops], of["seconds"]) for _, of in df.groupby("class", sort=False)]
    frame = pd.DataFrame([[fit.slope, fit.intercept, fit.rvalue, fit.stderr] for fit in fits])
    table(f"{name}.regression.per_class", frame)


# Figures 4 and 9: a dense layer.
third = dense[(dense["layer"] == "3_FULLY_CONNECTED") & (dense["cmsis-nn"] == "cmsis-nn")].copy()
third["milliseconds"] = third["layer_latency_mean"].astype(float) / 1000
sweep("fig4.figure", third, "MACCs", "milliseconds", False, "Layer latency [ms]")
shown = third[(third["size"] > 459) & (third["size"] < 491)].assign(length=lambda df: df["size"].astype(int))
bars = {"kind": "bar", "orient": "h", "height": 3.8, "aspect": 0.7}
sns.catplot(y="length", x="milliseconds", hue="class", data=shown, **bars)
plt.xlabel("Layer latency [ms]")
plt.ylabel("Input length")
save("fig9.figure", shown)

# Figure 5: a convolution.
frame = conv[["layer", "layer_latency_mean", "MACCs", "kernel"]]
table("fig5.frame", pd.concat([frame.head(), frame.tail()]).infer_objects())
df = conv[(conv["layer"] == "2_CONV_2D") & (conv["cmsis-nn"] == "cmsis-nn") & (conv["kernel"] == 3)]
table("fig5.table", df[["size", "MACCs", "seconds"]])
lines("fig5", df, "true FLOPs")
sweep("fig5.figure", df, "MACCs", "seconds", False, "Layer latency [s]")
sweep("fig5.figure.corrected", df, "true MACCs", "seconds", True, "Layer latency [s]")

# Figure 8: a depth-wise convolution.
df = depthwise("03-23")
df = df[(df["layer"] == "2_DEPTHWISE_CONV_2D") & (df["kernel"] == 3)]
table("fig8.table", df[["layer", "kernel", "size", "MACCs", "FLOPs", "seconds"]])
lines("fig8", df, "FLOPs")
sweep("fig8.figure", df, "MACCs", "seconds", False, "Layer latency [s]")
sweep("fig8.figure.corrected", df, "MACCs", "seconds", True, "Layer latency [s]")

# Figures 6 and 7: energy against latency, of inferences and of layers, with lines and bands.
layers = read("A_Aggregated_energy_inference_layer_table.pkl").reset_index(drop=True)
for frame, x, y, name in [
    (inferences, "latency_mean", "energy_mean", "fig6"),
    (layers, "layer_latency_mean", "layer_energy_mean", "fig7"),
]:
    frame[[x, y]] = frame[[x, y]].astype(float)
    for mcu in ORDER:
        of = frame[frame["MCU"] == mcu]
        regression(f"{name}.{mcu.lower()}", of[x], of[y])
    frame["mJ"] = frame[y] * 1000
for x, y in [("latency_mean", "energy_mean")]:
    greatest = inferences.groupby("MCU")[[x, y]].transform("max")
    inferences[["relative latency", "relative energy"]] = inferences[[x, y]] / greatest
regression("fig6.normalized", inferences["relative latency"], inferences["relative energy"])
shares = ["layer_latency_relativ", "layer_energy_relativ"]
layers[shares] = layers[shares].astype(float)
regression("fig7.relative", layers[shares[0]], layers[shares[1]])
for name, frame, x, y, labels in [
    ("fig6.absolute.figure", inferences, "latency_mean", "mJ", ("Inference latency [s]", "Energy [mJ]")),
    ("fig6.normalized.figure", inferences, "relative latency", "relative energy", ("Latency [s]", "Energy [mJ]")),
    ("fig6.normalized.figure.corrected", inferences, "relative latency", "relative energy", ("Latency", "Energy")),
    ("fig7.absolute.figure", layers, "layer_latency_mean", "mJ", ("Layer latency [s]", "Energy [mJ]")),
    ("fig7.relative.figure", layers, shares[0], shares[1], ("Share of latency", "Share of energy")),
]:
    sns.lmplot(x=x, y=y, hue="MCU", hue_order=ORDER, data=frame, height=3, aspect=4 / 3, scatter_kws={"s": 30})
    plt.xlabel(labels[0])
    plt.ylabel(labels[1])
    save(name, frame)

# Table 4: time for an operation.
april = depthwise("04-01")
for name, frame, layer, kernel in [
    ("tab4.dense", dense, "3_FULLY|5_FULLY", None),
    ("tab4.conv.k1", conv, "2_CONV", 1),
    ("tab4.conv.k3", conv, "2_CONV", 3),
    ("tab4.dwconv.k1", april, "2_DEPTHWISE_CONV_2D", 1),
    ("tab4.dwconv.k3", april, "2_DEPTHWISE_CONV_2D", 3),
]:
    of = frame[frame["layer"].str.contains(layer)]
    of = of[of["kernel"] == kernel] if kernel else of
    for suffix in ["", ".corrected"]:
        maccs = "true MACCs" if suffix and frame is conv else "MACCs"
        df = of.assign(time=of["layer_latency_mean"].astype(float) / of[maccs] * 1e3)
        reference = None
        for kernels in ["none", "cmsis-nn"]:
            one = df[df["cmsis-nn"] == kernels]
            one = one.drop_duplicates(["model", "layer"], keep="last") if suffix else one
            classes = [one, one[one["size"] % 2 == 1], one[one["size"] % 2 == 0], one[one["size"] % 4 == 0]]
            rows = [[of_class["time"].mean(), of_class["time"].std()] for of_class in classes]
            reference = reference or rows[0][0]
            rows = pd.DataFrame(rows, index=["all", "odd", "even", "modulo 4"], columns=["mean", "std"])
            table(f"{name}.{kernels}{suffix}", rows.assign(factor=reference / rows["mean"]))

print(json.dumps(found))
