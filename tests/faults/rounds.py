"""Kill a command at a chosen moment, look at what is there, let the next run finish, and compare."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.faults.cases import Case, State, find_leftovers

_fork = get_context("fork")  # the libraries are imported once, in the parent, which does no work with them
_STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.chmod", "os.truncate", "open"}


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


def run_rounds(case: Case, inputs: Path, work: Path, *, rounds: int, seed: int) -> Result:
    """Kill the command `rounds` times, half of them before a step on the disk, half at any time.

    Args:
        inputs: the folder that becomes `inputs/`.
        work: an empty folder.
    """
    started = time.monotonic()
    rng = random.Random(f"{case.kind} {seed}")
    result = Result(case.kind)
    wanted, steps, seconds = _run_undisturbed(case, inputs, work / "undisturbed")
    for number in range(rounds):
        folder = work / str(number)
        with_old = case.old is not None and (case.always_old or number % 4 > 1)
        _lay_out(inputs, folder)
        if with_old and case.old is not None:
            call(case.old, folder)
        before = _read(case, folder)
        share = (number // 2 + rng.random()) / max(1, (rounds + 1) // 2)
        if number % 2 and steps:
            moment = f"before step {int(share * steps)} of {steps}"
            call(case.run, folder, kill_at=int(share * steps), must_work=False)
        else:
            moment = f"after {share * seconds:.3f} of {seconds:.3f} s"
            call(case.run, folder, kill_after=share * seconds, must_work=False)
        found = _read(case, folder)
        problem = find_problem(case, before, found, wanted)
        result.ends["new" if found == wanted else "old"] += 1
        if problem is None and not (case.once and found == wanted):
            code = call(case.run, folder, must_work=False)
            problem = None if code == 0 else f"the next run ended with {code}: {_log(folder)}"
            if problem is None and _read(case, folder) != wanted:
                problem = "the next run's result is another one"
            left = find_leftovers(folder / "out")
            if found == wanted:  # there was nothing to write, so nothing took the lock of the killed run
                left = [name for name in left if not name.endswith(".lock")]
            if problem is None and left:
                problem = f"the next run leaves {', '.join(left)}"
        if problem is not None:
            result.lost.append(f"{case.kind}, round {number}, killed {moment}: {problem}")
        shutil.rmtree(folder)
    result.seconds = time.monotonic() - started
    return result


def find_problem(case: Case, before: State, found: State, wanted: State) -> str | None:
    """What is wrong after a kill: a file that is neither old nor new, or a main one that came before others."""
    for name in sorted({*before, *found, *wanted}):
        if found.get(name) not in (before.get(name), wanted.get(name)):
            return f"{name} is neither the old one nor the new one"
    if not case.main:
        return None
    if wanted[case.main] != before.get(case.main) and found.get(case.main) == wanted[case.main] and found != wanted:
        return f"{case.main} is new and the rest is not"
    return None


def _run_undisturbed(case: Case, inputs: Path, folder: Path) -> tuple[State, int, float]:
    """The result, the number of steps on the disk, and the seconds that it takes."""
    _lay_out(inputs, folder)
    if (case.heavy or case.always_old) and case.old is not None:
        call(case.old, folder)
    steps = _fork.Value("i", 0)
    started = time.monotonic()
    call(case.run, folder, counter=steps)
    seconds = time.monotonic() - started
    state = _read(case, folder)
    shutil.rmtree(folder)
    return state, steps.value, seconds


def _lay_out(inputs: Path, folder: Path) -> None:
    (folder / "out").mkdir(parents=True)
    shutil.copytree(inputs, folder / "inputs")


def _read(case: Case, folder: Path) -> State:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return case.read()
    finally:
        os.chdir(before)


def _log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8", "replace").strip()[-400:]


def call(
    work: Callable[[], None],
    folder: Path,
    *,
    kill_at: int | None = None,
    kill_after: float | None = None,
    counter: Any = None,
    must_work: bool = True,
) -> int:
    """Do the work in a process of its own in the folder; returns its exit code."""
    process = _fork.Process(target=_work, args=(work, folder, kill_at, counter))
    process.start()
    process.join(kill_after)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    assert code is not None
    if must_work and code != 0:
        raise SystemExit(f"{folder}: the undisturbed run ended with {code}: {_log(folder)}")
    return code


def _work(work: Callable[[], None], folder: Path, kill_at: int | None, counter: Any) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(folder)
    out = str(folder / "out")
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in _STEPS or not isinstance(arguments[0], (str, os.PathLike)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if not str(Path(arguments[0]).absolute()).startswith(out):
            return
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        if counter is not None:
            counter.value = count

    if kill_at is not None or counter is not None:
        sys.addaudithook(watch)
    work()
