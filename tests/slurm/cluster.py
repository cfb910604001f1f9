"""A throw-away Slurm cluster on this machine: munged, slurmctld and a slurmd for each node, in one folder.

No systemd, nothing in /etc. Where the kernel lets us (root, as in most containers), each node has its own
host name and process tree ("uts"), so that the end of its first process is a power cut; elsewhere nodes share
them ("plain"). Only processes that were started here are ended, each known by its id and start time.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from engram_runs import ENVIRONMENT

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel", "mpirun")
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"  # where daemons are, also for others than root
LONGEST_S = 60


def missing_programs():
    return [name for name in PROGRAMS if not shutil.which(name, path=PATH)]


def wait_for(what, condition, timeout_s=LONGEST_S, pause_s=0.1):
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < end, f"timed out waiting for {what() if callable(what) else what}"
        time.sleep(pause_s)
    return value


def fields_of(pid):
    """Of /proc/PID/stat from the state on, or None; a process that nobody has waited for counts as gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else fields


class Process:
    """Named by its id and start time, so that an id that is used again is not taken for it."""

    def __init__(self, pid):
        self.pid, self.born = pid, self._start_time(pid)

    @staticmethod
    def _start_time(pid):
        fields = fields_of(pid)
        return fields and fields[19]

    def is_alive(self):
        return self.born is not None and self._start_time(self.pid) == self.born

    def end(self, number):
        if self.is_alive():
            os.kill(self.pid, number)


