"""Quotes by marks, reporting words and their neighbours, after the conventions of PARC 3 and PolNeAR.

A unit is a run of sentences that a quoted stretch holds together. In it every reporting word outside quotation
marks is tried as a cue: what stands before the speaker ("..., X said") or behind the cue ("X said that ...") is
the content. Quoted stretches that no cue claims are direct quotes of the last speaker, if they are long enough to
be speech rather than a word held with tongs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.phrases import Words, find_speaker_after, find_speaker_before, skip_addressee
from annotate.preannotate.rules.words import load_cues
from annotate.records import Quote, QuoteType, Span
from annotate.spans import trim_range

_SPEECH = load_cues("speech")
_WEAK = load_cues("weak")
_WISHES = load_cues("wishes")
_ADDRESSED = load_cues("addressed")
_AUXILIARIES = load_cues("auxiliaries")
_CIRCUMSTANCES = load_cues("circumstances")
_PRONOUNS = load_cues("pronouns")
_FINITE = load_cues("finite")
_MARKS = frozenset(["“", "”", '"', "''", "``", "‘", "’", "'", "«", "»"])
_STOPS = frozenset([".", "!", "?", "…"])
#: A stretch of fewer words, which no cue claims, is a name, a title or a word that the author does not own.
_LEAST_WORDS = 6


@dataclass
class _Draft:
    content: list[Words]
    speaker: Words | None
    cue: Words | None


@dataclass
class _Unit:
    first: int
    last: int
    stretches: list[Words] = field(default_factory=list)


def find_quotes(page: Page) -> list[Quote]:
    """Quotes in the order of their first word; every reported word belongs to one quote at most.

    >>> from annotate.preannotate.rules.page import read_page
    >>> text = "“It is over,” Biden said. He added that troops would leave."
    >>> quotes = find_quotes(read_page(text))
    >>> [(q.type, text[q.content[0].start:q.content[0].end], text[q.speaker.start:q.speaker.end]) for q in quotes]
    [('direct', '“It is over,”', 'Biden'), ('indirect', 'troops would leave', 'He')]
    """
    quotes: list[Quote] = []
    speaker: Words | None = None
    for unit in _find_units(page):
        drafts = _read_unit(page, unit, speaker)
        for draft in drafts:
            quote = _to_quote(page, draft)
            if quote is not None:
                quotes.append(quote)
                speaker = draft.speaker or speaker
    return sorted(quotes, key=lambda quote: quote.content[0].start)


def _find_units(page: Page) -> list[_Unit]:
    units = [_Unit(first, last) for first, last in page.sentences]
    merged: list[_Unit] = []
    stretches = []
    for start, end, _ in page.stretches:
        first, last = page.word_at(start), page.word_at(end - 1) + 1
        if first < last:
            stretches.append((first, min(last, len(page.words))))
    at = 0
    for unit in units:
        if merged and merged[-1].stretches and merged[-1].stretches[-1][1] > unit.first:
            merged[-1].last = unit.last
        else:
            merged.append(_Unit(unit.first, unit.last))
        while at < len(stretches) and stretches[at][0] < unit.last:
            merged[-1].stretches.append(stretches[at])
            at += 1
    return merged


def _read_unit(page: Page, unit: _Unit, previous: Words | None) -> list[_Draft]:
    quoted = bytearray(unit.last - unit.first)
    for first, last in unit.stretches:
        for at in range(max(first, unit.first), min(last, unit.last)):
            quoted[at - unit.first] = 1
    drafts: list[_Draft] = []
    free = unit.first  # what stands before this word is spoken for
    at = unit.first
    while at < unit.last:
        if quoted[at - unit.first]:
            at += 1
            continue
        draft = _read_cue(page, unit, quoted, at, free, drafts)
        if draft is None:
            at += 1
            continue
        drafts.append(draft)
        free = max(
            [free, at + 1, *(last for _, last in draft.content), *((draft.speaker[1],) if draft.speaker else ())]
        )
        at = max(at + 1, free if draft.content[-1][0] > at else at + 1)
    taken = [words for draft in drafts for words in draft.content]
    for stretch in unit.stretches:
        if stretch[1] - stretch[0] < _LEAST_WORDS or any(a < stretch[1] and stretch[0] < b for a, b in taken):
            continue
        if drafts and drafts[-1].content[-1][1] <= stretch[0] and not _is_sentence(page, unit, stretch):
            continue
        whole = _is_sentence(page, unit, stretch) or stretch[1] - stretch[0] >= 2 * _LEAST_WORDS
        if whole:
            speaker = drafts[-1].speaker if drafts else previous
            drafts.append(_Draft([stretch], speaker, None))
    return drafts


def _is_sentence(page: Page, unit: _Unit, stretch: Words) -> bool:
    return stretch[0] == unit.first or page.words[stretch[0] - 1] in (":", ",", *_STOPS)


def _read_cue(page: Page, unit: _Unit, quoted: bytearray, at: int, free: int, drafts: list[_Draft]) -> _Draft | None:
    word = page.lowers[at]
    if word == "according" and at + 1 < unit.last and page.lowers[at + 1] == "to":
        return _read_according(page, unit, at, free)
    if word not in _SPEECH and word not in _WEAK and word not in _WISHES:
        return None
    return _read_after(page, unit, quoted, at, free) or _read_before(page, unit, quoted, at, free, drafts)


def _read_according(page: Page, unit: _Unit, at: int, free: int) -> _Draft | None:
    speaker = find_speaker_after(page, at + 1, unit.last)
    if speaker is None:
        return None
    if at - free > 2:
        content = (free, at - 1 if page.words[at - 1] == "," else at)
    else:
        start = speaker[1] + 1 if speaker[1] < unit.last and page.words[speaker[1]] == "," else speaker[1]
        content = (start, _last_word(page, unit.last))
    return _Draft([content], speaker, (at, at + 2)) if content[0] < content[1] else None


def _read_after(page: Page, unit: _Unit, quoted: bytearray, at: int, free: int) -> _Draft | None:
    """A cue behind its content: "..., X said" or "...," said X."""
    if page.lowers[at] not in _SPEECH:
        return None
    end = at + 1
    while end < unit.last and page.lowers[end] in ("of", "in", "on", "at") and page.lowers[at] in ("asked",):
        end += 1
    following = page.lowers[at + 1] if at + 1 < unit.last else "."
    before = at - 1
    while before > free and page.lowers[before] in _AUXILIARIES:
        before -= 1
    inverted = before >= free and (page.words[before] == "," or quoted[before - unit.first])
    if inverted:
        speaker = find_speaker_after(page, at, unit.last)
        border = before
        if speaker is None or (before == at - 1 and following in ("that", ":", ",")):
            return None
        if not quoted[before - unit.first] and following not in ("the",) and not page.words[at + 1][0].isupper():
            return None
    else:
        speaker = find_speaker_before(page, free, at)
        if speaker is None or speaker[0] <= free:
            return None
        border = speaker[0] - 1
        if not (page.words[border] == "," or quoted[border - unit.first]):
            return None
        if (
            following not in (",", ".", ";", "?", "!", "—", "–")
            and following not in _CIRCUMSTANCES
            and following not in _MARKS
        ):
            if not (
                quoted[border - unit.first]
                and page.lowers[at] in ("told", "said", "added", "wrote", "tweeted", "asked")
            ):
                return None
    start = free
    while start < border and (page.words[start] in (",", ";", ".", "—", "–", ")")) and not quoted[start - unit.first]:
        start += 1
    content_end = border + 1 if quoted[border - unit.first] else border
    if quoted[border - unit.first] and not quoted[start - unit.first]:
        stretch = next((words for words in unit.stretches if words[0] <= border < words[1]), None)
        if stretch and page.words[stretch[0] - 1] in (":", *_STOPS):
            start = stretch[0]
    if content_end - start < 2:
        return None
    content = [(start, content_end)]
    if quoted[start - unit.first]:
        rest = _find_rest(page, unit, max(at + 1, speaker[1]))
        if rest is not None:
            content.append(rest)
    return _Draft(content, speaker, _with_auxiliaries(page, at, max(free, speaker[1] if not inverted else free)))


def _find_rest(page: Page, unit: _Unit, after: int) -> Words | None:
    """The second piece of an interrupted quote: "A," he said, "B." """
    for stretch in unit.stretches:
        if stretch[0] >= after:
            gap = page.words[after : stretch[0]]
            return stretch if len(gap) <= 8 and not any(word in _STOPS for word in gap) and "," in gap else None
    return None


def _read_before(page: Page, unit: _Unit, quoted: bytearray, at: int, free: int, drafts: list[_Draft]) -> _Draft | None:
    """A cue before its content: X said that ..."""
    word = page.lowers[at]
    speaker = find_speaker_before(page, free, at)
    dependent = (speaker is None and word.endswith("ing")) or page.lowers[at - 1 if at else 0] in ("and", "but", ",")
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
    start = _skip_circumstances(page, start, unit.last, quoted, unit.first)
    colon = False
    while start < unit.last and page.words[start] in (",", ":") and start - at < 12:
        colon = colon or page.words[start] == ":"
        start += 1
    if start >= unit.last:
        return None
    that = page.lowers[start] == "that"
    marked = bool(quoted[start - unit.first])
    if that:
        start += 1
    end = _content_end(page, unit, quoted, start)
    if end - start < 2 and not marked:
        return None
    inside = any(quoted[index - unit.first] for index in range(start, end))
    if word in _WISHES and page.lowers[start] == "to":
        return _Draft([(start, end)], speaker, _with_auxiliaries(page, at, free)) if speaker else None
    if word not in _SPEECH and not (inside and word in _WEAK):
        return None
    if word in _WEAK and not (that or inside or colon):
        return None
    if not (that or marked or colon or inside or _is_clause(page, start, end)):
        return None
    return _Draft([(start, end)], speaker, _with_auxiliaries(page, at, free))


def _skip_circumstances(page: Page, start: int, last: int, quoted: bytearray, first: int) -> int:
    """Past "on Monday", "in a statement" and the like, if "that", a mark or a comma follows soon."""
    if start >= last or page.lowers[start] not in _CIRCUMSTANCES:
        return start
    for end in range(start + 1, min(last, start + 14)):
        if page.lowers[end] == "that" or quoted[end - first] or page.words[end] in (",", ":"):
            return end
    days = [end for end in range(start, min(last, start + 3)) if page.lowers[end].endswith("day")]
    return days[0] + 1 if days else start


def _content_end(page: Page, unit: _Unit, quoted: bytearray, start: int) -> int:
    """Where the content that starts here ends: with the sentence, or before another speaker's clause."""
    end = unit.last
    if start < unit.last and quoted[start - unit.first]:
        stretch = next((words for words in unit.stretches if words[0] <= start < words[1]), None)
        if stretch is not None:
            after = stretch[1]
            closed = after >= unit.last or page.words[after - 2 if after - 2 > start else start] in (*_STOPS, ",")
            if closed or page.words[after] in _STOPS:
                return min(after, unit.last)
    sentence_end = next(last for first, last in page.sentences if first <= start < last)
    if not any(words[0] < sentence_end < words[1] for words in unit.stretches):
        end = min(end, sentence_end)
    for at in range(start + 3, end):
        if quoted[at - unit.first]:
            continue
        if page.lowers[at] == "according" and page.words[at - 1] == ",":
            return at - 1
        if page.words[at] == ";" or (
            page.words[at] == ","
            and at + 1 < end
            and page.lowers[at + 1] in ("adding", "saying", "noting", "arguing", "calling", "according")
        ):
            return at
        if (
            page.words[at] == ","
            and at + 3 < end
            and page.lowers[at + 1] in ("and", "but", "while", "although", "though")
        ):
            near = page.lowers[at + 2 : at + 7]
            if any(word in _SPEECH for word in near):
                return at
    return _last_word(page, end) if not quoted[end - 1 - unit.first] else end


