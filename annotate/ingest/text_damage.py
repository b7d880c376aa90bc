r"""Signs that a text was damaged on its way here: decoded wrongly, escaped, or with markup left in it.

Texts are kept as they are, because offsets point into them; whoever has them is told before annotators are.

>>> find_damage("Caf\u00c3\u00a9 owners &amp; guests")
['wrong decoding', 'HTML entities']
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Callable
from typing import NamedTuple

from annotate.printing import escape, format_count

# A letter that begins a character of UTF-8 read as Windows-1252 or Latin-1, and what can follow it: signs that no word
# has behind a letter, or marks that a word may have there, and then a letter shows that it goes on.
_SIGN = "\x80-\x9f¡-ª¬-¶¸-º¼-¿ƒŠŒŽšœžŸ†‡ˆ‰˜™€"
_MARK = "«»‹›‚„•–—‘’“”…·\xa0"
_MOJIBAKE = re.compile(
    f"Ã\xa0|[ÃÄÅ](?:[{_SIGN}]|[{_MARK}](?=\\w))|Â[{_SIGN}\xa0«»·]|(?:[ÎÏÐÑØÙ][{_SIGN}{_MARK}]){{2}}"
    "|â(?:€[\\w™œ˜“”¦¢\x9d\xa0]?|\x80)|ðŸ|ð\x9f|ï»¿|\ufffd"
)
_LEAD = re.compile("[ÂÃÄÅÎÏÐÑØÙâðï\ufffd]")  # one of which each of these has
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(
    r"</?(?:a|abbr|article|aside|b|blockquote|body|br|caption|center|cite|code|div|em|figcaption|figure|font|footer|form"
    r"|h[1-6]|head|header|hr|html|i|iframe|img|input|li|link|main|meta|nav|noscript|ol|p|picture|pre|q|s|script|section"
    r"|small|source|span|strong|style|sub|sup|svg|table|tbody|td|th|thead|title|tr|u|ul|video)(?:\s[^<>]{0,5000})?/?>"
    r"|<!--|<!\[CDATA\[|<!DOCTYPE\b",
    re.IGNORECASE,
)
_LITERAL = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrt](?![a-z])|[.!?,;\"'”’]\\[nrt]|\\[\"']|(?<![0-9A-Za-z])u201[cd](?=\w)"
)
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\xad\\u200b\\u2028\\u2029\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff]"
    "|(?<![À-ÿ€])[\\x80-\\x9f]"  # behind such a letter it is wrong decoding
)


class _Kind(NamedTuple):
    """A kind of damage: its name, how it is found, and what to do about it."""

    name: str
    find: Callable[[str], re.Match[str] | None]
    cure: str


def _find_entity(text: str) -> re.Match[str] | None:
    for found in _ENTITY.finditer(text):
        if found[0][1] == "#" or found[0][1:] in html.entities.html5:
            return found
    return None


# Most texts show nothing. Each search first asks what is quick to find out.


def _find_mojibake(text: str) -> re.Match[str] | None:
    return _MOJIBAKE.search(text) if not text.isascii() and _LEAD.search(text) else None


def _find_literal(text: str) -> re.Match[str] | None:
    return _LITERAL.search(text) if "\\" in text or "u201" in text else None


def _find_invisible(text: str) -> re.Match[str] | None:
    return None if text.replace("\n", "").replace("\t", "").isprintable() else _INVISIBLE.search(text)


_KINDS = (
    _Kind("wrong decoding", _find_mojibake, "decode the source as UTF-8, or repair it with ftfy.fix_text"),
    _Kind("HTML entities", _find_entity, "decode them with html.unescape"),
    _Kind("tags", _TAG.search, "take the text out of the HTML, for example with trafilatura or html2text"),
    _Kind("literal escapes", _find_literal, "the text was escaped twice: decode its JSON once more"),
    _Kind("invisible characters", _find_invisible, "remove soft hyphens, zero-width spaces and control characters"),
)


def find_damage(text: str) -> list[str]:
    """The kinds of damage that the text shows.

    >>> find_damage("He said “no” to R&D; São Paulo, NAÇÃO.")
    []
    """
    return [kind.name for kind in _KINDS if kind.find(text)]


class DamageCount:
    """How many articles show each kind of damage, with the first of each.

    >>> count = DamageCount()
    >>> count.add("a", "&#163;5"); count.add("b", "Rain.")
    >>> print(*count.warnings())
    warning: HTML entities in 1 of 2 articles, such as '&#163;' in 'a'; texts are kept as they are, so clean them \
before you annotate: decode them with html.unescape
    """

    def __init__(self) -> None:
        self._articles = 0
        self._found: dict[str, tuple[int, str, str]] = {}

    def add(self, identity: str, text: str) -> None:
        """Look at one article."""
        self._articles += 1
        for kind in _KINDS:
            if found := kind.find(text):
                count, example, place = self._found.get(kind.name, (0, found[0][:30], identity))
                self._found[kind.name] = (count + 1, example, place)

    def warnings(self) -> list[str]:
        """One line for each kind that was found."""
        lines = []
        for kind in _KINDS:
            if kind.name in self._found:
                count, example, place = self._found[kind.name]
                shown = example if example.isprintable() else ascii(example)[1:-1]
                lines.append(
                    f"warning: {kind.name} in {count:,} of {format_count(self._articles, 'article')}, such as "
                    f"'{escape(shown, line=True)}' in {place!r}; texts are kept as they are, so clean them before you "
                    f"annotate: {kind.cure}"
                )
        return lines
