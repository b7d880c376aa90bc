"""Which interval of a skewed mean holds the truth as often as it says? A simulation on counts of items in articles.

    python -m tests.bench.bench_intervals [--runs 2000] [--seed 0]

Each run draws n articles of a corpus by plain chance and asks how many items an article has on average. Compared are
the interval of `annotate estimate` (`outer BCa`: the outer limits of the expanded percentile interval of the rescaled
bootstrap and of BCa, Efron 1987), the expanded one alone, and those that survey statisticians use instead: Student's t
about the mean; the same moved for skewness (Johnson 1978); t on the log scale; the bootstrap-t (Hall 1988). Printed:
the share of intervals that hold the mean of the corpus, the shares that lie below and above it, and the mean width.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

import numpy as np

from annotate.records import GoldRecord, Layer, get_layer
from annotate.score.distributions import t_quantile
from annotate.score.formulas import Ratio
from annotate.score.resampling import Resamples, expanded_interval
from annotate.score.sample import make_sample, weigh
from annotate.selected import Selected
from annotate.selection.sampling import Reals
from tests.support.corpora import CORPORA, read_corpus

POOLS: dict[str, tuple[tuple[str, ...], Layer]] = {
    "PolNeAR, quotes": (("polnear_quotes.train",), "quotes"),
    "GUM, names": (("gum_names.train", "gum_names.dev"), "entities"),
    "wikigold, names": (("wikigold_entities.dev",), "entities"),
    "re3d, names": (("re3d_entities_named.dev",), "entities"),
    "UNER PUD, names": (("uner_pud_entities.dev",), "entities"),
    "news, claims": (("claims_news.train", "claims_news.dev"), "claims"),
}
SIZES = (20, 50, 100)
TRIALS = 500


def read_counts(names: tuple[str, ...], layer: Layer) -> Reals:
    records = (record for name in names for record in read_corpus(CORPORA, name, GoldRecord))
    return np.array([len(get_layer(record, layer) or ()) for record in records], float)


def iter_intervals(values: Reals, pool: int, seed: int) -> Iterator[tuple[str, float, float]]:
    """The intervals of the mean of a pool by the values of a sample from it."""
    n, chance = len(values), len(values) / pool
    selected = [Selected(probability=chance, stratum="all", pool=pool, pool_sha256="", seed=0)] * n
    sample = make_sample([1 / chance] * n, selected)
    assert sample is not None
    formula = weigh(Ratio(values, np.ones(n), 0, 0), sample.weights)
    resamples = Resamples({"mean": formula}, np.arange(n), n, TRIALS, seed, sample)
    mean = float(values.mean())
    error = float(values.std(ddof=1)) * math.sqrt((1 - chance) / n)
    resampled = resamples.values("mean")
    further = max(1.0, error / float(resampled.std(ddof=1))) if error else 1.0
    yield "expanded", *(expanded_interval(resampled, n, further) or (math.nan, math.nan))
    yield "outer BCa", *(resamples.interval("mean") or (math.nan, math.nan))
    reach = t_quantile(0.975, n - 1) * error
    yield "t", mean - reach, mean + reach
    away = values - mean
    acceleration = float((away**3).sum() / (6 * (away**2).sum() ** 1.5)) if error else 0.0
    yield "Johnson", mean + acceleration * error - reach, mean + acceleration * error + reach
    yield "t of log", mean * math.exp(-reach / mean), mean * math.exp(reach / mean)
    drawn = values[np.random.default_rng(seed).integers(0, n, (TRIALS, n))]
    errors = np.maximum(drawn.std(axis=1, ddof=1) / math.sqrt(n), 1e-9)
    left, right = np.quantile((drawn.mean(axis=1) - mean) / errors, (0.025, 0.975))
    yield "bootstrap-t", mean - float(right) * error, mean - float(left) * error


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: nothing to simulate on")
        return
    chance = np.random.default_rng(options.seed)
    for name, (files, layer) in POOLS.items():
        counts = read_counts(files, layer)
        skew = float(((counts - counts.mean()) ** 3).mean() / counts.std() ** 3)
        print(f"\n{name}: {len(counts)} articles, mean {counts.mean():.1f}, skewness {skew:.1f}")
        for n in (size for size in SIZES if size < 0.7 * len(counts)):
            found: dict[str, list[tuple[bool, bool, bool, float]]] = {}
            for run in range(options.runs):
                for method, low, high in iter_intervals(chance.permutation(counts)[:n], len(counts), run):
                    below, above = high < counts.mean(), low > counts.mean()
                    found.setdefault(method, []).append((not (below or above), below, above, high - low))
            for method, rows in found.items():
                held, below, above, width = np.array(rows, float).mean(axis=0)
                shares = f"{held:>6.1%} below {below:>5.1%} above {above:>5.1%}"
                print(f"  n {n:>3}  {method:<12} {shares} width {width:>6.2f}", flush=True)


if __name__ == "__main__":
    main()
