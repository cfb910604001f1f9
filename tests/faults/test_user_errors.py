"""Bad input: one sentence, exit code 2 on every rank, and nothing is written."""

import subprocess

import pytest
from engram_runs import ENGRAM, ENVIRONMENT, LONGEST_S, MPIEXEC, USER_ERROR, COMPLETE, engram, own_lines, rows, write_study

BAD = {
    "unknown key": ("", "trails = 5", "", "'trials'"),
    "bad number": ("", "trials = many", "", "many"),
    "reversed range": ("", "", "noise_scale = uniform(2, 1)", "noise_scale"),
    "empty range": ("", "", "noise_scale = uniform(1, 1)", "noise_scale"),
    "wrong type": ("sleep_ms = soon", "", "", "sleep_ms"),
    "unknown parameter": ("sleep_sm = 1", "", "", "'sleep_ms'"),
    "duplicate": ("", "trials = 5\ntrials = 6", "", "trials"),
    "absurd size": ("", "trials = 100000000000000000000", "", "trials"),
}


@pytest.mark.parametrize("case", BAD)
def test_malformed_study_ends_every_rank_with_2(tmp_path, case):
    experiment, study_text, space, expected = BAD[case]
    study = write_study(tmp_path, experiment=experiment, study=study_text, space=space)
    done = subprocess.run(
        [MPIEXEC, "-n", "3", "sh", "-c", f"{ENGRAM} run {study}; echo exit $?"],
        capture_output=True, text=True, timeout=LONGEST_S, env=ENVIRONMENT,
    )
    assert done.stdout.count(f"exit {USER_ERROR}") == 3, done.stdout + done.stderr
    lines = own_lines(done.stderr)
    lines = [line for line in lines if not line.startswith("engram: warning: ")]
    assert len(lines) == 1 and expected in lines[0], done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"study.ini"}


def test_missing_study_file(tmp_path):
    done = engram("run", tmp_path / "missing.ini", ranks=2)
    assert done.returncode == USER_ERROR
    assert any("missing.ini" in line for line in own_lines(done.stderr))


def test_dry_run_writes_nothing(tmp_path):
    study = write_study(tmp_path, study="trials = 50")
    done = engram("run", study, "--dry-run", ranks=2)
    assert done.returncode == COMPLETE, done.stderr
    assert "50 trials would run" in done.stdout
    assert {p.name for p in tmp_path.iterdir()} == {"study.ini"}


def test_overrides_win(tmp_path):
    study = write_study(tmp_path, study="trials = 50")
    assert engram("run", study, "--study.trials", 7, "--experiment.noise_scale=0").returncode == COMPLETE
    assert len(rows(tmp_path / "study.h5")["id"]) == 7


def test_completion_works_in_bash(tmp_path):
    script = (
        f"source <({ENGRAM} completion bash); cd {tmp_path}; touch a.ini b.h5; "
        'try() { COMP_WORDS=(engram "$@"); COMP_CWORD=$#; _engram; echo "${COMPREPLY[@]}"; }; '
        "try r; try run ''; try status ''; try describe no_; try run a.ini --ov"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=LONGEST_S)
    assert done.stdout.splitlines() == ["run report", "a.ini", "b.h5", "no_op", "--overwrite"], done.stderr
