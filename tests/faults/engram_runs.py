"""Starting, disturbing and checking runs of the program named by ENGRAM_BINARY.

Every process that is ever killed was started here and is named by its process id.
"""

import json
import itertools
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np

ENGRAM = os.path.realpath(os.environ.get("ENGRAM_BINARY", "build/engram"))
MPIEXEC = os.environ.get("ENGRAM_MPIEXEC") or shutil.which("mpiexec")
LONGEST_S = 120  # no run of these tests takes as long on a slow machine

# What tests as root on few cores need; ctest sets the same.
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    **os.environ,
}

JOB_NAMES = (f"{os.getpid()}-{i}" for i in itertools.count())

COMPLETE, INTERNAL_ERROR, USER_ERROR, FAILED_TRIALS, CONTINUE, STORAGE, IN_USE = range(7)


def command(*arguments, ranks=0):
    launcher = [MPIEXEC, "-n", str(ranks)] if ranks else []
    return [*launcher, ENGRAM, *map(str, arguments)]


def engram(*arguments, ranks=0, timeout=LONGEST_S, **options):
    """Runs to the end; the CompletedProcess has texts."""
    with Job(*arguments, ranks=ranks, **options) as job:
        return job.wait(timeout)


def stat_of(pid):
    """(parent, start time) of a process, or None."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] == "Z" else (int(fields[1]), int(fields[19]))


def runs_engram(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe") == ENGRAM
    except OSError:
        return False


class Job:
    """A run in the background. Leaving the context ends whatever is left of it.

    `more` is added to the environment; `memory` is the address space in bytes that each process may have.
    """

    def __init__(self, *arguments, ranks=0, cwd=None, user=None, more=None, memory=None):
        self.ranks = ranks
        self.name = next(JOB_NAMES)
        self.process = subprocess.Popen(
            command(*arguments, ranks=ranks),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, "ENGRAM_TEST_JOB": self.name, **(more or {})},
            cwd=cwd,
            user=user,
            preexec_fn=memory and (lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))),
            start_new_session=True,
        )
        self.has_killed = False
        self.known = {}  # pid of a rank: its start time, so that no reused pid is taken for it

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rank_pids()
        if self.process.poll() is None:
            self.process.kill()
        self.kill_left_overs()
        self.process.communicate()

    def rank_pids(self):
        """The ranks that run now."""
        if not self.ranks:
            return [self.process.pid] if self.process.poll() is None else []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            stat = stat_of(entry)
            if stat and stat[0] == self.process.pid and runs_engram(entry):
                self.known[int(entry)] = stat[1]
        return [pid for pid in self.known if self.is_alive(pid)]

    def processes(self):
        """Whatever still runs of all that this job has started, orphans too."""
        mark, found = f"ENGRAM_TEST_JOB={self.name}".encode(), []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                environment = pathlib.Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:  # it has ended, or is another user's
                continue
            if mark in environment.split(b"\0") and stat_of(entry):
                found.append(int(entry))
        return found

    def is_alive(self, pid):
        stat = stat_of(pid)
        return stat is not None and stat[1] == self.known[pid]

    def kill(self, kind, pids, i_rank=0):
        """One rank, the launcher or all, at once: `pids` are what `rank_pids` said a moment ago."""
        self.has_killed = True
        if kind in ("launcher", "all"):
            self.process.kill()
        victims = {"rank": pids[i_rank % len(pids) :][:1] if pids else [], "launcher": [], "all": pids}[kind]
        for pid in victims:
            if pid != self.process.pid and self.is_alive(pid):
                os.kill(pid, signal.SIGKILL)

    def kill_left_overs(self, patience_s=5.0):
        """Ranks whose mpirun is gone end by themselves in time; not waited for for long."""
        end = time.monotonic() + patience_s
        while any(map(self.is_alive, self.known)) and time.monotonic() < end:
            time.sleep(0.02)
        for pid in filter(self.is_alive, self.known):
            os.kill(pid, signal.SIGKILL)
        while any(map(self.is_alive, self.known)):
            time.sleep(0.02)

    def wait(self, timeout=LONGEST_S):
        try:
            out, error = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # Once in some thousand kills Open MPI's mpirun stays for ever, though none of its ranks is left.
            if not self.has_killed or self.processes() != [self.process.pid]:
                raise
            self.process.kill()
            out, error = self.process.communicate()
            print(f"{self.process.args[0]} was left behind by its ranks")
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, error)


class Files:
    """What the store has written so far."""

    def __init__(self, folder):
        self.folder = folder
        self.results, self.journal = folder / "study.h5", folder / "study.h5.journal"
        self.has_records = self.results.exists() or self.journal_size() > 0

    def journal_size(self):
        try:
            return self.journal.stat().st_size
        except FileNotFoundError:
            return 0

    def results_inode(self):
        try:
            return self.results.stat().st_ino
        except FileNotFoundError:
            return 0

    def temporaries(self):
        return {name for name in os.listdir(self.folder) if ".tmp" in name}


def wait_until(condition, job, pause_s=0.0):
    """False if the job ended before."""
    while not condition():
        if job.process.poll() is not None:
            return False
        time.sleep(pause_s)
    return job.process.poll() is None


def own_lines(text):
    """What engram itself printed, without mpirun's words."""
    return [line for line in text.splitlines() if line.startswith("engram: ")]


