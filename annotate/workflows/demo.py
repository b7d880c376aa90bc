"""The whole loop on the seed articles: pre-annotate, push, correct, pull, agree, decide, release, score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.extras import require
from annotate.files import read_text, resource_dir, sha256_file, write_text
from annotate.folders import check_folder, place_folder, scratch_beside
from annotate.gold.contents import find_file_problems
from annotate.gold.manifest import MANIFEST, read_manifest
from annotate.jsonl import read_records, write_records
from annotate.locks import lock_output
from annotate.records import Annotation

if TYPE_CHECKING:
    from annotate.agreement import Agreement
    from annotate.label_studio_server import Studio
    from annotate.labelstudio.pull.certificate import Certificate
    from annotate.score.report import Report

PROJECT = "annotate demo"
REVIEW_PROJECT = "annotate demo review"
MARKER = ".annotate-demo"
RELEASE_NAME, RELEASE_VERSION = "news", "0.1.0"


@dataclass
class DemoResult:
    """What the demo made, and where it is."""

    studio: Studio
    certificate: Certificate
    agreement: Agreement
    scores: Report
    release: Path
    files: dict[str, Path] = field(default_factory=dict)


def demo(
    output: str | Path = "annotate-demo",
    *,
    studio_dir: str | Path | None = None,
    preannotator: str | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> DemoResult:
    """Take the five seed articles through the whole toolkit with an embedded Label Studio; return what it made.

    Two annotators' corrections and a reviewer's decisions are recorded in `seeds/corrections/`; they are submitted
    through the server's API, as the annotators would do in the browser. A second run finds the projects and their
    annotations as they are.

    Args:
        output: the working folder; predictions, annotations, decisions and the release are written there.
        studio_dir: data folder of the embedded Label Studio; None = the user's own.
        preannotator: a registered name; None = the default one.
        report: called with one line per step.

    Raises:
        AnnotateError: `output` holds something else than an earlier demo, or a step fails; the message names the step
            and the reason.
        MissingExtraError: the extra `studio` is not installed.
    """
    from annotate.adjudication import ReviewPage, adjudicate_annotations, apply_review, to_review
    from annotate.agreement import agree
    from annotate.gold.load import load_gold
    from annotate.ingest import read_articles
    from annotate.label_studio_server import start_studio
    from annotate.labelstudio.pull.pull import fetch_annotations
    from annotate.labelstudio.push.plan import PushOptions
    from annotate.labelstudio.push.push import push_predictions
    from annotate.labelstudio.submit import submit_annotations
    from annotate.preannotate import preannotate_articles
    from annotate.release.build import release_records
    from annotate.release.check import check_release
    from annotate.score import evaluate

    require("studio", "annotate demo")
    output = Path(output)
    _claim_folder(output)
    seeds = resource_dir("seeds")
    corrections = seeds / "corrections"
    files = {name: output / f"{name}.jsonl" for name in ("predictions", "annotations", "reviews", "decided", "log")}

    report("pre-annotating the seed articles")
    articles = read_articles([str(file) for file in sorted(seeds.glob("*.txt"))])
    predictions = list(preannotate_articles(articles, preannotator=preannotator))
    write_records(files["predictions"], predictions)

    report("starting Label Studio (about half a minute the first time)")
    studio = start_studio(studio_dir)
    url, api_key = studio.url, studio.api_key

    annotators = [read_records(path, Annotation) for path in sorted(corrections.glob("annotator-*.jsonl"))]
    report(f"pushing articles and pre-annotations for {len(annotators)} annotators")
    push_predictions(predictions, PROJECT, PushOptions(overlap=len(annotators)), url=url, api_key=api_key)

    report("submitting the annotators' recorded corrections")
    submit_annotations([record for records in annotators for record in records], PROJECT, url=url, api_key=api_key)

    report("pulling the corrections back")
    annotations, certificate = fetch_annotations([PROJECT], url=url, api_key=api_key)
    write_records(files["annotations"], annotations)

    report("measuring agreement, sending disputes to the reviewer, pulling the decisions")
    agreement = agree(annotations)
    adjudication = adjudicate_annotations(annotations)
    if adjudication.disputed:
        page = ReviewPage(adjudication.disputed)
        push_predictions(to_review(adjudication.disputed), REVIEW_PROJECT, url=url, api_key=api_key, page=page)
        disputed = {article.agreed.id for article in adjudication.disputed}
        reviews = [
            record for record in read_records(corrections / "reviewer.jsonl", Annotation) if record.id in disputed
        ]
        submit_annotations(reviews, REVIEW_PROJECT, url=url, api_key=api_key)
        reviews, _ = fetch_annotations([REVIEW_PROJECT], url=url, api_key=api_key)
        write_records(files["reviews"], reviews)
        adjudication = apply_review(adjudication, reviews)
    write_records(files["decided"], adjudication.decided)
    write_records(files["log"], adjudication.log)

    report("building the release")
    release = output / "gold" / RELEASE_NAME / RELEASE_VERSION
    with lock_output(release.parent), scratch_beside(release) as scratch:
        built = release_records(
            adjudication.decided,
            RELEASE_NAME,
            RELEASE_VERSION,
            to=scratch,
            annotations=annotations,
            predictions=predictions,
            about=read_text(corrections / "README.md"),
            annotator_map=output / f"{RELEASE_NAME}.annotators.json",
        )
        check_release(built)
        _sign_marker(output, built)
        _check_release_folder(output)
        place_folder(built, release)

    report("scoring the pre-annotator against it")
    scores = evaluate(load_gold(str(release)), predictions)
    return DemoResult(studio, certificate, agreement, scores, release, files)


def _claim_folder(output: Path) -> None:
    """Make `output` the demo's own: each run replaces the files and the release that a run before has made in it."""
    check_folder(output, is_ours=lambda folder: (folder / MARKER).is_file(), made_by="annotate demo", option="--output")
    _check_release_folder(output)
    if not (output / MARKER).exists():
        write_text(output / MARKER, "annotate demo writes here and replaces what it wrote before\n")


def _check_release_folder(output: Path) -> None:
    """Refuse to replace a release that no run of the demo has made, or that was changed since."""
    marker = output / MARKER
    known = read_text(marker).split() if marker.is_file() else []

    def is_ours(folder: Path) -> bool:
        if not (folder / MANIFEST).is_file() or sha256_file(folder / MANIFEST) not in known:
            return False
        return not list(find_file_problems(folder, read_manifest(folder)))

    check_folder(
        output / "gold" / RELEASE_NAME / RELEASE_VERSION, is_ours=is_ours, made_by="annotate demo", option="--output"
    )


def _sign_marker(output: Path, release: Path) -> None:
    """Write the hash of the release's manifest into the marker, by which a later run recognises the release."""
    text, digest = read_text(output / MARKER), sha256_file(release / MANIFEST)
    if digest not in text.split():
        write_text(output / MARKER, f"{text}{digest}\n")
