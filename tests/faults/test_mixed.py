"""Faults of every kind, one after another: whatever happens, nothing recorded is lost without a word, the
results file opens, nothing hangs or stays behind, and each study ends as if nothing had happened.

ENGRAM_FAULTS is the number of faults: 5 by default. They are dealt out from ENGRAM_FAULT_SEED.
"""

import collections
import glob
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import tempfile
import time

import pytest
from engram_runs import Files, Job, assert_part_of, assert_same_results, engram, recorded_ids
from fault_kinds import CLOCK, END, KINDS, NOBODY, STUDIES

SEED = int(os.environ.get("ENGRAM_FAULT_SEED", "1"))
HANG_S = 40.0  # the longest grace of a fault ends after 9 s; the rest is for machines with much else to do
ORPHAN_S = 20.0
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
        groups = ["--study.ranks_per_trial", self.chance.choice([1, 1, 2])]
        with Job(
            "run", self.study, "--quiet", *groups, *arguments, *more, ranks=ranks, cwd=self.folder, **options
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
        if is_met and fault.came_too_late(self, done):
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
                told += next_run.stderr
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
        left = sorted(str(path) for path in self.folder.rglob("*"))
        assert {path.name for path in self.folder.iterdir()} == expected, f"{left} are left after {told}"
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
