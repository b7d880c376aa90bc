"""What two annotators of one article make of each other's items: matched or alone, and where matched ones differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from annotate.agreement.coding import cohen_kappa, count_coincidences, count_contingencies, nominal_alpha
from annotate.agreement.positions import FIELDS, Position, align_items, dice_overlap
from annotate.agreement.scores import Interval
from annotate.agreement.unitizing import UnitSums, sum_units
from annotate.agreement.versions import mark_layer
from annotate.items import LINKS, label_of, layer_of, ranges_of
from annotate.records import LAYERS, Annotation, Item, Layer
from annotate.score.formulas import Values, divide
from annotate.score.resampling import Reweighted
from annotate.score.tables import Numbers
from annotate.text.text_index import TextIndex

SPAN_FIELDS = ("extent", *(name for layer in LAYERS for name in LINKS[layer]))


class Aligned(NamedTuple):
    """One layer of one article: all who annotated it, and the positions of all of them together."""

    article: int
    layer: Layer
    people: list[str]
    positions: list[Position]


class Compared(NamedTuple):
    """One layer of one article by two annotators: their positions, and the article's number and text."""

    article: int
    id: str
    text: str
    layer: Layer
    pair: tuple[str, str]
    positions: list[Position]


def align_articles(articles: Mapping[str, Sequence[Annotation]]) -> tuple[list[Aligned], list[Compared]]:
    """Every layer that two annotators or more annotated in an article: all of them aligned, and each two of them."""
    aligned: list[Aligned] = []
    compared: list[Compared] = []
    for number, (article, versions) in enumerate(articles.items()):
        text = versions[0].text or ""
        index = TextIndex(text)
        for layer in LAYERS:
            marked = mark_layer(versions, layer)
            people = sorted(marked)
            if len(people) < 2:
                continue
            together = align_items(layer, marked, index)
            aligned.append(Aligned(number, layer, people, together))
            for pair in combinations(people, 2):
                alone = len(people) == 2
                positions = together if alone else align_items(layer, {name: marked[name] for name in pair}, index)
                compared.append(Compared(number, article, text, layer, pair, positions))
    return aligned, compared


def count_outcomes(compared: Sequence[Compared]) -> dict[str, Any]:
    """How one layer's positions came out over all pairs, boundaries and attributes apart.

    `agreed`: one extent and equal in every field; `boundary`: the extents differ, nothing else; `attributes`: one
    extent, another label, type, speaker, cue, kind, check-worthiness or claimer; `both`; `alone`: one of the two did
    not mark it. `fields` has for each field how many of the matched agree, and of spans how many at least overlap
    (of those where both give one).
    """
    outcomes = dict.fromkeys(("agreed", "boundary", "attributes", "both", "alone"), 0)
    fields: dict[str, dict[str, int]] = {}
    for found in compared:
        for position in found.positions:
            if len(position.items) < 2:
                outcomes["alone"] += 1
                continue
            a, b = position.values.values()
            moved = a["extent"] != b["extent"]
            other = any(a[field] != b[field] for field in a if field != "extent")
            outcomes["both" if moved and other else "boundary" if moved else "attributes" if other else "agreed"] += 1
            for field in FIELDS[found.layer]:
                counts = fields.setdefault(field, {"matched": 0, "equal": 0})
                counts["matched"] += 1
                counts["equal"] += a[field] == b[field]
                if field in SPAN_FIELDS and a[field] is not None and b[field] is not None:
                    counts["given"] = counts.get("given", 0) + 1
                    counts["overlap"] = counts.get("overlap", 0) + (dice_overlap(a[field], b[field]) > 0)
    return {**outcomes, "fields": fields}


