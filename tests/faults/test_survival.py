"""engram run --survive-rank-loss under mpirun --enable-recovery: the study goes on without ranks that die."""

import os
import signal
import subprocess

import pytest
from engram_runs import (
    COMPLETE,
    ENVIRONMENT,
    MPIEXEC,
    USER_ERROR,
    Job,
    assert_same_results,
    engram,
    wait_until,
    write_study,
)


@pytest.fixture(autouse=True)
def needs_recovery():
    version = subprocess.run([MPIEXEC, "--version"], capture_output=True, text=True).stdout
    if "(OpenRTE)" not in version and "(Open MPI)" not in version:
        pytest.skip("needs Open MPI's recovery mode")


def test_the_study_goes_on_without_lost_ranks(tmp_path, monkeypatch):
    study = write_study(tmp_path, study="trials = 400", experiment="sleep_ms = 20\narray_size = 2")
    reference = tmp_path / "reference.h5"
    assert engram("run", study, "--study.output", reference, ranks=2).returncode == COMPLETE
    monkeypatch.setitem(ENVIRONMENT, "OMPI_MCA_orte_enable_recovery", "1")
    with Job("run", study, "--survive-rank-loss", ranks=4) as job:
        journal = tmp_path / "study.h5.journal"
        assert wait_until(lambda: journal.exists() and len(job.rank_pids()) == 4, job, 0.01)
        size = journal.stat().st_size
        assert wait_until(lambda: journal.stat().st_size > size + 2000, job, 0.01)
        lost = [pid for pid in sorted(job.rank_pids()) if rank_of(pid) in (1, 3)]
        os.kill(lost[0], signal.SIGKILL)  # the end of one
        os.kill(lost[1], signal.SIGSTOP)  # and one that does not answer
        assert wait_until(lambda: not journal.exists(), job, 0.01)
        os.kill(lost[1], signal.SIGKILL)  # mpirun waits for it
        done = job.wait()
    assert done.returncode == COMPLETE, done.stderr
    for rank in (1, 3):
        assert f"nothing is heard of rank {rank} " in done.stderr, done.stderr
    assert_same_results(tmp_path / "study.h5", reference)


def test_without_rank_0_the_run_starts_again(tmp_path):
    """mpirun's exit code is 0 then."""
    study = write_study(tmp_path, study="trials = 100", experiment="sleep_ms = 20")
    with Job("run", study, "--survive-rank-loss", "--ranks", 2, "--restarts", 1) as job:
        assert wait_until(lambda: (tmp_path / "study.h5.journal").exists(), job, 0.01)
        ranks = [pid for pid in job.processes() if is_rank(pid)]
        assert len(ranks) == 2
        for pid in ranks:
            os.kill(pid, signal.SIGKILL)
        done = job.wait()
    assert done.returncode == COMPLETE, done.stderr
    assert "the run ended with code 1; restart 1 of 1" in done.stderr, done.stderr


def test_a_launcher_without_recovery_is_refused(tmp_path):
    done = engram("run", write_study(tmp_path, study="trials = 2"), "--survive-rank-loss", ranks=2)
    assert done.returncode == USER_ERROR and "give it --enable-recovery" in done.stderr, done.stderr


def variables_of(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        return dict(entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)


def rank_of(pid):
    return int(variables_of(pid)[b"OMPI_COMM_WORLD_RANK"])


def is_rank(pid):
    return b"OMPI_COMM_WORLD_RANK" in variables_of(pid)
