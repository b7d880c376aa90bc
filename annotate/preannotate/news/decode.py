"""From the network's readings to names and quotes in code points, each with what its score is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from annotate.preannotate.news.chain import Floats, Ints
from annotate.preannotate.news.layout import ENTITY_TAGS, ROLE_TAGS
from annotate.preannotate.news.linking import Piece, Place, link_pieces
from annotate.preannotate.news.network import Reading
from annotate.preannotate.news.windows import Passage
from annotate.text.bio import from_tags

Range = tuple[int, int]

#: The least probability of a speaker that is taken where a reported quote would else have none.
POSSIBLE = 0.05


@dataclass
class FoundName:
    """A name over the words `[first, last)`; `odds` are the features of its confidence."""

    first: int
    last: int
    label: str
    odds: tuple[float, ...]


@dataclass
class FoundQuote:
    """A quote over ranges of words, content in order; `odds` are the features of its confidence."""

    content: list[Range]
    cue: Range | None = None
    speaker: Range | None = None
    odds: tuple[float, ...] = ()


def find_names(reading: Reading) -> list[FoundName]:
    """The names of one window in order of their place."""
    return [
        FoundName(reading.start + first, reading.start + last, label, odds)
        for first, last, label, odds in _spans(reading.entities, reading.entity_odds, ENTITY_TAGS)
    ]


def add_quotes(found: list[FoundQuote], passage: Passage, reading: Reading) -> None:
    """Appends the quotes of one window to those `found` before it, in order of their first content."""
    quotes = sorted(_quotes_of(passage, reading), key=lambda quote: quote.content[0])
    if found and quotes and _goes_on(passage, found[-1], quotes[0], reading.start):
        # A paragraph longer than a window was cut inside this quote.
        whole, rest = found[-1], quotes.pop(0)
        whole.content[-1] = (whole.content[-1][0], rest.content[0][1])
        whole.content += rest.content[1:]
        whole.cue, whole.speaker = whole.cue or rest.cue, whole.speaker or rest.speaker
    found += quotes


def _goes_on(passage: Passage, before: FoundQuote, after: FoundQuote, border: int) -> bool:
    meets = before.content[-1][1] == border == after.content[0][0]
    same = bool(passage.paragraphs[border] == passage.paragraphs[border - 1]) if border else False
    return meets and same and not (before.cue and after.cue)


def _spans(tags: Ints, odds: Floats, names: tuple[str, ...]) -> Iterator[tuple[int, int, str, tuple[float, ...]]]:
    """The spans of a BIO sequence, with log-odds of their start, inside and end."""
    spans, _ = from_tags([names[tag] for tag in tags])
    for first, last, label in spans:
        inside = names.index(f"I-{label}")
        middle = odds[first + 1 : last, inside]
        stop = 1.0 - float(odds[last, inside]) if last < len(tags) else 1.0
        values = (float(odds[first, tags[first]]), float(middle.min()) if len(middle) else 1.0, stop)
        yield first, last, label, tuple(float(np.log(max(value, 1e-6))) for value in values)


def _quotes_of(passage: Passage, reading: Reading) -> list[FoundQuote]:
    pieces = [Piece(*span) for span in _spans(reading.roles, reading.role_odds, ROLE_TAGS)]
    words = slice(reading.start, reading.stop)
    place = Place(passage.paragraphs[words], passage.sentences[words])
    maybe = _possible_speakers(reading)
    linked = link_pieces(pieces, reading.anchors, reading.speakers, place, maybe=maybe)

    def shifted(piece: Piece | None) -> Range | None:
        return (piece.first + reading.start, piece.last + reading.start) if piece else None

    quotes = []
    for link in linked:
        odds = [piece.odds for piece in link.content]
        quotes.append(
            FoundQuote(
                [(piece.first + reading.start, piece.last + reading.start) for piece in link.content],
                shifted(link.cue),
                shifted(link.speaker),
                (odds[0][0], min(part[1] for part in odds), odds[-1][2], link.margin, float(link.cue is not None)),
            )
        )
    return quotes


def _possible_speakers(reading: Reading) -> list[Piece]:
    """Runs of words outside every role that the network holds for a speaker with some probability."""
    place = ROLE_TAGS.index("B-speaker")
    odds = reading.role_odds[:, place : place + 2].sum(axis=1)
    likely = (odds >= POSSIBLE) & (reading.roles == 0)
    borders = np.flatnonzero(np.diff(np.concatenate([[0], likely.view(np.int8), [0]])))
    return [
        Piece(int(first), int(last), "speaker", (float(odds[first:last].mean()),))
        for first, last in zip(borders[::2], borders[1::2], strict=True)
    ]


def to_offsets(passage: Passage, words: Range) -> Range:
    """The code points that a range of words covers."""
    first, last = words
    return int(passage.spans[first, 0]), int(passage.spans[last - 1, 1])
