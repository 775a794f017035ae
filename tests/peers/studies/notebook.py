"""What the notebooks of all studies share: how large figures are, where they and the tables go, and what was found."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import linregress

# Our pictures have two pixels to the pt.
DPI = 144
POINTS_TO_THE_INCH = 72


def inches(width, height):
    """The size of a figure in pt, as matplotlib takes it."""
    return width / POINTS_TO_THE_INCH, height / POINTS_TO_THE_INCH


def facet(size):
    """The same as seaborn takes it."""
    return {"height": size[1] / POINTS_TO_THE_INCH, "aspect": size[0] / size[1]}


class Notebook:
    """Writes tables as CSV, and figures as SVG, PNG and CSV of what they show.

    What was found is kept by the names of our records and drawings, to be compared.
    """

    def __init__(self, out):
        self.out = out
        self.tables = {}
        self.drawings = {}
        # Letters and points for pages: the notebooks' figures are 12 inches wide.
        plt.rcParams.update({"font.size": 7, "lines.markersize": 4, "axes.titlesize": "medium"})

    def table(self, name, frame):
        frame.to_csv(self.out / f"{name}.csv")
        self.tables[name] = {"rows": frame.select_dtypes("number").astype(float).to_numpy().tolist()}

    def values(self, name, **values):
        pd.Series(values).to_csv(self.out / f"{name}.csv", header=False)
        self.tables[name] = {"values": {name: float(value) for name, value in values.items()}}

    def regression(self, name, x, y, **more):
        fit = linregress(x, y)
        values = {"slope": fit.slope, "intercept": fit.intercept, "rvalue": fit.rvalue, "pvalue": fit.pvalue}
        self.values(name, **values, stderr=fit.stderr, n=len(x), **more)
        return fit

    def figure(self, name, data, size, *series):
        """Saves the current figure with the frame that it shows; `series` are x and y of points, or values of bars."""
        plt.gcf().set_size_inches(*inches(*size))
        plt.tight_layout()
        plt.savefig(self.out / f"{name}.svg")
        plt.savefig(self.out / f"{name}.png", dpi=DPI)
        plt.close("all")
        data.to_csv(self.out / f"{name}.csv")
        self.drawings[name] = [[[float(value) for value in values] for values in one] for one in series]
