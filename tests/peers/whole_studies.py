"""Which whole studies are compared: the stages of ours that do what the peer does, and where both may differ."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import agree

MODELS = [model["id"] for model in json.loads((Path(__file__).parent / "models.json").read_text())["models"]]
COMPARED = ["conv2d", "linear", "maxpool2d"]
LAYERS = [*COMPARED, "relu", "sigmoid", "tanh", "softmax"]
DOCUMENTS = ["seed", "mw", "u1"]


def none(name):
    return False


@dataclass(frozen=True)
class Study:
    name: str
    # What the table calls it, and the file of the peer in the folder `studies`.
    shown: str
    peer: str
    # Stages that are built, with all that they read: no paper, no report, no comparison with what was published.
    stages: list[str]
    # Tables of ours that these stages make and the peer does not.
    left_out: Callable[[str], bool] = none
    # Tables and drawings that are made, but not compared.
    unstable: Callable[[str], bool] = none
    # How far numbers may differ.
    tolerance: Callable[[str], float] = lambda name: agree.TOLERANCE
    # Whether logs were reconstructed that were never released.
    reconstructed: bool = False
    runs: int = 7


def of_models(name):
    return name.split(".")[0] in LAYERS


# Two models of features that are so nearly dependent that the rounding of the solver decides of one fold.
DEPENDENT = ["linear.param_log_param", "maxpool2d.param_log_param_macs"]


def tolerance_of_models(name):
    """Relative to a score that is nearly one; the spread of the folds of the two is less sure."""
    if name in DEPENDENT:
        return 0.03
    return agree.OF_MODELS if of_models(name) else agree.TOLERANCE


NETWORKS = [f"stats/{document}-{of}" for document in DOCUMENTS for of in ("totals", "contrib")]
NETWORKS += ["stats/mw-draws", "aggregate/modules", "aggregate/energy-per-inference"]
NETWORKS += [f"figures/{document}.fig.{of}" for document in DOCUMENTS for of in ("contrib", "batch")]
NETWORKS += ["figures/mw.fig.contrib.dropout", "figures/mw.fig.batch.corrected"]
MODEL_STAGES = [f"figures/{model}.fig" for model in MODELS]
MODEL_STAGES += [f"{of}/{name}.compare{end}" for name in COMPARED for of, end in (("stats", ""), ("figures", ".fig"))]


def not_of_networks(name):
    """Counts of runs of each kind, and shapes for the notebook of the estimates; whiskers come from random numbers."""
    return name.startswith("est.") or name.endswith((".runs", ".whiskers"))


def not_of_layers(name):
    """Scores of folds that do not know of each other, and shapes for the notebook that writes the data sets."""
    corrected = of_models(name) and name.endswith(".corrected")
    return not_of_networks(name) or corrected or name.startswith("datasets.") or name.endswith(".shapes")


STUDIES = [
    Study(
        "tinyml-mcu",
        "tinyml-mcu",
        "tinyml_mcu",
        ["aggregate", "stats", "figures"],
        # For the comparison of all studies, which no notebook has.
        left_out=lambda name: name == "energy-per-inference",
        # Two files of 24 rows are sorted by a sort that is not stable: another numpy leaves other rows.
        unstable=lambda name: name.startswith("fig2.") and ".resnet" in name,
    ),
    Study(
        "vision-inference",
        "vision-inference",
        "vision_inference",
        ["aggregate", "stats", "figures"],
        reconstructed=True,
    ),
    Study("module-energy", "module-energy (networks)", "module_energy_networks", NETWORKS, left_out=not_of_networks),
    Study(
        "module-energy",
        "module-energy",
        "module_energy",
        [*NETWORKS, *MODEL_STAGES],
        left_out=not_of_layers,
        tolerance=tolerance_of_models,
        # The models alone take a minute in Python.
        runs=3,
    ),
]
