"""A few rounds of `make faults`: kill -9 and full disks at seeded moments, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = os.environ.get("ANNOTATE_FAULT_ROUNDS", "4")
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kinds",
    [
        "preannotate,adjudicate,explore",
        "release,export to a file,export to a folder",
        "publish to a folder,publish to S3",
        "train",
    ],
)
def test_nothing_is_lost(kinds: str) -> None:
    command = [sys.executable, "-m", "tests.faults", "--rounds", ROUNDS, "--kinds", kinds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(kind in done.stdout for kind in kinds.split(","))
