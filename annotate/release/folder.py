"""The folder of a new release: a version is written once, by one build at a time, and never changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from annotate.errors import GoldError
from annotate.folders import new_folder
from annotate.locks import lock_output


@contextlib.contextmanager
def new_release_folder(home: Path, version: str) -> Iterator[Path]:
    """A fresh folder that becomes `home/version` when the block ends well, and vanishes when it does not.

    Raises:
        GoldError: the version is there already.
        AnnotateError: another build writes releases of this name, the disk is full, or the folder cannot be written.
    """
    target = home / version
    with lock_output(home):
        if target.exists() or target.is_symlink():
            raise GoldError([f"{target} exists; a release is never changed: choose a newer version"])
        with new_folder(target) as folder:
            yield folder
