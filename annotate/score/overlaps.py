"""Entities as columns on one line: identical ones, components of overlapping ones, sizes of maximum matchings.

Nearly all work is done on whole columns: identical entities are found by sorting, the others fall into connected
components of overlapping spans, and most components are one pair or one span against several. Only the few
components with several spans on both sides are solved one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from annotate.records import Region
from annotate.score.matching import best_pairs, count_overlap_pairs
from annotate.score.tables import EntityTable, Flags, GoldTable, Numbers, SystemTable


@dataclass
class Spans:
    """Spans of all articles on one line: `start` and `end` are offsets into the concatenated texts."""

    start: Numbers
    end: Numbers
    label: Numbers
    article: Numbers
    place: Numbers
    """The place of each span in its record."""
    ignorable: Flags
    right: list[frozenset[int]] | None = None
    """The right labels of each gold span, where some span has more than one."""

    def __len__(self) -> int:
        return len(self.start)

    def ranges(self, rows: Numbers | slice = slice(None)) -> list[tuple[int, int]]:
        """The starts and ends of some of the spans."""
        return list(zip(self.start[rows].tolist(), self.end[rows].tolist(), strict=True))

    def take(self, rows: Numbers | Flags) -> Spans:
        """Some of the spans."""
        right = self.right
        if right is not None:
            right = [right[i] for i in (np.nonzero(rows)[0] if rows.dtype == bool else rows).tolist()]
        return Spans(
            start=self.start[rows],
            end=self.end[rows],
            label=self.label[rows],
            article=self.article[rows],
            place=self.place[rows],
            ignorable=self.ignorable[rows],
            right=right,
        )


@dataclass
class EntitySides:
    """Both sides with common label codes (`names`, sorted), only articles whose gold has the layer."""

    gold: Spans
    predicted: Spans
    names: list[str]
    base: Numbers
    """Where each article's text starts in the concatenation."""


def join_sides(gold: GoldTable, system: SystemTable, further_labels: Iterable[str] = ()) -> EntitySides:
    """The entities of both sides, ready for comparison."""
    names = sorted({*gold.entities.names, *system.entities.names, *further_labels})
    base = np.cumsum([0, *(len(text) for text in gold.texts)], dtype=np.int64)
    sides = []
    for table in (gold.entities, system.entities):
        recode = np.array([names.index(name) for name in table.names] or [0], np.int64)
        offset = base[table.article]
        spans = Spans(
            table.start + offset,
            table.end + offset,
            recode[table.label],
            table.article,
            table.place,
            np.zeros(len(offset), bool),
        )
        if table is gold.entities:
            spans.right = _right_labels(table, names)
        else:
            spans.ignorable = find_ignorable(spans, gold.regions, base)
        sides.append(spans)
    scored = gold.has["entities"]
    if not scored.all():
        sides = [spans.take(scored[spans.article]) for spans in sides]
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
    """Which spans overlap a region that gold leaves out (for entities, or for all layers)."""
    ranges = sorted(
        (int(base[article]) + region.start, int(base[article]) + region.end)
        for article, found in regions.items()
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
    for component, golds, predictions in components_with_rows(hard, in_gold, in_predicted):
        gold_spans, spans = gold.ranges(golds), predicted.ranges(predictions)
        ignorable = predicted.ignorable[predictions].tolist()
        if not any(ignorable):
            pairs[component] = count_overlap_pairs(gold_spans, spans)
            continue
        found = best_pairs({(i, j): (1, int(not ignorable[j])) for i, j in iter_overlapping(gold_spans, spans)})
        pairs[component] = len(found)
        left_out[component] = sum(ignorable) - sum(ignorable[j] for _, j in found)
    return Pairing(sum_by(bin_of, pairs, n_bins), sum_by(bin_of, left_out, n_bins))


def sum_by(bins: Numbers, values: Numbers, n_bins: int) -> Numbers:
    return np.bincount(bins, weights=values, minlength=n_bins).astype(np.int64)


def components_with_rows(
    chosen: Flags, in_gold: Numbers, in_predicted: Numbers
) -> Iterator[tuple[int, Numbers, Numbers]]:
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


def iter_overlapping(gold: list[tuple[int, int]], predicted: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
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
