"""Does gold on a selected batch speak for the pool? A simulation on a pool whose gold is known, all of it.

    python -m tests.bench.bench_select [--pool NAME ...] [--system rules] [--runs 1000] [--seed 0] [--svg FILE]

The pool is PolNeAR's training part with its gold quotes, or other corpora, such as `gum_names.train gum_names.dev`,
with what they have most of; the system is a pre-annotator. Each run draws a batch, scores the
system on the batch's gold alone with the formulas and intervals of `annotate.score`, and looks whether the interval
holds the value of the whole pool. Printed for each design and measure: the bias in standard errors of the simulation
(within +-3 is chance), the share of 95 % intervals that hold the truth, their mean width, and the hours that plain
chance would need for intervals as narrow, where an hour is so many words read.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from annotate.files import write_text
from annotate.ingest.articles import Articles, read_articles
from annotate.items import confidence_of
from annotate.jsonl import write_records
from annotate.preannotate import preannotate_articles
from annotate.records import Article, GoldRecord, Layer, Prediction, get_layer
from annotate.schema import load_schema
from annotate.score.evaluate import count_layers
from annotate.score.formulas import Formula, Once, Ratio
from annotate.score.measures import Measure
from annotate.score.problems import Problems
from annotate.score.resampling import Resamples
from annotate.score.sample import make_sample, weigh
from annotate.score.tables import read_gold, read_system
from annotate.selected import Selected
from annotate.selection.chances import diverse_sizes, read_predicted, uncertain_sizes
from annotate.selection.estimate import predictions_help
from annotate.selection.pool import Pool, read_pool
from annotate.selection.prediction_powered import Rectified
from annotate.selection.sampling import Reals, award_seats, choose_members, draw, join_strata
from tests.support.corpora import CORPORA, read_corpus

MEASURES: dict[Layer, tuple[str, ...]] = {
    "quotes": ("f1:overlap:quotes", "f1:exact:quotes", "precision:overlap:quotes", "accuracy:speaker-overlap:quotes"),
    "entities": ("f1:strict:entities", "f1:exact:entities", "precision:strict:entities"),
    "claims": ("f1:overlap:claims", "f1:exact:claims", "precision:overlap:claims"),
}
#: The measure whose predictions have a stand-in: confidences by predicted items.
POWERED = {
    "quotes": "precision:overlap:quotes",
    "entities": "precision:strict:entities",
    "claims": "precision:overlap:claims",
}
#: An article has many items from here on.
MANY: dict[Layer, int] = {"quotes": 15, "entities": 30, "claims": 10}
TRIALS = 1000


@dataclass(frozen=True)
class Design:
    """How a batch is drawn: the options of `annotate select`."""

    name: str
    order: str = "random"
    by_publisher: bool = False
    per_story: int = 1


DESIGNS = (
    Design("plain chance", per_story=0),
    Design("random, stories once"),
    Design("random by publisher", by_publisher=True),
    Design("uncertain", order="uncertain"),
    Design("uncertain by publisher", order="uncertain", by_publisher=True),
    Design("diverse", order="diverse"),
)


@dataclass(frozen=True)
class World:
    """A pool whose truth is known: the formulas of all measures on all of it, by gold alone and with predictions."""

    pool: Pool
    formulas: dict[str, Formula]
    powered: dict[str, Rectified]
    sizes: dict[str, Reals]
    published: bool


@dataclass(frozen=True)
class Outcome:
    """What one measure did under one design, over all runs; `words` is what a batch has on average."""

    design: str
    measure: str
    n: int
    bias: float
    off: float
    covered: float
    width: float
    words: float


def read_with_known_labels(name: str) -> list[GoldRecord]:
    records = read_corpus(CORPORA, name, GoldRecord)
    known = load_schema().entity_labels
    for record in records:  # wikigold's MISC is no label of ours
        if record.entities is not None:
            record.entities = [entity for entity in record.entities if entity.label in known]
    return sorted(records, key=lambda record: record.id)


def make_world(gold: Sequence[GoldRecord], predictions: Sequence[Prediction], articles: Articles) -> World:
    """The pool as `select` sees it, and every measure as `score` computes it."""
    problems = Problems()
    table = read_gold(gold, load_schema(), problems)
    system = read_system(predictions, table, problems)
    assert not problems.sentences, problems.sentences[:3]
    layer = find_layer(gold)
    many = MANY[layer]
    counted = count_layers(table, system, [layer])[layer].formulas
    formulas = {name: counted[Measure.parse(name)] for name in MEASURES[layer]}
    items = np.array([len(get_layer(record, layer) or ()) for record in gold], float)
    ones = np.ones(len(gold))
    guesses = [get_layer(prediction, layer) or [] for prediction in by_id(predictions)]
    guessed = np.array([len(one) for one in guesses], float)
    powered: dict[str, Rectified] = {}
    for name, value, proxy in (
        (f"{layer} in an article", items, guessed),
        (f"share of articles with {many} {layer}", (items >= many) * 1.0, (guessed >= many) * 1.0),
    ):
        formulas[name] = Ratio(value, ones, 0, 0)
        powered[name] = Rectified(value, ones, proxy, ones, float(proxy.mean()))
    trusted = np.array([sum(confidence_of(item) or 0 for item in one) for one in guesses])
    precision = formulas[POWERED[layer]]
    known = float(trusted.sum() / guessed.sum())
    powered[POWERED[layer]] = Rectified(*precision.columns(), trusted, guessed, known)
    published = any(record.publisher for record in gold)
    pool = read_pool(articles, by=["publisher"] if published else [])
    assert list(pool.iter_ids()) == table.ids
    predicted = read_predicted(predictions, pool)
    sizes = {
        "random": ones,
        "uncertain": uncertain_sizes(predicted.spread, 0.5),
        "diverse": diverse_sizes(pool.names, 0.5),
    }
    return World(pool, formulas, powered, sizes, published)


def find_layer(gold: Sequence[GoldRecord]) -> Layer:
    """The layer that the corpus has: quotes before entities before claims."""
    return next(layer for layer in MEASURES if any(get_layer(record, layer) is not None for record in gold))


def by_id(predictions: Sequence[Prediction]) -> list[Prediction]:
    return sorted(predictions, key=lambda prediction: prediction.id)


def simulate(world: World, design: Design, n: int, runs: int, seed: int) -> Iterator[Outcome]:
    """Draw, score and look, `runs` times."""
    pool = world.pool
    strata, stratum = ["all"], np.zeros(len(pool), np.int64)
    if design.by_publisher:
        strata, stratum = pool.name_strata(0.02)
    if design.per_story:
        stratum = join_strata(stratum, pool.story)
    counts = np.bincount(stratum).tolist()
    chance = np.random.default_rng(seed)
    truth = {name: float(formula.values(Once(len(pool)))[0]) for name, formula in world.formulas.items()}
    with_predictions = {f"{name} with predictions": formula for name, formula in world.powered.items()}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in (*truth, *with_predictions)}
    words = 0
    for run in range(runs):
        numbers = chance.random((len(pool), 3))
        units = choose_members(numbers, pool.story, world.sizes[design.order], stratum, per_story=design.per_story)
        room = np.bincount(units.stratum, minlength=len(counts)).tolist()
        drawn = draw(units, award_seats(counts, room, n), len(counts))
        order = np.argsort(drawn.taken)
        taken, probability = drawn.taken[order], drawn.probability[order]
        words += int(pool.words[taken].sum())
        weights = np.zeros(len(pool))
        weights[taken] = 1 / probability
        selected = [
            Selected(probability=p, stratum=strata[s], pool=len(pool), pool_sha256="", seed=0)
            for p, s in zip(probability.tolist(), stratum[taken].tolist(), strict=True)
        ]
        sample = make_sample((1 / probability).tolist(), selected)
        formulas = {**world.formulas, **with_predictions}
        weighted = {name: weigh(formula, weights) for name, formula in formulas.items()}
        resamples = Resamples(weighted, taken, len(pool), TRIALS, run, sample)
        intervals = {name: resamples.interval(name) for name in weighted}
        for name, formula in weighted.items():
            kept, alone = name, name.removesuffix(" with predictions")
            rectified = world.powered.get(alone) if name != alone else None
            if rectified is not None and not predictions_help(rectified, taken):
                kept, formula = alone, weighted[alone]
            low, high = intervals[kept] or (math.nan, math.nan)
            found[name].append((float(formula.values(Once(len(pool)))[0]), low, high))
    for name, rows in found.items():
        value, low, high = np.array(rows).T
        measure = name.removesuffix(" with predictions")
        true = truth[measure]
        error = float(value.std(ddof=1)) / math.sqrt(runs)
        yield Outcome(
            design.name if name == measure else f"{design.name} +P",
            measure,
            n,
            bias=float(value.mean()) - true,
            off=(float(value.mean()) - true) / error,
            covered=float(((low <= true) & (true <= high)).mean()),
            width=float((high - low).mean()),
            words=words / runs,
        )


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    for measure in dict.fromkeys(outcome.measure for outcome in outcomes):
        for n in dict.fromkeys(outcome.n for outcome in outcomes):
            here = [outcome for outcome in outcomes if (outcome.measure, outcome.n) == (measure, n)]
            print(f"\n{measure}, {n} articles (+P: with predictions, as annotate estimate)")
            print(
                f"{'design':<26} {'bias':>8} {'in s.e.':>8} {'covered':>8} {'width':>7} {'hours of plain chance':>22}"
            )
            for one in here:
                hours = saved(here[0], one)
                figures = f"{one.bias:>+8.4f} {one.off:>+8.1f} {one.covered:>8.1%} {one.width:>7.3f} {hours:>16.2f}"
                print(f"{one.design:<26} {figures}")


def saved(plain: Outcome, other: Outcome) -> float:
    """How many hours plain chance needs for what the other design shows in one: widths shrink with the root of n."""
    return (plain.width / other.width) ** 2 * plain.words / other.words


def draw_plot(outcomes: Sequence[Outcome], n: int) -> str:
    """The hours that plain chance needs, a bar for each design and measure, as SVG."""
    measures = list(dict.fromkeys(outcome.measure for outcome in outcomes))
    shown = ("random by publisher", "uncertain by publisher", "diverse", "plain chance +P", "random by publisher +P")
    designs = [name for name in shown if any(outcome.design == name for outcome in outcomes)]
    of = {(outcome.design, outcome.measure): outcome for outcome in outcomes if outcome.n == n}
    colours = ("#4e79a7", "#59a14f", "#f28e2b", "#e15759", "#b07aa1")
    plain = next(outcome.design for outcome in outcomes)
    longest = max(saved(of[plain, m], of[d, m]) for m in measures for d in designs if (d, m) in of)
    scale, left, bar = 380 / max(longest, 1.2), 230, 13
    bars = sum((design, measure) in of for design in designs for measure in measures)
    height = 40 + bars * bar + len(measures) * 14
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{height + 24 * len(designs)}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="16">Hours of plain chance for intervals as narrow as in one hour ({n} articles)</text>',
    ]
    y = 30
    for measure in measures:
        rows = sum((design, measure) in of for design in designs)
        lines.append(f'<text x="{left - 8}" y="{y + rows * bar / 2 + 4}" text-anchor="end">{measure}</text>')
        for design, colour in zip(designs, colours, strict=False):
            if (design, measure) not in of:
                continue
            value = saved(of[plain, measure], of[design, measure])
            lines.append(f'<rect x="{left}" y="{y}" width="{value * scale:.1f}" height="{bar - 2}" fill="{colour}"/>')
            lines.append(f'<text x="{left + value * scale + 4:.1f}" y="{y + 10}" font-size="10">{value:.2f}</text>')
            y += bar
        y += 14
    one = f"{left + scale:.1f}"
    lines.append(f'<line x1="{one}" y1="24" x2="{one}" y2="{y - 8}" stroke="black" stroke-dasharray="3 3"/>')
    for design, colour in zip(designs, colours, strict=False):
        lines.append(f'<rect x="{left}" y="{y}" width="12" height="12" fill="{colour}"/>')
        words = design.replace(" +P", ", with predictions (annotate estimate)")
        lines.append(f'<text x="{left + 18}" y="{y + 11}">{words}</text>')
        y += 20
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--system", default="rules")
    parser.add_argument("--predictions", type=Path, help="of the pool, where they were made before")
    parser.add_argument("--pool", nargs="+", default=["polnear_quotes.train"])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: nothing to simulate on")
        return
    gold = sorted((one for name in options.pool for one in read_with_known_labels(name)), key=lambda record: record.id)
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    path = folder / f"pool-{os.getpid()}.jsonl"
    fields = Article.__struct_fields__
    write_records(path, [Article(**{name: getattr(record, name) for name in fields}) for record in gold])
    articles = read_articles([str(path)])
    path.unlink()
    if options.predictions is not None:
        with options.predictions.open("rb") as file:
            predictions = [msgspec.json.decode(line, type=Prediction) for line in file]
    else:
        predictions = list(preannotate_articles(articles, preannotator=options.system, layers=(find_layer(gold),)))
    world = make_world(gold, predictions, articles)
    named = " + ".join(options.pool)
    print(f"{named}: {len(world.pool)} articles, {options.system}, {options.runs} runs, seed {options.seed}")
    start = time.perf_counter()
    outcomes = [
        outcome
        for n in options.sizes
        for design in DESIGNS
        if world.published or not design.by_publisher
        for outcome in simulate(world, design, n, options.runs, options.seed)
    ]
    print_outcomes(outcomes)
    print(f"\n{time.perf_counter() - start:.0f} s")
    if options.svg is not None:
        write_text(options.svg, draw_plot(outcomes, options.sizes[-1]))


if __name__ == "__main__":
    main()
