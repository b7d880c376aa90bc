"""Scoring: predictions against gold, for entities, quotes and claims, with intervals and paired comparisons.

report = evaluate(gold, predictions)
report.value("f1:strict:entities"), report.measures["f1:strict:entities"].low
"""

from __future__ import annotations

from annotate.score.compare import Comparison, compare
from annotate.score.evaluate import Report, Score, evaluate
from annotate.score.measures import Measure, list_measures

__all__ = ["Comparison", "Measure", "Report", "Score", "compare", "evaluate", "list_measures"]
