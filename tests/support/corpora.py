"""The folder of third-party corpora beside the checkout, and their files."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TypeVar

import msgspec

Record = TypeVar("Record")

SHARED = Path(os.environ.get("ANNOTATE_SHARED", Path(__file__).parents[3] / "shared"))
CORPORA = SHARED / "data"


def read_corpus(folder: Path, name: str, kind: type[Record]) -> list[Record]:
    """The records of `NAME.jsonl.gz`."""
    with gzip.open(folder / f"{name}.jsonl.gz") as file:
        return [msgspec.json.decode(line, type=kind) for line in file]
