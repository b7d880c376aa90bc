"""`annotate agree`, `annotate progress` and `annotate adjudicate`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import annotate
from annotate.cli.completion import complete_project, complete_release
from annotate.cli.options import (
    ApiKeyOption,
    FormatOption,
    MapOption,
    OutputOption,
    SchemaOption,
    UrlOption,
    parse_map,
)
from annotate.cli.outputs import check_outputs
from annotate.printing import format_count, note

if TYPE_CHECKING:
    from annotate.adjudication import Adjudication

AnnotationsArgument = Annotated[Path, typer.Argument(metavar="A.jsonl", help="Annotations, as `annotate pull` writes.")]


def agree(
    annotations: AnnotationsArgument,
    format: FormatOption = "table",
    trials: Annotated[
        int, typer.Option(min=0, metavar="N", help="Bootstrap resamples of the articles; 0 = no intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed for resampling.")] = 0,
    map: MapOption = None,
    weights: Annotated[
        Literal["gold", "none"] | None,
        typer.Option(help="Whether articles count by how they were selected; default: gold where each was."),
    ] = None,
    schema: SchemaOption = None,
) -> None:
    """Measure how far the annotators agree, by layer, label and pair, and what they disagree about most.

    Example: annotate agree annotations.jsonl
    """
    import json

    from annotate.agreement import describe_agreement
    from annotate.printing import print_blocks, print_json

    agreement = annotate.agree(
        annotations, schema=schema, seed=seed, trials=trials, label_map=parse_map(map), weights=weights
    )
    if format == "json":
        print_json(json.dumps(agreement.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_blocks(describe_agreement(agreement))


def progress(
    rounds: Annotated[
        list[str],
        typer.Argument(
            metavar="ROUND...",
            autocompletion=complete_release,
            help="Annotations, as `annotate pull` writes, or releases; oldest first.",
        ),
    ],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the curves.")] = None,
    format: FormatOption = "table",
    margin: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="X", help="The largest change between two rounds that does not count."),
    ] = 0.05,
    trials: Annotated[
        int, typer.Option(min=0, metavar="N", help="Bootstrap resamples of the articles; 0 = no verdicts.")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed for resampling.")] = 0,
    schema: SchemaOption = None,
) -> None:
    """Compare rounds of annotation: is agreement still rising, does the draft get better, which labels are done.

    What an earlier file has is not counted again, so each file may be a pull of the whole project.

    Example: annotate progress week-1.jsonl week-2.jsonl week-3.jsonl --html progress.html
    """
    import json

    from annotate.printing import print_blocks, print_json
    from annotate.rounds import describe_progress

    found = annotate.progress(rounds, html=html, margin=margin, schema=schema, trials=trials, seed=seed)
    if format == "json":
        print_json(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_blocks(describe_progress(found))
    if html is not None:
        note(f"wrote {html}")


def adjudicate(
    annotations: AnnotationsArgument,
    output: OutputOption = Path("-"),
    strategy: Annotated[
        str,
        typer.Option(
            metavar="HOW", help="unanimous, majority, trusted:NAME, union (recall) or intersection (precision)."
        ),
    ] = "majority",
    push: Annotated[
        str | None,
        typer.Option(
            metavar="PROJECT",
            autocompletion=complete_project,
            help="Send the disputed articles to this review project.",
        ),
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(metavar="R.jsonl", help="What was pulled from the review project.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Decision log; default: beside the output, .decisions.jsonl.")
    ] = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    schema: SchemaOption = None,
) -> None:
    """Decide between the annotators' versions of each article; send disputes to a reviewer.

    Example: annotate adjudicate A.jsonl -o D.jsonl --strategy majority --push "News review"
    """
    from annotate.errors import AnnotateError
    from annotate.files import is_stream
    from annotate.jsonl import STDIO

    if output.is_dir():
        raise AnnotateError(f"{output}: is a folder; give the name of a file to write")
    if log is None and output != STDIO and not is_stream(output):
        log = output.with_suffix(".decisions.jsonl")
        check_outputs({"the decision log": log}, {"A.jsonl": annotations, "--decisions": decisions})
    result = annotate.adjudicate(
        annotations,
        output,
        strategy=strategy,
        decisions=decisions,
        push=push,
        log=log,
        url=url,
        api_key=api_key,
        schema=schema,
    )
    _report(result, push)


def _report(result: Adjudication, project: str | None) -> None:
    outcomes = Counter(decision.outcome for decision in result.log)
    articles = len(result.decided) + len(result.disputed)
    disputes = sum(len(article.disputes) for article in result.disputed)
    note(
        f"{len(result.decided):,} of {format_count(articles, 'article')} decided; "
        f"of all items {outcomes['accepted']:,} accepted, {outcomes['rejected']:,} rejected, "
        f"{disputes:,} disputed"
    )
    single = sum((record.decided_by or "").startswith("single:") for record in result.decided)
    if single:
        note(f"{format_count(single, 'article')} of these had one annotator, whose version is used unchanged")
    if not result.disputed and project is not None:
        note(f"nothing is disputed, so nothing was sent to project {project!r}")
    if result.disputed:
        disputed = format_count(len(result.disputed), "disputed article")
        if project is not None:
            note(f"sent to project {project!r}: {disputed}; once reviewed, pull it and give the file as --decisions")
        else:
            note(f"not written: {disputed}; --push PROJECT sends them to a reviewer")
