"""Whether the weights of gold's articles are used in a score, and what the report says about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotate.errors import ScoreError
from annotate.printing import format_count
from annotate.records import Layer
from annotate.score.options import ScoreOptions
from annotate.score.sample import Sample
from annotate.score.tables import GoldTable


def choose_sample(gold: GoldTable, options: ScoreOptions) -> Sample | None:
    """How gold's articles weigh; None where all are alike.

    Raises:
        ScoreError: weights are asked for, and some article has none, or stories are to be counted and have none.
    """
    if options.weights == "gold" and gold.sample is None:
        lacking = f"{len(gold.unweighted)} of {format_count(gold.size, 'article')}"
        few = ", ".join(gold.unweighted[:3])
        raise ScoreError([f"gold: {lacking} without a weight, such as {few}; use --weights none"])
    if gold.sample is None or options.weights == "none":
        return None
    unknown = find_unknown_stories(gold, gold.sample) if options.by == "story" else None
    if unknown is not None and options.weights == "gold":
        raise ScoreError([f"--by story and --weights gold: {unknown}; score with --weights none, or with --by article"])
    return gold.sample if unknown is None else None


def find_unknown_stories(gold: GoldTable, sample: Sample) -> str | None:
    """Why stories have no weights; None where each has one.

    A story's weight follows from those of its articles where the number of its articles in the pool is known. Stories
    are resampled within strata, so none may be in several.
    """
    unsized = [id for id, one in zip(gold.ids, sample.selected, strict=True) if one is None or one.story < 1]
    if unsized:
        return f"meta.selection of {unsized[0]} does not say how many articles of the pool are of its story"
    strata: dict[str, set[tuple[Any, ...]]] = {}
    for story, one in zip(gold.stories, sample.selected, strict=True):
        if story and one is not None:
            strata.setdefault(story, set()).add((one.design, one.stratum))
    crossing = [story for story, found in strata.items() if len(found) > 1]
    if crossing:
        return f"{format_count(len(crossing), 'story')} in several strata, such as {crossing[0]}"
    return None


def remark_on_weights(gold: GoldTable, sample: Sample | None, options: ScoreOptions) -> list[str]:
    """What gold speaks for, or why its weights are not used."""
    if sample is None and gold.sample is not None and options.by == "story" and options.weights is None:
        return [f"gold's weights are not used with --by story: {find_unknown_stories(gold, gold.sample)}"]
    if sample is None:
        if not 0 < len(gold.unweighted) < gold.size:
            return []
        lacking = f"{len(gold.unweighted):,} of {format_count(gold.size, 'article')}"
        return [f"{lacking} without a weight, so all count alike"]
    pools = [
        f"{format_count(pool['articles'], 'article')} (sha256 {pool['sha256'][:12]}, drawn {pool['drawn'] or '-'})"
        for pool in sample.pools
    ]
    size = format_count(gold.size, "article")
    if options.by == "article":
        size += f", as precise as {sample.effective:.1f} of equal weight"
    return [f"weighted by gold: {size}" + (f", for a pool of {' and one of '.join(pools)}" if pools else "")]


def describe_sample(sample: Sample, layers: Mapping[Layer, Sample | None]) -> dict[str, Any]:
    """The effective size of each layer, of the articles or stories that have it, and the pools that gold speaks for."""
    effective = {layer: round(found.effective, 2) for layer, found in layers.items() if found is not None}
    return {"effective": effective, "pools": sample.pools}
