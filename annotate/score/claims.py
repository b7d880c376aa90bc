"""Claims: alignment by token overlap, the attributes of aligned pairs, and the sentences that hold claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from annotate.records import Claim, Region
from annotate.score.alignment import (
    Alignment,
    HalfCounts,
    Pair,
    align_halves,
    count_shared_tokens,
    list_counted,
    make_alignment,
    overlaps_region,
)
from annotate.score.counts import ArticleCounts, pair_outcomes
from annotate.score.formulas import AveragePrecision, Column, Formula, Kappa, Outcomes, OutcomesByMatch, Ratio, prf
from annotate.score.links import LinkCounts, LinkedSpan, compare_links, order_of, read_link
from annotate.score.matching import Weight, best_pairs
from annotate.score.measures import Measure
from annotate.score.tables import GoldTable, SystemTable
from annotate.text.sentences import best_sentence, split_sentences
from annotate.text.text_index import Content, TextIndex

CLAIM_THRESHOLD = Fraction(1, 2)
"""Two claims can be aligned when their token Dice is at least this: more than a shared word."""


@dataclass(frozen=True)
class ClaimView:
    """A claim as the comparison sees it."""

    start: int
    end: int
    content: Content
    tokens: frozenset[int]
    core: tuple[int, ...]
    kind: str
    check_worthy: bool
    claimer: LinkedSpan | None
    score: float | None
    ignorable: bool
    place: int
    """Its index in the record."""


def view_claims(index: TextIndex, claims: Iterable[Claim], regions: Sequence[Region] = ()) -> list[ClaimView]:
    """The claims in an order that does not depend on that of the record."""
    views = []
    for place, claim in enumerate(claims):
        ranges = [(claim.start, claim.end)]
        tokens = index.tokens(ranges)
        views.append(
            ClaimView(
                start=claim.start,
                end=claim.end,
                content=index.content(ranges),
                tokens=tokens,
                core=index.core(tokens),
                kind=claim.kind,
                check_worthy=claim.check_worthy,
                claimer=read_link(index, claim.claimer),
                score=claim.score,
                ignorable=overlaps_region(ranges, regions, "claims"),
                place=place,
            )
        )
    views.sort(key=lambda view: (view.content, view.kind, view.check_worthy, order_of(view.claimer), view.score or 0))
    return views


def align_claims(
    gold: Sequence[ClaimView], predicted: Sequence[ClaimView], shared: Mapping[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """The one-to-one alignment: most equal contents, then most summed Dice, then the ties by attributes."""
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared.items():
        g, p = gold[i], predicted[j]
        dice = Fraction(2 * n, len(g.tokens) + len(p.tokens))
        if dice >= CLAIM_THRESHOLD:
            claimer = compare_links(g.claimer, p.claimer)
            edges[i, j] = (
                int(g.content == p.content),
                dice,
                int(g.kind == p.kind),
                int(g.check_worthy == p.check_worthy),
                int(claimer.overlap),
                int(claimer.head),
                int(claimer.exact),
                int(not p.ignorable),
            )
    return best_pairs(edges)


@dataclass(frozen=True)
class SentenceCounts(ArticleCounts):
    """Sentences with a claim: in gold, in the predictions, in both."""

    gold: Column
    predicted: Column
    both: Column

    def outcomes(self) -> Outcomes:
        """A sentence in both is correct, one in gold only is missing, one in the predictions only is spurious."""
        return pair_outcomes(self.both, self.both, self.gold, self.predicted)


@dataclass(frozen=True)
class AnswerCounts(ArticleCounts):
    """How many aligned pairs have one answer (a kind, yes or no) in gold, and how many in the prediction."""

    gold: Column
    predicted: Column


@dataclass(frozen=True)
class ClaimCounts(ArticleCounts):
    """Claims by article: of gold, predicted, aligned; what is right about the aligned ones; sentences that hold claims.

    `predicted` are the predictions that count. `half` is about the pairs that share half of their tokens, an alignment
    of its own.
    """

    gold: Column
    predicted: Column
    pairs: Column
    exact: Column
    half: HalfCounts
    same_kind: Column
    same_worth: Column
    claimer: LinkCounts
    worthy: AnswerCounts
    unworthy: AnswerCounts
    sentences: SentenceCounts
    worthy_sentences: SentenceCounts


@dataclass
class CountedClaims:
    """Counts by article, the answers on kinds, and every sentence of every article for ranking.

    `article`, `score` and `positive` have one row per sentence.
    """

    counts: ClaimCounts
    kinds: dict[str, AnswerCounts]
    article: Column
    score: Column
    positive: Column
    alignments: dict[int, Alignment]
    outside: int
    """Claims that are in no sentence."""
    unscored: int
    """Predicted claims without a score; they rank as 0."""


def count_claims(gold: GoldTable, system: SystemTable, further_kinds: Iterable[str] = ()) -> CountedClaims:
    """Everything that the measures of claims need."""
    counts = ClaimCounts.zeros(gold.size)
    names = {claim.kind for side in (gold.claims, system.claims) for claims in side.values() for claim in claims}
    kinds = {kind: AnswerCounts.zeros(gold.size) for kind in sorted({*names, *further_kinds})}
    alignments: dict[int, Alignment] = {}
    sentences_seen: list[tuple[int, float, bool]] = []
    outside = unscored = 0
    for article in np.nonzero(gold.has["claims"])[0].tolist():
        index = TextIndex(gold.texts[article])
        golds = view_claims(index, gold.claims.get(article, ()))
        predicted = view_claims(index, system.claims.get(article, ()), gold.regions.get(article, ()))
        shared = count_shared_tokens(golds, predicted)
        pairs = align_claims(golds, predicted, shared)
        counted = list_counted(predicted, pairs)
        _count_pairs(counts, kinds, article, [(golds[i], predicted[j]) for i, j in pairs])
        counts.gold[article] = len(golds)
        counts.predicted[article] = len(counted)
        counts.half.add(article, golds, predicted, align_halves(golds, predicted, shared, _same_claimer))
        if golds or predicted:
            alignments[article] = make_alignment(golds, predicted, pairs, _to_pair)
        sentences = gold.sentences.get(article)
        if sentences is None:
            sentences = split_sentences(index.text)
        ranked, lost = _count_sentences(counts, article, sentences, golds, counted)
        sentences_seen.extend((article, score, positive) for score, positive in ranked)
        outside += lost
        unscored += sum(view.score is None for view in counted)
    for article, _ in system.iter_unplaced("claims", gold):
        counts.predicted[article] += 1
        counts.half.predicted[article] += 1
    return CountedClaims(
        counts,
        kinds,
        np.array([article for article, _, _ in sentences_seen], np.int64),
        np.array([score for _, score, _ in sentences_seen], float),
        np.array([positive for _, _, positive in sentences_seen], bool),
        alignments,
        outside,
        unscored,
    )


def _to_pair(gold: ClaimView, predicted: ClaimView) -> Pair:
    return Pair(
        gold.place,
        predicted.place,
        same_extent=gold.content == predicted.content,
        same_label=(gold.kind, gold.check_worthy) == (predicted.kind, predicted.check_worthy),
        same_link=_same_claimer(gold, predicted),
    )


def _count_pairs(
    counts: ClaimCounts,
    kinds: Mapping[str, AnswerCounts],
    article: int,
    pairs: Sequence[tuple[ClaimView, ClaimView]],
) -> None:
    for g, p in pairs:
        counts.pairs[article] += 1
        counts.exact[article] += g.content == p.content
        counts.same_kind[article] += g.kind == p.kind
        kinds[g.kind].gold[article] += 1
        kinds[p.kind].predicted[article] += 1
        counts.same_worth[article] += g.check_worthy == p.check_worthy
        (counts.worthy if g.check_worthy else counts.unworthy).gold[article] += 1
        (counts.worthy if p.check_worthy else counts.unworthy).predicted[article] += 1
        counts.claimer.add(article, compare_links(g.claimer, p.claimer))


def _same_claimer(gold: ClaimView, predicted: ClaimView) -> bool:
    return compare_links(gold.claimer, predicted.claimer).overlap


def _count_sentences(
    counts: ClaimCounts,
    article: int,
    sentences: Sequence[tuple[int, int]],
    gold: Sequence[ClaimView],
    predicted: Sequence[ClaimView],
) -> tuple[list[tuple[float, bool]], int]:
    """Counts the article's sentences; returns (score, check-worthy in gold) of each, and the claims in none."""
    starts = [start for start, _ in sentences]
    golds, predictions = (
        [(i, view) for view in views if (i := best_sentence(sentences, starts, view)) is not None]
        for views in (gold, predicted)
    )
    worthy = {i for i, view in golds if view.check_worthy}
    for found, ours, theirs in (
        (counts.sentences, {i for i, _ in golds}, {i for i, _ in predictions}),
        (counts.worthy_sentences, worthy, {i for i, view in predictions if view.check_worthy}),
    ):
        found.gold[article] = len(ours)
        found.predicted[article] = len(theirs)
        found.both[article] = len(ours & theirs)
    scores = [0.0] * len(sentences)
    for i, view in predictions:
        scores[i] = max(scores[i], view.score or 0.0)
    outside = len(gold) + len(predicted) - len(golds) - len(predictions)
    return [(score, i in worthy) for i, score in enumerate(scores)], outside


