import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from cluster import Cluster, missing_programs  # noqa: E402


@pytest.fixture(scope="session")
def cluster():
    if missing := missing_programs():
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no Slurm to test with: {', '.join(missing)} not found (packages_slurm of scripts/lib.sh)")
    folder = tempfile.mkdtemp(prefix="engram-slurm-")
    try:
        with Cluster(pathlib.Path(folder) / "c") as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)
