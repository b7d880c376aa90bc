"""A text with its marks as HTML, for where no script runs: what `drawText` in `shell.js` draws, element by element.

`tests/e2e/test_html.py` compares the two on random records; whoever changes one changes the other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

# longer marks lie outside shorter ones; of equal ones, the lower rank
_RANK = {"ignore": 0, "quote": 1, "claim": 2, "claimer": 3, "speaker": 4, "cue": 4, "entity": 5}
# HTML cannot hold a NUL or a lone surrogate, and reads a raw CR as a line break
_UNHELD = re.compile("[\x00\r\ud800-\udfff]")


def draw_text(text: str, marks: Sequence[Mapping[str, Any]], colours: Mapping[str, str]) -> str:
    """The inner HTML of an element of the class `text`: everything escaped, its text content is the text.

    Args:
        marks: as `to_marks` makes them.
        colours: of labels, as `label_colours` gives them; labels without one get a colour made from their name.

    >>> draw_text("Ada & Bob", [{"start": 0, "end": 3, "kind": "cue", "label": "cue"}], {})
    '<span class="m k-cue first last" title="cue" data-tag=" cue" data-mark="0">Ada</span> &amp; Bob'
    """
    ordered = sorted(
        enumerate(marks),
        key=lambda pair: (pair[1]["start"] - pair[1]["end"], _RANK[pair[1]["kind"]], pair[1]["start"]),
    )
    lanes = _find_lanes(ordered)
    starting: dict[int, list[int]] = {}
    for rank, (_, mark) in enumerate(ordered):
        starting.setdefault(mark["start"], []).append(rank)
    parts: list[str] = []
    stack: list[tuple[int, int, bool]] = []  # open pieces, outermost first: rank, place in parts, first of its mark
    active: list[int] = []  # ranks of the marks that cover the position
    seen: set[int] = set()
    at = 0

    def end_of(rank: int) -> int:
        end: int = ordered[rank][1]["end"]
        return end

    for bound in sorted({mark[side] for mark in marks for side in ("start", "end")}):
        parts.append(escape_text(text[at:bound]))
        at = max(at, bound)
        active = [rank for rank in active if end_of(rank) > bound]
        active = sorted(active + [rank for rank in starting.get(bound, ()) if end_of(rank) > bound])
        shared = 0
        while shared < len(stack) and shared < len(active) and stack[shared][0] == active[shared]:
            shared += 1
        for rank, place, first in reversed(stack[shared:]):
            index, mark = ordered[rank]
            parts[place] = _open(mark, index, first, mark["end"] == bound, lanes.get(index, 0), colours)
            parts.append("</span>")
        del stack[shared:]
        for rank in active[shared:]:
            stack.append((rank, len(parts), rank not in seen))
            seen.add(rank)
            parts.append("")
    parts.append(escape_text(text[at:]))
    return "".join(parts)


def escape_text(text: str) -> str:
    r"""The text for HTML, in an element or in quotes.

    >>> escape_text("<a b='c'>\r\x00")
    '&lt;a b=&#x27;c&#x27;&gt;&#13;\ufffd'
    """
    return _UNHELD.sub(lambda found: "&#13;" if found[0] == "\r" else "\ufffd", html.escape(text))


def find_colour(label: str, colours: Mapping[str, str]) -> str:
    """The label's colour, or one made from its name.

    >>> find_colour("ORG", {"ORG": "#abcdef"}), find_colour("odd", {})
    ('#abcdef', 'hsl(71 60% 75%)')
    """
    if label in colours:
        return colours[label]
    hashed = 0
    for character in label:
        hashed = (hashed * 31 + ord(character)) & 0xFFFFFFFF
    return f"hsl({hashed % 360} 60% 75%)"


def _find_lanes(ordered: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[int, int]:
    """Claims that overlap get their lines under each other: the lane of each, by its index."""
    claims = [(index, mark) for index, mark in ordered if mark["kind"] == "claim"]
    lanes: list[list[Mapping[str, Any]]] = []
    found = {}
    for index, mark in sorted(claims, key=lambda pair: pair[1]["end"] - pair[1]["start"]):
        lane = 0
        while lane < len(lanes) and any(
            other["start"] < mark["end"] and mark["start"] < other["end"] for other in lanes[lane]
        ):
            lane += 1
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(mark)
        found[index] = lane
    return found


def _open(mark: Mapping[str, Any], index: int, first: bool, last: bool, lane: int, colours: Mapping[str, str]) -> str:
    kind, label = mark["kind"], mark["label"]
    classes = [
        "m",
        f"k-{kind}",
        *(["first"] if first else []),
        *(["unworthy"] if mark.get("check_worthy") is False else []),
        *(["last"] if last else []),
    ]
    style = f"--c: {find_colour(label, colours)};" if kind == "entity" else f"--lane: {lane};" if lane else None
    attributes = {
        "class": " ".join(classes),
        "title": mark.get("title", label),
        "data-tag": _tag(mark),
        "data-state": mark.get("state"),
        "data-group": mark.get("group"),
        "data-mark": str(index),
        "style": style,
    }
    written = (f'{name}="{escape_text(value)}"' for name, value in attributes.items() if value is not None)
    return f"<span {' '.join(written)}>"


def _tag(mark: Mapping[str, Any]) -> str:
    state = f" {mark['state']}" if mark.get("state") not in (None, "correct", "differs") else ""
    kind, label, number = mark["kind"], mark["label"], mark.get("number", "")
    if kind == "quote":
        return f"❝{number}{'' if label == 'direct' else f' {label}'}{state}"
    if kind in ("speaker", "cue", "claimer"):
        return f"{number} {kind}{state}"
    if kind == "claim":
        return f"{number} {label}{' ✓' if mark.get('check_worthy') else ''}{state}"
    return f"{label}{state}"
