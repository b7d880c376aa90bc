"""Writing is atomic, follows links, and leaves devices alone."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from annotate import files
from annotate.errors import AnnotateError
from annotate.files import Outputs, atomic_writer, load_toml, open_input, read_text, write_text


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


def test_a_rewritten_file_keeps_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(0o640)
    before = path.stat()
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
        before = path.stat()
    write_text(path, "new")
    after = path.stat()
    assert path.read_text() == "new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_private_file_becomes_private_when_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o644)
    write_text(tmp_path / "f", "new", private=True)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_what_a_killed_run_left_is_used_up_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".f.annotate.tmp"
    left.write_text("a longer text that was never finished")
    write_text(tmp_path / "f", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_text() == "new"


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    with atomic_writer(tmp_path / "f") as one:
        one.write(b"one")
        with atomic_writer(tmp_path / "f") as other:
            other.write(b"other")
        assert (tmp_path / "f").read_text() == "other"
    assert (tmp_path / "f").read_text() == "one"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / ".f.annotate.tmp").symlink_to("victim")
    write_text(tmp_path / "f", "new")
    assert (tmp_path / "victim").read_text() == "mine"
    assert not (tmp_path / "f").is_symlink()


def test_of_two_outputs_the_first_appears_last(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old log")

    def write_both() -> None:
        with Outputs() as outputs:
            outputs.open(tmp_path / "main").write(b"new")
            outputs.open(tmp_path / "log").write(b"new log")
            (tmp_path / "main" / "in the way").mkdir(parents=True)  # the rename of the main file fails

    with pytest.raises(AnnotateError, match=r"main: cannot be written .*; nothing was changed"):
        write_both()
    assert (tmp_path / "log").read_text() == "old log"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "main"]


def test_where_the_main_output_fails_the_other_was_never_there(tmp_path: Path) -> None:
    def write_both() -> None:
        with Outputs() as outputs:
            outputs.open(Path("/dev/full")).write(b"x")
            outputs.open(tmp_path / "log").write(b"x")

    with pytest.raises(AnnotateError, match="/dev/full: cannot be written"):
        write_both()
    assert list(tmp_path.iterdir()) == []


def test_standard_output_that_is_a_file_keeps_what_is_in_it(tmp_path: Path) -> None:
    with (tmp_path / "f").open("ab") as file:
        file.write(b"before ")
        file.flush()
        write_text(Path(f"/proc/self/fd/{file.fileno()}"), "after")
    assert (tmp_path / "f").read_text() == "before after"


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(AnnotateError, match="link to itself"):
        write_text(tmp_path / "loop", "x")


# --------------------------------------------------------------------------------------------------------- reading


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", "echo through > pipe"], cwd=tmp_path), open_input(tmp_path / "pipe") as file:
        assert file.read() == b"through\n"


def test_a_process_substitution_may_be_empty() -> None:
    reader, writer = os.pipe()
    os.close(writer)
    try:
        with open_input(Path(f"/dev/fd/{reader}")) as file:
            assert file.read() == b""
    finally:
        os.close(reader)


def test_a_pipe_without_a_writer_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_WAIT_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    before, threads = len(list(Path("/dev/fd").iterdir())), threading.active_count()
    with pytest.raises(OSError, match="a named pipe that nobody wrote to"):
        open_input(tmp_path / "pipe")
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert threading.active_count() == threads
    with pytest.raises(AnnotateError, match=r"pipe: cannot be read \(a named pipe that nobody wrote to"):
        read_text(tmp_path / "pipe")


@pytest.mark.parametrize(("name", "words"), [("/dev/zero", "a device; expected a file"), ("socket", "a socket")])
def test_what_is_no_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        with pytest.raises(AnnotateError, match=f"cannot be read .{words}"):
            read_text(Path(name))


def test_the_null_device_is_an_empty_file() -> None:
    assert read_text(Path("/dev/null")) == ""


def test_a_named_pipe_that_nobody_reads_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_WAIT_S", 0.2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(AnnotateError, match="a named pipe that nobody read from"), Outputs() as outputs:
        outputs.open(pipe)


def test_a_named_pipe_is_written_once_somebody_reads(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    found: list[bytes] = []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    with Outputs() as outputs:
        outputs.open(pipe).write(b"x" * 200_000)
    reader.join()
    assert found == [b"x" * 200_000]