def write_study(folder, experiment="", study="", space="", name="study"):
    """A study of no_op whose results go to `folder`/study.h5; returns its file."""
    path = pathlib.Path(folder) / f"{name}.ini"
    path.write_text(
        f"""[study]
name = {name}
experiment = no_op
searcher = random
objective = value
output = {folder}/{name}.h5
{study}
[experiment]
{experiment}
[space]
x = uniform(0, 1)
y = uniform(0, 1)
{space}
"""
    )
    return path


def write_search(
    folder, searcher, options="", trials="trials = 24", step="loguniform(0.1, 10)", population="integer(4, 20)",
    max_evaluations=6000,
):
    """A study whose points learners tell apart, of trials of some ten milliseconds, which save states."""
    path = pathlib.Path(folder) / "study.ini"
    path.write_text(
        f"""[study]
experiment = es_benchmark
searcher = {searcher}
{trials}
objective = best
seed = 5
checkpoint_interval = 0.02
output = {folder}/study.h5
[experiment]
function = rastrigin
dimension = 20
target = 0
max_evaluations = {max_evaluations}
start = given
[space]
start_step = {step}
population = {population}
[searcher]
{options}
"""
    )
    return path


def status(results):
    done = engram("status", results, "--json")
    assert done.returncode == COMPLETE, done.stderr
    return json.loads(done.stdout)


def recorded_ids(results):
    """What is recorded, in the results file and in the journal beside it."""
    done = engram("export", results, "--columns", "id")
    assert done.returncode == COMPLETE, done.stderr
    ids = [int(line) for line in done.stdout.splitlines()[1:]]
    assert len(ids) == len(set(ids)), "a trial is recorded twice"
    return set(ids)


def rows(results):
    """The columns of /trials, by name."""
    columns = {}
    with h5py.File(results, "r") as file:
        file["trials"].visititems(
            lambda name, item: columns.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return columns


def assert_part_of(results, reference, but_lost=False):
    """Every row of one file is the row of that id in another; `but_lost`: or says that arrays of it are lost."""
    part, whole = rows(results), rows(reference)
    if but_lost:
        kept = np.array([b"lost: array" not in text for text in part["warnings"]], dtype=bool)
        part = {name: values[kept] for name, values in part.items()}
    assert len(np.unique(part["id"])) == len(part["id"])
    at = {int(i): row for row, i in enumerate(whole["id"])}
    order = [at[int(i)] for i in part["id"]]
    for name, values in part.items():
        expected = whole[name][order]
        same = values == expected
        if values.dtype.kind == "f":
            same |= np.isnan(values) & np.isnan(expected)
        assert np.all(same), name


def assert_same_results(a, b):
    difference = subprocess.run(
        ["h5diff", "--exclude-path", "/timing", "--exclude-path", "/provenance", a, b],
        capture_output=True, text=True, timeout=LONGEST_S,
    )
    assert difference.returncode == 0, difference.stdout + difference.stderr
