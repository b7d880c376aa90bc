"""Whether the weights of gold's articles are used in a score, and what the report says about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotate.errors import ScoreError
from annotate.printing import format_count
from annotate.records import Layer
from annotate.score.options import ScoreOptions
from annotate.score.sample import Sample
from annotate.score.tables import GoldTable, Numbers


def choose_sample(gold: GoldTable, options: ScoreOptions) -> Sample | None:
    """How gold's articles weigh; None where all are alike.

    Raises:
        ScoreError: weights are asked for, and some article has none, or stories are to be counted.
    """
    if options.weights == "gold" and options.by == "story":
        raise ScoreError(
            ["--by story and --weights gold: stories have no weights; score with --weights none, or with --by article"]
        )
    if options.weights == "gold" and gold.sample is None:
        lacking = f"{len(gold.unweighted)} of {format_count(gold.size, 'article')}"
        few = ", ".join(gold.unweighted[:3])
        raise ScoreError([f"gold: {lacking} without a weight, such as {few}; use --weights none"])
    return gold.sample if options.weighted else None


def remark_on_weights(gold: GoldTable, sample: Sample | None, options: ScoreOptions) -> list[str]:
    """What gold speaks for, or why its weights are not used."""
    if gold.sample is not None and options.by == "story" and options.weights is None:
        return ["gold's weights are not used: stories count (--by story), and they have no weights"]
    if sample is None:
        some = 0 < len(gold.unweighted) < gold.size
        return (
            [f"{len(gold.unweighted):,} of {format_count(gold.size, 'article')} without a weight, so all count alike"]
            if some
            else []
        )
    pools = [
        f"{format_count(pool['articles'], 'article')} (sha256 {pool['sha256'][:12]}, drawn {pool['drawn'] or '-'})"
        for pool in sample.pools
    ]
    size = f"{format_count(gold.size, 'article')}, as precise as {sample.effective:.1f} of equal weight"
    return [f"weighted by gold: {size}" + (f", for a pool of {' and one of '.join(pools)}" if pools else "")]


def describe_sample(sample: Sample, layers: Mapping[Layer, Numbers]) -> dict[str, Any]:
    """The effective size of each layer, from the articles that have it, and the pools that gold speaks for."""
    effective = {layer: round(sample.take(articles).effective, 2) for layer, articles in layers.items()}
    return {"effective": effective, "pools": sample.pools}
