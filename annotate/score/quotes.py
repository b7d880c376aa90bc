"""Quotes: alignment by content, then content, type and speaker, each by its own measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from annotate.records import Quote, QuoteType, Region
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
from annotate.score.formulas import Column, Formula, Harmonic, OutcomesByMatch, Ratio, prf
from annotate.score.links import LinkCounts, LinkedSpan, compare_links, order_of, read_link
from annotate.score.matching import Weight, best_pairs
from annotate.score.measures import Measure
from annotate.score.tables import GoldTable, SystemTable
from annotate.text.quotation import parse_quote_type
from annotate.text.text_index import Content, TextIndex
from annotate.text.tokens import TOKEN


@dataclass(frozen=True)
class QuoteView:
    """A quote as the comparison sees it."""

    content: Content
    tokens: frozenset[int]
    core: tuple[int, ...]
    type: QuoteType
    speaker: LinkedSpan | None
    cue: LinkedSpan | None
    ignorable: bool
    place: int
    """Its index in the record."""


def view_quotes(index: TextIndex, quotes: Iterable[Quote], regions: Sequence[Region] = ()) -> list[QuoteView]:
    """The quotes in an order that does not depend on that of the record."""
    views = []
    for place, quote in enumerate(quotes):
        ranges = [(fragment.start, fragment.end) for fragment in quote.content]
        tokens = index.tokens(ranges)
        views.append(
            QuoteView(
                content=index.content(ranges),
                tokens=tokens,
                core=index.core(tokens),
                type=quote.type,
                speaker=read_link(index, quote.speaker),
                cue=read_link(index, quote.cue),
                ignorable=overlaps_region(ranges, regions, "quotes"),
                place=place,
            )
        )
    views.sort(key=lambda view: (view.content, view.type, order_of(view.speaker), order_of(view.cue)))
    return views


def align_quotes(
    gold: Sequence[QuoteView], predicted: Sequence[QuoteView], shared: Mapping[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """The one-to-one alignment: most equal contents, then most summed Dice, then the ties by speaker, type and cue."""
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared.items():
        g, p = gold[i], predicted[j]
        speaker = compare_links(g.speaker, p.speaker)
        edges[i, j] = (
            int(g.content == p.content),
            Fraction(2 * n, len(g.tokens) + len(p.tokens)),
            int(speaker.overlap),
            int(g.type == p.type),
            int(speaker.head),
            int(speaker.exact),
            int(compare_links(g.cue, p.cue).overlap),
            int(not p.ignorable),
        )
    return best_pairs(edges)


@dataclass(frozen=True)
class TypeCounts(ArticleCounts):
    """Quotes of one type: of gold, predicted, aligned pairs of that type on both sides; then, of gold's type, the pairs
    that share half of their tokens, and those among them with one core."""

    gold: Column
    predicted: Column
    same: Column
    half: Column
    core: Column


@dataclass(frozen=True)
class ByType(ArticleCounts):
    """The counts of each type of quote."""

    direct: TypeCounts
    indirect: TypeCounts
    mixed: TypeCounts

    def all(self) -> dict[QuoteType, TypeCounts]:
        """The counts by type."""
        return {"direct": self.direct, "indirect": self.indirect, "mixed": self.mixed}


@dataclass(frozen=True)
class QuoteCounts(ArticleCounts):
    """Everything that the measures of quotes need, by article.

    `predicted` are the predictions that count; `exact`, `dice`, `same_type` are of the aligned `pairs`; `speaker` of
    those with a gold speaker (`with_speaker`), `no_speaker_right` of those without (`no_speaker`). `found` are pairs
    with the right speaker, `found_exact` those with equal content too. Tokens are those in content; `covered_gold` sums
    the share of each gold quote that predictions cover, `covered_predicted` the other way round. `half...` are about
    the pairs that share half of their tokens, an alignment of its own.
    """

    gold: Column
    predicted: Column
    pairs: Column
    exact: Column
    dice: Column
    same_type: Column
    with_speaker: Column
    speaker: LinkCounts
    no_speaker: Column
    no_speaker_right: Column
    found: LinkCounts
    found_exact: LinkCounts
    gold_tokens: Column
    predicted_tokens: Column
    shared_tokens: Column
    covered_gold: Column
    covered_predicted: Column
    half: HalfCounts
    half_speaker: Column
    half_speaker_right: Column
    by_type: ByType


def count_quotes(gold: GoldTable, system: SystemTable) -> tuple[QuoteCounts, dict[int, Alignment]]:
    """The counts, and the alignment of each article that has quotes on either side."""
    counts = QuoteCounts.zeros(gold.size)
    alignments = {}
    for article in sorted({*gold.quotes, *system.quotes}):
        if gold.has["quotes"][article]:
            index = TextIndex(gold.texts[article])
            golds = view_quotes(index, gold.quotes.get(article, ()))
            predicted = view_quotes(index, system.quotes.get(article, ()), gold.regions.get(article, ()))
            shared = count_shared_tokens(golds, predicted)
            halves = align_halves(golds, predicted, shared, _same_speaker)
            counts.half.add(article, golds, predicted, halves)
            _count_halves(counts, article, [(golds[i], predicted[j]) for i, j in halves])
            pairs = align_quotes(golds, predicted, shared)
            _count_pairs(counts, article, golds, predicted, pairs)
            alignments[article] = make_alignment(golds, predicted, pairs, _to_pair)
    by_type = counts.by_type.all()
    for article, item in system.iter_unplaced("quotes", gold):
        counts.predicted[article] += 1
        counts.half.predicted[article] += 1
        counts.predicted_tokens[article] += len(TOKEN.findall(item.text))
        if (kind := parse_quote_type(item.label)) is not None:
            by_type[kind].predicted[article] += 1
    return counts, alignments


def _to_pair(gold: QuoteView, predicted: QuoteView) -> Pair:
    return Pair(
        gold.place,
        predicted.place,
        same_extent=gold.content == predicted.content,
        same_label=gold.type == predicted.type,
        same_link=compare_links(gold.speaker, predicted.speaker).head,
    )


def _count_pairs(
    counts: QuoteCounts,
    article: int,
    gold: Sequence[QuoteView],
    predicted: Sequence[QuoteView],
    pairs: Sequence[tuple[int, int]],
) -> None:
    counted = list_counted(predicted, pairs)
    by_type = counts.by_type.all()
    counts.gold[article] = len(gold)
    counts.predicted[article] = len(counted)
    counts.pairs[article] = len(pairs)
    for view in gold:
        by_type[view.type].gold[article] += 1
    for view in counted:
        by_type[view.type].predicted[article] += 1
    for i, j in pairs:
        g, p = gold[i], predicted[j]
        exact = g.content == p.content
        counts.exact[article] += exact
        counts.dice[article] += 2 * len(g.tokens & p.tokens) / (len(g.tokens) + len(p.tokens))
        if g.type == p.type:
            counts.same_type[article] += 1
            by_type[g.type].same[article] += 1
        same = compare_links(g.speaker, p.speaker)
        counts.found.add(article, same)
        if exact:
            counts.found_exact.add(article, same)
        if g.speaker is None:
            counts.no_speaker[article] += 1
            counts.no_speaker_right[article] += p.speaker is None
        else:
            counts.with_speaker[article] += 1
            counts.speaker.add(article, same)
    gold_tokens = frozenset[int]().union(*(view.tokens for view in gold))
    tokens = frozenset[int]().union(*(view.tokens for view in counted))
    counts.gold_tokens[article] = len(gold_tokens)
    counts.predicted_tokens[article] = len(tokens)
    counts.shared_tokens[article] = len(gold_tokens & tokens)
    counts.covered_gold[article] = _sum_covered(gold, tokens)
    counts.covered_predicted[article] = _sum_covered(counted, gold_tokens)


def _sum_covered(views: Iterable[QuoteView], other: frozenset[int]) -> float:
    """The summed shares of the quotes' tokens that are among the others."""
    return sum(len(view.tokens & other) / len(view.tokens) for view in views if view.tokens)


