"""The quotes of one window: which content belongs to which cue, and which speaker to which quote.

The network's pointers and the distance in the text are added up: the pointers find who speaks, the distance shows that
reporting words are next to what they report.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from annotate.preannotate.news.network import ROLE_TAGS, Floats, Reading, find_spans
from annotate.preannotate.news.passage import Ints, Passage, Range
from annotate.records import QuoteType, Span
from annotate.text.quotation import quote_type

#: The least probability of a speaker that is taken where a reported quote would else have none.
POSSIBLE = 0.05


@dataclass
class FoundQuote:
    """A quote in code points, content in order; `odds` are the features of its confidence."""

    type: QuoteType
    content: list[Range]
    cue: Range | None
    speaker: Range | None
    odds: tuple[float, ...]


@dataclass(frozen=True)
class Piece:
    """A run of words `[first, last)` of one role: content, speaker or cue; `odds` from the network."""

    first: int
    last: int
    role: str
    odds: tuple[float, ...]


@dataclass(frozen=True)
class Linked:
    """A quote made of pieces; `margin` is how much better the chosen link was than the next, at most 4."""

    content: list[Piece]
    cue: Piece | None
    speaker: Piece | None
    margin: float


@dataclass(frozen=True)
class Weights:
    """What each sign of a link is worth; chosen on PolNeAR's development part."""

    pointer: float
    between: float
    gap: float
    sentence: float
    paragraph: float
    alone: float


CONTENT = Weights(pointer=0.7, between=1.5, gap=1.0, sentence=0.5, paragraph=4.0, alone=1.0)
SPEAKER = Weights(pointer=0.4, between=2.0, gap=0.5, sentence=0.3, paragraph=1.0, alone=2.0)


@dataclass(frozen=True)
class Place:
    """The paragraph and the sentence of each word of a window."""

    paragraphs: Ints
    sentences: Ints


def link_pieces(
    pieces: Sequence[Piece], anchors: Floats, speakers: Floats, place: Place, *, maybe: Sequence[Piece] = ()
) -> list[Linked]:
    """The quotes that the pieces of a window make, in order of their anchors.

    Args:
        pieces: in order of their place.
        anchors, speakers: log-probabilities, (words, words), that the row's word points to the column's.
        place: where the words are.
        maybe: pieces that may be speakers, for quotes that have a cue but no speaker among the pieces.
    """
    contents = [piece for piece in pieces if piece.role == "content"]
    cues = [piece for piece in pieces if piece.role == "cue"]
    voices = [piece for piece in pieces if piece.role == "speaker"]
    rivals = sorted(piece.first for piece in (*cues, *contents))
    rival_voices = [voice.first for voice in voices]
    anchored: list[tuple[Piece, float, Piece]] = []
    for at, content in enumerate(contents):
        options = [(_score(CONTENT, content, cue, _mean(anchors, content, cue), rivals, place), cue) for cue in cues]
        # Without a cue of its own it is a quote alone, or goes on with earlier content that does.
        options.append((CONTENT.pointer * _mean(anchors, content, content) - CONTENT.alone, content))
        for earlier in contents[:at]:
            link = CONTENT.pointer * _mean(anchors, content, earlier) - CONTENT.alone - 2
            options.append((link - CONTENT.gap * float(np.log1p(_gap(earlier, content))), earlier))
        options.sort(key=lambda option: -option[0])
        margin = options[0][0] - options[1][0] if len(options) > 1 else 4.0
        anchored.append((options[0][1], min(margin, 4.0), content))
    anchored.sort(key=lambda entry: (entry[0].first, entry[2].first))
    linked = []
    for anchor, members in groupby(anchored, key=lambda entry: entry[0]):
        group = list(members)
        row = anchor.first
        best, voice = SPEAKER.pointer * float(speakers[row, row]) - SPEAKER.alone, None
        for option in voices:
            score = _score(SPEAKER, anchor, option, float(speakers[row, option.first]), rival_voices, place)
            if score > best:
                best, voice = score, option
        cue = anchor if anchor.role == "cue" else None
        if voice is None and cue is not None:
            near = [
                one for one in maybe if place.paragraphs[one.first] == place.paragraphs[row] and _gap(cue, one) < 12
            ]
            voice = min(near, key=lambda one: _gap(cue, one), default=None)
        linked.append(Linked([content for _, _, content in group], cue, voice, min(entry[1] for entry in group)))
    return linked


