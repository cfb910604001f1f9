"""A study that several runs work on at the same time ends like one that a single run has done.

Each part is a run of its own, with ranks of its own; ENGRAM_KILLS kills of parts at random instants, 4 by default, which
are run again, as Slurm does with a job that was preempted.
"""

import os
import random
import re
import signal
import struct
import time

import h5py
import pytest
from engram_runs import (
    COMPLETE,
    FAILED_TRIALS,
    IN_USE,
    USER_ERROR,
    Job,
    assert_same_results,
    engram,
    recorded_ids,
    rows,
    status,
    write_search,
    write_study,
)

NUM_PARTS = 4
NUM_KILLS = int(os.environ.get("ENGRAM_KILLS", "4"))
SEED = int(os.environ.get("ENGRAM_KILL_SEED", "1"))


def random_search(folder):
    """Trials of all kinds, with curves and arrays or without, some of them failing."""
    return write_study(
        folder,
        study="trials = 150\nreplicates = 2\nseed = 5",
        experiment="sleep_ms = 5",
        space="mode = choice(normal, warn, throw, nan)\nseries_length = integer(0, 20)\narray_size = choice(0, 3)",
    )


def learning_search(searcher, options):
    return lambda folder: write_search(folder, searcher, options, "trials = 48", max_evaluations=8000)


STUDIES = {
    "random": random_search,
    "cma_es": learning_search("cma_es", "population = 8"),
    "asha": learning_search("asha", "parallel = 8"),
}


def in_folder(parent, name):
    folder = parent / name
    folder.mkdir()
    return folder


def records(journal):
    """(trial, payload) of a journal's whole records of trials."""
    data = journal.read_bytes()
    if len(data) < 20:
        return []
    at, found = 20 + struct.unpack_from("<Q", data, 12)[0] + 4, []
    while at + 24 <= len(data):
        length, trial, kind, _ = struct.unpack_from("<QQII", data, at)
        if at + 28 + length > len(data):
            break
        if kind == 1:
            found.append((trial, data[at + 24 : at + 24 + length]))
        at += 28 + length
    return found


def trials_by_part(folder):
    """Which trials each part has recorded so far: none of them is another's, too."""
    parts = {}
    for part in range(NUM_PARTS):
        try:
            trials = [trial for trial, _ in records(folder / "study.h5.parts" / f"{part}.journal")]
        except FileNotFoundError:
            continue
        assert len(trials) == len(set(trials)), "a part has done a trial twice"
        parts[part] = set(trials)
    assert len(set().union(*parts.values())) == sum(map(len, parts.values())), "two parts have done a trial"
    return parts


def start(study, part, chance):
    return Job("run", study, "--part", f"{part}/{NUM_PARTS}", ranks=chance.choice([0, 1, 2]))


def num_run(text):
    """What a part says of itself."""
    return sum(int(n) for n in re.findall(rf"part \d/{NUM_PARTS} (?:is done and )?ran (\d+) ", text))


@pytest.fixture(scope="module", params=STUDIES)
def whole(request, tmp_path_factory):
    """A study that a single run has done: (how it is written, its results, exit code)."""
    folder = tmp_path_factory.mktemp(request.param)
    done = engram("run", STUDIES[request.param](folder), ranks=2)
    assert done.returncode in (COMPLETE, FAILED_TRIALS), done.stderr
    return STUDIES[request.param], folder / "study.h5", done.returncode


def expect_whole(folder, whole):
    assert_same_results(folder / "study.h5", whole[1])
    assert {p.name for p in folder.iterdir()} == {"study.ini", "study.h5"}


def test_all_at_once(tmp_path, whole):
    chance = random.Random(SEED)
    study = whole[0](tmp_path)
    jobs = [start(study, part, chance) for part in range(NUM_PARTS)]
    done = [job.wait() for job in jobs]
    for part, run in enumerate(done):
        assert run.returncode in (COMPLETE, whole[2]), (part, run.stdout, run.stderr)
    assert any(run.returncode == whole[2] for run in done)
    expect_whole(tmp_path, whole)
    counts = [num_run(run.stdout + run.stderr) for run in done]
    assert sum(counts) == len(rows(whole[1])["id"]), counts
    with h5py.File(tmp_path / "study.h5") as file:
        assert file["provenance"].attrs["parts"] in (b"4", "4")
    print(f"trials of each part: {counts}")


