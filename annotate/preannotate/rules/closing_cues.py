"""Quotes whose cue follows them: "..., X said", "...," said X, and their interrupted forms."""

from __future__ import annotations

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import Words, find_speaker_after, find_speaker_before, skip_addressee
from annotate.preannotate.rules.units import (
    MARKS,
    STOPS,
    Draft,
    Unit,
    end_of,
    find_content_end,
    is_clause,
    with_auxiliaries,
)
from annotate.preannotate.rules.words import load_cues

_SPEECH = load_cues("speech")
_CLOSING = load_cues("closing")
_ADDRESSED = load_cues("addressed")
_AUXILIARIES = load_cues("auxiliaries")
_CIRCUMSTANCES = load_cues("circumstances")
_FINITE = load_cues("finite")
_BREAKS = frozenset([",", ";", ".", "—", "–", ")"])


def read_closing_cues(page: Page, unit: Unit) -> list[Draft]:
    """Quotes whose cue follows them; they come first, because they may claim a whole sentence."""
    drafts: list[Draft] = []
    free = unit.first
    for first, last in unit.sentences:
        free = max(free, first) if not page.quoted[first] else free
        for at in range(first, last):
            if page.quoted[at] or page.lowers[at] not in _CLOSING or at < free:
                continue
            draft = read_after(page, unit, at, free)
            if draft is not None:
                drafts.append(draft)
                free = end_of(draft)
    return drafts


def read_after(page: Page, unit: Unit, at: int, free: int) -> Draft | None:
    """A cue after its content: "..., X said" or "...," said X."""
    if page.lowers[at] not in _SPEECH:
        return None
    found = _find_inverted(page, unit, at, free) or _find_upright(page, unit, at, free)
    if found is None:
        return None
    speaker, border = found
    start = free
    while start < border and page.words[start] in _BREAKS and not page.quoted[start]:
        start += 1
    marked, bordered = bool(page.quoted[start]), bool(page.quoted[border])
    end = border + 1 if bordered else border
    if bordered and not marked:
        stretch = unit.stretch_at(border)
        if page.words[stretch[0] - 1] in (":", *STOPS):
            start, marked = stretch[0], True
    if marked and not bordered:
        # "...," prior to the visit, he said: what is between the mark and the speaker was not said
        end = unit.stretch_at(start)[1]
    if end - start < 2:
        return None
    after = max(at + 1, speaker[1])
    rest = _find_rest(page, unit, after) if marked else _find_second(page, unit, start, after)
    if rest is None and not marked and not bordered and not is_clause(page, start, end):
        return None
    content = [(start, end), *([rest] if rest is not None else [])]
    return Draft(content, speaker, with_auxiliaries(page, at, speaker[1] if speaker[1] <= at else border + 1))


def _find_inverted(page: Page, unit: Unit, at: int, free: int) -> tuple[Words, int] | None:
    """Who speaks in "...," said X, and the last word before the cue."""
    border = at - 1
    while border > free and page.lowers[border] in _AUXILIARIES:
        border -= 1
    if border < free or not (page.words[border] == "," or page.quoted[border]):
        return None
    if at + 1 < unit.last and page.lowers[at + 1] in ("that", ":", ","):
        return None
    speaker = find_speaker_after(page, at, unit.last)
    if speaker is None or not (page.quoted[border] or _is_inverted(page, unit, speaker)):
        return None
    return speaker, border


def _find_upright(page: Page, unit: Unit, at: int, free: int) -> tuple[Words, int] | None:
    """Who speaks in "..., X said", and the last word before the speaker."""
    speaker = find_speaker_before(page, free, at)
    if speaker is None or speaker[0] <= free:
        return None
    border = speaker[0] - 1
    bordered = bool(page.quoted[border])
    if not (bordered or page.words[border] == ","):
        return None
    behind = skip_addressee(page, at + 1, unit.last) if page.lowers[at] in _ADDRESSED else at + 1
    following = page.lowers[behind] if behind < unit.last else "."
    if following in _BREAKS or following in STOPS or following in MARKS or following in _CIRCUMSTANCES or bordered:
        return speaker, border
    return None


def _is_inverted(page: Page, unit: Unit, speaker: Words) -> bool:
    """Whether the words after "..., said" are who said it, rather than what an apposition's owner said."""
    words = page.lowers[slice(*speaker)]
    ends = speaker[1] >= unit.last or page.words[speaker[1]] in (".", ",", ";")
    return ends and not any(word in _FINITE or (word.endswith("ed") and len(word) > 4) for word in words)


def _find_rest(page: Page, unit: Unit, after: int) -> Words | None:
    """The second piece of an interrupted quote: "A," he said, "B." """
    for stretch in unit.stretches:
        if stretch[0] >= after:
            gap = page.words[after : stretch[0]]
            return stretch if len(gap) <= 8 and not any(word in STOPS for word in gap) and "," in gap else None
    return None


def _find_second(page: Page, unit: Unit, start: int, after: int) -> Words | None:
    """The second piece of an interrupted clause: "The move, he said, was late." """
    if after + 2 >= unit.last or page.words[after] != "," or page.quoted[after + 1]:
        return None
    if page.lowers[after + 1] in (
        "and",
        "but",
        "adding",
        "according",
        "who",
        "while",
        "citing",
        "referring",
        "a",
        "the",
        "in",
        "as",
    ):
        return None
    end = find_content_end(page, unit, after + 1)
    return (after + 1, end) if end - after > 2 else None
