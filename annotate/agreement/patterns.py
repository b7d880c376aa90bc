"""What annotators disagree about, gathered into patterns that a guideline could settle.

A pattern is found by rule from the two versions of one item: words that one has more at the left or right edge
(grouped into articles, "that", possessives, punctuation, capitalised words, ...), two labels for one thing, another
speaker, or an item that only one of the two marked. Its cost is the number of strict errors it makes when one is
scored against the other: two for a difference in extent or label, one for an item that only one marked, one for
each other field.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from annotate.agreement.matched import Compared
from annotate.agreement.positions import FIELDS, Position
from annotate.items import LINKS, extent_of, links_of, name_of, ranges_of, write_attributes
from annotate.printing import shorten
from annotate.records import Item, Layer, Span
from annotate.spans import overlap
from annotate.text.english import load_names
from annotate.text.tokens import WORD

EXAMPLES = 3
WORDS = 5
SHOWN = 80
"""Of long spans so many code points are shown, from both edges: that is where annotators differ."""

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("article (the, a, an)", re.compile(r"(?i:the|a|an)")),
    ('"that"', re.compile(r"(?i:that)")),
    ("possessive", re.compile(r"['’]s?|s['’]")),
    ("quotation marks", re.compile(r"[\"“”„«»'‘’`]+")),
    ("punctuation", re.compile(r"[^\w\s]+")),
    ("number", re.compile(r"[\d.,]+")),
)
_TITLE = re.compile(
    rf"(?i)(former|vice|spokes\w+|{'|'.join(sorted(load_names('titles', 'before_names'), reverse=True))})\b"
)


class Example(msgspec.Struct, kw_only=True):
    """Where a pattern was seen: the span of both versions in code points, and what each person's version has there."""

    id: str
    start: int
    end: int
    versions: dict[str, str | None]


class Pattern(msgspec.Struct, kw_only=True):
    """One kind of disagreement: how often, what it costs in strict errors, which words most often, and examples.

    `words` are the words in question with their counts: those at the edge, the surface under two labels, or, where only
    one person marked something, the mention or the quote's cue.
    """

    layer: Layer
    name: str
    count: int = 0
    cost: int = 0
    words: dict[str, int] = {}
    examples: list[Example] = []


class Case(NamedTuple):
    """One disagreement: its pattern, its cost, the words in question, and the field in which the two differ."""

    name: str
    cost: int
    words: str
    field: str = "extent"


def find_patterns(compared: Sequence[Compared]) -> list[Pattern]:
    """The patterns of disagreement, the costliest first; examples from different articles where there are any."""
    patterns: dict[tuple[Layer, str], Pattern] = {}
    words: dict[tuple[Layer, str], Counter[str]] = defaultdict(Counter)
    for found in compared:
        for position in found.positions:
            for case in _find_cases(position, found.text):
                key = (found.layer, case.name)
                pattern = patterns.setdefault(key, Pattern(layer=found.layer, name=case.name))
                pattern.count += 1
                pattern.cost += case.cost
                words[key][case.words] += 1
                if len(pattern.examples) < EXAMPLES and all(example.id != found.id for example in pattern.examples):
                    pattern.examples = [*pattern.examples, _example(found, position, case.field)]
    for key, counts in words.items():
        most = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        patterns[key].words = {word: n for word, n in most if word and n > 1 and len(word) <= 40}
        patterns[key].words = dict(list(patterns[key].words.items())[:WORDS])
    return sorted(patterns.values(), key=lambda pattern: (-pattern.cost, pattern.layer, pattern.name))


def _find_cases(position: Position, text: str) -> Iterator[Case]:
    items = list(position.items.values())
    if len(items) == 1:
        yield Case(f"{name_of(items[0])}: only one of two marked it", 1, _key_words(items[0], text))
        return
    a, b = position.values.values()
    for field in FIELDS[position.layer]:
        if a[field] == b[field]:
            continue
        if field == "extent":
            yield from _edges(items, text)
        elif field in LINKS[position.layer]:
            spans = [links_of(item)[field] for item in items]
            said = sorted(text[span.start : span.end].lower() for span in spans if span is not None)
            yield Case(f"{field}: {_differ(spans[0], spans[1], text)}", 1, " / ".join(said), field)
        else:
            one, other = sorted((str(a[field]), str(b[field])))
            words = _key_words(items[0], text)
            yield Case(f"{field}: {one} or {other}", 2 if field == "label" else 1, words, field)


def _key_words(item: Item, text: str) -> str:
    """The words by which a guideline would speak of the item: the mention, or the cue of a quote."""
    links = links_of(item)
    if "cue" in links:
        cue = links["cue"]
        return text[cue.start : cue.end].lower() if cue else "no cue"
    return text[slice(*extent_of(item))]


def _edges(items: Sequence[Item], text: str) -> list[Case]:
    """A case for each edge at which the two extents differ."""
    bounds = [extent_of(item) for item in items]
    kinds = sorted({name_of(item) for item in items})
    what = " or ".join(kinds)
    cases = []
    for edge, place in ((0, "before"), (1, "after")):
        first, last = sorted(bound[edge] for bound in bounds)
        extra = text[first:last].strip()
        if extra:
            cases.append(Case(f"{what}: {_describe(extra)} {place} it", 2, extra.lower()))
    return cases or [Case(f"{what}: cut into other fragments", 2, "")]


def _differ(one: Span | None, other: Span | None, text: str) -> str:
    if one is None or other is None:
        return "only one of two gives it"
    if overlap(one, other):
        return "a longer or a shorter mention"
    same = text[one.start : one.end].casefold() == text[other.start : other.end].casefold()
    return "another occurrence of the same words" if same else "another mention"


def _describe(extra: str) -> str:
    """The words that one version has more, in a few words."""
    for name, pattern in _KINDS:
        if pattern.fullmatch(extra):
            return name
    words = WORD.findall(extra)
    if _TITLE.match(extra) and len(words) <= 6:
        return "title or role"
    if len(words) == 1:
        return f'"{extra.lower()}"' if extra.islower() else "a capitalised word"
    return "two or three words" if len(words) <= 3 else "four or more words"


def _example(found: Compared, position: Position, field: str) -> Example:
    versions: dict[str, str | None] = {
        name: _say(position.items[name], field, found.text) if name in position.items else None for name in found.pair
    }
    return Example(id=found.id, start=position.start, end=position.end, versions=versions)


def _say(item: Item, field: str, text: str) -> str:
    """What the version has in the field, with the item's words where these do not show it."""
    links = links_of(item)
    if field in links:
        span = links[field]
        return f"no {field}" if span is None else _shorten(text[span.start : span.end])
    words = " ... ".join(text[start:end] for start, end in ranges_of(item))
    return f"{_shorten(words)} ({write_attributes(item) if field == 'check_worthy' else name_of(item)})"


def _shorten(words: str) -> str:
    """The words on one line, the middle of long ones left out: annotators differ at the edges."""
    return shorten(" ".join(words.split()), SHOWN)
