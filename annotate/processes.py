"""Worker processes that end with the process that started them, and signals that end a command."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the command ends as after Ctrl-C."""


def raise_on_sigterm() -> None:
    """From now on SIGTERM raises `Terminated` in the main thread, so that the command tidies up before it ends."""

    def raise_terminated(number: int, frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, raise_terminated)


@contextlib.contextmanager
def worker_pool(jobs: int, start: Callable[..., None], *arguments: Any) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, each of which calls `start(*arguments)` first.

    The workers live no longer than the block. When it ends with an error, or when this process is killed, they end
    in the middle of their work: each watches a pipe whose other end only this process holds.
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


def _start(lifeline: Connection, start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    start(*arguments)


def _end_with(lifeline: Connection) -> None:
    with contextlib.suppress(OSError):
        lifeline.poll(None)
    os.kill(os.getpid(), signal.SIGKILL)
