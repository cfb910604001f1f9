"""What is seen on a terminal and what in a log file."""

import json
import os
import pty
import subprocess
import time

import pytest
from engram_runs import COMPLETE, ENVIRONMENT, LONGEST_S, Job, command, engram, write_study


def on_terminal(arguments):
    """Exit code and what the program wrote to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:  # the other end was closed
        pass
    os.close(ours)
    return process.wait(LONGEST_S), seen.decode()


@pytest.mark.parametrize("ranks", [0, 2])
def test_bar_on_a_terminal(tmp_path, ranks):
    study = write_study(tmp_path, study="trials = 100", experiment="sleep_ms = 10")
    code, seen = on_terminal(command("run", study, ranks=ranks))
    assert code == COMPLETE
    assert seen.count("\r\x1b[K") >= 2, seen
    assert "100/100 trials" in seen and "best value" in seen, seen


@pytest.mark.parametrize("ranks", [0, 2])
def test_plain_lines_in_a_pipe(tmp_path, ranks):
    study = write_study(tmp_path, study="trials = 200", experiment="sleep_ms = 10")
    done = engram("run", study, ranks=ranks)
    assert done.returncode == COMPLETE
    assert "\r" not in done.stderr and "\x1b" not in done.stderr
    assert any("/200 trials" in line for line in done.stderr.splitlines())
    assert "results: " in done.stdout


def objects_in(text):
    """JSON objects that follow each other."""
    objects = []
    while text := text.lstrip():
        found, end = json.JSONDecoder().raw_decode(text)
        objects.append(found)
        text = text[end:]
    return objects


def test_watching_sees_running_trials_and_the_end(tmp_path):
    study = write_study(tmp_path, study="trials = 8", experiment="sleep_ms = 500")
    with Job("run", study, ranks=2) as job:
        while not (tmp_path / "study.h5.journal").exists():
            time.sleep(0.01)
        seen = objects_in(engram("status", tmp_path / "study.h5", "--watch", "--interval", "1", "--json").stdout)
        assert job.wait().returncode == COMPLETE
    assert [status["state"] for status in seen] == ["running"] * (len(seen) - 1) + ["finished"]
    assert any(0 < status["trials"]["running"] <= 2 for status in seen[:-1]), seen
    last = seen[-1]
    assert (last["trials"]["complete"], last["trials"]["running"]) == (8, 0)


def test_quiet_says_nothing(tmp_path):
    study = write_study(tmp_path, study="trials = 20")
    done = engram("run", study, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (COMPLETE, "", "")


def test_only_the_first_process_prints(tmp_path):
    done = engram("list", ranks=3)
    assert done.returncode == COMPLETE
    assert done.stdout.count("no_op") == 1