def test_kills_do_not_show(tmp_path, whole):
    chance = random.Random(f"{SEED} {whole[1].parent.name}")
    study, num_kills, jobs = whole[0](tmp_path), 0, {}
    by_part, seen = {}, {}
    try:
        for part in range(NUM_PARTS):
            jobs[part] = start(study, part, chance)
        instant = time.monotonic() + chance.uniform(0.1, 1.0)
        while jobs:
            time.sleep(0.01)
            now = trials_by_part(tmp_path)
            for part, trials in by_part.items():
                assert part not in now or trials <= now[part] or not (tmp_path / "study.h5.parts").exists()
            by_part, seen = now, now or seen
            if num_kills < NUM_KILLS and time.monotonic() > instant:
                part = chance.choice(list(jobs))
                pids = jobs[part].rank_pids()
                jobs[part].kill(chance.choice(["rank", "launcher", "all"]), pids, chance.randrange(2))
                jobs[part].kill_left_overs()
                jobs[part].wait()
                jobs[part].__exit__()
                num_kills += 1
                jobs[part] = start(study, part, chance)
                instant = time.monotonic() + chance.uniform(0.1, 1.0)
            for part in [p for p, job in jobs.items() if job.process.poll() is not None]:
                done = jobs.pop(part).wait()
                assert done.returncode in (COMPLETE, whole[2]), (part, done.stdout, done.stderr)
    finally:
        for job in jobs.values():
            job.__exit__()
    expect_whole(tmp_path, whole)
    print(f"{num_kills} kills; trials of each part, as far as seen: {({p: len(t) for p, t in seen.items()})}")


def test_a_part_that_never_comes_back(tmp_path, whole):
    """The others say that it is missing, or wait for it; a run of the whole study does the rest."""
    chance = random.Random(SEED)
    study = whole[0](tmp_path)
    results = tmp_path / "study.h5"
    with start(study, 3, chance) as lost:
        while not trials_by_part(tmp_path).get(3):
            assert lost.process.poll() is None
            time.sleep(0.005)
        for pid in lost.rank_pids():
            os.kill(pid, signal.SIGSTOP)
        refused = engram("run", study)
        assert refused.returncode == IN_USE and "is in use by part 3" in refused.stderr
        lost.kill("all", lost.rank_pids())
    with start(study, 0, chance) as other:
        before = len(recorded_ids(results))
        while other.process.poll() is None and status(results)["state"] != "running":
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.5))
        other.kill("all", other.rank_pids())
        other.kill_left_overs()
    recorded = recorded_ids(results)
    assert before <= len(recorded) and recorded == set().union(*trials_by_part(tmp_path).values())
    done = engram("run", study, ranks=2)
    assert done.returncode == whole[2], done.stderr
    assert f"with {len(recorded)} of" in done.stderr
    expect_whole(tmp_path, whole)
    again = engram("run", study, "--part", f"2/{NUM_PARTS}")
    assert again.returncode == whole[2] and "nothing was left to do" in again.stdout
    expect_whole(tmp_path, whole)


def test_rules_end_all_parts(tmp_path):
    """The rule is told of points in their order, whoever has run them."""
    ends = {}
    for name in ("whole", "parts"):
        folder = in_folder(tmp_path, name)
        ends[name] = write_study(folder, study="trials = 400\nseed = 3\ntarget = 0.02", experiment="sleep_ms = 4")
    done = engram("run", ends["whole"])
    assert done.returncode == COMPLETE, done.stderr
    chance = random.Random(SEED)
    jobs = [start(ends["parts"], part, chance) for part in range(NUM_PARTS)]
    for job in jobs:
        done = job.wait()
        assert done.returncode == COMPLETE, done.stderr
    assert 0 < len(rows(tmp_path / "whole/study.h5")["id"]) < 400
    assert_same_results(tmp_path / "parts/study.h5", tmp_path / "whole/study.h5")
    assert {p.name for p in (tmp_path / "parts").iterdir()} == {"study.ini", "study.h5"}


@pytest.mark.parametrize(
    "options, text",
    [
        (["--part", "4/4"], "expected K/N with K from 0 to N - 1"),
        (["--part", "x"], "expected K/N"),
        (["--part", "1/2/3"], "expected K/N"),
        (["--part", "0/2", "--overwrite"], "--overwrite is for the whole study"),
        (["--part", "0/2", "--retry-failed"], "--retry-failed is for the whole study"),
        (["--part", "0/2", "--extend"], "--extend is for the whole study"),
    ],
)
def test_refusals(tmp_path, options, text):
    done = engram("run", write_study(tmp_path, study="trials = 4"), *options)
    assert done.returncode == USER_ERROR and text in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"study.ini"}
