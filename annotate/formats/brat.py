"""brat stand-off: one `.txt` and `.ann` an article, in a folder with the configuration that brat needs to show them.

Content in several fragments is one discontinuous span, speaker, cue and claimer are relations, type, judgement and
kind attributes. A span cannot hold a line break: as brat itself does, it is cut there into fragments; fragments with
only a line break between them are read as one.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.files import read_text, write_text
from annotate.folders import new_folder
from annotate.formats.markup import (
    CHECK_WORTHY,
    KIND,
    QUOTE_TYPE,
    Link,
    Mark,
    Markup,
    Names,
    Range,
    from_markup,
    report_extras,
    report_fields,
    to_markup,
)
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.records import Layer, LayeredRecord, Prediction
from annotate.schema import RelationRole, Role, Schema

# what Python's line iteration, and with it brat's server, takes as the end of a line
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_ATTRIBUTES = (QUOTE_TYPE, CHECK_WORTHY, KIND)


@writes("brat")
def write_brat(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """A folder that brat opens as a collection; file names are the ids, characters unfit for one %-escaped."""
    with new_folder(path) as folder:
        _write_collection(list(records), folder, writing)


def _write_collection(kept: list[LayeredRecord], path: Path, writing: Writing) -> None:
    present = writing.present(kept)
    schema = writing.schema.restrict(tuple(layer for layer in present if layer in writing.schema.layers))
    labels = set(schema.entity_labels)
    for record in kept:
        layers = writing.pick(record)
        for layer in present:
            if getattr(layers, layer) is None:
                writing.report.add_loss("layers that were not annotated, here like empty ones", f"{record.id}: {layer}")
        markup = to_markup(layers, writing.schema)
        labels.update(entity.label for entity in layers.entities or ())
        report_fields(record, writing.report)
        report_extras(markup.marks, writing.report, record.id, held=("note",))
        name = urllib.parse.quote(record.id, safe=" ,;()'&+@!")
        name = name.replace(".", "%2E", 1) if name.startswith(".") else name
        text = record.text or ""
        write_text(path / f"{name}.txt", text)
        write_text(path / f"{name}.ann", "".join(_lines(markup, text, record.id, writing)))
    write_text(path / "annotation.conf", _annotation_conf(schema, sorted(labels)))
    write_text(path / "visual.conf", _visual_conf(schema))


def _lines(markup: Markup, text: str, place: str, writing: Writing) -> Iterator[str]:
    numbers: dict[str, int] = {}
    attributes = notes = 0
    for mark in markup.marks:
        fragments = [piece for fragment in mark.fragments for piece in _cut_at_breaks(text, *fragment)]
        if _join_at_breaks(text, fragments) != sorted(mark.fragments):
            reason = "fragments that only a line break parts, and line breaks at the edge of a span"
            writing.report.add_loss(reason, f"{place}: {mark.key}")
        if not fragments:
            continue
        numbers[mark.key] = number = len(numbers) + 1
        label = _spell(mark.label)
        if label != mark.label:
            writing.report.add_loss("labels that brat cannot spell", f"{place}: {mark.label!r} as {label!r}")
        ranges = ";".join(f"{start} {end}" for start, end in fragments)
        yield f"T{number}\t{label} {ranges}\t{' '.join(text[start:end] for start, end in fragments)}\n"
        for name, value in mark.values.items():
            attributes += 1
            yield f"A{attributes}\t{name} T{number} {value}\n"
        if note := mark.extras.get("note"):
            notes += 1
            yield f"#{notes}\tAnnotatorNotes T{number}\t{' '.join(note.split())}\n"
    relations = 0
    for link in markup.links:
        if link.source in numbers and link.target in numbers:
            relations += 1
            yield f"R{relations}\t{link.label} Arg1:T{numbers[link.source]} Arg2:T{numbers[link.target]}\n"


@reads("brat")
def read_brat(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of a folder (with its subfolders) of `.txt` and `.ann` files; events and the like are counted."""
    if not path.is_dir():
        raise AnnotateError(f"{path}: expected a folder with .txt and .ann files")
    files = sorted(path.rglob("*.ann"))
    if not files:
        raise AnnotateError(f"{path}: no .ann file in this folder")
    found = []
    for file in files:
        article = urllib.parse.unquote(file.relative_to(path).as_posix().removesuffix(".ann"))
        beside = file.with_name(file.name.removesuffix(".ann") + ".txt")
        text = read_text(beside) if beside.exists() else reading.texts.get(article)
        if text is None:
            reading.problems.append(f"{file}: no {beside.name} beside it, and no article {article!r} in the gold")
            continue
        markup = _parse(read_text(file).removeprefix("\ufeff"), text, file, article, reading)
        layers = from_markup(markup, text, reading.schema, reading.report, article)
        found.append((Prediction(id=article, text=text), layers))
    if reading.layers is None:
        reading.layers = _configured_layers(path / "annotation.conf", reading.schema)
    yield from reading.with_layers(found)


