"""Files: written whole or not at all, hashed, read; where the packaged folders `schemas/`, `seeds/` and `gold/` lie."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from annotate.errors import AnnotateError
from annotate.problems import cannot_read, find_encoding_problem

#: errno values for a full, failing or read-only disk.
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}

#: Seconds that a named pipe is waited for until somebody writes to it, or reads from it.
PIPE_WAIT_S = 10.0

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


def sha256_text(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, in hex.

    >>> sha256_text("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


# --------------------------------------------------------------------------------------------------------- writing


def is_stream(path: Path) -> bool:
    """Whether what is written to the path goes elsewhere: a device, a pipe, or a name of an open file.

    >>> is_stream(Path("/dev/null")), is_stream(Path("/dev/stdout")), is_stream(Path("a.jsonl"))
    (True, True, False)
    """
    text = os.path.normpath(path)
    if text in ("/dev/stdout", "/dev/stderr") or text.startswith(("/dev/fd/", "/proc/self/fd/")):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


class Outputs:
    """Files that appear together when the block ends well, or not at all.

    Each is written beside its place and takes it by a rename. The file that was opened first is the main one: it
    appears last, so that where the main file is new the others are too. When a rename fails, the files that were
    renamed before get their old content back.

    A file that exists keeps its mode, and its owner where the system allows that. A link is followed and stays a
    link. What is written to a device or a pipe goes out at once and cannot be taken back; it is complete before any
    file appears.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Outputs() as outputs:
    ...     for name in ("main", "log"):
    ...         _ = outputs.open(folder / name).write(b"new")
    >>> sorted(path.name for path in folder.iterdir())
    ['log', 'main']

    Raises:
        AnnotateError: a folder cannot be created or written, or the disk is full; no file was changed.
    """

    def __init__(self) -> None:
        self._files: list[_Pending] = []
        self._streams: list[tuple[Path, IO[bytes]]] = []

    def open(self, path: Path, *, private: bool = False) -> IO[bytes]:
        """A binary file for the content of `path`; do not close it.

        Args:
            private: only the owner may read the file (mode 600).
        """
        try:
            if is_stream(path):
                stream = _open_stream(path)
                self._streams.append((path, stream))
                return stream
            target = Path(os.path.realpath(path))
            if target.is_symlink() or target.is_dir():
                raise AnnotateError(f"{path}: is a {'link to itself' if target.is_symlink() else 'folder'}, not a file")
            target.parent.mkdir(parents=True, exist_ok=True)
            file, temporary = _open_temporary(target)
        except OSError as error:
            raise _unwritable(path, error) from error
        self._files.append(_Pending(path, target, temporary, file, private))
        return file

    def __enter__(self) -> Outputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
        except OSError as found:
            error = found
            raise self._explain(found) from found
        finally:
            for _, stream in self._streams:
                with contextlib.suppress(OSError):
                    stream.close()
            for pending in self._files:
                pending.discard()
        if isinstance(error, OSError) and self._is_about_us(error):
            raise self._explain(error) from error

    def _finish(self) -> None:
        for _, stream in self._streams:
            stream.flush()
        for pending in self._files:
            pending.settle()
        placed: list[_Pending] = []
        try:
            for pending in reversed(self._files):
                pending.place(with_backup=pending is not self._files[0])
                placed.append(pending)
        except BaseException:
            for pending in placed:
                pending.take_back()
            raise
        for folder in {pending.target.parent for pending in self._files}:
            sync(folder)

    def _is_about_us(self, error: OSError) -> bool:
        return error.errno in DISK_ERRORS or any(
            error.filename in (str(pending.temporary), str(pending.target)) for pending in self._files
        )

    def _explain(self, error: OSError) -> AnnotateError:
        named = [each.path for each in self._files if error.filename in (str(each.temporary), str(each.target))]
        paths = [path for path, _ in self._streams] + [pending.path for pending in reversed(self._files)]
        return _unwritable((named or paths)[0], error)


@dataclass
class _Pending:
    """One file on its way: the place that was asked for, the one behind links, and the temporary file beside it."""

    path: Path
    target: Path
    temporary: Path
    file: IO[bytes]
    private: bool
    backup: Path | None = None

    def settle(self) -> None:
        """Have the content on the disk, with the rights that the file will have."""
        self.file.flush()
        descriptor = self.file.fileno()
        mode = 0o600 if self.private else 0o666 & ~_umask()
        with contextlib.suppress(FileNotFoundError):
            before = self.target.stat()
            if not self.private:
                mode = stat.S_IMODE(before.st_mode)
            ours = os.fstat(descriptor)
            if (before.st_uid, before.st_gid) != (ours.st_uid, ours.st_gid):
                try:
                    os.fchown(descriptor, before.st_uid, before.st_gid)
                except OSError:  # another group would get the rights that were given to the old one
                    mode = mode & 0o707 | (mode & 0o007) << 3
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)

    def place(self, *, with_backup: bool) -> None:
        if with_backup and self.target.exists():
            backup = self.temporary.with_name(f"{self.temporary.name}.old")
            backup.unlink(missing_ok=True)
            try:
                os.link(self.target, backup)
            except OSError:  # a file system without hard links
                shutil.copy2(self.target, backup)
            self.backup = backup
        self.temporary.replace(self.target)

    def take_back(self) -> None:
        if self.backup is not None:
            self.backup.replace(self.target)
            self.backup = None
        else:
            self.target.unlink()

    def discard(self) -> None:
        """Remove what is left beside the place; after the rename there is only the backup."""
        for path in (self.temporary, self.backup):
            if path is not None:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.file.close()  # last: it holds the lock of the temporary file


def _open_temporary(target: Path) -> tuple[IO[bytes], Path]:
    """An empty file beside the target, which nobody else writes: the one that a killed run left, or a new one."""
    path = target.with_name(f".{target.name}.annotate.tmp")
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found, there = os.fstat(descriptor), path.stat()
            if (
                os.path.samestat(found, there)
                and stat.S_ISREG(found.st_mode)
                and found.st_nlink == 1
                and found.st_uid == os.geteuid()
            ):
                os.fchmod(descriptor, 0o600)
                os.ftruncate(descriptor, 0)
                return os.fdopen(descriptor, "wb"), path
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".annotate.tmp", dir=target.parent)
    return os.fdopen(descriptor, "wb"), Path(name)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _unwritable(path: Path, error: OSError) -> AnnotateError:
    return AnnotateError(f"{path}: cannot be written ({error.strerror or error}); nothing was changed")


def sync(path: Path) -> None:
    """Return when the file, or the list of names in the folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folders_above(path: Path) -> Iterator[None]:
    """Makes the folders above `path` that are missing, and removes them at the end of the block where they are empty.

    Raises:
        OSError: one cannot be made.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()


def usual_mode() -> int:
    """The mode of a new folder, by the process's umask."""
    return 0o777 & ~_umask()


