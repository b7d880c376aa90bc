"""Claims: the clauses of an article that assert something checkable, what kind it is and who makes it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotate.preannotate.news.decode import Range, to_offsets
from annotate.preannotate.news.layout import CUTS, SYNTAX_TAGS
from annotate.preannotate.news.names import Name
from annotate.preannotate.news.network import Reading
from annotate.preannotate.news.quotes import SpokenQuote
from annotate.preannotate.news.windows import Passage
from annotate.preannotate.news.worth import WorthModel

#: The least probability of being checkable, and of being worth checking, at which we say so. The second lies under
#: one half because the model learnt from debates, where much more of what is said is meant to persuade.
CHECKABLE, WORTHY = 0.6, 0.5

LEAST_WORDS = 4

_FINITE = frozenset(SYNTAX_TAGS.index(tag) for tag in ("past", "present", "modal"))
_SUBJECT = frozenset(SYNTAX_TAGS.index(tag) for tag in ("noun", "name", "pronoun", "number", "determiner", "wh"))
_SENTENCE, _CLAUSE = CUTS.index("sentence"), CUTS.index("clause")

_JOINERS = "and|but|that|so|yet|or|while|although|though|whereas|because|since|meanwhile|however"
_LEAD = re.compile(rf"(?:[\s,;:–—\-.…)\]”\"']|(?:{_JOINERS})\b,?\s)+", re.I)
_LAST_WORD = re.compile(r"\b(?:and|but|that|or|as|while|with|(?:in |by |of |to |for )?(?:which|who|whom)|where|when)$")
#: A clause that only reports, an infinitive, an open question: nothing that could be true or false.
_NO_CLAIM = re.compile(r"(?:to|if|whether|how|why)\s|.*\b(?:said|told|says|added)\b[^,]{0,40}$", re.S)
_EDGE = " \t\n\r\u00a0,;:.!–—-…([“\"'’”"

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{'|'.join(words)})\b", re.I))
    for kind, words in (
        (
            "commitment_or_prediction",
            (
                r"will|won['’]t|shall|going to|['’]ll|would (?:end|be|have|continue|mark|not)",
                r"(?:is|are|was|were) (?:set|expected|due|likely|poised|scheduled|planning|about) to",
                r"(?:plans?|planned|intends?|pledg\w+|promis\w+|vow\w+|aims?|expects?|expected) to",
            ),
        ),
        (
            "position",
            (
                r"supports?|supported|oppos\w+|demand\w*|call(?:s|ed|ing)? (?:for|on)|urg(?:e|es|ed|ing)|reject\w*",
                r"endors\w+|(?<!-)back(?:s|ed)|favou?rs?|favou?red|condemn\w*|reaffirm\w*|want(?:s|ed)?|insist\w*",
                r"stands? (?:for|by|with|against)|(?:dis)?agree[sd]?|believes?",
            ),
        ),
        (
            "causal",
            (
                r"because|caus(?:e|es|ed|ing)|led to|leads? to|result(?:s|ed|ing)? (?:in|from)|due to|prevent\w*",
                r"depend(?:s|ed)? on|thanks to|prompt(?:s|ed|ing)|trigger(?:s|ed|ing)|contribut\w+ to|in response to",
            ),
        ),
    )
)
_QUANTITIES = frozenset({"CARDINAL", "MONEY", "PERCENT", "QUANTITY"})
_COMPARISON = re.compile(
    r"\b(?:most|majority|half|twice|double[ds]?|(?:more|fewer|less|higher|lower|larger) than|average|rates?)\b", re.I
)


class Grammar:
    """The part of speech of each word, and whether a sentence or a clause begins at it."""

    def __init__(self, count: int) -> None:
        self.syntax = np.full(count, SYNTAX_TAGS.index("other"))
        self.cuts = np.zeros(count, dtype=np.int64)

    def add(self, reading: Reading) -> None:
        """Fill in the words of one window."""
        self.syntax[reading.start : reading.stop] = reading.syntax
        self.cuts[reading.start : reading.stop] = reading.cuts


@dataclass(frozen=True)
class FoundClaim:
    """A claim in code points; `checkable` and `worth` are probabilities, `quote` the quote that it stands in."""

    start: int
    end: int
    kind: str
    checkable: float
    worth: float
    claimer: Range | None


def find_claims(
    passage: Passage, grammar: Grammar, quotes: Sequence[SpokenQuote], names: Sequence[Name], model: WorthModel
) -> list[FoundClaim]:
    """The claims in order: one for each clause with a finite verb that is checkable enough."""
    text = passage.text
    count = len(passage)
    if not count:
        return []
    syntax, cuts = grammar.syntax, grammar.cuts.copy()
    cuts[0] = _SENTENCE
    cuts[1:][np.diff(passage.paragraphs) != 0] = _SENTENCE
    cuts[1:][_sentence_starts(passage)] = _SENTENCE
    owner = _owners(passage, syntax, quotes)
    values = sorted(name.start for name in names if name.label in _QUANTITIES)
    clauses = [
        (span, owner[first]) for first, last in _clauses(passage, syntax, cuts, owner)
        if (span := _trim(text, to_offsets(passage, (first, last)))) is not None
    ]  # fmt: skip
    odds = model([text[start:end] for (start, end), _ in clauses])
    found = []
    for ((start, end), speaker), (checkable, worth) in zip(clauses, odds, strict=True):
        if checkable >= CHECKABLE:
            claimer = quotes[speaker].speaker if speaker >= 0 else None
            at = np.searchsorted(values, start)
            counted = bool(at < len(values) and values[at] < end)
            found.append(
                FoundClaim(start, end, kind_of(text[start:end], counted), float(checkable), float(worth), claimer)
            )
    return found


def kind_of(claim: str, counted: bool) -> str:
    """The kind of a claim from its words; `counted` says that it holds a number, an amount or a share.

    >>> kind_of("The US will provide 500,000 doses", True), kind_of("The US provided 500,000 doses", True)
    ('commitment_or_prediction', 'statistic')
    """
    for kind, pattern in _KINDS:
        if pattern.search(claim):
            return kind
    if counted or _COMPARISON.search(claim):
        return "statistic"
    return (
        "other"
        if re.search(r"\b(?:may|might|can|could|should|must|forbids?|allows?|requires?)\b", claim, re.I)
        else "event"
    )


def _sentence_starts(passage: Passage) -> np.ndarray:  # type: ignore[type-arg]
    """For each word but the first whether it follows a full stop after a plain word, where no abbreviation ends."""
    text, spans = passage.text, passage.spans
    changes: np.ndarray = np.diff(passage.sentences) != 0  # type: ignore[type-arg]
    for at in np.flatnonzero(changes):
        changes[at] = re.search(r"[a-z]{4}[.?!][\"”’)]*$", text[max(spans[at, 0] - 8, 0) : spans[at, 1]]) is not None
    return changes


def _owners(passage: Passage, syntax: np.ndarray, quotes: Sequence[SpokenQuote]) -> list[int]:  # type: ignore[type-arg]
    """For each word the quote whose content it is in, -1 outside, -2 in the words that report."""
    owner = np.full(len(passage), -1)
    starts, ends = passage.spans[:, 0], passage.spans[:, 1]

    def words(part: Range) -> tuple[int, int]:
        return int(ends.searchsorted(part[0], side="right")), int(starts.searchsorted(part[1]))

    def mark(part: Range, value: int) -> None:
        first, last = words(part)
        owner[first:last] = value

    # A plan or a belief without a clause of its own is told by the sentence around it, which is then the claim.
    reported = [
        quote.type == "direct"
        or (quote.cue is not None and all(_stands(syntax, passage, *words(part)) for part in quote.content))
        for quote in quotes
    ]
    for quote, is_reported in zip(quotes, reported, strict=True):
        if quote.cue and is_reported:
            # Speaker and cue with what stands between them report; they assert nothing to check.
            near = quote.speaker and abs(quote.speaker[0] - quote.cue[0]) < 200
            parts = [quote.cue, quote.speaker] if near and quote.speaker else [quote.cue]
            mark((min(part[0] for part in parts), max(part[1] for part in parts)), -2)
    for number, quote in enumerate(quotes):
        if reported[number]:
            for part in quote.content:
                mark(part, number)
    result: list[int] = owner.tolist()
    return result


def _clauses(passage: Passage, syntax: np.ndarray, cuts: np.ndarray, owner: list[int]) -> list[Range]:  # type: ignore[type-arg]
    """Ranges of words with subject and finite verb, cut at sentences, at the edges of quotes, and at clauses."""
    count = len(passage)
    borders = [at for at in range(count) if cuts[at] == _SENTENCE or (at and owner[at] != owner[at - 1])] + [count]
    found = []
    for first, last in itertools.pairwise(borders):
        # What follows the reporting words within their sentence ("... told the AP") belongs to them.
        if owner[first] == -2 or (first and owner[first - 1] == -2 and cuts[first] != _SENTENCE and owner[first] < 0):
            continue
        pieces = [first, *(at for at in range(first + 1, last) if cuts[at] == _CLAUSE), last]
        start = first
        for stop in pieces[1:]:
            # A clause too thin to stand alone stays with what follows it.
            if _stands(syntax, passage, start, stop) and (stop == last or _stands(syntax, passage, stop, last)):
                found.append((start, stop))
                start = stop
    return found


def _stands(syntax: np.ndarray, passage: Passage, start: int, stop: int) -> bool:  # type: ignore[type-arg]
    tags = syntax[start:stop].tolist()
    verb = next((at for at, tag in enumerate(tags) if tag in _FINITE), None)
    if verb is None or not any(tag in _SUBJECT for tag in tags[:verb]):
        return False
    return int((passage.features[start:stop, 0] > 0).sum()) >= LEAST_WORDS


def _trim(text: str, span: Range) -> Range | None:
    """The clause without conjunctions, marks and closing punctuation at its edges; None for a question."""
    start, end = span
    following = text[end : end + 2].lstrip("”\"'’)")
    if text[start:end].rstrip("”\"'’) ").endswith("?") or following.startswith("?"):
        return None
    if match := _LEAD.match(text, start, end):
        start = match.end()
    while True:
        kept = text[start:end].rstrip(_EDGE)
        last_word = _LAST_WORD.search(kept)
        end = start + len(kept)
        if last_word is None:
            break
        end = start + last_word.start()
    if text[start : start + 1] == "(" and text[end - 1 : end] == ")":
        start, end = start + 1, end - 1
    for left, right in ("“”", "()", '""'):
        inside = text[start:end]
        odd = inside.count(left) % 2 if left == right else inside.count(left) != inside.count(right)
        if odd:  # a mark whose partner was cut off is not part of the claim
            if inside.endswith(right):
                end -= 1
            elif inside.startswith(left):
                start += 1
    if len(re.findall(r"[^\W_]+", text[start:end])) < LEAST_WORDS or _NO_CLAIM.match(text, start, end):
        return None
    return start, end
