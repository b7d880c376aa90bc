"""A ready-made empty database: Label Studio's migrations take half a minute, a copy of their result nothing."""

from __future__ import annotations

import contextlib
import importlib.metadata
import shutil
import subprocess
import tempfile
from pathlib import Path

from annotate.errors import AnnotateError, StudioError
from annotate.files import atomic_writer
from annotate.label_studio_server.settings import migrate_command, server_environment

DATABASE = "label_studio.sqlite3"


def place_empty_database(folder: Path) -> None:
    """Put a migrated database without users into the folder, unless it has a database.

    The template is made once for a version of Label Studio and Django and kept in the user's cache folder. It
    holds no secret. A server that finds it outdated migrates its copy as it would any database.

    Raises:
        StudioError: the migrations failed; the message has the last lines of their output.
        AnnotateError: the folder cannot be written.
    """
    import platformdirs

    target = folder / DATABASE
    if target.exists():
        return
    versions = "-".join(importlib.metadata.version(name) for name in ("label-studio", "django"))
    template = platformdirs.user_cache_path("annotate") / f"empty-{versions}.sqlite3"
    if template.exists():
        _copy(template, target)
        return
    with tempfile.TemporaryDirectory(prefix="annotate-") as scratch:
        _migrate(Path(scratch))
        _copy(Path(scratch) / DATABASE, target)
        with contextlib.suppress(AnnotateError):  # a cache that cannot be written costs time only
            _copy(Path(scratch) / DATABASE, template)


def _migrate(folder: Path) -> None:
    done = subprocess.run(
        migrate_command(),
        env=server_environment(folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0 or not (folder / DATABASE).exists():
        lines = (done.stdout + done.stderr).splitlines()[-15:]
        raise StudioError("Label Studio could not create its database; the end of its log:\n" + "\n".join(lines))


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader, atomic_writer(target, private=True) as writer:
        shutil.copyfileobj(reader, writer)
