"""Two runs on one output: the second waits, then names the process that holds it; a killed one holds nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.errors import AnnotateError
from annotate.locks import hold_lock, is_locked, lock_output


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


HOLD = """
import sys
from pathlib import Path
from annotate.locks import lock_output
with lock_output(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_run_is_told_who_holds_the_output(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.jsonl"
    with start_holder(path) as holder:
        who = rf"process {holder.pid} on {socket.gethostname()}, since 20\d\d-.*Z"
        with (
            pytest.raises(AnnotateError, match=rf"a\.jsonl: .*{who}.* is writing it; wait"),
            lock_output(path, wait_s=0),
        ):
            pytest.fail("two hold it")
        os.link(path.parent / ".a.jsonl.lock", tmp_path / "kept")
        holder.kill()
    with lock_output(path, wait_s=0):
        path.write_text("x")
    assert names(path.parent) == ["a.jsonl"]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600


def test_the_second_run_gets_the_output_when_the_first_ends(tmp_path: Path) -> None:
    with start_holder(tmp_path / "a") as holder:
        assert holder.stdin is not None
        holder.stdin.close()
        with lock_output(tmp_path / "a", wait_s=30):
            assert names(tmp_path) == [".a.lock"]
    assert names(tmp_path) == []


def test_no_command_line_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/annotate", "pull", "--api-key", "secret"])
    with lock_output(tmp_path / "a"):
        text = (tmp_path / ".a.lock").read_text()
    assert "annotate pull" in text
    assert "secret" not in text


def test_the_lock_of_a_link_is_that_of_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    held = pytest.raises(AnnotateError, match="is writing it")
    with lock_output(tmp_path / "a"), held, lock_output(tmp_path / "link", wait_s=0):
        pytest.fail("two hold it")


def test_a_lock_file_that_stays(tmp_path: Path) -> None:
    path = tmp_path / "server.lock"
    assert not is_locked(path)
    with hold_lock(path):
        assert is_locked(path)
    assert path.exists()
    assert not is_locked(path)


def test_the_root_folder_is_no_output() -> None:
    with pytest.raises(AnnotateError, match="is the root folder"), lock_output(Path("/")):
        pass


def test_what_is_no_file_is_not_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for stream in ("-", "pipe", "/dev/null"):
        with lock_output(Path(stream), wait_s=0), lock_output(Path(stream), wait_s=0):
            assert names(tmp_path) == ["pipe"]
