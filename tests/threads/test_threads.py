"""A study's results are the same bits on any number of threads a rank. Needs a Kokkos with threads."""

import pathlib
import sys

import h5py
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from engram_runs import COMPLETE, assert_same_results, engram  # noqa: E402

# Of each: enough units, members or networks that a team or a range is worth splitting, and several trials.
STUDIES = {
    "reservoir_forecast": """
searcher = random
trials = 10
[experiment]
task = narma10
units = 120
[space]
leak = uniform(0.2, 1.0)
spectral_radius = uniform(0.5, 1.2)
input_scale = loguniform(0.05, 1)
""",
    "es_benchmark": """
[experiment]
function = rotated_ellipsoid
dimension = 20
max_evaluations = 2000
[space]
strategy = grid(cma_es, lm_ma_es, open_ai_es, pgpe)
""",
    "es_control": """
[experiment]
task = acrobot
max_steps = 100
hidden_layers = 1
hidden_units = 16
normalize = true
population = 32
max_episodes = 96
test_episodes = 20
[space]
strategy = grid(open_ai_es, pgpe, eggroll)
""",
    "zo_digits": """
[experiment]
evaluations = 200
[space]
method = grid(backprop, node_perturbation, spsa, zo_adamm, zo_svrg)
""",
    "meta_es_reptile": """
[experiment]
iterations = 10
test_tasks = 20
curve_points = 2
[space]
method = grid(es_maml, maml, reptile)
""",
    "meta_hebbian": """
[experiment]
generations = 3
population = 20
max_steps = 50
test_episodes = 20
clusters = 4
merged_generations = 2
[space]
evolve = grid(rules_and_rates, weights)
""",
}


def run(experiment, folder, threads):
    folder.mkdir()
    output = folder / "threads.h5"
    study = folder / "threads.ini"
    study.write_text(
        f"[study]\nname = threads\nexperiment = {experiment}\nseed = 11\noutput = {output}{STUDIES[experiment]}"
    )
    done = engram("run", study, "--threads", threads)
    assert done.returncode == COMPLETE, done.stderr
    with h5py.File(output, "r") as file:
        assert file["provenance"].attrs["threads_per_rank"] in (str(threads), str(threads).encode())
    return output


@pytest.mark.parametrize(
    ("experiment", "threads"), [*((experiment, 2) for experiment in STUDIES), ("reservoir_forecast", 3)]
)
def test_results_do_not_depend_on_threads(experiment, threads, tmp_path):
    assert_same_results(run(experiment, tmp_path / "one", 1), run(experiment, tmp_path / "several", threads))
