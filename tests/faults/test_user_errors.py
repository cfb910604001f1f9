"""Bad input: one sentence, exit code 2 on every rank, and nothing is written."""

import subprocess
import time

import pytest
from engram_runs import (
    COMPLETE,
    ENGRAM,
    ENVIRONMENT,
    FAILED_TRIALS,
    LONGEST_S,
    MPIEXEC,
    USER_ERROR,
    Job,
    engram,
    own_lines,
    recorded_ids,
    rows,
    write_study,
)

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


def test_dry_run_says_what_a_run_would_do(tmp_path):
    study = write_study(tmp_path, study="trials = 50", experiment="mode = throw\nprobability = 0.3")
    assert engram("run", study).returncode == FAILED_TRIALS
    results = tmp_path / "study.h5"
    num_failed = int((rows(results)["status"] != 0).sum())

    def would_run(*options):
        before = results.read_bytes() if results.exists() else None
        done = engram("run", study, "--dry-run", *options)
        assert before == (results.read_bytes() if results.exists() else None)
        return done.returncode, done.stdout + done.stderr

    def refused(*options):
        real = engram("run", study, *options)
        code, text = would_run(*options)
        assert code == real.returncode == USER_ERROR
        assert own_lines(text) == own_lines(real.stderr), text

    code, text = would_run()
    assert code == COMPLETE and "0 trials would run, 50 are recorded already" in text
    code, text = would_run("--retry-failed")
    assert code == COMPLETE and f"{num_failed} trials would run, {50 - num_failed} are recorded" in text
    code, text = would_run("--extend", "--study.trials", 60)
    assert code == COMPLETE and "10 trials would run, 50 are recorded already" in text
    code, text = would_run("--overwrite", "--study.seed", 9)
    assert code == COMPLETE and "50 trials would run;" in text
    refused("--study.seed", 9)
    refused("--study.trials", 60)
    refused("--extend", "--study.trials", 40)


def test_dry_run_counts_what_only_the_journal_has(tmp_path):
    study = write_study(tmp_path, study="trials = 2000", experiment="sleep_ms = 10")
    results, journal = tmp_path / "study.h5", tmp_path / "study.h5.journal"
    with Job("run", study) as job:
        while not journal.exists() or not recorded_ids(results):
            time.sleep(0.1)
        job.kill("all", job.rank_pids())
    results.unlink(missing_ok=True)
    num_recorded = len(recorded_ids(results))
    assert 0 < num_recorded < 2000
    done = engram("run", study, "--dry-run")
    assert f"{num_recorded} are recorded already" in done.stdout, done.stdout + done.stderr


def test_export_does_not_overwrite_what_it_should_not(tmp_path):
    study = write_study(tmp_path, study="trials = 5")
    assert engram("run", study).returncode == COMPLETE
    results, link, table = tmp_path / "study.h5", tmp_path / "link", tmp_path / "table.csv"
    link.symlink_to(results)
    before = results.read_bytes()
    for output in (results, link):
        done = engram("export", results, "-o", output)
        assert done.returncode == USER_ERROR and "another file" in done.stderr
        assert results.read_bytes() == before
    table.write_text("precious")
    done = engram("export", results, "-o", table, "--columns", "nope")
    assert done.returncode == USER_ERROR and "nope" in done.stderr
    assert table.read_text() == "precious"
    assert engram("export", results, "-o", table).returncode == COMPLETE
    assert table.read_text() == engram("export", results).stdout


def test_overrides_win(tmp_path):
    study = write_study(tmp_path, study="trials = 50")
    assert engram("run", study, "--study.trials", 7, "--experiment.noise_scale=0").returncode == COMPLETE
    assert len(rows(tmp_path / "study.h5")["id"]) == 7


def test_completion_works_in_bash(tmp_path):
    script = (
        f"source <({ENGRAM} completion bash); cd {tmp_path}; touch a.ini b.h5; "
        'try() { COMP_WORDS=(engram "$@"); COMP_CWORD=$#; _engram; echo "${COMPREPLY[@]}"; }; '
        "try r; try run ''; try status ''; try describe no_; try run a.ini --ov; try run a.ini --study.tim"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=LONGEST_S)
    assert done.stdout.splitlines() == ["run report", "a.ini", "b.h5", "no_op", "--overwrite", "--study.time_limit"], done.stderr
