"""What a training says of itself for the model card: `training.json`, beside checkpoints and in the model folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from annotate.errors import AnnotateError
from annotate.files import write_text

FILE = "training.json"


class Cycle(msgspec.Struct, frozen=True):
    """One cycle: the passes over the articles with quotes that were planned and done, and its minutes of wall time."""

    planned: float
    done: float
    minutes: float


class Facts(msgspec.Struct, frozen=True):
    """The training of one set of weights; `torch` is its version."""

    seed: int
    workers: int
    torch: str
    cycles: list[Cycle]


def write_facts(folder: Path, facts: Facts) -> None:
    """Writes the facts to the folder."""
    write_text(folder / FILE, msgspec.json.format(msgspec.json.encode(facts), indent=1).decode() + "\n")


def read_facts(folder: Path) -> Facts | None:
    """The facts in the folder; None where there are none, or only those of `annotate train`.

    Raises:
        AnnotateError: the file is broken.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        found = msgspec.json.decode(file.read_bytes(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(file.read_bytes(), type=Facts) if "cycles" in found else None
    except msgspec.DecodeError as error:
        raise AnnotateError(f"{file}: not the facts of a training: {error}") from error
