"""Worker processes that end with the process that started them, and signals that end a command."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import IO, Any, Literal


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the command ends as after Ctrl-C."""


def raise_on_sigterm(*, grace_s: float = 20.0) -> None:
    """From now on SIGTERM raises `Terminated` in the main thread, so that the command tidies up before it ends.

    A command that has not ended `grace_s` seconds later is killed: the signal may come where a library has taken a
    lock and not yet sees to it that it is given back, and then tidying up waits for ever.
    """

    def raise_terminated(number: int, frame: FrameType | None) -> None:
        last = threading.Timer(grace_s, os.kill, (os.getpid(), signal.SIGKILL))
        last.daemon = True
        last.start()
        raise Terminated

    signal.signal(signal.SIGTERM, raise_terminated)


@contextlib.contextmanager
def worker_pool(jobs: int, start: Callable[..., None], *arguments: Any) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, each of which calls `start(*arguments)` first.

    The workers live no longer than the block. When it ends with an error, or when this process is killed, they end
    in the middle of their work: each watches a pipe whose other end only this process holds. What they do is to be
    wrapped in `in_worker`, so that none ends in the middle of an answer, for whose rest the pool would wait for ever.
    """
    context = get_context("spawn")
    lifeline, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(lifeline, start, arguments))
    try:
        yield pool
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        lifeline.close()


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code, or None where it was stopped; the end of what it wrote to standard error."""

    code: int | None
    words: str
    stopped: Literal["time", "output"] | None = None


def run_limited(
    arguments: Sequence[str], stdin: IO[bytes], stdout: Path, *, timeout_s: float, most_bytes: int
) -> Finished:
    """Run a program, and stop it with all that it started when it takes too long or writes too much.

    The program leads a group of processes of its own; none of them outlives this call, however it ends.

    Args:
        stdout: the file that gets its output.
        timeout_s: how long it may run, in seconds.
        most_bytes: how much it may write to standard output and standard error together.

    Raises:
        OSError: it cannot be started.
    """
    with stdout.open("wb") as output, tempfile.TemporaryFile() as errors:
        ends = time.monotonic() + timeout_s
        process = subprocess.Popen(arguments, stdin=stdin, stdout=output, stderr=errors, start_new_session=True)
        stopped: Literal["time", "output"] | None = None
        try:
            while stopped is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(0.1, max(0.0, ends - time.monotonic())))
                    break
                if os.fstat(output.fileno()).st_size + os.fstat(errors.fileno()).st_size > most_bytes:
                    stopped = "output"
                elif time.monotonic() >= ends:
                    stopped = "time"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        size = os.fstat(errors.fileno()).st_size
        if stopped is None and os.fstat(output.fileno()).st_size + size > most_bytes:
            stopped = "output"  # written in the last moments
        errors.seek(max(0, size - _WORDS))
        words = errors.read(_WORDS).decode("utf-8", "replace").strip()
    return Finished(None if stopped else process.returncode, words, stopped)


_WORDS = 1 << 14
"""How much of standard error is kept."""


#: Held while a worker is not at work: while it gets a task, or sends an answer.
_sending = threading.Lock()
#: How long a worker that is to end may take to send an answer, in seconds; after it, it waits for a task.
_ANSWER_S = 1.0


@contextlib.contextmanager
def in_worker() -> Iterator[None]:
    """The work of a worker: in this block it may be ended at any moment."""
    if _sending.locked():
        _sending.release()
    try:
        yield
    finally:
        _sending.acquire()


def _start(lifeline: Connection, start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    start(*arguments)


def _end_with(lifeline: Connection) -> None:
    with contextlib.suppress(OSError):
        lifeline.poll(None)
    _sending.acquire(timeout=_ANSWER_S)
    os.kill(os.getpid(), signal.SIGKILL)
