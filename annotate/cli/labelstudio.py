"""`annotate push`, `pull`, `effort`, `doctor` and `backend`: the round trip through Label Studio."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from annotate.cli.options import (
    ApiKeyOption,
    DirOption,
    LayersOption,
    OutputOption,
    SchemaOption,
    UrlOption,
    parse_layers,
    say,
)
from annotate.printing import print_blocks, print_json, print_line, show_progress

ProjectOption = Annotated[str, typer.Option("--project", metavar="NAME", help="Title of the project, or #NUMBER.")]


class Format(StrEnum):
    """How results are printed."""

    table = "table"
    json = "json"


class PushOrder(StrEnum):
    """In which order annotators get the articles."""

    sequence = "sequence"
    uncertain = "uncertain"


def push(
    predictions: Annotated[Path, typer.Argument(metavar="P.jsonl", help="Predictions; - is stdin.")],
    project: ProjectOption,
    layers: Annotated[
        str | None,
        typer.Option("--layers", metavar="L,..", help="One project a layer, called 'NAME (LAYER)', for these layers."),
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many people annotate each article; default 1.")
    ] = None,
    order: Annotated[
        PushOrder | None, typer.Option(help="Least certain articles first, or as pushed; default: as the project is.")
    ] = None,
    blind: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Share of articles shown without pre-annotation.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Chooses the blind share.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and send nothing.")] = False,
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Show predictions to annotators: create or update a Label Studio project.

    Prints what is new, updated and unchanged. Running it again makes no duplicates; after an interruption it
    finishes the job. Annotations are never touched; where a push would endanger some, nothing is sent.

    Example: annotate push predictions.jsonl --project News --overlap 2 --blind 0.1
    """
    from annotate.errors import DataProblems
    from annotate.labelstudio.push.plan import describe_plan
    from annotate.labelstudio.push.push import PredictionFile, push_predictions
    from annotate.schema import load_schema

    with show_progress("pushing") as bar:
        plan = push_predictions(
            PredictionFile(predictions),
            project,
            url=url,
            api_key=api_key,
            schema=load_schema(schema),
            layers=parse_layers(layers),
            overlap=overlap,
            order=order.value if order else None,
            blind=blind,
            seed=seed,
            dry_run=dry_run,
            progress=lambda title, done, total: bar.update(f"pushing {title}", done, total),
            say=say,
        )
    for line in describe_plan(plan):
        print_line(line)
    if plan.conflicts:
        raise DataProblems(plan.conflicts)


def pull(
    output: OutputOption,
    project: Annotated[
        list[str],
        typer.Option("--project", metavar="NAME", help="Title of the project, or #NUMBER; again = merged."),
    ],
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only tasks changed since (ISO 8601, UTC).")] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the certificate goes; default: beside the output.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="P.jsonl", help="What was pushed, to verify the texts; default: what push noted here."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 if anything was repaired, quarantined or could not be verified.")
    ] = False,
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Bring back what people submitted, with a certificate of what happened to every predicted span.

    Example: annotate pull --project News -o annotations.jsonl
    """
    from annotate.errors import AnnotateError
    from annotate.files import is_stream
    from annotate.jsonl import STDIO
    from annotate.labelstudio.pull.pull import Pull, write_pull
    from annotate.labelstudio.push.push import PredictionFile
    from annotate.schema import load_schema

    pushed = PredictionFile(predictions) if predictions is not None else None
    found = Pull(project, since=since, predictions=pushed, url=url, api_key=api_key, schema=load_schema(schema))
    if certificate is None and output != STDIO and not is_stream(output):
        certificate = output.with_suffix(".certificate.json")
    write_pull(found, output, certificate)
    for line in found.certificate.summary():
        say(line)
    if certificate is not None:
        say(f"certificate: {certificate}")
    if strict and not found.certificate.is_clean:
        raise AnnotateError(
            "the round trip was not clean; the certificate lists what was repaired, quarantined or not verified"
        )


def effort(
    annotations: Annotated[list[Path], typer.Argument(metavar="A.jsonl...", help="Pulled annotations; - is stdin.")],
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="P.jsonl", help="The predictions pushed, to measure the preannotator on the blind share."),
    ] = None,
    format: Annotated[Format, typer.Option(help="Table or JSON.")] = Format.table,
    layers: LayersOption = None,
) -> None:
    """What people changed: kept, moved, relabelled, deleted, added; the preannotator's scores; time per article.

    Example: annotate effort annotations.jsonl --predictions predictions.jsonl
    """
    import msgspec

    from annotate.jsonl import read_records
    from annotate.labelstudio.effort import describe_effort, measure_effort
    from annotate.records import Annotation, Prediction

    records = [record for path in annotations for record in read_records(path, Annotation)]
    pushed = read_records(predictions, Prediction) if predictions is not None else None
    found = measure_effort(records, predictions=pushed, layers=parse_layers(layers))
    if format is Format.json:
        print_json(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    print_blocks(describe_effort(found))


def doctor(
    project: Annotated[str | None, typer.Option("--project", metavar="NAME", help="Look at this project too.")] = None,
    format: Annotated[Format, typer.Option(help="Table or JSON.")] = Format.table,
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    dir: DirOption = None,
) -> None:
    """Why can't I connect, why do annotators see no pre-annotations, what is wrong with this project?

    Exit code 1 if something has to be mended; each finding comes with what mends it.

    Example: annotate doctor --project News
    """
    import msgspec

    from annotate.labelstudio.doctor import examine
    from annotate.schema import load_schema

    findings = examine(project, url=url, api_key=api_key, schema=load_schema(schema), dir=dir)
    if format is Format.json:
        print_json(msgspec.json.format(msgspec.json.encode(findings)).decode())
    else:
        for finding in findings:
            print_line(finding)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


def backend(
    preannotator: Annotated[str, typer.Option(metavar="NAME", help="Which preannotator answers.")] = "rules",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9090,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's need a reason.")] = (
        "127.0.0.1"
    ),
    layers: LayersOption = None,
    schema: SchemaOption = None,
) -> None:
    """Live pre-annotation: answer Label Studio's requests for predictions (its ML backend protocol).

    Connect it in the project's settings under Model. The embedded server connects to it only when started with its
    address: annotate up --backend http://127.0.0.1:9090

    Example: annotate backend --preannotator rules --port 9090
    """
    from annotate.labelstudio.backend import serve_backend
    from annotate.schema import load_schema

    serve_backend(preannotator, schema=load_schema(schema), layers=parse_layers(layers), host=host, port=port, say=say)
