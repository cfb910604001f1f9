"""Studies on a real cluster of three nodes: whatever ends an allocation, one submission ends with all trials, to
the same bits. A job by srun and one by mpirun run side by side.

Rank and node are told by what is written; no test goes by time, but for limits that only a hang meets.
"""

import os
import time

import h5py
import pytest
from cluster import wait_for
from engram_runs import (
    COMPLETE,
    ENGRAM,
    FAILED_TRIALS,
    USER_ERROR,
    Job,
    assert_same_results,
    engram,
    recorded_ids,
    write_study,
)

LAUNCHERS = ("srun", "mpirun")
NUM_TRIALS = 160
FEW_TRIALS = 3000  # bytes of a journal: more than what an allocation begins with


def write(folder, num_trials=NUM_TRIALS, sleep_ms=50, experiment="", name="study"):
    folder.mkdir(exist_ok=True)
    return write_study(
        folder, study=f"trials = {num_trials}", experiment=f"sleep_ms = {sleep_ms}\n{experiment}", name=name
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    study = write(tmp_path_factory.mktemp("undisturbed"))
    done = engram("run", study, ranks=4)
    assert done.returncode == COMPLETE, done.stderr
    return study.with_suffix(".h5")


class Submitted:
    """A study in the hands of the cluster."""

    def __init__(self, cluster, study, launcher, *options, nodes=2, time_limit=5, environment=None):
        self.cluster, self.study, self.results = cluster, study, study.with_suffix(".h5")
        # Cores of the nodes are imaginary: nothing can be bound to them.
        options = ("--launcher", launcher, "--nodes", nodes, "--time", time_limit, "--bind", "none", *options)
        done = cluster.run(
            ENGRAM, "slurm", study, *options, "--submit", cwd=study.parent,
            env={**cluster.environment, "XDG_CONFIG_HOME": "/nonexistent", **(environment or {})},
        )
        assert done.returncode == COMPLETE, done.stderr
        self.number = done.stdout.strip()

    def log(self):
        files = self.study.parent.glob(f"*-{self.number}*.out")
        return "".join(path.read_text() for path in sorted(files))

    def wait_for_trials(self):
        """A few more than there are: by the journal's growth, as to start engram takes long on a busy machine."""
        size = self.journal_size()
        wait_for(lambda: f"trials of {self.log()}", lambda: self.journal_size() > size + FEW_TRIALS)

    def journal_size(self):
        try:
            return self.results.with_name(self.results.name + ".journal").stat().st_size
        except FileNotFoundError:
            return 0

    def assert_completes(self, expected, min_restarts=1):
        job = self.cluster.wait_for_end(self.number)
        assert job["JobState"] == "COMPLETED", (job, self.log())
        assert int(job["Restarts"]) >= min_restarts, (job, self.log())
        assert "the study is finished" in self.log()
        assert_same_results(self.results, expected)
        assert not list(self.study.parent.glob("*.launch-*"))


@pytest.fixture
def submit_both(cluster, tmp_path):
    return lambda *options, **more: [
        Submitted(cluster, write(tmp_path / launcher), launcher, *options, **more) for launcher in LAUNCHERS
    ]


def provenance(results):
    with h5py.File(results, "r") as file:
        return dict(file["provenance"].attrs)


def test_warnings_ahead_of_the_limit(cluster, submit_both, undisturbed):
    """scancel -s USR1 -b sends what Slurm sends then."""
    jobs = submit_both()
    for _ in range(2):
        for job in jobs:
            job.wait_for_trials()
            cluster.call("scancel", "-s", "USR1", "-b", job.number)
    for job, launcher in zip(jobs, LAUNCHERS):
        job.assert_completes(undisturbed, min_restarts=2)
        said = provenance(job.results)
        assert said["slurm_job_id"] == job.number and said["slurm_launcher"] == launcher
        assert int(said["slurm_restart_count"]) == int(cluster.job(job.number)["Restarts"])
        assert said["slurm_nodes"] == "2" and said["slurm_tasks_per_node"] == "1(x2)"
        assert 0 < int(said["slurm_end_time"]) - time.time() < 300


def test_time_runs_out_unheard(cluster, tmp_path, submit_both, undisturbed):
    """No warning arrives, but squeue has told how little time there is: so little each time, by a stand-in for it.
    The trials take 8 s on one rank, and an allocation is left after 6."""
    stand_in = tmp_path / "bin" / "squeue"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\ncase "$*" in *%L*) echo 0:08 ;; *) echo RUNNING ;; esac\n')
    stand_in.chmod(0o755)
    jobs = submit_both(environment={"PATH": f"{stand_in.parent}:{cluster.environment['PATH']}"}, nodes=1)
    for job in jobs:
        job.assert_completes(undisturbed)
        assert "outcome 4" in job.log()


def test_requeued_and_preempted(cluster, submit_both, undisturbed):
    jobs = submit_both()
    for job in jobs:
        job.wait_for_trials()
        cluster.call("scontrol", "requeue", job.number)
    for job in jobs:
        wait_for("the requeue", lambda job=job: int(cluster.job(job.number)["Restarts"]) >= 1)
    for job in jobs:
        job.wait_for_trials()
    urgent = cluster.call("sbatch", "--parsable", "-p", "urgent", "-N3", "--exclusive", "-o/dev/null", "--wrap=true").strip()
    cluster.wait_for_end(urgent)
    for job in jobs:
        job.assert_completes(undisturbed, min_restarts=2)


