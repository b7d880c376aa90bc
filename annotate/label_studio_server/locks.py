"""File locks by which the embedded server's life is known for certain.

The server inherits a locked file, which the kernel unlocks when the server ends, however it ends. So whether it
runs never depends on a process id that something else may have taken over in the meantime.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
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
