"""The columns of a file: which rows belong to which article, and which column holds the tokens and which the tags.

Files of ours name their columns (`# global.columns = FORM ANNOTATE:ENTITIES`); those of other tools are looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.files import read_text
from annotate.formats.registry import Reading
from annotate.printing import shorten
from annotate.problems import appears_twice
from annotate.records import LAYERS, Layer
from annotate.text.bio import TAG, read_tags

NAMESPACE = "ANNOTATE:"
_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*(.+)")
_DOCUMENT = re.compile(
    r"# newdoc id = (.+)"
    r"|#\s*(?:newdoc\s+)?(?:id|doc_id)\s*=\s*(.+?)\s*"
    r"|#\s*newdoc\b.*"
    r"|#begin document \((.+)\).*"
    r"|-DOCSTART-(?:\s+\((\S+)\))?.*"
)
_NAME = re.compile(f"(?:{'|'.join(layer.upper() for layer in LAYERS)})[0-9]*")
_OUR_TAG = re.compile(r"O|[BIELSU]-\S*")
_ITEMS = re.compile(r"[0-9]+(?:,[0-9]+)*")
# how CoNLL-2012 marks spans: (PERSON* in front, *) at the end, * between, (GPE) alone
_BRACKETS = re.compile(r"\*|(?:\([^\s()*]+)+\*?\)*|\*\)+")
_COMMENT = re.compile(r"#\s?[\w.:-]+ ?=.*|#end document.*")
# the first column of CoNLL-U: a token, a word of several tokens, or a word that is not in the text
_NUMBER = re.compile(r"\d+(?:-\d+|\.\d+)?")
_TAG_NAME = re.compile(r"tag|label|ner|entit|pred|gold|iob|bio|^ne$", re.IGNORECASE)
_PREDICTED = re.compile(r"pred|guess|system|output", re.IGNORECASE)
_TOKEN_NAMES = ("form", "token", "tokens", "word", "words", "text")


@dataclass
class Document:
    """The rows of one article, sentence by sentence; `id` is None where the file has none."""

    id: str | None
    sentences: list[list[list[str]]]

    @property
    def rows(self) -> list[list[str]]:
        """The rows of all sentences."""
        return [row for sentence in self.sentences for row in sentence]


@dataclass
class Header:
    """Which column holds what."""

    token: int = 0
    tags: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    ours: bool = False


def read_columns(path: Path, reading: Reading) -> tuple[Header, list[Document]]:
    """The file's articles in their order, and what its columns are; what is wrong goes to `reading.problems`.

    Raises:
        AnnotateError: the file cannot be read.
    """
    content = read_text(path).removeprefix("\ufeff").replace("\r\n", "\n")
    lines = list(enumerate((content if "\n" in content else content.replace("\r", "\n")).split("\n"), 1))
    names = next((match[1].split() for _, line in lines if (match := _COLUMNS.fullmatch(line))), None)
    ours = names is not None and any(name.startswith(NAMESPACE) for name in names)
    filled = [line for _, line in lines if line.strip() and not line.startswith("#") and not _DOCUMENT.fullmatch(line)]
    tabs = sum("\t" in line for line in filled) > len(filled) // 2 or ours
    lengths = Counter(len(_cells(line, tabs)) for line in filled)
    width = max(lengths, key=lambda n: lengths[n]) if lengths else 0
    documents: list[Document] = []
    numbers: list[int] = []
    narrow: list[tuple[int, int]] = []
    for number, line in lines:
        if (match := _DOCUMENT.fullmatch(line)) and not ("\t" in line and line.startswith("#")):
            name = next((group for group in match.groups() if group), None)
            if name is not None and documents and documents[-1].id == name:
                documents[-1].sentences.append([])  # a further part of it, as OntoNotes has them
            else:
                documents.append(Document(name, [[]]))
        elif not line.strip():
            if documents and documents[-1].sentences[-1]:
                documents[-1].sentences.append([])
        elif line.startswith("#") and _is_comment(line, tabs, width):
            continue
        elif len(row := _cells(line, tabs)) != width:
            narrow.append((number, len(row)))
        else:
            if not documents:
                documents.append(Document(None, [[]]))
            documents[-1].sentences[-1].append(row)
            numbers.append(number)
    if narrow:
        more = f" (more such lines: {len(narrow) - 1})" if len(narrow) > 1 else ""
        reading.problems.append(f"{path}:{narrow[0][0]}: columns: {narrow[0][1]}; most lines have {width}{more}")
        return Header(), documents
    if not numbers:
        reading.problems.append(f"{path}: no token in this file")
        return Header(), documents
    if names is not None and ours:
        if len(names) != width:
            reading.problems.append(f"{path}: columns: {width}, but global.columns names {len(names)}")
        if reading.part is not None:
            reading.problems.append(f"{path}: its columns are named for this toolkit; read it without :{reading.part}")
        header = _name_columns(names)
        if not reading.problems:
            reading.problems += [f"{path}: {problem}" for problem in _find_name_problems(names, header)]
        if not reading.problems:
            reading.problems += [f"{path}:{problem}" for problem in _find_cell_problems(header, documents, numbers)]
    else:
        header = _choose_columns(documents, numbers, names if names and len(names) == width else None, path, reading)
    return header, [document for document in documents if document.rows or document.id]


def _cells(line: str, tabs: bool) -> list[str]:
    """The columns of a line; only blanks and tabs part them, so that a token may hold a no-break space."""
    if "\t" in line:
        return line.split("\t")
    return [line] if tabs else [cell for cell in line.split(" ") if cell]


def _is_comment(line: str, tabs: bool, width: int) -> bool:
    """Whether a line that begins with # is none of a token; in a file without tabs, a token has its tag behind it."""
    if tabs:
        return "\t" not in line
    cells = _cells(line, tabs)
    return bool(_COMMENT.fullmatch(line)) or len(cells) != width or not any(map(TAG.fullmatch, cells[1:]))


