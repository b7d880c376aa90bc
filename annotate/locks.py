"""Locks on files: one process at a time writes an output, starts a server, or is one.

The kernel gives a lock back when its holder ends, however it ends, so a killed process holds nothing. A child
process inherits a lock only where it is handed the descriptor.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from annotate.errors import AnnotateError
from annotate.files import folders_above, is_stream

#: Seconds that a second run waits for the first to end.
WAIT_S = 3.0


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock; `command` has no arguments, which may be secret, and `started` is in UTC."""

    pid: int
    host: str
    command: str
    started: str

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid} on {self.host}, since {self.started})"


@contextlib.contextmanager
def lock_output(path: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Holds the lock of a file or folder to be written, `.NAME.lock` beside it, which is removed at the end.

    Folders that are missing above `path` are made, and removed again where they stay empty. What is no file is not
    locked: a device, a pipe, or `-` for standard output.

    Raises:
        AnnotateError: another run writes it still after `wait_s` seconds; the message has the holder's process,
            host and start. Or the folder cannot be written.
    """
    if path == Path("-") or is_stream(path):
        yield
        return
    path = Path(os.path.realpath(path))
    if not path.name:
        raise AnnotateError(f"{path}: is the root folder; give a file or folder inside it")
    lock = path.with_name(f".{path.name}.lock")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(folders_above(path))
            deadline = time.monotonic() + wait_s
            descriptor = _acquire(lock, deadline)
            while not _is_at(lock, descriptor):  # the holder before us has removed it
                os.close(descriptor)
                descriptor = _acquire(lock, deadline)
        except _HeldError as error:
            holder = read_holder(lock) or "another process"
            raise AnnotateError(
                f"{path}: {holder} is writing it; wait until that ends, or choose another output"
            ) from error
        except OSError as error:
            raise AnnotateError(
                f"{path}: cannot be written ({error.strerror or error}); nothing was changed"
            ) from error
        stack.callback(os.close, descriptor)
        stack.callback(lock.unlink, missing_ok=True)
        yield


@contextlib.contextmanager
def hold_lock(path: Path) -> Iterator[int]:
    """Waits for the lock of the file and holds it for the block; yields the descriptor, which a child may inherit.

    The file stays.
    """
    descriptor = _acquire(path, deadline=None)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def take_turn(path: Path, what: str, note: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock of the file for the block; while another process holds it, `note` gets one line with its name.

    The file stays.

    Args:
        what: what is waited for, such as `the push to News`.
    """
    try:
        descriptor = _acquire(path, deadline=time.monotonic())
    except _HeldError:
        note(f"waiting for {what}: {read_holder(path) or 'another process'}")
        descriptor = _acquire(path, deadline=None)
    try:
        yield
    finally:
        os.close(descriptor)


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


def read_holder(path: Path) -> Holder | None:
    """Who took the lock of the file last, or None where that is not written there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


class _HeldError(Exception):
    """The lock is not to be had in time."""


def _acquire(path: Path, deadline: float | None) -> int:
    """A descriptor of the locked file, with the holder in it.

    Args:
        deadline: on the monotonic clock; None = wait without limit.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if deadline is None else fcntl.LOCK_NB))
                break
            except BlockingIOError as error:
                if deadline is not None and time.monotonic() > deadline:
                    raise _HeldError from error
                time.sleep(0.05)
            except OSError as error:
                if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
                    raise
                break  # a file system without locks
        with contextlib.suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, msgspec.json.encode(_describe_us()), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _describe_us() -> Holder:
    command = [Path(sys.argv[0]).name or "python", *(word for word in sys.argv[1:2] if not word.startswith("-"))]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return Holder(os.getpid(), socket.gethostname(), " ".join(command), now)
