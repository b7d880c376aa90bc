"""Quotes by marks, reporting words and their neighbours, after the conventions of PARC 3 and PolNeAR.

A unit is a run of sentences that a quoted stretch holds together. In it every reporting word outside quotation
marks is tried as a cue: what comes before the speaker ("..., X said") or after the cue ("X said that ...") is
the content. Quoted stretches that no cue claims are direct quotes of the last speaker, if they are long enough to
be speech rather than a single word in scare quotes.
"""

from __future__ import annotations

from annotate.preannotate.rules.closing_cues import read_closing_cues
from annotate.preannotate.rules.opening_cues import read_opening_cues
from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import Words
from annotate.preannotate.rules.units import MARKS, STOPS, Draft, Unit, end_of, find_units
from annotate.records import Quote, Span
from annotate.spans import trim_range
from annotate.text.quotation import quote_type

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
    drafts = read_closing_cues(page, unit)
    for free, end in _find_gaps(unit, drafts):
        drafts += read_opening_cues(page, unit, free, end)
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
