"""Which words of a text are inside quotation marks, paragraph by paragraph, and what type of quote that makes.

Pairs curly, straight, low and single marks, two apostrophes used as a double mark (a wire-service habit), backticks
and guillemets. A mark that is never closed reaches to the end of its paragraph and no further, the printers'
rule for speeches of several paragraphs: a stray mark can spoil one paragraph, never an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from annotate.records import QuoteType
from annotate.spans import HasRange

OPEN, CLOSE, EITHER = 1, 2, 3

#: Each opening mark with what may close it. Some sources mix them, or open where they should close.
_CLOSING = {
    "“": '”"“',
    "”": '”"“',
    "„": '”"“',
    "«": "»",
    "»": "«»",
    "‹": "›",
    "›": "‹›",
    "‘": "’'",
    "‚": "‘’'",
    "`": "’'",
    "'": "’'",
    '"': '"',
    "``": ("''",),
    "''": ("''",),
}
_SINGLE = "‘’'`"
_MARK = re.compile(r"``|''|[\"“”„«»‹›‚‘’'`]")
#: A word without its beginning: 'n', '90s, 'em. Its apostrophe opens nothing.
_CLIPPED = re.compile(r"['‘](?:n['’]|\d\ds\b|(?:em|til|tis|twas|cause|bout)\b)", re.I)
#: After a plural's apostrophe its sentence goes on.
_GOES_ON = re.compile(r"[ \t]*\n?[ \t]*[^\W\d_A-Z]")
#: A line that goes on in the middle of a sentence was wrapped, and is no paragraph of its own.
_WRAPPED = re.compile(r"(?<=[a-z,])[ \t]*\n[ \t]*(?=[a-z])")


def quote_type(text: str, content: Iterable[HasRange]) -> QuoteType:
    """The type of a quote, by the quotation marks of its text: all words inside them, none, or some.

    The marks may be part of the content or around it, also at a distance: of a quotation in several pieces, or
    over several paragraphs, each piece is inside. A content that begins with an opening mark is read on its own too, so
    that an unpaired mark before it does no harm.

    >>> from annotate.records import Span
    >>> text = "‘It’s the readers’ choice,’ he said. He called it “odd” to go."
    >>> [quote_type(text, [span]) for span in (Span(0, 27), Span(1, 25), Span(37, 61), Span(56, 61))]
    ['direct', 'direct', 'mixed', 'indirect']
    """
    inside = outside = False
    stretches = _cached_stretches(text)
    for fragment in content:
        start, end = fragment.start, fragment.end
        around = [(left - start, right - start) for left, right, _ in stretches if left < end and start < right]
        piece = text[start:end]
        if _MARK.match(piece):
            own = find_stretches(piece)
            around += [(left, right) for left, right, _ in own[:1] if not left]
        covered = bytearray(end - start)
        for left, right in around:
            left, right = max(left, 0), min(right, end - start)
            covered[left:right] = b"\x01" * (right - left)
        for letter, within in zip(piece, covered, strict=True):
            if letter.isalnum():
                inside |= bool(within)
                outside |= not within
    return "mixed" if inside and outside else "direct" if inside else "indirect"


def parse_quote_type(value: object) -> QuoteType | None:
    """The type that a file or a language model gives, in capitals or not; None for anything else.

    >>> parse_quote_type("Direct"), parse_quote_type("speech"), parse_quote_type(None)
    ('direct', None, None)
    """
    known: dict[str, QuoteType] = {"direct": "direct", "indirect": "indirect", "mixed": "mixed"}
    return known.get(value.strip().lower()) if isinstance(value, str) else None


def find_paragraphs(text: str) -> list[tuple[int, int]]:
    """The lines of `text` that are not blank, as half-open offsets without the white space around them.

    >>> find_paragraphs("One.\\n\\n  Two is\\nlonger.")
    [(0, 4), (8, 22)]
    """
    text = _WRAPPED.sub(lambda wrap: " " * len(wrap.group()), text)
    found = []
    for match in re.finditer(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", text):
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        if start < end:
            found.append((start, end))
    return found


def find_stretches(text: str) -> list[tuple[int, int, bool]]:
    """The quoted stretches of `text` as `(start, end, closed)`, marks included, outermost only, in order.

    >>> text = 'He said "yes" and “no\\nWay.'
    >>> [(text[start:end], closed) for start, end, closed in find_stretches(text)]
    [('"yes"', True), ('“no', False)]
    """
    paragraphs = find_paragraphs(text)
    # a lone apostrophe is far more often a word's than a quotation's: single marks stay open only before another one
    goes_on = [text[start] in "‘'" and text[start + 1 : start + 2].isalnum() for start, _ in paragraphs[1:]] + [False]
    found = [list(_stretches_of(text, *paragraphs[at], goes_on[at])) for at in range(len(paragraphs))]
    stray = [
        at
        for at, ((start, end), stretches) in enumerate(zip(paragraphs, found, strict=True))
        if stretches and stretches[0] == (start, end, False)
    ]
    if len(stray) > max(3, len(paragraphs) // 2):
        # A mark before most paragraphs and none behind is left over from a table; the marks after it still count.
        for at in stray:
            start, end = paragraphs[at]
            found[at] = list(_stretches_of(text, start + 1, end, goes_on[at]))
    return [stretch for stretches in found for stretch in stretches]


@lru_cache(maxsize=8)
def _cached_stretches(text: str) -> tuple[tuple[int, int, bool], ...]:
    return tuple(find_stretches(text))


def _stretches_of(text: str, start: int, end: int, goes_on: bool) -> Iterator[tuple[int, int, bool]]:
    """The stretches of one paragraph; `goes_on`: the next one begins with a single mark."""
    opened: tuple[int, str] | None = None
    marks = [
        (match.group(), match.start(), match.end(), _role(text, *match.span(), start, end))
        for match in _MARK.finditer(text, start, end)
    ]
    for (mark, at, after, role), ends_later in zip(marks, _find_later_ends(text, marks, goes_on), strict=True):
        if opened is None:
            if role & OPEN and mark in _CLOSING:
                opened = (at, mark)
        elif mark in _CLOSING[opened[1]] and (role & CLOSE or (mark == '"' and text.find(mark, after, end) < 0)):
            # "the readers’ choice": the apostrophe of a plural, where the quotation is closed further on
            if ends_later and mark in _SINGLE and text[at - 1] in "sS" and _GOES_ON.match(text, after, end):
                continue
            # Where the last straight mark of a paragraph is before a word, a space is missing behind it.
            yield opened[0], after, True
            opened = None
    if opened is not None and (opened[1] not in _SINGLE or goes_on):
        yield opened[0], end, False


def _find_later_ends(text: str, marks: list[tuple[str, int, int, int]], goes_on: bool) -> list[bool]:
    """For each mark, whether a single mark behind it ends a quotation before another one opens one.

    A single mark with punctuation before it is certain to be an end, and not an apostrophe.
    """
    ends = goes_on
    found = []
    for mark, at, _, role in reversed(marks):
        found.append(ends)
        if mark in _SINGLE and role == CLOSE and text[at - 1] in ",.!?…—–-":
            ends = True
        elif mark in _SINGLE and role == OPEN:
            ends = False
    return found[::-1]


def _role(text: str, at: int, after: int, start: int, end: int) -> int:
    """Whether the mark can open, close or do either, from what is on its two sides."""
    mark = text[at:after]
    before = text[at - 1] if at > start else " "
    behind = text[after] if after < end else " "
    if mark in ("“", "„", "‚", "«", "‹", "`", "``"):
        # A mark that points the wrong way closes after a word: some sources open with both, some turn guillemets.
        if mark in "“«‹" and not before.isspace() and not behind.isalnum():
            return CLOSE if before.isalnum() else EITHER
        return OPEN
    if mark in "”»›":
        # The other way round too: a closing mark before a word and after none opens.
        return EITHER if before.isspace() and behind.isalnum() else CLOSE
    if mark in "'’‘":
        if before.isalnum() and behind.isalnum():
            return 0
        opens = not before.isalnum() and not behind.isspace() and mark != "’" and not _CLIPPED.match(text, at, end)
        closes = not before.isspace() and not behind.isalnum()
        return (OPEN if opens else 0) | (CLOSE if closes else 0)
    if before.isspace() or before in "([—–-":
        return OPEN if not behind.isspace() else EITHER
    if behind.isspace():
        return CLOSE
    return EITHER