def measure_kappa(compared: Sequence[Compared], field: str, rows: Reweighted) -> tuple[Interval, int]:
    """Cohen's kappa of one attribute over matched items: the mean of the pairs' kappas, weighted by their items.

    For more than two annotators this is Light's kappa (Light 1971), weighted.
    """
    labels = _labels(compared, field)
    total: Values = np.zeros(len(rows.weights))
    weight: Values = np.zeros(len(rows.weights))
    matched = 0
    for pair in sorted({found.pair for found in compared}):
        tables = np.zeros((rows.weights.shape[1], len(labels), len(labels)))
        for found in compared:
            if found.pair == pair:
                tables[found.article] += count_contingencies(_matched(found, field), labels)
        resampled = np.tensordot(rows.weights, tables, axes=1).astype(np.float64)
        kappa, size = cohen_kappa(resampled), resampled.sum(axis=(1, 2))
        total += np.nan_to_num(kappa) * size
        weight += np.where(np.isnan(kappa), 0, size)
        matched += int(tables.sum())
    return rows.interval(divide(total, weight), _list_articles(compared)), matched


def _matched(found: Compared, field: str) -> list[tuple[Any, Any]]:
    return [
        (position.values[found.pair[0]][field], position.values[found.pair[1]][field])
        for position in found.positions
        if len(position.items) == 2
    ]


def _labels(compared: Sequence[Compared], field: str) -> list[Any]:
    found = {values[field] for one in compared for position in one.positions for values in position.values.values()}
    return sorted(found, key=str)


def measure_alpha(aligned: Sequence[Aligned], field: str, rows: Reweighted) -> tuple[Interval, int]:
    """Krippendorff's nominal alpha of one attribute; the units are positions that two or more annotators marked."""
    units = [[[values[field] for values in position.values.values()] for position in one.positions] for one in aligned]
    labels = sorted({label for found in units for unit in found for label in unit}, key=str)
    tables = np.zeros((rows.weights.shape[1], len(labels), len(labels)))
    for one, found in zip(aligned, units, strict=True):
        tables[one.article] += count_coincidences(found, labels)
    n_units = sum(len(unit) > 1 for found in units for unit in found)
    alpha = nominal_alpha(np.tensordot(rows.weights, tables, axes=1).astype(np.float64))
    return rows.interval(alpha, _list_articles(aligned)), n_units


def measure_alpha_u(
    articles: Mapping[str, Sequence[Annotation]], layer: Layer, rows: Reweighted
) -> dict[str | None, tuple[Interval, int]]:
    """Krippendorff's alpha_u by label, and of all labels together (None); for quotes and claims the latter only.

    Of all labels together: 1 - sum of D_o / sum of D_e over labels. Several pairs of annotators: each pair's D_o and
    D_e weighted by the length of the articles that they share.
    """
    sums: dict[str | None, Values] = {}  # D_o and D_e, shape (2, rows)
    sizes: Counter[str | None] = Counter()
    marked = [mark_layer(versions, layer) for versions in articles.values()]
    texts = [versions[0].text or "" for versions in articles.values()]
    for pair in sorted({pair for people in marked for pair in combinations(sorted(people), 2)}):
        shared = [i for i, people in enumerate(marked) if pair[0] in people and pair[1] in people]
        weights = rows.weights[:, shared]
        length = weights @ np.array([len(texts[i]) for i in shared], float)
        labels = sorted({_label(item) for i in shared for name in pair for item in marked[i][name]})
        sums.setdefault(None, np.zeros((2, len(weights))))
        joint = np.zeros((2, len(weights)))
        for label in labels:
            units: UnitSums = sum_units(
                [(len(texts[i]), *(_units(marked[i][name], label) for name in pair)) for i in shared]  # type: ignore[misc]
            )
            found = np.nan_to_num(units.disagreements(weights)) * length
            joint += found
            sizes[None] += int(units.units.sum())
            if layer == "entities":
                sums[label] = sums.get(label, 0) + found
                sizes[label] += int(units.units.sum())
        sums[None] += joint
    here = np.flatnonzero([len(people) > 1 for people in marked])
    return {
        name: (rows.interval(1 - divide(observed, expected), here), sizes[name])
        for name, (observed, expected) in sums.items()
    }


def _label(item: Item) -> str:
    """The label under which alpha_u counts the item; quotes and claims are of one."""
    return label_of(item) if layer_of(item) == "entities" else ""


def _units(items: Sequence[Item], label: str) -> list[tuple[int, int]]:
    return [range_ for item in items if _label(item) == label for range_ in ranges_of(item)]


def _list_articles(found: Sequence[Compared] | Sequence[Aligned]) -> Numbers:
    return np.unique(np.array([one.article for one in found], np.int64))
