"""BIO tags: from spans over tokens and back, for files, releases and the network's answers alike. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TAG = re.compile(r"O|[BIELSU]-\S+")
# other spellings of tags: B_PER, b-PER, PER-B, and M- for I- (as in BMES)
_STYLES = (
    re.compile(r"(?P<prefix>[BIELSUM])-(?P<label>\S+)"),
    re.compile(r"(?P<prefix>[BIELSUM])_(?P<label>\S+)"),
    re.compile(r"(?P<prefix>[bielsum])[-_](?P<label>\S+)"),
    re.compile(r"(?P<label>\S+)[-_](?P<prefix>[BIELSUM])"),
)


class TagSpan(NamedTuple):
    """A label on the tokens [first, last)."""

    first: int
    last: int
    label: str


def to_tags(spans: Iterable[TagSpan], length: int) -> list[str]:
    """The IOB2 tags of `length` tokens; the spans must not overlap.

    >>> to_tags([TagSpan(1, 3, "GPE")], 4)
    ['O', 'B-GPE', 'I-GPE', 'O']
    """
    tags = ["O"] * length
    for span in spans:
        tags[span.first] = f"B-{span.label}"
        tags[span.first + 1 : span.last] = [f"I-{span.label}"] * (span.last - span.first - 1)
    return tags


def from_tags(tags: Sequence[str]) -> tuple[list[TagSpan], int]:
    """The spans that tags of BIO, IOB1, BILOU or BIOES mean, and how many I-, L- or E- tags began one.

    A tag that continues nothing begins a span, as the CoNLL-2003 script has it.

    >>> from_tags(["B-PER", "I-PER", "O", "I-LOC"])
    ([TagSpan(first=0, last=2, label='PER'), TagSpan(first=3, last=4, label='LOC')], 1)
    """
    spans: list[TagSpan] = []
    repaired = 0
    first, label = -1, ""  # the open span
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        continues = prefix in ("I", "L", "E") and first >= 0 and name == label
        if first >= 0 and not continues:
            spans.append(TagSpan(first, i, label))
            first = -1
        if prefix != "O" and not continues:
            first, label = i, name
            repaired += prefix in ("I", "L", "E")
        if first >= 0 and prefix in ("L", "E", "U", "S"):
            spans.append(TagSpan(first, i + 1, label))
            first = -1
    return spans, repaired


def read_tags(cells: Sequence[str]) -> tuple[list[str], list[int]]:
    """The tags that a column of cells means, whatever their style, and which cells are none in the style of most.

    Besides TAG, styles are `B_PER`, `b-per`, `PER-B` and `M-` for `I-`; `_` is `O` where other cells are tags. A column
    in another style than TAG needs an `O` somewhere, as parts of speech such as `NN_S` have none.

    >>> read_tags(["PER-B", "PER-I", "O"]), read_tags(["B-PER", "M-PER", "E-PER", "_"])
    ((['B-PER', 'I-PER', 'O'], []), (['B-PER', 'I-PER', 'E-PER', 'O'], []))
    >>> read_tags(["B-PER", "PER", "O"])
    (['B-PER', 'PER', 'O'], [1])
    """
    counts = Counter(cells)
    outside = {"O", "o"} & set(counts)
    found = [{cell: style.fullmatch(cell) for cell in counts} for style in _STYLES[: None if outside else 1]]
    matches = max(found, key=lambda style: sum(counts[cell] for cell, match in style.items() if match))
    empty = outside | ({"_"} if outside or any(matches.values()) else set())
    meant = {cell: _to_tag(cell, match, empty) for cell, match in matches.items()}
    none = {cell for cell, match in matches.items() if match is None and cell not in empty}
    return [meant[cell] for cell in cells], [i for i, cell in enumerate(cells) if cell in none] if none else []


def _to_tag(cell: str, match: re.Match[str] | None, empty: set[str]) -> str:
    if match is None:
        return "O" if cell in empty else cell
    prefix = match["prefix"].upper()
    return f"{'I' if prefix == 'M' else prefix}-{match['label']}"


def into_lanes(spans: Iterable[TagSpan]) -> list[list[TagSpan]]:
    """The spans in as few lists as possible without overlaps in any; longer ones come first where they overlap.

    >>> [[span.label for span in lane] for lane in into_lanes([TagSpan(1, 2, "in"), TagSpan(0, 3, "out")])]
    [['out'], ['in']]
    """
    lanes: list[list[TagSpan]] = []
    for span in sorted(spans, key=lambda span: (span.first, -span.last)):
        for lane in lanes:
            if lane[-1].last <= span.first:
                lane.append(span)
                break
        else:
            lanes.append([span])
    return lanes
