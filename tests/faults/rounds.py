"""Let a command suffer at a chosen moment, look at what is there, let the next run finish, and compare."""

from __future__ import annotations

import errno
import fcntl
import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, TypeAlias

import aiohttp
import httpx

from annotate.errors import AnnotateError
from tests.faults.cases import Case, State, find_leftovers

Fault: TypeAlias = Literal["kill", "full disk"]

_fork = get_context("fork")  # the libraries are imported once, in the parent, which does no work with them
#: Steps on the disk; those that make something are refused on a full one. `open` counts where it is for writing.
_MAKES = {"open", "os.mkdir", "os.link", "os.rename"}
_STEPS = {*_MAKES, "os.remove", "os.rmdir", "os.chmod", "os.truncate"}
_PIPE_BYTES = 1 << 20


@dataclass
class Result:
    """How the rounds of one kind ended."""

    kind: str
    ends: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def row(self) -> list[str]:
        """The result as cells: kind, rounds, old, new, lost, seconds."""
        return [
            self.kind,
            str(self.ends.total()),
            str(self.ends["old"]),
            str(self.ends["new"]),
            str(len(self.lost)),
            f"{self.seconds:.0f}",
        ]


@dataclass(frozen=True)
class Moment:
    """When the fault comes; None everywhere = never.

    Attributes:
        kill_at: before this step, on the disk or to a server, counted from 0.
        kill_after: after so many seconds.
        full_at: the disk is full from this step on, counted from 0.
        full_from: no file grows beyond so many bytes.
    """

    kill_at: int | None = None
    kill_after: float | None = None
    full_at: int | None = None
    full_from: int | None = None

    def __str__(self) -> str:
        if self.kill_at is not None:
            return f"killed before step {self.kill_at}"
        if self.kill_after is not None:
            return f"killed after {self.kill_after:.3f} s"
        return f"disk full at step {self.full_at}" if self.full_at is not None else f"full at {self.full_from} bytes"


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a fault does: its result, its steps, when it begins to write and ends, its files' sizes."""

    state: State
    steps: int
    disk_steps: int
    first: float
    seconds: float
    sizes: list[int]

    def choose(self, fault: Fault, number: int, rounds: int, rng: random.Random) -> Moment:
        """The moment of a round; half of the rounds at a step, and together they cover the whole run."""
        share = (number // 2 + rng.random()) / max(1, (rounds + 1) // 2)
        if fault == "kill":
            if number % 2 and self.steps:
                return Moment(kill_at=int(share * self.steps))
            return Moment(kill_after=self.first + share * (self.seconds - self.first))
        if number % 2:
            return Moment(full_at=int(share * self.disk_steps))
        return Moment(full_from=int(share * rng.choice(self.sizes)))


def run_rounds(case: Case, fault: Fault, inputs: Path, work: Path, *, rounds: int, seed: int) -> Result:
    """Run the command `rounds` times with the fault, half of them at a step, half at any time or size.

    Args:
        inputs: the folder that becomes `inputs/`.
        work: a folder for the rounds.
    """
    started = time.monotonic()
    result = Result(case.kind if fault == "kill" else f"{case.kind}, {fault}")
    rng = random.Random(f"{result.kind} {seed}")
    undisturbed = _run_undisturbed(case, inputs, work / "undisturbed")
    for number in range(rounds):
        moment = undisturbed.choose(fault, number, rounds, rng)
        with _folder(case, inputs, work / f"{fault.replace(' ', '-')}-{number}", with_old=number % 4 > 1) as folder:
            found, problem = _run_round(case, moment, folder, undisturbed.state)
            result.ends["new" if found == undisturbed.state else "old"] += 1
            problem = problem or _end(case, folder)
        if problem is not None:
            result.lost.append(f"{result.kind}, round {number}, {moment}: {problem}")
    result.seconds = time.monotonic() - started
    return result


def _run_round(case: Case, moment: Moment, folder: Path, wanted: State) -> tuple[State, str | None]:
    """The state after the fault, and what is wrong with it or with the next run."""
    before = _read(case, folder)
    code, log = _call(case.run, folder, moment)
    found = _read(case, folder)
    problem = find_problem(case, before, found, wanted)
    if problem is None and (moment.full_at, moment.full_from) != (None, None):
        problem = _find_disk_problem(case, before, found, wanted, code, log, folder)
    if problem is None and not (case.once and found == wanted):
        code, log = _call(case.run, folder, Moment())
        if code != 0:
            problem = f"the next run ended with {code}: {log.strip()[-600:]}"
        elif _read(case, folder) != wanted:
            problem = "the next run's result is another one"
        else:
            left = find_leftovers(folder / "out")
            if found == wanted:  # there was nothing to write, so nothing took the lock of the killed run
                left = [name for name in left if not name.endswith(".lock")]
            problem = f"the next run leaves {', '.join(left)}" if left else None
    return found, problem


def find_problem(case: Case, before: State, found: State, wanted: State) -> str | None:
    """What is wrong after a fault: a file that is neither old nor new, or a main one that came before others."""
    for name in sorted({*before, *found, *wanted}):
        if found.get(name) not in (before.get(name), wanted.get(name)):
            return f"{name} is neither the old one nor the new one"
    if not case.main:
        return None
    if wanted[case.main] != before.get(case.main) and found.get(case.main) == wanted[case.main] and found != wanted:
        return f"{case.main} is new and the rest is not"
    return None


def _find_disk_problem(
    case: Case, before: State, found: State, wanted: State, code: int, log: str, folder: Path
) -> str | None:
    """What is wrong after a full disk: no clear message, a changed result in spite of one, something left behind."""
    if code == 0:
        return None if found == wanted else f"it ended with 0 and has not done its work: {log.strip()[-400:]}"
    if code != 1 or log.count("error:") != 1 or "Traceback" in log:
        return f"it ended with {code}: {log.strip()[-1500:]}"
    if case.main and found not in (before, wanted):
        return f"it ended with 1 in the middle: {log.strip()[-400:]}"
    if case.main and found != before and "nothing was changed" in log:
        return f"something was changed, in spite of what it says: {log.strip()[-400:]}"
    left = [name for name in find_leftovers(folder / "out") if not name.endswith(".partial")]  # to go on from
    return f"it leaves {', '.join(left)}" if left else None


def _run_undisturbed(case: Case, inputs: Path, folder: Path) -> Undisturbed:
    """What a run without a fault does. What the command imports is imported here too, so that no round has to."""
    with _folder(case, inputs, folder.with_name("first"), with_old=case.always_old) as there:
        _call(case.run, there, Moment(), must_work=True, teach=True)
        _end(case, there)
    with _folder(case, inputs, folder, with_old=case.always_old) as there:
        counters, times = _fork.Array("i", 2), _fork.Array("d", 1)
        started = time.monotonic()
        _call(case.run, there, Moment(), must_work=True, counters=counters, times=times)
        seconds = time.monotonic() - started
        made = (path for root in ("out", "state") for path in (there / root).rglob("*"))
        sizes = [path.stat().st_size for path in made if path.is_file()]
        state = _read(case, there)
        _end(case, there)
    return Undisturbed(
        state, sum(counters), counters[1], min(max(0.0, times[0] - started), seconds), seconds, sizes or [0]
    )


@contextmanager
def _folder(case: Case, inputs: Path, folder: Path, *, with_old: bool) -> Iterator[Path]:
    """A folder for one run, with what was there before; it is removed at the end."""
    (folder / "out").mkdir(parents=True)
    shutil.copytree(inputs, folder / "inputs")
    try:
        if case.old is not None and (case.always_old or with_old):
            call(case.old, folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def _read(case: Case, folder: Path) -> State:
    with _inside(folder):
        return case.read()


def _end(case: Case, folder: Path) -> str | None:
    """Stop what the command left running on purpose; what is wrong where that fails."""
    if case.end is None:
        return None
    with _inside(folder):
        try:
            case.end()
        except AnnotateError as error:
            return f"what it started cannot be stopped: {error}"
    return None


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """The folder as the current one, with the toolkit's own notes in it."""
    before = Path.cwd()
    os.chdir(folder)
    os.environ["ANNOTATE_STATE_DIR"] = str(folder / "state")
    try:
        yield
    finally:
        os.chdir(before)


# ------------------------------------------------------------------------------------------------ one run


def call(work: Callable[[], None], folder: Path) -> None:
    """Do the work in a process of its own in the folder.

    Raises:
        SystemExit: it failed.
    """
    _call(work, folder, Moment(), must_work=True)


def _call(
    work: Callable[[], None],
    folder: Path,
    moment: Moment,
    *,
    must_work: bool = False,
    counters: Any = None,
    times: Any = None,
    teach: bool = False,
) -> tuple[int, str]:
    """Do the work in a process of its own in the folder; returns its exit code and what it printed.

    Args:
        counters: gets the number of steps to a server and on the disk.
        times: gets the time of the first step.
        teach: import what the work has imported.
    """
    reader, writer = os.pipe()  # no file, which the limit on files would stop
    with suppress(AttributeError):  # where a pipe's size is fixed, a long report would stop the run
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with tempfile.NamedTemporaryFile("r") as names:
        lesson = names.name if teach else None
        process = _fork.Process(target=_work, args=(work, folder, moment, writer, counters, times, lesson))
        process.start()
        os.close(writer)
        process.join(moment.kill_after)
        if process.is_alive():
            process.kill()
            process.join()
        code = process.exitcode
        for name in names.read().split():
            with suppress(Exception):  # what only that process can import
                importlib.import_module(name)
    os.set_blocking(reader, False)  # a server that goes on running holds the other end
    pieces = []
    with suppress(BlockingIOError):
        while piece := os.read(reader, _PIPE_BYTES):
            pieces.append(piece)
    os.close(reader)
    log = b"".join(pieces).decode("utf-8", "replace")
    assert code is not None
    if must_work and code != 0:
        raise SystemExit(f"{folder}: the undisturbed run ended with {code}: {log[-2000:]}")
    return code, log


def _work(
    work: Callable[[], None],
    folder: Path,
    moment: Moment,
    log: int,
    counters: Any,
    times: Any,
    lesson: str | None,
) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(folder)
    os.environ["ANNOTATE_STATE_DIR"] = str(folder / "state")
    sys.argv = ["annotate"]
    known = set(sys.modules)
    if counters is not None or moment != Moment():
        _watch(str(folder), moment, counters, times)
    if moment.full_from is not None:
        _limit_files(moment.full_from)
    try:
        work()
    finally:
        if lesson is not None:
            Path(lesson).write_text("\n".join(name for name in sys.modules if name not in known))


def _watch(folder: str, moment: Moment, counters: Any, times: Any) -> None:
    """Count the steps of this process, and let the fault come at its own."""
    steps = disk_steps = 0
    is_full = False

    def step(arguments: tuple[Any, ...], *, makes: bool, on_disk: bool) -> None:
        nonlocal steps, disk_steps, is_full
        if steps == moment.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        hit = on_disk and disk_steps == moment.full_at
        steps += 1
        disk_steps += on_disk
        if counters is not None:
            counters[on_disk] += 1
            times[0] = times[0] or time.monotonic()
        if hit:
            is_full = True
            _limit_files(0)
        if makes and is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(arguments[0]))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _STEPS or not isinstance(arguments[0], (str, os.PathLike)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if not str(Path(arguments[0]).absolute()).startswith(folder):
            return
        # what frees room, or moves what is there already, works on a full disk
        makes = event in _MAKES and not (is_full and event == "os.rename")
        if event == "open" and Path(arguments[0]).exists():
            makes = False
        step(arguments, makes=makes, on_disk=True)

    def watch_requests(kind: type, name: str) -> None:
        send = getattr(kind, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            step((), makes=False, on_disk=False)
            return send(*arguments, **options)

        setattr(kind, name, watched)

    watch_requests(httpx.Client, "send")
    watch_requests(aiohttp.ClientSession, "request")
    sys.addaudithook(watch)


def _limit_files(size: int) -> None:
    """No file grows beyond `size` bytes; Python ignores the signal, so that writing fails."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
