"""Foreign formats, reading beside writing, one module each; every loss is counted and reported.

A reader turns a file into predictions, a writer records into a file. Formats without offsets (`conll`, `strings`)
are aligned to the articles' texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from annotate.errors import AnnotateError, RecordError
from annotate.files import sha256_text
from annotate.formats import brat, conll, hf, jsonl, labelstudio, prodigy, spacy, strings  # noqa: F401 (registers them)
from annotate.formats.registry import READERS, WRITERS, Alignment, Reader, Reading, Writing, find_reader, find_writer
from annotate.formats.registry import texts_by_id as _texts_by_id
from annotate.formats.report import FormatReport
from annotate.formats.strings import ground_layers
from annotate.jsonl import find_record_problems
from annotate.problems import SECOND_RECORD
from annotate.records import LAYERS, Article, Layer, LayeredRecord, Prediction, get_layer
from annotate.schema import Schema, load_schema

__all__ = ["READERS", "WRITERS", "Alignment", "FormatReport", "ground_layers", "read_predictions", "write_format"]


def read_predictions(
    path: str | Path,
    format: str,
    *,
    texts: Iterable[Article | LayeredRecord] = (),
    schema: Schema | None = None,
    layers: tuple[Layer, ...] | None = None,
) -> tuple[list[Prediction], FormatReport]:
    """The predictions that a file holds in a foreign format, in its order, checked as our own records are.

    Args:
        path: file, or folder where the format is one (`brat`, `hf`).
        format: a name from `READERS`; `conll:COLUMN` and `labelstudio:PART` read another part of the file than the
            usual one.
        texts: articles or gold; needed where the format has no text or offsets of its own, used wherever an
            article is known by its text only.
        layers: the layers that the file annotates; default: those of which it holds anything.

    Raises:
        RecordError: all problems of the file together, or nothing in it can be read as a prediction. What was lost
            on the way is a note of the error (`__notes__`).
        AnnotateError: the format is unknown, or the file cannot be read.
    """
    reader, part = find_reader(format)
    reading = Reading(FormatReport(format, "read"), schema or load_schema(), _texts_by_id(texts), layers, part)
    try:
        return _read(Path(path), reader, reading), reading.report
    except AnnotateError as error:
        reading.report.explain(error)
        raise


def _read(path: Path, reader: Reader, reading: Reading) -> list[Prediction]:
    layers = reading.layers
    predictions: list[Prediction] = []
    seen: set[str] = set()
    for prediction in reader(path, reading):
        place = f"{path}: {prediction.id}"
        if prediction.id in seen:
            reading.problems.append(f"{place}: {SECOND_RECORD}")
        seen.add(prediction.id)
        reading.problems += [f"{place}: {problem}" for problem in find_record_problems(prediction)]
        if layers is not None:
            for layer in LAYERS:
                if layer not in layers:
                    reading.leave_out(prediction.id, layer, get_layer(prediction, layer))
                    setattr(prediction, layer, None)
        prediction.unplaced = reading.unplaced.get(prediction.id, prediction.unplaced)
        if prediction.text is not None and prediction.text_sha256 is None:
            prediction.text_sha256 = sha256_text(prediction.text)
        reading.report.count_record(prediction)
        predictions.append(prediction)
    if not reading.problems and _is_nothing(predictions, reading, layers):
        kinds = "; ".join(f"{reason} ({loss.count})" for reason, loss in reading.report.ranked_losses())
        reading.problems.append(f"{path}: nothing in it can be read as a prediction: {kinds}")
    if reading.problems:
        raise RecordError(reading.problems)
    return predictions


def _is_nothing(predictions: list[Prediction], reading: Reading, layers: tuple[Layer, ...] | None) -> bool:
    """Whether the file has something and none of it was kept; to score that as 0 would be about the reader."""
    report = reading.report
    if report.items.total():
        return False
    if not predictions:
        return bool(report.losses)
    # links, attributes and the like alone say nothing about a layer that is known to be annotated
    return report.has_lost("items", *(("details",) if layers is None else ()))


def write_format(
    records: Iterable[LayeredRecord],
    path: str | Path,
    format: str,
    *,
    schema: Schema | None = None,
    layers: tuple[Layer, ...] = LAYERS,
    alignment: Alignment = "split",
) -> FormatReport:
    """Write the records in a foreign format, and report what it cannot hold.

    Args:
        records: with their texts.
        path: file, or folder where the format is one (`brat`, `hf`).
        format: a name from `WRITERS`.
        alignment: what happens to a span whose edge lies inside a token, in formats made of tokens.

    Raises:
        RecordError: no record, or one without text; nothing is written.
        AnnotateError: the format is unknown, or the path cannot be written.
    """
    writer = find_writer(format)
    report = FormatReport(format, "written")
    kept = list(records)
    if not kept:
        raise RecordError(["nothing to write: no record"])
    problems = [f"{record.id}: no text; an export needs one (annotate rehydrate)" for record in kept if not record.text]
    if problems:
        raise RecordError(problems)
    for record in kept:
        report.count_record(record)
    writer(kept, Path(path), Writing(report, schema or load_schema(), layers, alignment))
    return report
