"""From the network's readings to names and quotes in code points, each with what its score is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from annotate.preannotate.news.chain import Floats, Ints
from annotate.preannotate.news.layout import ENTITY_TAGS, ROLE_TAGS
from annotate.preannotate.news.network import Reading
from annotate.preannotate.news.windows import Passage

Range = tuple[int, int]


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


@dataclass
class _Piece:
    first: int
    last: int
    role: str
    odds: tuple[float, ...] = field(default=())


def find_names(reading: Reading) -> list[FoundName]:
    """The names of one window in order of their place."""
    return [
        FoundName(reading.start + first, reading.start + last, label, odds)
        for first, last, label, odds in _spans(reading.entities, reading.entity_odds, ENTITY_TAGS)
    ]


def add_quotes(found: list[FoundQuote], passage: Passage, reading: Reading) -> None:
    """Appends the quotes of one window to those `found` before it, in order of their first content."""
    quotes = sorted(_quotes_of(reading), key=lambda quote: quote.content[0])
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
    count = len(tags)
    at = 0
    while at < count:
        if tags[at] == 0:
            at += 1
            continue
        begin, inside = int(tags[at]), int(tags[at]) + 1
        last = at + 1
        while last < count and tags[last] == inside:
            last += 1
        middle = odds[at + 1 : last, inside]
        stop = 1.0 - float(odds[last, inside]) if last < count else 1.0
        values = (float(odds[at, begin]), float(middle.min()) if len(middle) else 1.0, stop)
        yield at, last, names[begin][2:], tuple(float(np.log(max(value, 1e-6))) for value in values)
        at = last


def _quotes_of(reading: Reading) -> list[FoundQuote]:
    pieces = [_Piece(*span) for span in _spans(reading.roles, reading.role_odds, ROLE_TAGS)]
    contents = [piece for piece in pieces if piece.role == "content"]
    cues = {piece.first: piece for piece in pieces if piece.role == "cue"}
    speakers = {piece.first: piece for piece in pieces if piece.role == "speaker"}
    starts = [*cues, *(piece.first for piece in contents)]
    anchored: list[tuple[int, float, _Piece]] = []
    for piece in contents:
        # A piece of content hangs on a cue, on itself, or on earlier content of a quote without a cue.
        options = [start for start in starts if start in cues or start <= piece.first]
        sums = reading.anchors[piece.first : piece.last, options].mean(axis=0)
        best = int(sums.argmax())
        anchored.append((options[best], float(sums[best]), piece))
    anchored.sort(key=lambda entry: (entry[0], entry[2].first))
    shift = reading.start
    quotes = []
    for anchor, members in groupby(anchored, key=lambda entry: entry[0]):
        group = list(members)
        targets = [anchor, *speakers]
        chosen = targets[int(reading.speakers[anchor, targets].argmax())]
        cue, speaker = cues.get(anchor), speakers.get(chosen)
        parts = [piece.odds for _, _, piece in group]
        odds = (parts[0][0], min(part[1] for part in parts), parts[-1][2], min(score for _, score, _ in group))
        quotes.append(
            FoundQuote(
                [(piece.first + shift, piece.last + shift) for _, _, piece in group],
                (cue.first + shift, cue.last + shift) if cue else None,
                (speaker.first + shift, speaker.last + shift) if speaker else None,
                odds,
            )
        )
    return quotes


def to_offsets(passage: Passage, words: Range) -> Range:
    """The code points that a range of words covers."""
    first, last = words
    return int(passage.spans[first, 0]), int(passage.spans[last - 1, 1])
