"""The command `estimate`: rates of a whole pool, by gold alone and by gold with predictions on the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from annotate.errors import ScoreError
from annotate.harness.sources import open_gold
from annotate.items import confidence_of, label_of, map_items
from annotate.jsonl import stream_records
from annotate.printing import Block, Table, format_count, format_interval, format_value
from annotate.records import LAYERS, GoldRecord, Item, Layer, Prediction, get_layer
from annotate.schema import Schema, load_schema
from annotate.score.evaluate import count_layers
from annotate.score.formulas import Column, Formula, Once, Ratio
from annotate.score.measures import Measure
from annotate.score.options import ScoreOptions, Weighting
from annotate.score.problems import Problems
from annotate.score.resampling import MIN_ARTICLES, MIN_LABEL_SPANS, NO_WIDTH, Resamples, rule_of_three
from annotate.score.sample import Sample, make_sample, weigh
from annotate.score.tables import GoldTable, read_gold, read_system
from annotate.score.weights import choose_sample, remark_on_weights
from annotate.selected import Selected
from annotate.selection.prediction_powered import Rectified
from annotate.selection.sampling import Reals

#: With fewer annotated articles in which gold differs from predictions, nobody knows how often they differ elsewhere:
#: an interval that relied on them would be too narrow, so gold alone is given.
MIN_DIFFERENT = 10
#: Below this, intervals of counts with predictions may be too narrow: they held the truth in 91 to 96 % of simulated
#: batches of 20 (docs/selection.md); and precision is given by gold alone.
FEW_ARTICLES = 30
_IN_AN_ARTICLE, _ARTICLES_WITH = " in an article", "articles with "
#: the precision of each layer that is estimated
PRECISIONS: dict[Layer, str] = {
    "entities": "precision:strict:entities",
    "quotes": "precision:overlap:quotes",
    "claims": "precision:overlap:claims",
}


@dataclass(frozen=True)
class Rate:
    """One rate of the pool: by gold alone, and by gold and predictions together.

    Intervals are 95 %; null where none can be given. `gain` is how many times as many annotated articles gold alone
    would need for the interval that both together give: about 1, or below it, where predictions tell nothing. Where too
    little is known of how they fail, it is 1 and both are the same.
    """

    name: str
    articles: int
    gold: float | None
    gold_low: float | None
    gold_high: float | None
    value: float | None
    low: float | None
    high: float | None
    gain: float


@dataclass
class Estimates:
    """The rates of a pool of so many articles, and remarks on how to read them."""

    pool: int
    rates: list[Rate]
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The estimates as JSON holds them."""
        return asdict(self)


@dataclass
class _Rest:
    """What predictions say of every article of the pool: by id, the items of each layer and label, and confidences."""

    counts: list[Counter[str]] = field(default_factory=list)
    trusted: list[dict[str, float]] = field(default_factory=list)
    position: dict[str, int] = field(default_factory=dict)
    has: Counter[Layer] = field(default_factory=Counter)

    def add(self, prediction: Prediction) -> None:
        self.position[prediction.id] = len(self.counts)
        counts: Counter[str] = Counter()
        trusted: dict[str, float] = {}
        for layer in LAYERS:
            items = get_layer(prediction, layer)
            if items is None:
                continue
            self.has[layer] += 1
            counts.update(_names(layer, items))
            trusted[layer] = sum(map(_trust, items))
        self.counts.append(counts)
        self.trusted.append(trusted)

    def count(self, name: str) -> Reals:
        """The items of a layer or label, by article."""
        return np.array([counts[name] for counts in self.counts], float)

    def trust(self, layer: Layer) -> Reals:
        """The summed confidences of a layer's items, by article."""
        return np.array([trusted[layer] for trusted in self.trusted], float)


def _trust(item: Item) -> float:
    """The item's confidence; an item without one counts in full."""
    confidence = confidence_of(item)
    return 1.0 if confidence is None else confidence


