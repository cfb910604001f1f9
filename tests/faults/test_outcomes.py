"""Trials that fail, and ranks that do."""

import pytest
from engram_runs import (
    COMPLETE,
    FAILED_TRIALS,
    INTERNAL_ERROR,
    assert_same_results,
    engram,
    own_lines,
    rows,
    write_study,
)

COMPLETE_STATUS, FAILED_STATUS, TIMED_OUT_STATUS = 0, 1, 2


@pytest.mark.parametrize("ranks", [0, 2])
@pytest.mark.parametrize(
    "mode, status, reason",
    [
        ("throw", FAILED_STATUS, b"no_op throws as asked"),
        ("nan", FAILED_STATUS, b"metric value is nan"),
        ("overrun", TIMED_OUT_STATUS, b"0.05"),
    ],
)
def test_failing_trials_are_recorded_with_their_reason(tmp_path, ranks, mode, status, reason):
    study = write_study(tmp_path, study="trials = 40\ntime_limit = 0.05", experiment=f"mode = {mode}\nprobability = 0.3")
    done = engram("run", study, ranks=ranks)
    assert done.returncode == FAILED_TRIALS, done.stderr
    table = rows(tmp_path / "study.h5")
    assert len(table["id"]) == 40
    failed = table["status"] == status
    assert 0 < failed.sum() < 40
    assert (table["status"][~failed] == COMPLETE_STATUS).all()
    assert all(reason in text for text in table["reason"][failed])
    assert not any(table["reason"][~failed])
    lines = own_lines(done.stderr)
    assert any("trial " in line and "x = " in line and "on rank " in line for line in lines), lines


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_rank_that_aborts_ends_the_job_and_the_next_run_continues(tmp_path, ranks):
    marker = tmp_path / "marker"
    study = write_study(
        tmp_path, study="trials = 60", experiment=f"sleep_ms = 5\nmode = abort\nprobability = 0.05\nmarker = {marker}"
    )
    done = engram("run", study, ranks=ranks)
    assert done.returncode not in (COMPLETE, FAILED_TRIALS)
    assert any("abort on rank" in line and "x = " in line for line in own_lines(done.stderr)), done.stderr
    done = engram("run", study, ranks=ranks)
    assert done.returncode == COMPLETE, done.stderr

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    output = undisturbed / "study.h5"
    assert engram("run", study, "--study.output", output, ranks=ranks).returncode == COMPLETE
    assert rows(output)["metric/value"].tobytes() == rows(tmp_path / "study.h5")["metric/value"].tobytes()


def test_a_trial_that_hangs_ends_the_job_with_its_name(tmp_path):
    marker = tmp_path / "marker"
    study = write_study(
        tmp_path, study="trials = 30\ntime_limit = 0.2", experiment=f"mode = hang\nprobability = 0.1\nmarker = {marker}"
    )
    done = engram("run", study, ranks=2)
    assert done.returncode not in (COMPLETE, FAILED_TRIALS), done.stderr
    lines = own_lines(done.stderr)
    assert any("does not check its deadline" in line and "x = " in line and "rank " in line for line in lines), lines
    assert engram("run", study, ranks=2).returncode == COMPLETE


@pytest.mark.parametrize("policy", ["skip", "penalise", "retry"])
def test_policies_that_go_on_record_every_trial(tmp_path, policy):
    study = write_study(tmp_path, study=f"trials = 30\non_failure = {policy}\npenalty = 1", experiment="mode = throw\nprobability = 0.3")
    assert engram("run", study, ranks=2).returncode == FAILED_TRIALS
    assert len(rows(tmp_path / "study.h5")["id"]) == 30


def test_ranks_and_processes_give_the_same_file(tmp_path):
    files = []
    for ranks in (0, 1, 2, 3, 4):
        folder = tmp_path / str(ranks)
        folder.mkdir()
        study = write_study(
            folder,
            study="trials = 150\nreplicates = 3",
            space="mode = choice(normal, throw, warn)\nseries_length = integer(0, 9)\narray_size = choice(0, 2)\n"
            "batched = choice(true, false)",
        )
        done = engram("run", study, ranks=ranks)
        assert done.returncode == FAILED_TRIALS, done.stderr
        assert "warning" not in done.stderr.replace("warning: more threads than cores", "")
        files.append(folder / "study.h5")
    for file in files[1:]:
        assert_same_results(files[0], file)
