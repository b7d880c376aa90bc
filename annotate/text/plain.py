"""A text as pre-annotators read it: without invisible characters, Markdown and line breaks inside a sentence.

What is taken out or put together is remembered, so that every range found in the plain text has its range in the
text as it came.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.items import map_items, map_spans, move_span
from annotate.records import Layers
from annotate.text.english import load_names, load_words

#: Soft hyphens, zero-width characters, direction marks, joiners, byte order marks.
_INVISIBLE_SET = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_INVISIBLE = re.compile(rf"(?:\u00ad[ \t]*\r?\n[ \t]*(?=[^\W\d_A-Z])|[{_INVISIBLE_SET}])+")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
#: Blanks other than the usual one, and runs of blanks longer than any text needs.
_BLANKS = re.compile(r"\s{9,}|[^\S\n\r\t ]")

_LINK = re.compile(
    r"!?\[((?:[^\[\]\n]|\n(?!\s*\n)){1,300})\]"
    r"(?:\((?:<[^<>\n]{1,500}>|(?:[a-z]{2,10}:|www\.|[/#?.])[^\s()<>]{0,500}(?:\([^\s()]{0,100}\)[^\s()<>]{0,100})?)"
    r"(?:\s+[\"'][^\"'\n]{0,200}[\"'])?\))"
)
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,200}[^\W\d_][^\[\]\n]{0,200})\]\[[\w -]{0,40}\]")
_INLINE = r"(?:[^{0}\n]|\n(?!\s*\n)){{1,300}}?"
_EMPHASIS = tuple(
    re.compile(rf"(?<![\w{mark}])({times})(?=[^\s{mark}]){_INLINE.format(mark)}(?<=[^\s{mark}])({times})(?![\w{mark}])")
    for mark, times in (
        *(("*", times) for times in (r"\*\*\*", r"\*\*", r"\*")),
        *(("_", times) for times in ("___", "__", "_")),
        ("~", "~~"),
    )
)
_CODE = re.compile(r"(?<![`\w])(`)[^`'\n]{1,80}(`)(?![`\w'])")
_BLOCK_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]+|>(?=[^\W\d_]|[>\"“‘'«„*\[]))+", re.M)
_LINE_START = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|[*+•‣▪●◦][ \t]+|-[ \t]+(?=\S)(?!.*-[ \t]*$)|\d{1,3}[.)][ \t]+(?=[\"“‘'«„]))(?=\S)", re.M
)
_ITEM = re.compile(r"[ \t]*(?:#{1,6}[ \t]|[*+•‣▪●◦–—―-][ \t]?(?=\S)|\d{1,3}[.)][ \t])")
_ENDS_WITH_MARK = re.compile(r"[\"”’»][ \t]*\n\s*$")

_HYPHEN = re.compile(r"[^\W\d_][-‐¬]$")
_COMPOUNDING = frozenset(load_words("lines", "compounding"))
_UNFINISHED = re.compile(
    rf"(?:^|[\s(])(?:{'|'.join(load_words('lines', 'unfinished'))}"
    rf"|(?:{'|'.join(load_words('abbreviations', 'titles', 'rarer_titles'))})\.)$"
)
_NAMES_GO_ON = frozenset(
    (
        *load_names("titles", "first_names"),
        *load_names("titles", "capitalised"),
        *(title.capitalize() for title in load_names("titles", "before_names") if " " not in title),
        *load_words("lines", "parts_of_names"),
    )
)
_MONTHS = "|".join(load_words("calendar", "months", "short_months"))
_DATE_GOES_ON = re.compile(rf"(?:\d{{1,2}}(?:st|nd|rd|th)? *\n *(?:{_MONTHS})\b|\b(?:{_MONTHS})\.? *\n *\d)")
_LAST_WORD = re.compile(r"[^\W_][\w’'.-]*$")
_FIRST_WORD = re.compile(r"[^\w\n]{0,3}([^\W_][\w’'-]*)")
_STARTERS = frozenset(load_words("lines", "starters"))
_BYLINE = re.compile(r"(?:By|Written by|Reported by|Photos?|Image|Updated|Published|Posted|Source)\b|.{0,60}(?:@|://)")
_SIGNED = re.compile(r"[\"”’»]\s*[―—–-]\s*[A-Z]")
_DATELINE = re.compile(r"(?:[A-Z][A-Z.'’-]+[ ,]*){1,4}[^—–\n]{0,40}(?:—|–|--| - )")
#: In code points; lines of a text that was wrapped are not longer.
_LONGEST_WRAPPED = 130


@dataclass(frozen=True)
class PlainText:
    """A plain text; `places` has the offset in the original of each of its code points, None where they are equal."""

    text: str
    places: Sequence[int] | None = None

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """The range in the original of a range, not empty, of the plain text; both in code points, half-open."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)

    def restore(self, layers: Layers, original: str) -> Layers:
        """The layers found in the plain text as those of the original; copies of words are read anew from there."""
        if self.text is original:
            return layers

        def move(span: Any) -> Any:
            return move_span(span, *self.to_original(span.start, span.end), original)

        return map_items(layers, lambda item: map_spans(item, move))

    def _edit(self, edits: Iterable[tuple[int, int, str]]) -> PlainText:
        """The text with ranges replaced by strings that are not longer; ranges are in order and do not overlap."""
        pieces, places, at = [], [], 0
        for start, end, words in edits:
            pieces += [self.text[at:start], words]
            places += [range(at, start), range(start, start + len(words))]
            at = end
        if not pieces:
            return self
        pieces.append(self.text[at:])
        places.append(range(at, len(self.text)))
        before = self.places
        flat = [place if before is None else before[place] for some in places for place in some]
        return PlainText("".join(pieces), flat)


