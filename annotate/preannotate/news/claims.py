"""Claims: the clauses of an article that assert something checkable, what kind it is and who makes it.

A sentence is cut where one clause can be true without the other, beyond the cuts that the network sees. Signs are
words that join (and, but, since, who, ", causing") with the parts of speech around them (Quirk et al. 1985, chapters 13
to 15, on coordinate, relative and participle clauses); the parts of speech are the network's.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from annotate.preannotate.news.entities import FoundEntity
from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.network import CUTS, SYNTAX_TAGS, Reading
from annotate.preannotate.news.passage import Ints, Passage, Range
from annotate.preannotate.news.worth import WorthModel
from annotate.text.tokens import LETTERS

#: The least probability of being checkable, and of being worth checking, to be called so. The second is below
#: one half because the model learnt from debates, where much more of what is said is meant to persuade.
CHECKABLE, WORTHY = 0.4, 0.2

#: Promises, demands and causes count as claims here, while the debates' annotators left most of them out as no facts:
#: their words alone make them likely enough, unless the model is nearly certain of the contrary.
_NO_FACTS = frozenset({"commitment_or_prediction", "position", "causal"})
_LEAST_NO_FACT, _LIKELY = 0.02, 0.5

LEAST_WORDS = 4

_JOINERS = "and|but|given that|that|so|yet|or|while|although|though|whereas|because|meanwhile|however"
_LEAD = re.compile(rf"(?:[\s,;:–—\-.…)\]”\"']|(?:{_JOINERS})\b,?\s)+", re.I)
_LAST_WORD = re.compile(
    r"\b(?:and|but|yet|that|or|as|while|with|since|given|although|though|whereas|after|where|when"
    r"|(?:in |by |of |to |for )?(?:which|who|whom))$"
)
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
    """A claim in code points.

    Attributes:
        checkable, worth: the probabilities of being checkable, and of being worth checking.
        claimer: the speaker of the quote that the claim is in; None where there is none, or the quote has none.
    """

    start: int
    end: int
    kind: str
    checkable: float
    worth: float
    claimer: Range | None


def find_claims(
    passage: Passage, grammar: Grammar, quotes: Sequence[FoundQuote], entities: Sequence[FoundEntity], model: WorthModel
) -> list[FoundClaim]:
    """The claims in order: one for each clause that is checkable enough; a relative clause may be inside another."""
    text = passage.text
    count = len(passage)
    if not count:
        return []
    syntax, cuts = grammar.syntax, grammar.cuts.copy()
    cuts[0] = SENTENCE
    cuts[1:][np.diff(passage.paragraphs) != 0] = SENTENCE
    cuts[1:][_sentence_starts(passage)] = SENTENCE
    further = cut_clauses(passage, syntax, cuts)
    owner = _owners(passage, syntax, quotes)
    values = sorted(entity.start for entity in entities if entity.label in _QUANTITIES)
    clauses = {
        span: owner[first]
        for first, last in _clauses(passage, syntax, cuts, owner, further)
        if (span := _trim(text, passage.range_of(first, last))) is not None
    }
    odds = model([text[start:end] for start, end in clauses])
    found = []
    for ((start, end), speaker), (checkable, worth) in zip(clauses.items(), odds, strict=True):
        at = np.searchsorted(values, start)
        kind = kind_of(text[start:end], bool(at < len(values) and values[at] < end))
        if kind in _NO_FACTS and checkable >= _LEAST_NO_FACT:
            checkable = max(checkable, _LIKELY)
        if checkable >= CHECKABLE:
            claimer = quotes[speaker].speaker if speaker >= 0 else None
            found.append(FoundClaim(start, end, kind, float(checkable), float(worth), claimer))
    return found


def kind_of(claim: str, counted: bool) -> str:
    """The kind of a claim from its words; `counted`: it holds a number, an amount or a share.

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


def _sentence_starts(passage: Passage) -> npt.NDArray[np.bool_]:
    """For each word but the first whether it follows a full stop after a plain word, and no abbreviation ends."""
    text, spans = passage.text, passage.spans
    changes: npt.NDArray[np.bool_] = np.diff(passage.sentences) != 0
    for at in np.flatnonzero(changes):
        changes[at] = re.search(r"[a-z]{4}[.?!][\"”’)]*$", text[max(spans[at, 0] - 8, 0) : spans[at, 1]]) is not None
    return changes


