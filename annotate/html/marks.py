"""Records to marks: the flat list of spans that the page shell draws over a text."""

from __future__ import annotations

from typing import Any

from annotate.items import links_of, name_of
from annotate.records import Claim, Entity, Item, LayeredRecord, Layers, Quote, Span


def to_marks(layers: LayeredRecord | Layers) -> list[dict[str, Any]]:
    """The spans of a record as marks, in the order of its layers.

    A mark is `{"start", "end", "kind", "label", "title"?}` with offsets in code points, half-open; `title` is shown
    on hovering, default the label. `kind` is entity, quote (one mark a fragment), speaker, cue, claim, claimer or
    ignore. Every mark but that of an ignored region has `item`: the layer of its item, and the item's index there. The
    parts of one quote or claim share `group` (such as `q2`) and `number`, by which they are shown to belong together.
    A page may add `state` (a word such as `missing` or `added`, drawn as an outline and in the tag) and its own keys.

    >>> [mark] = to_marks(Layers(entities=[Entity(0, 5, "PERSON", score=0.9)]))
    >>> mark["label"], mark["title"], mark["item"]
    ('PERSON', 'PERSON · score 0.90', ('entities', 0))
    """
    marks: list[dict[str, Any]] = []
    for index, entity in enumerate(layers.entities or ()):
        marks.append(_mark(entity, "entity", entity.label, _describe(entity)) | {"item": ("entities", index)})
    for index, quote in enumerate(layers.quotes or ()):
        marks.extend(mark | {"item": ("quotes", index)} for mark in _quote_marks(quote, index + 1))
    for index, claim in enumerate(layers.claims or ()):
        marks.extend(mark | {"item": ("claims", index)} for mark in _claim_marks(claim, index + 1))
    for region in [*(getattr(layers, "ignore", None) or ()), *(getattr(layers, "excluded", None) or ())]:
        marks.append(_mark(region, "ignore", "ignored", "not scored"))
    return marks


def _quote_marks(quote: Quote, number: int) -> list[dict[str, Any]]:
    group = {"group": f"q{number}", "number": number}
    title = _describe(quote)
    parts = [_mark(fragment, "quote", quote.type, title) | group for fragment in quote.content]
    if quote.speaker is not None:
        who = f" ({quote.speaker_name})" if quote.speaker_name else ""
        parts.append(_mark(quote.speaker, "speaker", "speaker", f"speaker of quote {number}{who}") | group)
    if quote.cue is not None:
        parts.append(_mark(quote.cue, "cue", "cue", f"cue of quote {number}") | group)
    return parts


def _claim_marks(claim: Claim, number: int) -> list[dict[str, Any]]:
    group = {"group": f"c{number}", "number": number}
    parts = [_mark(claim, "claim", claim.kind, _describe(claim)) | group | {"check_worthy": claim.check_worthy}]
    if claim.claimer is not None:
        parts.append(_mark(claim.claimer, "claimer", "claimer", f"claimer of claim {number}") | group)
    return parts


def _mark(span: Any, kind: str, label: str, title: str) -> dict[str, Any]:
    mark = {"start": span.start, "end": span.end, "kind": kind, "label": label}
    return mark if title == label else mark | {"title": title}


def _describe(item: Item) -> str:
    words = [name_of(item)]
    if isinstance(item, Entity) and item.alt_labels:
        words.append(f"also right: {', '.join(item.alt_labels)}")
    if isinstance(item, Claim):
        words.append("check-worthy" if item.check_worthy else "not check-worthy")
        words.append(f"claimer {_text(item.claimer)}" if item.claimer else "in the article's own voice")
    else:
        words.extend(f"{name} {_text(span)}" for name, span in links_of(item).items())
    if item.score is not None:
        words.append(f"score {item.score:.2f}")
    words.extend(word for word in (item.origin, item.preannotator, item.note) if word)
    return " · ".join(words)


def _text(span: Span | None) -> str:
    if span is None:
        return "none"
    return span.text if span.text is not None else f"[{span.start}, {span.end})"