def claim_formulas(counted: CountedClaims) -> tuple[dict[Measure, Formula], OutcomesByMatch]:
    """The formulas by measure, and the outcomes."""
    counts = counted.counts
    gold, predicted, pairs = counts.gold, counts.predicted, counts.pairs
    outcomes: OutcomesByMatch = {
        ("exact", None): pair_outcomes(counts.exact, pairs, gold, predicted),
        ("overlap", None): pair_outcomes(pairs, pairs, gold, predicted),
        ("sentence", None): counts.sentences.outcomes(),
        ("check-worthy", None): counts.worthy_sentences.outcomes(),
    }
    formulas: dict[Measure, Formula] = {}

    def ratios(match: str, credit: Column, gold: Column, predicted: Column) -> None:
        for metric, formula in prf(credit, gold, predicted).items():
            formulas[Measure(metric, match, "claims")] = formula

    def accuracy(match: str, right: Column) -> None:
        n = int(pairs.sum())
        formulas[Measure("accuracy", match, "claims")] = Ratio(right, pairs, n, n)

    ratios("exact", counts.exact, gold, predicted)
    ratios("overlap", pairs, gold, predicted)
    ratios("half-overlap", counts.half.pairs, gold, counts.half.predicted)
    ratios("core", counts.half.core, gold, counts.half.predicted)
    for match, found in (("sentence", counts.sentences), ("check-worthy", counts.worthy_sentences)):
        ratios(match, found.both, found.gold, found.predicted)
    formulas[Measure("ap", "check-worthy", "claims")] = AveragePrecision(
        counted.article, counted.score, counted.positive
    )
    for match, right, answers in (
        ("kind", counts.same_kind, list(counted.kinds.values())),
        ("check-worthy", counts.same_worth, [counts.worthy, counts.unworthy]),
    ):
        accuracy(match, right)
        formulas[Measure("kappa", match, "claims")] = Kappa(
            right, pairs, [(answer.gold, answer.predicted) for answer in answers]
        )
    for match, right in counts.claimer.by_match().items():
        accuracy(f"claimer-{match}", right)
    return formulas, outcomes
