"""The folder of a new release: built beside its place, moved there in one step, or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from annotate.errors import AnnotateError, GoldError

_PARTIAL = ".partial"


@contextlib.contextmanager
def new_release_folder(home: Path, version: str) -> Iterator[Path]:
    """A fresh folder that becomes `home/version` when the block ends well, and vanishes when it does not.

    Builds of one name wait for each other. What a killed build left behind is cleared away by the next.

    Raises:
        GoldError: the version is there already.
        AnnotateError: the disk is full, or the folder cannot be written.
    """
    target = home / version
    created = [path for path in (home, *home.parents) if not path.exists()]
    done = False
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home):
            if target.exists() or target.is_symlink():
                raise GoldError([f"{target} exists; a release is never changed: choose a newer version"])
            for leftover in home.glob(f".*{_PARTIAL}"):
                shutil.rmtree(leftover)
            partial = Path(tempfile.mkdtemp(prefix=f".{version}.", suffix=_PARTIAL, dir=home))
            try:
                yield partial
                _settle(partial)
                partial.rename(target)
                done = True
                _sync(home)
            finally:
                if not done:
                    shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise AnnotateError(f"{target}: cannot be written ({error.strerror or error}); no release was made") from error
    finally:
        if not done:
            for path in created:
                with contextlib.suppress(OSError):
                    path.rmdir()


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Holds the folder itself, so that no lock file is left among the releases; a dead process holds nothing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _settle(folder: Path) -> None:
    """Give the folder the usual rights and have everything in it on the disk before it gets its name."""
    umask = os.umask(0)
    os.umask(umask)
    folder.chmod(0o777 & ~umask)
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
