"""Claims: alignment by token overlap, the attributes of aligned pairs, and the sentences that hold claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from annotate.records import Claim, Region
from annotate.score.figures import AveragePrecision, Column, Figure, Kappa, Outcomes, Ratio, prf
from annotate.score.items import ItemCounts
from annotate.score.matching import Weight, best_pairs
from annotate.score.measures import Measure
from annotate.score.mentions import MATCHES, Mention, order_of, read_mention, same_mention, shared_tokens, touches
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
    kind: str
    check_worthy: bool
    claimer: Mention | None
    score: float | None
    ignorable: bool
    place: int
    """Its index in the record."""


def view_claims(index: TextIndex, claims: Iterable[Claim], regions: Sequence[Region] = ()) -> list[ClaimView]:
    """The claims in an order that does not depend on that of the record."""
    views = []
    for place, claim in enumerate(claims):
        ranges = [(claim.start, claim.end)]
        views.append(
            ClaimView(
                start=claim.start,
                end=claim.end,
                content=index.content(ranges),
                tokens=index.tokens(ranges),
                kind=claim.kind,
                check_worthy=claim.check_worthy,
                claimer=read_mention(index, claim.claimer),
                score=claim.score,
                ignorable=touches(ranges, regions, "claims"),
                place=place,
            )
        )
    views.sort(key=lambda view: (view.content, view.kind, view.check_worthy, order_of(view.claimer), view.score or 0))
    return views


def align_claims(gold: Sequence[ClaimView], predicted: Sequence[ClaimView]) -> list[tuple[int, int]]:
    """The one-to-one alignment: most equal contents, then most summed Dice, then the ties by attributes."""
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared_tokens([view.tokens for view in gold], [view.tokens for view in predicted]).items():
        g, p = gold[i], predicted[j]
        dice = Fraction(2 * n, len(g.tokens) + len(p.tokens))
        if dice >= CLAIM_THRESHOLD:
            equal, overlap, head = same_mention(g.claimer, p.claimer)
            edges[i, j] = (
                int(g.content == p.content),
                dice,
                int(g.kind == p.kind),
                int(g.check_worthy == p.check_worthy),
                int(overlap),
                int(head),
                int(equal),
                int(not p.ignorable),
            )
    return best_pairs(edges)


@dataclass
class ClaimCounts:
    """Counts by document, and every sentence of every document for ranking."""

    counts: ItemCounts
    kinds: list[str]
    document: Column
    score: Column
    positive: Column
    homeless: int
    """Claims that lie in no sentence."""
    unscored: int
    """Predicted claims without a score; they rank as 0."""


def count_claims(gold: GoldTable, system: SystemTable, further_kinds: Iterable[str] = ()) -> ClaimCounts:
    """Everything that the figures of claims need."""
    counts = ItemCounts(gold.size)
    kinds = set(further_kinds)
    units: list[tuple[int, float, bool]] = []
    homeless = unscored = 0
    for document in np.nonzero(gold.has["claims"])[0].tolist():
        index = TextIndex(gold.texts[document])
        golds = view_claims(index, gold.claims.get(document, ()))
        predicted = view_claims(index, system.claims.get(document, ()), gold.regions.get(document, ()))
        pairs = align_claims(golds, predicted)
        paired = {j for _, j in pairs}
        counted = [view for j, view in enumerate(predicted) if j in paired or not view.ignorable]
        _count_pairs(counts, document, [(golds[i], predicted[j]) for i, j in pairs])
        counts.add(document, "gold", len(golds))
        counts.add(document, "predicted", len(counted))
        kinds.update(view.kind for view in [*golds, *counted])
        sentences = gold.sentences.get(document)
        if sentences is None:
            sentences = split_sentences(index.text)
        ranked, lost = _count_sentences(counts, document, sentences, golds, counted)
        units.extend((document, score, positive) for score, positive in ranked)
        homeless += lost
        unscored += sum(view.score is None for view in counted)
    return ClaimCounts(
        counts,
        sorted(kinds),
        np.array([document for document, _, _ in units], np.int64),
        np.array([score for _, score, _ in units], float),
        np.array([positive for _, _, positive in units], bool),
        homeless,
        unscored,
    )


def _count_pairs(counts: ItemCounts, document: int, pairs: Sequence[tuple[ClaimView, ClaimView]]) -> None:
    def add(name: str, value: float = 1) -> None:
        counts.add(document, name, value)

    for g, p in pairs:
        add("pairs")
        add("exact", g.content == p.content)
        add("same kind", g.kind == p.kind)
        add(f"gold kind {g.kind}")
        add(f"kind {p.kind}")
        add("same check-worthy", g.check_worthy == p.check_worthy)
        add(f"gold check-worthy {g.check_worthy}")
        add(f"check-worthy {p.check_worthy}")
        for how, ok in zip(MATCHES, same_mention(g.claimer, p.claimer), strict=True):
            add(f"claimer {how}", ok)


def _count_sentences(
    counts: ItemCounts,
    document: int,
    sentences: Sequence[tuple[int, int]],
    gold: Sequence[ClaimView],
    predicted: Sequence[ClaimView],
) -> tuple[list[tuple[float, bool]], int]:
    """Counts the document's sentences; returns (score, check-worthy in gold) of each, and the claims in none."""
    starts = [start for start, _ in sentences]
    homeless = 0
    held: dict[str, set[int]] = {"gold": set(), "predicted": set()}
    worthy: dict[str, set[int]] = {"gold": set(), "predicted": set()}
    scores = [0.0] * len(sentences)
    for side, views in (("gold", gold), ("predicted", predicted)):
        for view in views:
            sentence = best_sentence(sentences, starts, view)
            if sentence is None:
                homeless += 1
                continue
            held[side].add(sentence)
            if view.check_worthy:
                worthy[side].add(sentence)
            if side == "predicted":
                scores[sentence] = max(scores[sentence], view.score or 0.0)
    for name, sets in (("sentence", held), ("worthy", worthy)):
        counts.add(document, f"gold {name}", len(sets["gold"]))
        counts.add(document, f"predicted {name}", len(sets["predicted"]))
        counts.add(document, f"both {name}", len(sets["gold"] & sets["predicted"]))
    return [(score, i in worthy["gold"]) for i, score in enumerate(scores)], homeless


