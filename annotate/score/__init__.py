"""Values from records, and nothing else: how well predictions match gold, with intervals, and systems compared.

Entities, quotes and claims are aligned, counted by article and turned into measures; articles are resampled for
intervals and swapped for tests. Where gold and predictions come from, and how a report is printed, is the business of
`annotate.harness`.

report = evaluate(gold, predictions)
report.value("f1:strict:entities"), report.measures["f1:strict:entities"].low
"""

from __future__ import annotations

from annotate.score.compare import Comparison, compare_systems
from annotate.score.evaluate import evaluate
from annotate.score.measures import Measure
from annotate.score.options import ScoreOptions
from annotate.score.report import Report, Score

__all__ = ["Comparison", "Measure", "Report", "Score", "ScoreOptions", "compare_systems", "evaluate"]
