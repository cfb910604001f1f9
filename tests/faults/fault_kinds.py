"""The kinds of faults that test_mixed.py injects, and the studies that meet them."""

import os
import pathlib
import resource
import signal
import subprocess
import time

from engram_runs import COMPLETE, ENGRAM, FAILED_TRIALS, STORAGE, USER_ERROR, Files, engram, wait_until

LATEST_S = 1.8
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

    def came_too_late(self, scene, done):
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

    def came_too_late(self, scene, done):
        """It struck the finished file while the run was leaving, which could no longer notice."""
        files = Files(scene.folder)
        is_struck = self.struck is not None and files.results_inode() in (0, self.struck)
        return is_struck and (done.returncode == END[scene.kind] or not files.journal_size())

    def mend(self, scene, done):
        """Removes what the next run would refuse, or this one asked to remove."""
        told = ""
        if self.came_too_late(scene, done):
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
