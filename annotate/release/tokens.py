"""Word tokens with BIO tags from spans, and spans back from them, with an account of what BIO cannot hold.

The rule, `outermost-first`: spans of a layer are taken longest first, then leftmost, each widened to the tokens that
it touches; one that would touch a token already taken is left out. So of nested spans the outer one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import msgspec

from annotate.artifacts.features import TAG_COLUMNS, to_tags
from annotate.records import GoldRecord, Layer, Span
from annotate.schema import Schema

RULE = "outermost-first"

Tokenize: TypeAlias = Callable[[str], list[tuple[int, int]]]


class Labelled(NamedTuple):
    """A span with the name that its tags carry; offsets in code points, half-open."""

    start: int
    end: int
    label: str


class TagReport(msgspec.Struct):
    """What became of the spans of one layer as tags: `exact` come back as they were, `widened` with other bounds,
    `dropped` not at all, because an outer span holds their tokens."""

    spans: int = 0
    exact: int = 0
    widened: int = 0
    dropped: int = 0

    def add(self, other: TagReport) -> None:
        """Add the counts of another article."""
        self.spans += other.spans
        self.exact += other.exact
        self.widened += other.widened
        self.dropped += other.dropped


def make_tokenizer(language: str) -> Tokenize:
    """spaCy's rule tokenizer of a language, as a function from text to the ranges of its words, white space left out.

    >>> make_tokenizer("en")("U.S. troops left.")
    [(0, 4), (5, 11), (12, 16), (16, 17)]
    """
    import spacy
    from spacy.attrs import IDX, IS_SPACE, LENGTH

    tokenizer = spacy.blank(language).tokenizer

    def tokenize(text: str) -> list[tuple[int, int]]:
        # one array instead of a Python object a token: four times as fast
        found = tokenizer(text).to_array([IDX, LENGTH, IS_SPACE]).tolist()
        return [(start, start + length) for start, length, space in found if not space]

    return tokenize


def layer_spans(record: GoldRecord, layer: Layer, schema: Schema) -> list[Labelled] | None:
    """The spans of a layer under the names that its tags use, or None where the layer was not annotated.

    Quotes give their contents, speakers and cues, claims their own range; what ties them together is not among it.
    """
    if layer == "entities":
        return None if record.entities is None else [Labelled(e.start, e.end, e.label) for e in record.entities]
    if layer == "quotes":
        return None if record.quotes is None else sorted(set(_quote_spans(record, schema)))
    claim = schema.part("claim").name
    return None if record.claims is None else [Labelled(c.start, c.end, claim) for c in record.claims]


def _quote_spans(record: GoldRecord, schema: Schema) -> Iterator[Labelled]:
    content, speaker, cue = (schema.part(role).name for role in ("content", "speaker", "cue"))

    def named(span: Span | None, name: str) -> Iterator[Labelled]:
        if span is not None:
            yield Labelled(span.start, span.end, name)

    for quote in record.quotes or ():
        for fragment in quote.content:
            yield from named(fragment, content)
        yield from named(quote.speaker, speaker)
        yield from named(quote.cue, cue)


def to_bio(tokens: Sequence[tuple[int, int]], spans: Iterable[Labelled]) -> tuple[list[str], TagReport]:
    """One tag a token by the rule `outermost-first`, and what became of the spans.

    >>> to_bio([(0, 3), (4, 8), (9, 12)], [Labelled(0, 8, "ORG"), Labelled(4, 8, "GPE"), Labelled(9, 11, "ORG")])
    (['B-ORG', 'I-ORG', 'B-ORG'], TagReport(spans=3, exact=1, widened=1, dropped=1))
    """
    tags = ["O"] * len(tokens)
    report = TagReport()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span)):
        report.spans += 1
        first, last = _touched(tokens, span)
        if first > last or any(tag != "O" for tag in tags[first : last + 1]):
            report.dropped += 1
            continue
        tags[first : last + 1] = [f"B-{span.label}", *[f"I-{span.label}"] * (last - first)]
        if (tokens[first][0], tokens[last][1]) == (span.start, span.end):
            report.exact += 1
        else:
            report.widened += 1
    return tags, report


def _touched(tokens: Sequence[tuple[int, int]], span: Labelled) -> tuple[int, int]:
    """The first and last token that share a code point with the span; first > last where there is none."""
    low, high = 0, len(tokens)
    while low < high:
        middle = (low + high) // 2
        if tokens[middle][1] <= span.start:
            low = middle + 1
        else:
            high = middle
    last = low - 1
    while last + 1 < len(tokens) and tokens[last + 1][0] < span.end:
        last += 1
    return low, last


def from_bio(tokens: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Labelled]:
    """The spans that the tags spell, from the first token's start to the last one's end.

    An I- after O or after another label begins a span, as conlleval reads it (Tjong Kim Sang & De Meulder 2003).

    >>> from_bio([(0, 3), (4, 8), (9, 12)], ["B-ORG", "I-ORG", "I-GPE"])
    [Labelled(start=0, end=8, label='ORG'), Labelled(start=9, end=12, label='GPE')]
    """
    spans: list[Labelled] = []
    open_label: str | None = None
    for (start, end), tag in zip(tokens, tags, strict=True):
        prefix, _, label = tag.partition("-")
        if prefix == "I" and label == open_label:
            spans[-1] = spans[-1]._replace(end=end)
        elif prefix in ("B", "I"):
            spans.append(Labelled(start, end, label))
        open_label = label or None
    return spans


class TokenTable:
    """Makes the rows of the config `tokens`, and keeps account in `reports` of what the tags cannot hold."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._numbers = {
            layer: {tag: number for number, tag in enumerate(to_tags(schema, layer))} for layer in schema.layers
        }
        self.reports = {layer: TagReport() for layer in schema.layers}

    @cached_property
    def _tokenize(self) -> Tokenize:
        return make_tokenizer(self._schema.language)

    def to_row(self, record: GoldRecord) -> dict[str, Any]:
        """The row of one article; the tags of a layer that was not annotated are null."""
        text = record.text or ""
        tokens = self._tokenize(text)
        row: dict[str, Any] = {
            "id": record.id,
            "tokens": [text[start:end] for start, end in tokens],
            "starts": [start for start, _ in tokens],
            "ends": [end for _, end in tokens],
        }
        for layer, numbers in self._numbers.items():
            spans = layer_spans(record, layer, self._schema)
            if spans is not None:
                tags, report = to_bio(tokens, spans)
                self.reports[layer].add(report)
                row[TAG_COLUMNS[layer]] = [numbers[tag] for tag in tags]
        return row
