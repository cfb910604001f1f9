"""Trials that fail, and ranks that do."""

import shutil
import subprocess

import pytest
from engram_runs import (
    COMPLETE,
    ENVIRONMENT,
    FAILED_TRIALS,
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
def test_a_trial_that_ends_its_process_again_and_again_is_recorded(tmp_path, ranks):
    """Only that one, although each of its ends ends other trials, too."""
    study = write_study(
        tmp_path, study="trials = 12\nmax_crashes = 2", experiment="sleep_ms = 5\nmode = abort\nprobability = 0.1"
    )
    for num_runs in range(1, 30):
        done = engram("run", study, ranks=ranks)
        if done.returncode == FAILED_TRIALS:
            break
        assert done.returncode != COMPLETE
    table = rows(tmp_path / "study.h5")
    failed = table["status"] == FAILED_STATUS
    assert len(table["id"]) == 12
    assert failed.sum() > 0
    assert 1 + 2 * failed.sum() // max(1, ranks) <= num_runs <= 1 + 2 * failed.sum(), done.stderr
    assert all(b"ended its process 2 times" in text for text in table["reason"][failed])
    assert {p.name for p in tmp_path.iterdir()} == {"study.ini", "study.h5"}


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


def claim_serialized_mpi(tmp_path, monkeypatch):
    """Later runs believe that their MPI library is at MPI_THREAD_SERIALIZED."""
    source, library = tmp_path / "level.c", tmp_path / "level.so"
    source.write_text("int MPI_Query_thread(int* level) { *level = 2; return 0; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setitem(ENVIRONMENT, "LD_PRELOAD", str(library))
    asan = ENVIRONMENT.get("ASAN_OPTIONS", "")
    monkeypatch.setitem(ENVIRONMENT, "ASAN_OPTIONS", asan + ":verify_asan_link_order=0")


def test_a_trial_that_hangs_ends_all_ranks_also_if_its_thread_may_not_call_mpi(tmp_path, monkeypatch):
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    claim_serialized_mpi(tmp_path, monkeypatch)
    study = write_study(tmp_path, study="trials = 2\ntime_limit = 0.2", experiment="mode = hang")
    done = engram("run", study, ranks=3)
    assert done.returncode not in (COMPLETE, FAILED_TRIALS), done.stderr
    lines = own_lines(done.stderr)
    assert any("does not check its deadline" in line for line in lines), lines
    assert not any(line.startswith("engram: rank ") for line in lines), "MPI was asked for the rank"


@pytest.mark.parametrize("ranks, batched", [(2, "false"), (0, "true")])
def test_a_trial_that_hangs_ends_the_job_and_is_recorded_by_the_next_run(tmp_path, ranks, batched):
    study = write_study(
        tmp_path,
        study="trials = 30\ntime_limit = 0.2\nseed = 2",
        experiment=f"mode = hang\nprobability = 0.05\nbatched = {batched}",
    )
    codes, lines = [], []
    while len(codes) < 10 and FAILED_TRIALS not in codes:
        done = engram("run", study, ranks=ranks)
        codes.append(done.returncode)
        lines += own_lines(done.stderr)
    assert codes[-1] == FAILED_TRIALS, lines
    assert codes[:-1] and COMPLETE not in codes
    hung = [line for line in lines if "does not check its deadline" in line]
    assert len(hung) >= len(codes) - 1
    assert all("x = " in line and "rank " in line for line in hung), hung
    table = rows(tmp_path / "study.h5")
    assert list(table["id"]) == list(range(30))
    timed_out = table["status"] == TIMED_OUT_STATUS
    assert timed_out.sum() == 2
    assert (table["status"][~timed_out] == COMPLETE_STATUS).all()
    reason = b"went over its time limit of 0.2 s and does not check its deadline"
    assert all(text == reason for text in table["reason"][timed_out])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.h5", "study.ini"]


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
