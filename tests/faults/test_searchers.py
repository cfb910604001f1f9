"""Whatever the searcher: a study that is killed again and again, on any ranks, ends like one that was not.

ENGRAM_KILLS / 10 kills a searcher, at random instants, on 1 to 4 ranks, one or two of them a trial. Launches take
these combinations in turn; from 5 kills on there are launches enough for all of them.
"""

import itertools
import os
import random
import time

import pytest
from engram_runs import COMPLETE, ENGRAM, Job, assert_same_results, engram, write_search

NUM_KILLS = max(1, int(os.environ.get("ENGRAM_KILLS", "10")) // 10)
SEED = int(os.environ.get("ENGRAM_KILL_SEED", "1"))
COMBINATIONS = list(itertools.product([1, 2, 3, 4], [1, 2]))  # ranks, ranks_per_trial
LEAST_LAUNCHES = len(COMBINATIONS) if NUM_KILLS >= 5 else 1


def searchers():
    if not os.path.exists(ENGRAM):
        return []
    lines = engram("list", "--searchers").stdout.splitlines()
    return [line.split()[0] for line in lines if line[:1].strip()]


def write_study(searcher, folder):
    described = engram("describe", searcher).stdout
    is_grid, is_list = searcher == "grid", searcher == "list"
    options = ["population = 4"] if "\n  population = " in described else []
    if is_list:
        (folder / "points.csv").write_text("start_step,population\n" + "\n".join(f"{0.1 * i},{3 + i}" for i in range(1, 9)))
        options.append("file = points.csv")
    return write_search(
        folder,
        searcher,
        "\n".join(options),
        trials="" if is_grid or is_list else "trials = 24",
        step="grid(0.1, 0.3, 1, 3)" if is_grid else "loguniform(0.1, 10)",
        population="grid(4, 8)" if is_grid else "integer(4, 20)",
    )


@pytest.mark.parametrize("searcher", searchers())
def test_kills_do_not_show(searcher, tmp_path):
    chance = random.Random(f"{searcher} {SEED}")
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    started = time.monotonic()
    done = engram("run", write_study(searcher, undisturbed))
    assert done.returncode == COMPLETE, done.stderr
    longest = time.monotonic() - started
    num_kills = num_studies = num_launches = 0
    combinations = itertools.cycle(chance.sample(COMBINATIONS, len(COMBINATIONS)))
    while num_kills < NUM_KILLS or num_launches < LEAST_LAUNCHES:
        folder = tmp_path / str(num_studies)
        folder.mkdir()
        study = write_study(searcher, folder)
        is_complete = False
        while not is_complete:
            ranks, ranks_per_trial = next(combinations)
            num_launches += 1
            with Job("run", study, "--study.ranks_per_trial", ranks_per_trial, ranks=ranks) as job:
                if num_kills < NUM_KILLS or num_launches < LEAST_LAUNCHES:
                    time.sleep(chance.uniform(0.2, 0.4 + longest))
                    if job.process.poll() is None:
                        job.kill(chance.choice(["rank", "launcher", "all"]), job.rank_pids(), chance.randrange(8))
                        job.kill_left_overs()
                        num_kills += 1
                done = job.wait()
                is_complete = done.returncode == COMPLETE
        assert_same_results(folder / "study.h5", undisturbed / "study.h5")
        num_studies += 1
        assert num_studies < 10 + 2 * NUM_KILLS
    print(f"{searcher}: {num_kills} kills, {num_launches} launches, {num_studies} studies")
