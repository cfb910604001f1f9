"""Reads results files. Files are opened for the call only, and never written."""

import configparser
from collections import Counter
from contextlib import contextmanager

import h5py
import numpy as np
import pandas as pd

_TRIALS = ("id", "point", "replicate", "seed", "budget", "parent", "status", "reason", "warnings")
_TIMING = ("rank", "attempt", "start", "seconds")
_SCHEMA = 1


@contextmanager
def _open(path):
    # No lock: a running study replaces the file, it never changes one that is there.
    with h5py.File(path, "r", locking=False) as file:
        if "trials" not in file or "schema_version" not in file.attrs:
            raise ValueError(f"{path} is an HDF5 file, but not one with results of engram")
        if file.attrs["schema_version"] > _SCHEMA:
            raise ValueError(f"{path} was written by a newer engram, which this module cannot read")
        yield file


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def _values(dataset):
    """A column as pandas likes it: text as str, enumerations as categories of their names."""
    if h5py.check_string_dtype(dataset.dtype):
        return dataset.asstr()[:].astype(object)
    names = h5py.check_enum_dtype(dataset.dtype)
    if names:
        ordered = sorted(names, key=names.get)
        codes = {names[name]: code for code, name in enumerate(ordered)}
        return pd.Categorical.from_codes([codes[v] for v in dataset[:].tolist()], ordered)
    return dataset[:]


def _series_group(file, path, name):
    if name not in file.get("series", ()):
        known = ", ".join(file.get("series", ())) or "none"
        raise KeyError(f"{path} has no series '{name}'; it has {known}")
    return file["series"][name]


def load(path, timing=False):
    """One row a trial: id, point, replicate, seed, budget, status, reason, warnings, then the
    searched parameters and the metrics by name, with `timing` also rank, attempt, start (seconds
    since the epoch) and seconds.

    A parameter or metric whose name is taken is called param_NAME or metric_NAME. Units,
    descriptions and directions of the columns are in the table's `attrs["columns"]`.
    """
    with _open(path) as file:
        trials, clock = file["trials"], file["timing"]
        uses = Counter([*_TRIALS, *_TIMING, *trials["param"], *trials["metric"]])

        columns = {name: trials[name] for name in _TRIALS}
        for kind in ("param", "metric"):
            for name, dataset in trials[kind].items():
                columns[f"{kind}_{name}" if uses[name] > 1 else name] = dataset
        if timing:
            columns.update({name: clock[name] for name in _TIMING})

        table = pd.DataFrame({name: _values(dataset) for name, dataset in columns.items()})
        table.attrs["columns"] = {
            name: {key: _text(value) for key, value in dataset.attrs.items()}
            for name, dataset in columns.items()
        }
        return table


def study(path):
    """The file's own attributes: study, experiment, objective, direction, seed, replicates, …"""
    with _open(path) as file:
        return {
            key: _text(value.item() if isinstance(value, np.generic) else value)
            for key, value in file.attrs.items()
        }


def config(path):
    """The resolved study file: {section: {key: value}}, values as text."""
    with _open(path) as file:
        text = file["config"].asstr()[()]
    parser = configparser.ConfigParser(
        delimiters=("=",), comment_prefixes=("#",), interpolation=None, strict=False
    )
    parser.optionxform = str
    parser.read_string(text)
    return {section: dict(parser[section]) for section in parser.sections()}


def provenance(path):
    """Versions, hosts, job ids and restarts as {name: text}."""
    with _open(path) as file:
        return {key: _text(value) for key, value in file["provenance"].attrs.items()}


def series_names(path):
    """Names of the curves that trials recorded."""
    with _open(path) as file:
        return list(file.get("series", ()))


def series(path, name):
    """The curves of one name: a table with one column a trial (by id) and one row a step; curves
    that are shorter end in NaN, trials without the curve are left out."""
    with _open(path) as file:
        group = _series_group(file, path, name)
        values, offsets, ids = group["values"][:], group["offsets"][:], file["trials"]["id"][:]
    curves = {
        trial: pd.Series(values[first:last])
        for trial, first, last in zip(ids.tolist(), offsets[:-1], offsets[1:])
        if last > first
    }
    table = pd.DataFrame(curves)
    table.columns.name, table.index.name = "id", "step"
    return table


def array_names(path, trial):
    """Names of the arrays of a trial (by id)."""
    with _open(path) as file:
        return list(file.get(f"arrays/{trial}", ()))


def array(path, trial, name):
    """An array of a trial (by id): weights, spikes, states."""
    with _open(path) as file:
        group = file.get(f"arrays/{trial}", {})
        if name not in group:
            known = ", ".join(group) or "none"
            raise KeyError(f"{path} has no array '{name}' of trial {trial}; it has {known}")
        return group[name][()]
