"""Gold datasets of news articles: pre-annotate, correct in Label Studio, measure agreement, release, publish, score.

The functions below are the public interface. Each command of the command line has one: `annotate check` is
`annotate.check`; where a package has the command's name, its object is added, as in `annotate.score_predictions`.
What takes a file of records also takes the records. Names are imported on first use, so that `import annotate` costs
nothing.

>>> import annotate
>>> annotate.Entity(0, 5, "PERSON").label
'PERSON'
>>> annotate.check("news/0.1.0").articles
5
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.agreement import Agreement as Agreement
    from annotate.agreement.measure import agree as agree
    from annotate.artifacts.build import build_artifacts as build_artifacts
    from annotate.copies.transfer import transfer as transfer
    from annotate.errors import AnnotateError as AnnotateError
    from annotate.explore.page import explore_records as explore_records
    from annotate.explore.show import show as show
    from annotate.formats import read_predictions as read_predictions
    from annotate.gold.load import load_gold as load_gold
    from annotate.gold.load import releases as releases
    from annotate.harness.leaderboard import leaderboard as leaderboard
    from annotate.harness.scoring import compare as compare
    from annotate.harness.scoring import score_predictions as score_predictions
    from annotate.ingest import ColumnMap as ColumnMap
    from annotate.ingest import read_articles as read_articles
    from annotate.jsonl import read_records as read_records
    from annotate.jsonl import write_records as write_records
    from annotate.label_map import LabelMap as LabelMap
    from annotate.label_studio_server import Studio as Studio
    from annotate.label_studio_server import find_studio as find_studio
    from annotate.label_studio_server import start_studio as start_studio
    from annotate.labelstudio.backend import backend as backend
    from annotate.labelstudio.doctor import doctor as doctor
    from annotate.labelstudio.effort import effort as effort
    from annotate.labelstudio.migrate import migrate_project as migrate_project
    from annotate.labelstudio.pull.pull import fetch_annotations as fetch_annotations
    from annotate.labelstudio.pull.pull import pull_annotations as pull_annotations
    from annotate.labelstudio.push.plan import PushOptions as PushOptions
    from annotate.labelstudio.push.push import push_predictions as push_predictions
    from annotate.labelstudio.submit import submit_annotations as submit_annotations
    from annotate.preannotate import preannotate_articles as preannotate_articles
    from annotate.preannotate import preannotate_to_file as preannotate_to_file
    from annotate.publish import publish_release as publish_release
    from annotate.publish.rehydrate import rehydrate as rehydrate
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
    from annotate.release.build import release_records as release_records
    from annotate.rounds.progress import progress as progress
    from annotate.schema import Schema as Schema
    from annotate.schema import load_schema as load_schema
    from annotate.score import Report as Report
    from annotate.score import ScoreOptions as ScoreOptions
    from annotate.score import compare_systems as compare_systems
    from annotate.score import evaluate as evaluate
    from annotate.score.measures import measures as measures
    from annotate.selection.estimate import estimate as estimate
    from annotate.selection.plan import plan as plan
    from annotate.selection.select import select as select
    from annotate.training.improve import train as train
    from annotate.workflows.adjudicate import adjudicate as adjudicate
    from annotate.workflows.audit import audit_gold as audit_gold
    from annotate.workflows.demo import demo as demo
    from annotate.workflows.export import export as export
    from annotate.workflows.releases import check as check
    from annotate.workflows.releases import diff as diff
    from annotate.workflows.up import down as down
    from annotate.workflows.up import invite as invite
    from annotate.workflows.up import status as status
    from annotate.workflows.up import up as up

from annotate.display import register as _register
from annotate.version import __version__ as __version__

_register(
    {
        "Agreement": ("annotate.agreement.report", "show_agreement"),
        "Article": ("annotate.html.notebook", "show_record"),
        "Comparison": ("annotate.harness.leaderboard", "show_comparison"),
        "Diff": ("annotate.gold.notebook", "show_diff"),
        "Effort": ("annotate.labelstudio.effort", "show_effort"),
        "LayeredRecord": ("annotate.html.notebook", "show_record"),
        "Manifest": ("annotate.gold.notebook", "show_manifest"),
        "Progress": ("annotate.rounds.report", "show_progress"),
        "Report": ("annotate.harness.report", "show_report"),
    }
)

# where each public name is defined; the imports above are the same for type checkers
_PUBLIC = {
    "Agreement": "annotate.agreement",
    "AnnotateError": "annotate.errors",
    "Annotation": "annotate.records",
    "Article": "annotate.records",
    "Claim": "annotate.records",
    "ColumnMap": "annotate.ingest",
    "Entity": "annotate.records",
    "GoldRecord": "annotate.records",
    "LabelMap": "annotate.label_map",
    "Layers": "annotate.records",
    "Prediction": "annotate.records",
    "PushOptions": "annotate.labelstudio.push.plan",
    "Quote": "annotate.records",
    "Region": "annotate.records",
    "Report": "annotate.score",
    "Schema": "annotate.schema",
    "ScoreOptions": "annotate.score",
    "Span": "annotate.records",
    "Studio": "annotate.label_studio_server",
    "adjudicate": "annotate.workflows.adjudicate",
    "agree": "annotate.agreement.measure",
    "audit_gold": "annotate.workflows.audit",
    "backend": "annotate.labelstudio.backend",
    "build_artifacts": "annotate.artifacts.build",
    "check": "annotate.workflows.releases",
    "compare": "annotate.harness.scoring",
    "compare_systems": "annotate.score",
    "demo": "annotate.workflows.demo",
    "diff": "annotate.workflows.releases",
    "doctor": "annotate.labelstudio.doctor",
    "down": "annotate.workflows.up",
    "effort": "annotate.labelstudio.effort",
    "estimate": "annotate.selection.estimate",
    "evaluate": "annotate.score",
    "explore_records": "annotate.explore.page",
    "export": "annotate.workflows.export",
    "fetch_annotations": "annotate.labelstudio.pull.pull",
    "find_studio": "annotate.label_studio_server",
    "invite": "annotate.workflows.up",
    "leaderboard": "annotate.harness.leaderboard",
    "load_gold": "annotate.gold.load",
    "load_schema": "annotate.schema",
    "measures": "annotate.score.measures",
    "migrate_project": "annotate.labelstudio.migrate",
    "plan": "annotate.selection.plan",
    "preannotate_articles": "annotate.preannotate",
    "preannotate_to_file": "annotate.preannotate",
    "progress": "annotate.rounds.progress",
    "publish_release": "annotate.publish",
    "pull_annotations": "annotate.labelstudio.pull.pull",
    "push_predictions": "annotate.labelstudio.push.push",
    "read_articles": "annotate.ingest",
    "read_predictions": "annotate.formats",
    "read_records": "annotate.jsonl",
    "rehydrate": "annotate.publish.rehydrate",
    "release_records": "annotate.release.build",
    "releases": "annotate.gold.load",
    "score_predictions": "annotate.harness.scoring",
    "select": "annotate.selection.select",
    "show": "annotate.explore.show",
    "start_studio": "annotate.label_studio_server",
    "status": "annotate.workflows.up",
    "submit_annotations": "annotate.labelstudio.submit",
    "train": "annotate.training.improve",
    "transfer": "annotate.copies.transfer",
    "up": "annotate.workflows.up",
    "write_records": "annotate.jsonl",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
