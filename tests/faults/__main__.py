"""`python -m tests.faults --rounds 50`: kill every command that writes, many times, and count what was lost."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from annotate.processes import raise_on_sigterm
from tests.faults.cases import LOCAL, write_inputs
from tests.faults.rounds import Result, call, run_rounds
from tests.faults.servers import server_cases
from tests.faults.stores import s3_case

#: Imported before the first process is forked, so that each round takes the time of the work alone.
HEAVY = [
    "spacy",
    "pyarrow.parquet",
    "annotate.cli.app",
    "annotate.release.build",
    "annotate.publish",
    "annotate.explore",
]


def main() -> int:
    """Run the rounds, print a table, and return 0 where nothing was lost."""
    options = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    options.add_argument("--rounds", type=int, default=50, help="kills for each kind; the slow ones get a tenth")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--kinds", help="only these, separated by commas")
    chosen = options.parse_args()
    wanted = chosen.kinds.split(",") if chosen.kinds else None
    for name in HEAVY:
        importlib.import_module(name)
    raise_on_sigterm()  # so that servers end with us
    results: list[Result] = []
    folder = Path(tempfile.mkdtemp(prefix="annotate-faults-"))
    try:
        (folder / "made" / "inputs").mkdir(parents=True)
        call(write_inputs, folder / "made")
        inputs = folder / "made" / "inputs"
        with contextlib.ExitStack() as stack:
            for case in [
                *LOCAL,
                *stack.enter_context(s3_case(wanted)),
                *stack.enter_context(server_cases(folder, wanted)),
            ]:
                if wanted is not None and case.kind not in wanted:
                    continue
                rounds = max(1, chosen.rounds // 10) if case.heavy else chosen.rounds
                results.append(run_rounds(case, inputs, folder / "work", rounds=rounds, seed=chosen.seed))
                shutil.rmtree(folder / "work")
                print(*results[-1].row(), *results[-1].lost, sep="\t", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(results)
    return os.EX_OK if not any(result.lost for result in results) else 1


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
