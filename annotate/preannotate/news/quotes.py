"""Quotes after the network: complete quotation marks, the type that they give, only what was said, and who said it.

The network learnt from PolNeAR, where beliefs, plans and deeds count as well as words (Newell et al. 2018). Left out
are those that the guidelines exclude and that PolNeAR's annotators marked seldom, so that its development articles lose
next to none. A speaker is looked for in the paragraph before; a pronoun or title refers to the last plausible person
that the article named.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotate.preannotate.news.entities import FoundEntity
from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.passage import Passage, Range
from annotate.records import QuoteType, Span
from annotate.text.english import load_names
from annotate.text.quotation import find_stretches, quote_type

#: Words that a stretch in marks needs to be taken for speech where the network saw none.
LEAST_WORDS = 6

#: "told | the council that | rents fall", "accused | him of | theft": who is spoken to is no part of what is said.
_ADDRESSING = re.compile(
    r"(?:told|tells?|telling|inform(?:s|ed|ing)|remind(?:s|ed|ing)|assur(?:es|ed|ing)|warn(?:s|ed|ing)|advis(?:es|ed|ing)"
    r"|accus(?:es|ed|ing))$",
    re.I,
)
_ADDRESSEE = re.compile(
    r"(?!(?:how|what|why|who|whom|whether|if|that)\b)(?:(?!who\b|which\b)[^\s,.;:“”\"]+\s+){1,6}?that\s+(?=\S)"
    r"|(?:him|her|them|it|us|me|you)\s+of\s+(?=\S)",
    re.I,
)

_BY_RULE = (-0.7, -0.1, -0.1, 0.5, 0.0)


def finish_quotes(passage: Passage, found: list[FoundQuote]) -> list[FoundQuote]:
    """The quotes in order: with complete marks and their type, the direct ones the network missed, and speakers."""
    text = passage.text
    stretches = find_stretches(text)
    starts = [start for start, _, _ in stretches]
    quotes = []
    for quote in found:
        for number, parts in enumerate(_by_paragraph(passage, quote.content, stretches, starts)):
            content = [_whole(text, part, stretches, starts) for part in parts]
            content = _flat(text, [_without_that(text, part) for part in content if part[0] < part[1]])
            if quote.cue and content and not number:
                content[0] = _without_addressee(text, content[0], quote.cue)
            if not any(letter.isalnum() for start, end in content for letter in text[start:end]):
                continue
            kind = quote_type(text, [Span(*part) for part in content])
            if number:
                quotes.append(FoundQuote(kind, content, None, None, _BY_RULE))
            else:
                said_by = _without_relative_clause(text, quote.speaker) if quote.speaker else None
                quotes.append(replace(quote, type=kind, content=content, speaker=said_by))
    quotes += _missed(passage, quotes, stretches)
    quotes = [
        quote for quote in quotes if tells_what_was_said(text, quote.type, quote.content, quote.cue, quote.speaker)
    ]
    quotes.sort(key=lambda quote: quote.content[0])
    _fill_speakers(passage, quotes)
    return quotes


def _by_paragraph(
    passage: Passage, content: list[Range], stretches: list[tuple[int, int, bool]], starts: list[int]
) -> list[list[Range]]:
    """The content in code points, as one quote or more: the network may run on into the next paragraph.

    There a quote goes on only in marks: as the same one where the marks before it were left open, or where the
    network saw a new part; else as a quote of its own. What is outside marks there is dropped.
    """
    groups: list[list[Range]] = []
    for whole in content:
        first, last = passage.words_in(*whole)
        cuts = [first, *(first + 1 + int(at) for at in np.flatnonzero(np.diff(passage.paragraphs[first:last]))), last]
        for start, stop in itertools.pairwise(cuts):
            part = passage.range_of(start, stop)
            if not groups:
                groups.append([part])
                continue
            if _paragraph(passage, groups[-1][-1][0]) == _paragraph(passage, part[0]):
                groups[-1].append(part)
                continue
            at = bisect_right(starts, part[0] + 2) - 1
            if at < 0 or abs(stretches[at][0] - part[0]) > 2:
                continue
            before = bisect_right(starts, groups[-1][-1][1] - 1) - 1
            goes_on = before >= 0 and not stretches[before][2] and stretches[before][1] >= groups[-1][-1][1]
            if goes_on or start == first:
                groups[-1].append(part)
            else:
                groups.append([part])
    return groups


def _without_addressee(text: str, content: Range, cue: Range) -> Range:
    start, end = content
    match = _ADDRESSEE.match(text, start, end) if start >= cue[1] and _ADDRESSING.search(text, *cue) else None
    return (match.end(), end) if match and match.end() < end else (start, end)


def _without_relative_clause(text: str, speaker: Range) -> Range:
    """The speaker alone: "an official, who asked not to be named," is "an official"."""
    start, end = speaker
    match = re.search(r",?\s+(?:who|whom|whose|which)\b", text[start:end])
    if match and match.start():
        end = start + match.start()
    return start, end


def _flat(text: str, parts: list[Range]) -> list[Range]:
    """The parts in order, those that overlap or have only white space between them made one."""
    kept: list[Range] = []
    for start, end in sorted(parts):
        if kept and not text[kept[-1][1] : start].strip():
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept


def _whole(text: str, part: Range, stretches: list[tuple[int, int, bool]], starts: list[int]) -> Range:
    """The part with the marks of a stretch that it nearly fills, and without closing punctuation outside one."""
    start, end = part
    at = bisect_right(starts, start + 2) - 1
    if at >= 0:
        opened, closed, is_closed = stretches[at]
        if 0 < start - opened <= 2 and end <= closed:
            start = opened
        if is_closed and start >= opened and 0 < closed - end <= 3 and not any(c.isalnum() for c in text[end:closed]):
            end = closed
        if is_closed and start == opened and closed < end and text[closed].isalnum():
            end = closed  # the space behind the mark is missing, and with it the sign that another sentence begins
    quoted = at >= 0 and stretches[at][1] == end
    while start < end and not quoted and text[end - 1] in ",.;: ":
        end -= 1
    return start, end


def _without_that(text: str, part: Range) -> Range:
    """Without a leading "that"."""
    start, end = part
    if match := re.match(r"that\s+(?=\S)", text[start : min(end, start + 20)]):
        start += match.end()
    return start, end


def _missed(passage: Passage, quotes: list[FoundQuote], stretches: list[tuple[int, int, bool]]) -> list[FoundQuote]:
    """Stretches in marks, long enough for speech, of which no quote has a part."""
    taken = sorted(part for quote in quotes for part in quote.content)
    begins = [start for start, _ in taken]
    spans = passage.spans
    found = []
    for start, end, _ in stretches:
        at = bisect_right(begins, end) - 1
        if at >= 0 and taken[at][1] > start:
            continue
        first, last = (int(place) for place in spans[:, 0].searchsorted((start, end)))
        if int((passage.features[first:last, 0] > 0).sum()) >= LEAST_WORDS:
            found.append(FoundQuote("direct", [(start, end)], None, None, _BY_RULE))
    return found


def _fill_speakers(passage: Passage, quotes: list[FoundQuote]) -> None:
    """Direct speech without a speaker goes on with the speaker of the quote before, within two paragraphs."""
    before: FoundQuote | None = None
    for quote in quotes:
        if quote.speaker is None and quote.type == "direct" and quote.cue is None and before is not None:
            here, there = (_paragraph(passage, part[0]) for part in (quote.content[0], before.content[-1]))
            if here - there <= 1:
                quote.speaker = before.speaker
        if quote.speaker is not None:
            before = quote


def _paragraph(passage: Passage, offset: int) -> int:
    word = int(passage.spans[:, 0].searchsorted(offset))
    return int(passage.paragraphs[min(word, len(passage) - 1)])


# -------------------------------------------------------------------------------------------------------- what was said

_TELL = (
    "say|tell|provide|disclose|reveal|specify|comment|answer|elaborate|discuss|address|explain|detail|give|identify|"
    "confirm|mention|speculate|clarify|state|indicate|respond|release"
)
#: Kept to themselves: "would not say", "declined to disclose".
_WITHHELD = re.compile(
    rf"(?:\bnot|\bnever|n['’]t)(?:\s+\w+)?\s+(?:{_TELL})\b|\b(?:declin|refus)\w*\s+to\s+(?:{_TELL})\b", re.I
)
#: Held by nobody in particular: "is expected", "could be seen".
_HELD = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\b(?:\s+\w+)?\s+(?:expected|regarded|seen|viewed|considered|thought|believed|"
    r"hoped|feared|assumed|perceived|observed|known|meant|intended|planned)\b",
    re.I,
)
#: Done, not said: the last verb of the cue decides.
_DEED = re.compile(
    r"\b(?:(?:sign|pass|enact|launch|focus)(?:es|s|ed|ing)?|impos(?:e|es|ed|ing))"
    r"(?:\s+(?:on|a|an|the|agreement|deal|resolution|bill|law))*$|^to\s+(?:support|help|fight|assist)$",
    re.I,
)


def tells_what_was_said(
    text: str, kind: QuoteType, content: list[Range], cue: Range | None, speaker: Range | None
) -> bool:
    """Whether somebody said or wrote it: false for indirect quotes without words that report or with such as do not.

    >>> text = "He declined to say why. She said no."
    >>> tells_what_was_said(text, "indirect", [(19, 22)], (3, 18), (0, 2))
    False
    >>> tells_what_was_said(text, "indirect", [(33, 35)], (28, 32), (24, 27))
    True
    """
    if kind != "indirect":
        return True
    if cue is None:
        return False
    words = text[cue[0] : cue[1]]
    # "declined | to disclose how many": the words that show what was kept back may be in the content.
    whole = text[cue[0] : content[0][0] + 25] if content[0][0] >= cue[1] else words
    if _WITHHELD.match(whole.strip()) or _WITHHELD.search(words):
        return False
    return not (speaker is None and _HELD.search(words)) and _DEED.search(words) is None


# ---------------------------------------------------------------------------------------------------------- who said it

_PRONOUN = re.compile(r"(?:he|she|him|her|who)$", re.I)
_WOMAN = re.compile(r"\b(?:Mrs|Ms|Miss|Lady|Queen|Princess|Congresswoman|spokeswoman|chairwoman|wife)\b", re.I)
_MAN = re.compile(r"\b(?:Mr|Sir|King|Prince|Congressman|spokesman|chairman|Pope|Ayatollah|husband)\b", re.I)

TITLES = load_names("titles", "instead_of_names")
_TITLE = re.compile(r"\b(" + "|".join(sorted(map(re.escape, TITLES), key=len, reverse=True)) + r")\b", re.I)
_ALIKE = {
    "leader": {"president", "prime minister", "premier", "chancellor", "leader", "chairman"},
    "premier": {"prime minister", "premier"},
    "minister": {title for title in TITLES if title.endswith("minister")},
}


def resolve_speakers(text: str, quotes: Sequence[FoundQuote], names: Sequence[FoundEntity]) -> list[str | None]:
    """For each quote the full name behind a pronoun or title; None where the speaker is named, plural or unknown.

    >>> text = "President Joe Biden met Ann Lee. The president said no. He left, she said."
    >>> names = [FoundEntity(10, 19, "PERSON", ()), FoundEntity(24, 31, "PERSON", ())]
    >>> quote = lambda start, end: FoundQuote("indirect", [(0, 1)], None, (start, end), ())
    >>> resolve_speakers(text, [quote(33, 46)], names)
    ['Joe Biden']
    """
    people = [name for name in names if name.label == "PERSON"]
    starts = [name.start for name in people]
    full = _full_names(text, people)
    titles = [_titles_of(text, name) for name in people]
    women = {full[at] for at, name in enumerate(people) if _WOMAN.search(_around(text, name))}
    men = {full[at] for at, name in enumerate(people) if _MAN.search(_around(text, name))}
    resolved: list[str | None] = []
    last: str | None = None
    for quote in quotes:
        name: str | None = None
        said_by = quote.speaker
        if said_by is not None:
            inside = _inside(said_by, people, starts)
            if inside is not None:
                last = full[inside]
            else:
                words = text[said_by[0] : said_by[1]]
                before = bisect_left(starts, said_by[0])
                if _PRONOUN.match(words):
                    barred = (
                        men if words.lower() in ("she", "her") else women if words.lower() in ("he", "him") else set()
                    )
                    name = _by_pronoun(text, said_by, people, full, before, last, barred)
                elif match := _TITLE.search(words):
                    name = _by_title(words, match.group(1).lower(), titles, full, before)
                last = name or last
        resolved.append(name)
    return resolved


def _around(text: str, name: FoundEntity) -> str:
    return text[max(name.start - 15, 0) : name.start]


def _inside(span: Range, people: list[FoundEntity], starts: list[int]) -> int | None:
    at = bisect_left(starts, span[0])
    return at if at < len(people) and people[at].start < span[1] else None


def _full_names(text: str, people: list[FoundEntity]) -> list[str]:
    """For each mention the longest earlier or later name of the article that ends in the same word."""
    longest: dict[str, str] = {}
    forms = [" ".join(text[name.start : name.end].split()) for name in people]
    for form in forms:
        key = _key(form)
        if len(form.split()) <= 4 and len(form) > len(longest.get(key, "")):
            longest[key] = form
    return [longest.get(_key(form), form) for form in forms]


def _key(form: str) -> str:
    return re.sub(r"^al-", "", form.rsplit(" ", 1)[-1].lower())


def _titles_of(text: str, name: FoundEntity) -> frozenset[str]:
    """The titles before the name, and those after it between commas."""
    before = text[max(name.start - 60, 0) : name.start]
    before = re.split(r"[.;:!?\n“”\"]\s|, ", before)[-1]
    after = re.match(r", (?:the |a |an )?([^,.;\n]{3,60})[,.]", text[name.end : name.end + 80])
    found = {match.group(1).lower() for match in _TITLE.finditer(before) if before[match.end() :].strip() == ""}
    if after:
        found |= {match.group(1).lower() for match in _TITLE.finditer(after.group(1))}
    nations = re.findall(r"\b[A-Z][a-z]+(?:ish|ian|an|ese|i|S|ench|man|ek)\b|U\.S\.|US\b", before)
    return frozenset(found | {nation.lower() for nation in nations})


def _by_title(words: str, title: str, titles: list[frozenset[str]], full: list[str], before: int) -> str | None:
    wanted = _ALIKE.get(title, {title})
    if re.search(r"\b(?:a|an|some|another|one|two|several|former senior|senior|spokes\w+ for)\b", words, re.I):
        return None
    nations = {nation.lower() for nation in re.findall(r"\b[A-Z][a-z]+(?:ish|ian|an|ese|i|ench)\b", words)}
    candidates = [at for at in range(before) if titles[at] & wanted]
    if nations:
        known = [at for at in candidates if titles[at] & nations]
        candidates = known
    return full[candidates[-1]] if candidates else None


def _by_pronoun(
    text: str, span: Range, people: list[FoundEntity], full: list[str], before: int, last: str | None, barred: set[str]
) -> str | None:
    """The person whose name begins the sentence before, else the last speaker, else the last person named."""
    if not before:
        return None
    recent = [
        at for at in range(max(before - 6, 0), before) if span[0] - people[at].end < 600 and full[at] not in barred
    ]
    if not recent:
        return last if last not in barred else None
    if last is not None and last not in barred and any(full[at] == last for at in recent):
        return last
    leading = [
        at
        for at in recent
        if re.search(r"(?:^|[.\n”\"]\s*)(?:[A-Z][\w.]* ){0,4}$", text[max(people[at].start - 60, 0) : people[at].start])
    ]
    return full[(leading or recent)[-1]]
