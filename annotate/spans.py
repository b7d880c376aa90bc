"""Span algebra on half-open code-point ranges, and the checks that a record's spans fit its text. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeAlias

import msgspec

from annotate.problems import other_text, outside_text
from annotate.records import LayeredRecord, Layers, Span, iter_spans

#: Characters that show nothing: soft hyphen, zero-width space, direction marks, word joiner, byte order mark.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"
_DASHES = "–—"
_OUTSIDE = ",;:•·|*" + _DASHES
_QUOTATION = '"“”„‟«»‹›'
_STOP_OUTSIDE = tuple(f"{mark}." for mark in ")]}’'" + _QUOTATION)
_LAST_WORD = re.compile(r"(?<![\w.])(\w+)\.$")
#: What follows the last full stop of a sentence: the end, or a word that does not go on in lower case.
_SENTENCE_END = re.compile(r"[\"'”’»)\]]*(?:\s*$|\s+[^\sa-z,;:])")
#: Of capitalised words ("Corp", "Sept", "Bros"); longer ones with a full stop end a sentence.
_LONGEST_ABBREVIATION = 4


Edges: TypeAlias = Literal["name", "clause", "speech"]


class HasRange(Protocol):
    """Anything with `start` and `end`, in code points, half-open."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def overlap(a: HasRange, b: HasRange) -> int:
    """The number of code points that both spans cover; 0 for spans that only touch.

    >>> from annotate.records import Span
    >>> overlap(Span(0, 5), Span(3, 9)), overlap(Span(0, 5), Span(5, 9))
    (2, 0)
    """
    return max(0, min(a.end, b.end) - max(a.start, b.start))


def shared(left: Iterable[HasRange], right: Iterable[HasRange]) -> int:
    """The number of code points that both lists of spans cover; the spans of one list must not overlap each other.

    >>> from annotate.records import Span
    >>> shared([Span(0, 5), Span(8, 12)], [Span(3, 10)])
    4
    """
    others = list(right)
    return sum(overlap(one, other) for one in left for other in others)


