"""What the quote rules read and write: units of text, drafts of quotes, and where a reported clause ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import Words
from annotate.preannotate.rules.words import load_cues

_AUXILIARIES = load_cues("auxiliaries")
_FINITE = load_cues("finite")
#: After a comma these begin what the author adds, not what was said.
_CUTTERS = load_cues("cutters")
#: In words, see `page`.
_LONGEST_UNIT = 900
_SPEECH = load_cues("speech")
MARKS = frozenset(["“", "”", '"', "''", "``", "‘", "’", "'", "«", "»"])
STOPS = frozenset([".", "!", "?", "…"])


@dataclass
class Draft:
    """A quote as ranges of words."""

    content: list[Words]
    speaker: Words | None
    cue: Words | None


@dataclass
class Unit:
    """A run of sentences that quoted stretches hold together; sentences and stretches are ranges of words."""

    first: int
    last: int
    sentences: list[Words]
    stretches: list[Words] = field(default_factory=list)

    def stretch_at(self, word: int) -> Words:
        """The stretch that the word is in; the word alone, if none."""
        return next((words for words in self.stretches if words[0] <= word < words[1]), (word, word + 1))


def find_units(page: Page) -> list[Unit]:
    """The units of a page, in order; every sentence is in one."""
    units: list[Unit] = []
    stretches = []
    for start, end, _ in page.stretches:
        first, last = page.word_at(start), page.word_at(end - 1) + 1
        if first < last:
            stretches.append((first, min(last, len(page.words))))
    at = 0
    for first, last in page.sentences:
        held = bool(units and units[-1].stretches) and units[-1].stretches[-1][1] > first
        if held and last - units[-1].first <= _LONGEST_UNIT:
            units[-1].last = last
            units[-1].sentences.append((first, last))
        else:
            units.append(Unit(first, last, [(first, last)]))
        while at < len(stretches) and stretches[at][0] < last:
            units[-1].stretches.append(stretches[at])
            at += 1
    return units


def end_of(draft: Draft) -> int:
    """The first word after everything that the draft covers."""
    parts: list[Words] = [
        *draft.content,
        *((draft.speaker,) if draft.speaker else ()),
        *((draft.cue,) if draft.cue else ()),
    ]
    return max(last for _, last in parts)


def with_auxiliaries(page: Page, cue: int, first: int) -> Words:
    """The cue with the auxiliaries and adverbs before it, from word `first` on."""
    start = cue
    while start > first and page.lowers[start - 1] in _AUXILIARIES:
        start -= 1
    return (start, cue + 1)


def is_clause(page: Page, start: int, end: int) -> bool:
    """Whether the words look like a clause: a finite verb after the first word."""
    words = page.lowers[start:end]
    if len(words) < 3 or words[0] in ("so", "nothing", "little"):
        return False
    return any(word in _FINITE or (word.endswith("ed") and len(word) > 3) for word in words[1:]) or (
        words[0] in ("he", "she", "they", "it", "we", "i") and len(words) > 2
    )


def find_content_end(page: Page, unit: Unit, start: int) -> int:
    """Where the content that starts here ends: with the sentence, or before another speaker's clause."""
    if page.quoted[start]:
        after = min(unit.stretch_at(start)[1], unit.last)
        closed = after >= unit.last or page.words[after - 2 if after - 2 > start else start] in (*STOPS, ",")
        if closed or page.words[after] in STOPS:
            return after
    end = page.sentences[page.sentence_of[start]][1]
    if end > unit.last or (end < len(page.words) and page.quoted[end] and page.quoted[end - 1]):
        end = unit.last
    for at in range(start + 3, end):
        if page.quoted[at]:
            continue
        if page.words[at] == ";" or (page.words[at] == "," and at + 1 < end and page.lowers[at + 1] in _CUTTERS):
            return at
        if page.lowers[at] in ("and", "but") and at + 1 < end and page.lowers[at + 1] == "according":
            return at
        joined = page.words[at] == "," and at + 3 < end and page.lowers[at + 1] in ("and", "but")
        if joined and any(word in _SPEECH for word in page.lowers[at + 2 : at + 7]):
            return at
    return without_stop(page, end) if not page.quoted[end - 1] else end


def without_stop(page: Page, end: int) -> int:
    """The end of the words without a final stop."""
    return end - 1 if page.words[end - 1] in STOPS else end
