"""What makes an article likelier than others: uncertainty or diversity, always mixed with chance.

A size x of each article, with a mean of 1 over the pool: `chance + (1 - chance) * extra`. With a share of chance above
0 no article's size, and so no article's probability, is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotate.errors import RecordError
from annotate.items import confidence_of, iter_items
from annotate.jsonl import stream_records
from annotate.printing import format_count
from annotate.records import LAYERS, Layer, Prediction, get_layer
from annotate.release.grouping.rows import Order, find_holders, find_shared
from annotate.release.grouping.stories import Names
from annotate.selection.pool import Pool
from annotate.selection.sampling import Reals

#: kinds of articles are told apart by this many bits of a SimHash
KIND_BITS = 7


@dataclass(frozen=True)
class Predicted:
    """What predictions say of each article of a pool: the spread of what is right, and the items of each layer."""

    spread: Reals
    items: Mapping[Layer, Order]


def read_predicted(predictions: str | Path | Iterable[Prediction], pool: Pool) -> Predicted:
    """The predictions of the pool's articles, read once; those of other articles are passed over.

    The spread is the standard deviation of the number of right items, as the confidences p in the items have it: the
    root of the sum of p (1 - p). Where no item has a confidence, it is 1 - `score` of the record.

    Raises:
        RecordError: the file has problems, or an article of the pool has no prediction.
    """
    problems: list[str] = []
    given = np.zeros(len(pool), bool)
    spread = np.zeros(len(pool))
    items: dict[Layer, Order] = {}
    if isinstance(predictions, (str, Path)):
        predictions = stream_records(Path(predictions), Prediction, problems=problems)
    for prediction in predictions:
        number = pool.find(prediction.id)
        if number is None:
            continue
        given[number] = True
        outside = [score for score in [*_list_confidences(prediction), prediction.score or 0.0] if not 0 <= score <= 1]
        if outside:
            problems.append(f"predictions: {prediction.id}: a score is {outside[0]:g}; expected 0 to 1")
            continue
        spread[number] = find_spread(prediction)
        for layer in LAYERS:
            if (here := get_layer(prediction, layer)) is not None:
                items.setdefault(layer, np.zeros(len(pool), np.int32))[number] = len(here)
    missing = [pool[number].id for number in np.flatnonzero(~given)[:3].tolist()]
    if missing:
        lacking = format_count(int((~given).sum()), "article")
        problems.append(f"predictions: {lacking} of the pool without one, such as {', '.join(missing)}; predict on all")
    if problems:
        raise RecordError(problems)
    return Predicted(spread, items)


def find_spread(prediction: Prediction) -> float:
    """The standard deviation of the number of right items, by their confidences.

    >>> from annotate.records import Entity
    >>> find_spread(Prediction(id="a", entities=[Entity(0, 4, "GPE", score=0.5)] * 4))
    1.0
    """
    scores = _list_confidences(prediction)
    if not scores:
        return 1 - prediction.score if prediction.score is not None else 0.0
    return math.sqrt(sum(p * (1 - p) for p in scores))


def _list_confidences(prediction: Prediction) -> list[float]:
    return [confidence for _, item in iter_items(prediction) if (confidence := confidence_of(item)) is not None]


def uncertain_sizes(spread: Reals, chance: float) -> Reals:
    """Sizes that grow with the spread of what is right.

    >>> uncertain_sizes(np.array([0.0, 1.0, 3.0]), 0.25).round(4).tolist()
    [0.25, 0.8125, 1.9375]
    """
    mean = spread.mean()
    return chance + (1 - chance) * (spread / mean if mean else np.ones(len(spread)))


def diverse_sizes(names: Sequence[Names], chance: float) -> Reals:
    """Sizes by which every kind of article is as likely as any other kind, however many articles are of it.

    A kind is what has the same SimHash (Charikar 2002) of the names in it, `KIND_BITS` bits, names weighted by the
    logarithm of how rare they are; so kinds are roughly subjects.
    """
    kinds = find_kinds(names)
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return chance + (1 - chance) * len(kinds) / (len(counts) * counts[kind])


def find_kinds(names: Sequence[Names]) -> Reals:
    """The kind of each article, a number below 2 to the power of `KIND_BITS`; similar ones often share it."""
    known, counts = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    for found in find_holders(names, np.arange(len(names))):
        several = found.counts > 1  # without those that one article alone has, which are most
        known.append(found.numbers[several])
        counts.append(found.counts[several])
    common, rarity = np.concatenate(known), np.log(len(names) / np.concatenate(counts))
    powers = 1 << np.arange(KIND_BITS)
    kinds = np.zeros(len(names))
    for number, here in enumerate(names):
        if not len(here):
            continue
        weights = np.full(len(here), np.log(len(names)))
        at, shared = find_shared(common, here)
        weights[shared] = rarity[at]
        mixed = here.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
        signs = (mixed[:, None] >> np.arange(KIND_BITS, dtype=np.uint64)) & np.uint64(1)
        kinds[number] = ((weights @ (signs * 2.0 - 1.0)) > 0) @ powers
    return kinds
