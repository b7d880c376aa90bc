"""A folder appears complete or not at all, and never in the place of what somebody else made."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from annotate import folders
from annotate.errors import AnnotateError
from annotate.folders import check_folder, new_folder, place_folder, scratch_beside


def is_ours(folder: Path) -> bool:
    return (folder / "mark").exists()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("what", ["a file", "a link", "the current folder", "above it", "home", "full"])
def test_what_is_not_ours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    target = tmp_path / "target"
    if what == "a file":
        target.write_text("x")
    elif what == "a link":
        (tmp_path / "real").mkdir()
        target.symlink_to("real")
    else:
        (target / "inner").mkdir(parents=True)
        (target / "mark").write_text("ours")
    if what == "the current folder":
        monkeypatch.chdir(target)
        target = Path()
    elif what == "above it":
        monkeypatch.chdir(target / "inner")
    elif what == "home":
        monkeypatch.setenv("HOME", str(target))
    elif what == "full":
        (target / "mark").unlink()
    with pytest.raises(AnnotateError, match=r"choose another folder|a folder of its own|or another one"):
        check_folder(target, is_ours=is_ours, made_by="annotate test")
    with pytest.raises(AnnotateError), new_folder(target):
        pytest.fail("the work began")


def test_the_root_is_refused() -> None:
    with pytest.raises(AnnotateError, match="/: "):
        check_folder(Path("/"), is_ours=lambda folder: True)


def test_what_we_made_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    check_folder(tmp_path / "t")
    (tmp_path / "t" / "mark").write_text("")
    check_folder(tmp_path / "t", is_ours=is_ours)


def replace(target: Path) -> None:
    with scratch_beside(target) as scratch:
        new = scratch / "new"
        new.mkdir()
        (new / "content").write_text("new")
        place_folder(new, target)


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_is_replaced_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    target = tmp_path / "t"
    for _ in range(2):
        replace(target)
        assert (target / "content").read_text() == "new"
        assert names(tmp_path) == ["t"]


def test_an_error_leaves_nothing_and_no_folder_above(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "a" / "b" / "t") as folder:
            (folder / "f").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from annotate import folders
target = Path(sys.argv[1])
if sys.argv[2] == "two renames":
    folders._exchange = lambda one, other: False
count = 0
def watch(event, arguments):
    global count
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        if count == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
with folders.scratch_beside(target) as scratch:
    new = scratch / "new"
    new.mkdir()
    (new / "content").write_text("new")
    sys.addaudithook(watch)
    folders.place_folder(new, target)
"""


@pytest.mark.parametrize("way", ["exchange", "two renames"])
@pytest.mark.parametrize("step", range(3))
def test_a_kill_while_replacing_leaves_the_old_or_the_new(tmp_path: Path, way: str, step: int) -> None:
    target = tmp_path / "t"
    target.mkdir()
    (target / "content").write_text("old")
    process = subprocess.run([sys.executable, "-c", KILLED, str(target), way, str(step)], check=False)
    assert process.returncode in (0, -signal.SIGKILL)
    with scratch_beside(target):  # the next run
        assert (target / "content").read_text() in ("old", "new")
        assert step > 0 or (target / "content").read_text() == "old" or way == "exchange"
    assert names(tmp_path) == ["t"]


def test_the_scratch_of_a_living_run_stays(tmp_path: Path) -> None:
    with scratch_beside(tmp_path / "t") as one:
        with scratch_beside(tmp_path / "t") as other:
            assert one.is_dir()
            assert one != other
        assert names(tmp_path) == [one.name]
