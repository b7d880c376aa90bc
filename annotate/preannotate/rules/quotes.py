"""Quotes by marks, reporting words and their neighbours, after the conventions of PARC 3 and PolNeAR.

A unit is a run of sentences that a quoted stretch holds together. In it every reporting word outside quotation
marks is tried as a cue: what comes before the speaker ("..., X said") or after the cue ("X said that ...") is
the content. Quoted stretches that no cue claims are direct quotes of the last speaker, if they are long enough to
be speech rather than a single word in scare quotes.
"""

from __future__ import annotations

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import (
    Words,
    find_speaker_after,
    find_speaker_before,
    is_pronoun,
    skip_addressee,
)
from annotate.preannotate.rules.units import (
    MARKS,
    STOPS,
    Draft,
    Unit,
    end_of,
    find_content_end,
    find_units,
    is_clause,
    with_auxiliaries,
    without_stop,
)
from annotate.preannotate.rules.words import load_cues
from annotate.records import Quote, Span
from annotate.spans import trim_range
from annotate.text.quotation import quote_type

_SPEECH = load_cues("speech")
_CLOSING = load_cues("closing")
_ADDRESSED = load_cues("addressed")
_AUXILIARIES = load_cues("auxiliaries")
_CIRCUMSTANCES = load_cues("circumstances")
_FINITE = load_cues("finite")
_BREAKS = frozenset([",", ";", ".", "—", "–", ")"])
_WEAK = load_cues("weak")
_WISHES = load_cues("wishes")
_NO_SUBJECT = frozenset(["the", "a", "in", "on", "at", "as", "but", "and", "while"])
#: A stretch of fewer words, which no cue claims, is a name, a title or a word that the author does not own.
_LEAST_WORDS = 6


def find_quotes(page: Page) -> list[Quote]:
    """Quotes in the order of their first word; every reported word belongs to one quote at most.

    >>> from annotate.preannotate.rules.page import read_page
    >>> text = "“It is over,” Biden said. He added that troops would leave."
    >>> quotes = find_quotes(read_page(text))
    >>> [(q.type, text[q.content[0].start:q.content[0].end], text[q.speaker.start:q.speaker.end]) for q in quotes]
    [('direct', '“It is over,”', 'Biden'), ('indirect', 'troops would leave', 'He')]
    """
    speaker: Words | None = None
    drafts: list[Draft] = []
    for unit in find_units(page):
        found = _read_unit(page, unit, speaker)
        if drafts and found and _continues(page, drafts[-1], found[0]):
            drafts[-1].content += found.pop(0).content
        elif drafts and found and drafts[-1].cue is None and _goes_on(page, drafts[-1], found[0]):
            found[0].content[:0] = drafts.pop().content
        drafts += found
        speaker = next((draft.speaker for draft in reversed(drafts[-1:]) if draft.speaker), speaker)
    quotes = [quote for draft in drafts if (quote := _to_quote(page, draft)) is not None]
    return sorted(quotes, key=lambda quote: quote.content[0].start)


def _continues(page: Page, before: Draft, draft: Draft) -> bool:
    """Whether a stretch without a cue goes on with the quote before it: in its paragraph, or after an open mark."""
    if draft.cue is not None or not _is_marked(page, before.content[-1]):
        return False
    between = page.text[page.ends[before.content[-1][1] - 1] : page.starts[draft.content[0][0]]]
    if "\n" not in between:
        return before.cue is not None
    return _goes_on(page, before, draft)


def _goes_on(page: Page, before: Draft, draft: Draft) -> bool:
    """Whether a mark that stays open at the end of a paragraph is taken up at the start of the next."""
    last = before.content[-1][1]
    between = page.text[page.ends[last - 1] : page.starts[draft.content[0][0]]]
    marked = _is_marked(page, before.content[-1]) and _is_marked(page, draft.content[0])
    return marked and not between.strip() and page.words[last - 1] not in MARKS


def _is_marked(page: Page, words: Words) -> bool:
    return page.words[words[0]] in MARKS


def _read_unit(page: Page, unit: Unit, previous: Words | None) -> list[Draft]:
    drafts = _read_closing_cues(page, unit)
    for free, end in _find_gaps(unit, drafts):
        drafts += _read_opening_cues(page, unit, free, end)
    drafts.sort(key=lambda draft: draft.content[0])
    taken = {at for draft in drafts for words in draft.content for at in range(*words)}
    for stretch in unit.stretches:
        if stretch[1] - stretch[0] < _LEAST_WORDS or not taken.isdisjoint(range(*stretch)):
            continue
        if drafts and drafts[-1].content[-1][1] <= stretch[0] and not _is_sentence(page, unit, stretch):
            continue
        whole = _is_sentence(page, unit, stretch) or stretch[1] - stretch[0] >= 2 * _LEAST_WORDS
        if whole:
            speaker = drafts[-1].speaker if drafts else previous
            drafts.append(Draft([stretch], speaker, None))
    return drafts


def _find_gaps(unit: Unit, drafts: list[Draft]) -> list[Words]:
    gaps = []
    free = unit.first
    for draft in drafts:
        start = min(first for first, _ in draft.content)
        if free < start:
            gaps.append((free, start))
        free = max(free, end_of(draft))
    if free < unit.last:
        gaps.append((free, unit.last))
    return gaps


def _is_sentence(page: Page, unit: Unit, stretch: Words) -> bool:
    return stretch[0] == unit.first or page.words[stretch[0] - 1] in (":", ",", *STOPS)


def _to_quote(page: Page, draft: Draft) -> Quote | None:
    content = []
    for first, last in sorted(draft.content):
        start, end = trim_range(page.text, *page.range_of(first, last))
        if start < end:
            content.append(Span(start, end, page.text[start:end]))
    if not content:
        return None
    return Quote(
        quote_type(page.text, content),
        content,
        speaker=_to_span(page, draft.speaker),
        cue=_to_span(page, draft.cue),
        score=0.9 if draft.cue and page.text[content[0].start] in "“\"'‘«`" else 0.6,
    )


def _to_span(page: Page, words: Words | None) -> Span | None:
    if words is None:
        return None
    start, end = page.range_of(*words)
    return Span(start, end, page.text[start:end])


def _read_closing_cues(page: Page, unit: Unit) -> list[Draft]:
    """Quotes whose cue follows them; they come first, because they may claim a whole sentence."""
    drafts: list[Draft] = []
    free = unit.first
    for first, last in unit.sentences:
        free = max(free, first) if not page.quoted[first] else free
        for at in range(first, last):
            if page.quoted[at] or page.lowers[at] not in _CLOSING or at < free:
                continue
            draft = _read_after(page, unit, at, free)
            if draft is not None:
                drafts.append(draft)
                free = end_of(draft)
    return drafts


def _read_after(page: Page, unit: Unit, at: int, free: int) -> Draft | None:
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


def _read_opening_cues(page: Page, unit: Unit, free: int, end: int) -> list[Draft]:
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
    return _read_before(page, unit, at, free, drafts) or _read_after(page, unit, at, free)


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
