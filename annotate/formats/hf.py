"""Hugging Face datasets: our layers as lists of structs, or words with tag columns as token classifiers have them.

Written is a folder that `datasets.load_from_disk` opens. Read are such folders, Parquet files, release folders
and `hf:NAME[:CONFIG]/SPLIT`; a row either has our layers or `tokens` and a column of tags.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError
from annotate.files import name_kind
from annotate.folders import new_folder
from annotate.formats.progress import quiet_progress
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.ingest.sources import HUB_FORM, parse_hub_address
from annotate.jsonl import decode_object
from annotate.printing import format_count, shorten
from annotate.records import LAYERS, Annotation, Entity, GoldRecord, LayeredRecord, Layers, Prediction
from annotate.text.align import align_tokens
from annotate.text.bio import TAG, from_tags, read_tags

_COLUMNS = {"tokens", *(name for kind in (Annotation, GoldRecord, Prediction) for name in kind.__struct_fields__)}
# where a table has several of them, the first one is read: what is predicted before what is gold
_TAG_COLUMNS = ("predictions", "pred_tags", "ner_tags", "tags", "labels")


@writes("hf", "datasets", "huggingface_hub")
def write_hf(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """A saved dataset with the columns of a release's default config."""
    from datasets import Dataset, Features

    from annotate.artifacts.features import to_features
    from annotate.gold.rows import to_row

    features = Features.from_arrow_schema(to_features(writing.schema))
    rows = []
    for record in records:
        kept = {name: value for name, value in msgspec.to_builtins(record).items() if name not in LAYERS}
        layers = msgspec.to_builtins(writing.pick(record))
        row = to_row(msgspec.convert({**kept, **layers}, GoldRecord))
        for name in sorted(set(kept) - set(features)):
            writing.report.add_loss(f"{name} of articles", record.id, of="details")
        rows.append({name: row.get(name) for name in features})
    with new_folder(path) as folder, quiet_progress():
        Dataset.from_list(rows, features=features).save_to_disk(folder)