def read_plain(text: str) -> PlainText:
    """The plain text of an article; the text itself where there is nothing to take out.

    >>> plain = read_plain("Prime Minister **Ma\\u00adria**\\nCruz met Jane Hol-\\nlis.")
    >>> plain.text, plain.to_original(15, 25)
    ('Prime Minister Maria Cruz met Jane Hollis.', (17, 30))
    """
    plain = PlainText(text)._edit(_find_invisible(text))
    plain = plain._edit(_find_blanks(plain.text))
    plain = plain._edit((*match.span(), "") for match in _BLOCK_QUOTE.finditer(plain.text))
    for pattern in (_LINK, _REFERENCE):
        if "](" in plain.text or "][" in plain.text:
            plain = plain._edit(_around(plain.text, pattern))
    if "`" in plain.text:
        plain = plain._edit(_pairs(_CODE, plain.text))
    for pattern in _EMPHASIS:
        plain = plain._edit(_pairs(pattern, plain.text))
    plain = plain._edit(_find_wraps(plain.text))
    return plain._edit(_find_line_starts(plain.text))


def _find_invisible(text: str) -> Iterator[tuple[int, int, str]]:
    """Invisible characters; a zero-width space where a blank seems to be missing becomes one."""
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        before, behind = text[start - 1 : start], text[end : end + 1]
        if _RIGHT_TO_LEFT.match(before or behind) or _RIGHT_TO_LEFT.match(behind or before):
            continue  # they belong to the script
        parts = "\u200b" in match.group() and (
            (before.islower() and behind.isupper()) or (before in list(".,;:!?") and behind.isalpha())
        )
        yield start, end, " " if parts else ""


