"""Statements that a line introduces and no marks enclose, as in press releases: whose words they are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.passage import Range
from annotate.text.quotation import find_paragraphs

_SAYING = (
    r"\b(?:said|says|saying|wrote|writes|stated|states|added|adds|commented|comments|continued|concluded|declared)"
)
#: Few words may follow the verb ("said in a statement today:"), none where the statement begins in the same line.
_INTRODUCES = re.compile(rf"{_SAYING}(?:(?:[ \t]+[\w'’-]+){{0,6}}[ \t]*:[ \t]*$|[ \t]*:[ \t]+(?=[A-Z]))", re.M)
_SAID = re.compile(_SAYING)
_MARKED = re.compile(r"[\"'“‘«„*•]|-\s")
_ENDS = re.compile(
    r"(?i:further information|notes? (?:to|for) editors|background|media enquiries|contact|ends|about )|###"
)
_OWN = frozenset({"i", "we", "us", "me", "our", "my"})


@dataclass(frozen=True)
class Statement:
    """The code points `[start, end)` and the mention of who says them."""

    start: int
    end: int
    speaker: Range


def introduces(text: str) -> bool:
    """Whether a line of `text` may introduce a statement."""
    return bool(_INTRODUCES.search(text))


def find_statements(text: str, speakers: Sequence[Range], quotes: Sequence[FoundQuote]) -> list[Statement]:
    """The statements of `text` in order.

    One ends where another begins, at a heading, a quotation mark, or a paragraph in which somebody is reported to say
    something.

    Args:
        text: the article.
        speakers: where the network sees somebody speaking, in order.
        quotes: the quotes of the article.

    >>> text = "Minister Jane Roe said:\\n\\nWe signed it in May.\\n\\nNotes to editors\\n\\nIt has 20 articles."
    >>> [(text[one.start : one.end], text[slice(*one.speaker)]) for one in find_statements(text, [(0, 17)], [])]
    [('We signed it in May.', 'Minister Jane Roe')]
    """
    reported = [
        quote.cue[0]
        for quote in quotes
        if quote.cue and quote.speaker and not is_own(text, quote.speaker) and _SAID.search(text, *quote.cue)
    ]
    found: list[Statement] = []
    speaker: Range | None = None
    for start, end in find_paragraphs(text):
        if introduced := _INTRODUCES.search(text, start, end):
            speaker = _nearest(speakers, start, introduced.start())
            if speaker and introduced.end() < end:
                found.append(Statement(introduced.end(), end, speaker))
                speaker = None
            continue
        opened = _MARKED.match(text, start) or _ENDS.match(text, start, end)
        if opened or any(start <= at < end for at in reported):
            speaker = None
        if speaker:
            found.append(Statement(start, end, speaker))
    return found


def is_own(text: str, mention: Range) -> bool:
    """Whether the mention is a word by which speakers name themselves."""
    return text[slice(*mention)].lower() in _OWN


def _nearest(speakers: Sequence[Range], start: int, end: int) -> Range | None:
    """The last of the speakers that lie in `[start, end)`."""
    at = bisect_left(speakers, (end, end)) - 1
    return speakers[at] if at >= 0 and speakers[at][0] >= start and speakers[at][1] <= end else None