def can_unshare():
    command = ["unshare", "--uts", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    return os.getuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


def free_ports(count):
    """First of as many that follow each other."""
    for first in range(16800, 18800, 100):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise AssertionError("no free ports")


class Cluster:
    """`folder` has at most 50 characters: paths of sockets are short."""

    def __init__(self, folder, num_nodes=3):
        self.folder = pathlib.Path(folder)
        assert len(str(folder)) <= 50, folder
        self.nodes = [f"n{i + 1}" for i in range(num_nodes)]
        self.mode = "uts" if can_unshare() else "plain"
        self.running = {}
        self.port = free_ports(num_nodes + 1)
        self.environment = {
            **{name: value for name, value in ENVIRONMENT.items() if not name.startswith("SLURM_")},
            "PATH": PATH,
            "SLURM_CONF": str(self.folder / "slurm.conf"),
        }

    def __enter__(self):
        try:
            self._write_files()
            self._start_daemons()
            for node in self.nodes:
                self.boot(node)
            wait_for("idle nodes", lambda: set(self.call("sinfo", "-hN", "-p", "batch", "-o", "%T").split()) == {"idle"})
        except BaseException:
            self._show_logs()
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # Clients ---------------------------------------------------------------------------------------------

    def run(self, *command, **options):
        options.setdefault("env", self.environment)
        return subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=LONGEST_S, **options
        )

    def call(self, *command):
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def job(self, number):
        """What `scontrol show job` says: JobState, Restarts, NodeList, …"""
        text = self.call("scontrol", "show", "job", "-o", number)
        return dict(word.split("=", 1) for word in text.splitlines()[0].split() if "=" in word)

    def wait_for_end(self, number, timeout_s=LONGEST_S):
        over = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED")
        return wait_for(f"job {number}", lambda: (job := self.job(number))["JobState"] in over and job, timeout_s)

    # Nodes -----------------------------------------------------------------------------------------------

    def boot(self, node):
        # Empty, as after a reboot: what a step has left would be in the way of its next life.
        for name in ("spool", "tmp"):
            shutil.rmtree(self.folder / name / node, ignore_errors=True)
            (self.folder / name / node).mkdir(parents=True, mode=0o1777)
        daemon = ["slurmd", "-D", "-N", node, "-f", str(self.folder / "slurm.conf")]
        if self.mode == "plain":
            self.running[node] = self._launch(node, daemon)
            return
        spaces = ["unshare", "--uts", "--mount", "--pid", "--fork", "--mount-proc"]
        script = 'hostname "$1"; mount --bind "$2" /etc/hosts; shift 2; "$@" & wait'
        outer = self._launch(node, [*spaces, "bash", "-c", script, "node", node, str(self.folder / "hosts"), *daemon])
        children = pathlib.Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        # When the first process of its tree dies, the kernel ends the node's others.
        self.running[node] = Process(int(wait_for(f"node {node}", lambda: children.read_text().split())[0]))

    def cut_power(self, node):
        self.running[node].end(9)
        wait_for("the power cut", lambda: not self.running[node].is_alive())
        if self.mode == "plain":
            self._end_strays(node)

    def stop(self):
        for node in self.nodes:
            if node in self.running:
                self.cut_power(node)
        for name in ("slurmctld", "munged"):
            if name in self.running:
                self.running[name].end(15)
                wait_for(f"the end of {name}", lambda: not self.running[name].is_alive())
        self.running = {}

    # Inside ----------------------------------------------------------------------------------------------

    def _launch(self, name, command):
        with open(self.folder / "log" / f"{name}.out", "ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        return Process(process.pid)

    def _start_daemons(self):
        folder = self.folder
        self.running["munged"] = self._launch(
            "munged",
            ["munged", "--foreground", "--force", f"--key-file={folder}/munge/key", f"--socket={folder}/run/munge.sock",
             f"--pid-file={folder}/run/munged.pid", f"--seed-file={folder}/munge/seed", f"--log-file={folder}/log/munged"],
        )
        munge = ("munge", "--no-input", f"--socket={folder}/run/munge.sock")
        wait_for("munged", lambda: self.run(*munge).returncode == 0)
        self.running["slurmctld"] = self._launch("slurmctld", ["slurmctld", "-D", "-c", "-f", f"{folder}/slurm.conf"])
        wait_for("slurmctld", lambda: "is UP" in self.run("scontrol", "ping").stdout)

    def _write_files(self):
        for name in ("log", "run", "state", "spool", "tmp"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "munge").mkdir(mode=0o700)
        key = self.folder / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        host = socket.gethostname().split(".")[0]
        nodes = "".join(
            f"NodeName={node} NodeHostname={node if self.mode == 'uts' else host} NodeAddr=127.0.0.1 "
            f"Port={self.port + 1 + i} CPUs=4 RealMemory=4000 Gres=gpu:2 State=UNKNOWN\n"
            for i, node in enumerate(self.nodes)
        )
        user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(folder=self.folder, host=host, port=self.port, user=user) + nodes + PARTITIONS
        )
        # Device files that are on every machine: what a job is told of its GPUs is all that there is of them.
        (self.folder / "gres.conf").write_text("Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n")
        (self.folder / "mpi.conf").write_text("PMIxCollFence=ring\n")
        names = pathlib.Path("/etc/hosts").read_text()
        (self.folder / "hosts").write_text(names + "".join(f"127.0.0.1 {node}\n" for node in self.nodes))
        prolog = self.folder / "task_prolog.sh"
        prolog.write_text(self._task_prolog())
        prolog.chmod(0o755)

    def _task_prolog(self):
        """Loopback only, for Open MPI; nodes that share a host name must not share memory, either."""
        lines = ["#!/bin/sh", "echo export OMPI_MCA_btl_tcp_if_include=lo", "echo export OMPI_MCA_oob_tcp_if_include=lo"]
        if self.mode == "plain":
            lines += [f"echo export TMPDIR={self.folder}/tmp/$SLURMD_NODENAME", "echo export OMPI_MCA_btl=self,tcp"]
        return "\n".join(lines) + "\n"

    def _end_strays(self, node):
        """In plain mode tasks outlive their slurmd: those with this cluster and node in their environment, and
        their slurmstepd."""
        mine = [f"SLURM_CONF={self.folder}/slurm.conf", f"SLURMD_NODENAME={node}"]
        for _ in range(5):
            found = False
            for entry in filter(str.isdigit, os.listdir("/proc")):
                process = Process(int(entry))
                try:
                    words = pathlib.Path(f"/proc/{entry}/environ").read_text(errors="replace").split("\0")
                except OSError:
                    continue
                if process.is_alive() and process.pid != os.getpid() and all(word in words for word in mine):
                    found = True
                    process.end(9)
            if not found:
                return
            time.sleep(0.2)

    def _show_logs(self):
        for log in sorted((self.folder / "log").glob("*")):
            print(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))


# cred_expire, at least 5 s, is also how long a requeued job waits. Cores are imaginary: nothing is pinned or limited.
CONFIGURATION = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
TmpFS={folder}/tmp/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
TaskProlog={folder}/task_prolog.sh
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=5
SlurmdTimeout=10
BatchStartTimeout=20
ReturnToService=2
GresTypes=gpu
MinJobAge=86400
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
"""
PARTITIONS = """PartitionName=batch Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=3
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF
"""
