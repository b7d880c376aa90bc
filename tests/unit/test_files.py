"""Writing is atomic, follows links, and leaves devices alone."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from annotate.errors import AnnotateError
from annotate.files import atomic_writer, load_toml, read_text, write_text


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_device_is_written_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "through")
    assert os.read(reader, 99) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_private_files_are_for_the_owner(tmp_path: Path) -> None:
    write_text(tmp_path / "secret", "x", private=True)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    write_text(tmp_path / "open", "x")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o666 & ~umask


def test_a_full_disk_is_one_message_and_leaves_nothing(tmp_path: Path) -> None:
    def fill() -> None:
        with atomic_writer(tmp_path / "f") as file:
            file.write(b"x")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(AnnotateError, match="No space left on device"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_reading_errors_say_where(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(AnnotateError, match="latin: not UTF-8 at byte 3"):
        read_text(tmp_path / "latin")
    (tmp_path / "t.toml").write_text("a = \n")
    with pytest.raises(AnnotateError, match=r"t\.toml: not valid TOML: .*line 1"):
        load_toml(tmp_path / "t.toml")