def _owners(passage: Passage, syntax: Ints, quotes: Sequence[FoundQuote]) -> list[int]:
    """For each word the quote whose content it is in, -1 outside, -2 in the words that report."""
    owner = np.full(len(passage), -1)

    def mark(part: Range, value: int) -> None:
        owner[slice(*passage.words_in(*part))] = value

    # A plan or a belief without a clause of its own belongs to the sentence around it, which is then the claim.
    reported = [
        quote.type == "direct"
        or (quote.cue is not None and all(_stands(syntax, passage, *passage.words_in(*part)) for part in quote.content))
        for quote in quotes
    ]
    for quote, is_reported in zip(quotes, reported, strict=True):
        if quote.cue and is_reported:
            # Speaker and cue, and what is between them, report; they assert nothing to check.
            reporting = quote.cue
            if quote.speaker and abs(quote.speaker[0] - quote.cue[0]) < 200:
                whole = min(quote.cue[0], quote.speaker[0]), max(quote.cue[1], quote.speaker[1])
                between = min(quote.cue[1], quote.speaker[1]), max(quote.cue[0], quote.speaker[0])
                # "He met the king and said": what is between may be an assertion of its own.
                verbs = set(syntax[slice(*passage.words_in(*between))].tolist()) & FINITE
                if not verbs or re.match(r",?\s*(?:who|which|whose)\b", passage.text[slice(*between)]):
                    reporting = whole
            mark(reporting, -2)
    for number, quote in enumerate(quotes):
        if reported[number]:
            for part in quote.content:
                mark(part, number)
    result: list[int] = owner.tolist()
    return result


def _clauses(passage: Passage, syntax: Ints, cuts: Ints, owner: list[int], further: Clauses) -> list[Range]:
    """Ranges of words that assert something, cut at sentences, at the edges of quotes, and at clauses."""
    count = len(passage)
    borders = [at for at in range(count) if cuts[at] == SENTENCE or (at and owner[at] != owner[at - 1])] + [count]
    found = []
    for first, last in itertools.pairwise(borders):
        # What follows the reporting words within their sentence ("... told the AP") belongs to them.
        if owner[first] == -2 or (first and owner[first - 1] == -2 and cuts[first] != SENTENCE and owner[first] < 0):
            continue
        pieces = [
            first,
            *(
                at
                for at in range(first + 1, last)
                if at in further.loose or (cuts[at] == CLAUSE and not _is_object(passage, syntax, at))
            ),
            last,
        ]
        start = first
        for stop in pieces[1:]:
            # A clause with too little in it stays with what follows it.
            stands = start in further.loose or _stands(syntax, passage, start, stop)
            if stands and (stop == last or stop in further.loose or _stands(syntax, passage, stop, last)):
                found.append((start, stop))
                start = stop
    found += [(start, stop) for start, stop in further.inner if owner[start] != -2]
    return sorted(found)


def _is_object(passage: Passage, syntax: Ints, at: int) -> bool:
    """Whether the clause belongs to the word before it: "polls show (that) | it rose", "the role | he had"."""
    before = at - 1
    if int(syntax[before]) in NOMINAL:
        return True
    if before and passage.text[slice(*passage.spans[before])] == "that":
        before -= 1
    return int(syntax[before]) in FINITE


def _stands(syntax: Ints, passage: Passage, start: int, stop: int) -> bool:
    tags = syntax[start:stop].tolist()
    verb = next((at for at, tag in enumerate(tags) if tag in FINITE), None)
    if verb is None or not any(tag in SUBJECT for tag in tags[:verb]):
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
        if odd:  # a mark whose partner was cut off is not part of the claim, unless it is just outside
            if inside.startswith(left):
                start += 1
            elif inside.endswith(right):
                end -= 1
            elif closing := re.match(rf"[.,!?]?{re.escape(right)}", text[end : end + 2]):
                end += closing.end()
            elif start and text[start - 1] == left:
                start -= 1
    if len(LETTERS.findall(text, start, end)) < LEAST_WORDS or _NO_CLAIM.match(text, start, end):
        return None
    return start, end


# -------------------------------------------------------------------------------------------------------------- clauses

SENTENCE, CLAUSE = CUTS.index("sentence"), CUTS.index("clause")
FINITE = frozenset(SYNTAX_TAGS.index(tag) for tag in ("past", "present", "modal"))
SUBJECT = frozenset(SYNTAX_TAGS.index(tag) for tag in ("noun", "name", "pronoun", "number", "determiner", "wh"))
_ADVERB = SYNTAX_TAGS.index("adverb")
NOMINAL = frozenset(SYNTAX_TAGS.index(tag) for tag in ("noun", "name"))
_NOT_FINITE = frozenset(SYNTAX_TAGS.index(tag) for tag in ("base", "gerund", "participle", "to", "wh"))
_GERUND, _WH = SYNTAX_TAGS.index("gerund"), SYNTAX_TAGS.index("wh")