def _find_blanks(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _BLANKS.finditer(text):
        run = match.group()
        if len(run) > 1:
            lines = run.count("\n")
            yield *match.span(), "\n\n" if lines > 1 else "\n" if lines else " "
        elif run not in "\v\f\x1c\x1d\x1e\x85\u2028\u2029":
            yield *match.span(), " "


def _around(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    """Edits that remove what is around the first group of each match."""
    for match in pattern.finditer(text):
        yield match.start(), match.start(1), ""
        yield match.end(1), match.end(), ""


def _pairs(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int, str]]:
    """Edits that remove the two groups of each match."""
    for match in pattern.finditer(text):
        yield *match.span(1), ""
        yield *match.span(2), ""


def _find_line_starts(text: str) -> Iterator[tuple[int, int, str]]:
    """What begins a heading or an item of a list; a dash behind a line in quotation marks begins a signature."""
    for match in _LINE_START.finditer(text):
        dash = match.group().lstrip()[0] == "-"
        if not (dash and _ENDS_WITH_MARK.search(text, max(match.start() - 6, 0), match.start())):
            yield *match.span(), ""


# --------------------------------------------------------------------------------------------------- lines that go on


def _find_wraps(text: str) -> Iterator[tuple[int, int, str]]:
    """The line breaks inside sentences, each with its replacement: a space, or nothing inside a word."""
    if "\n" not in text and "\r" not in text:
        return
    blocks = _find_blocks(text)
    certain = [[_goes_on(text, *lines) for lines in _breaks(block)] for block in blocks]
    many = sum(map(sum, certain)) >= max(3, sum(map(len, certain)) // 4)
    widest = max(
        (end - start for block in blocks for start, end in block if end - start <= _LONGEST_WRAPPED), default=0
    )
    for block, known in zip(blocks, certain, strict=True):
        width = max(end - start for start, end in block)
        for sure, (above, below) in zip(known, _breaks(block), strict=True):
            if not sure and any(known) and width <= _LONGEST_WRAPPED:
                sure = _may_go_on(
                    text, above, below, width if 3 * sum(known) >= len(known) else None, block[0] == above
                )
            if not sure and many and _fills(text, above, below, widest):
                sure = _may_go_on(text, above, below, widest, False)
            if sure:
                yield _join(text, above[1], below[0])


def _find_blocks(text: str) -> list[list[tuple[int, int]]]:
    """The lines of each block between blank lines, as ranges without the white space around them."""
    blocks: list[list[tuple[int, int]]] = [[]]
    at = 0
    for match in [*re.finditer(r"\r\n|\n|\r", text), None]:
        end = match.start() if match else len(text)
        line = text[at:end]
        if line.strip():
            blocks[-1].append((at + len(line) - len(line.lstrip()), at + len(line.rstrip())))
        elif blocks[-1]:
            blocks.append([])
        at = match.end() if match else end
    return [block for block in blocks if block]


def _breaks(block: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    return itertools.pairwise(block)


def _goes_on(text: str, above: tuple[int, int], below: tuple[int, int]) -> bool:
    """Whether a sentence certainly goes on from the one line to the other."""
    end, start = above[1], below[0]
    last, first = text[end - 1], text[start]
    if first.islower():
        return last.isalnum() or last in ",-‐¬'’”\")%$€£&"
    if _ITEM.match(text, start) or _BYLINE.match(text, *below) or _BYLINE.match(text, *above):
        return False
    before = text[max(above[0], end - 30) : end]
    if _UNFINISHED.search(before) or _DATE_GOES_ON.search(f"{before[-12:]}\n{text[start : start + 10]}"):
        return True
    if last in ",&":
        behind = _FIRST_WORD.match(text, start)
        return behind is not None and behind.group(1) not in _STARTERS and len(text[above[0] : end].split()) > 4
    if _is_open(text[slice(*above)], text[slice(*below)]):
        return True
    named = _LAST_WORD.search(before)
    return (
        named is not None
        and named.group() in _NAMES_GO_ON
        and first.isupper()
        and re.search(r"\b[a-z]{4,}", text[above[0] : end]) is not None
    )


def _is_open(above: str, below: str) -> bool:
    """Whether a quotation that the one line opens is closed in the other, which opens none before."""
    if above.count("“") > above.count("”"):
        return 0 < below.find("”") < (below.find("“") if "“" in below else len(below))
    return above.count('"') % 2 == 1 and re.match(r"[^\"\n]*[^\s\"]\"(?!\w)", below) is not None


def _may_go_on(text: str, above: tuple[int, int], below: tuple[int, int], width: int | None, first: bool) -> bool:
    """Whether a sentence, or with a `width` the next one, may go on between two lines of a text that was wrapped."""
    last, behind = text[above[1] - 1], _FIRST_WORD.match(text, below[0])
    upper, lower = text[slice(*above)], text[slice(*below)]
    if _ITEM.match(lower) or _BYLINE.match(lower) or _BYLINE.match(upper) or upper.isupper() != lower.isupper():
        return False
    if _SIGNED.search(upper):
        return False
    if last in '.!?:…;"”’»)':
        return width is not None and _fills(text, above, below, width)
    heading = first and not re.search(r"\b[a-z]{4,}", upper) and len(upper.split()) > 3
    if behind is None or behind.group(1) in _STARTERS or (heading and _LAST_WORD.search(upper) is not None):
        last_word = _LAST_WORD.search(upper)
        return last_word is not None and last_word.group() in _NAMES_GO_ON and behind is not None
    return not _DATELINE.match(lower)


def _fills(text: str, above: tuple[int, int], below: tuple[int, int], width: int) -> bool:
    """Whether the first word of the second line did not fit into the first."""
    word = text[below[0] : below[1]].split(maxsplit=1)[0]
    return above[1] - above[0] + 1 + len(word) > width and above[1] - above[0] > width // 2


def _join(text: str, end: int, start: int) -> tuple[int, int, str]:
    """The break between two lines with its replacement."""
    if not _HYPHEN.search(text, max(end - 2, 0), end):
        return end, start, " "
    word = re.search(r"[\w’'-]*$", text[max(end - 41, 0) : end - 1])
    compound = word is not None and word.group().lower() in _COMPOUNDING
    return (end, start, "") if compound or not text[start].islower() else (end - 1, start, "")
