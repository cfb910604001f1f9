"""Faults of every kind, one after another: whatever happens, nothing recorded is lost without a word, the
results file opens, nothing hangs or stays behind, and each study ends as if nothing had happened.

ENGRAM_FAULTS is the number of faults: by default each kind once. They are dealt out from ENGRAM_FAULT_SEED.
"""

import collections
import glob
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from engram_runs import (
    COMPLETE,
    CONTINUE,
    ENGRAM,
    FAILED_TRIALS,
    STORAGE,
    USER_ERROR,
    Files,
    Job,
    assert_part_of,
    assert_same_results,
    engram,
    own_lines,
    recorded_ids,
    wait_until,
)

SEED = int(os.environ.get("ENGRAM_FAULT_SEED", "1"))
LATEST_S = 1.8
HANG_S = 40.0  # the longest grace below ends after 9 s; the rest is for machines with much else to do
ORPHAN_S = 20.0
NOBODY = 65534

STUDIES = {
    # Trials of all kinds, some of them failing for good; those that misbehave do so if `marker` is missing.
    "outcomes": """[study]
experiment = no_op
searcher = random
trials = 180
replicates = 2
seed = 5
objective = value
on_failure = retry
max_retries = 1
max_crashes = 0
output = study.h5
[experiment]
sleep_ms = 15
marker = marker
[space]
x = uniform(0, 1)
y = uniform(0, 1)
mode = choice(warn, throw, nan, abort, hang, grow, demand)
series_length = integer(0, 20)
array_size = choice(0, 3)
""",
    # Trials that save states, of a searcher that learns.
    "states": """[study]
experiment = es_benchmark
searcher = tpe
trials = 32
seed = 5
objective = best
max_crashes = 0
checkpoint_interval = 0.02
output = study.h5
[experiment]
function = rastrigin
dimension = 20
target = 0
max_evaluations = 30000
start = given
[space]
start_step = loguniform(0.1, 10)
population = integer(4, 20)
""",
}
END = {"outcomes": FAILED_TRIALS, "states": COMPLETE}

