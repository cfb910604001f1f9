"""One plot: a metric against one or two parameters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm, Normalize

from .results import config, load, study

_POINT = "#9db4c8"
_MEAN = "#1b4f72"
_BEST = "#c0392b"


def _column(table, name, kind):
    """The table's name of a parameter or metric, also where a clash gave it a prefix."""
    for candidate in (f"{kind}_{name}", name):
        if candidate in table:
            return candidate
    known = ", ".join(table.columns)
    raise KeyError(f"there is no column '{name}'; there are {known}")


def _label(table, column):
    unit = table.attrs["columns"][column].get("unit", "1")
    return column if unit in ("1", "") else f"{column} ({unit})"


def _is_log(space, name):
    """By the study's own name of the parameter, also if the table's name of it was given."""
    return space.get(name, space.get(name.removeprefix("param_"), "")).startswith("loguniform")


def _spreads_over_decades(values):
    return values.min() > 0 and values.max() > 30 * values.min()


def _points(table, metric, parameters):
    """Mean and standard error of the metric over a point's replicates."""
    by_point = table.groupby("point")
    points = by_point[parameters].first()
    points["mean"] = by_point[metric].mean()
    points["error"] = by_point[metric].sem()
    return points.sort_values(parameters[0])


def _numeric(axis, values, is_log):
    """Values to draw; text and truth values become positions with their names as ticks."""
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        names = sorted(values.unique())
        axis.set_ticks(range(len(names)), [str(name) for name in names])
        return values.map({name: i for i, name in enumerate(names)}).astype(float)
    if is_log:
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    return values


def _best(points, direction):
    if direction == "none":
        return None
    means = points["mean"].sort_index()  # equal means by point, as in the report
    return means.idxmax() if direction == "maximise" else means.idxmin()


def _draw_line(ax, table, points, metric, x, is_log, best):
    position = _numeric(ax.xaxis, points[x], is_log)
    replicates = table["point"].map(position)
    ax.scatter(replicates, table[metric], s=8, color=_POINT, linewidths=0, label="trials")
    ax.errorbar(
        position, points["mean"], yerr=points["error"], fmt="o", ms=3.5, lw=1, color=_MEAN,
        label="mean ± standard error of a point",
    )
    if best is not None:
        ax.plot(position[best], points["mean"][best], "o", ms=9, mfc="none", mew=1.6, color=_BEST,
                label="best mean")
    if _spreads_over_decades(table[metric]):
        ax.set_yscale("log")


def _draw_map(ax, points, x, y, are_log, best, direction, label):
    columns = _numeric(ax.xaxis, points[x], are_log[0])
    rows = _numeric(ax.yaxis, points[y], are_log[1])
    color = points["mean"]
    norm = LogNorm() if _spreads_over_decades(color) else Normalize()
    palette = "viridis" if direction == "maximise" else "viridis_r"  # bright is good
    # Good points on top: they are what one looks for.
    order = np.argsort(color if direction == "maximise" else -color, kind="stable")
    drawn = ax.scatter(columns.iloc[order], rows.iloc[order], c=color.iloc[order], norm=norm,
                       cmap=palette, s=42, linewidths=0.3, edgecolors="white")
    if best is not None:
        ax.plot(columns[best], rows[best], "o", ms=12, mfc="none", mew=1.8, color=_BEST,
                label="best mean")
    ax.figure.colorbar(drawn, ax=ax, label=label)


def plot(path, metric, x, y=None, ax=None):
    """The metric against parameter `x`: every complete trial, and mean ± standard error of each
    point; or against `x` and `y`, the points coloured by their mean. Axes are logarithmic where
    the study searched on a log scale. Returns the matplotlib figure.
    """
    table = load(path)
    table = table[table["status"] == "complete"]
    about, space = study(path), config(path).get("space", {})
    column = _column(table, metric, "metric")
    parameters = [_column(table, name, "param") for name in (x, y) if name is not None]
    table = table[np.isfinite(table[column])]
    if table.empty:
        raise ValueError(f"{path} has no complete trial to plot")
    direction = table.attrs["columns"][column].get("direction", "none")
    points = _points(table, column, parameters)
    best = _best(points, direction)

    if ax is None:
        _, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
    if y is None:
        _draw_line(ax, table, points, column, parameters[0], _is_log(space, x), best)
        ax.set_ylabel(_label(table, column))
    else:
        are_log = (_is_log(space, x), _is_log(space, y))
        label = f"{_label(table, column)}, mean over replicates"
        _draw_map(ax, points, *parameters, are_log, best, direction, label)
        ax.set_ylabel(_label(table, parameters[1]))
    ax.set_xlabel(_label(table, parameters[0]))
    ax.set_title(f"{about['study']} ({about['experiment']})", loc="left", fontsize=10, pad=22)
    ax.spines[["top", "right"]].set_visible(False)
    if y is None or best is not None:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, fontsize=8)
    return ax.figure