def layer_of(column: str) -> Layer:
    """The layer of a column of ours, such as `QUOTES2_ITEM`.

    >>> layer_of("QUOTES2_ITEM")
    'quotes'
    """
    for layer in LAYERS:
        if column.startswith(layer.upper()):
            return layer
    raise AnnotateError(f"column {NAMESPACE}{column}: expected one of {', '.join(LAYERS).upper()}")


def _name_columns(names: list[str]) -> Header:
    header = Header(ours=True)
    for i, name in enumerate(names):
        short = name.removeprefix(NAMESPACE)
        if short == "FORM":
            header.token = i
        elif short.endswith("_ITEM"):
            header.items[short.removesuffix("_ITEM")] = i
        elif name.startswith(NAMESPACE):
            header.tags[short] = i
    return header


def _find_name_problems(names: list[str], header: Header) -> Iterator[str]:
    """What is wrong with the names of columns of ours."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield appears_twice(f"global.columns: {name}")
    if "FORM" not in names:
        yield "global.columns has no FORM, the tokens"
    for short in [*header.tags, *header.items]:
        if not _NAME.fullmatch(short):
            known = ", ".join(NAMESPACE + layer.upper() for layer in LAYERS)
            yield f"global.columns: {NAMESPACE}{short}; expected {known}, or one of them with a number"
        elif short not in header.tags:
            yield f"global.columns has {NAMESPACE}{short}_ITEM without {NAMESPACE}{short}"
        elif (first := layer_of(short).upper()) not in header.tags:
            yield f"global.columns has {NAMESPACE}{short} without {NAMESPACE}{first}"
        elif short not in header.items and layer_of(short) != "entities":
            yield f"global.columns has {NAMESPACE}{short} without {NAMESPACE}{short}_ITEM, which numbers its items"


def _find_cell_problems(header: Header, documents: list[Document], numbers: list[int]) -> Iterator[str]:
    """For each column of ours the first cell that says nothing, with its line; `_` is a layer without annotation."""
    for name, column in header.tags.items():
        line = iter(numbers)
        cells = (
            (next(line), row[column], row[header.items[name]] if name in header.items else None, annotated)
            for document in documents
            for rows in [document.rows]
            for annotated in [any(row[column] != "_" for row in rows)]
            for row in rows
        )
        for number, tag, item, annotated in cells:
            if annotated and not _OUR_TAG.fullmatch(tag):
                expected = "expected O, B-LABEL or I-LABEL, or _ in the whole article"
                yield f"{number}: {NAMESPACE}{name} is {shorten(tag)!r}; {expected}"
                break
            if item is not None and not (item == "_" if tag in ("O", "_") else _ITEMS.fullmatch(item)):
                expected = "_" if tag in ("O", "_") else "the number of its item"
                yield f"{number}: {NAMESPACE}{name}_ITEM is {shorten(item)!r} beside {tag}; expected {expected}"
                break


def _choose_columns(
    documents: list[Document], numbers: list[int], names: list[str] | None, path: Path, reading: Reading
) -> Header:
    """Which column of another tool's file holds the tokens and which the tags; the tags become those of BIO.

    Tokens are in the column that the names say, or the first one behind the numbers. Tags are in the column that
    `reading.part` names, or the one that is named as predictions, or the last one that looks like tags; but where its
    labels are none of the schema's (phrases) and another column's are, in that one.
    """
    rows = [row for document in documents for row in document.rows]
    width = len(rows[0])
    columns = [read_tags([row[i] for row in rows]) for i in range(width)]
    first = rows[0]
    if len(rows) > 1 and any(wrong == [0] and _TAG_NAME.search(first[i]) for i, (_, wrong) in enumerate(columns)):
        reading.report.add_note("names of columns in a first line", f"{path}:{numbers[0]}: {' '.join(first)}")
        next(sentence for document in documents for sentence in document.sentences if sentence).pop(0)
        names, rows = names or first, rows[1:]
        columns = [read_tags([row[i] for row in rows]) for i in range(width)]
    spelled = [name.lower() for name in names or ()]
    token = next((spelled.index(name) for name in _TOKEN_NAMES if name in spelled), None)
    numbered = width > 2 and all(_NUMBER.fullmatch(row[0]) for row in rows)
    if token is None:
        token = int(numbered or (width == 2 and not columns[0][1] and bool(columns[1][1])))
    header = Header(token=token)
    tagged = [i for i, (_, wrong) in enumerate(columns) if i != token and not wrong]
    chosen = _find_part(reading.part, spelled, tagged, path, reading) if reading.part else None
    if reading.problems:
        return header
    if not tagged:
        reading.problems.append(_explain_tags(columns, rows, numbers, token, path))
        return header
    known = {*reading.schema.entity_labels, *(part.name for part in reading.schema.parts)}
    labels = {i: {tag.partition("-")[2] for tag in columns[i][0]} - {""} for i in tagged}
    predicted = [i for i in tagged if names and _PREDICTED.search(names[i])]
    if chosen is None and len(predicted) == 1:
        chosen = predicted[0]
    elif chosen is None:
        chosen = tagged[-1]
        if labels[chosen] and not labels[chosen] & known:
            chosen = next((i for i in reversed(tagged) if labels[i] & known), chosen)
    called = {i: f"column {i + 1}" + (f" ({names[i]})" if names else "") for i in tagged}
    if len(tagged) > 1:
        reading.report.add_note(f"tags are those of {called[chosen]} of {width}", str(path))
    for i in tagged:
        n = sum(tag != "O" for tag in columns[i][0])
        reason = f"tags in {called[i]}, which was not read; --from conll:{i + 1} reads it"
        if i != chosen and labels[i] & known and not reading.part:
            reading.report.add_loss(reason, str(path), n)
        elif i != chosen and n:
            reading.report.add_note(reason, str(path), n)
    header.tags["ENTITIES"] = chosen
    for row, tag in zip(rows, columns[chosen][0], strict=True):
        row[chosen] = tag
    if numbered:
        _leave_out_words_of_several_tokens(documents, reading)
    return header


def _find_part(part: str, names: list[str], tagged: list[int], path: Path, reading: Reading) -> int | None:
    """The column of tags that was asked for, by number from 1 or by name."""
    i = int(part) - 1 if part.isascii() and part.isdigit() else -1
    if part.lower() in names:
        i = names.index(part.lower())
    if i in tagged:
        return i
    there = ", ".join(f"{i + 1}" + (f" ({names[i]})" if names else "") for i in tagged) or "none"
    reading.problems.append(f"{path}: column {part} is none of tags; those of tags are {there}")
    return None


def _explain_tags(
    columns: list[tuple[list[str], list[int]]], rows: list[list[str]], numbers: list[int], token: int, path: Path
) -> str:
    """Why no column is one of tags: the first line that spoils the best of them."""
    expected = "expected tags such as O, B-PERSON, I-PERSON"
    if len(columns) == 1:
        for mark, name in ((",", "commas"), (";", "semicolons"), ("|", "bars")):
            if all(mark in row[0] for row in rows):
                return f"{path}: no column of tags: its columns are parted by {name}; write tabs instead"
        return f"{path}: no column of tags: it has one column; {expected} behind each token"
    for i in reversed(range(len(columns))):
        if all(_BRACKETS.fullmatch(row[i]) for row in rows):
            shown = next((row[i] for row in rows if row[i] != "*"), "*")
            brackets = f"column {i + 1} has brackets such as {shorten(shown)!r}, as in CoNLL-2012"
            return f"{path}: no column of tags: {brackets}; {expected}"
    i = min((i for i in range(len(columns)) if i != token), key=lambda i: (len(columns[i][1]), -i))
    wrong = columns[i][1]
    numbers = numbers[-len(rows) :]
    more = f" (more such lines: {len(wrong) - 1})" if len(wrong) > 1 else ""
    cell = rows[wrong[0]][i]
    if {row[i] for row in rows} <= {"0", "1"}:
        return f"{path}: no column of tags: column {i + 1} has only 0 and 1, which name no label; {expected}"
    reason = "is none"
    if cell in ("B", "I", "E", "L", "S", "U"):
        reason = "is a tag without a label"
    elif cell == "0":
        reason = "is the digit zero; the tag of a token outside is the letter O"
    return f"{path}:{numbers[wrong[0]]}: no column of tags: {cell!r} in column {i + 1} {reason}; {expected}{more}"


def _leave_out_words_of_several_tokens(documents: list[Document], reading: Reading) -> None:
    """Leave out the lines of CoNLL-U that hold no token of their own (`1-2 don't`, `8.1 _`)."""
    for document in documents:
        for sentence in document.sentences:
            kept = [row for row in sentence if row[0].isdigit()]
            if len(kept) < len(sentence):
                example = next(" ".join(row[:2]) for row in sentence if not row[0].isdigit())
                left = len(sentence) - len(kept)
                reading.report.add_note("lines of CoNLL-U without a token of their own", example, left)
                sentence[:] = kept
