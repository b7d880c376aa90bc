"""What a score depends on beside gold and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, TypedDict

from annotate.label_map import LabelMap
from annotate.records import Layer
from annotate.schema import Schema

Missing: TypeAlias = Literal["error", "empty"]
Extra: TypeAlias = Literal["error", "ignore"]
Unit: TypeAlias = Literal["article", "story"]
Weighting: TypeAlias = Literal["gold", "none"]


@dataclass(frozen=True)
class ScoreOptions:
    """How predictions are scored.

    Args:
        schema: declares gold's labels; the packaged `news` if not given.
        layers: score these only.
        missing: what a gold article without a prediction is: an error, or an empty prediction.
        extra: what a prediction without a gold article is: an error, or ignored.
        trials: resamples of articles for the intervals; 0 = no intervals. In a comparison also the swaps of the test.
        seed: of the resampling.
        gold_name: what gold is called; goes into the signature.
        ceiling: what annotators reach against each other, by measure name.
        label_map: what the labels of gold and predictions read as; None = they are compared as they are.
        by: what counts once and is resampled: an article, or a story, whose articles then count as one together.
        weights: `gold`: articles count as their weights in gold have it; `none`: all alike; None = `gold` where every
            article has a weight, and with `by` = `story` every story too (`meta.selection` says how large it is, and
            none is in several strata).
    """

    schema: Schema | None = None
    layers: Sequence[Layer] | None = None
    missing: Missing = "error"
    extra: Extra = "error"
    trials: int = 1000
    seed: int = 0
    gold_name: str = ""
    ceiling: Mapping[str, float] = field(default_factory=dict)
    label_map: LabelMap | None = None
    by: Unit = "article"
    weights: Weighting | None = None

    @property
    def fair_ceiling(self) -> dict[str, float]:
        """What annotators reach by the values that are computed: agreement was measured by article, without a map."""
        if self.by != "article":
            return {}
        return {
            name: value for name, value in self.ceiling.items() if self.label_map is None or ":entities" not in name
        }

    def to_signature(self) -> dict[str, Any]:
        """The options that change values or intervals, for the signature."""
        chosen: dict[str, Any] = {
            "missing": self.missing,
            "extra": self.extra,
            "trials": self.trials,
            "seed": self.seed,
        }
        if self.label_map is not None:
            chosen["map"] = self.label_map.to_dict()
        if self.by != "article":
            chosen["by"] = self.by
        return chosen


COMPARE_OPTIONS = ScoreOptions(trials=10_000)
"""A test needs more swaps than an interval needs resamples."""


class ScoreKeywords(TypedDict, total=False):
    """The fields of `ScoreOptions` as keywords of the public functions."""

    schema: Schema | None
    layers: Sequence[Layer] | None
    missing: Missing
    extra: Extra
    trials: int
    seed: int
    gold_name: str
    ceiling: Mapping[str, float]
    label_map: LabelMap | None
    by: Unit
    weights: Weighting | None


def merge_options(options: ScoreOptions, keywords: ScoreKeywords) -> ScoreOptions:
    """The options with those replaced that were given as keywords.

    >>> options = merge_options(ScoreOptions(seed=7), {"trials": 0})
    >>> options.seed, options.trials
    (7, 0)

    Raises:
        TypeError: there is no such option.
    """
    return replace(options, **keywords)
