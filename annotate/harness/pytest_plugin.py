"""A pytest plugin: the fixture `score_on_gold` scores an extractor in a test and asserts thresholds.

    def test_extractor(score_on_gold):
        report = score_on_gold(my_extractor, "news/1.0.0/dev")      # text -> layers
        report.assert_at_least({"f1:strict:entities": 0.80, "accuracy:speaker-head:quotes": 0.70})

It is on wherever the toolkit is installed. The scorer is imported inside the fixture, so that a test run that does not
ask for it does not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from annotate.records import GoldRecord, Layers, Prediction
    from annotate.score.report import Report


class GoldScores:
    """The report of one extractor, with an assertion that fails readably."""

    def __init__(self, report: Report, name: str) -> None:
        self.report = report
        self.name = name

    def value(self, measure: str) -> float | None:
        """One value; see `Report.value`."""
        return self.report.value(measure)

    def assert_at_least(self, thresholds: Mapping[str, float]) -> None:
        """Fail the test unless every measure reaches its threshold; the failure shows the tables and the signature."""
        __tracebackhide__ = True
        from annotate.harness.report import find_failures, make_notes, make_tables
        from annotate.printing import to_text
        from annotate.score.measures import Measure

        failures = find_failures(self.report, [(str(Measure.parse(name)), x) for name, x in thresholds.items()])
        if failures:
            shown = to_text([*make_tables(self.report), *make_notes(self.report)])
            pytest.fail(f"{self.name}:\n" + "\n".join(failures) + f"\n\n{shown}", pytrace=False)


@pytest.fixture
def score_on_gold() -> Callable[..., GoldScores]:
    """A function `(extractor, gold, **options) -> GoldScores`.

    `extractor` is a function from a text to layers, a list of predictions, or the path of a predictions file; `gold`
    a release folder, `name/version[/split]`, JSON Lines file, or a list of gold records; `options` are those of
    `annotate.score.evaluate`, such as `layers`, `missing` or `seed`, and `map` with what `--map` takes, as in
    `map="conll"` or `map=["LOC=GPE,FAC", "-=DATE"]`.
    """
    return _score


def _score(
    extractor: Callable[[str], Layers | Mapping[str, Any]] | Iterable[Prediction] | str | Path,
    gold: str | Path | Iterable[GoldRecord],
    **options: Any,
) -> GoldScores:
    from annotate.harness.sources import open_gold, run_function
    from annotate.jsonl import read_records
    from annotate.label_map import LabelMap
    from annotate.records import Prediction
    from annotate.score import evaluate
    from annotate.score.problems import Problems

    if "map" in options:
        options["label_map"] = LabelMap.parse(options.pop("map"))
    if isinstance(gold, str | Path):
        problems = Problems()
        source = open_gold(gold, problems, schema=options.pop("schema", None))
        records = source.read_all(problems)
        options = {"schema": source.schema, "gold_name": source.name, "ceiling": source.ceiling, **options}
    else:
        records = list(gold)
    if isinstance(extractor, str | Path):
        predictions: Iterable[Prediction] = read_records(Path(extractor), Prediction)
    elif callable(extractor):
        predictions = run_function(extractor, records)
    else:
        predictions = extractor
    name = getattr(extractor, "__name__", None) or (extractor if isinstance(extractor, str | Path) else "predictions")
    return GoldScores(evaluate(records, predictions, **options), str(name))
