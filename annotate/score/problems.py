"""What cannot be scored: each problem as one sentence about one article. Problems are errors, never scores."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from annotate.errors import ScoreError
from annotate.files import sha256_text
from annotate.problems import WRONG_HASH, no_offsets, outside_text
from annotate.records import GoldRecord, LayeredRecord, Layers, iter_spans
from annotate.schema import Schema, find_label_problems
from annotate.spans import HasRange

_LIMIT = 1 << 40  # no text is longer; keeps every offset far inside 64 bits


class Problems:
    """Problems found so far, on both sides; each names its side, article and place."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.unreadable = False
        """Some records could not be read, so that what is missing or too many is not known."""

    def add(self, side: str, article: str, sentences: Iterable[str]) -> None:
        """Add sentences about one article."""
        self.sentences += [f"{side} {article}: {sentence}" for sentence in sentences]

    def add_unreadable(self, side: str, sentences: Sequence[str]) -> None:
        """Add sentences about records that could not be read, each with its place in a file."""
        self.sentences += [f"{side} {sentence}" for sentence in sentences]
        self.unreadable = self.unreadable or bool(sentences)

    def raise_any(self) -> None:
        """Raise what was found so far.

        Raises:
            ScoreError: there is a problem; all are listed.
        """
        if self.sentences:
            raise ScoreError(self.sentences)


def has_only_integers(values: Sequence[Any]) -> bool:
    """Whether all values, at least one, are integers (True and 3.0 are not) of a size that an offset can have."""
    return set(map(type, values)) == {int} and min(values) > -_LIMIT and max(values) < _LIMIT


def find_number_problems(layers: Layers) -> Iterator[str]:
    """One sentence for each offset that is not an integer, or is absurdly large."""
    for place, span in iter_spans(layers):
        if not has_only_integers([span.start, span.end]):
            yield no_offsets(place, span.start, span.end)


def find_gold_problems(record: GoldRecord, text: str, schema: Schema) -> list[str]:
    """What is wrong with a gold record apart from its spans and entities: hash, layers, types, regions, sentences."""
    found = []
    if record.text_sha256 is not None and record.text_sha256 != sha256_text(text):
        found.append(WRONG_HASH)
    layers = Layers(quotes=record.quotes, claims=record.claims)
    if not schema.entities:  # else labels are looked up in the columns of all records
        layers.entities = record.entities
    if layers.entities or layers.quotes or layers.claims:
        found += find_label_problems(layers, schema)
    marked: dict[str, Sequence[HasRange] | None] = {
        "ignore": record.ignore,
        "excluded": record.excluded,
        "sentences": record.sentences,
    }
    for name, regions in marked.items():
        for i, region in enumerate(regions or ()):
            found += _find_range_problems(f"{name}[{i}]", region, len(text))
    if record.sentences and not found:
        for left, right in pairwise(sorted(record.sentences, key=lambda sentence: sentence.start)):
            if right.start < left.end:
                found.append(f"sentences [{left.start}, {left.end}) and [{right.start}, {right.end}) overlap")
    return found


def _find_range_problems(place: str, span: HasRange, length: int) -> Iterator[str]:
    if not has_only_integers([span.start, span.end]):
        yield no_offsets(place, span.start, span.end)
    elif not 0 <= span.start < span.end <= length:
        yield outside_text(place, span.start, span.end, length)


def explain_text_difference(record: LayeredRecord, gold_text: str) -> str | None:
    """Why the record's text is not gold's, or None where it is, or where the record has none.

    >>> from annotate.records import Prediction
    >>> print(explain_text_difference(Prediction(id="a", text="One\\r\\ntwo"), "One\\ntwo"))
    its text differs from gold's at offset 3: '\\r\\ntwo' against '\\ntwo'; they differ in line ends (CRLF or LF). \
Predict on gold's text as it is
    """
    text = record.text
    if text is None:
        if record.text_sha256 is not None and record.text_sha256 != sha256_text(gold_text):
            return "its text_sha256 is not that of gold's text; predict on gold's text as it is"
        return None
    if text == gold_text:
        if record.text_sha256 is not None and record.text_sha256 != sha256_text(gold_text):
            return WRONG_HASH
        return None
    offset = next(
        (i for i, (a, b) in enumerate(zip(text, gold_text, strict=False)) if a != b), min(len(text), len(gold_text))
    )
    place = f"{text[offset : offset + 20]!r} against {gold_text[offset : offset + 20]!r}"
    if text.replace("\r\n", "\n") == gold_text.replace("\r\n", "\n"):
        hint = "they differ in line ends (CRLF or LF)"
    elif unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", gold_text):
        hint = "they differ in Unicode normalisation (NFC or NFD)"
    elif text.strip() == gold_text.strip():
        hint = "they differ in white space at the edges"
    else:
        hint = "it may have been edited"
    return f"its text differs from gold's at offset {offset}: {place}; {hint}. Predict on gold's text as it is"
