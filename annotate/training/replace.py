"""Puts other names in the place of an article's names, the same replacement each time that a name occurs.

The largest single gain on names out of domain: without it the network learns the names of one year's US politics.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from annotate.training.examples import ClaimAnswer, Document
from annotate.training.gazetteers import Gazetteers

_NAME = re.compile(r"[A-Z][\w.'’-]*(?: [\w.'’&,-]+){0,6}")


def replace_names(document: Document, *, share: float, gazetteers: Gazetteers, chance: random.Random) -> Document:
    """A copy of `document` with about `share` of its distinct names replaced and every offset moved along."""
    if not document.entities:
        return document
    people: dict[str, tuple[str, str]] = {}
    others: dict[tuple[str, str], str | None] = {}
    edits: list[tuple[int, int, str]] = []
    for start, end, labels in sorted(document.entities, key=lambda entity: entity[:2]):
        name = document.text[start:end]
        if (edits and start < edits[-1][1]) or not _NAME.fullmatch(name) or (name.isupper() and len(name) > 5):
            continue
        label = next(iter(labels)) if len(labels) == 1 else chance.choice(sorted(labels))
        if label == "PERSON":
            new = _other_person(name, people, share, gazetteers, chance)
        else:
            key = (label, name)
            if key not in others:
                others[key] = gazetteers.name_of(label) if chance.random() < share else None
            new = others[key]
            if new and label == "NORP":
                new = new + "s" if name.endswith("s") and not name.endswith("ss") and new[-1] in "nit" else new
        if new and new != name:
            edits.append((start, end, new))
    return _edit(document, edits) if edits else document


def _other_person(
    name: str, people: dict[str, tuple[str, str]], share: float, gazetteers: Gazetteers, chance: random.Random
) -> str | None:
    parts = name.split()
    family = parts[-1]
    if family not in people:
        people[family] = gazetteers.person() if chance.random() < share else ("", "")
    given, new = people[family]
    if not given:
        return None
    if len(parts) == 1:
        return new
    middle = f" {chance.choice('ABCDEFGHJKLMPRSTW')}." if len(parts) > 2 else ""
    return f"{given}{middle} {new}"


def _edit(document: Document, edits: list[tuple[int, int, str]]) -> Document:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    shifts: list[int] = []
    at = shift = 0
    for start, end, new in edits:
        pieces += [document.text[at:start], new]
        shift += len(new) - (end - start)
        starts.append(start)
        ends.append(end)
        shifts.append(shift)
        at = end
    pieces.append(document.text[at:])
    move = _mover(starts, ends, shifts)

    def span(start: int, end: int) -> tuple[int, int]:
        return move(start, False), move(end, True)

    def quote(old: dict[str, Any]) -> dict[str, Any]:
        return {
            "content": [span(*part) for part in old["content"]],
            "speaker": span(*old["speaker"]) if old["speaker"] else None,
            "cue": span(*old["cue"]) if old["cue"] else None,
        }

    def claim(old: ClaimAnswer) -> ClaimAnswer:
        start, end = span(old.start, old.end)
        return replace(old, start=start, end=end, claimer=span(*old.claimer) if old.claimer else None)

    entities = [(*span(start, end), labels) for start, end, labels in document.entities or ()]
    syntax = None
    if document.syntax is not None:
        syntax = {move(start, False): value for start, value in document.syntax.items()}
    return replace(
        document,
        text="".join(pieces),
        quotes=None if document.quotes is None else [quote(old) for old in document.quotes],
        entities=entities,
        unknown_entities=[(*span(start, end), labels) for start, end, labels in document.unknown_entities],
        unknown_quotes=[span(*region) for region in document.unknown_quotes],
        claims=None if document.claims is None else [claim(old) for old in document.claims],
        unknown_claims=[span(*region) for region in document.unknown_claims],
        syntax=syntax,
    )


def _mover(starts: list[int], ends: list[int], shifts: list[int]) -> Callable[[int, bool], int]:
    """Moves an offset; one inside a replaced name goes to the name's start, or to its end for the end of a span."""
    from bisect import bisect_right

    def move(offset: int, is_end: bool) -> int:
        at = bisect_right(starts, offset) - 1
        if at < 0:
            return offset
        before = shifts[at - 1] if at else 0
        if offset >= ends[at]:
            return offset + shifts[at]
        if offset == starts[at]:
            return offset + before
        return ends[at] + shifts[at] if is_end else starts[at] + before

    return move
