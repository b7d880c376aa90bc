"""What scrapers catch around an article: menus, links to other articles, comment forms. No item is proposed there."""

from __future__ import annotations

import re

from annotate.preannotate.news.passage import Range
from annotate.text.quotation import find_paragraphs

_LINK = (
    r"(?:READ (?:MORE|ALSO|NEXT)|ALSO READ|RELATED|SEE ALSO|RECOMMENDED|MORE NEWS|DON['’]T MISS|WATCH)\b"
    r"|(?i:(?:read (?:more|also|next)|also read|see also|related(?: (?:articles?|stor(?:y|ies)|news))?|watch)\s*:)"
)
_FORM = (
    r"(?i:leave a (?:reply|comment)|post a comment|your email address|required fields|click here"
    r"|share this|sign up (?:for|to)\b|subscribe (?:now|to)\b"
    r"|copyright (?:©|\d)|©|all rights reserved|follow us|advertisement$|print \+a|load more|skip to (?:main )?content)"
)
_LINE = re.compile(f"{_LINK}|{_FORM}")
_BRACKETS = re.compile(rf"\((?:{_LINK})[^()\n]{{0,300}}\)")

#: In code points; what is longer is prose, whatever it begins with.
_LONGEST_LINE = 200


def find_furniture(text: str) -> list[Range]:
    """The parts of `text`, as code points in order, that belong to the page and not to the article.

    >>> text = "Rain fell. (RELATED: Snow Ahead)\\nREAD MORE NEWS Storms Hit Town\\nMore fell later."
    >>> [text[start:end] for start, end in find_furniture(text)]
    ['(RELATED: Snow Ahead)', 'READ MORE NEWS Storms Hit Town']
    """
    lines = [
        (start, end)
        for start, end in find_paragraphs(text)
        if end - start <= _LONGEST_LINE and _LINE.match(text, start, end)
    ]
    return sorted([*lines, *(match.span() for match in _BRACKETS.finditer(text))])


def stands_in(ranges: list[Range], start: int, end: int) -> bool:
    """Whether `[start, end)` shares a code point with one of the ranges."""
    return any(first < end and start < last for first, last in ranges)
