"""One annotator scored against another by the scorer's own measures: the human ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import msgspec
import numpy as np

from annotate.records import LAYERS, Annotation, GoldRecord, Layer, Prediction, get_layer
from annotate.schema import Schema
from annotate.score.evaluate import count_layers
from annotate.score.problems import Problems
from annotate.score.resampling import ArticleWeights, Reweighted
from annotate.score.tables import read_gold, read_system

METRICS = ("f1", "macro-f1", "accuracy")
NO_MEASURE = ("speaker-null",)

Interval = tuple[float | None, float | None, float | None]


class PairScores(msgspec.Struct):
    """The scorer's values for all pairs together (value, low, high, n items) and for each pair (value)."""

    pooled: dict[str, tuple[Interval, int]]
    by_pair: dict[tuple[str, str], dict[str, float | None]]


def score_pairs(articles: Mapping[str, Sequence[Annotation]], schema: Schema, rows: Reweighted) -> PairScores:
    """Every annotator against every other on the articles that both annotated, in both directions.

    Both directions are added up, so that no one is gold: precision, recall and F1 are then one number, and an
    accuracy rests on both annotators' speakers or claims alike.

    Args:
        articles: at least two versions each, in the order of the columns of `rows`.

    Raises:
        ScoreError: a label that the schema does not declare; all problems together.
    """
    gold: list[GoldRecord] = []
    system: list[Prediction] = []
    compared: dict[str, tuple[int, tuple[str, str]]] = {}
    for number, (article, versions) in enumerate(articles.items()):
        for a, b in permutations(versions, 2):
            layers = [layer for layer in LAYERS if get_layer(a, layer) is not None and get_layer(b, layer) is not None]
            if not layers:
                continue
            key = f"{article} (by {a.annotator}, compared with {b.annotator})"
            first, second = sorted((a.annotator, b.annotator))
            compared[key] = (number, (first, second))
            gold.append(GoldRecord(id=key, text=a.text, **_layers(a, layers)))
            system.append(Prediction(id=key, **_layers(b, layers)))
    if not gold:
        return PairScores({}, {})
    problems = Problems()
    table = read_gold(gold, schema, problems)
    predictions = read_system(system, table, problems)
    problems.raise_any()
    layers = [layer for layer in LAYERS if table.has[layer].any()]
    counted = count_layers(table, predictions, layers)
    article_of = np.array([compared[key][0] for key in table.ids])
    pair_of = [compared[key][1] for key in table.ids]
    pairs = sorted(set(pair_of))
    chosen = {pair: np.array([other == pair for other in pair_of]) for pair in pairs}
    result = PairScores({}, {pair: {} for pair in pairs})
    everything = ArticleWeights(rows.weights, article_of)
    once = {pair: ArticleWeights(rows.weights[:1], article_of, chosen[pair]) for pair in pairs}
    for layer, found in counted.items():
        here = np.unique(article_of[table.has[layer]])
        for measure, formula in found.formulas.items():
            if measure.metric not in METRICS or measure.match in NO_MEASURE:
                continue
            result.pooled[str(measure)] = (rows.interval(formula.values(everything), here), formula.n_gold // 2)
            for pair in pairs:
                value = float(formula.values(once[pair])[0])
                result.by_pair[pair][str(measure)] = None if np.isnan(value) else value
    return result


def _layers(version: Annotation, layers: Sequence[Layer]) -> dict[str, Any]:
    return {layer: get_layer(version, layer) for layer in layers}
