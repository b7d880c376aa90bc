"""File locks by which the embedded server's life is known for certain.

The server inherits a locked file, which the kernel unlocks when the server ends, however it ends. So whether it
runs never depends on a process id that something else may have taken over in the meantime.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock of the file."""
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        # shared, so that two who ask at the same time do not see each other
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def hold_lock(path: Path) -> Iterator[int]:
    """Waits for the lock of the file and holds it for the block; yields the descriptor, which a child may inherit."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def take_turn(path: Path, what: str, say: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock of the file for the block; while another process holds it, `say` learns once who that is.

    Args:
        path: the lock file; it stays, because removing it would let two processes hold two files of one name.
        what: what is waited for, such as `the push to News`.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {what}: {_read_holder(descriptor)}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}, since {since}".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _read_holder(descriptor: int) -> str:
    return os.pread(descriptor, 300, 0).decode("utf-8", "replace") or "another process"
