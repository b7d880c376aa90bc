"""brat stand-off: one `.txt` and `.ann` an article, in a folder with the configuration that brat needs to show them.

Content in several fragments is one discontinuous span, speaker, cue and claimer are relations, type, judgement and
kind attributes. A span cannot hold a line break: as brat itself does, it is cut there into fragments; fragments with
only a line break between them are read as one.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
from annotate.items import LINKS
from annotate.records import LAYERS, Layer, LayeredRecord, Layers, Prediction
from annotate.schema import Schema
from annotate.task_json.part_links import ENDS

# what Python's line iteration, and with it brat's server, takes as the end of a line
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_ATTRIBUTES = (QUOTE_TYPE, CHECK_WORTHY, KIND)
_NOTES = "AnnotatorNotes"


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
            spelled = f"{place}: {mark.label!r} as {label!r}"
            writing.report.add_loss("labels that brat cannot spell", spelled, of="details")
        ranges = ";".join(f"{start} {end}" for start, end in fragments)
        yield f"T{number}\t{label} {ranges}\t{' '.join(text[start:end] for start, end in fragments)}\n"
        for name, value in mark.values.items():
            attributes += 1
            yield f"A{attributes}\t{name} T{number} {value}\n"
        if note := mark.extras.get("note"):
            notes += 1
            line = " ".join(note.split())
            if line != note:
                writing.report.add_loss("line breaks in notes", f"{place}: {mark.key}", of="details")
            yield f"#{notes}\t{_NOTES} T{number}\t{line}\n"
    relations = 0
    for link in markup.links:
        if link.source in numbers and link.target in numbers:
            relations += 1
            yield f"R{relations}\t{link.label} Arg1:T{numbers[link.source]} Arg2:T{numbers[link.target]}\n"


# ------------------------------------------------------------------------------------------------------ reading

# the files that brat reads for one article where there is no .ann
_PARTIAL = ("a1", "a2", "co", "rel")


@reads("brat")
def read_brat(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of a folder (with its subfolders) of `.txt` and `.ann` files; events and the like are counted."""
    if not path.is_dir():
        raise AnnotateError(f"{path}: expected a folder with .txt and .ann files")
    files = _find_annotations(path)
    if not files:
        raise AnnotateError(f"{path}: no .ann file in this folder")
    configurations: dict[Path | None, _Configuration] = {None: _Configuration()}
    found: dict[Path | None, list[tuple[Prediction, Layers]]] = {}
    for base, parts in files.items():
        article = urllib.parse.unquote(base.relative_to(path).as_posix())
        beside = base.with_name(f"{base.name}.txt")
        text = read_text(beside) if beside.exists() else reading.texts.get(article)
        if text is None:
            reading.problems.append(f"{parts[0]}: no {beside.name} beside it, and no article {article!r} in the gold")
            continue
        conf = _find_configuration(base.parent, path)
        if conf is not None and conf not in configurations:
            configurations[conf] = _read_configuration(conf)
        lines = [
            (f"{file}:{number}", line)
            for file in parts
            for number, line in enumerate(_to_lines(read_text(file)), 1)
            if line.strip()
        ]
        text = _choose_text(text, reading.texts.get(article), lines)
        markup = _parse(lines, text, article, configurations[conf], reading)
        layers = from_markup(markup, text, reading.schema, reading.report, article)
        found.setdefault(conf, []).append((Prediction(id=article, text=text), layers))
    for conf, pairs in found.items():
        yield from reading.with_layers(pairs, named=configurations[conf].layers(reading.schema))
    for file in sorted(path.rglob("*.ann")):
        if file.name.startswith("."):
            reading.report.add_note("hidden files, which brat does not show either", file.name)
    for file in sorted(path.rglob("*.txt")):
        if file.with_suffix("") not in files and not file.name.startswith("."):
            article = urllib.parse.unquote(file.relative_to(path).as_posix().removesuffix(".txt"))
            reason = "texts without annotations (.ann) beside them"
            if article in reading.texts or not reading.texts:
                reading.report.add_loss(reason, article, of="articles")
            else:
                reading.report.add_note(f"{reason}, not in the gold either", article)


def _find_annotations(folder: Path) -> dict[Path, list[Path]]:
    """The files of each article, by their path without suffix: the `.ann`, or else its parts; no hidden ones."""
    found = {file.with_suffix(""): [file] for file in folder.rglob("*.ann") if not file.name.startswith(".")}
    for suffix in _PARTIAL:
        for file in folder.rglob(f"*.{suffix}"):
            if not file.with_suffix(".ann").exists() and not file.name.startswith("."):
                found.setdefault(file.with_suffix(""), []).append(file)
    return dict(sorted(found.items()))


