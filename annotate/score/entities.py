"""Mentions: the five outcomes in four schemes, overall and per label, and the shared alignment for reading errors.

Nearly all work is done on whole columns: identical mentions are found by sorting, the others fall into connected
components of overlapping spans, and most components are one pair or one span against several. Only the few
components with several spans on both sides are solved one by one.

A gold mention with further right labels (`alt_labels`) is rare; components that hold one are solved one by one as
well. Per label, a prediction that the shared alignment pairs with such a mention counts under gold's first label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotate.records import Region
from annotate.score.figures import Outcomes
from annotate.score.matching import Weight, best_pairs, count_overlap_pairs
from annotate.score.tables import EntityTable, GoldTable, Numbers, SystemTable

SCHEMES = ("strict", "exact", "partial", "type")
Flags = npt.NDArray[np.bool_]


@dataclass
class Spans:
    """Spans of all documents on one line: `start` and `end` are offsets into the concatenated texts."""

    start: Numbers
    end: Numbers
    label: Numbers
    document: Numbers
    ignorable: Flags
    right: list[frozenset[int]] | None = None
    """The right labels of each gold span, where some span has more than one."""

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Numbers | Flags) -> Spans:
        """Some of the spans."""
        right = self.right
        if right is not None:
            right = [right[i] for i in (np.nonzero(rows)[0] if rows.dtype == bool else rows).tolist()]
        return Spans(
            self.start[rows], self.end[rows], self.label[rows], self.document[rows], self.ignorable[rows], right
        )


@dataclass
class EntitySides:
    """Both sides with common label codes (`names`, sorted), only documents whose gold has the layer."""

    gold: Spans
    predicted: Spans
    names: list[str]
    base: Numbers
    """Where each document's text starts in the concatenation."""


def join_sides(gold: GoldTable, system: SystemTable, further_labels: Iterable[str] = ()) -> EntitySides:
    """The mentions of both sides, ready for comparison."""
    names = sorted({*gold.entities.names, *system.entities.names, *further_labels})
    base = np.cumsum([0, *(len(text) for text in gold.texts)], dtype=np.int64)
    sides = []
    for table in (gold.entities, system.entities):
        recode = np.array([names.index(name) for name in table.names] or [0], np.int64)
        offset = base[table.document]
        spans = Spans(
            table.start + offset, table.end + offset, recode[table.label], table.document, np.zeros(len(offset), bool)
        )
        if table is gold.entities:
            spans.right = _right_labels(table, names)
        else:
            spans.ignorable = find_ignorable(spans, gold.regions, base)
        sides.append(spans)
    scored = gold.has["entities"]
    if not scored.all():
        sides = [spans.take(scored[spans.document]) for spans in sides]
    return EntitySides(sides[0], sides[1], names, base)


def _right_labels(table: EntityTable, names: list[str]) -> list[frozenset[int]] | None:
    if not table.alternatives:
        return None
    code = {name: i for i, name in enumerate(names)}
    right = [frozenset((code[table.names[label]],)) for label in table.label.tolist()]
    for row, labels in table.alternatives.items():
        right[row] |= {code[label] for label in labels if label in code}
    return right


def find_ignorable(spans: Spans, regions: dict[int, list[Region]], base: Numbers) -> Flags:
    """Which spans overlap a region that gold leaves out (for mentions, or for all layers)."""
    ranges = sorted(
        (int(base[document]) + region.start, int(base[document]) + region.end)
        for document, found in regions.items()
        for region in found
        if region.layer in (None, "entities")
    )
    if not ranges or not len(spans):
        return np.zeros(len(spans), bool)
    starts = np.array([start for start, _ in ranges], np.int64)
    furthest = np.maximum.accumulate(np.array([end for _, end in ranges], np.int64))
    last = np.searchsorted(starts, spans.end, side="left") - 1  # the last region that starts before the span ends
    touched: Flags = (last >= 0) & (furthest[np.maximum(last, 0)] > spans.start)
    return touched


def find_components(gold: Spans, predicted: Spans, shift: Numbers | None = None) -> tuple[Numbers, Numbers, int]:
    """The connected component of overlapping spans that each span belongs to, and how many components there are.

    Args:
        shift: added to the positions of gold's and then of the predicted spans, to keep groups of spans apart.
    """
    start = np.concatenate((gold.start, predicted.start))
    end = np.concatenate((gold.end, predicted.end))
    if shift is not None:
        start, end = start + shift, end + shift
    if not len(start):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), 0
    order = np.argsort(start, kind="stable")
    reach = np.maximum.accumulate(end[order])
    number = np.empty(len(start), np.int64)
    number[order] = np.concatenate(([0], np.cumsum(start[order][1:] >= reach[:-1])))
    return number[: len(gold)], number[len(gold) :], int(number[order[-1]]) + 1


