"""Where words are in a text: tests name what they mark by its words."""

from __future__ import annotations

from annotate.records import Span


def range_of(text: str, words: str, nth: int = 0) -> tuple[int, int]:
    """Start and end, in code points, of the occurrence number `nth` of the words, from 0.

    Raises:
        ValueError: the text holds the words less often.

    >>> range_of("Rome fell. Rome rose.", "Rome", 1)
    (11, 15)
    """
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return start, start + len(words)


def span_of(text: str, words: str, nth: int = 0) -> Span:
    """The range as a span."""
    return Span(*range_of(text, words, nth))