def _to_lines(content: str) -> list[str]:
    return [line.rstrip("\r") for line in content.removeprefix("\ufeff").split("\n")]


def _choose_text(raw: str, known: str | None, lines: list[tuple[str, str]]) -> str:
    """The text that the offsets are about: as it is in the file, without a byte order mark, or with LF line ends."""
    spellings = [raw, raw.removeprefix("\ufeff")]
    spellings += [text.replace("\r\n", "\n").replace("\r", "\n") for text in spellings]
    for text in sorted(dict.fromkeys(spellings), key=lambda text: text != known):
        if all(_fits(line, text) for _, line in lines):
            return text
    return raw


def _fits(line: str, text: str) -> bool:
    """Whether the line, if it is a span with its words, has them from this text."""
    key, _, tail = line.partition("\t")
    data, _, words = tail.partition("\t")
    match = _TEXT_BOUND.fullmatch(data) if key.startswith("T") else None
    if match is None or not words.strip():
        return True
    ranges = _to_ranges(match[2])
    return max(end for _, end in ranges) <= len(text) and _behind(words, text, ranges) is not None


# --------------------------------------------------------------------------------------------- annotation.conf


@dataclass(frozen=True)
class _Configuration:
    """The types of spans and of events that an `annotation.conf` lists."""

    entities: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

    def layers(self, schema: Schema) -> list[Layer]:
        """The layers whose labels it lists."""
        found = {Names(schema).layer_of(label) for label in self.entities}
        return [layer for layer in LAYERS if layer in found]

    def is_trigger(self, label: str, *, used: bool) -> bool:
        """Whether a span of this type is an event's trigger and no entity; `used` says that an event names it."""
        return label not in self.entities and (used or label in self.events)


_SECTION = re.compile(r"\s*\[(.*)\]\s*")
_MACRO = re.compile(r"<([\w-]+)>=\s*(.*?)\s*")
_ALIASES = {"spans": "entities"}


def _find_configuration(folder: Path, top: Path) -> Path | None:
    """The `annotation.conf` that brat would use: the nearest one, from the article's folder upwards."""
    for level in (folder, *folder.parents):
        if (level / "annotation.conf").is_file():
            return level / "annotation.conf"
        if level == top:
            return None
    return None


def _read_configuration(path: Path) -> _Configuration:
    """As brat reads it: aliases of sections, macros, comments, hierarchies by indentation, `!` for abstract types."""
    types: dict[str, set[str]] = {}
    macros: dict[str, str] = {}
    section = "general"
    for line in read_text(path).removeprefix("\ufeff").splitlines():
        if match := _SECTION.fullmatch(line):
            section = match[1].strip().lower()
            section = _ALIASES.get(section, section)
            macros = {}
        elif not line.strip() or line.lstrip().startswith("#") or not line.strip().strip("-"):
            continue
        elif match := _MACRO.fullmatch(line):
            macros[f"<{match[1]}>"] = match[2]
        else:
            for name, value in macros.items():
                line = line.replace(name, value)
            words = line.split()
            term = words[0].split("|")[0].removeprefix("!") if words else ""
            if term and not term.startswith("<"):
                types.setdefault(section, set()).add(_spell(term))
    return _Configuration(frozenset(types.get("entities", ())), frozenset(types.get("events", ())))


# ------------------------------------------------------------------------------------------------- annotations

_TEXT_BOUND = re.compile(r"(\S+) (\d{1,18} \d{1,18}(?:;\d{1,18} \d{1,18})*)\s*")
_RELATION = re.compile(r"(\S+) \S+?:(\S+)\s+\S+?:(\S+)\s*")
_ATTRIBUTE = re.compile(r"(\S+) (\S+)(?: (.*\S))?\s*")
_NOTE = re.compile(r"(\S+) (\S+)\s*")
_TRIGGER = re.compile(r"[^\s:]+:(\S+)")
_OTHERS = {"E": "events", "N": "normalisations", "*": "equivalences"}


