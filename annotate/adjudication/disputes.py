"""A disputed article's disputes, numbered as the review page shows them, with what was proposed for each. Pure."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any, NamedTuple

from annotate.adjudication.adjudicate import Dispute, DisputedArticle
from annotate.agreement.positions import item_values
from annotate.items import choose_item, extent_of, links_of, ranges_of, spans_of, write_attributes
from annotate.printing import escape, shorten
from annotate.records import LAYERS, Item, Layer, Span
from annotate.text.text_index import TextIndex

CONTEXT = 40
WORDS = 120

_NOUN: dict[Layer, str] = {"entities": "entity", "quotes": "quote", "claims": "claim"}


class NumberedCandidate(NamedTuple):
    """One version of a disputed item, and all who proposed it. `tag` names it on the page, such as `12a`."""

    tag: str
    item: Item
    annotators: list[str]


class NumberedDispute(NamedTuple):
    """A dispute with its number in the article, from 1 in the order of the text, and its candidates."""

    number: int
    dispute: Dispute
    candidates: list[NumberedCandidate]

    @property
    def silent(self) -> list[str]:
        """Who annotated the layer and marked nothing here."""
        return [name for name in self.dispute.annotators if name not in self.dispute.position.items]


def number_disputes(article: DisputedArticle) -> list[NumberedDispute]:
    """The disputes of the article in the order of the text; equal versions are one candidate.

    The same annotations give the same numbers and tags.
    """
    index = TextIndex(article.agreed.text or "")
    ordered = sorted(article.disputes, key=_place)
    return [
        NumberedDispute(number, dispute, _propose(number, dispute, index)) for number, dispute in enumerate(ordered, 1)
    ]


def _place(dispute: Dispute) -> tuple[Any, ...]:
    position = dispute.position
    return position.start, -position.end, LAYERS.index(position.layer), repr(position.values)


def _propose(number: int, dispute: Dispute, index: TextIndex) -> list[NumberedCandidate]:
    versions: dict[Any, list[str]] = {}
    for name, item in dispute.position.items.items():
        versions.setdefault(tuple(item_values(item, index).values()), []).append(name)
    # the widest first: the page draws a region inside those that come before it
    found = [(choose_item(dispute.position.items[name] for name in names), names) for names in versions.values()]
    found.sort(key=lambda entry: (extent_of(entry[0])[0], -extent_of(entry[0])[1], entry[1]))
    return [NumberedCandidate(f"{number}{_letter(place)}", item, names) for place, (item, names) in enumerate(found)]


def _letter(place: int) -> str:
    letters = string.ascii_lowercase
    return letters[place % len(letters)] * (place // len(letters) + 1)


def describe_dispute(found: NumberedDispute, text: str) -> str:
    """The dispute in one line: its number, its kind, and its words in brackets among those around them.

    >>> from annotate.adjudication.adjudicate import adjudicate_annotations
    >>> from annotate.records import Annotation, Entity
    >>> by = {"ann": Entity(3, 8, "GPE"), "ben": Entity(3, 8, "EVENT")}
    >>> made = [Annotation(id="a", text="To Mecca.", annotator=who, entities=[item]) for who, item in by.items()]
    >>> [article] = adjudicate_annotations(made).disputed
    >>> [dispute] = number_disputes(article)
    >>> describe_dispute(dispute, "To Mecca.")
    '1. entity: To [Mecca].'
    >>> [describe_candidate(candidate, dispute, "To Mecca.") for candidate in dispute.candidates]
    ['1a: GPE (ann)', '1b: EVENT (ben)']
    """
    position = found.dispute.position
    start, end = max(position.start - CONTEXT, 0), min(position.end + CONTEXT, len(text))
    before, after = text[start : position.start], text[position.end : end]
    # whole words, and no other paragraph
    before = ("… " + before.partition(" ")[2] if start else before).rpartition("\n")[2]
    after = (after.rpartition(" ")[0] + " …" if end < len(text) else after).partition("\n")[0]
    words = shorten(_line(text[position.start : position.end]), WORDS)
    return f"{found.number}. {_NOUN[position.layer]}: {_line(f'{before}[{words}]{after}')}"


def describe_candidate(candidate: NumberedCandidate, found: NumberedDispute, text: str) -> str:
    """The candidate in one line: its tag, what it is, its words if they are not the dispute's, and who made it."""
    item, position = candidate.item, found.dispute.position
    parts = [write_attributes(item)]
    if ranges_of(item) != ((position.start, position.end),):
        parts[0] += f" {_quote(text, spans_of(item))}"
    parts += [f"{name} {_quote(text, [span])}" for name, span in links_of(item).items() if span is not None]
    names = ", ".join(escape(name, line=True) for name in candidate.annotators)
    return f"{candidate.tag}: {', '.join(parts)} ({names})"


def _quote(text: str, spans: Iterable[Span]) -> str:
    words = " … ".join(_line(text[span.start : span.end]) for span in spans)
    return f"[{shorten(words, WORDS)}]"


def describe_reason(found: NumberedDispute) -> str:
    """Why the dispute is one, and who marked nothing there."""
    silent = ", ".join(escape(name, line=True) for name in found.silent)
    return found.dispute.reason + (f"; not marked by {silent}" if silent else "")


def _line(text: str) -> str:
    return escape(" ".join(text.split()), line=True)
