"""The toolkit's own records, one per line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.jsonl import read_records, write_records
from annotate.records import LAYERS, LayeredRecord, Prediction


@reads("jsonl")
def read_jsonl(path: Path, reading: Reading) -> list[Prediction]:
    """The predictions of a file of records; keys of annotations and gold beside the layers are left out."""
    return read_records(path, Prediction)


@writes("jsonl")
def write_jsonl(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """The records as they are, with the wanted layers."""
    dropped: dict[str, None] = {layer: None for layer in LAYERS if layer not in writing.layers}
    write_records(path, (msgspec.structs.replace(record, **dropped) for record in records))
