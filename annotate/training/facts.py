"""Facts about a training for the model card: `training.json`, beside checkpoints and in the model folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from annotate.errors import AnnotateError
from annotate.files import write_text

FILE = "training.json"


class Facts(msgspec.Struct, frozen=True):
    """The training of one set of weights: passes over the articles with quotes and over those with claims, planned and
    done, and minutes of wall time.

    `torch` is its version. No passes over quotes: they and the names were taken from other weights as they are.
    `teacher_done` are the passes of the larger network over the articles with claims; none where there was none.
    """

    seed: int
    workers: int
    torch: str
    planned: float
    done: float
    claims_planned: float
    claims_done: float
    minutes: float
    teacher_done: float = 0.0


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
        return msgspec.json.decode(file.read_bytes(), type=Facts) if "planned" in found else None
    except msgspec.DecodeError as error:
        raise AnnotateError(f"{file}: not the facts of a training: {error}") from error
