"""Gold datasets of news articles: pre-annotate, correct in Label Studio, measure agreement, release, publish, score.

The functions below are the public interface; each command of the command line is one of them. They are imported on
first use, so that `import annotate` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Annotation": "annotate.records",
    "Article": "annotate.records",
    "Claim": "annotate.records",
    "Entity": "annotate.records",
    "GoldRecord": "annotate.records",
    "Layers": "annotate.records",
    "Prediction": "annotate.records",
    "Quote": "annotate.records",
    "Span": "annotate.records",
    "AnnotateError": "annotate.errors",
    "load_schema": "annotate.schema",
    "read_records": "annotate.jsonl",
    "write_records": "annotate.jsonl",
    "read_articles": "annotate.articles",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
