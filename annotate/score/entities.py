"""Entities: the five outcomes in four schemes, overall and per label, and the shared alignment for reading errors.

A gold entity with further right labels (`alt_labels`) is rare; components that hold one are solved one by one. Per
label, a prediction that the shared alignment pairs with such an entity counts under gold's first label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from annotate.records import Unplaced
from annotate.score.alignment import EntityPairs
from annotate.score.formulas import Outcomes, OutcomesByMatch
from annotate.score.matching import Weight, best_pairs
from annotate.score.overlaps import (
    EntitySides,
    Pairing,
    Spans,
    components_with_rows,
    find_components,
    iter_overlapping,
    match_identical,
    pair_overlapping,
    sum_by,
)
from annotate.score.tables import Flags, Numbers

SCHEMES = ("strict", "exact", "partial", "type")


def count_outcomes(sides: EntitySides, n_articles: int) -> OutcomesByMatch:
    """The outcomes by (scheme, label), label None for all entities together."""
    n_labels = len(sides.names)
    gold, predicted = sides.gold, sides.predicted
    counts: OutcomesByMatch = {}
    special: list[_Special] = []
    if gold.right is not None:
        gold, predicted, special = _split_special(sides)
    overall = _count_overall(gold, predicted, n_articles)
    for found in special:
        for scheme, tally in found.tallies.items():
            overall[scheme][:, found.article] += tally
    for scheme in SCHEMES:
        counts[scheme, None] = Outcomes(*overall[scheme])
    relabelled = sides.predicted
    if special:
        label = relabelled.label.copy()
        for found in special:
            for row, code in found.relabel.items():
                label[row] = code
        relabelled = replace(relabelled, label=label)
    by_label = _count_by_label(sides.gold, relabelled, n_articles, n_labels, int(sides.base[-1]))
    for code, name in enumerate(sides.names):
        for scheme, table in by_label.items():
            counts[scheme, name] = Outcomes(*table[:, :, code])
        counts["exact", name] = counts["strict", name]
    return counts


def add_unplaced(counts: OutcomesByMatch, items: Iterable[tuple[int, Unplaced]]) -> None:
    """Count entities without a place in the text as spurious in every scheme, and under their labels.

    Args:
        items: each with its article.
    """
    for article, item in items:
        keys = [(scheme, label) for scheme in SCHEMES for label in dict.fromkeys((None, item.label))]
        # strict and exact of one label are one
        for outcomes in {id(counts[key]): counts[key] for key in keys}.values():
            outcomes.spurious[article] += 1


def _count_overall(gold: Spans, predicted: Spans, n: int) -> dict[str, Numbers]:
    """Scheme -> counts, shape (5 outcomes, articles)."""
    n_gold, n_predicted = np.bincount(gold.article, minlength=n), np.bincount(predicted.article, minlength=n)

    def tally(correct: Numbers, incorrect: Numbers, left_out: Numbers, partial: bool = False) -> Numbers:
        none = np.zeros(n, np.int64)
        missing = n_gold - correct - incorrect
        spurious = n_predicted - correct - incorrect - left_out
        return np.stack(
            (correct, none, incorrect, missing, spurious) if partial else (correct, incorrect, none, missing, spurious)
        )

    result = {}
    gold_rows, predicted_rows = match_identical(gold, predicted, with_label=True)
    strict = np.bincount(gold.article[gold_rows], minlength=n)
    rest_gold, rest = _without(gold, gold_rows), _without(predicted, predicted_rows)
    further = pair_overlapping(rest_gold, rest, (rest_gold.article, rest.article), n)
    result["strict"] = tally(strict, further.pairs, further.left_out)
    gold_rows, predicted_rows = match_identical(rest_gold, rest, with_label=False)
    exact = strict + np.bincount(rest_gold.article[gold_rows], minlength=n)
    rest_gold, rest = _without(rest_gold, gold_rows), _without(rest, predicted_rows)
    further = pair_overlapping(rest_gold, rest, (rest_gold.article, rest.article), n)
    result["exact"] = tally(exact, further.pairs, further.left_out)
    result["partial"] = tally(exact, further.pairs, further.left_out, partial=True)
    result["type"] = tally(*_count_type(gold, predicted, n))
    return result


def _without(spans: Spans, rows: Numbers) -> Spans:
    keep = np.ones(len(spans), bool)
    keep[rows] = False
    return spans.take(keep)


def _count_type(gold: Spans, predicted: Spans, n_articles: int) -> tuple[Numbers, Numbers, Numbers]:
    """By article: pairs of one label, further pairs, predictions left out."""
    in_gold, in_predicted, n = find_components(gold, predicted)
    n_gold, n_predicted = np.bincount(in_gold, minlength=n), np.bincount(in_predicted, minlength=n)
    n_ignorable = np.bincount(in_predicted[predicted.ignorable], minlength=n)
    article = np.zeros(n, np.int64)
    article[in_gold], article[in_predicted] = gold.article, predicted.article
    pairs = np.minimum(n_gold, n_predicted)
    left_out = np.where(pairs == 0, n_ignorable, 0)
    hard = (pairs > 1) | ((pairs == 1) & (n_ignorable > 0) & (n_predicted > 1))
    correct = np.zeros(n, np.int64)
    # one span on one side: is any span of the other side that overlaps it of its label?
    for one, one_in, n_one, many, many_in in (
        (gold, in_gold, n_gold, predicted, in_predicted),
        (predicted, in_predicted, n_predicted, gold, in_gold),
    ):
        if not len(one):
            continue
        row = np.zeros(n, np.int64)
        row[one_in] = np.arange(len(one))
        partner = row[many_in]
        right = (
            (n_one[many_in] == 1)
            & (one.label[partner] == many.label)
            & (one.start[partner] < many.end)
            & (many.start < one.end[partner])
        )
        correct[many_in[right]] = 1
    for component, golds, predictions in components_with_rows(hard, in_gold, in_predicted):
        gold_spans, spans = gold.ranges(golds), predicted.ranges(predictions)
        gold_labels, labels = gold.label[golds].tolist(), predicted.label[predictions].tolist()
        ignorable = predicted.ignorable[predictions].tolist()
        found = best_pairs(
            {
                (i, j): (int(gold_labels[i] == labels[j]), 1, int(not ignorable[j]))
                for i, j in iter_overlapping(gold_spans, spans)
            }
        )
        correct[component] = sum(gold_labels[i] == labels[j] for i, j in found)
        pairs[component] = len(found)
        left_out[component] = sum(ignorable) - sum(ignorable[j] for _, j in found)
    return (
        sum_by(article, correct, n_articles),
        sum_by(article, pairs - correct, n_articles),
        sum_by(article, left_out, n_articles),
    )


def _count_by_label(gold: Spans, predicted: Spans, n: int, n_labels: int, length: int) -> dict[str, Numbers]:
    """Scheme -> counts of each label scored alone, shape (5 outcomes, articles, labels)."""
    bins = n * n_labels

    def shift(a: Spans, b: Spans) -> Numbers:
        return np.concatenate((a.label, b.label)) * length

    def bin_of(spans: Spans) -> Numbers:
        return spans.article * n_labels + spans.label

    n_gold, n_predicted = np.bincount(bin_of(gold), minlength=bins), np.bincount(bin_of(predicted), minlength=bins)
    none = np.zeros(bins, np.int64)
    gold_rows, predicted_rows = match_identical(gold, predicted, with_label=True)
    same = np.bincount(bin_of(gold)[gold_rows], minlength=bins)
    rest_gold, rest = _without(gold, gold_rows), _without(predicted, predicted_rows)
    further = pair_overlapping(rest_gold, rest, (bin_of(rest_gold), bin_of(rest)), bins, shift(rest_gold, rest))
    missing = n_gold - same - further.pairs
    spurious = n_predicted - same - further.pairs - further.left_out
    strict = np.stack((same, further.pairs, none, missing, spurious))
    any_pair = _pair_of_label(gold, predicted, bin_of, bins, shift)
    tables = {
        "strict": strict,
        "partial": strict[[0, 2, 1, 3, 4]],
        "type": np.stack(
            (any_pair.pairs, none, none, n_gold - any_pair.pairs, n_predicted - any_pair.pairs - any_pair.left_out)
        ),
    }
    return {scheme: table.reshape(5, n, n_labels) for scheme, table in tables.items()}


def _pair_of_label(
    gold: Spans,
    predicted: Spans,
    bin_of: Callable[[Spans], Numbers],
    bins: int,
    shift: Callable[[Spans, Spans], Numbers],
) -> Pairing:
    """The pairs of each label scored alone; what overlaps one span at most needs no search."""
    in_gold, in_predicted, n = find_components(gold, predicted)
    n_gold, n_predicted = np.bincount(in_gold, minlength=n), np.bincount(in_predicted, minlength=n)
    single = (n_gold == 1) & (n_predicted == 1)
    row = np.zeros(n, np.int64)
    row[in_gold] = np.arange(len(gold))
    alone = np.nonzero(single[in_predicted])[0]
    partner = row[in_predicted[alone]]
    same = gold.label[partner] == predicted.label[alone]
    pairs = np.bincount(bin_of(gold)[partner[same]], minlength=bins)
    lost = predicted.ignorable[alone] & ~same
    left_out = np.bincount(bin_of(predicted)[alone[lost]], minlength=bins)
    rest_gold, rest = gold.take(~single[in_gold]), predicted.take(~single[in_predicted])
    further = pair_overlapping(rest_gold, rest, (bin_of(rest_gold), bin_of(rest)), bins, shift(rest_gold, rest))
    return Pairing(pairs + further.pairs, left_out + further.left_out)


@dataclass
class _Special:
    """One component with a gold entity of several right labels: outcomes by scheme, predictions to relabel."""

    article: int
    tallies: dict[str, Numbers]
    relabel: dict[int, int]


def _split_special(sides: EntitySides) -> tuple[Spans, Spans, list[_Special]]:
    """The spans of all plain components, and the solved other ones."""
    gold, predicted = sides.gold, sides.predicted
    right = gold.right or []
    in_gold, in_predicted, n = find_components(gold, predicted)
    chosen = np.zeros(n, bool)
    chosen[in_gold[[len(labels) > 1 for labels in right]]] = True
    solved = []
    for _, golds, predictions in components_with_rows(chosen, in_gold, in_predicted):
        members = gold.take(golds), predicted.take(predictions)
        relabel = {}
        for i, j in best_pairs(shared_weights(*members)):
            label = int(members[1].label[j])
            if label != members[0].label[i] and label in right[golds[i]]:
                relabel[int(predictions[j])] = int(members[0].label[i])
        solved.append(_Special(int(members[0].article[0]), _solve_schemes(*members), relabel))
    plain_gold, plain = gold.take(~chosen[in_gold]), predicted.take(~chosen[in_predicted])
    plain_gold.right = None
    return plain_gold, plain, solved


def _solve_schemes(gold: Spans, predicted: Spans) -> dict[str, Numbers]:
    """Scheme -> the five outcomes of one component, by the definition: most correct pairs, then most pairs."""
    pairs = {(i, j): (same, right) for i, j, same, right in _compare_all(gold, predicted)}
    ignorable = predicted.ignorable.tolist()
    tallies = {}
    for scheme in SCHEMES:
        correct = {
            edge: (same and right) if scheme == "strict" else right if scheme == "type" else same
            for edge, (same, right) in pairs.items()
        }
        found = best_pairs({edge: (int(flag), 1, int(not ignorable[edge[1]])) for edge, flag in correct.items()})
        n_correct = sum(correct[edge] for edge in found)
        other = len(found) - n_correct
        alone = set(range(len(predicted))) - {j for _, j in found}
        spurious = sum(not ignorable[j] for j in alone)
        middle = (0, other) if scheme == "partial" else (other, 0)
        tallies[scheme] = np.array((n_correct, *middle, len(gold) - len(found), spurious), np.int64)
    return tallies


def _compare_all(gold: Spans, predicted: Spans) -> Iterator[tuple[int, int, bool, bool]]:
    """(gold, prediction, same boundaries, right label) for each overlapping pair."""
    gold_spans, spans = gold.ranges(), predicted.ranges()
    gold_labels, labels = gold.label.tolist(), predicted.label.tolist()
    for i, j in iter_overlapping(gold_spans, spans):
        right = labels[j] in gold.right[i] if gold.right is not None else labels[j] == gold_labels[i]
        yield i, j, gold_spans[i] == spans[j], right


def shared_weights(gold: Spans, predicted: Spans) -> dict[tuple[int, int], Weight]:
    """The weights of the one alignment that error lists and the confusion matrix use.

    In this order: same boundaries and right label; same boundaries; right label; any overlap; overlap in code
    points; leftmost; and last, to pair what would not be left out.
    """
    last = int(max(gold.end.max(), predicted.end.max(), 0)) if len(gold) and len(predicted) else 0
    weights: dict[tuple[int, int], Weight] = {}
    for i, j, same, right in _compare_all(gold, predicted):
        start, end = int(predicted.start[j]), int(predicted.end[j])
        shared = min(end, int(gold.end[i])) - max(start, int(gold.start[i]))
        left = 2 * last - start - int(gold.start[i])
        weights[i, j] = (int(same and right), int(same), int(right), 1, shared, left, int(not predicted.ignorable[j]))
    return weights


def align(sides: EntitySides) -> tuple[Numbers, Numbers]:
    """The shared alignment: rows of gold and of the predictions, pair by pair.

    Its totals can differ by a few spans from the counts of the schemes, each of which has the alignment that is best
    for it.
    """
    gold, predicted = sides.gold, sides.predicted
    in_gold, in_predicted, n = find_components(gold, predicted)
    n_gold, n_predicted = np.bincount(in_gold, minlength=n), np.bincount(in_predicted, minlength=n)
    single = (n_gold == 1) & (n_predicted == 1)
    rows = np.zeros(n, np.int64)
    rows[in_gold] = np.arange(len(gold))
    other = np.zeros(n, np.int64)
    other[in_predicted] = np.arange(len(predicted))
    pairs = [np.stack((rows[single], other[single]))]
    for _, golds, predictions in components_with_rows(
        (n_gold > 0) & (n_predicted > 0) & ~single, in_gold, in_predicted
    ):
        found = best_pairs(shared_weights(gold.take(golds), predicted.take(predictions)))
        pairs.append(np.array([(golds[i], predictions[j]) for i, j in found], np.int64).reshape(-1, 2).T)
    gold_rows, predicted_rows = np.concatenate(pairs, axis=1)
    return gold_rows, predicted_rows


def count_confusions(sides: EntitySides, gold_rows: Numbers, rows: Numbers) -> dict[tuple[str | None, str | None], int]:
    """How often gold's label (None = no entity there) met the predicted label (None = missed), shared alignment.

    A prediction with one of several right labels counts as gold's label.

    Args:
        gold_rows, rows: what `align` returned.
    """
    gold, predicted = sides.gold, sides.predicted
    n = len(sides.names)
    gold_label = gold.label[gold_rows]
    label = np.where(has_right_label(sides, gold_rows, rows), gold_label, predicted.label[rows])
    missed, alone = np.ones(len(gold), bool), ~predicted.ignorable
    missed[gold_rows] = False
    alone[rows] = False
    cells = np.bincount(gold_label * (n + 1) + label, minlength=(n + 1) ** 2)
    cells += np.bincount(gold.label[missed] * (n + 1) + n, minlength=(n + 1) ** 2)
    cells += np.bincount(n * (n + 1) + predicted.label[alone], minlength=(n + 1) ** 2)
    names: list[str | None] = [*sides.names, None]
    return {(names[cell // (n + 1)], names[cell % (n + 1)]): int(cells[cell]) for cell in np.nonzero(cells)[0].tolist()}


def has_same_extent(sides: EntitySides, gold_rows: Numbers, rows: Numbers) -> Flags:
    """Whether the two of each pair have the same boundaries."""
    gold, predicted = sides.gold, sides.predicted
    same: Flags = (gold.start[gold_rows] == predicted.start[rows]) & (gold.end[gold_rows] == predicted.end[rows])
    return same


def has_right_label(sides: EntitySides, gold_rows: Numbers, rows: Numbers) -> Flags:
    """Whether the prediction of each pair has a label that is right for its gold entity."""
    gold, label = sides.gold, sides.predicted.label[rows]
    right: Flags = gold.label[gold_rows] == label
    if gold.right is not None:
        for i, row in enumerate(gold_rows.tolist()):
            right[i] = int(label[i]) in gold.right[row]
    return right


def pair_entities(sides: EntitySides, gold_rows: Numbers, rows: Numbers) -> EntityPairs:
    """The shared alignment by article and place in the records.

    Args:
        gold_rows, rows: what `align` returned.
    """
    gold, predicted = sides.gold, sides.predicted
    left_out = predicted.ignorable.copy()
    left_out[rows] = False
    return EntityPairs(
        article=gold.article[gold_rows],
        gold=gold.place[gold_rows],
        predicted=predicted.place[rows],
        same_extent=has_same_extent(sides, gold_rows, rows),
        same_label=has_right_label(sides, gold_rows, rows),
        left_out_article=predicted.article[left_out],
        left_out=predicted.place[left_out],
    )