def estimate(
    gold: str | Path | Iterable[GoldRecord],
    predictions: str | Path | Iterable[Prediction],
    *,
    min_score: float = 0.0,
    layers: Sequence[Layer] | None = None,
    weights: Weighting | None = None,
    trials: int = 1000,
    seed: int = 0,
    schema: str | Path | Schema | None = None,
) -> Estimates:
    """Rates of a pool from gold on a few of its articles and predictions on all of them.

    What can be estimated so: how many items an article has, by layer and label; in what share of articles there are
    any; and the precision of what was predicted. Recall and F1 cannot: nothing is known of what predictions miss where
    nobody looked.

    Args:
        gold: as for `score`, or the records; articles of the pool, chosen by `select` or by chance.
        predictions: of every article of the pool, gold's included; a JSON Lines file, or the records.
        min_score: predicted items with a lower confidence are left out.
        weights: see `ScoreOptions`; without weights, gold is taken as a simple random sample of the pool.
        trials: resamples for the intervals; 0 = none.
        schema: that declares gold's labels; None = the release's own, else `news`.

    >>> from annotate.records import Entity
    >>> rome = [Entity(0, 4, "GPE")]
    >>> pool = [Prediction(id=f"{i}", entities=rome * (i % 2)) for i in range(40)]
    >>> gold = [GoldRecord(id=f"{i}", text="Rome", entities=rome * (i % 2)) for i in range(0, 40, 3)]
    >>> rate = estimate(gold, pool, trials=0).rates[0]
    >>> rate.name, round(rate.gold, 3), round(rate.value, 3)
    ('entities in an article', 0.5, 0.5)

    Raises:
        ScoreError: problems on either side; gold articles without a prediction; a pool of another size than gold speaks
            for.
        GoldError: there is no such gold.
    """
    problems = Problems()
    rest = _Rest()
    records, known = _open(gold, schema, problems)
    table = read_gold(records, known, problems)
    found = _read_predictions(predictions, min_score, rest, table, problems)
    system = read_system(found, table, problems, extra="ignore")
    missing = [id for id in table.ids if id not in rest.position]
    if missing and not problems.unreadable:
        problems.sentences.append(
            f"{format_count(len(missing), 'gold article')} without a prediction, such as {', '.join(missing[:3])}; "
            "predict on the whole pool"
        )
    if not table.size and not problems.unreadable:
        problems.sentences.append("gold has no articles; give a release or records with at least one")
    problems.raise_any()
    options = ScoreOptions(weights=weights)
    sample = choose_sample(table, options)
    remarks = remark_on_weights(table, sample, options)
    pool = len(rest.counts)
    if sample is None:
        sample = _assume_chance(table.size, pool)
        remarks.append("gold has no weights: taken as a simple random sample of the articles that were predicted on")
    elif len(sample.pools) == 1 and sample.pools[0]["articles"] != pool:
        stands_for = format_count(sample.pools[0]["articles"], "article")
        spoken = f"gold speaks for a pool of {stands_for}, predictions are of {pool:,}"
        raise ScoreError([f"{spoken}; predict on that pool, all of it and nothing else"])
    rates: list[Rate] = []
    place = np.array([rest.position[id] for id in table.ids])
    for layer in LAYERS:
        if not table.has[layer].any() or rest.has[layer] < pool or (layers is not None and layer not in layers):
            continue
        articles = np.flatnonzero(table.has[layer])
        part = sample.take(articles)
        counted = count_layers(table, system, [layer])[layer].formulas
        for name, plain, rectified in _list_rates(layer, table, rest, place, counted):
            rates.append(_estimate(name, plain, rectified, articles, table.size, part, trials, seed))
    if not rates:
        raise ScoreError(["nothing to estimate: no layer is in gold and in the predictions of every article"])
    few = min(rate.articles for rate in rates)
    if trials and few < FEW_ARTICLES:
        remarks.append(
            f"{format_count(few, 'article')}: below {FEW_ARTICLES}, intervals of counts may be too narrow; with 20 "
            "articles, those of 95 % with predictions hold the truth in 91 to 96 % of batches"
        )
    return Estimates(pool, rates, remarks)