def _configured_layers(path: Path, schema: Schema) -> tuple[Layer, ...] | None:
    """The layers whose labels the collection's configuration has; None where there is no configuration."""
    if not path.exists():
        return None
    section = re.search(r"^\[entities\]$(.*?)(?:^\[|\Z)", read_text(path), re.MULTILINE | re.DOTALL)
    labels = re.findall(r"^\s*([\w-]+)", section[1] if section else "", re.MULTILINE)
    roles = {Names(schema).role_of(label) for label in labels}
    layer_of: dict[Role | None, Layer] = {None: "entities", "content": "quotes", "claim": "claims"}
    return tuple(layer for role, layer in layer_of.items() if role in roles)


_TEXT_BOUND = re.compile(r"(\S+) (\d{1,18} \d{1,18}(?:;\d{1,18} \d{1,18})*)")
_RELATION = re.compile(r"(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
_ATTRIBUTE = re.compile(r"(\S+) (\S+)(?: (.*\S))?\s*")
_NOTE = re.compile(r"(\S+) (\S+)\s*")


def _parse(content: str, text: str, file: Path, article: str, reading: Reading) -> Markup:
    marks: dict[str, Mark] = {}
    links: list[Link] = []
    later: list[tuple[str, str, str, str]] = []
    spelled = {_spell(label): label for label in reading.schema.entity_labels}
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}:{number}"
        key, _, tail = line.partition("\t")
        data, _, rest = tail.partition("\t")
        kind = key[:1]
        if kind == "T" and (match := _TEXT_BOUND.fullmatch(data)):
            ranges = [(int(a), int(b)) for a, b in (pair.split() for pair in match[2].split(";"))]
            if key in marks:
                reading.problems.append(f"{place}: a second {key}")
            elif any(not 0 <= start < end <= len(text) for start, end in ranges):
                reading.problems.append(f"{place}: {key} is {match[2]}; the text has {len(text)} characters")
            elif rest.rstrip("\r\n") != (covered := " ".join(text[start:end] for start, end in ranges)):
                reading.problems.append(f"{place}: {key} covers {covered!r} but the file has {rest!r}")
            else:
                label = spelled.get(match[1], match[1])
                marks[key] = Mark(key, label, _join_at_breaks(text, sorted(ranges)))
        elif kind == "R" and (match := _RELATION.fullmatch(data)):
            links.append(Link(match[1], match[2], match[3]))
        elif kind in "AM" and (match := _ATTRIBUTE.fullmatch(data)):
            later.append((place, match[1], match[2], match[3] or "true"))
        elif kind == "#" and (match := _NOTE.fullmatch(data)):
            later.append((place, "note", match[2], rest))
        elif kind in ("E", "N", "*") and data:
            reading.report.add_loss("events, normalisations and equivalences", f"{article}: {key}")
        else:
            reading.problems.append(f"{place}: not a line of brat's format: {line[:60]!r}")
    for place, name, key, value in later:
        if key not in marks or name not in (*_ATTRIBUTES, "note"):
            reading.report.add_loss("attributes and notes of other kinds", f"{place}: {name}")
        elif name == "note":
            marks[key].extras["note"] = value
        else:
            marks[key].values[name] = value
    return Markup(list(marks.values()), links)


def _cut_at_breaks(text: str, start: int, end: int) -> Iterator[Range]:
    for match in re.finditer(f"[^{_BREAKS}]+", text[start:end]):
        yield start + match.start(), start + match.end()


def _join_at_breaks(text: str, fragments: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(fragments):
        between = text[joined[-1][1] : start] if joined else ""
        if between and not between.strip(_BREAKS):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _spell(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", label)


def _annotation_conf(schema: Schema, labels: list[str]) -> str:
    names = Names(schema)
    parts = [names.part(role) for role in _roles(schema)]
    arrows: list[tuple[RelationRole, Role, Role]] = []
    if schema.quotes:
        arrows += [("speaker", "content", "speaker"), ("cue", "content", "cue")]
    if schema.claims:
        arrows += [("claimer", "claim", "speaker")]
    lines = ["[entities]", *map(_spell, labels), *parts, "", "[relations]"]
    lines += [f"{names.relation(a)}\tArg1:{names.part(h)}, Arg2:{names.part(t)}" for a, h, t in arrows]
    lines += ["<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]", "", "[attributes]"]
    if schema.quotes:
        lines.append(f"{QUOTE_TYPE}\tArg:{names.part('content')}, Value:{'|'.join(schema.quote_types)}")
    if schema.claims:
        judgements = "|".join(label.name for label in schema.claims.check_worthy)
        lines.append(f"{CHECK_WORTHY}\tArg:{names.part('claim')}, Value:{judgements}")
        lines.append(f"{KIND}\tArg:{names.part('claim')}, Value:{'|'.join(schema.claim_kinds)}")
    return "\n".join(lines) + "\n"


def _visual_conf(schema: Schema) -> str:
    colours = [(_spell(label.name), label.colour) for label in (schema.entities.labels if schema.entities else ())]
    colours += [(part.name, part.colour) for part in schema.parts]
    lines = ["[labels]", "", "[drawing]"]
    lines += [f"{name}\tbgColor:{colour}" for name, colour in colours if colour]
    return "\n".join(lines) + "\n"


def _roles(schema: Schema) -> list[Role]:
    return [part.role for part in schema.parts]
