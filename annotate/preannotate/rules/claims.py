"""Claims by clauses: one assertion each, inside quotes too, with a kind and a score for check-worthiness.

The score is a hand-set logistic model over the kinds of words that ClaimBuster (Hassan et al. 2017, section 4)
found to matter: numbers, names, past events and comparisons count for, feelings and first persons against.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.units import MARKS, STOPS
from annotate.preannotate.rules.words import load_cues, load_lists
from annotate.records import Claim, Entity, Quote, Span
from annotate.text.english import split_names

_LISTS: dict[str, dict[str, str]] = load_lists("claims")


def _words(key: str) -> frozenset[str]:
    return frozenset(split_names(_LISTS["words"][key]))


_FINITE = load_cues("finite")
_KINDS = [(kind, [tuple(phrase.split()) for phrase in split_names(text)]) for kind, text in _LISTS["kinds"].items()]
_WEIGHTY = frozenset(split_names(_LISTS["score"]["weighty"]))
_SOFT = frozenset(split_names(_LISTS["score"]["soft"]))
_FIGURES = frozenset(["CARDINAL", "PERCENT", "MONEY", "QUANTITY"])
_NAMES = frozenset(["PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "EVENT", "LAW"])
_NO_CLAUSE = _words("no_clause")
_SUBJECTS = _words("subjects")
_LEADING = _words("leading") | {",", "(", "…", ";", "."}
_PAST_VERBS = _words("past_verbs")
_FEW = _words("few")
_BOILERPLATE = tuple(split_names(_LISTS["words"]["boilerplate"]))
_LEAST_WORDS = 5
_WORTHY = 0.5
_CONFIDENCE = 0.6

Words = tuple[int, int]


def find_claims(page: Page, entities: Sequence[Entity], quotes: Sequence[Quote]) -> list[Claim]:
    """Claims in order, flat; the claimer of a claim inside a quote is its speaker, else the article itself.

    >>> from annotate.preannotate.rules.entities import find_entities
    >>> from annotate.preannotate.rules.page import read_page
    >>> from annotate.preannotate.rules.quotes import find_quotes
    >>> page = read_page("The war killed 300 people. The official said that troops will leave Iraq in December.")
    >>> [(c.text, c.kind, page.text[c.claimer.start:c.claimer.end] if c.claimer else None)
    ...  for c in find_claims(page, find_entities(page), find_quotes(page))]
    [('The war killed 300 people', 'statistic', None), \
('troops will leave Iraq in December', 'commitment_or_prediction', 'The official')]
    """
    claims = []
    starts = [entity.start for entity in entities]
    for first, last, claimer in _find_clauses(page, quotes):
        start, end = page.range_of(first, last)
        inside = [
            entity.label
            for entity in entities[bisect_left(starts, start) : bisect_left(starts, end)]
            if entity.end <= end and (entity.text or "").lower() not in _FEW
        ]
        score = round(_score(page, first, last, inside), 3)
        kind = _find_kind(page, first, last, inside)
        claims.append(
            Claim(
                start, end, score >= _WORTHY, kind, claimer, page.text[start:end], score=score, confidence=_CONFIDENCE
            )
        )
    return claims


def _find_clauses(page: Page, quotes: Sequence[Quote]) -> Iterator[tuple[int, int, Span | None]]:
    reported = sorted(
        (page.word_at(fragment.start), page.word_at(fragment.end - 1) + 1, index)
        for index, quote in enumerate(quotes)
        for fragment in quote.content
    )
    reporting = {
        at
        for quote in quotes
        for part in (quote.cue, quote.speaker)
        if part is not None
        for at in range(page.word_at(part.start), page.word_at(part.end - 1) + 1)
    }
    free = passed = 0
    for first, last in page.sentences:
        while passed < len(reported) and reported[passed][1] <= first:
            passed += 1
        near = itertools.takewhile(lambda one, last=last: one[0] < last, reported[passed : passed + last - first])  # type: ignore[misc]
        mine = [(max(a, first), min(b, last), index) for a, b, index in near if first < b]
        clausal = [one for one in mine if page.lowers[one[0]] not in _NO_CLAUSE]
        if clausal:
            for a, b, index in clausal:
                yield from _split(page, max(a, free), b, quotes[index].speaker)
                free = max(free, b)
        elif not any(at in reporting for at in range(first, last)) or mine:
            yield from _split(page, max(first, free), last, None)
            free = max(free, last)


def _split(page: Page, first: int, last: int, claimer: Span | None) -> Iterator[tuple[int, int, Span | None]]:
    """The clauses of a stretch of words, one after the other, each without marks and stop at its edges."""
    cuts = [first]
    for at in range(first + 1, last - 1):
        if page.words[at] == ";" or (
            page.words[at] == ","
            and page.lowers[at + 1] in ("and", "but", "while", "although")
            and _asserts(page, at + 2, last)
            and _starts_clause(page, at + 2)
            and _asserts(page, cuts[-1], at)
        ):
            cuts.append(at)
        elif page.words[at] in STOPS and page.lowers[at + 1] in _SUBJECTS and page.starts[at + 1] > page.ends[at]:
            cuts.append(at + 1)
    for start, end in zip(cuts, [*cuts[1:], last], strict=True):
        clause = _trim(page, start, end)
        if clause is not None and _is_claim(page, *clause):
            yield (*clause, claimer)


def _trim(page: Page, start: int, end: int) -> Words | None:
    """The clause without conjunction, marks and stop at its edges; None for a question."""
    while start < end and (page.words[start] in MARKS or page.lowers[start] in _LEADING):
        start += 1
    while start < end and (
        page.words[end - 1] in MARKS or page.words[end - 1] in STOPS or page.words[end - 1] in ",;:)"
    ):
        inside = page.words[start : end - 1]
        if page.words[end - 1] == "?":
            return None
        if (page.words[end - 1] == ")" and "(" in inside) or (
            page.words[end - 1] in MARKS and sum(word in MARKS and word not in "'’" for word in inside) % 2
        ):
            break  # its other half is inside
        end -= 1
    return start, end


def _is_claim(page: Page, start: int, end: int) -> bool:
    if end - start < _LEAST_WORDS or not _asserts(page, start, end) or page.is_title_case(start, end):
        return False
    return page.words[end : end + 1] != ["?"] and not " ".join(page.lowers[start : start + 3]).startswith(_BOILERPLATE)


def _starts_clause(page: Page, at: int) -> bool:
    return page.lowers[at] in _SUBJECTS or page.words[at][0].isupper()


def _asserts(page: Page, first: int, last: int) -> bool:
    """Whether there is a finite verb among the words, as far as word lists show."""
    return any(
        page.lowers[at] in _FINITE
        or (page.lowers[at].endswith("ed") and len(page.lowers[at]) > 4)
        or page.lowers[at] in _PAST_VERBS
        for at in range(first + 1, last)
    )


def _find_kind(page: Page, first: int, last: int, labels: Sequence[str]) -> str:
    if any(label in _FIGURES for label in labels):
        return "statistic"
    words = tuple(page.lowers[first:last])
    for kind, phrases in _KINDS:
        if any(words[at : at + len(phrase)] == phrase for phrase in phrases for at in range(len(words))):
            return kind
    return "event"


def _score(page: Page, first: int, last: int, labels: Sequence[str]) -> float:
    words = page.lowers[first:last]
    figures = sum(label in _FIGURES for label in labels)
    names = sum(label in _NAMES for label in labels)
    dates = sum(label in ("DATE", "TIME") for label in labels)
    weighty = sum(word in _WEIGHTY for word in words)
    soft = sum(word in _SOFT for word in words)
    past = any(word.endswith("ed") and len(word) > 4 for word in words) or bool({"was", "were", "had"} & set(words))
    total = -1.3 + 0.8 * min(figures, 2) + 0.25 * min(names, 3) + 0.2 * min(dates, 2)
    total += 0.4 * min(weighty, 4) - 0.5 * min(soft, 4) + 0.2 * past + 0.02 * min(len(words), 30)
    return 1 / (1 + math.exp(-total))