def test_cancelled_and_submitted_again(cluster, submit_both, undisturbed):
    """The file opens in between; engram cancel finds the job by it."""
    jobs = submit_both()
    for job in jobs:
        job.wait_for_trials()
    cluster.call("scancel", jobs[0].number)
    assert cluster.call(ENGRAM, "cancel", jobs[1].results) == f"cancelled job {jobs[1].number}\n"
    for job, launcher in zip(jobs, LAUNCHERS):
        assert cluster.wait_for_end(job.number)["JobState"] == "CANCELLED"
        assert 0 < len(recorded_ids(job.results)) < NUM_TRIALS
        again = Submitted(cluster, job.study, launcher)
        again.assert_completes(undisturbed, min_restarts=0)
        assert provenance(job.results)["job_ids"] == f"{job.number}, {again.number}"


def test_an_array_is_cancelled_whole(cluster, tmp_path):
    job = Submitted(cluster, write(tmp_path / "study"), "srun", "--array", 3, nodes=1)
    wait_for("the parts", lambda: job.log().count("trials") > 3)
    assert cluster.call(ENGRAM, "cancel", job.results) == f"cancelled job {job.number}\n"
    for task in range(3):
        assert cluster.wait_for_end(f"{job.number}_{task}")["JobState"] == "CANCELLED"


def test_first_life_goes_on_elsewhere(cluster, tmp_path, undisturbed):
    """As on a node that was cut off. The job waits, and takes over when that run is gone."""
    study = write(tmp_path / "study")
    with Job("run", study) as first_life:
        wait_for("the first life", lambda: study.with_name("study.h5.journal").exists())
        job = Submitted(cluster, study, "srun", environment={"ENGRAM_SLURM_RETRY_S": "1"})
        wait_for("a refusal", lambda: "outcome 6" in job.log())
        assert cluster.job(job.number)["JobState"] == "RUNNING"
        first_life.process.kill()
        job.assert_completes(undisturbed, min_restarts=0)


def test_array(cluster, submit_both, undisturbed):
    """Four parts, one of which is told to end and goes on after its requeue."""
    jobs = submit_both("--array", 4, nodes=1)
    for job in jobs:
        wait_for("the parts", lambda job=job: job.log().count("trials") > 4)
        cluster.call("scancel", "-s", "USR1", "-b", f"{job.number}_1")
    for job in jobs:
        for task in range(4):
            state = cluster.wait_for_end(f"{job.number}_{task}")
            assert state["JobState"] == "COMPLETED", (state, job.log())
        assert_same_results(job.results, undisturbed)
        assert len(provenance(job.results)["job_ids"].split(", ")) == 4


def test_what_requeues_do_not_mend(cluster, tmp_path):
    """A study's own faults, failed trials, and a cap on requeues; sbatch's own words."""
    failing = Submitted(cluster, write(tmp_path / "a", 4, 0, "mode = throw"), "srun", nodes=1)
    study = write(tmp_path / "b", 4, 0)
    engram("run", study)
    foreign = Submitted(cluster, write(tmp_path / "b", 5, 0), "srun", nodes=1)
    capped = Submitted(cluster, write(tmp_path / "c"), "srun", "--max-requeues", 0, nodes=1)
    capped.wait_for_trials()
    cluster.call("scancel", "-s", "USR1", "-b", capped.number)
    for job, code, words in (
        (failing, FAILED_TRIALS, "some trials failed"),
        (foreign, USER_ERROR, "holds another study"),
        (capped, 4, "the most allowed"),
    ):
        state = cluster.wait_for_end(job.number)
        assert (state["JobState"], state["ExitCode"], state["Restarts"]) == ("FAILED", f"{code}:0", "0"), job.log()
        assert words in job.log()

    before = sorted(tmp_path.rglob("*"))
    command = [ENGRAM, "slurm", tmp_path / "c" / "study.ini", "--submit"]
    done = cluster.run(*command, "--partition", "nowhere")
    assert done.returncode == 1 and "invalid partition specified: nowhere" in done.stderr and not done.stdout
    sbatch = tmp_path / "sbatch"  # this cluster has no accounts
    sbatch.write_text("#!/bin/sh\necho 'sbatch: error: Invalid account specified' >&2\nexit 1\n")
    sbatch.chmod(0o755)
    before.append(sbatch)
    done = cluster.run(*command, "--account", "nobody's", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and done.stderr == "sbatch: error: Invalid account specified\n" and not done.stdout
    done = cluster.run(*command, env={"PATH": "/nonexistent"})
    assert done.returncode == USER_ERROR and "there is no sbatch on the PATH" in done.stderr
    assert sorted(tmp_path.rglob("*")) == sorted(before)


def test_node_is_cut_off(cluster, submit_both, undisturbed):
    jobs = submit_both()
    for job in jobs:
        job.wait_for_trials()
        assert cluster.job(job.number)["NodeList"] == "n[1-2]"
    cluster.cut_power("n2")
    for job in jobs:
        job.assert_completes(undisturbed)
    cluster.boot("n2")


@pytest.mark.skipif(os.environ.get("ENGRAM_SLURM_LONG") != "1", reason="takes 6 minutes: ENGRAM_SLURM_LONG=1")
def test_three_minutes_in_allocations_of_one(cluster, tmp_path):
    expected = write(tmp_path / "expected", 360, 1000)
    jobs = [
        Submitted(cluster, write(tmp_path / launcher, 360, 1000), launcher, time_limit="00:01:00")
        for launcher in LAUNCHERS
    ]
    assert engram("run", expected, ranks=6).returncode == COMPLETE
    for job in jobs:
        cluster.wait_for_end(job.number, timeout_s=600)
        print(job.log())
        job.assert_completes(expected.with_suffix(".h5"), min_restarts=3)
