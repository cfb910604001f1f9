"""Disks that are full, files that are not ours, runs that want the same file."""

import os
import pathlib
import subprocess
import tempfile
import time

import h5py
import pytest
from engram_runs import (
    COMPLETE,
    ENGRAM,
    IN_USE,
    STORAGE,
    USER_ERROR,
    Job,
    assert_same_results,
    engram,
    own_lines,
    recorded_ids,
    rows,
    write_study,
)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 kB, and a way to make it larger."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a tmpfs")
    yield disk, lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("ranks", [0, 2])
@pytest.mark.parametrize("kind", ["series_length = 50", "array_size = 8"])
def test_full_disk_is_one_sentence_and_loses_nothing(tmp_path, small_disk, ranks, kind):
    disk, resize = small_disk
    study, results = write_study(tmp_path, study="trials = 2000", experiment=kind), disk / "study.h5"
    done = engram("run", study, "--study.output", results, "--quiet", ranks=ranks)
    assert done.returncode == STORAGE, done.stderr
    assert len(own_lines(done.stderr)) == 1 and "No space left" in done.stderr, done.stderr
    before = recorded_ids(results)
    assert len(before) < 2000
    resize("64m")
    done = engram("run", study, "--study.output", results, ranks=ranks)
    assert done.returncode == COMPLETE, done.stderr
    assert before <= recorded_ids(results)
    assert len(recorded_ids(results)) == 2000


def make_foreign_hdf5(path):
    with h5py.File(path, "w") as file:
        file["data"] = [1, 2, 3]


def make_truncated(path):
    make_foreign_hdf5(path)
    path.write_bytes(path.read_bytes()[:700])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("my thesis\n"),
        lambda path: path.write_bytes(b""),
        make_foreign_hdf5,
        make_truncated,
        pathlib.Path.mkdir,
    ],
    ids=["text", "empty", "hdf5", "truncated", "folder"],
)
@pytest.mark.parametrize("ranks", [0, 2])
def test_foreign_file_is_left_alone(tmp_path, make, ranks):
    study, results = write_study(tmp_path, study="trials = 5"), tmp_path / "study.h5"
    make(results)
    before = None if results.is_dir() else results.read_bytes()
    done = engram("run", study, ranks=ranks)
    assert done.returncode == USER_ERROR, done.stderr
    assert len(own_lines(done.stderr)) == 1 and "study.h5" in done.stderr, done.stderr
    assert before is None or results.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"study.ini", "study.h5"}
    for command in ("status", "report", "export"):
        done = engram(command, results)
        assert done.returncode == USER_ERROR
        assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.fixture
def open_folder():
    """A folder that every user may write to, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        yield folder


def test_unreadable_file(open_folder):
    user = 65534 if os.geteuid() == 0 else None  # root may read everything
    if user and subprocess.run([ENGRAM, "--version"], user=user, cwd="/", capture_output=True).returncode != 0:
        pytest.skip("another user can't start engram")
    study, results = write_study(open_folder, study="trials = 5"), open_folder / "study.h5"
    assert engram("run", study).returncode == COMPLETE
    results.chmod(0)
    before = {p.name for p in open_folder.iterdir()}
    done = engram("run", study, user=user, cwd=open_folder)
    assert done.returncode == USER_ERROR, done.stderr
    assert len(own_lines(done.stderr)) == 1 and "study.h5: Permission denied" in done.stderr, done.stderr
    assert {p.name for p in open_folder.iterdir()} == before


def test_arrays_that_get_lost_are_mended_by_the_next_run(tmp_path):
    study, results = write_study(tmp_path, study="trials = 400", experiment="sleep_ms = 10\narray_size = 3"), tmp_path / "study.h5"
    with Job("run", study, ranks=2) as job:
        end = time.monotonic() + 30
        while not results.exists() and time.monotonic() < end:
            time.sleep(0.02)
        for file in results.with_name("study.h5.arrays").glob("*.h5"):
            file.unlink()
        done = job.wait()
    assert done.returncode == STORAGE, done.stderr
    assert "is lost" in done.stderr and "cannot finish" in done.stderr, done.stderr
    assert any(text.startswith(b"lost: array") for text in rows(results)["warnings"])
    done = engram("run", study)
    assert done.returncode == COMPLETE, done.stderr
    reference = tmp_path / "reference.h5"
    assert engram("run", study, "--study.output", reference).returncode == COMPLETE
    assert_same_results(results, reference)


def test_second_run_on_the_same_file_is_refused(tmp_path):
    study, results = write_study(tmp_path, study="trials = 300", experiment="sleep_ms = 20"), tmp_path / "study.h5"
    with Job("run", study, ranks=2) as first:
        end = time.monotonic() + 30
        while not results.with_name("study.h5.journal").exists() and time.monotonic() < end:
            time.sleep(0.02)
        for extra in ([], ["--overwrite"], ["--retry-failed"]):
            second = engram("run", study, *extra)
            assert second.returncode == IN_USE, second.stderr
            assert len(own_lines(second.stderr)) == 1, second.stderr
        done = first.wait()
    assert done.returncode == COMPLETE, done.stderr

    reference = tmp_path / "reference.h5"
    assert engram("run", study, "--study.output", reference, "--experiment.sleep_ms", 20, ranks=2).returncode == COMPLETE
    assert_same_results(results, reference)
    assert len(recorded_ids(results)) == 300