def _open(
    gold: str | Path | Iterable[GoldRecord], schema: str | Path | Schema | None, problems: Problems
) -> tuple[Iterable[GoldRecord], Schema]:
    if isinstance(gold, (str, Path)):
        source = open_gold(gold, problems, schema=None if isinstance(schema, Schema) else schema)
        return source.records, schema if isinstance(schema, Schema) else source.schema
    return gold, schema if isinstance(schema, Schema) else load_schema(schema)


def _read_predictions(
    predictions: str | Path | Iterable[Prediction], min_score: float, rest: _Rest, gold: GoldTable, problems: Problems
) -> Iterator[Prediction]:
    """The predictions of gold's articles; what all of them say goes to `rest`."""
    found: list[str] = []
    if isinstance(predictions, (str, Path)):
        predictions = stream_records(Path(predictions), Prediction, problems=found)
    for prediction in predictions:
        if min_score > 0:
            prediction = map_items(prediction, lambda item: item if _trust(item) >= min_score else None)
        if prediction.id in rest.position:
            found.append(f"{prediction.id}: a second prediction for this article")
            continue
        rest.add(prediction)
        if prediction.id in gold.position:
            yield prediction
    problems.add_unreadable("prediction", found)


def _names(layer: Layer, items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield layer
        yield f"{layer}/{label_of(item)}"


def _assume_chance(n: int, pool: int) -> Sample:
    chosen = Selected(probability=n / pool, stratum="all", pool=pool, pool_sha256="", seed=0)
    sample = make_sample([pool / n] * n, [chosen] * n)
    assert sample is not None  # noqa: S101 - every article has a weight
    return sample


def _list_rates(
    layer: Layer, table: GoldTable, rest: _Rest, place: Column, counted: dict[Measure, Formula]
) -> Iterator[tuple[str, Ratio, Rectified]]:
    """Each rate of a layer by name: by gold alone, and with what is known of the pool."""
    gold = _count_gold(layer, table)
    ones = np.ones(table.size)

    def make(name: str, value: Column, proxy: Reals) -> tuple[str, Ratio, Rectified]:
        rectified = Rectified(value, ones, proxy[place], ones, float(proxy.mean()))
        return name, Ratio(value, ones, 0, 0), rectified

    for name in sorted({name for counts in gold for name in counts}, key=lambda name: ("/" in name, name)) or [layer]:
        value = np.array([counts[name] for counts in gold], float)
        if name != layer and value.sum() < MIN_LABEL_SPANS:
            continue
        proxy = rest.count(name)
        yield make(f"{name}{_IN_AN_ARTICLE}", value, proxy)
        yield make(f"{_ARTICLES_WITH}{name}", np.minimum(value, 1), np.minimum(proxy, 1))
    right = counted[Measure.parse(PRECISIONS[layer])]
    trusted, items = rest.trust(layer), rest.count(layer)
    if items.sum() and isinstance(right, Ratio):
        known = float(trusted.sum() / items.sum())
        both = Rectified(right.numerator, right.denominator, trusted[place], items[place], known)
        yield PRECISIONS[layer], right, both


def _count_gold(layer: Layer, table: GoldTable) -> list[Counter[str]]:
    counts: list[Counter[str]] = [Counter() for _ in table.ids]
    if layer == "entities":
        rows = zip(table.entities.article.tolist(), table.entities.label.tolist(), strict=True)
        for article, label in rows:
            counts[article].update((layer, f"{layer}/{table.entities.names[label]}"))
        return counts
    items: dict[int, Any] = dict(table.quotes if layer == "quotes" else table.claims)
    for article, found in items.items():
        counts[article].update(_names(layer, found))
    return counts


def _estimate(
    name: str,
    plain: Ratio,
    rectified: Rectified,
    articles: Column,
    size: int,
    sample: Sample,
    trials: int,
    seed: int,
) -> Rate:
    """One rate; `sample` is that of the `articles`, of `size` rows, that have the layer."""
    weights = np.zeros(size)
    weights[articles] = sample.weights
    formulas = {"gold": weigh(plain, weights), "both": weigh(rectified, weights)}
    points = {key: float(formula.values(Once(size))[0]) for key, formula in formulas.items()}
    intervals: dict[str, tuple[float, float] | None] = dict.fromkeys(formulas)
    if trials and len(articles) >= MIN_ARTICLES:
        resamples = Resamples(formulas, articles, size, trials, seed, sample)
        cases = plain.n_pred or len(articles)
        intervals = {key: _bound(name, points["gold"], cases) or _find_interval(resamples, key) for key in formulas}
    alone, both = intervals["gold"], intervals["both"]
    chosen, gain = "both", 1.0
    if np.isnan(points["both"]) or not predictions_help(rectified, articles):
        chosen, both = "gold", alone
    elif alone and both and both[1] > both[0]:
        gain = ((alone[1] - alone[0]) / (both[1] - both[0])) ** 2
    gold_low, gold_high = alone or (None, None)
    low, high = both or (None, None)
    value, chosen_value = _or_none(points["gold"]), _or_none(points[chosen])
    return Rate(name, len(articles), value, gold_low, gold_high, chosen_value, low, high, gain)


def predictions_help(rectified: Rectified, articles: Column) -> bool:
    """Whether predictions are relied on: where enough is known of how they fail.

    Of a few articles, that is not enough for a ratio such as precision: its correction is off, and no narrower. That an
    interval is narrower is no reason: whoever takes the narrower one of two has one that is too narrow.
    """
    if len(articles) < FEW_ARTICLES and np.ptp(rectified.base[articles]) > 0:
        return False
    return int((rectified.value != rectified.proxy)[articles].sum()) >= MIN_DIFFERENT


def _find_interval(resamples: Resamples[str], key: str) -> tuple[float, float] | None:
    """The interval; None where every resample agrees, and so nothing is known about other articles."""
    found = resamples.interval(key)
    return None if found is None or found[1] - found[0] < NO_WIDTH else found


def _bound(name: str, value: float, cases: int) -> tuple[float, float] | None:
    """The rule-of-three bound of a share of which every case is on one side; None for means and other shares."""
    return None if name.endswith(_IN_AN_ARTICLE) else rule_of_three(round(value, 12), cases)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def describe_estimates(estimates: Estimates) -> Iterator[Block]:
    """The estimates as tables and lines for reading: items, shares of articles, and precision apart."""
    yield f"A pool of {format_count(estimates.pool, 'article')}"
    parts: dict[str, list[list[str]]] = {}
    for rate in estimates.rates:
        title, name = "Precision", rate.name
        if rate.name.endswith(_IN_AN_ARTICLE):
            title, name = "Items in an article", rate.name.removesuffix(_IN_AN_ARTICLE)
        elif rate.name.startswith(_ARTICLES_WITH):
            title, name = "Share of articles with", rate.name.removeprefix(_ARTICLES_WITH)
        gold = [format_value(rate.gold), format_interval(rate.gold_low, rate.gold_high)]
        both = [format_value(rate.value), format_interval(rate.low, rate.high)]
        parts.setdefault(title, []).append([name, *gold, *both, f"{rate.gain:.1f}"])
    for title, rows in parts.items():
        yield Table(title, ("rate", "gold", "95 %", "with predictions", "95 %", "gain"), rows)
    yield "gain: how many times as many articles gold alone would need for an interval as narrow"
    yield from (f"note: {remark}" for remark in estimates.remarks)
