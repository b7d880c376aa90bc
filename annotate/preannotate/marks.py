"""Which words of a text stand inside quotation marks, paragraph by paragraph.

Pairs curly, straight and single marks, two apostrophes used as a double mark (a wire-service habit), backticks
and guillemets. A mark that is never closed reaches to the end of its paragraph and no further, the printers'
rule for speeches of several paragraphs: a stray mark can spoil one paragraph, never an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OPEN, CLOSE, EITHER = 1, 2, 3

_PAIRS = {"“": "”", "„": "”", "«": "»", "‹": "›", "‘": "’", "`": "'", "``": "''", '"': '"', "''": "''", "'": "'"}
_MARK = re.compile(r"``|''|[\"“”„«»‹›‘’'`]")
#: A line that goes on in the middle of a sentence was wrapped, and is no paragraph of its own.
_WRAPPED = re.compile(r"(?<=[a-z,])[ \t]*\n[ \t]*(?=[a-z])")


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
    found = [list(_stretches_of(text, start, end)) for start, end in paragraphs]
    stray = [
        at
        for at, ((start, end), stretches) in enumerate(zip(paragraphs, found, strict=True))
        if stretches and stretches[0] == (start, end, False)
    ]
    if len(stray) > max(3, len(paragraphs) // 2):
        # A mark before most paragraphs and none behind is left over from a table; the marks after it still count.
        for at in stray:
            start, end = paragraphs[at]
            found[at] = list(_stretches_of(text, start + 1, end))
    return [stretch for stretches in found for stretch in stretches]


def _stretches_of(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    opened: tuple[int, str] | None = None
    for match in _MARK.finditer(text, start, end):
        mark, at, after = match.group(), match.start(), match.end()
        role = _role(text, mark, at, after, start, end)
        if opened is None:
            if role & OPEN and (mark in _PAIRS or mark == "”"):
                opened = (at, _PAIRS.get(mark, "”"))
        elif _closes(mark, opened[1]) and (role & CLOSE or (mark == '"' and text.find(mark, after, end) < 0)):
            # Where the last straight mark of a paragraph stands before a word, a space is missing behind it.
            yield opened[0], after, True
            opened = None
    # A lone apostrophe is far more often a word's than a quotation's, so only double marks stay open.
    if opened is not None and opened[1] not in ("'", "’"):
        yield opened[0], end, False


def _closes(mark: str, wanted: str) -> bool:
    if wanted == "”":
        return mark in '”"“'
    if wanted == "’":
        return mark in "’'"
    return mark == wanted


def _role(text: str, mark: str, at: int, after: int, start: int, end: int) -> int:
    """Whether the mark can open, close or do either, from what stands on its two sides."""
    before = text[at - 1] if at > start else " "
    behind = text[after] if after < end else " "
    if mark in "“„«‹``":
        # A curly mark that points the wrong way after a word closes: some sources open with both.
        return CLOSE if mark == "“" and before.isalnum() and not behind.isalnum() else OPEN
    if mark in "”»›":
        # The other way round too: a closing mark before the first word of a line opens.
        return OPEN if mark == "”" and at == start and behind.isalnum() else CLOSE
    if mark in ("'", "’", "‘", "`"):
        if before.isalnum() and behind.isalnum():
            return 0
        opens = not before.isalnum() and not behind.isspace() and mark != "’"
        closes = not before.isspace() and not behind.isalnum() and mark not in "‘`"
        return (OPEN if opens else 0) | (CLOSE if closes else 0)
    if before.isspace() or before in "([—–-":
        return OPEN if not behind.isspace() else EITHER
    if behind.isspace():
        return CLOSE
    return EITHER