def _same_speaker(gold: QuoteView, predicted: QuoteView) -> bool:
    return compare_links(gold.speaker, predicted.speaker).overlap


def _count_halves(counts: QuoteCounts, article: int, pairs: Sequence[tuple[QuoteView, QuoteView]]) -> None:
    by_type = counts.by_type.all()
    for g, p in pairs:
        by_type[g.type].half[article] += 1
        by_type[g.type].core[article] += g.core == p.core
        if g.speaker is not None:
            counts.half_speaker[article] += 1
            counts.half_speaker_right[article] += _same_speaker(g, p)


def quote_formulas(counts: QuoteCounts) -> tuple[dict[Measure, Formula], OutcomesByMatch]:
    """The formulas by measure, and the outcomes."""
    formulas: dict[Measure, Formula] = {}
    gold, predicted, pairs = counts.gold, counts.predicted, counts.pairs
    outcomes: OutcomesByMatch = {
        (match, None): pair_outcomes(right, pairs, gold, predicted)
        for match, right in (("exact", counts.exact), ("overlap", pairs), ("end-to-end", counts.found.head))
    }

    def ratios(match: str, credit: Column, gold: Column, predicted: Column, label: str | None = None) -> None:
        for metric, formula in prf(credit, gold, predicted).items():
            formulas[Measure(metric, match, "quotes", label)] = formula

    def accuracy(match: str, right: Column, of: Column) -> None:
        n = int(of.sum())
        formulas[Measure("accuracy", match, "quotes")] = Ratio(right, of, n, n)

    def recall_of_type(match: str, label: QuoteType, right: Column, gold: Column) -> None:
        found = Ratio(right, gold, int(gold.sum()), int(predicted.sum()))
        formulas[Measure("recall", match, "quotes", label)] = found

    ratios("exact", counts.exact, gold, predicted)
    ratios("overlap", pairs, gold, predicted)
    ratios("half-overlap", counts.half.pairs, gold, counts.half.predicted)
    for label, of_type in counts.by_type.all().items():
        recall_of_type("half-overlap", label, of_type.half, of_type.gold)
    ratios("core", counts.half.core, gold, counts.half.predicted)
    for label, of_type in counts.by_type.all().items():
        recall_of_type("core", label, of_type.core, of_type.gold)
    ratios("dice", counts.dice, gold, predicted)
    ratios("token", counts.shared_tokens, counts.gold_tokens, counts.predicted_tokens)
    sizes = int(gold.sum()), int(predicted.sum())
    precision = Ratio(counts.covered_predicted, predicted, *sizes)
    recall = Ratio(counts.covered_gold, gold, *sizes)
    formulas[Measure("precision", "proportional", "quotes")] = precision
    formulas[Measure("recall", "proportional", "quotes")] = recall
    formulas[Measure("f1", "proportional", "quotes")] = Harmonic(precision, recall)
    ratios("end-to-end", counts.found.head, gold, predicted)
    for content, found_ in (("exact", counts.found_exact), ("overlap", counts.found)):
        for speaker, right in found_.by_match().items():
            if (content, speaker) != ("overlap", "head"):
                ratios(f"end-to-end-{content}-{speaker}", right, gold, predicted)
    accuracy("type", counts.same_type, pairs)
    for label, of_type in counts.by_type.all().items():
        ratios("type", of_type.same, of_type.gold, of_type.predicted, label)
    for match, right in counts.speaker.by_match().items():
        accuracy(f"speaker-{match}", right, counts.with_speaker)
    accuracy("speaker-half-overlap", counts.half_speaker_right, counts.half_speaker)
    accuracy("speaker-null", counts.no_speaker_right, counts.no_speaker)
    return formulas, outcomes