def match_identical(gold: Spans, predicted: Spans, with_label: bool) -> tuple[Numbers, Numbers]:
    """Rows of gold and of the predictions that pair identical spans one-to-one, as many as there are.

    Which of several copies is taken makes no difference: copies are equal.
    """
    if not len(gold) or not len(predicted):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    width = int(max((gold.end - gold.start).max(), (predicted.end - predicted.start).max())) + 1
    keys = [spans.start * width + (spans.end - spans.start) for spans in (gold, predicted)]
    if with_label:
        labels = int(max(gold.label.max(), predicted.label.max())) + 1
        if max(int(key.max()) for key in keys) >= (1 << 62) // labels:
            both = np.unique(np.concatenate(keys), return_inverse=True)[1]
            keys = [both[: len(gold)], both[len(gold) :]]
        keys = [key * labels + spans.label for key, spans in zip(keys, (gold, predicted), strict=True)]
    orders = [np.argsort(key, kind="stable") for key in keys]
    ordered = [key[order] for key, order in zip(keys, orders, strict=True)]
    if any(bool((key[1:] == key[:-1]).any()) for key in ordered):
        ordered = _number_copies(ordered)
    place = np.minimum(np.searchsorted(ordered[0], ordered[1]), len(gold) - 1)
    found = ordered[0][place] == ordered[1]
    return orders[0][place[found]], orders[1][found]


def _number_copies(ordered: Sequence[Numbers]) -> list[Numbers]:
    """Sorted keys made distinct: the first copy of a key on one side meets the first copy on the other."""
    copies = []
    for key in ordered:
        first = np.concatenate(([True], key[1:] != key[:-1]))
        rows = np.arange(len(key))
        copies.append(rows - np.maximum.accumulate(np.where(first, rows, 0)))
    most = max(int(copy.max()) for copy in copies) + 1
    if max(int(key[-1]) for key in ordered) >= (1 << 62) // most:
        both = np.unique(np.concatenate(ordered), return_inverse=True)[1]
        return _number_copies([both[: len(ordered[0])], both[len(ordered[0]) :]])
    return [key * most + copy for key, copy in zip(ordered, copies, strict=True)]


@dataclass
class Pairing:
    """How many pairs a matching has, and how many unpaired predictions are left out, by bin."""

    pairs: Numbers
    left_out: Numbers


def pair_overlapping(
    gold: Spans, predicted: Spans, bins: tuple[Numbers, Numbers], n_bins: int, shift: Numbers | None = None
) -> Pairing:
    """The sizes of maximum matchings of overlapping spans, summed by bin.

    A prediction that stays alone and overlaps a region to leave out is left out; of several maximum matchings the
    one that pairs most of the other predictions counts.

    Args:
        bins: the bin of each gold and of each predicted span; all spans of a component are in one bin.
        shift: see `find_components`.
    """
    in_gold, in_predicted, n = find_components(gold, predicted, shift)
    n_gold, n_predicted = np.bincount(in_gold, minlength=n), np.bincount(in_predicted, minlength=n)
    bin_of = np.zeros(n, np.int64)
    bin_of[in_gold], bin_of[in_predicted] = bins
    pairs = np.minimum(n_gold, n_predicted)
    left_out: Numbers = np.zeros(n, np.int64)
    hard = pairs > 1
    if predicted.ignorable.any():
        n_ignorable = np.bincount(in_predicted[predicted.ignorable], minlength=n)
        left_out = np.where(pairs == 0, n_ignorable, 0)
        hard |= (n_ignorable > 0) & (pairs > 0) & (n_predicted > 1)
    for component, golds, predictions in _members(hard, in_gold, in_predicted):
        gold_spans = list(zip(gold.start[golds].tolist(), gold.end[golds].tolist(), strict=True))
        spans = list(zip(predicted.start[predictions].tolist(), predicted.end[predictions].tolist(), strict=True))
        ignorable = predicted.ignorable[predictions].tolist()
        if not any(ignorable):
            pairs[component] = count_overlap_pairs(gold_spans, spans)
            continue
        found = best_pairs({(i, j): (1, int(not ignorable[j])) for i, j in _overlapping(gold_spans, spans)})
        pairs[component] = len(found)
        left_out[component] = sum(ignorable) - sum(ignorable[j] for _, j in found)
    return Pairing(_sum_by(bin_of, pairs, n_bins), _sum_by(bin_of, left_out, n_bins))


def _sum_by(bins: Numbers, values: Numbers, n_bins: int) -> Numbers:
    return np.bincount(bins, weights=values, minlength=n_bins).astype(np.int64)