def claim_figures(found: ClaimCounts) -> tuple[dict[Measure, Figure], dict[str, Outcomes]]:
    """The figures by measure, and the outcomes by match."""
    counts = found.counts
    gold, predicted, pairs = counts.column("gold"), counts.column("predicted"), counts.column("pairs")
    outcomes = {"exact": counts.outcomes("pairs", "exact"), "overlap": counts.outcomes("pairs", "pairs")}
    figures: dict[Measure, Figure] = {}

    def ratios(match: str, credit: Column, gold: Column, predicted: Column) -> None:
        for metric, figure in prf(credit, gold, predicted).items():
            figures[Measure(metric, match, "claims")] = figure

    def accuracy(match: str, right: Column) -> None:
        n = int(pairs.sum())
        figures[Measure("accuracy", match, "claims")] = Ratio(right, pairs, n, n)

    ratios("exact", counts.column("exact"), gold, predicted)
    ratios("overlap", pairs, gold, predicted)
    for match, name in (("sentence", "sentence"), ("check-worthy", "worthy")):
        both = counts.column(f"both {name}")
        ratios(match, both, counts.column(f"gold {name}"), counts.column(f"predicted {name}"))
        outcomes[match] = Outcomes(
            both,
            np.zeros_like(both),
            np.zeros_like(both),
            counts.column(f"gold {name}") - both,
            counts.column(f"predicted {name}") - both,
        )
    figures[Measure("ap", "check-worthy", "claims")] = AveragePrecision(found.document, found.score, found.positive)
    answers = {"kind": found.kinds, "check-worthy": ["True", "False"]}
    for match, values in answers.items():
        agreed = counts.column(f"same {match}")
        accuracy(match, agreed)
        figures[Measure("kappa", match, "claims")] = Kappa(
            agreed,
            pairs,
            {value: counts.column(f"gold {match} {value}") for value in values},
            {value: counts.column(f"{match} {value}") for value in values},
        )
    for how in MATCHES:
        accuracy(f"claimer-{how}", counts.column(f"claimer {how}"))
    return figures, outcomes