def join_overlaps(spans: Iterable[Span]) -> list[Span]:
    """The spans in the order of the text; those that overlap are one, with the id of the first.

    >>> [(span.start, span.end) for span in join_overlaps([Span(8, 12), Span(0, 4), Span(4, 6), Span(5, 7)])]
    [(0, 4), (4, 7), (8, 12)]
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = msgspec.structs.replace(joined[-1], end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def trim_range(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its edges; empty (start == end) when there is nothing else.

    >>> trim_range("a  word ", 1, 8)
    (3, 7)
    """
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def snap_to_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The range with each edge that cuts a word moved to the nearer end of the word; of a part of one word, the word.

    Words are runs of letters of alphabets with upper and lower case. Digits end one (`5|bn`), and so do apostrophes
    and hyphens (`US|-led`). Of two equally near ends, the one that makes the range longer counts. A range that does
    not fit the text comes back as it is.

    >>> text = "Perhaps the president of AP's 5bn"
    >>> [text[slice(*snap_to_words(text, *span))] for span in ((0, 5), (14, 20), (25, 27), (30, 31))]
    ['Perhaps', 'president', 'AP', '5']
    >>> snap_to_words("the president said", 2, 15)
    (3, 14)
    """
    if not 0 <= start < end <= len(text):
        return start, end
    left, right = _word_around(text, start), _word_around(text, end)
    first = left[0] if end <= left[1] or start - left[0] <= left[1] - start else left[1]
    last = right[1] if start >= right[0] or right[1] - end <= end - right[0] else right[0]
    return first, last


def _word_around(text: str, place: int) -> tuple[int, int]:
    """The word that the place cuts; the empty range there where it cuts none."""
    if not 0 < place < len(text) or not (_in_word(text[place - 1]) and _in_word(text[place])):
        return place, place
    start = end = place
    while start > 0 and _in_word(text[start - 1]):
        start -= 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(sign: str) -> bool:
    return sign.lower() != sign.upper() or bool(unicodedata.combining(sign))


def trim_edges(text: str, start: int, end: int, of: Edges) -> tuple[int, int]:
    """The range without what lies outside words at its edges: white space, commas, colons, dashes, lone brackets.

    Signs that belong to a word stay (`$5`, `10%`, `U.S.`, `Acme Corp.`, `why?`), and so do brackets and quotation
    marks of which both are inside, as in `Bo (D-Ohio)` and `Thomas "Tip" Brady`. A pair of brackets around the whole
    range goes. A range of which nothing would be left, or that does not fit the text, comes back as it is.

    Args:
        of: what the range holds. Of a `name`, quotation marks at the edges go where the partner is not inside, or where
            a pair is around everything; a full stop stays, because it may be the name's. Of a `clause`, quotation
            marks stay, and the full stop of the sentence goes. Of `speech`, quotation marks are the edges: only white
            space and what lies outside the marks goes, for the comma before the mark is spoken.

    >>> text = "We met (Ana Reis), of Acme Corp., twice."
    >>> [text[slice(*trim_edges(text, *span, "name"))] for span in ((6, 17), (7, 19), (21, 34))]
    ['Ana Reis', 'Ana Reis', 'Acme Corp.']
    >>> text[slice(*trim_edges(text, 0, 40, "clause"))]
    'We met (Ana Reis), of Acme Corp., twice'
    >>> text = "“We won,” he said."
    >>> trim_edges(text, 0, 10, "speech"), trim_edges(text, 0, 8, "speech")
    ((0, 9), (0, 8))
    """
    if not 0 <= start < end <= len(text):
        return start, end
    left, right = start, end
    while left < right:
        before = left, right
        left, right = _trim_blank(text, left, right)
        if left < right:
            left, right = _trim_bound(text, left, right) if of == "speech" else _trim_marks(text, left, right)
        if left < right and of == "name":
            left, right = _trim_pair(text, left, right, _QUOTATION, _QUOTATION)
        if left < right and of == "clause" and _ends_with_stop(text, left, right):
            right -= 1
        if (left, right) == before:
            return left, right
    return start, end


def _trim_blank(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in _INVISIBLE):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _INVISIBLE):
        end -= 1
    return start, end


def _trim_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """One round: a mark at each edge, and brackets without their partner or around everything."""
    minus = text[start] in _DASHES and text[start + 1 : end][:1].isdigit()
    if text[start] in _OUTSIDE + ")]}" and not minus:
        start += 1
    if start < end and (text[end - 1] in _OUTSIDE + "([{" or text[start:end].endswith(_STOP_OUTSIDE)):
        end -= 1
    for opening, closing in ("()", "[]", "{}"):
        if start < end:
            start, end = _trim_pair(text, start, end, opening, closing)
    return start, end


def _trim_bound(text: str, start: int, end: int) -> tuple[int, int]:
    """What lies outside the quotation marks at the edges; nothing where there are none."""
    left = start
    while left < end and text[left] in _OUTSIDE + " ":
        left += 1
    right = end
    while right > start and text[right - 1] in _OUTSIDE + ". ":
        right -= 1
    if left < end and text[left] in _QUOTATION + "‘‚":
        start = left
    if right > start and right - 1 > start and text[right - 1] in _QUOTATION + "’":
        end = right
    return start, end


def _trim_pair(text: str, start: int, end: int, opening: str, closing: str) -> tuple[int, int]:
    """Without the mark at an edge whose partner is not inside, and without a pair around everything."""
    opens, closes = text[start] in opening, text[end - 1] in closing
    if not (opens or closes) or end - start < 2:
        return start, end
    inside = text[start + 1 : end - 1]
    if any(mark in inside for mark in opening + closing):
        return start, end
    inch = closes and not opens and text[end - 2].isdigit()
    return start + opens, end - (closes and not inch)


def _ends_with_stop(text: str, start: int, end: int) -> bool:
    """Whether the range ends with the full stop of a sentence, and not with that of an abbreviation."""
    found = _LAST_WORD.search(text, max(start, end - 40), end)
    if found is None or not _SENTENCE_END.match(text, end):
        return False
    word = found.group(1)
    return word.islower() or word.isdigit() or len(word) > _LONGEST_ABBREVIATION


def find_span_problems(record: LayeredRecord | Layers, text: str) -> Iterator[str]:
    """One sentence for each span of the record that does not fit the text: range, order, stored text.

    >>> from annotate.records import Entity
    >>> list(find_span_problems(Layers(entities=[Entity(0, 4, "X", text="abce")]), "abcd"))
    ["entities[0] covers [0, 4) 'abce' but the text there is 'abcd'"]
    """
    length = len(text)
    for place, span in iter_spans(record):
        start, end = span.start, span.end
        if not 0 <= start < end <= length:
            yield outside_text(place, start, end, length)
        elif span.text is not None and span.text != text[start:end]:
            yield other_text(place, start, end, span.text, text[start:end])
    for i, quote in enumerate(record.quotes or ()):
        if not quote.content:
            yield f"quotes[{i}] has no content; expected at least one fragment"
        ordered = sorted(quote.content, key=lambda fragment: fragment.start)
        for left, right in itertools.pairwise(ordered):
            if right.start < left.end:
                yield (
                    f"quotes[{i}] has fragments that overlap: "
                    f"[{left.start}, {left.end}) and [{right.start}, {right.end})"
                )
