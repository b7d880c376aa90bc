"""Folders that commands write: built beside their place, put there in one step, and never over what is not ours."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.files import folders_above, sync, usual_mode

_SCRATCH = ".annotate"


def check_folder(
    target: Path, *, is_ours: Callable[[Path], bool] = lambda folder: False, made_by: str = "", option: str = ""
) -> None:
    """Return if a folder can be put at `target` without removing what somebody else made; for the start of a command.

    Args:
        is_ours: whether a folder with something in it is one that the same command made and may replace.
        made_by: that command, for the message.
        option: the option that gives another folder, for the message.

    Raises:
        AnnotateError: `target` is a file, a link, a mount point, the current folder or home folder or above one of
            them, or it holds what the command did not make.
    """
    if target.is_symlink():
        raise AnnotateError(f"{target}: is a link; give the folder that it leads to, or another one")
    if not target.exists():
        return
    if not target.is_dir():
        raise AnnotateError(f"{target}: is a file; this needs a folder of its own")
    real = Path(os.path.realpath(target))
    for special, name in ((Path.cwd(), "current"), (Path(os.path.realpath(Path("~").expanduser())), "home")):
        if real == special or real in special.parents:
            what = "is" if real == special else "holds"
            raise AnnotateError(f"{target}: {what} the {name} folder; this needs a folder of its own")
    if target.is_mount():
        raise AnnotateError(f"{target}: is a mount point; give a folder inside it")
    found = sorted(path.name for path in target.iterdir())
    if found and not is_ours(target):
        some = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        way = f" with {option}" if option else ""
        maker = f" and is not as {made_by} made it" if made_by else ""
        raise AnnotateError(f"{target}: exists{maker} (it holds {some}); choose another folder{way}")


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that becomes `target` when the block ends well, and vanishes when it does not.

    Raises:
        AnnotateError: as `check_folder` and `place_folder`.
    """
    check_folder(target)
    with scratch_beside(target) as folder:
        yield folder
        place_folder(folder, target)


@contextlib.contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """A folder to work in, on the disk where `target` is to be; removed at the end.

    What a killed run left beside `target` is cleared away first; where it was killed in the middle of replacing
    the folder, the old one comes back.

    Raises:
        AnnotateError: the folder above `target` cannot be written, or the disk is full.
    """
    target = target.absolute()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(folders_above(target))
            _clear_leftovers(target)
            scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=_SCRATCH, dir=target.parent))
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            descriptor = os.open(scratch, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield scratch
    except OSError as error:
        raise AnnotateError(f"{target}: cannot be written ({error.strerror or error}); nothing was changed") from error


def place_folder(new: Path, target: Path) -> None:
    """Put the folder `new`, from a scratch folder beside `target`, in the place of `target`, which it replaces.

    The caller has checked `target`. It is at every moment the old folder or the new one, complete and on the disk;
    on systems that cannot exchange two folders it is missing for an instant.
    """
    _settle(new)
    if not target.exists() or not any(target.iterdir()):
        new.rename(target)
    elif not _exchange(new, target):
        old = _old_place(target)
        target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync(target.parent)


def _old_place(target: Path) -> Path:
    """Where the old folder is while the new one takes its place, on systems that cannot exchange the two."""
    return target.with_name(f".{target.name}.old{_SCRATCH}")


def _clear_leftovers(target: Path) -> None:
    old = _old_place(target)
    if old.is_dir() and not target.exists():
        old.rename(target)
    elif old.is_dir():
        shutil.rmtree(old)
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.????????{_SCRATCH}"):
        descriptor = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(leftover)
        except BlockingIOError:
            continue  # its run is alive
        finally:
            os.close(descriptor)


def _settle(folder: Path) -> None:
    """Give the folder the usual rights and have everything in it on the disk."""
    folder.chmod(usual_mode())
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step of the file system; False where it has no such step."""
    libc = ctypes.CDLL(None, use_errno=True)
    first, second, swap = os.fsencode(one), os.fsencode(other), 2
    if sys.platform == "darwin":
        call = getattr(libc, "renamex_np", None)
        return call is not None and call(first, second, swap) == 0
    call = getattr(libc, "renameat2", None)
    here = -100  # AT_FDCWD
    return call is not None and call(here, first, here, second, swap) == 0
