"""Files: atomic writing, hashes, and where the packaged folders `schemas/`, `seeds/` and `gold/` lie."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from annotate.errors import AnnotateError

#: What a disk says when it takes no more: full, over quota, file too large, read-only, broken.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


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


@contextlib.contextmanager
def atomic_writer(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` when the block ends well, and leaves nothing behind when it does not.

    A link is followed; a device or pipe such as `/dev/stdout` is written as it is.

    Args:
        private: only the owner may read the file (mode 600).

    Raises:
        AnnotateError: the folder cannot be created or written, or the disk is full.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                yield file
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        ours = {str(temporary), str(path), str(path.parent)}
        if isinstance(error, OSError) and (error.filename in ours or error.errno in _DISK_ERRORS):
            raise AnnotateError(
                f"{path}: cannot be written ({error.strerror or error}); nothing was changed"
            ) from error
        raise


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write the text as UTF-8 with LF line ends, atomically."""
    with atomic_writer(path, private=private) as file:
        file.write(text.encode("utf-8"))


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        AnnotateError: there is no such file, it cannot be read, or it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise AnnotateError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise AnnotateError(f"{path}: not UTF-8 at byte {error.start}; convert the file first") from error


def load_toml(path: Path) -> dict[str, Any]:
    """The file as dicts and lists.

    Raises:
        AnnotateError: the file cannot be read or is not TOML; the message has the line.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise AnnotateError(f"{path}: not valid TOML: {error}") from error


def resource_dir(name: str) -> Path:
    """The packaged folder `schemas`, `seeds` or `gold`, in a clone as well as in an installed wheel."""
    packaged = Path(__file__).parent / "_resources" / name
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / name
