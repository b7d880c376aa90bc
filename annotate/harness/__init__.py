"""Running extractors on gold and reporting how they did: the commands `score` and `compare`.

Predictions come from files in any format, programs, spaCy pipelines or functions (`sources`), and `annotate.score`
computes. Tables, Markdown, JUnit XML, leaderboards and the page of errors are written here, and the fixture
`score_on_gold` brings it all into a test. Names are imported when they are used, so that a test run that does not ask
for the fixture loads nothing.

report, loss = score_predictions(Path("predictions.jsonl"), "news/1.0.0/dev")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.harness.error_page import render_report as render_report
    from annotate.harness.scoring import compare as compare
    from annotate.harness.scoring import score_predictions as score_predictions
    from annotate.harness.sources import run_function as run_function

_PUBLIC = {
    "compare": "annotate.harness.scoring",
    "render_report": "annotate.harness.error_page",
    "run_function": "annotate.harness.sources",
    "score_predictions": "annotate.harness.scoring",
}

__all__ = ["compare", "render_report", "run_function", "score_predictions"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate.harness' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
