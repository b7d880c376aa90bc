"""Noun phrases around a cue: who speaks, and who is spoken to. Without a parser, by words and marks alone."""

from __future__ import annotations

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.words import load_cues

_AUXILIARIES = load_cues("auxiliaries")
_NOT_SPEAKERS = load_cues("not_speakers")
_PRONOUNS = load_cues("pronouns")
_FINITE = load_cues("finite")
_CLAUSE_STARTERS = load_cues("clause_starters")
_AFTER_SPEAKER = load_cues("after_speaker")
_APPOSITION = load_cues("apposition")
_RELATIVE = load_cues("relative")
_STOPS = frozenset([",", ";", ":", "—", "–", "(", ")", ".", "!", "?", '"', "“", "”", "''", "``", "…"])
_ADDRESSEE = frozenset(["the", "a", "an", "of", "'s", "’s", "-", "his", "her", "their", "and", "."])
_LONGEST = 25

Words = tuple[int, int]


def is_pronoun(page: Page, at: int) -> bool:
    """Whether the word is a pronoun: "us", not "US"."""
    return page.lowers[at] in _PRONOUNS and (not page.words[at].isupper() or page.words[at] == "I")


def find_speaker_before(page: Page, first: int, cue: int) -> Words | None:
    """The words `[start, end)` of the noun phrase that ends before the cue, at or after word `first`.

    An apposition between commas belongs to it ("Obama, the president, said"), a relative clause does not.

    >>> from annotate.preannotate.rules.page import read_page
    >>> page = read_page("On Monday, Iraqi President Barham Salih also said so.")
    >>> page.words[slice(*find_speaker_before(page, 0, page.words.index("said")))]
    ['Iraqi', 'President', 'Barham', 'Salih']
    """
    end = cue
    while end > first and page.lowers[end - 1] in _AUXILIARIES:
        end -= 1
    if end - 2 > first and page.lowers[end - 1].endswith("day") and page.lowers[end - 2] == "on":
        end -= 2
    if end <= first:
        return None
    if page.words[end - 1] == ",":
        comma = _find_back(page, first, end - 1, ",")
        if comma is None or comma + 2 > end - 1 or page.words[comma - 1] == ",":
            return None
        named = find_speaker_before(page, first, comma) if comma > first else None
        if named is None:
            return None
        relative = page.lowers[comma + 1] in _RELATIVE
        return named if relative else (named[0], end - 1)
    start = end
    while start > first and end - start < _LONGEST:
        word = page.lowers[start - 1]
        if word in _STOPS:
            if (
                word == "."
                and start - 1 > first
                and page.starts[start - 1] == page.ends[start - 2]
                and len(page.words[start - 2]) < 5
            ):
                start -= 1  # Mr. / Sen.
                continue
            break
        if word in _CLAUSE_STARTERS and not (word == "and" and _joins_names(page, start - 1, first)):
            break
        start -= 1
    while start < end and page.lowers[start] in _NOT_SPEAKERS:
        start += 1
    if start >= end or page.lowers[end - 1] in _NOT_SPEAKERS:
        return None
    if is_pronoun(page, start) and end - start > 1 and page.lowers[start] != "you":
        return (start, start + 1)
    return (start, end)


def _joins_names(page: Page, at: int, first: int) -> bool:
    return (
        at > first and page.words[at - 1][0].isupper() and at + 1 < len(page.words) and page.words[at + 1][0].isupper()
    )


def _find_back(page: Page, first: int, before: int, word: str) -> int | None:
    return next((at for at in range(before - 1, max(first, before - _LONGEST) - 1, -1) if page.words[at] == word), None)


def find_speaker_after(page: Page, cue: int, last: int, *, apposition: bool = True) -> Words | None:
    """The words of the noun phrase that follows an inverted cue: "..., said John Smith, a farmer."

    >>> from annotate.preannotate.rules.page import read_page
    >>> page = read_page("said John Smith, a farmer from Ohio.")
    >>> page.words[slice(*find_speaker_after(page, 0, len(page.words)))]
    ['John', 'Smith', ',', 'a', 'farmer', 'from', 'Ohio']
    """
    start = cue + 1
    end = start
    appositions = 0
    while end < last and end - start < _LONGEST:
        word = page.lowers[end]
        if word in (";", ":", "—", "–", "“", '"', "''", "``", "(") or (word in _AFTER_SPEAKER and appositions == 0):
            break
        if word == ".":
            initial = page.starts[end] == page.ends[end - 1] and (
                len(page.words[end - 1]) < 5 and page.words[end - 1][0].isupper()
            )
            if not (initial and end + 1 < last):
                break
        if word == ",":
            if not apposition or appositions or end + 1 >= last or page.lowers[end + 1] not in _APPOSITION:
                break
            appositions = 1
        end += 1
    if end <= start or page.lowers[start] in _NOT_SPEAKERS:
        return None
    return (start, end)


def skip_addressee(page: Page, at: int, last: int) -> int:
    """The first word after whom a cue such as "told" is said to: "reporters", "the New York Times", "him"."""
    if at >= last:
        return at
    if is_pronoun(page, at):
        return at + 1
    for end in range(at, min(last, at + 14)):
        if page.lowers[end] == "that":
            return end
        if page.words[end] == "," or page.lowers[end] in _FINITE:
            break
    end = at
    while end < last and end - at < 9:
        word = page.words[end]
        if page.lowers[end] == "that" or word in ("“", '"', "''", "``", ",", ":", "‘"):
            return end
        if word[0].isupper() or page.lowers[end] in _ADDRESSEE:
            end += 1
            continue
        if end > at and page.words[end - 1][0].isupper() and page.lowers[end - 1] not in ("the",):
            return end
        return end + 1
    return end