def _last_word(page: Page, end: int) -> int:
    return end - 1 if page.words[end - 1] in _STOPS else end


def _is_clause(page: Page, start: int, end: int) -> bool:
    words = page.lowers[start:end]
    if len(words) < 3 or words[0] in ("so", "nothing", "little", "it" if len(words) < 4 else "nothing"):
        return False
    return any(word in _FINITE or (word.endswith("ed") and len(word) > 3) for word in words[1:]) or (
        words[0] in ("he", "she", "they", "it", "we", "i") and len(words) > 2
    )


def _first_noun_phrase(page: Page, unit: _Unit, before: int) -> Words | None:
    """The subject of the sentence by guess: its first pronoun or sequence of capitals."""
    for at in range(unit.first, before):
        if page.lowers[at] in _PRONOUNS:
            return (at, at + 1)
        if page.words[at][0].isupper() and page.lowers[at] not in (
            "the",
            "a",
            "in",
            "on",
            "at",
            "as",
            "but",
            "and",
            "while",
        ):
            end = at
            while end < before and (page.words[end][0].isupper() or page.words[end] in "-."):
                end += 1
            return (at, end) if end > at else None
    return None


def _with_auxiliaries(page: Page, cue: int, first: int) -> Words:
    start = cue
    while start > first and page.lowers[start - 1] in _AUXILIARIES:
        start -= 1
    return (start, cue + 1)


def _to_quote(page: Page, draft: _Draft) -> Quote | None:
    content = []
    for first, last in sorted(draft.content):
        start, end = trim_range(page.text, *page.range_of(first, last))
        if start < end:
            content.append(Span(start, end, page.text[start:end]))
    if not content:
        return None
    return Quote(
        _find_type(page, content),
        content,
        speaker=_to_span(page, draft.speaker),
        cue=_to_span(page, draft.cue),
        score=0.9 if draft.cue and page.text[content[0].start] in "“\"'‘«`" else 0.6,
    )


def _find_type(page: Page, content: list[Span]) -> QuoteType:
    inside = outside = 0
    for fragment in content:
        covered = sum(max(0, min(end, fragment.end) - max(start, fragment.start)) for start, end, _ in page.stretches)
        inside += covered
        outside += fragment.end - fragment.start - covered
    if inside == 0:
        return "indirect"
    return "direct" if outside <= 2 else "mixed"


def _to_span(page: Page, words: Words | None) -> Span | None:
    if words is None:
        return None
    start, end = page.range_of(*words)
    return Span(start, end, page.text[start:end])