_SIGN = re.compile(
    r"\b(?:(?P<and>and|but|yet)|(?P<since>since|given|although|though|whereas|after))\b(?:\s+that\b)?"
    r"|(?:[,—–]\s+(?:[a-z]+\s+of\s+|(?P<place>(?:in|on|at|during|for|by|with|from|to)\s+))?(?P<which>which|whose)|\b(?P<who>who))\b"
    r"|,\s+(?:only\s+|thereby\s+|thus\s+)?(?P<result>causing|leading\s+to|resulting\s+in|killing|injuring|wounding|leaving"
    r"|forcing|prompting|triggering|sparking)\b"
    r"|,\s+(?P<with>with)\b"
    r"|,\s+(?P<pronoun>we|they|he|she|it|there|I|you)\b",
)  # fmt: skip

_SIGNS = ("and", "since", "which", "who", "result", "with", "pronoun")

#: "18 years after" and "shortly after" give a time; what follows is not reported as news.
_MEASURED = re.compile(r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|shortly|soon|just|long)\s+$")

#: In words: how far behind a joining word its verb is looked for; a few times that before it and for its end.
_REACH = 25


@dataclass
class Clauses:
    """What was found: words at which a clause without a subject of its own begins, and clauses set within others."""

    loose: set[int] = field(default_factory=set)
    inner: list[tuple[int, int]] = field(default_factory=list)


def cut_clauses(passage: Passage, syntax: Ints, cuts: Ints) -> Clauses:
    """Adds `CLAUSE` to `cuts` where a clause with its own subject and verb begins; gives the others."""
    found = Clauses()
    starts = passage.spans[:, 0]
    borders = np.flatnonzero(cuts).tolist()
    sentences = [*np.flatnonzero(cuts == SENTENCE).tolist(), len(passage)]
    begin = 0
    for match in _SIGN.finditer(passage.text):
        sign = next(name for name in _SIGNS if match.group(name))
        at = int(starts.searchsorted(match.start() + (match.group()[0] in ",—–")))
        after = int(starts.searchsorted(match.end()))
        stop = sentences[bisect_right(sentences, at)]
        if after >= stop:
            continue
        begin = max(borders[bisect_right(borders, at) - 1] if borders else 0, min(begin, at))
        before = syntax[max(begin, at - 3 * _REACH) : at].tolist()
        behind = syntax[after : min(stop, after + _REACH)].tolist()
        if _MEASURED.search(passage.text, max(match.start() - 12, 0), match.start()):
            continue
        has_verb = _has_main_verb(before)
        if sign in ("who", "which"):
            if not any(tag in FINITE for tag in behind) or (sign == "who" and not _follows_noun(passage, syntax, at)):
                continue
            near = min(stop, after + 2 * _REACH)
            commas = [place for place in range(after, near) if _is_comma(passage, place)]
            if has_verb and any(_has_subject_and_verb(syntax[place + 1 : near].tolist()) for place in commas):
                continue  # the main clause is still to come
            if has_verb:
                begin = after if match.group("place") else at
                found.loose.add(begin)
            elif commas:
                found.inner.append((at, commas[0]))
            continue
        if not has_verb:
            continue
        if sign == "with":
            # "with prices rising": a noun directly before the participle.
            if any(left in NOMINAL and right == _GERUND for left, right in itertools.pairwise(behind)):
                found.loose.add(after)
                begin = after
        elif sign == "result":
            found.loose.add(at)
            begin = at
        elif sign == "pronoun":
            if behind and behind[0] in FINITE:
                cuts[at] = max(cuts[at], CLAUSE)
                begin = at
        elif _has_subject_and_verb(behind):
            cuts[after] = max(cuts[after], CLAUSE)
            begin = after
        elif sign == "and" and next((tag for tag in behind if tag != _ADVERB), None) in FINITE:
            found.loose.add(after)
            begin = after
    return found


def _has_main_verb(tags: list[int]) -> bool:
    """Whether there is a finite verb that is not the verb of a relative clause within the subject."""
    first = next((tag for tag in tags if tag in FINITE or tag == _WH), None)
    return first in FINITE


def _has_subject_and_verb(tags: list[int]) -> bool:
    verb = next((at for at, tag in enumerate(tags) if tag in FINITE or tag in _NOT_FINITE), None)
    return verb is not None and tags[verb] in FINITE and any(tag in SUBJECT for tag in tags[:verb])


def _follows_noun(passage: Passage, syntax: Ints, at: int) -> bool:
    return bool(at) and (int(syntax[at - 1]) in NOMINAL or _is_comma(passage, at - 1))


def _is_comma(passage: Passage, at: int) -> bool:
    return passage.text[passage.spans[at, 0]] == ","
