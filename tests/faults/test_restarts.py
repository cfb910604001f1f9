"""engram run --ranks N --restarts K, which starts itself again when a rank dies."""

import os
import signal
import time

from engram_runs import (
    COMPLETE,
    CONTINUE,
    ENVIRONMENT,
    FAILED_TRIALS,
    USER_ERROR,
    Job,
    engram,
    recorded_ids,
    rows,
    write_study,
)


def test_a_study_with_a_trial_that_kills_its_rank_ends_by_itself(tmp_path):
    study = write_study(
        tmp_path, study="trials = 12\nmax_crashes = 2", experiment="sleep_ms = 5\nmode = abort\nprobability = 0.1"
    )
    done = engram("run", study, "--ranks", 2, "--restarts", 20)
    assert done.returncode == FAILED_TRIALS, done.stderr
    assert "restart 1 of 20" in done.stderr
    assert len(rows(tmp_path / "study.h5")["id"]) == 12


def test_restarts_are_counted(tmp_path):
    study = write_study(tmp_path, study="trials = 3\nmax_crashes = 0", experiment="mode = abort")
    done = engram("run", study, "--restarts", 2)
    assert done.returncode == 128 + signal.SIGABRT
    assert "restart 2 of 2" in done.stderr


def test_signals_are_passed_on_and_end_the_restarts(tmp_path):
    study = write_study(tmp_path, study="trials = 400", experiment="sleep_ms = 20")
    with Job("run", study, "--ranks", 2, "--restarts", 3) as job:
        time.sleep(3)
        os.kill(job.process.pid, signal.SIGUSR1)
        done = job.wait(30)
    assert done.returncode == CONTINUE, done.stderr
    assert "interrupted with" in done.stderr
    assert engram("run", study, "--ranks", 2).returncode == COMPLETE
    assert len(recorded_ids(tmp_path / "study.h5")) == 400


def test_mistakes_are_told(tmp_path, monkeypatch):
    study = write_study(tmp_path, study="trials = 3")
    done = engram("run", study, "--ranks", 2, ranks=2)
    assert done.returncode == USER_ERROR and "instead of to mpiexec" in done.stderr
    monkeypatch.setitem(ENVIRONMENT, "ENGRAM_MPIEXEC", "/nowhere/mpiexec")
    done = engram("run", study, "--ranks", 2)
    assert done.returncode == USER_ERROR and "cannot start /nowhere/mpiexec" in done.stderr
