"""The scores of one system: every value with its interval, counts, confusions, warnings, and a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from annotate.display import Displayed
from annotate.extras import require
from annotate.label_map import Relabelling, find_unused
from annotate.printing import format_count, format_value, short_repr
from annotate.records import Layer
from annotate.score.alignment import Alignments
from annotate.score.formulas import Ratio
from annotate.score.measures import HEADLINES, Measure
from annotate.score.sample import Sample

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Score:
    """One value: null where undefined; `low` and `high` are its 95 % interval, null where none can be given.

    `n_gold` and `n_pred` are the sizes of what is compared: items, tokens, sentences, or for an accuracy the pairs.
    `three` marks a rule-of-three bound, because not one error (or not one success) was seen.
    """

    value: float | None
    low: float | None
    high: float | None
    n_gold: int
    n_pred: int
    three: bool = False

    def to_dict(self) -> dict[str, float | int | None]:
        """The five numbers of the JSON output."""
        return {key: getattr(self, key) for key in ("value", "low", "high", "n_gold", "n_pred")}


Confusions = dict[tuple[str | None, str | None], int]


@dataclass(repr=False)
class Report(Displayed):
    """The scores of one system.

    `measures` has every value by name; `counts` the five outcomes by layer and match; `label_counts` by layer, label
    and match; `confusions` how often gold's label (None = no entity there) met the predicted one (None = missed).
    `layers` are those that were scored, with the number of articles; `gold` is what gold is called, `model` what the
    predictions call their model, `source_format` the foreign format that they were read from. `ceiling` is what
    annotators reach against each other, by the same measures. `of_scores` are the measures of what the predictions'
    scores are worth, where they have scores, and `ranked` has by `match:layer` the curve of precision and recall over
    them, and their reliability by bin; `stories` the number of stories by layer, where they count and not articles.
    `remarks` are about how to read the values, `warnings` about what the predictions look like. `signature` holds what
    the values depend on; `alignments` which items were paired, article by article, and `headlines` the counts behind
    the headline measures, from which systems can be compared: columns with one row for each article of the layer, or
    each story, in the order of gold's ids. `sample` is null where articles are not weighted; else it has the effective
    size of each layer, and the pools that gold speaks for; `samples` how the rows of `headlines` weigh, by layer.
    """

    measures: dict[str, Score]
    counts: dict[str, dict[str, dict[str, int]]]
    label_counts: dict[str, dict[str, dict[str, dict[str, int]]]]
    confusions: Confusions
    articles: int
    layers: dict[Layer, int]
    signature: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ceiling: dict[str, float] = field(default_factory=dict)
    of_scores: dict[str, Score] = field(default_factory=dict)
    ranked: dict[str, dict[str, Any]] = field(default_factory=dict)
    stories: dict[Layer, int] = field(default_factory=dict)
    gold: str = ""
    model: str | None = None
    source_format: str | None = None
    alignments: Alignments = field(default_factory=Alignments, repr=False, compare=False)
    headlines: dict[str, Ratio] = field(default_factory=dict, repr=False, compare=False)
    sample: dict[str, Any] | None = None
    samples: dict[Layer, Sample] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        values = [f"{name} {format_value(self.measures[name].value)}" for name in HEADLINES if name in self.measures]
        return short_repr(self, self.model or "", format_count(self.articles, "article"), *values)

    def to_frame(self) -> pandas.DataFrame:
        """Every value as a row of a pandas table, by the measure's full name; needs the extra `notebook`.

        Columns: `metric`, `match`, `layer`, `label` (missing for a whole layer), `value`, `low`, `high` (missing where
        undefined), `n_gold`, `n_pred`.

        >>> frame = Report({"f1:strict:entities/GPE": Score(0.5, None, None, 4, 4)}, {}, {}, {}, 1, {}, {}).to_frame()
        >>> frame.loc["f1:strict:entities/GPE", ["layer", "label"]].to_list()
        ['entities', 'GPE']

        Raises:
            MissingExtraError: pandas is not installed.
        """
        require("notebook", "Report.to_frame()")
        import pandas

        rows = []
        for name, score in {**self.measures, **self.of_scores}.items():
            measure = Measure.parse(name)
            parts = {part: getattr(measure, part) for part in ("metric", "match", "layer", "label")}
            rows.append({"measure": name, **parts, **score.to_dict()})
        columns = ["metric", "match", "layer", "label", "value", "low", "high", "n_gold", "n_pred"]
        return pandas.DataFrame(rows, columns=["measure", *columns]).set_index("measure")

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        source = {} if self.source_format is None else {"from": self.source_format}
        sample = {} if self.sample is None else {"sample": self.sample}
        return {
            "signature": {**self.signature, **source},
            "documents": self.articles,
            "measures": {name: score.to_dict() for name, score in self.measures.items()},
            "counts": self.counts,
            "label_counts": self.label_counts,
            "confusions": [
                {"gold": gold, "predicted": predicted, "n": n} for (gold, predicted), n in self.confusions.items()
            ],
            "ceiling": self.ceiling,
            **({"ranked": self._ranked_dict()} if self.ranked else {}),
            **({"stories": self.stories} if self.stories else {}),
            "warnings": self.warnings,
            "remarks": self.remarks,
            **sample,
        }

    def _ranked_dict(self) -> dict[str, Any]:
        result = {}
        for name, found in self.ranked.items():
            scores = {
                measure: score.to_dict() for measure, score in self.of_scores.items() if measure.endswith(f":{name}")
            }
            result[name] = {"measures": scores, **found}
        return result

    def find(self, name: str) -> Score | None:
        """The score of one measure by its full name; None where it was not scored."""
        return self.measures.get(name) or self.of_scores.get(name)

    def add_relabelling(self, sides: Sequence[Relabelling]) -> None:
        """Say what `--map` did to gold and predictions."""
        self.remarks += [remark for side in sides if (remark := side.describe()) is not None]
        unused = find_unused(sides)
        if unused is not None:
            self.warnings.append(unused)

    def value(self, name: str) -> float | None:
        """One value; None where it is undefined, or its label or layer was not scored.

        Raises:
            AnnotateError: there is no such measure.
        """
        score = self.find(str(Measure.parse(name)))
        return score.value if score else None
