"""The Python module, on files in the layout that README.md describes and on one that engram wrote."""

import os
import pathlib
import subprocess
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis" / "python"))

import engram  # noqa: E402
from engram.__main__ import main  # noqa: E402

CONFIG = """[study]
name = demo

[space]
leak = uniform(0.1, 1)
ridge = loguniform(1e-8, 1)
seed = integer(1, 9)
rule = choice(hebb, oja)
"""
STATUS = h5py.enum_dtype({"complete": 0, "failed": 1, "timed out": 2, "skipped": 3}, "u1")
POINTS, REPLICATES = 16, 4


def write_columns(group, columns):
    for name, (values, attributes) in columns.items():
        dataset = group.create_dataset(name, data=values)
        for key, value in attributes.items():
            dataset.attrs[key] = value


@pytest.fixture
def results(tmp_path):
    """64 trials at 16 points; trial 5 failed; a curve of all but trial 5; an array of trial 2."""
    path = tmp_path / "demo.h5"
    n = POINTS * REPLICATES
    ids = np.arange(n, dtype="u8")
    point = ids // REPLICATES
    leak = 0.1 + 0.05 * point
    error = leak + 0.01 * (ids % REPLICATES)
    error[5] = np.nan
    status = np.zeros(n, "u1")
    status[5] = 1
    reason = np.array([b""] * n, dtype="S20")
    reason[5] = "µ diverged".encode()
    with h5py.File(path, "w") as file:
        file.attrs.update(
            schema_version=1, study="demo", experiment="no_op", seed=7, objective="error",
            direction="minimise", replicates=REPLICATES, num_trials_planned=n, finished=True,
        )
        file["config"] = CONFIG
        utf8 = h5py.string_dtype("utf-8", 20)
        write_columns(file.create_group("trials"), {
            "id": (ids, {}), "point": (point, {}),
            "replicate": ((ids % REPLICATES).astype("u4"), {}),
            "seed": (ids + 100, {}), "budget": (np.ones(n), {}), "parent": (np.full(n, -1), {}),
            "status": (status.astype(STATUS), {}),
            "reason": (reason.astype(utf8), {}), "warnings": (np.array([b""] * n).astype(utf8), {}),
        })
        write_columns(file.create_group("trials/param"), {
            "leak": (leak, {"unit": "1", "description": "leak rate"}),
            "ridge": (10.0 ** -(point % 8).astype(float), {"unit": "1"}),
            "seed": (point.astype("i8") % 9 + 1, {"unit": "1"}),
            "rule": (np.where(point % 2 == 0, b"hebb", b"oja").astype(utf8), {"unit": "1"}),
            "bias": ((point % 2).astype(bool), {"unit": "1"}),
        })
        write_columns(file.create_group("trials/metric"), {
            "error": (error, {"unit": "1", "direction": "minimise"}),
            "duration": (2.0 * leak, {"unit": "ms", "direction": "none"}),
        })
        write_columns(file.create_group("timing"), {
            "rank": ((ids % 2).astype("i4"), {}), "attempt": (np.zeros(n, "u4"), {}),
            "start": (1e9 + ids.astype(float), {}), "seconds": (np.full(n, 0.5), {}),
        })
        lengths = np.where(ids == 5, 0, 3)
        lengths[7] = 2
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype("u8")
        write_columns(file.create_group("series/loss"), {
            "offsets": (offsets, {}), "values": (np.arange(offsets[-1], dtype=float), {}),
        })
        file["arrays/2/weights"] = np.arange(6.0).reshape(2, 3)
        file.create_group("provenance").attrs["hosts"] = "node1, node2"
    return path


def test_load_gives_one_row_a_trial(results):
    table = engram.load(results)
    assert list(table.columns) == [
        "id", "point", "replicate", "seed", "budget", "parent", "status", "reason", "warnings",
        "bias", "leak", "ridge", "rule", "param_seed", "duration", "error",
    ]
    assert len(table) == POINTS * REPLICATES
    assert table["status"].dtype == "category"
    assert (table["status"] == "complete").sum() == len(table) - 1
    assert table["status"][5] == "failed" and table["reason"][5] == "µ diverged"
    assert np.isnan(table["error"][5])
    assert table["seed"][3] == 103 and table["param_seed"][4] == 2
    assert list(table["rule"][:5]) == ["hebb"] * 4 + ["oja"]
    assert table["bias"].dtype == bool
    assert table["replicate"].max() == REPLICATES - 1


def test_columns_carry_units_and_directions(results):
    columns = engram.load(results).attrs["columns"]
    assert columns["leak"] == {"unit": "1", "description": "leak rate"}
    assert columns["duration"]["unit"] == "ms"
    assert columns["error"]["direction"] == "minimise"


def test_timing_on_request(results):
    assert "seconds" not in engram.load(results)
    assert engram.load(results, timing=True)["seconds"].sum() == 32.0


def test_series_has_a_column_a_trial(results):
    table = engram.series(results, "loss")
    assert table.shape == (3, 63)
    assert 5 not in table.columns
    assert list(table[0]) == [0.0, 1.0, 2.0]
    assert list(table[6]) == [15.0, 16.0, 17.0]
    assert table[7].isna().tolist() == [False, False, True]
    assert engram.series_names(results) == ["loss"]
    with pytest.raises(KeyError, match="no series 'los'; it has loss"):
        engram.series(results, "los")


def test_arrays(results):
    assert engram.array_names(results, 2) == ["weights"]
    assert engram.array(results, 2, "weights").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert engram.array_names(results, 3) == []
    with pytest.raises(KeyError, match="no array 'weights' of trial 3; it has none"):
        engram.array(results, 3, "weights")