CLOCK = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long jump(void) {
  static long start;
  struct timespec t;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
  long now = t.tv_sec * 1000 + t.tv_nsec / 1000000;
  if (!start) start = now;
  return now - start < atol(getenv("JUMP_AFTER_MS")) ? 0 : atol(getenv("JUMP_S"));
}
int clock_gettime(clockid_t clock, struct timespec* t) {
  int result = syscall(SYS_clock_gettime, clock, t);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) t->tv_sec += jump();
  return result;
}
int gettimeofday(struct timeval* t, void* zone) {
  int result = syscall(SYS_gettimeofday, t, zone);
  t->tv_sec += jump();
  return result;
}
time_t time(time_t* t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
"""


class Fault:
    """One kind. `codes`: how a run may end then, besides as if nothing had happened; None: anyhow."""

    name = ""
    studies = tuple(STUDIES)
    codes = None
    may_lose = False  # records, if the program says so

    def is_possible(self, machine):
        return True

    def options(self, scene):
        """Of the run that is to meet it: (arguments, options of Job)."""
        return [], {}

    def wait(self, scene, job):
        """Until it can happen; false if the run ended before."""
        instant = time.monotonic() + scene.chance.uniform(0.05, LATEST_S)
        return wait_until(lambda: time.monotonic() >= instant and len(job.rank_pids()) == job.ranks, job, 0.005)

    def strike(self, scene, job):
        raise NotImplementedError

    def mend(self, scene, done):
        """The machine is well again. Returns what the program said meanwhile."""

    def came_too_late(self, scene):
        return False

    def hits(self, done):
        """The names under which it is counted."""
        return [self.name]


class Kill(Fault):
    def __init__(self, what):
        self.name, self.what = f"killed {what}", what

    def strike(self, scene, job):
        job.kill(self.what, job.rank_pids(), scene.chance.randrange(8))


class Stop(Fault):
    """A rank stands still, and then goes on or finds its launcher gone."""

    def __init__(self, name, kills):
        self.name, self.kills = name, kills
        self.codes = None if kills else ()

    def strike(self, scene, job):
        pids = job.rank_pids()
        if not pids:
            return
        victim = scene.chance.choice(pids)
        os.kill(victim, signal.SIGSTOP)
        time.sleep(scene.chance.uniform(0.1, 1.0))
        if self.kills:
            job.process.kill()
            time.sleep(scene.chance.uniform(0.0, 0.5))
        if job.is_alive(victim):
            os.kill(victim, signal.SIGCONT)


class Told(Fault):
    name = "a signal"

    def strike(self, scene, job):
        job.process.send_signal(
            scene.chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
        )


class FullDisk(Fault):
    name, codes = "full disk", (STORAGE,)

    def is_possible(self, machine):
        return machine.is_mounted

    def strike(self, scene, job):
        disk = os.statvfs(scene.folder)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_bsize
        while not scene.machine.resize(used):
            used += 4096

    def mend(self, scene, done):
        assert scene.machine.resize("64m")


class Quota(Fault):
    """Files may not become larger."""

    name, codes = "quota", (STORAGE,)

    def wait(self, scene, job):
        """MPI's own files come before: without them, there is no run."""
        size = Files(scene.folder).journal_size()
        is_open = wait_until(lambda: Files(scene.folder).journal_size() != size, job, 0.005)
        return is_open and super().wait(scene, job)

    def strike(self, scene, job):
        size = max(Files(scene.folder).journal_size(), 4096) + 100
        for pid in job.rank_pids():
            try:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
            except ProcessLookupError:
                pass


class Unwritable(Fault):
    name, codes = "unwritable folder", (STORAGE, USER_ERROR)

    def is_possible(self, machine):
        return os.geteuid() != 0 or machine.other_user

    def options(self, scene):
        if os.geteuid() != 0:
            return [], {}
        for path in [scene.folder, *scene.folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        return [], {"user": NOBODY}

    def strike(self, scene, job):
        self.set_folders(scene, 0o555)

    def mend(self, scene, done):
        self.set_folders(scene, 0o777)

    def set_folders(self, scene, mode):
        for path in [scene.folder, *scene.files("study.h5.*")]:
            try:
                if path.is_dir():
                    path.chmod(mode)
            except FileNotFoundError:  # the run is ending
                pass


class Damage(Fault):
    """A file is removed or cut under the run, which goes on or is killed soon after."""

    may_lose = True

    def __init__(self, name, studies, pattern):
        self.name, self.studies, self.pattern = name, studies, pattern
        self.codes = (STORAGE, USER_ERROR)

    def wait(self, scene, job):
        if not super().wait(scene, job):
            return False
        # Without a journal, what is in the results file is all there is.
        return wait_until(lambda: scene.results.exists() and scene.files(self.pattern), job, 0.005)

    def strike(self, scene, job):
        self.struck = Files(scene.folder).results_inode() if self.pattern == "study.h5" else None
        for path in scene.files(self.pattern):
            try:
                if scene.chance.random() < 0.5:
                    path.unlink()
                else:
                    os.truncate(path, int(path.stat().st_size * scene.chance.random()))
            except FileNotFoundError:  # it was no longer needed
                continue
            if scene.chance.random() < 0.5:
                break
        time.sleep(scene.chance.uniform(0.0, 2.0))
        if scene.chance.random() < 0.5:
            job.kill("all", job.rank_pids())
            self.codes = None
        else:
            self.codes = (STORAGE, USER_ERROR)  # the latter if the run had not opened it yet

    def came_too_late(self, scene):
        """It struck the finished file while the run was leaving, which could no longer notice."""
        return self.struck is not None and Files(scene.folder).results_inode() in (0, self.struck)

    def mend(self, scene, done):
        """Removes what the next run would refuse, or this one asked to remove."""
        told = ""
        if done.returncode == END[scene.kind] and self.came_too_late(scene):
            return ""
        for path in scene.files("study.h5.journal") + scene.files("study.h5"):
            looked = engram("run", scene.study, "--dry-run", cwd=scene.folder)
            if looked.returncode == USER_ERROR and f"{path.name} " in looked.stderr:
                told += looked.stderr
                path.unlink()
        if "remove damaged files" in done.stderr:
            for path in scene.files("study.h5.arrays/*.h5"):
                if not is_hdf5(path):
                    path.unlink()
        return told


class Clock(Fault):
    name, codes = "clock", ()

    def is_possible(self, machine):
        return machine.clock is not None

    def options(self, scene):
        day = 86400
        jump = scene.chance.choice([-7000 * day, -day, -60, 60, day, 7000 * day])
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = {
            "LD_PRELOAD": str(scene.machine.clock),
            "JUMP_AFTER_MS": str(scene.chance.randrange(200, 2000)),
            "JUMP_S": str(jump),
            "ASAN_OPTIONS": asan,
        }
        return [], {"more": environment}

    def strike(self, scene, job):
        if scene.chance.random() < 0.5:
            job.kill("all", job.rank_pids())
            self.codes = None
        else:
            self.codes = ()


class Misbehaviour(Fault):
    """The next trials abort, loop for ever, take all memory, or ask for 100 GiB, once."""

    name, studies = "a trial", ("outcomes",)

    def is_possible(self, machine):
        return b"__asan_init" not in pathlib.Path(ENGRAM).read_bytes()  # there, memory can't be limited

    def options(self, scene):
        return ["--max-time", "3s", "--grace", "1s"], {"memory": 1 << 30}

    def strike(self, scene, job):
        scene.marker.unlink()

    def mend(self, scene, done):
        self.is_done = scene.marker.exists()  # the trial leaves it
        scene.marker.touch()

    def hits(self, done):
        if not self.is_done:
            return []
        kinds = {"a trial that aborts": "abort on rank", "a trial that loops": "do not look at their deadline"}
        found = [kind for kind, text in kinds.items() if text in done.stderr]
        return found or ["a trial that wants more memory than there is"]


def is_hdf5(path):
    return subprocess.run(["h5ls", path], capture_output=True).returncode == 0


KINDS = [
    Kill("rank"),
    Kill("launcher"),
    Kill("all"),
    Stop("stopped rank", False),
    Stop("stopped rank without launcher", True),
    Told(),
    FullDisk(),
    Quota(),
    Unwritable(),
    Damage("journal", tuple(STUDIES), "study.h5.journal"),
    Damage("results file", tuple(STUDIES), "study.h5"),
    Damage("arrays", ("outcomes",), "study.h5.arrays/*.h5"),
    Damage("states", ("states",), "study.h5.states/*.state"),
    Clock(),
    Misbehaviour(),
    Misbehaviour(),
]
NUM_FAULTS = int(os.environ.get("ENGRAM_FAULTS", "5"))  # some eight seconds each


SAYS = re.compile("is damaged|are gone or damaged|is lost|are missing|is missing|ends in the midst|was removed")


class Machine:
    """Where studies run: a small disk, if this user may mount one."""

    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o755)  # for other users, too
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.is_mounted = subprocess.run(self.mount("-t", "tmpfs", "size=64m"), capture_output=True).returncode == 0
        self.disk.chmod(0o777)
        self.clock = None
        if shutil.which("cc"):
            source, self.clock = folder / "clock.c", folder / "clock.so"
            source.write_text(CLOCK)
            subprocess.run(["cc", "-shared", "-fPIC", "-o", self.clock, source], check=True)
        self.other_user = os.geteuid() == 0 and engram("--version", ranks=1, user=NOBODY, cwd=self.disk).returncode == 0

    def mount(self, *options):
        return ["mount", *options[:-1], "-o", options[-1], "tmpfs", self.disk]

    def resize(self, size):
        return subprocess.run(["mount", "-o", f"remount,size={size}", self.disk], capture_output=True).returncode == 0

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", self.disk], check=True)


class Scene:
    """A study from its beginning to its end."""

    def __init__(self, machine, name, kind, chance, reference):
        self.machine, self.kind, self.chance, self.reference = machine, kind, chance, reference
        self.folder = machine.disk / name
        self.folder.mkdir()
        self.study, self.results, self.marker = (self.folder / file for file in ("study.ini", "study.h5", "marker"))
        self.study.write_text(STUDIES[kind])
        self.marker.touch()
        self.recorded = set()
        self.is_damaged = False  # then rows may say so, until their trials have run again
        self.is_over = False

    def files(self, pattern):
        return sorted(map(pathlib.Path, glob.glob(f"{self.folder}/{pattern}")))  # pathlib's fails if one vanishes

    def count(self):
        return recorded_ids(self.results) if Files(self.folder).has_records else set()

    def run(self, fault=None, more=()):
        """(How a run ended, whether it met the fault, what was recorded before)."""
        arguments, options = fault.options(self) if fault else ([], {})
        ranks = self.chance.choice([1, 2, 2, 3])
        with Job(
            "run", self.study, "--quiet", *arguments, *more, ranks=ranks, cwd=self.folder, **options
        ) as job:
            is_met, before = fault is not None and fault.wait(self, job), set()
            if is_met and not fault.may_lose:
                before = self.count()
                is_met = job.process.poll() is None
            if is_met:
                fault.strike(self, job)
            try:
                done = job.wait(HANG_S)
            except subprocess.TimeoutExpired:
                left = [(pid, pathlib.Path(f"/proc/{pid}/cmdline").read_text()) for pid in job.processes()]
                raise AssertionError(f"hangs after {fault and fault.name} (seed {SEED}): {left}") from None
            end = time.monotonic() + ORPHAN_S
            while left := job.processes():
                assert time.monotonic() < end, f"{left} are left after {fault and fault.name}"
                time.sleep(0.02)
        return done, is_met, before

    def meet(self, fault):
        """A run with a fault; the names of what it met, or nothing if it ended before."""
        done, is_met, before = self.run(fault)
        told = done.stderr
        if is_met:
            self.is_damaged |= fault.may_lose
            told += fault.mend(self, done) or ""
        is_over = done.returncode == END[self.kind]
        if is_met and is_over and fault.came_too_late(self):
            self.results.unlink(missing_ok=True)
            self.recorded = set()
            return []
        if not is_met or fault.codes is not None:
            codes = fault.codes if is_met else ()
            assert is_over or done.returncode in codes, (fault.name, done.returncode, done.stderr)
        if self.results.exists():
            assert_part_of(self.results, self.reference, but_lost=self.is_damaged)
        now = self.count()
        if lost := (self.recorded | before) - now:
            assert fault.may_lose, f"{fault.name}: {sorted(lost)} are lost: {done.stderr}"
            if not SAYS.search(told):
                next_run = self.run(more=["--max-time", "1s"])[0]
                assert SAYS.search(next_run.stderr), f"{fault.name}: {sorted(lost)} are lost: {next_run.stderr}"
                is_over = next_run.returncode == END[self.kind]
                now = self.count()
        self.recorded = now
        if is_over:
            self.end(f"{fault.name}: {told}")
        return fault.hits(done) if is_met else []

    def end(self, told):
        assert_same_results(self.results, self.reference)
        expected = {"study.ini", "study.h5", "marker"}
        if "study.h5.arrays, which is no longer needed; remove it by hand" in told:
            expected.add("study.h5.arrays")
        assert {path.name for path in self.folder.iterdir()} == expected, told
        shutil.rmtree(self.folder)
        self.is_over = True


@pytest.fixture(scope="module")
def machine():
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(pathlib.Path(folder))
        yield machine
        machine.close()


@pytest.fixture(scope="module")
def references(machine):
    files = {}
    for kind in STUDIES:
        folder = machine.disk / kind
        folder.mkdir()
        (folder / "study.ini").write_text(STUDIES[kind])
        (folder / "marker").touch()
        done = engram("run", "study.ini", ranks=3, cwd=folder)
        assert done.returncode == END[kind], done.stderr
        files[kind] = folder / "study.h5"
    return files


def deal(chance, kinds):
    """All kinds in turn, in an order that changes."""
    while True:
        yield from chance.sample(kinds, len(kinds))


def next_fault(plan, dealt, kind):
    """Of this kind of study; those of the other wait."""
    for fault in plan:
        if kind in fault.studies:
            plan.remove(fault)
            return fault
    while kind not in (fault := next(dealt)).studies:
        plan.append(fault)
    return fault


def test_faults(machine, references):
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    chance, started = random.Random(SEED), time.monotonic()
    kinds = [fault for fault in KINDS if fault.is_possible(machine)]
    dealt, plan, hits, num_faults, num_studies, num_missed = deal(chance, kinds), [], collections.Counter(), 0, 0, 0
    scenes = {}
    try:
        while num_faults < NUM_FAULTS or scenes:
            kind = chance.choice(list(STUDIES if num_faults < NUM_FAULTS else scenes))
            if kind not in scenes:
                scenes[kind] = Scene(machine, str(num_studies), kind, chance, references[kind])
                num_studies += 1
            scene = scenes[kind]
            if num_faults < NUM_FAULTS:
                fault = next_fault(plan, dealt, kind)
                met = scene.meet(fault)
                if met:
                    num_faults += 1
                    hits.update(met)
                else:
                    plan.append(fault)
                    num_missed += 1
                    assert num_missed < 20 + 2 * NUM_FAULTS, f"runs end before {fault.name}: {dict(hits)}"
            else:
                done = scene.run()[0]
                assert done.returncode == END[kind], done.stderr
                scene.end(done.stderr)
            if scene.is_over:
                del scenes[kind]
    finally:
        print(
            f"\n{num_faults} faults (seed {SEED}) in {num_studies} studies, {time.monotonic() - started:.0f} s: "
            + ", ".join(f"{name} {num}" for name, num in sorted(hits.items()))
        )
