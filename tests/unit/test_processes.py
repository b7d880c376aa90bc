"""No process outlives the command that started it, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path

import msgspec
import pytest

from annotate.processes import in_worker, worker_pool
from annotate.records import Article

#: Articles that take long enough for a signal to come in the middle.
COUNT = 4000


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("articles") / "a.jsonl"
    text = "“It is over,” President Biden said in Baghdad on Monday. " * 20
    path.write_bytes(b"".join(msgspec.json.encode(Article(id=str(n), text=text)) + b"\n" for n in range(COUNT)))
    return path


def group_members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


def wait_until(condition: object, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def heed_interrupts() -> None:
    """A shell starts what runs in its background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_nothing_is_left_running(articles: Path, tmp_path: Path, number: int, code: int) -> None:
    output = tmp_path / "p.jsonl"
    command = [sys.executable, "-m", "annotate", "preannotate", str(articles), "-o", str(output)]
    process = subprocess.Popen(
        [*command, "--preannotator", "rules", "--jobs", "2"],
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    group = process.pid
    try:
        partial = tmp_path / ".p.jsonl.partial"
        assert wait_until(lambda: partial.exists() and partial.stat().st_size > 0, 120)
        assert len(group_members(group)) >= 3
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code
        assert wait_until(lambda: not group_members(group), 20), "workers are left"
        if number != signal.SIGKILL:
            assert errors.decode().splitlines() == ["interrupted; every file is either unchanged or complete"]
        assert not output.exists()
    finally:
        for pid in group_members(group):
            os.kill(pid, signal.SIGKILL)


def test_a_command_that_cannot_tidy_up_ends_all_the_same() -> None:
    code = """
import threading
from annotate.processes import Terminated, raise_on_sigterm
raise_on_sigterm(grace_s=0.5)
try:
    print("ready", flush=True)
    threading.Event().wait()
finally:
    threading.Event().wait()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGKILL


def begin() -> None:
    """What a worker does first: nothing."""


def answer_at_length(size: int) -> bytes:
    """An answer that takes a while to send."""
    with in_worker():
        return bytes(size)


def end_while_answers_are_sent() -> None:
    """Leave a pool by an error at many moments of the sending of an answer."""
    for moment in range(6):
        with contextlib.suppress(ValueError), worker_pool(1, begin) as pool:
            pool.submit(answer_at_length, 1).result()
            answer = pool.submit(answer_at_length, 100_000_000)
            wait([answer], timeout=0.02 + 0.03 * moment)
            raise ValueError


@pytest.mark.slow
def test_a_pool_ends_also_while_an_answer_is_sent() -> None:
    code = "from tests.unit.test_processes import end_while_answers_are_sent; end_while_answers_are_sent()"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=100)