def test_study_config_and_provenance(results):
    assert engram.study(results)["objective"] == "error"
    assert engram.study(results)["replicates"] == REPLICATES
    assert engram.config(results)["space"]["ridge"] == "loguniform(1e-8, 1)"
    assert engram.provenance(results) == {"hosts": "node1, node2"}


def test_foreign_and_newer_files_are_refused(tmp_path, results):
    foreign = tmp_path / "foreign.h5"
    with h5py.File(foreign, "w") as file:
        file["data"] = [1, 2]
    with pytest.raises(ValueError, match="not one with results of engram"):
        engram.load(foreign)
    with h5py.File(results, "a") as file:
        file.attrs["schema_version"] = 99
    with pytest.raises(ValueError, match="newer engram"):
        engram.load(results)


def test_plot_shows_trials_and_means_of_points(results):
    axes = engram.plot(results, "error", "leak").axes[0]
    trials = axes.collections[0].get_offsets()
    assert len(trials) == POINTS * REPLICATES - 1
    (errorbars,) = axes.containers
    x, mean = errorbars.lines[0].get_data()
    assert list(x) == pytest.approx(list(0.1 + 0.05 * np.arange(POINTS)))
    # Replicates add 0, 0.01, 0.02, 0.03; point 1 lost the second.
    assert mean[0] == pytest.approx(0.1 + 0.015)
    assert mean[1] == pytest.approx(0.15 + 0.05 / 3)
    bars = errorbars.lines[2][0].get_segments()[0]
    assert bars[1][1] - bars[0][1] == pytest.approx(2 * np.std([0, 1, 2, 3], ddof=1) / 100 / 2)
    assert axes.get_xscale() == "linear"
    assert axes.get_xlabel() == "leak"
    plt.close("all")


def test_axes_are_logarithmic_where_the_search_was(results):
    figure = engram.plot(results, "duration", "ridge", "leak")
    axes, colorbar = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert len(axes.collections[0].get_offsets()) == POINTS
    assert "duration (ms)" in colorbar.get_ylabel()
    plt.close("all")


def test_text_and_truth_values_become_ticks(results):
    axes = engram.plot(results, "error", "rule").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["hebb", "oja"]
    axes = engram.plot(results, "error", "bias").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["False", "True"]
    plt.close("all")


def test_clashing_parameter_is_found_by_its_own_name(results):
    assert engram.plot(results, "error", "seed").axes[0].get_xlabel() == "param_seed"
    plt.close("all")


def test_searched_on_a_log_scale_under_either_name(results):
    with h5py.File(results, "a") as file:
        del file["config"]
        file["config"] = CONFIG.replace("seed = integer(1, 9)", "seed = loguniform(1, 9)")
    for name in ("seed", "param_seed"):
        assert engram.plot(results, "error", name).axes[0].get_xscale() == "log"
    plt.close("all")


def test_of_equal_means_the_first_point_is_best(results):
    with h5py.File(results, "a") as file:
        file["trials/metric/error"][...] = 1.0
        file["trials/param/leak"][...] = file["trials/param/leak"][:][::-1]
    axes = engram.plot(results, "error", "leak").axes[0]
    best = next(line for line in axes.lines if line.get_label() == "best mean")
    assert best.get_xdata() == pytest.approx(0.1 + 0.05 * (POINTS - 1))  # point 0 has the largest leak
    plt.close("all")


def test_command_line_writes_a_picture(results, tmp_path):
    picture = tmp_path / "leak.png"
    main(["plot", str(results), "--metric", "error", "--x", "leak", "-o", str(picture)])
    assert picture.read_bytes().startswith(b"\x89PNG")
    main(["plot", str(results), "--x", "leak", "--y", "ridge", "-o", str(picture)])
    with pytest.raises(SystemExit, match="engram: there is no column 'leek'"):
        main(["plot", str(results), "--x", "leek", "-o", str(picture)])
    plt.close("all")


BINARY = os.environ.get("ENGRAM_BINARY")


@pytest.mark.skipif(not BINARY, reason="ENGRAM_BINARY is not set")
def test_a_study_of_the_real_program(tmp_path):
    study = tmp_path / "smoke.ini"
    output = tmp_path / "smoke.h5"
    study.write_text(
        "[study]\nname = smoke\nexperiment = no_op\nsearcher = random\ntrials = 20\n"
        f"replicates = 2\nseed = 3\noutput = {output}\n"
        "[experiment]\nseries_length = 5\narray_size = 4\n[space]\nx = uniform(0, 1)\n"
    )
    run = subprocess.run([BINARY, "run", study], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    table = engram.load(output, timing=True)
    about = engram.study(output)
    assert list(table["id"]) == list(range(20))
    assert list(table["replicate"][:4]) == [0, 1, 0, 1]
    assert (table["status"] == "complete").all()
    assert table["x"].between(0, 1).all() and table["x"].nunique() == 10
    assert table[about["objective"]].notna().all()
    assert about["finished"] and about["num_trials_planned"] == 20
    assert engram.config(output)["space"]["x"].startswith("uniform")
    assert engram.provenance(output)["version"]
    for name in engram.series_names(output):
        assert engram.series(output, name).shape == (5, 20)
    assert engram.series_names(output) and engram.array_names(output, 0)
    assert engram.array(output, 0, engram.array_names(output, 0)[0]).size > 0
    engram.plot(output, about["objective"], "x")
    plt.close("all")

    # The program's own export has the same numbers, to the last bit.
    import io

    import pandas as pd

    export = subprocess.run([BINARY, "export", output], capture_output=True, text=True, check=True)
    exported = pd.read_csv(io.StringIO(export.stdout), float_precision="round_trip")
    assert (exported["x"] == table["x"]).all()
    assert (exported[about["objective"]] == table[about["objective"]]).all()
