"""The command `score` as a function: predictions from anywhere against gold from anywhere, and the page of errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.errors import AnnotateError
from annotate.files import write_text
from annotate.harness.sources import (
    RunLimits,
    open_gold,
    open_predictions,
    run_hf_pipeline,
    run_preannotator,
    run_program,
)
from annotate.label_map import Relabelling
from annotate.records import Prediction
from annotate.score.compare import Comparison, compare_systems
from annotate.score.evaluate import score_tables
from annotate.score.options import COMPARE_OPTIONS, ScoreOptions
from annotate.score.problems import Problems
from annotate.score.report import Report
from annotate.score.tables import read_gold, read_system, without_garbage_collection

if TYPE_CHECKING:
    from annotate.formats import FormatReport


def score_predictions(
    predictions: str | Path | None,
    gold: str | Path,
    options: ScoreOptions | None = None,
    *,
    format: str | None = None,
    run: str | None = None,
    spacy: str | None = None,
    hf_pipeline: str | None = None,
    limits: RunLimits | None = None,
    schema: str | Path | None = None,
    html: str | Path | None = None,
) -> tuple[Report, FormatReport | None]:
    """Score one system: a file of predictions, a program, a spaCy pipeline, or a token classifier.

    Args:
        predictions: a file, `-` for standard input; None with `run`, `spacy` or `hf_pipeline`.
        gold: release folder, `name/version[/split]`, or JSON Lines file.
        options: see `ScoreOptions`; schema, name and ceiling are those of `gold`.
        format: of the file, or of the output of `run`: a name of `annotate.formats.READERS`; None = our JSON Lines.
        run: a command that reads articles as JSON Lines and writes predictions.
        spacy: the name of an installed spaCy pipeline.
        hf_pipeline: the name or folder of a token classifier for `transformers`.
        limits: of `run`.
        schema: that declares the labels; default: the release's own, else `news`.
        html: where to write the page for reading errors.

    Returns:
        the report, and what a foreign format lost on the way.

    Raises:
        ScoreError: problems on either side, all together; what a foreign format lost on the way is a note of it.
        GoldError: there is no such gold.
        RecordError: a foreign file has problems.
    """
    if format is not None and (spacy is not None or hf_pipeline is not None):
        raise AnnotateError(f"--from {format} is the format of a file or of --run; a pipeline has none")
    if sum(source is not None for source in (predictions, run, spacy, hf_pipeline)) != 1:
        raise AnnotateError(
            "score needs exactly one of: a file of predictions, --run COMMAND, --spacy PIPELINE, --hf-pipeline NAME"
        )
    problems = Problems()
    source = open_gold(gold, problems, schema=schema)
    options = source.complete(options or ScoreOptions())
    ours, theirs = Relabelling(options.label_map, "gold"), Relabelling(options.label_map, "predictions")
    found: Iterable[Prediction]
    loss: FormatReport | None = None
    with without_garbage_collection():
        # a file of our own is read beside gold, record by record; the others need gold as a whole, and so does the page
        whole = html is not None or format is not None or predictions is None
        golds = source.read_all(problems) if whole else source.records
        known = golds if isinstance(golds, list) else []
        if run is not None:
            found, loss = run_program(run, known, limits, format=format, schema=source.schema, layers=options.layers)
        elif spacy is not None:
            found = run_preannotator(f"spacy:{spacy}", known, options.layers)
        elif hf_pipeline is not None:
            found = run_hf_pipeline(hf_pipeline, known)
        else:
            path = Path(predictions or "-")
            found, loss = open_predictions(
                path, problems, format=format, gold=known, schema=source.schema, layers=options.layers
            )
        golds, found = ours.records(golds), theirs.records(found)
        if whole:
            golds, found = list(golds), list(found)
        shown = ours.schema(source.schema)
        table = read_gold(golds, shown, problems)
        system = read_system(found, table, problems, extra=options.extra)
    try:
        report = score_tables(table, system, problems, options)
    except AnnotateError as error:
        if loss is not None:
            loss.explain(error)  # what was lost on the way is often why
        raise
    report.add_relabelling((ours, theirs))
    if loss is not None:
        report.source_format = loss.format
        if sentence := loss.summarize():
            report.warnings.append(sentence)
    if html is not None:
        from annotate.harness.error_page import render_report

        page = render_report(report, list(golds), list(found), schema=shown, seen_surfaces=source.seen_surfaces())
        write_text(Path(html), page)
    return report, loss


def compare(
    predictions: Sequence[str | Path],
    gold: str | Path,
    options: ScoreOptions | None = None,
    *,
    measures: Sequence[str] | None = None,
    format: str | None = None,
    schema: str | Path | None = None,
) -> Comparison:
    """Compare systems by their files of predictions, pair by pair on the same articles; each is named after its file.

    Options, measures and the result are those of `annotate.compare_systems`, which takes predictions in memory.

    Raises:
        ScoreError: problems on any side.
        GoldError: there is no such gold.
    """
    paths = [Path(path) for path in predictions]
    problems = Problems()
    source = open_gold(gold, problems, schema=schema)
    options = source.complete(options or COMPARE_OPTIONS)
    golds = source.read_all(problems)
    systems: dict[str, list[Prediction]] = {}
    losses: dict[str, FormatReport] = {}
    for name, path in zip(name_systems(paths), paths, strict=True):
        found, loss = open_predictions(
            path, problems, format=format, gold=golds, schema=source.schema, layers=options.layers
        )
        systems[name] = list(found)
        if loss is not None:
            losses[name] = loss
    problems.raise_any()
    try:
        comparison = compare_systems(golds, systems, options, measures=measures)
    except AnnotateError as error:
        for loss in losses.values():
            loss.explain(error)
        raise
    comparison.warnings += [f"{name}: {loss.summarize()}" for name, loss in losses.items() if loss.losses]
    return comparison


def name_systems(paths: Sequence[Path]) -> list[str]:
    """A name for each file: its stem, or as much of its path as distinguishes them.

    >>> name_systems([Path("a/p.jsonl"), Path("b/p.jsonl")])
    ['a/p', 'b/p']

    Raises:
        AnnotateError: a file is named twice.
    """
    plain = [path.with_suffix("") for path in paths]
    for parts in range(1, max(len(path.parts) for path in plain) + 1):
        names = ["/".join(path.parts[-parts:]) for path in plain]
        if len(set(names)) == len(names):
            return names
    if len(set(paths)) == len(paths):
        return [str(path) for path in paths]
    raise AnnotateError("the same file is named twice; each system needs its own predictions")
