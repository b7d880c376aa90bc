"""From an annotated article to what the network should answer for each of its words.

Every layer may be unknown, for a whole article or for a region of it. What is unknown is expressed by allowing more
than one answer, and the loss sums over all that are allowed: a place whose finer label nobody gave may be GPE, LOC
or FAC, and in a region that annotators left out everything is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.preannotate.news.network import CLAIM_KINDS, CLAIM_TAGS, ENTITY_LABELS, ENTITY_TAGS, ROLE_TAGS
from annotate.preannotate.news.passage import Passage
from annotate.records import Claim

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

UNKNOWN = -100

#: Parts of speech, coarse.
SYNTAX_TAGS = (
    "noun", "name", "pronoun", "past", "present", "base", "modal", "gerund", "participle", "adjective", "adverb",
    "preposition", "determiner", "conjunction", "wh", "number", "to", "other",
)  # fmt: skip

#: What begins at a word: nothing, a sentence, a clause with its own subject and verb.
CUTS = ("none", "sentence", "clause")

#: A training configuration, as its TOML file holds it.
Config = dict[str, Any]


@dataclass(frozen=True)
class ClaimAnswer:
    """A claim as training needs it; offsets in code points.

    Attributes:
        kinds: the probability of each of `CLAIM_KINDS`; None where nobody gave a kind.
        worth: the probability that it is worth checking; None where nobody said so.
    """

    start: int
    end: int
    kinds: tuple[float, ...] | None
    worth: float | None
    claimer: tuple[int, int] | None


def certain(kind: str | None) -> tuple[float, ...] | None:
    """The probabilities of the kinds where somebody gave this one; None where it is no kind that we know.

    >>> certain("position")
    (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    """
    return tuple(float(kind == one) for one in CLAIM_KINDS) if kind in CLAIM_KINDS else None


def to_answers(claims: Iterable[Claim]) -> list[ClaimAnswer]:
    """Claims of a record as training needs them."""
    return [
        ClaimAnswer(
            claim.start,
            claim.end,
            certain(claim.kind),
            None if claim.check_worthy is None else float(claim.check_worthy),
            (claim.claimer.start, claim.claimer.end) if claim.claimer else None,
        )
        for claim in claims
    ]


@dataclass
class Document:
    """A text with spans as training needs them; offsets in code points. A layer that is None is unknown."""

    text: str
    quotes: list[dict[str, Any]] | None = None
    entities: list[tuple[int, int, frozenset[str]]] | None = None
    #: Labels that this corpus would have marked: a word outside every span has none of them.
    annotated: frozenset[str] = frozenset()
    #: Regions in which a word may be outside every span or have any of these labels.
    unknown_entities: list[tuple[int, int, frozenset[str]]] = field(default_factory=list)
    unknown_quotes: list[tuple[int, int]] = field(default_factory=list)
    claims: list[ClaimAnswer] | None = None
    unknown_claims: list[tuple[int, int]] = field(default_factory=list)
    #: Start of a token -> its part of speech and whether a sentence (1) or a clause (2) begins there.
    syntax: dict[int, tuple[str, int]] | None = None


@dataclass(frozen=True)
class Answers:
    """What each word of one passage should be given; words in rows.

    `owners` is the first word of the claim that a word is in; `kinds` (words, kinds), `worth` and `claimers` are of
    that claim. Where the kind is unknown, no kind has a probability.
    """

    roles: Bools
    entities: Bools
    claims: Bools
    anchors: Ints
    speakers: Ints
    tags: Ints
    cuts: Ints
    owners: Ints
    kinds: Floats
    worth: Floats
    claimers: Ints


def make_answers(document: Document, passage: Passage) -> Answers:
    """The answers for every word of `passage`, which must have been read from the document's text."""
    count = len(passage)
    roles, anchors, speakers = _quote_answers(document, passage, count)
    tags = np.full(count, UNKNOWN, dtype=np.int64)
    cuts = np.full(count, UNKNOWN, dtype=np.int64)
    if document.syntax is not None:
        for at, start in enumerate(passage.spans[:, 0].tolist()):
            found = document.syntax.get(start)
            if found is not None:
                tags[at] = SYNTAX_TAGS.index(found[0])
                cuts[at] = found[1]
    claims, owners, kinds, worth, claimers = _claim_answers(document, passage, count)
    entities = _entity_answers(document, passage, count)
    return Answers(roles, entities, claims, anchors, speakers, tags, cuts, owners, kinds, worth, claimers)


def _quote_answers(document: Document, passage: Passage, count: int) -> tuple[Bools, Ints, Ints]:
    allowed = np.zeros((count, len(ROLE_TAGS)), dtype=bool)
    anchors = np.full(count, UNKNOWN, dtype=np.int64)
    speakers = np.full(count, UNKNOWN, dtype=np.int64)
    if document.quotes is None:
        allowed[:] = True
        return allowed, anchors, speakers
    tags = np.zeros(count, dtype=np.int64)
    for quote in document.quotes:
        contents = [passage.words_in(start, end) for start, end in quote["content"]]
        contents = [(first, last) for first, last in contents if first < last]
        if not contents:
            continue
        parts = [(role, passage.words_in(*quote[role])) for role in ("speaker", "cue") if quote[role]]
        cue = next((span for role, span in parts if role == "cue"), contents[0])
        speaker = next((span for role, span in parts if role == "speaker"), cue)
        if cue[0] >= cue[1] or speaker[0] >= speaker[1]:
            continue
        for role, (first, last) in [*parts, *(("content", span) for span in contents)]:
            tags[first:last] = ROLE_TAGS.index(f"I-{role}")
            tags[first] = ROLE_TAGS.index(f"B-{role}")
            if role != "speaker":
                anchors[first:last] = cue[0]
        speakers[cue[0]] = speaker[0]
    allowed[np.arange(count), tags] = True
    _begin_orphans(allowed)
    for start, end in document.unknown_quotes:
        first, last = passage.words_in(start, end)
        allowed[first:last] = True
        anchors[first:last] = UNKNOWN
        speakers[first:last] = UNKNOWN
    return allowed, anchors, speakers


def _claim_answers(document: Document, passage: Passage, count: int) -> tuple[Bools, Ints, Floats, Floats, Ints]:
    allowed = np.zeros((count, len(CLAIM_TAGS)), dtype=bool)
    owners, claimers = (np.full(count, UNKNOWN, dtype=np.int64) for _ in range(2))
    kinds = np.zeros((count, len(CLAIM_KINDS)), dtype=np.float32)
    worth = np.full(count, UNKNOWN, dtype=np.float32)
    if document.claims is None:
        allowed[:] = True
        return allowed, owners, kinds, worth, claimers
    tags = np.zeros(count, dtype=np.int64)
    for claim in document.claims:
        first, last = passage.words_in(claim.start, claim.end)
        if first >= last:
            continue
        tags[first:last] = CLAIM_TAGS.index("I-claim")
        tags[first] = CLAIM_TAGS.index("B-claim")
        owners[first:last] = first
        claimer = passage.words_in(*claim.claimer)[0] if claim.claimer else first
        claimers[first:last] = claimer if claimer < count else UNKNOWN
        if claim.kinds is not None:
            kinds[first:last] = claim.kinds
        if claim.worth is not None:
            worth[first:last] = claim.worth
    allowed[np.arange(count), tags] = True
    for start, end in document.unknown_claims:
        first, last = passage.words_in(start, end)
        allowed[first:last] = True
        owners[first:last] = UNKNOWN
    _begin_orphans(allowed)
    return allowed, owners, kinds, worth, claimers


def _entity_answers(document: Document, passage: Passage, count: int) -> Bools:
    if document.entities is None:
        return np.ones((count, len(ENTITY_TAGS)), dtype=bool)
    outside = _tags_of(set(ENTITY_LABELS) - document.annotated, "BI")
    outside[0] = True
    allowed = np.tile(outside, (count, 1))
    for start, end, labels in document.unknown_entities:
        first, last = passage.words_in(start, end)
        allowed[first:last] |= _tags_of(labels, "BI")
    for start, end, labels in document.entities:
        first, last = passage.words_in(start, end)
        if first < last:
            allowed[first:last] = _tags_of(labels, "I")
            allowed[first] = _tags_of(labels, "B")
            if last < count and not allowed[last].all():
                # What follows a name does not go on with it.
                allowed[last] &= ~_tags_of(labels, "I")
    _begin_orphans(allowed)
    return allowed


def _begin_orphans(allowed: Bools) -> None:
    """Lets a span begin where it can only go on but nothing before it began: at a window's start, after an overlap."""
    if not len(allowed):
        return
    begin, inside = allowed[:, 1::2], allowed[:, 2::2]
    before = np.vstack([np.zeros_like(begin[:1]), (begin | inside)[:-1]])
    stuck = ~allowed[:, 0] & ~begin.any(axis=1) & ~(inside & before).any(axis=1)
    begin[stuck] = inside[stuck]
    inside[stuck] = False


def _tags_of(labels: Iterable[str], places: str) -> Bools:
    row = np.zeros(len(ENTITY_TAGS), dtype=bool)
    for label in labels:
        for place in places:
            row[ENTITY_TAGS.index(f"{place}-{label}")] = True
    return row


def slice_answers(answers: Answers, start: int, stop: int) -> Answers:
    """The answers of the words in `[start, stop)`; a pointer that leaves the window points to its own word."""

    def inside(pointers: Ints, fallback: Ints) -> Ints:
        shifted = pointers[start:stop] - start
        known = pointers[start:stop] != UNKNOWN
        out = known & ((shifted < 0) | (shifted >= stop - start))
        return np.where(known, np.where(out, fallback, shifted), UNKNOWN)

    roles, entities, claims = (
        allowed[start:stop].copy() for allowed in (answers.roles, answers.entities, answers.claims)
    )
    for allowed in (roles, entities, claims):
        _begin_orphans(allowed)
    return Answers(
        roles=roles,
        entities=entities,
        claims=claims,
        anchors=inside(answers.anchors, np.full(stop - start, UNKNOWN)),
        speakers=inside(answers.speakers, np.arange(stop - start)),
        tags=answers.tags[start:stop],
        cuts=answers.cuts[start:stop],
        # A claim that began before the window goes on from its first word here; a claimer before it is unknown.
        owners=np.where(
            answers.owners[start:stop] == UNKNOWN, UNKNOWN, np.maximum(answers.owners[start:stop] - start, 0)
        ),
        kinds=answers.kinds[start:stop],
        worth=answers.worth[start:stop],
        claimers=inside(answers.claimers, np.full(stop - start, UNKNOWN)),
    )
