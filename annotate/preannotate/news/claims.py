"""Claims after the network: clean edges, kind and worth of the whole claim, and who makes it."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotate.preannotate.news.found_entity import FoundEntity, Taken
from annotate.preannotate.news.kinds import signs_of
from annotate.preannotate.news.linking import POSSIBLE, FoundQuote
from annotate.preannotate.news.network import CLAIM_KINDS, CLAIM_TAGS, ROLE_TAGS, Reading, find_spans
from annotate.preannotate.news.passage import Ints, Passage, Range
from annotate.preannotate.news.statements import Statement, is_own
from annotate.spans import trim_edges
from annotate.text.tokens import LETTERS

_JOINING = re.compile(r"(?:and|but|yet|or)\b,?\s+(?=\S)", re.I)
_MARKS = (("“", "”"), ("(", ")"), ('"', '"'))
_SPEAKING = slice(ROLE_TAGS.index("B-speaker"), ROLE_TAGS.index("B-speaker") + 2)


@dataclass(frozen=True)
class FoundClaim:
    """A claim in code points.

    Attributes:
        kind: as the network sees it, until the signs are weighed.
        signs: what speaks for one kind or another, see `signs_of`.
        odds: the features of its confidence.
        worth: the log-odds of being worth checking, as the network gives them.
        claimer: who makes it; None where the article itself does.
    """

    start: int
    end: int
    kind: str
    signs: tuple[float, ...]
    odds: tuple[float, ...]
    worth: float
    claimer: Range | None


def add_claims(found: list[FoundClaim], passage: Passage, reading: Reading) -> None:
    """Appends the claims of one window, with edges as the network sees them."""
    text = passage.text
    for first, last, _, odds in find_spans(reading.claims, reading.claim_odds, CLAIM_TAGS):
        first, last = _in_one_paragraph(passage.paragraphs[reading.start :], first, last)
        edges = _trim(text, *passage.range_of(reading.start + first, reading.start + last))
        if edges is None:
            continue
        kind = CLAIM_KINDS[int(reading.kinds[first:last].mean(axis=0).argmax())]
        signs = tuple(signs_of(text[slice(*edges)], reading.kinds[first:last]))
        pointed = int(reading.claimers[first:last].mean(axis=0).argmax())
        claimer = None if first <= pointed < last else _grow(passage, reading, pointed, first)
        found.append(FoundClaim(*edges, kind, signs, odds, float(reading.worth[first:last].mean()), claimer))


def _in_one_paragraph(paragraphs: Ints, first: int, last: int) -> Range:
    """Of the words of a claim those in the paragraph that holds most of them: the network may run on into the next."""
    cuts = [first, *(first + 1 + int(at) for at in np.flatnonzero(np.diff(paragraphs[first:last]))), last]
    return max(itertools.pairwise(cuts), key=lambda part: part[1] - part[0])


def _grow(passage: Passage, reading: Reading, at: int, claim: int) -> Range | None:
    """The mention that begins at a word, as far as the network sees a speaker; None where it sees none."""
    speaking = reading.role_odds[:, _SPEAKING].sum(axis=1) >= POSSIBLE
    if not speaking[at]:
        return None
    last = at + 1
    while last < len(speaking) and last != claim and speaking[last] and reading.roles[last] != _SPEAKING.start:
        last += 1
    return passage.range_of(reading.start + at, reading.start + last)


def _trim(text: str, start: int, end: int) -> Range | None:
    """The claim without joining words, and without a mark whose partner is outside; None where no word is left."""
    start, end = trim_edges(text, start, end, "clause")
    if joining := _JOINING.match(text, start, end):
        start = joining.end()
    for left, right in _MARKS:
        inside = text[start:end]
        odd = inside.count(left) % 2 if left == right else inside.count(left) != inside.count(right)
        if odd and inside.startswith(left):
            start += 1
        elif odd and inside.endswith(right):
            end -= 1
    start, end = trim_edges(text, start, end, "clause")
    return (start, end) if LETTERS.search(text, start, end) else None


def finish_claims(
    text: str,
    found: Sequence[FoundClaim],
    quotes: Sequence[FoundQuote],
    entities: Sequence[FoundEntity],
    statements: Sequence[Statement] = (),
) -> list[FoundClaim]:
    """The claims with whole claimers: as far as the speaker of a quote, or the name, that the claimer meets.

    A claim in a quote or a statement is its speaker's, where the network sees no claimer or "I" and "we".
    """
    speakers = sorted({quote.speaker for quote in quotes if quote.speaker})
    names = Taken(list(entities))
    parts = sorted((*part, number) for number, quote in enumerate(quotes) for part in quote.content)
    starts = [part[0] for part in parts]
    stated = [statement.start for statement in statements]
    finished = []
    for claim in found:
        claimer = _whole(claim.claimer, speakers, names) if claim.claimer else None
        if claimer is None or is_own(text, claimer):
            at = bisect_right(starts, claim.start + 1) - 1
            if at >= 0 and parts[at][1] >= claim.end - 1:
                claimer = quotes[parts[at][2]].speaker or claimer
            at = bisect_right(stated, claim.start) - 1
            if at >= 0 and claim.end <= statements[at].end:
                claimer = statements[at].speaker
        if claimer and claimer[0] < claim.end and claim.start < claimer[1]:
            claimer = None
        finished.append(replace(claim, claimer=claimer))
    return finished


def _whole(claimer: Range, speakers: Sequence[Range], names: Taken) -> Range:
    at = bisect_right(speakers, (claimer[1], 0)) - 1
    if at >= 0 and speakers[at][1] > claimer[0]:
        return speakers[at]
    for name in names.overlapping(*claimer):
        claimer = min(claimer[0], name.start), max(claimer[1], name.end)
    return claimer
