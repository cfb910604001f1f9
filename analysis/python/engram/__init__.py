"""Results of engram studies as pandas tables and numpy arrays.

    import engram
    trials = engram.load("results/narma10_leak.h5")
    trials.groupby("point")["nrmse"].agg(["mean", "sem"]).nsmallest(5, "mean")
    engram.plot("results/narma10_leak.h5", "nrmse", "leak").savefig("leak.png")
"""

from .plotting import plot
from .results import array, array_names, config, load, provenance, series, series_names, study

__all__ = [
    "array",
    "array_names",
    "config",
    "load",
    "plot",
    "provenance",
    "series",
    "series_names",
    "study",
]
