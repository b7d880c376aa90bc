"""`annotate agree` and `annotate adjudicate`."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.options import ApiKeyOption, OutputOption, SchemaOption, UrlOption, say
from annotate.cli.outputs import check_outputs
from annotate.printing import format_count

if TYPE_CHECKING:
    from annotate.adjudication import Adjudication

AnnotationsArgument = Annotated[Path, typer.Argument(metavar="A.jsonl", help="Annotations, as `annotate pull` writes.")]


class Format(StrEnum):
    """How the result is printed."""

    table = "table"
    json = "json"


def agree(
    annotations: AnnotationsArgument,
    format: Annotated[Format, typer.Option(help="A table for people, or JSON.")] = Format.table,
    trials: Annotated[int, typer.Option(min=0, help="Bootstrap resamples of the articles; 0 = no intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    schema: SchemaOption = None,
) -> None:
    """Measure how far the annotators agree, per layer, label and pair, and what they disagree about most.

    Example: annotate agree annotations.jsonl
    """
    import json

    from annotate.agreement import describe_agreement, measure_agreement
    from annotate.jsonl import read_records
    from annotate.printing import print_blocks, print_json
    from annotate.records import Annotation
    from annotate.schema import load_schema

    records = read_records(annotations, Annotation)
    agreement = measure_agreement(records, schema=load_schema(schema), seed=seed, trials=trials)
    if format is Format.json:
        print_json(json.dumps(agreement.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_blocks(describe_agreement(agreement))


def adjudicate(
    annotations: AnnotationsArgument,
    output: OutputOption,
    strategy: Annotated[
        str,
        typer.Option(help="unanimous, majority, trusted:NAME, union (recall) or intersection (precision)."),
    ] = "majority",
    push: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="Send the disputed articles to this review project.")
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
    """Decide what the annotators' versions of each article come to; send what is disputed to a reviewer.

    Example: annotate adjudicate A.jsonl -o D.jsonl --strategy majority --push "News review"
    """
    from annotate.adjudication import adjudicate_annotations, apply_review
    from annotate.files import Outputs, is_stream
    from annotate.jsonl import STDIO, open_output, read_records, write_lines
    from annotate.locks import lock_output
    from annotate.records import Annotation

    streamed = output == STDIO or is_stream(output)
    if log is None and not streamed:
        log = output.with_suffix(".decisions.jsonl")
        check_outputs({"the decision log": log}, {"A.jsonl": annotations, "--decisions": decisions})
    if push is not None:
        from annotate.labelstudio.connection import require_client

        require_client()
    with contextlib.nullcontext() if streamed else lock_output(output):
        result = adjudicate_annotations(read_records(annotations, Annotation), strategy=strategy)
        if decisions is not None:
            result = apply_review(result, read_records(decisions, Annotation))
        if push is not None and result.disputed:
            _push(result, push, url, api_key, schema)
        with Outputs() as outputs:
            write_lines(open_output(outputs, output), result.decided)
            if log is not None:
                write_lines(open_output(outputs, log), result.log)
    _report(result, push)


def _push(result: Adjudication, project: str, url: str | None, api_key: str | None, schema: str | None) -> None:
    from annotate.adjudication import to_review
    from annotate.labelstudio.push.push import push_predictions
    from annotate.schema import load_schema

    push_predictions(to_review(result.disputed), project, url=url, api_key=api_key, schema=load_schema(schema))


def _report(result: Adjudication, project: str | None) -> None:
    outcomes = [decision.outcome for decision in result.log]
    say(
        f"{format_count(len(result.decided), 'article')} decided: "
        f"{format_count(outcomes.count('accepted'), 'item')} accepted, "
        f"{outcomes.count('rejected')} rejected"
    )
    single = sum((record.decided_by or "").startswith("single:") for record in result.decided)
    if single:
        say(f"{single} of them had one annotator, whose version is taken as it is")
    if result.disputed:
        disputes = sum(len(article.disputes) for article in result.disputed)
        if project is not None:
            rest = f"they are in project {project!r}; pull it and give the file as --decisions"
        else:
            rest = "not written; --push PROJECT sends them to a reviewer"
        articles, items = format_count(len(result.disputed), "article"), format_count(disputes, "disputed item")
        say(f"{articles} with {items}: {rest}")
