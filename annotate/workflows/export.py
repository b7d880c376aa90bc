"""Gold or predictions for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.formats import WRITERS, Alignment, FormatReport, write_format
from annotate.formats.registry import find_writer
from annotate.gold.load import find_release, load_gold
from annotate.jsonl import read_records
from annotate.label_map import LabelMap, Relabelling, find_unused
from annotate.locks import lock_output
from annotate.records import LAYERS, Layer, LayeredRecord, Prediction
from annotate.schema import Schema, load_schema


def export(
    source: str | Path,
    to: str,
    output: str | Path,
    *,
    schema: Schema | str | Path | None = None,
    layers: tuple[Layer, ...] | None = None,
    alignment: Alignment = "split",
    label_map: LabelMap | None = None,
) -> FormatReport:
    """Write a release, one split of it, or a JSON Lines file of records in the format of another tool.

    Args:
        source: as for `annotate.gold.load.load_gold`.
        to: a name from `annotate.formats.WRITERS`.
        output: file, or a new folder for `brat` and `hf`.
        schema: default: the release's own, else `news`.
        alignment: where a span's edge lies inside a token (formats made of tokens): `split` the token, `expand`
            or `contract` the span to whole tokens, or `drop` it.
        label_map: what the labels read as in the file; None = they stay as they are.

    Raises:
        AnnotateError: the format is unknown, the source cannot be read, or the output cannot be written.
        MissingExtraError: the format needs the extra `formats`.
    """
    path = Path(output)
    if to not in WRITERS:
        raise AnnotateError(f"--to {to!r}: expected one of {', '.join(sorted(WRITERS))}")
    find_writer(to)  # a missing extra is reported before the source is read
    if schema is None and str(source) != "-" and not Path(source).is_file():
        schema = find_release(source)[0] / "schema.toml"
    schema = load_schema(schema)
    gold = load_gold(source)
    records: Sequence[LayeredRecord] = gold
    if Path(source).is_file() and not any(record.annotators for record in gold):
        records = read_records(Path(source), Prediction)  # no annotator: predictions, which have a score
    mapping = Relabelling(label_map, "records")
    records = list(mapping.records(records))
    with lock_output(path):
        report = write_format(
            records, path, to, schema=mapping.schema(schema), layers=layers or LAYERS, alignment=alignment
        )
    for label, n in mapping.left_out.items():
        report.add_loss("entities left out by --map", label, n)
    if mapping.merged:
        report.add_note("entities the same as another under --map, written once", str(label_map), mapping.merged)
    unused = find_unused([mapping])
    if unused is not None:
        report.add_note("labels of --map that no entity has", unused.rpartition(" label ")[2])
    return report
