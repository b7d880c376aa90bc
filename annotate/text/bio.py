"""BIO tags: from spans over tokens and back, for files, releases and the network's answers alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TAG = re.compile(r"O|[BIELSU]-\S+")


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
    mended = 0
    first, label = -1, ""  # the open span
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        continues = prefix in ("I", "L", "E") and first >= 0 and name == label
        if first >= 0 and not continues:
            spans.append(TagSpan(first, i, label))
            first = -1
        if prefix != "O" and not continues:
            first, label = i, name
            mended += prefix in ("I", "L", "E")
        if first >= 0 and prefix in ("L", "E", "U", "S"):
            spans.append(TagSpan(first, i + 1, label))
            first = -1
    return spans, mended


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