@contextlib.contextmanager
def atomic_writer(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` when the block ends well, and leaves nothing behind when it does not.

    See `Outputs` for modes, links and devices.

    Args:
        private: only the owner may read the file (mode 600).

    Raises:
        AnnotateError: the folder cannot be created or written, or the disk is full.
    """
    with Outputs() as outputs:
        yield outputs.open(path, private=private)


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write the text as UTF-8 with LF line ends, atomically."""
    with atomic_writer(path, private=private) as file:
        file.write(text.encode("utf-8"))


# --------------------------------------------------------------------------------------------------------- reading


def name_kind(mode: int) -> str | None:
    """What is there in the place of a plain file, by its mode (`os.stat_result.st_mode`); None for a plain file.

    >>> name_kind(Path("/").stat().st_mode)
    'a folder'
    """
    return next((words for is_kind, words in _KINDS if is_kind(mode)), None)


def open_input(path: Path) -> IO[bytes]:
    """The file, opened to read it once, from its start to its end.

    A pipe is read like a file, as in `annotate score <(extractor)`. A named one that nobody writes to is waited for,
    but not for ever.

    Raises:
        OSError: there is no such file, it cannot be read, it is a folder, a socket or a device other than a terminal
            or `/dev/null`, or nobody has begun to write to the pipe after `PIPE_WAIT_S` seconds.
    """
    mode = path.stat().st_mode
    if stat.S_ISFIFO(mode):
        return os.fdopen(_open_pipe(path), "rb")
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return path.open("rb")
    if stat.S_ISCHR(mode):
        file = path.open("rb")
        if file.isatty() or os.path.samestat(os.fstat(file.fileno()), Path(os.devnull).stat()):
            return file
        file.close()
    raise OSError(errno.EINVAL, f"{name_kind(mode)}; expected a file", str(path))


def _open_stream(path: Path) -> IO[bytes]:
    """A device or pipe, opened to write to it; a named pipe once somebody reads from it.

    Raises:
        OSError: it cannot be written, or nobody has begun to read from the pipe after `PIPE_WAIT_S` seconds.
    """
    if not stat.S_ISFIFO(path.stat().st_mode):
        return path.open("ab")  # standard output may be a file with something in it
    deadline = time.monotonic() + PIPE_WAIT_S
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                reason = f"a named pipe that nobody read from for {PIPE_WAIT_S:.0f} s"
                raise OSError(errno.ETIMEDOUT, reason, str(path)) from error
            time.sleep(0.05)
        else:
            os.set_blocking(descriptor, True)
            return os.fdopen(descriptor, "wb")


def _open_pipe(path: Path) -> int:
    """A descriptor of the pipe, once somebody has it open for writing."""
    opened: list[int] = []
    # only a blocking `open` returns when a writer comes; a process substitution has one from the start
    opening = threading.Thread(target=lambda: opened.append(os.open(path, os.O_RDONLY)), daemon=True)
    opening.start()
    opening.join(PIPE_WAIT_S)
    if opening.is_alive():
        with contextlib.suppress(OSError):  # as a writer for an instant, so that the waiting ends
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        opening.join()
        os.close(opened.pop())
        raise OSError(errno.ETIMEDOUT, f"a named pipe that nobody wrote to for {PIPE_WAIT_S:.0f} s", str(path))
    return opened[0]


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        AnnotateError: there is no such file, it cannot be read, or it is not UTF-8.
    """
    try:
        with open_input(path) as file:
            data = file.read()
    except (OSError, ValueError) as error:
        raise AnnotateError(cannot_read(path, error)) from error
    if problem := find_encoding_problem(data):
        raise AnnotateError(f"{path}: {problem}")
    return data.decode("utf-8")


def load_toml(path: Path) -> dict[str, Any]:
    """The file as dicts and lists.

    Raises:
        AnnotateError: the file cannot be read or is not TOML; the message has the line.
    """
    try:
        return tomllib.loads(read_text(path).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise AnnotateError(f"{path}: not valid TOML: {error}") from error


def resource_dir(name: str) -> Path:
    """The packaged folder `schemas`, `seeds` or `gold`, in a clone as well as in an installed wheel."""
    packaged = Path(__file__).parent / "_resources" / name
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / name
