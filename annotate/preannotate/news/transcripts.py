"""Transcripts: paragraphs that begin with who speaks, in capitals and with a colon."""

from __future__ import annotations

import re

from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.passage import Range
from annotate.preannotate.news.stretches import SURE_BY_RULE
from annotate.records import Span
from annotate.text.english import load_words
from annotate.text.quotation import find_paragraphs, quote_type

_TURN = re.compile(
    r"[\"“‘']?\s?(?P<who>(?:(?:MR|MRS|MS|DR|SEN|REP|GOV|LT|GEN)\. ?)?"
    r"[A-ZÀ-Þ][A-ZÀ-Þ.’'-]+(?: [A-ZÀ-Þ][A-ZÀ-Þ.’'-]*){0,3}"
    r"(?: \([^()\n]{1,40}\))?)(?P<colon>:)\s(?=\S)"
)
_KICKERS = frozenset(load_words("lines", "kickers"))
#: Fewer turns are headings.
_LEAST_TURNS = 3


def find_turns(text: str) -> list[tuple[Range, Range, list[Range]]]:
    """The turns of a transcript: who speaks, the colon, and the paragraphs that are said.

    >>> text = "HALE: Will you go?\\n\\nPOE: No.\\n\\nHALE: Why?"
    >>> [(text[who[0]:who[1]], [text[a:b] for a, b in said]) for who, _, said in find_turns(text)]
    [('HALE', ['Will you go?']), ('POE', ['No.']), ('HALE', ['Why?'])]
    """
    paragraphs = find_paragraphs(text)
    turns = [
        (number, label)
        for number, (start, end) in enumerate(paragraphs)
        if (label := _TURN.match(text, start, end)) and label["who"] not in _KICKERS
    ]
    names = {label["who"] for _, label in turns}
    if len(turns) < _LEAST_TURNS or len(names) < 2 or len(names) == len(turns):
        return []
    ends = [*(number for number, _ in turns[1:]), turns[-1][0] + 1]
    found = []
    for (number, label), following in zip(turns, ends, strict=True):
        said = [(label.end(), paragraphs[number][1])]
        quoted = text[paragraphs[number][0]] in "\"“‘'"
        for start, end in paragraphs[number + 1 : following]:
            # in marks, each further paragraph of the turn begins with one
            if quoted and text[start] not in "\"“‘'":
                break
            said.append((start, end))
        found.append((label.span("who"), label.span("colon"), said))
    return found


def add_turns(text: str, quotes: list[FoundQuote]) -> list[FoundQuote]:
    """The quotes with each turn of a transcript as one, in place of what was found in it."""
    for who, colon, said in find_turns(text):
        start, end = who[0], said[-1][1]
        quotes = [quote for quote in quotes if quote.content[-1][1] <= start or end <= quote.content[0][0]]
        kind = quote_type(text, [Span(*part) for part in said])
        quotes.append(FoundQuote(kind, said, colon, who, SURE_BY_RULE))
    return quotes
