"""`python -m tests.faults --rounds 50`: kill every command that writes, or fill its disk, and count what was lost."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from annotate.processes import raise_on_sigterm
from tests.faults.cases import LOCAL, write_inputs, write_training
from tests.faults.rounds import Fault, Result, call, run_rounds
from tests.faults.servers import server_cases
from tests.faults.stores import s3_case

#: Bytes that the rounds take at most.
ROOM = 4 << 30
FAULTS: tuple[Fault, ...] = ("kill", "full disk")


def main() -> int:
    """Run the rounds, print a table, and return 0 where nothing was lost."""
    options = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    options.add_argument("--rounds", type=int, default=50, help="rounds for each kind and fault")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--kinds", help="only these, separated by commas")
    options.add_argument("--faults", help="only these, separated by commas: kill, full disk")
    chosen = options.parse_args()
    wanted = chosen.kinds.split(",") if chosen.kinds else None
    faults = chosen.faults.split(",") if chosen.faults else FAULTS
    raise_on_sigterm()  # so that servers end with us
    results: list[Result] = []
    folder = Path(tempfile.mkdtemp(prefix="annotate-faults-", dir=find_quick_disk()))
    try:
        (folder / "made" / "inputs").mkdir(parents=True)
        call(write_inputs, folder / "made")
        if wanted is None or "train" in wanted:
            call(write_training, folder / "made")
        inputs = folder / "made" / "inputs"
        with contextlib.ExitStack() as stack:
            for case in [
                *LOCAL,
                *stack.enter_context(s3_case(wanted)),
                *stack.enter_context(server_cases(folder, wanted)),
            ]:
                for fault in FAULTS:
                    if (wanted and case.kind not in wanted) or fault not in faults:
                        continue
                    if fault == "full disk" and not case.fills:
                        continue
                    work = folder / case.kind.replace(" ", "-")
                    results.append(run_rounds(case, fault, inputs, work, rounds=chosen.rounds, seed=chosen.seed))
                    print(*results[-1].row(), *results[-1].lost, sep="\t", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(results)
    return os.EX_OK if not any(result.lost for result in results) else 1


def find_quick_disk() -> Path | None:
    """The memory disk where there is one with room: a kill or a full disk there is the same, and rounds take less."""
    place = Path("/dev/shm")
    if os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM:
        return place
    return None


def print_table(results: list[Result]) -> None:
    """The table, and each loss with its moment."""
    from annotate.printing import Table, print_blocks

    columns = ("kind", "rounds", "old", "new", "lost", "seconds")
    print_blocks([Table("", columns, [result.row() for result in results], words=(0,))])
    for result in results:
        for loss in result.lost:
            print(loss)


if __name__ == "__main__":
    sys.exit(main())