def _score(weights: Weights, here: Piece, there: Piece, pointer: float, rivals: Sequence[int], place: Place) -> float:
    """How good the link between two pieces is; `rivals` are the starts of the pieces that compete, in order."""
    left, right = min(here.last, there.last), max(here.first, there.first)
    between = max(bisect_left(rivals, right) - bisect_left(rivals, left), 0)
    paragraphs = abs(int(place.paragraphs[here.first]) - int(place.paragraphs[there.first]))
    # From the end of the piece that comes first: content may itself be of several sentences.
    sentences = int(place.sentences[right]) - int(place.sentences[left - 1])
    gap = float(np.log1p(_gap(here, there)))
    return (
        weights.pointer * pointer
        - weights.between * between
        - weights.gap * gap
        - weights.sentence * min(max(sentences, 0), 3)
        - weights.paragraph * paragraphs
    )


def _mean(scores: Floats, source: Piece, target: Piece) -> float:
    return float(scores[source.first : source.last, target.first].mean())


def _gap(one: Piece, other: Piece) -> int:
    """The number of words between two pieces."""
    return max(other.first - one.last, one.first - other.last, 0)


def add_quotes(found: list[FoundQuote], passage: Passage, reading: Reading) -> None:
    """Appends the quotes of one window to those `found` before it, in order of their first content."""
    quotes = sorted(_quotes_of(passage, reading), key=lambda quote: quote.content[0])
    if found and quotes and _goes_on(passage, found[-1], quotes[0], reading.start):
        # A paragraph longer than a window was cut inside this quote.
        whole, rest = found[-1], quotes.pop(0)
        whole.content[-1] = (whole.content[-1][0], rest.content[0][1])
        whole.content += rest.content[1:]
        whole.cue, whole.speaker = whole.cue or rest.cue, whole.speaker or rest.speaker
        whole.type = quote_type(passage.text, [Span(*part) for part in whole.content])
    found += quotes


def _goes_on(passage: Passage, before: FoundQuote, after: FoundQuote, border: int) -> bool:
    """Whether two quotes meet at the word that begins a window, within one paragraph, and one of them has no cue."""
    if not border or passage.paragraphs[border] != passage.paragraphs[border - 1] or (before.cue and after.cue):
        return False
    meeting = (before.content[-1][1], after.content[0][0])
    return meeting == (passage.spans[border - 1, 1], passage.spans[border, 0])


def _quotes_of(passage: Passage, reading: Reading) -> list[FoundQuote]:
    pieces = [Piece(*span) for span in find_spans(reading.roles, reading.role_odds, ROLE_TAGS)]
    words = slice(reading.start, reading.stop)
    place = Place(passage.paragraphs[words], passage.sentences[words])
    maybe = _possible_speakers(reading)

    def range_of(piece: Piece) -> Range:
        return passage.range_of(piece.first + reading.start, piece.last + reading.start)

    quotes = []
    for link in link_pieces(pieces, reading.anchors, reading.speakers, place, maybe=maybe):
        odds = [piece.odds for piece in link.content]
        content = [range_of(piece) for piece in link.content]
        quotes.append(
            FoundQuote(
                quote_type(passage.text, [Span(*part) for part in content]),
                content,
                range_of(link.cue) if link.cue else None,
                range_of(link.speaker) if link.speaker else None,
                (odds[0][0], min(part[1] for part in odds), odds[-1][2], link.margin, float(link.cue is not None)),
            )
        )
    return quotes


def find_speakers(passage: Passage, reading: Reading) -> list[Range]:
    """Where somebody speaks in a window, in order of the text, whether or not a quote was found."""
    pieces = [Piece(*span) for span in find_spans(reading.roles, reading.role_odds, ROLE_TAGS)]
    speaking = [piece for piece in pieces if piece.role == "speaker"]
    return sorted(
        passage.range_of(piece.first + reading.start, piece.last + reading.start)
        for piece in (*speaking, *_possible_speakers(reading))
    )


def _possible_speakers(reading: Reading) -> list[Piece]:
    """Runs of words outside every role to which the network gives some probability of being a speaker."""
    place = ROLE_TAGS.index("B-speaker")
    odds = reading.role_odds[:, place : place + 2].sum(axis=1)
    likely = (odds >= POSSIBLE) & (reading.roles == 0)
    borders = np.flatnonzero(np.diff(np.concatenate([[0], likely.view(np.int8), [0]])))
    return [
        Piece(int(first), int(last), "speaker", (float(odds[first:last].mean()),))
        for first, last in zip(borders[::2], borders[1::2], strict=True)
    ]
