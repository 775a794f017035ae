"""tinyml-mcu from its pickles to its tables and figures, as its notebooks have them, with seaborn where they use it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy.stats import linregress

from .notebook import facet, inches

MCUS = {"NUCLEO_L496ZG": "L4", "DISCO_F469NI": "F4", "NUCLEO_F767ZI": "F7"}
ORDER = ["L4", "F4", "F7"]
# In pt: half a page wide, with legends, and two flat ones.
SMALL, TALL, FLAT = (222, 176), (222, 216), (222, 118)
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


def read(raw, name):
    frame = pd.read_pickle(raw / name)
    frame["MCU"] = frame["MCU"].replace(MCUS)
    return frame


def regression(notebook, name, x, y):
    # Our record has another name where the counts of operations are true ones.
    name = f"{name.removesuffix('.true')}.regression.corrected" if name.endswith(".true") else f"{name}.regression"
    notebook.regression(name, x, y)


def by(df, column, order, x, y):
    """The points of each kind, as they are drawn."""
    return [(df.loc[df[column] == one, x], df.loc[df[column] == one, y]) for one in order]


def whole_models(raw, notebook):
    """Figure 2: latency of whole models."""
    promised = {}
    for name, file in LATENCIES.items():
        df = read(raw, file)
        column = "tflu_mcu_benchmark_mean"
        column = f"{column}_50" if f"{column}_50" in df else column
        df = df[(df["weights"] == df["activations"]) & (df["compiler_optimization"] == "-Ofast")].copy()
        df[column] = df[column].astype(float) / 1000
        df["combined_type"] = df["model_type"] + "_" + df["cmsis-nn"] + "_" + df["FPU_status"].astype(str)
        shown = df.sort_values(by="model_type").reset_index().drop([1, 3, 6, 7]).sort_values(by="FPU_status")
        notebook.table(f"fig2.{name}.table", shown[["combined_type", column]])
        grid = sns.catplot(y="label", x=column, kind="bar", data=shown.assign(label=LABELS), **facet(FLAT))
        grid.set(xlabel="Inference latency [ms]", ylabel="Model type")
        notebook.figure(f"fig2.{name}", shown, FLAT, [shown[column]])
        rows = [df[(df["weights"] == w) & (df["cmsis-nn"] == k) & (df["FPU_status"] == f)] for w, k, f in PROMISED]
        promised[name] = pd.concat(rows).assign(label=LABELS, latency=lambda rows: rows[column])[["label", "latency"]]
    figure, axes = plt.subplots(3, 2, figsize=inches(430, 318))
    names = [f"{mcu.lower()}.{network}" for mcu in ORDER for network in ("lenet", "resnet")]
    for axis, name in zip(axes.flat, names):
        sns.barplot(y="label", x="latency", data=promised[name], ax=axis)
        axis.set(xlabel="Inference latency [ms]", ylabel="", title=name)
    bars = ([promised[name]["latency"]] for name in names)
    notebook.figure("fig2.corrected", pd.concat(promised), (430, 318), *bars)


def fronts(notebook, inferences):
    """Figure 3: energy against latency, with the front."""
    for name, model in [("resnet", "01d_ResNet20_CIFAR-10"), ("lenet", "LeNet-MNIST")]:
        df = inferences[(inferences["weights"] == inferences["activations"]) & (inferences["model_name"] == model)]
        df = df.sort_values(by=["model_type", "MCU"], kind="stable")
        df[["energy_mean", "latency_mean"]] *= 1000
        fastest, frugal = df["latency_mean"].idxmin(), df["energy_mean"].idxmin()
        x, y = df.loc[[fastest, frugal, frugal], "latency_mean"], df.loc[[fastest, fastest, frugal], "energy_mean"]
        notebook.table(f"fig3.{name}.table", df[["model_type", "latency_mean", "energy_mean"]])
        notebook.table(f"fig3.{name}.pareto_x", x[:2].to_frame())
        notebook.table(f"fig3.{name}.pareto_y", y.to_frame())
        plt.figure(figsize=inches(*SMALL))
        plt.plot(x, y, c="r", label="Pareto front", linewidth=2)
        sns.scatterplot(x="latency_mean", y="energy_mean", hue="MCU", style="MCU", hue_order=ORDER, data=df, s=50)
        plt.xlabel("Inference latency [ms]")
        plt.ylabel("Inference energy consumption [mJ]")
        points = by(df, "MCU", ORDER, "latency_mean", "energy_mean")
        notebook.figure(f"fig3.{name}", df, SMALL, *points, (x, y))


def swept(raw, file, tag):
    """Latencies of layers of a sweep; its sizes stand in the names of the models."""
    df = read(raw, file)
    if "error" in df:
        df = df[df["error"].isna()].copy()
    df["size"] = df["model"].str.extract(rf"_{tag}-(\d+)_", expand=False).astype(float)
    df["kernel"] = df["model"].str.extract(r"_K-(\d+)_", expand=False).astype(float).fillna(1.0)
    df["class"] = np.where(df["size"] % 4 == 0, "modulo 4", np.where(df["size"] % 2 == 0, "even", "odd"))
    df["area"] = df["kernel"] ** 2
    df["seconds"] = df["layer_latency_mean"].astype(float) / 1000 / 1000
    return df


def counted(df, of, maccs, flops):
    df.loc[of, "MACCs"], df.loc[of, "FLOPs"] = maccs, flops


def dense_layers(raw):
    dense = swept(raw, DENSE, "U")
    layer, size = dense["layer"].str, dense["size"]
    dense["MACCs"], dense["FLOPs"] = 100.0, 100.0
    counted(dense, layer.contains("2_FULLY"), size * 101, 200 * size)
    counted(dense, layer.contains("3_FULLY|5_FULLY"), 450 * (size + 1), 900 * size)
    counted(dense, layer.contains("4_FULLY"), size * 451, 900 * size)
    counted(dense, layer.contains("6_FULLY"), 10 * 451.0, 9000.0)
    return dense


def convolutions(raw):
    conv = swept(raw, CONV, "F")
    layer, size, area, pixels = conv["layer"].str, conv["size"], conv["area"], 32 * 32
    conv["MACCs"], conv["FLOPs"] = 10.0, 10.0
    counted(conv, layer.contains("CONV"), pixels * size * (area + 1) * 60, pixels * size * (2 * area + 1) * 60)
    counted(conv, layer.contains("1_CONV"), pixels * (area + 1) * size, pixels * (2 * area + 1) * size)
    counted(conv, layer.contains("FULLY"), (pixels * 60 + 1) * 10.0, 2 * pixels * 60 * 10.0)
    conv["true MACCs"], conv["true FLOPs"] = conv["MACCs"], conv["FLOPs"]
    second = layer.contains("2_CONV")
    conv.loc[second, "true MACCs"] = pixels * 60 * (area * size + 1)
    conv.loc[second, "true FLOPs"] = pixels * 60 * (2 * area * size + 1)
    return conv


def depthwise(raw, date):
    df = swept(raw, DEPTHWISE.format(date), "f")
    layer, size, area, pixels = df["layer"].str, df["size"], df["area"], 24 * 24
    df["MACCs"], df["FLOPs"] = 10.0, 10.0
    counted(df, layer.contains("CONV"), pixels * size * (area + 1), pixels * size * (2 * area + 1))
    counted(df, layer.contains("FULLY"), 10 * (pixels * size + 1), 20 * pixels * size)
    return df


def sweep(notebook, name, df, x, y, lines, label, size=TALL):
    look = {"hue": "class", "style": "class", "hue_order": CLASSES, "markers": True, "dashes": False}
    look["facet_kws"] = {"legend_out": False}
    sns.relplot(x=x, y=y, data=df, kind="line", errorbar=None, linewidth=0.2, **facet(size), **look)
    for one in CLASSES if lines else []:
        of = df[df["class"] == one]
        fit = linregress(of[x], of[y])
        ends = np.array([of[x].min(), of[x].max()])
        plt.plot(ends, fit.intercept + fit.slope * ends, linewidth=1)
    plt.xlabel("MACC operations per layer")
    plt.ylabel(label)
    notebook.figure(name, df, size, *by(df, "class", CLASSES, x, y))


def lines(notebook, name, df, flops):
    """The line through all points, on true operations, and that of each class."""
    regression(notebook, name, df["FLOPs"], df["seconds"])
    regression(notebook, f"{name}.true", df[flops], df["seconds"])
    rows = []
    for one in CLASSES:
        of = df[df["class"] == one]
        fit = linregress(of[flops], of["seconds"])
        rows.append([fit.slope, fit.intercept, fit.rvalue, fit.stderr, len(of)])
    frame = pd.DataFrame(rows, index=CLASSES)
    notebook.table(f"{name}.regression.per_class", frame)


def dense_sweep(notebook, dense):
    """Figures 4 and 9: a dense layer."""
    third = dense[(dense["layer"] == "3_FULLY_CONNECTED") & (dense["cmsis-nn"] == "cmsis-nn")].copy()
    third["milliseconds"] = third["layer_latency_mean"].astype(float) / 1000
    sweep(notebook, "fig4", third, "MACCs", "milliseconds", False, "Layer latency [ms]", (260, 206))
    shown = third[(third["size"] > 459) & (third["size"] < 491)].assign(length=lambda df: df["size"].astype(int))
    size = 230, 326
    bars = {"kind": "bar", "orient": "h", "legend_out": False, **facet(size)}
    sns.catplot(y="length", x="milliseconds", hue="class", data=shown, **bars)
    plt.xlabel("Layer latency [ms]")
    plt.ylabel("Input length")
    notebook.figure("fig9", shown, size, [shown.sort_values("size")["milliseconds"]])


def convolution_sweep(notebook, conv):
    """Figure 5: a convolution."""
    frame = conv[["layer", "layer_latency_mean", "MACCs", "kernel"]]
    notebook.table("fig5.frame", pd.concat([frame.head(), frame.tail()]).infer_objects())
    df = conv[(conv["layer"] == "2_CONV_2D") & (conv["cmsis-nn"] == "cmsis-nn") & (conv["kernel"] == 3)]
    notebook.table("fig5.table", df[["size", "MACCs", "seconds"]])
    lines(notebook, "fig5", df, "true FLOPs")
    sweep(notebook, "fig5", df, "MACCs", "seconds", False, "Layer latency [s]")
    sweep(notebook, "fig5.corrected", df, "true MACCs", "seconds", True, "Layer latency [s]")


def depthwise_sweep(raw, notebook):
    """Figure 8: a depth-wise convolution."""
    df = depthwise(raw, "03-23")
    df = df[(df["layer"] == "2_DEPTHWISE_CONV_2D") & (df["kernel"] == 3)]
    notebook.table("fig8.table", df[["layer", "kernel", "size", "MACCs", "FLOPs", "seconds"]])
    lines(notebook, "fig8", df, "FLOPs")
    sweep(notebook, "fig8", df, "MACCs", "seconds", False, "Layer latency [s]")
    sweep(notebook, "fig8.corrected", df, "MACCs", "seconds", True, "Layer latency [s]")


def energies(notebook, inferences, layers):
    """Figures 6 and 7: energy against latency, of inferences and of layers, with lines and bands."""
    for frame, x, y, name in [
        (inferences, "latency_mean", "energy_mean", "fig6"),
        (layers, "layer_latency_mean", "layer_energy_mean", "fig7"),
    ]:
        frame[[x, y]] = frame[[x, y]].astype(float)
        for mcu in ORDER:
            of = frame[frame["MCU"] == mcu]
            regression(notebook, f"{name}.{mcu.lower()}", of[x], of[y])
        frame["mJ"] = frame[y] * 1000
    means = ["latency_mean", "energy_mean"]
    greatest = inferences.groupby("MCU")[means].transform("max")
    inferences[["relative latency", "relative energy"]] = inferences[means] / greatest
    regression(notebook, "fig6.normalized", inferences["relative latency"], inferences["relative energy"])
    shares = ["layer_latency_relativ", "layer_energy_relativ"]
    layers[shares] = layers[shares].astype(float)
    regression(notebook, "fig7.relative", layers[shares[0]], layers[shares[1]])
    grid = {"facet_kws": {"legend_out": False}, **facet(SMALL)}
    for name, frame, x, y, labels in [
        ("fig6.absolute", inferences, "latency_mean", "mJ", ("Inference latency [s]", "Energy [mJ]")),
        ("fig6.normalized", inferences, "relative latency", "relative energy", ("Latency [s]", "Energy [mJ]")),
        ("fig6.normalized.corrected", inferences, "relative latency", "relative energy", ("Latency", "Energy")),
        ("fig7.absolute", layers, "layer_latency_mean", "mJ", ("Layer latency [s]", "Energy [mJ]")),
        ("fig7.relative", layers, shares[0], shares[1], ("Share of latency", "Share of energy")),
    ]:
        sns.lmplot(x=x, y=y, hue="MCU", hue_order=ORDER, data=frame, scatter_kws={"s": 30}, **grid)
        plt.xlabel(labels[0])
        plt.ylabel(labels[1])
        notebook.figure(name, frame, SMALL, *by(frame, "MCU", ORDER, x, y))


def operations(notebook, dense, conv, april):
    """Table 4: time for an operation."""
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
                rows["factor"] = reference / rows["mean"]
                if suffix:
                    rows["n"] = [len(of_class) for of_class in classes]
                notebook.table(f"{name}.{kernels}{suffix}", rows)


def make(raw, notebook):
    raw = raw / "data"
    inferences = read(raw, "A_Aggregated_energy_inference_table.pkl").reset_index(drop=True)
    inferences["model_type"] = inferences["model_type"].str.replace("_", "-")
    layers = read(raw, "A_Aggregated_energy_inference_layer_table.pkl").reset_index(drop=True)
    dense, conv = dense_layers(raw), convolutions(raw)
    whole_models(raw, notebook)
    fronts(notebook, inferences)
    dense_sweep(notebook, dense)
    convolution_sweep(notebook, conv)
    depthwise_sweep(raw, notebook)
    energies(notebook, inferences, layers)
    operations(notebook, dense, conv, depthwise(raw, "04-01"))
