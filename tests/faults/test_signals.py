"""Orderly and less orderly ends."""

import os
import signal
import time

from engram_runs import COMPLETE, CONTINUE, Job, engram, recorded_ids, status, write_study


def wait_for_records(job, results, num, timeout_s=30):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        assert job.process.poll() is None, job.process.communicate()
        journal = results.with_name(results.name + ".journal")
        if journal.exists() and engram("status", results).returncode == COMPLETE and len(recorded_ids(results)) >= num:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was recorded in time")


def test_a_signal_ends_a_run_in_good_order(tmp_path):
    study, results = write_study(tmp_path, study="trials = 200", experiment="sleep_ms = 20"), tmp_path / "study.h5"
    num_recorded = 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        with Job("run", study) as job:
            wait_for_records(job, results, num_recorded + 1)
            os.kill(job.process.pid, number)
            done = job.wait(30)
        assert done.returncode == CONTINUE, done.stderr
        assert "interrupted with" in done.stderr
        num_recorded = len(recorded_ids(results))
        assert num_recorded < 200
        assert status(results)["state"] == "interrupted"
    assert engram("run", study, ranks=2).returncode == COMPLETE
    assert len(recorded_ids(results)) == 200


def test_a_second_interrupt_ends_it_at_once(tmp_path):
    study = write_study(tmp_path, study="trials = 3", experiment="sleep_ms = 600000")
    with Job("run", study) as job:
        time.sleep(1.0)
        os.kill(job.process.pid, signal.SIGINT)
        time.sleep(0.5)
        assert job.process.poll() is None
        os.kill(job.process.pid, signal.SIGINT)
        done = job.wait(10)
    assert done.returncode == CONTINUE
    assert "interrupted twice" in done.stderr


def test_mpirun_passes_a_signal_on(tmp_path):
    study, results = write_study(tmp_path, study="trials = 400", experiment="sleep_ms = 20"), tmp_path / "study.h5"
    with Job("run", study, ranks=2) as job:
        wait_for_records(job, results, 10)
        os.kill(job.process.pid, signal.SIGTERM)
        done = job.wait(30)
    assert done.returncode != COMPLETE
    assert "interrupted with" in done.stderr, done.stderr
    assert len(recorded_ids(results)) >= 10
    assert engram("run", study, ranks=3).returncode == COMPLETE
    assert len(recorded_ids(results)) == 400


def test_trials_that_go_on_are_given_up(tmp_path):
    """Those that look at their deadline leave their rank in peace, others end it."""
    for mode in ("overrun", "hang"):
        study = write_study(tmp_path, study="trials = 3", experiment=f"mode = {mode}", name=mode)
        with Job("run", study, "--max-time", "1s", "--grace", "1s", ranks=2) as job:
            done = job.wait(30)
        assert done.returncode == CONTINUE, done.stderr
        assert "run the same command again to continue" in done.stderr
        assert recorded_ids(tmp_path / f"{mode}.h5") == set()