@reads("hf", "datasets", "huggingface_hub", parts="hf:COLUMN, the name of a column of tags")
def read_hf(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of all rows; rows of tokens are aligned to `reading.texts` by their id, else by their order."""
    with quiet_progress():
        rows = list(_load(str(path)))
    _read_tag_columns(rows, reading)
    ids = list(reading.texts)
    by_text = {text: article for article, text in reading.texts.items()}
    tokens: list[tuple[Prediction, Layers]] = []
    for number, row in enumerate(rows):
        place = f"{path}: row {number + 1}"
        _report_columns(row, reading)
        held = [row[layer] for layer in LAYERS if layer in row]
        if held and ("tokens" not in row or any(items is not None for items in held)):
            if row.get("id") is None:
                row["id"] = by_text.get(str(row.get("text")))
            try:
                yield _from_layers(row)
            except (msgspec.MsgspecError, ValueError) as error:
                name = "" if row["id"] is None else f"{row['id']}: "
                reading.problems.append(f"{place}: {name}{error}")
            continue
        article = str(row["id"]) if row.get("id") is not None and str(row["id"]) in reading.texts else None
        if article is None and number < len(ids):
            article = ids[number]
            if row.get("id") is not None:
                known = f"{row['id']} as {article}"
                reading.report.add_note("rows by their order, whose ids are not those given", known)
        tags = _find_tags(row, article or "", reading)
        if article is None or tags is None or not _are_words(row.get("tokens")):
            reading.problems.append(f"{place}: {_explain_row(row, reading)}")
            continue
        layers = _from_tags(row["tokens"], tags, article, reading, place)
        if layers is not None:
            tokens.append((Prediction(id=article, text=reading.texts[article]), layers))
    yield from reading.with_layers(tokens, named=("entities",))


def _load(source: str) -> Iterator[dict[str, Any]]:
    """Rows with the names of class labels instead of their numbers."""
    import datasets

    address = parse_hub_address(source) if source.startswith("hf:") else None
    if source.startswith("hf:") and address is None:
        raise AnnotateError(f"{source}: expected {HUB_FORM}")
    path = Path(source)
    if path.exists() and not path.is_dir() and not (path.is_file() and source.endswith(".parquet")):
        kind = name_kind(path.stat().st_mode) or "a file that is no Parquet"
        raise AnnotateError(f"{source}: {kind}; expected .parquet, a folder or hf:NAME/SPLIT")
    if address is None and not path.exists():
        raise AnnotateError(f"{source}: no such file or folder; a dataset on the Hub is {HUB_FORM}")
    try:
        if address is not None:
            found = datasets.load_dataset(address.name, address.config, split=address.split)
        elif source.endswith(".parquet"):
            found = datasets.load_dataset("parquet", data_files=source, split="train")
        elif (Path(source) / "state.json").exists() or (Path(source) / "dataset_dict.json").exists():
            found = datasets.load_from_disk(source)
        else:
            found = datasets.load_dataset(source)
    except Exception as error:  # of datasets, pyarrow and the Hub's client, by what is broken
        raise AnnotateError(_no_dataset(source, error)) from error
    for table in found.values() if isinstance(found, dict) else [found]:
        names = {}
        for column, feature in table.features.items():
            inner = getattr(feature, "feature", None)
            if isinstance(inner, datasets.ClassLabel):
                names[column] = inner.names
        try:
            for row in table:
                for column, known in names.items():
                    if row[column] is not None:  # -1 = no label
                        row[column] = [None if number in (None, -1) else known[number] for number in row[column]]
                yield row
        except Exception as error:  # of pyarrow, pytz and Python, by the type of the column
            raise AnnotateError(_no_dataset(source, error)) from error


def _no_dataset(source: str, error: Exception) -> str:
    cause = error.__cause__ or error  # datasets wraps some errors in one that only says where it was
    reason = str(cause).partition("\n")[0] or type(cause).__name__
    return f"{source}: no dataset that can be loaded ({reason})"


def _report_columns(row: dict[str, Any], reading: Reading) -> None:
    """Count the objects in columns that records do not have."""
    for column, value in row.items():
        if column not in _COLUMNS and isinstance(value, list) and value and isinstance(value[0], dict):
            reading.report.add_loss(f"columns that are none of ours: {column}", str(row.get("id")), len(value))


def _is_tag(cell: Any) -> bool:
    return isinstance(cell, str) and TAG.fullmatch(cell) is not None


def _are_words(tokens: Any) -> bool:
    return isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)


def _explain_row(row: dict[str, Any], reading: Reading) -> str:
    """Why the row has neither our layers nor tokens with tags."""
    wanted = (reading.part,) if reading.part else _TAG_COLUMNS
    column = next((name for name in wanted if row.get(name) is not None), None)
    there = ", ".join(map(repr, row))
    if "tokens" not in row or column is None:
        where = f"{'one of ' if len(wanted) > 1 else ''}{', '.join(wanted)}"
        layers = ", ".join(LAYERS)
        return f"expected one of {layers}, or tokens with BIO tags as names in {where}; its columns are {there}"
    if not _are_words(row["tokens"]):
        return f"tokens is {shorten(repr(row['tokens']))}; expected a list of strings"
    cells = row[column] if isinstance(row[column], list) else [row[column]]
    wrong = [cell for cell in cells if not _is_tag(cell)]
    if wrong:
        return f"{column} has {shorten(repr(wrong[0]))}, which is no tag; expected names such as O, B-PERSON, I-PERSON"
    return f"id {row.get('id')!r} is none of the articles given, and there are more rows than articles"


def _from_layers(row: dict[str, Any]) -> Prediction:
    present = {name: value for name, value in row.items() if value is not None and name in Prediction.__struct_fields__}
    if type(present.get("id")) is int:
        present["id"] = str(present["id"])
    if isinstance(present.get("meta"), str):
        present["meta"] = decode_object(present["meta"].encode())
    return msgspec.convert(present, Prediction)


def _read_tag_columns(rows: list[dict[str, Any]], reading: Reading) -> None:
    """Put BIO tags in the place of what the columns of tags have in other styles (`b-per`, `PER-B`), where all fit."""
    for column in {*_TAG_COLUMNS, *([reading.part] if reading.part else ())}:
        cells = [row[column] for row in rows if isinstance(row.get(column), list)]
        if not cells or not all(isinstance(cell, str) for tags in cells for cell in tags):
            continue
        meant, wrong = read_tags([cell for tags in cells for cell in tags])
        found = iter(meant)
        for row in rows if not wrong else ():
            if isinstance(row.get(column), list):
                row[column] = list(itertools.islice(found, len(row[column])))


def _find_tags(row: dict[str, Any], article: str, reading: Reading) -> list[str] | None:
    """The tags of the column that was asked for, or else of the first one known; others are counted."""
    found: dict[str, list[str]] = {}
    for column in dict.fromkeys((*([reading.part] if reading.part else ()), *_TAG_COLUMNS)):
        tags = row.get(column)
        if isinstance(tags, list) and all(map(_is_tag, tags)):
            found[column] = tags
    chosen = reading.part or next(iter(found), None)
    for column, tags in found.items() if chosen in found else ():
        n = sum(tag != "O" for tag in tags)
        if column != chosen and n:
            reason = f"tags in column {column}, beside {chosen}, which was read; --from hf:{column} reads them"
            if reading.part:
                reading.report.add_note(reason, article, n)
            else:
                reading.report.add_loss(reason, article, n)
    return found.get(chosen) if chosen else None


def _from_tags(tokens: list[str], tags: list[str], article: str, reading: Reading, place: str) -> Layers | None:
    if len(tokens) != len(tags):
        reading.problems.append(f"{place}: {format_count(len(tokens), 'token')} but {format_count(len(tags), 'tag')}")
        return None
    aligned = align_tokens(tokens, reading.texts[article])
    if tokens and aligned.missing > len(tokens) // 2:
        reading.problems.append(f"{place}: most of its tokens are not in the text of {article}")
        return None
    if aligned.missing:
        reading.report.add_loss("tokens that are not in the text", article, aligned.missing, of="details")
    spans, repaired = from_tags(tags)
    if repaired:
        reading.report.add_note("I- tags that begin a span", article, repaired)
    entities = []
    for span in spans:
        places = aligned.ranges[span.first : span.last]
        there = [found for found in places if found]
        if there and len(there) < len(places):
            words = " ".join(tokens[span.first : span.last])
            reading.report.add_loss("spans read without tokens that are not in the text", f"{article}: {words}")
        if there:
            entities.append(Entity(there[0][0], there[-1][1], span.label))
        else:
            reading.report.add_loss("spans whose tokens are not in the text", f"{article}: {span.label}")
            reading.add_unplaced(article, "entities", " ".join(tokens[span.first : span.last]), span.label)
    return Layers(entities=entities)
