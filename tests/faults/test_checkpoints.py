"""Trials that are killed in their midst go on from their states, and end as if they had not been."""

import os
import random
import re
import time

import pytest
from engram_runs import COMPLETE, CONTINUE, Job, assert_same_results, engram

NUM_KILLS = max(2, int(os.environ.get("ENGRAM_KILLS", "10")) // 4)  # of each study
SEED = int(os.environ.get("ENGRAM_KILL_SEED", "1"))

# Every family of methods that trains for long, all of each, as trials of a fraction of a second.
STUDIES = {
    "es_benchmark": """
[experiment]
function = rastrigin
target = 0
max_evaluations = 40000
[space]
strategy = {strategies}
""",
    "es_control": """
[experiment]
task = acrobot
target = given
target_return = 1
max_episodes = 2000
test_episodes = 10
test_every = 5
normalize = true
[space]
strategy = grid(open_ai_es, ars, pgpe, sep_cma_es)
""",
    "zo_digits": """
[experiment]
evaluations = 1500
[space]
method = {methods}
""",
    "meta_es_reptile": """
[experiment]
iterations = 150
[space]
method = {learners}
""",
    "spiking_cuba": """
[experiment]
time_ms = 4000
record_rates_ms = 100
[space]
stdp_rate = grid(0.0, 0.01)
""",
    "meta_hebbian": """
[experiment]
generations = 12
clusters = 4
merged_generations = 6
max_steps = 100
population = 20
stop_when_solved = false
[space]
strategy = grid(open_ai_es, pgpe)
""",
}


def choices(experiment, parameter):
    """All values that a parameter may have, as a grid."""
    done = engram("describe", experiment)
    assert done.returncode == COMPLETE, done.stderr
    text = done.stdout[done.stdout.index(f"\n  {parameter} = ") :]
    return "grid(" + " ".join(re.search(r"one of ([^;]*?)(;|\n +default)", text)[1].split()) + ")"


def write_study(experiment, folder):
    text = STUDIES[experiment].format(
        strategies=choices("es_benchmark", "strategy"),
        methods=choices("zo_digits", "method"),
        learners=choices("meta_es_reptile", "method"),
    )
    path = folder / "study.ini"
    path.write_text(
        f"[study]\nexperiment = {experiment}\nseed = 3\ncheckpoint_interval = 0.05\n"
        f"output = {folder}/study.h5\n{text}"
    )
    return path


def kill_at_a_state(job, states, chance):
    """Kills all ranks soon after a trial saved a state; False if the run ended before."""
    before = {path: path.stat().st_mtime_ns for path in states.glob("*.state")} if states.exists() else {}
    while job.process.poll() is None:
        try:
            if any(before.get(path) != path.stat().st_mtime_ns for path in states.glob("*.state")):
                time.sleep(chance.uniform(0.0, 0.1))
                job.kill(chance.choice(["rank", "all"]), job.rank_pids(), chance.randrange(8))
                return True
        except FileNotFoundError:  # its trial has ended
            pass
        time.sleep(0.005)
    return False


@pytest.mark.parametrize("experiment", STUDIES)
def test_kills_do_not_show(experiment, tmp_path):
    chance = random.Random(SEED)
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    assert engram("run", write_study(experiment, undisturbed), ranks=2).returncode == COMPLETE
    num_kills = num_studies = 0
    while num_kills < NUM_KILLS:
        folder = tmp_path / str(num_studies)
        folder.mkdir()
        study = write_study(experiment, folder)
        is_complete = False
        while not is_complete:
            with Job("run", study, ranks=chance.choice([1, 2, 3])) as job:
                is_killed = num_kills < NUM_KILLS and kill_at_a_state(job, folder / "study.h5.states", chance)
                num_kills += is_killed
                if is_killed:
                    job.kill_left_overs()
                done = job.wait()
                is_complete = done.returncode == COMPLETE
                assert is_complete or is_killed, done.stderr
        assert_same_results(folder / "study.h5", undisturbed / "study.h5")
        assert sorted(p.name for p in folder.iterdir()) == ["study.h5", "study.ini"]
        num_studies += 1
        assert num_studies < 20, "no trial saves a state"
    print(f"{experiment}: {num_kills} kills, {num_studies} studies")


def test_a_run_ends_with_its_time(tmp_path):
    study = write_study("zo_digits", tmp_path)
    long = ["--experiment.evaluations", "1e9", "--study.checkpoint_interval", "0", "--space.method", "grid(spsa)"]
    started = time.monotonic()
    done = engram("run", study, *long, "--max-time", "2s", "--grace", "60s", ranks=2)
    assert done.returncode == CONTINUE, done.stderr
    assert time.monotonic() - started < 30, "it did not save its state at once"
    assert (tmp_path / "study.h5.states" / "0.state").exists()