def _parse(
    lines: list[tuple[str, str]], text: str, article: str, configuration: _Configuration, reading: Reading
) -> Markup:
    marks: dict[str, Mark] = {}
    links: list[Link] = []
    later: list[tuple[str, str, str, str]] = []
    triggers: set[str] = set()
    report = reading.report
    spelled = {_spell(label): label for label in reading.schema.entity_labels}
    for place, line in lines:
        key, _, tail = line.partition("\t")
        data, _, rest = tail.partition("\t")
        kind = key[:1]
        if kind == "T" and (match := _TEXT_BOUND.fullmatch(data)):
            ranges = _to_ranges(match[2])
            if key in marks:
                reading.problems.append(f"{place}: a second {key}")
            elif any(not 0 <= start < end <= len(text) for start, end in ranges):
                reading.problems.append(f"{place}: {key} is {match[2]}; the text has {len(text)} characters")
            elif rest.strip() and (behind := _behind(rest, text, ranges)) is None:
                covered = " ".join(text[start:end] for start, end in ranges)
                reading.problems.append(f"{place}: {key} covers {covered!r} but the file has {rest!r}")
            else:
                marks[key] = Mark(key, match[1], _join_at_breaks(text, sorted(ranges)))
                if not rest.strip():
                    report.add_note(
                        "spans without their words in the file, taken by their offsets", f"{article}: {key}"
                    )
                elif behind:
                    report.add_loss("words behind those of a span", f"{article}: {key} {behind!r}", of="details")
        elif kind == "R" and (match := _RELATION.fullmatch(data)):
            links.append(Link(match[1], match[2], match[3]))
        elif kind in "AM" and (match := _ATTRIBUTE.fullmatch(data)):
            later.append((place, match[1], match[2], match[3] or "true"))
        elif kind == "#" and (match := _NOTE.fullmatch(data)):
            later.append((place, match[1], match[2], rest.strip()))
        elif kind in _OTHERS and data:
            report.add_loss(_OTHERS[kind], f"{article}: {key}", of="details")
            if kind == "E" and (match := _TRIGGER.match(data)):
                triggers.add(match[1])
        else:
            reading.problems.append(f"{place}: not a line of brat's format: {line[:60]!r}")
    for key, mark in list(marks.items()):
        if configuration.is_trigger(mark.label, used=key in triggers):
            report.add_loss("triggers of events, which are no entities", f"{article}: {key} {mark.label}")
            del marks[key]
        else:
            mark.label = spelled.get(mark.label, mark.label)
    for place, name, key, value in later:
        if key not in marks or name not in (*_ATTRIBUTES, _NOTES):
            report.add_loss("attributes and notes of other kinds", f"{place}: {name}", of="details")
        elif name == _NOTES:
            before = marks[key].extras.get("note")
            marks[key].extras["note"] = value if before is None else f"{before}\n{value}"
        elif marks[key].values.setdefault(name, value) != value:
            report.add_loss(f"a second {name} of one span", f"{place}: {value}", of="details")
    return Markup(list(marks.values()), links)


def _to_ranges(spelled: str) -> list[Range]:
    return [(int(start), int(end)) for start, end in (pair.split() for pair in spelled.split(";"))]


def _behind(words: str, text: str, ranges: list[Range]) -> str | None:
    """What comes after the span's own words; None where the words begin otherwise.

    Fragments are joined with a space, before brat 1.3 without one; a line break may be written as a space.
    """
    for joint in (" ", ""):
        covered = joint.join(text[start:end] for start, end in ranges)
        for spelling in (covered, re.sub(f"[{_BREAKS}]", " ", covered)):
            behind = words[len(spelling) :]
            if words.startswith(spelling) and (not behind or behind[0].isspace() or spelling[-1:].isspace()):
                return behind.strip()
    return None


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
    lines = ["[entities]", *map(_spell, labels), *(part.name for part in schema.parts), "", "[relations]"]
    for link in (link for layer in schema.layers for link in LINKS[layer]):
        source, target = map(names.part, ENDS[link])
        lines.append(f"{names.relation(link)}\tArg1:{source}, Arg2:{target}")
    lines += ["<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]", "", "[attributes]"]
    if schema.quotes:
        lines.append(f"{QUOTE_TYPE}\tArg:{names.part('content')}, Value:{'|'.join(schema.quote_types)}")
    if schema.claims:
        lines.append(f"{CHECK_WORTHY}\tArg:{names.part('claim')}, Value:{'|'.join(schema.check_worthy_values)}")
        lines.append(f"{KIND}\tArg:{names.part('claim')}, Value:{'|'.join(schema.claim_kinds)}")
    return "\n".join(lines) + "\n"


def _visual_conf(schema: Schema) -> str:
    colours = [(_spell(label.name), label.colour) for label in (schema.entities.labels if schema.entities else ())]
    colours += [(part.name, part.colour) for part in schema.parts]
    lines = ["[labels]", "", "[drawing]"]
    lines += [f"{name}\tbgColor:{colour}" for name, colour in colours if colour]
    return "\n".join(lines) + "\n"