def _members(chosen: Flags, in_gold: Numbers, in_predicted: Numbers) -> Iterator[tuple[int, Numbers, Numbers]]:
    """(component, rows of gold, rows of predictions) for each chosen component."""
    components = np.nonzero(chosen)[0]
    if not len(components):
        return
    sides = []
    for number in (in_gold, in_predicted):
        rows = np.nonzero(chosen[number])[0]
        rows = rows[np.argsort(number[rows], kind="stable")]
        bounds = (
            np.searchsorted(number[rows], components, side="left"),
            np.searchsorted(number[rows], components, side="right"),
        )
        sides.append((rows, bounds[0].tolist(), bounds[1].tolist()))
    (gold, gold_from, gold_to), (predicted, predicted_from, predicted_to) = sides
    for i, component in enumerate(components.tolist()):
        yield component, gold[gold_from[i] : gold_to[i]], predicted[predicted_from[i] : predicted_to[i]]


def _overlapping(gold: list[tuple[int, int]], predicted: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Index pairs of spans that share a code point."""
    order = sorted(range(len(predicted)), key=lambda j: predicted[j][0])
    longest = max((end - start for start, end in predicted), default=0)
    starts = np.array([predicted[j][0] for j in order], np.int64)
    for i, (start, end) in enumerate(gold):
        low = int(np.searchsorted(starts, start - longest, side="right"))
        high = int(np.searchsorted(starts, end, side="left"))
        for j in order[low:high]:
            if predicted[j][1] > start:
                yield i, j


def count_outcomes(sides: EntitySides, n_documents: int) -> dict[tuple[str, str | None], Outcomes]:
    """The outcomes by (scheme, label), label None for all mentions together."""
    n_labels = len(sides.names)
    gold, predicted = sides.gold, sides.predicted
    counts: dict[tuple[str, str | None], Outcomes] = {}
    special: list[_Special] = []
    if gold.right is not None:
        gold, predicted, special = _split_special(sides)
    overall = _count_overall(gold, predicted, n_documents)
    for found in special:
        for scheme, tally in found.tallies.items():
            overall[scheme][:, found.document] += tally
    for scheme in SCHEMES:
        counts[scheme, None] = Outcomes(*overall[scheme])
    relabelled = sides.predicted
    if special:
        label = relabelled.label.copy()
        for found in special:
            for row, code in found.relabel.items():
                label[row] = code
        relabelled = Spans(relabelled.start, relabelled.end, label, relabelled.document, relabelled.ignorable)
    by_label = _count_by_label(sides.gold, relabelled, n_documents, n_labels, int(sides.base[-1]))
    for code, name in enumerate(sides.names):
        for scheme, table in by_label.items():
            counts[scheme, name] = Outcomes(*table[:, :, code])
        counts["exact", name] = counts["strict", name]
    return counts


def _count_overall(gold: Spans, predicted: Spans, n: int) -> dict[str, Numbers]:
    """Scheme -> counts, shape (5 outcomes, documents)."""
    n_gold, n_predicted = np.bincount(gold.document, minlength=n), np.bincount(predicted.document, minlength=n)

    def tally(correct: Numbers, incorrect: Numbers, left_out: Numbers, partial: bool = False) -> Numbers:
        none = np.zeros(n, np.int64)
        missing = n_gold - correct - incorrect
        spurious = n_predicted - correct - incorrect - left_out
        return np.stack(
            (correct, none, incorrect, missing, spurious) if partial else (correct, incorrect, none, missing, spurious)
        )

    result = {}
    gold_rows, predicted_rows = match_identical(gold, predicted, with_label=True)
    strict = np.bincount(gold.document[gold_rows], minlength=n)
    rest_gold, rest = _without(gold, gold_rows), _without(predicted, predicted_rows)
    further = pair_overlapping(rest_gold, rest, (rest_gold.document, rest.document), n)
    result["strict"] = tally(strict, further.pairs, further.left_out)
    gold_rows, predicted_rows = match_identical(rest_gold, rest, with_label=False)
    exact = strict + np.bincount(rest_gold.document[gold_rows], minlength=n)
    rest_gold, rest = _without(rest_gold, gold_rows), _without(rest, predicted_rows)
    further = pair_overlapping(rest_gold, rest, (rest_gold.document, rest.document), n)
    result["exact"] = tally(exact, further.pairs, further.left_out)
    result["partial"] = tally(exact, further.pairs, further.left_out, partial=True)
    result["type"] = tally(*_count_type(gold, predicted, n))
    return result


def _without(spans: Spans, rows: Numbers) -> Spans:
    keep = np.ones(len(spans), bool)
    keep[rows] = False
    return spans.take(keep)


def _count_type(gold: Spans, predicted: Spans, n_documents: int) -> tuple[Numbers, Numbers, Numbers]:
    """By document: pairs of one label, further pairs, predictions left out."""
    in_gold, in_predicted, n = find_components(gold, predicted)
    n_gold, n_predicted = np.bincount(in_gold, minlength=n), np.bincount(in_predicted, minlength=n)
    n_ignorable = np.bincount(in_predicted[predicted.ignorable], minlength=n)
    document = np.zeros(n, np.int64)
    document[in_gold], document[in_predicted] = gold.document, predicted.document
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
    for component, golds, predictions in _members(hard, in_gold, in_predicted):
        gold_spans = list(zip(gold.start[golds].tolist(), gold.end[golds].tolist(), strict=True))
        spans = list(zip(predicted.start[predictions].tolist(), predicted.end[predictions].tolist(), strict=True))
        gold_labels, labels = gold.label[golds].tolist(), predicted.label[predictions].tolist()
        ignorable = predicted.ignorable[predictions].tolist()
        found = best_pairs(
            {
                (i, j): (int(gold_labels[i] == labels[j]), 1, int(not ignorable[j]))
                for i, j in _overlapping(gold_spans, spans)
            }
        )
        correct[component] = sum(gold_labels[i] == labels[j] for i, j in found)
        pairs[component] = len(found)
        left_out[component] = sum(ignorable) - sum(ignorable[j] for _, j in found)
    return (
        _sum_by(document, correct, n_documents),
        _sum_by(document, pairs - correct, n_documents),
        _sum_by(document, left_out, n_documents),
    )


def _count_by_label(gold: Spans, predicted: Spans, n: int, n_labels: int, length: int) -> dict[str, Numbers]:
    """Scheme -> counts of each label scored alone, shape (5 outcomes, documents, labels)."""
    bins = n * n_labels

    def shift(a: Spans, b: Spans) -> Numbers:
        return np.concatenate((a.label, b.label)) * length

    def bin_of(spans: Spans) -> Numbers:
        return spans.document * n_labels + spans.label

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
    """One component with a gold mention of several right labels: outcomes by scheme, predictions to relabel."""

    document: int
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
    for _, golds, predictions in _members(chosen, in_gold, in_predicted):
        members = gold.take(golds), predicted.take(predictions)
        relabel = {}
        for i, j in best_pairs(shared_weights(*members)):
            label = int(members[1].label[j])
            if label != members[0].label[i] and label in right[golds[i]]:
                relabel[int(predictions[j])] = int(members[0].label[i])
        solved.append(_Special(int(members[0].document[0]), _solve_schemes(*members), relabel))
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
    gold_spans = list(zip(gold.start.tolist(), gold.end.tolist(), strict=True))
    spans = list(zip(predicted.start.tolist(), predicted.end.tolist(), strict=True))
    gold_labels, labels = gold.label.tolist(), predicted.label.tolist()
    for i, j in _overlapping(gold_spans, spans):
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
    for _, golds, predictions in _members((n_gold > 0) & (n_predicted > 0) & ~single, in_gold, in_predicted):
        found = best_pairs(shared_weights(gold.take(golds), predicted.take(predictions)))
        pairs.append(np.array([(golds[i], predictions[j]) for i, j in found], np.int64).reshape(-1, 2).T)
    gold_rows, predicted_rows = np.concatenate(pairs, axis=1)
    return gold_rows, predicted_rows


def count_confusions(sides: EntitySides) -> dict[tuple[str | None, str | None], int]:
    """How often gold's label (None = no mention there) met the predicted label (None = missed), shared alignment.

    A prediction with one of several right labels counts as gold's label.
    """
    gold, predicted = sides.gold, sides.predicted
    gold_rows, rows = align(sides)
    n = len(sides.names)
    gold_label, label = gold.label[gold_rows], predicted.label[rows].copy()
    if gold.right is not None:
        for i, row in enumerate(gold_rows.tolist()):
            if int(label[i]) in gold.right[row]:
                label[i] = gold_label[i]
    missed, alone = np.ones(len(gold), bool), ~predicted.ignorable
    missed[gold_rows] = False
    alone[rows] = False
    cells = np.bincount(gold_label * (n + 1) + label, minlength=(n + 1) ** 2)
    cells += np.bincount(gold.label[missed] * (n + 1) + n, minlength=(n + 1) ** 2)
    cells += np.bincount(n * (n + 1) + predicted.label[alone], minlength=(n + 1) ** 2)
    names: list[str | None] = [*sides.names, None]
    return {(names[cell // (n + 1)], names[cell % (n + 1)]): int(cells[cell]) for cell in np.nonzero(cells)[0].tolist()}
