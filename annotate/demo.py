"""The whole loop on the seed articles: pre-annotate, push, correct, pull, decide, release, score."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.files import resource_dir
from annotate.jsonl import read_records, write_records
from annotate.records import Annotation

if TYPE_CHECKING:
    from annotate.labelstudio.certificate import Certificate
    from annotate.score.evaluate import Report
    from annotate.studio import Studio

PROJECT = "annotate demo"
RELEASE_NAME, RELEASE_VERSION = "news", "0.1.0"


@dataclass
class DemoResult:
    """What the demo made and where it lies."""

    studio: Studio
    project_url: str
    certificate: Certificate
    report: Report
    release: Path
    files: dict[str, Path] = field(default_factory=dict)


def run_demo(
    out: Path,
    *,
    studio_dir: Path | None = None,
    preannotator: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> DemoResult:
    """Takes the five seed articles through the whole toolkit with an embedded Label Studio; returns what it made.

    The corrections are those that `seeds/corrections/` records: they are submitted to the server through its API as
    the annotator would submit them in the browser. A second run finds the project and its annotations as they are.

    Args:
        out: the working folder; predictions, annotations, decisions and the release are written there.
        studio_dir: data folder of the embedded Label Studio; None = the user's own.
        preannotator: who pre-annotates; None = the default one.
        say: is told each step, for people.

    Raises:
        AnnotateError: a step fails; the message says which and why.
    """
    from annotate.adjudication import adjudicate_annotations
    from annotate.articles import read_articles
    from annotate.gold.build import build_release
    from annotate.gold.check import check_release
    from annotate.gold.load import load_gold
    from annotate.labelstudio.pull import pull_annotations
    from annotate.labelstudio.push import push_predictions
    from annotate.labelstudio.submit import submit_annotations
    from annotate.preannotate.pipeline import preannotate_articles
    from annotate.score import evaluate
    from annotate.studio import start_studio

    seeds = resource_dir("seeds")
    files = {name: out / f"{name}.jsonl" for name in ("predictions", "annotations", "decided")}

    say("pre-annotating the seed articles")
    predictions = list(preannotate_articles(read_articles([str(seeds)]), preannotator=preannotator))
    write_records(files["predictions"], predictions)

    say("starting Label Studio (about half a minute the first time)")
    studio = start_studio(studio_dir)

    say("pushing articles and pre-annotations")
    push_predictions(predictions, PROJECT, url=studio.url, api_key=studio.api_key)

    say("submitting the recorded corrections")
    corrections = [
        record for path in sorted((seeds / "corrections").glob("*.jsonl")) for record in read_records(path, Annotation)
    ]
    submit_annotations(corrections, PROJECT, url=studio.url, api_key=studio.api_key)

    say("pulling the corrections back")
    annotations, certificate = pull_annotations([PROJECT], url=studio.url, api_key=studio.api_key)
    write_records(files["annotations"], annotations)

    say("building the release")
    decided = adjudicate_annotations(annotations).decided
    write_records(files["decided"], decided)
    shutil.rmtree(out / "gold", ignore_errors=True)
    release = build_release(decided, RELEASE_NAME, RELEASE_VERSION, to=out / "gold", annotations=annotations)
    check_release(release)

    say("scoring the pre-annotator against it")
    report = evaluate(load_gold(str(release)), predictions)
    return DemoResult(studio, studio.url, certificate, report, release, files)
