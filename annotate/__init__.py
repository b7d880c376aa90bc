"""Gold datasets of news articles: pre-annotate, correct in Label Studio, measure agreement, release, publish, score.

The functions below are the public interface; each command of the command line is one of them. They are imported on
first use, so that `import annotate` costs nothing.

>>> import annotate
>>> annotate.Entity(0, 5, "PERSON").label
'PERSON'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.adjudication import adjudicate_annotations as adjudicate_annotations
    from annotate.adjudication import apply_review as apply_review
    from annotate.agreement import Agreement as Agreement
    from annotate.agreement import measure_agreement as measure_agreement
    from annotate.artifacts.build import build_artifacts as build_artifacts
    from annotate.audit import audit_gold as audit_gold
    from annotate.errors import AnnotateError as AnnotateError
    from annotate.explore import explore_records as explore_records
    from annotate.explore import read_versions as read_versions
    from annotate.formats import read_predictions as read_predictions
    from annotate.gold.diff.diff import diff_releases as diff_releases
    from annotate.gold.load import list_releases as list_releases
    from annotate.gold.load import load_gold as load_gold
    from annotate.ingest import read_articles as read_articles
    from annotate.jsonl import read_records as read_records
    from annotate.jsonl import write_records as write_records
    from annotate.label_studio_server import Studio as Studio
    from annotate.label_studio_server import find_studio as find_studio
    from annotate.label_studio_server import start_studio as start_studio
    from annotate.label_studio_server import stop_studio as stop_studio
    from annotate.labelstudio.backend import serve_backend as serve_backend
    from annotate.labelstudio.doctor import examine as examine
    from annotate.labelstudio.effort import measure_effort as measure_effort
    from annotate.labelstudio.migrate import migrate_project as migrate_project
    from annotate.labelstudio.pull.pull import pull_annotations as pull_annotations
    from annotate.labelstudio.push.push import push_predictions as push_predictions
    from annotate.labelstudio.submit import submit_annotations as submit_annotations
    from annotate.preannotate import preannotate_articles as preannotate_articles
    from annotate.preannotate import preannotate_to_file as preannotate_to_file
    from annotate.publish import publish_release as publish_release
    from annotate.publish import rehydrate_release as rehydrate_release
    from annotate.records import Annotation as Annotation
    from annotate.records import Article as Article
    from annotate.records import Claim as Claim
    from annotate.records import Entity as Entity
    from annotate.records import GoldRecord as GoldRecord
    from annotate.records import Layers as Layers
    from annotate.records import Prediction as Prediction
    from annotate.records import Quote as Quote
    from annotate.records import Region as Region
    from annotate.records import Span as Span
    from annotate.release.build import build_release as build_release
    from annotate.release.check import check_release as check_release
    from annotate.schema import Schema as Schema
    from annotate.schema import load_schema as load_schema
    from annotate.score import Report as Report
    from annotate.score import list_measures as list_measures
    from annotate.score.compare import compare as compare
    from annotate.score.evaluate import evaluate as evaluate
    from annotate.training.improve import improve_news as improve_news
    from annotate.workflows.demo import run_demo as run_demo
    from annotate.workflows.export import export_records as export_records
    from annotate.workflows.up import bring_up as bring_up

from annotate.version import __version__ as __version__

# where each public name lives; the imports above say the same to type checkers
_PUBLIC = {
    "Agreement": "annotate.agreement",
    "AnnotateError": "annotate.errors",
    "Annotation": "annotate.records",
    "Article": "annotate.records",
    "Claim": "annotate.records",
    "Entity": "annotate.records",
    "GoldRecord": "annotate.records",
    "Layers": "annotate.records",
    "Prediction": "annotate.records",
    "Quote": "annotate.records",
    "Region": "annotate.records",
    "Report": "annotate.score",
    "Schema": "annotate.schema",
    "Span": "annotate.records",
    "Studio": "annotate.label_studio_server",
    "adjudicate_annotations": "annotate.adjudication",
    "apply_review": "annotate.adjudication",
    "audit_gold": "annotate.audit",
    "bring_up": "annotate.workflows.up",
    "build_artifacts": "annotate.artifacts.build",
    "build_release": "annotate.release.build",
    "check_release": "annotate.release.check",
    "compare": "annotate.score.compare",
    "diff_releases": "annotate.gold.diff.diff",
    "evaluate": "annotate.score.evaluate",
    "examine": "annotate.labelstudio.doctor",
    "explore_records": "annotate.explore",
    "export_records": "annotate.workflows.export",
    "find_studio": "annotate.label_studio_server",
    "improve_news": "annotate.training.improve",
    "list_measures": "annotate.score",
    "list_releases": "annotate.gold.load",
    "load_gold": "annotate.gold.load",
    "load_schema": "annotate.schema",
    "measure_agreement": "annotate.agreement",
    "measure_effort": "annotate.labelstudio.effort",
    "migrate_project": "annotate.labelstudio.migrate",
    "preannotate_articles": "annotate.preannotate",
    "preannotate_to_file": "annotate.preannotate",
    "publish_release": "annotate.publish",
    "pull_annotations": "annotate.labelstudio.pull.pull",
    "push_predictions": "annotate.labelstudio.push.push",
    "read_articles": "annotate.ingest",
    "read_predictions": "annotate.formats",
    "read_records": "annotate.jsonl",
    "read_versions": "annotate.explore",
    "rehydrate_release": "annotate.publish",
    "run_demo": "annotate.workflows.demo",
    "serve_backend": "annotate.labelstudio.backend",
    "start_studio": "annotate.label_studio_server",
    "stop_studio": "annotate.label_studio_server",
    "submit_annotations": "annotate.labelstudio.submit",
    "write_records": "annotate.jsonl",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
