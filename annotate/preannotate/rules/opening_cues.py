"""Quotes whose cue comes before them, "X said that ...", and "according to X" on either side."""

from __future__ import annotations

from annotate.preannotate.rules.closing_cues import read_after
from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import (
    Words,
    find_speaker_after,
    find_speaker_before,
    is_pronoun,
    skip_addressee,
)
from annotate.preannotate.rules.units import (
    Draft,
    Unit,
    end_of,
    find_content_end,
    is_clause,
    with_auxiliaries,
    without_stop,
)
from annotate.preannotate.rules.words import load_cues

_SPEECH = load_cues("speech")
_WEAK = load_cues("weak")
_WISHES = load_cues("wishes")
_ADDRESSED = load_cues("addressed")
_CIRCUMSTANCES = load_cues("circumstances")
_NO_SUBJECT = frozenset(["the", "a", "in", "on", "at", "as", "but", "and", "while"])


def read_opening_cues(page: Page, unit: Unit, free: int, end: int) -> list[Draft]:
    """Quotes whose cue comes before them, and "according to", between two words."""
    drafts: list[Draft] = []
    part = Unit(unit.first, end, unit.sentences, unit.stretches)
    at = free
    while at < end:
        draft = None if page.quoted[at] else _read_cue(page, part, at, free, drafts)
        if draft is None:
            at += 1
            continue
        drafts.append(draft)
        free = max(free, at + 1, end_of(draft))
        at = free if draft.content[-1][0] > at else at + 2
    return drafts


def _read_cue(page: Page, unit: Unit, at: int, free: int, drafts: list[Draft]) -> Draft | None:
    word = page.lowers[at]
    if word == "according" and at + 1 < unit.last and page.lowers[at + 1] == "to":
        return _read_according(page, unit, at, free)
    if word not in _SPEECH and word not in _WEAK and word not in _WISHES:
        return None
    return _read_before(page, unit, at, free, drafts) or read_after(page, unit, at, free)


def _read_according(page: Page, unit: Unit, at: int, free: int) -> Draft | None:
    trailing = at - free > 2
    speaker = find_speaker_after(page, at + 1, unit.last, apposition=trailing)
    if speaker is None:
        return None
    if trailing:
        content = (free, at - 1 if page.words[at - 1] == "," else at)
    else:
        start = speaker[1] + 1 if speaker[1] < unit.last and page.words[speaker[1]] == "," else speaker[1]
        content = (start, without_stop(page, unit.last))
    return Draft([content], speaker, (at, at + 2)) if content[0] < content[1] else None


def _read_before(page: Page, unit: Unit, at: int, free: int, drafts: list[Draft]) -> Draft | None:
    """A cue before its content: X said that ..."""
    word = page.lowers[at]
    speaker = find_speaker_before(page, free, at)
    dependent = word.endswith("ing") or page.lowers[at - 1 if at else 0] in ("and", "but", ",")
    if speaker is None or page.lowers[speaker[0]] in ("who", "which"):
        if drafts:
            speaker = drafts[-1].speaker
        elif dependent or speaker is not None:
            speaker = _first_noun_phrase(page, unit, at)
        else:
            return None
    start = at + 1
    if word in _ADDRESSED:
        start = skip_addressee(page, start, unit.last)
    start = _skip_circumstances(page, start, unit.last)
    colon = False
    while start < unit.last and page.words[start] in (",", ":") and start - at < 12:
        colon = colon or page.words[start] == ":"
        start += 1
    if start >= unit.last:
        return None
    that = page.lowers[start] == "that"
    if that:
        start += 2 if start + 1 < unit.last and page.words[start + 1] == "," else 1
    if start >= unit.last:
        return None
    marked = bool(page.quoted[start])
    end = find_content_end(page, unit, start)
    if end - start < 2 and not marked:
        return None
    inside = page.quoted.find(1, start, end) >= 0
    if word in _WISHES and page.lowers[start] == "to":
        return Draft([(start, end)], speaker, with_auxiliaries(page, at, free)) if speaker else None
    if word not in _SPEECH and not (inside and word in _WEAK):
        return None
    if word in _WEAK and not (that or inside or colon):
        return None
    if not (that or marked or colon or inside or is_clause(page, start, end)):
        return None
    return Draft([(start, end)], speaker, with_auxiliaries(page, at, free))


def _skip_circumstances(page: Page, start: int, last: int) -> int:
    """Past "on Monday", "in a statement" and the like, if "that", a mark or a comma follows soon."""
    if start >= last or page.lowers[start] not in _CIRCUMSTANCES:
        return start
    for end in range(start + 1, min(last, start + 14)):
        if page.lowers[end] == "that" or page.quoted[end] or page.words[end] in (",", ":"):
            return end
    days = [end for end in range(start, min(last, start + 3)) if page.lowers[end].endswith("day")]
    return days[0] + 1 if days else start


def _first_noun_phrase(page: Page, unit: Unit, before: int) -> Words | None:
    """The subject of the sentence by guess: its first pronoun or sequence of capitals."""
    for at in range(unit.first, before):
        if is_pronoun(page, at):
            return (at, at + 1)
        if page.words[at][0].isupper() and page.lowers[at] not in _NO_SUBJECT:
            end = at
            while end < before and (page.words[end][0].isupper() or page.words[end] in "-."):
                end += 1
            return (at, end) if end > at else None
    return None
