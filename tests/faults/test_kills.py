"""Killed at any instant, nothing recorded is lost, and the end result is that of an undisturbed run.

ENGRAM_KILLS is the number of kills: 10 by default. Half of them come at any instant, the others while the
journal is synced or the results file is written.
"""

import os
import random
import time

import pytest
from engram_runs import COMPLETE, FAILED_TRIALS, Job, assert_part_of, assert_same_results, engram, recorded_ids, write_study

NUM_KILLS = int(os.environ.get("ENGRAM_KILLS", "10"))
SEED = int(os.environ.get("ENGRAM_KILL_SEED", "1"))
NUM_TRIALS = 600


def make_study(folder):
    """Trials of all kinds: with curves and arrays of several sizes or without, some of them failing."""
    return write_study(
        folder,
        study=f"trials = {NUM_TRIALS}\nreplicates = 2\nseed = 5",
        experiment="sleep_ms = 3",
        space="mode = choice(normal, warn, throw, nan)\n"
        "series_length = integer(0, 20)\narray_size = choice(0, 3)",
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    done = engram("run", make_study(folder), ranks=2)
    assert done.returncode == FAILED_TRIALS, done.stderr
    return folder / "study.h5"


def moment_is_here(moment, folder, before):
    """Whether the store is in the middle of what a kill should meet."""
    if moment == "sync":  # written to the journal a moment ago, and not synced yet
        return size_of(folder / "study.h5.journal") != before
    if moment == "consolidation":  # the next results file stands beside the present one
        return any(".tmp" in name for name in os.listdir(folder))
    return True


def size_of(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def disturb(job, folder, kind, moment, instant_s):
    """Kills the job, a part of it or its launcher, from an instant on at a moment; False if it ended before."""
    end = time.monotonic() + instant_s
    while time.monotonic() < end:
        if job.process.poll() is not None:
            return False
        time.sleep(0.005)
    before = size_of(folder / "study.h5.journal")
    while not moment_is_here(moment, folder, before):
        if job.process.poll() is not None:
            return False
    if job.process.poll() is not None:
        return False
    if kind == "rank":
        job.kill_rank(random.randrange(8))
    elif kind == "launcher":
        job.kill_launcher()
    else:
        job.kill_all()
    job.kill_left_overs()
    job.wait()
    return True


def run_with_kills(folder, reference, chance, max_kills):
    """One study from its beginning to its end; returns how often it was killed."""
    study, results = make_study(folder), folder / "study.h5"
    recorded, num_kills = set(), 0
    while True:
        ranks = chance.choice([1, 2, 2, 3])
        kind = chance.choice(["rank", "launcher", "all"])
        moment = chance.choice(["any", "any", "sync", "consolidation"])
        instant_s = chance.uniform(0.05, 1.2)
        with Job("run", study, "--quiet", ranks=ranks) as job:
            if num_kills < max_kills and disturb(job, folder, kind, moment, instant_s):
                num_kills += 1
            else:
                done = job.wait()
                assert done.returncode == FAILED_TRIALS, done.stderr
                assert_same_results(results, reference)
                assert {p.name for p in folder.iterdir()} == {"study.ini", "study.h5"}
                return num_kills
        if results.exists() or results.with_name("study.h5.journal").exists():
            now = recorded_ids(results)
            assert recorded <= now, "a recorded trial was lost"
            recorded = now
        if results.exists():
            assert_part_of(results, reference)


def test_kills(tmp_path, reference):
    chance = random.Random(SEED)
    random.seed(SEED)
    num_kills = num_studies = 0
    while num_kills < NUM_KILLS:
        folder = tmp_path / str(num_studies)
        folder.mkdir()
        num_kills += run_with_kills(folder, reference, chance, NUM_KILLS - num_kills)
        num_studies += 1
        assert num_studies <= 10 + NUM_KILLS
