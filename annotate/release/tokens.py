"""The config `tokens` of a release: words with BIO tags from spans, with an account of what BIO cannot hold.

The rule, `outermost-first`: spans of a layer are taken longest first, then leftmost, each widened to the tokens that
it touches; one that would touch a token already taken is left out. So of nested spans the outer one stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from annotate.artifacts.features import TAG_COLUMNS, list_tags
from annotate.records import GoldRecord, Layer, Span
from annotate.schema import Schema
from annotate.text.bio import TagSpan, to_tags
from annotate.text.tokens import Tokenize, find_touched, make_tokenizer

RULE = "outermost-first"


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


def layer_spans(record: GoldRecord, layer: Layer, schema: Schema) -> list[Labelled] | None:
    """The spans of a layer under the names that its tags use, or None where the layer was not annotated.

    Quotes give their contents, speakers and cues, claims their own range; the links between them are not included.
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
    """One tag per token by the rule `outermost-first`, and what became of the spans.

    >>> to_bio([(0, 3), (4, 8), (9, 12)], [Labelled(0, 8, "ORG"), Labelled(4, 8, "GPE"), Labelled(9, 11, "ORG")])
    (['B-ORG', 'I-ORG', 'B-ORG'], TagReport(spans=3, exact=1, widened=1, dropped=1))
    """
    taken = bytearray(len(tokens))
    kept: list[TagSpan] = []
    report = TagReport()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span)):
        report.spans += 1
        touched = find_touched(tokens, span.start, span.end)
        if not touched or any(taken[touched.start : touched.stop]):
            report.dropped += 1
            continue
        taken[touched.start : touched.stop] = b"\x01" * len(touched)
        kept.append(TagSpan(touched.start, touched.stop, span.label))
        if (tokens[touched[0]][0], tokens[touched[-1]][1]) == (span.start, span.end):
            report.exact += 1
        else:
            report.widened += 1
    return to_tags(kept, len(tokens)), report


class TokenTable:
    """Makes the rows of the config `tokens`, and counts in `reports` what the tags cannot hold."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._numbers = {
            layer: {tag: number for number, tag in enumerate(list_tags(schema, layer))} for layer in schema.layers
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
