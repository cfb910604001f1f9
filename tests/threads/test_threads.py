"""A study's results are the same bits on any number of threads a rank. Needs a Kokkos with threads."""

import pathlib
import sys

import h5py
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from engram_runs import COMPLETE, assert_same_results, engram  # noqa: E402

# Enough units that a team or a range is worth splitting, and several networks a batch.
STUDY = """[study]
name = threads
experiment = reservoir_forecast
searcher = random
trials = 10
seed = 11
output = {output}
[experiment]
task = narma10
units = 120
[space]
leak = uniform(0.2, 1.0)
spectral_radius = uniform(0.5, 1.2)
input_scale = loguniform(0.05, 1)
"""


def run(folder, threads):
    folder.mkdir()
    output = folder / "threads.h5"
    study = folder / "threads.ini"
    study.write_text(STUDY.format(output=output))
    done = engram("run", study, "--threads", threads)
    assert done.returncode == COMPLETE, done.stderr
    with h5py.File(output, "r") as file:
        assert file["provenance"].attrs["threads_per_rank"] in (str(threads), str(threads).encode())
    return output


@pytest.mark.parametrize("threads", [2, 3])
def test_results_do_not_depend_on_threads(tmp_path, threads):
    assert_same_results(run(tmp_path / "one", 1), run(tmp_path / "several", threads))
