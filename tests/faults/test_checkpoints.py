"""Trials that are killed in their midst go on from their states, and end as if they had not been.

ENGRAM_KILLS / 4 kills of each study, whose trials are of all methods. With ENGRAM_KILL_EACH=1 each method is a study of
its own instead, which meets ENGRAM_KILLS kills: half an hour for 20.
"""

import os
import random
import re
import time

import pytest
from engram_runs import COMPLETE, CONTINUE, Job, assert_same_results, engram

NUM_KILLS = int(os.environ.get("ENGRAM_KILLS", "10"))
KILL_EACH = os.environ.get("ENGRAM_KILL_EACH", "0") != "0"
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

# For studies of one method: the parameter that names it, and options that make its only trial long enough to be killed
# again and again, for all methods and for those that are quick or end early.
ALONE = {
    "es_benchmark": (
        "strategy",
        {"max_evaluations": 150000, "dimension": 20},
        {name: {"function": "rosenbrock", "dimension": 80} for name in ("cma_es", "sep_cma_es")},
    ),
    "zo_digits": ("method", {"evaluations": 8000}, {"spsa": {"evaluations": 100000}}),
    "meta_es_reptile": ("method", {"iterations": 600}, {name: {"iterations": 300} for name in ("maml", "reptile")}),
}


def choices(experiment, parameter):
    """All values that a parameter may have."""
    done = engram("describe", experiment)
    assert done.returncode == COMPLETE, done.stderr
    text = done.stdout[done.stdout.index(f"\n  {parameter} = ") :]
    return re.search(r"one of ([^;]*?)(;|\n +default)", text)[1].replace(",", " ").split()


def cases():
    """(experiment, options of the command line, number of kills) of each study."""
    for experiment in STUDIES:
        if not KILL_EACH or experiment not in ALONE:
            yield pytest.param(experiment, [], max(2, NUM_KILLS // 4), id=experiment)
            continue
        parameter, options, options_of = ALONE[experiment]
        for name in choices(experiment, parameter):
            texts = [f"--space.{parameter}", f"grid({name})"]
            for key, value in {**options, **options_of.get(name, {})}.items():
                texts += [f"--experiment.{key}", str(value)]
            yield pytest.param(experiment, texts, NUM_KILLS, id=f"{experiment}-{name}")


def write_study(experiment, folder):
    def grid(*of):
        return f"grid({', '.join(choices(*of))})"

    text = STUDIES[experiment].format(
        strategies=grid("es_benchmark", "strategy"),
        methods=grid("zo_digits", "method"),
        learners=grid("meta_es_reptile", "method"),
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


@pytest.mark.parametrize(("experiment", "options", "kills_wanted"), cases())
def test_kills_do_not_show(experiment, options, kills_wanted, tmp_path):
    chance = random.Random(SEED)
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    assert engram("run", write_study(experiment, undisturbed), *options, ranks=2).returncode == COMPLETE
    num_kills = num_studies = 0
    while num_kills < kills_wanted:
        folder = tmp_path / str(num_studies)
        folder.mkdir()
        study = write_study(experiment, folder)
        is_complete = False
        while not is_complete:
            with Job("run", study, *options, ranks=chance.choice([1, 2, 3])) as job:
                is_killed = num_kills < kills_wanted and kill_at_a_state(job, folder / "study.h5.states", chance)
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
    print(f"{experiment} {' '.join(options[:2])}: {num_kills} kills, {num_studies} studies")


def test_a_run_ends_with_its_time(tmp_path):
    study = write_study("zo_digits", tmp_path)
    long = ["--experiment.evaluations", "1e9", "--study.checkpoint_interval", "0", "--space.method", "grid(spsa)"]
    started = time.monotonic()
    done = engram("run", study, *long, "--max-time", "2s", "--grace", "60s", ranks=2)
    assert done.returncode == CONTINUE, done.stderr
    assert time.monotonic() - started < 30, "it did not save its state at once"
    assert (tmp_path / "study.h5.states" / "0.state").exists()
