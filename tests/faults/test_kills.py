"""Killed at any instant, nothing recorded is lost, and the end result is that of an undisturbed run.

ENGRAM_KILLS is the number of kills: 10 by default. They take turns in what is killed and at which moment: at any
instant, while the journal is synced, while the results file is written, and after that.
"""

import collections
import os
import random
import time

import pytest
from engram_runs import (
    FAILED_TRIALS,
    Files,
    Job,
    assert_part_of,
    assert_same_results,
    engram,
    recorded_ids,
    wait_until,
    write_study,
)

NUM_KILLS = int(os.environ.get("ENGRAM_KILLS", "10"))
SEED = int(os.environ.get("ENGRAM_KILL_SEED", "1"))
NUM_TRIALS = 600
KINDS = ["rank", "launcher", "all"]
MOMENTS = ["any", "sync", "consolidation", "written"]
LATEST_S = 4.0  # a run first writes the results file after two seconds


def make_study(folder):
    """Trials of all kinds: with curves and arrays of several sizes or without, some of them failing."""
    return write_study(
        folder,
        study=f"trials = {NUM_TRIALS}\nreplicates = 2\nseed = 5",
        experiment="sleep_ms = 12",
        space="mode = choice(normal, warn, throw, nan)\n"
        "series_length = integer(0, 20)\narray_size = choice(0, 3)",
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    done = engram("run", make_study(folder), ranks=4)
    assert done.returncode == FAILED_TRIALS, done.stderr
    return folder / "study.h5"


def reach(moment, job, files, chance):
    """Waits for what a kill should meet; (ranks, what is recorded), or None if the job ended before."""
    old_size, old_inode, old_temporaries = files.journal_size(), files.results_inode(), files.temporaries()
    instant = time.monotonic() + chance.uniform(0.05, LATEST_S)
    if moment == "any":
        if not wait_until(lambda: time.monotonic() >= instant, job, 0.005):
            return None
        recorded = recorded_ids(files.results) if Files(files.folder).has_records else set()
        return (job.rank_pids(), recorded) if job.process.poll() is None else None
    # Once the store has written that it was opened, all ranks are there.
    if not wait_until(lambda: files.journal_size() != old_size, job, 0.005):
        return None
    pids = job.rank_pids()
    if moment == "sync":  # written to the journal a moment ago, and not synced yet
        if not wait_until(lambda: time.monotonic() >= instant, job, 0.005):
            return None
        size = files.journal_size()
        reached = wait_until(lambda: files.journal_size() != size, job)
    elif moment == "consolidation":  # the next results file stands beside the present one
        reached = wait_until(lambda: files.temporaries() - old_temporaries, job)
    else:
        reached = wait_until(lambda: files.results_inode() != old_inode, job, 0.005)
        time.sleep(chance.uniform(0.0, 0.3))
        reached = reached and job.process.poll() is None
    return (pids, set()) if reached else None


def run_with_kills(folder, reference, chance, plan, hits):
    """One study from its beginning to its end; takes from `plan` the kills that it met."""
    study, files = make_study(folder), Files(folder)
    recorded = set()
    while True:
        with Job("run", study, "--quiet", ranks=chance.choice([1, 2, 2, 3])) as job:
            reached = reach(plan[0][1], job, files, chance) if plan else None
            if reached is None:
                done = job.wait()
                assert done.returncode == FAILED_TRIALS, done.stderr
                assert_same_results(files.results, reference)
                assert {p.name for p in folder.iterdir()} == {"study.ini", "study.h5"}
                return
            job.kill(plan[0][0], reached[0], chance.randrange(8))
            job.kill_left_overs()
            job.wait()
            hits[plan.popleft()] += 1
        if Files(folder).has_records:
            now = recorded_ids(files.results)
            assert recorded <= now, "a recorded trial was lost"
            assert reached[1] <= now, "a trial was lost that was recorded before the kill"
            recorded = now
        if files.results.exists():
            assert_part_of(files.results, reference)
            hits["with a results file"] += 1


def test_kills(tmp_path, reference):
    chance = random.Random(SEED)
    plan = collections.deque((KINDS[i % 3], MOMENTS[i % 4]) for i in range(NUM_KILLS))
    hits, num_studies = collections.Counter(), 0
    while plan:
        folder = tmp_path / str(num_studies)
        folder.mkdir()
        run_with_kills(folder, reference, chance, plan, hits)
        num_studies += 1
        assert num_studies <= 10 + 2 * NUM_KILLS, hits
    print(f"{num_studies} studies, kills: {dict(hits)}")
    # Of the moments, the last one is met after a results file was written in the same run.
    for moment in MOMENTS[:NUM_KILLS]:
        assert any(hits[kind, moment] for kind in KINDS), hits
    assert NUM_KILLS < len(MOMENTS) or hits["with a results file"] > 0, hits
