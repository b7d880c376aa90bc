"""Quotes after the network: whole marks, the type that the marks give, speakers that stand in the paragraph before."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from annotate.preannotate.news.decode import FoundQuote, Range, to_offsets
from annotate.preannotate.news.reporting import tells_what_was_said
from annotate.preannotate.news.windows import Passage
from annotate.records import QuoteType, Span
from annotate.text.quotation import find_stretches, quote_type

#: Words that a stretch in marks needs to be taken for speech where the network saw none.
LEAST_WORDS = 6

#: "told | the council that | rents fall", "accused | him of | theft": who is spoken to is no part of what is said.
_ADDRESSING = re.compile(
    r"(?:told|tells?|telling|inform(?:s|ed|ing)|remind(?:s|ed|ing)|assur(?:es|ed|ing)|warn(?:s|ed|ing)|advis(?:es|ed|ing)"
    r"|accus(?:es|ed|ing))$",
    re.I,
)
_ADDRESSEE = re.compile(
    r"(?!(?:how|what|why|who|whom|whether|if|that)\b)(?:(?!who\b|which\b)[^\s,.;:“”\"]+\s+){1,6}?that\s+(?=\S)"
    r"|(?:him|her|them|it|us|me|you)\s+of\s+(?=\S)",
    re.I,
)

_BY_RULE = (-0.7, -0.1, -0.1, 0.5, 0.0)


@dataclass
class SpokenQuote:
    """A quote in code points; `odds` are the features of its confidence."""

    type: QuoteType
    content: list[Range]
    cue: Range | None
    speaker: Range | None
    odds: tuple[float, ...]


def finish_quotes(passage: Passage, found: list[FoundQuote]) -> list[SpokenQuote]:
    """The quotes in order, with the direct ones that the network missed."""
    text = passage.text
    stretches = find_stretches(text)
    starts = [start for start, _, _ in stretches]
    quotes = []
    for quote in found:
        cue, speaker = (to_offsets(passage, part) if part else None for part in (quote.cue, quote.speaker))
        for number, parts in enumerate(_by_paragraph(passage, quote.content, stretches, starts)):
            content = [_whole(text, part, stretches, starts) for part in parts]
            content = _flat(text, [_trim(text, part) for part in content if part[0] < part[1]])
            if cue and content and not number:
                content[0] = _without_addressee(text, content[0], cue)
            if not any(letter.isalnum() for start, end in content for letter in text[start:end]):
                continue
            kind = quote_type(text, [Span(*part) for part in content])
            if number:
                quotes.append(SpokenQuote(kind, content, None, None, _BY_RULE))
            else:
                said_by = _without_relative_clause(text, speaker) if speaker else None
                quotes.append(SpokenQuote(kind, content, cue, said_by, quote.odds))
    quotes += _missed(passage, quotes, stretches)
    quotes = [
        quote for quote in quotes if tells_what_was_said(text, quote.type, quote.content, quote.cue, quote.speaker)
    ]
    quotes.sort(key=lambda quote: quote.content[0])
    _fill_speakers(passage, quotes)
    return quotes


def _by_paragraph(
    passage: Passage, content: list[Range], stretches: list[tuple[int, int, bool]], starts: list[int]
) -> list[list[Range]]:
    """The content in code points, as one quote or more: the network may run on into the next paragraph.

    There a quote goes on only in marks: as the same one where the marks before it were left open, or where the
    network saw a new part; else as a quote of its own. What stands outside marks there is dropped.
    """
    groups: list[list[Range]] = []
    for first, last in content:
        cuts = [first, *(first + 1 + int(at) for at in np.flatnonzero(np.diff(passage.paragraphs[first:last]))), last]
        for start, stop in itertools.pairwise(cuts):
            part = to_offsets(passage, (start, stop))
            if not groups:
                groups.append([part])
                continue
            if _paragraph(passage, groups[-1][-1][0]) == _paragraph(passage, part[0]):
                groups[-1].append(part)
                continue
            at = bisect_right(starts, part[0] + 2) - 1
            if at < 0 or abs(stretches[at][0] - part[0]) > 2:
                continue
            before = bisect_right(starts, groups[-1][-1][1] - 1) - 1
            goes_on = before >= 0 and not stretches[before][2] and stretches[before][1] >= groups[-1][-1][1]
            if goes_on or start == first:
                groups[-1].append(part)
            else:
                groups.append([part])
    return groups


def _without_addressee(text: str, content: Range, cue: Range) -> Range:
    start, end = content
    match = _ADDRESSEE.match(text, start, end) if start >= cue[1] and _ADDRESSING.search(text, *cue) else None
    return (match.end(), end) if match and match.end() < end else (start, end)


def _without_relative_clause(text: str, speaker: Range) -> Range:
    """The mention alone: "an official, who asked not to be named," is "an official"."""
    start, end = speaker
    match = re.search(r",?\s+(?:who|whom|whose|which)\b", text[start:end])
    if match and match.start():
        end = start + match.start()
    return start, end


def _flat(text: str, parts: list[Range]) -> list[Range]:
    """The parts in order, those that overlap or have only white space between them made one."""
    kept: list[Range] = []
    for start, end in sorted(parts):
        if kept and not text[kept[-1][1] : start].strip():
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept


def _whole(text: str, part: Range, stretches: list[tuple[int, int, bool]], starts: list[int]) -> Range:
    """The part with the marks of a stretch that it nearly fills, and without closing punctuation outside one."""
    start, end = part
    at = bisect_right(starts, start + 2) - 1
    if at >= 0:
        opened, closed, is_closed = stretches[at]
        if 0 < start - opened <= 2 and end <= closed:
            start = opened
        if is_closed and start >= opened and 0 < closed - end <= 3 and not any(c.isalnum() for c in text[end:closed]):
            end = closed
        if is_closed and start == opened and closed < end and text[closed].isalnum():
            end = closed  # the space behind the mark is missing, and with it the sign that another sentence begins
    quoted = at >= 0 and stretches[at][1] == end
    while start < end and not quoted and text[end - 1] in ",.;: ":
        end -= 1
    return start, end


def _trim(text: str, part: Range) -> Range:
    """Without a leading "that"."""
    start, end = part
    if match := re.match(r"that\s+(?=\S)", text[start : min(end, start + 20)]):
        start += match.end()
    return start, end


def _missed(passage: Passage, quotes: list[SpokenQuote], stretches: list[tuple[int, int, bool]]) -> list[SpokenQuote]:
    """Stretches in marks, long enough for speech, of which no quote has a part."""
    taken = sorted(part for quote in quotes for part in quote.content)
    begins = [start for start, _ in taken]
    spans = passage.spans
    found = []
    for start, end, _ in stretches:
        at = bisect_right(begins, end) - 1
        if at >= 0 and taken[at][1] > start:
            continue
        first, last = (int(place) for place in spans[:, 0].searchsorted((start, end)))
        if int((passage.features[first:last, 0] > 0).sum()) >= LEAST_WORDS:
            found.append(SpokenQuote("direct", [(start, end)], None, None, _BY_RULE))
    return found


def _fill_speakers(passage: Passage, quotes: list[SpokenQuote]) -> None:
    """Direct speech without a speaker goes on with the speaker of the quote before, within two paragraphs."""
    before: SpokenQuote | None = None
    for quote in quotes:
        if quote.speaker is None and quote.type == "direct" and quote.cue is None and before is not None:
            here, there = (_paragraph(passage, part[0]) for part in (quote.content[0], before.content[-1]))
            if here - there <= 1:
                quote.speaker = before.speaker
        if quote.speaker is not None:
            before = quote


def _paragraph(passage: Passage, offset: int) -> int:
    word = int(passage.spans[:, 0].searchsorted(offset))
    return int(passage.paragraphs[min(word, len(passage) - 1)])
