"""`annotate push`, `pull`, `effort`, `doctor` and `backend`: the round trip through Label Studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.completion import complete_preannotator, complete_project
from annotate.cli.options import (
    ApiKeyOption,
    BlindOption,
    BlindSeedOption,
    DirOption,
    FormatOption,
    LayersOption,
    NoPracticeOption,
    OrderOption,
    OutputOption,
    OverlapOption,
    PassesOption,
    ProjectOption,
    SchemaOption,
    UrlOption,
    parse_layers,
)
from annotate.printing import note, print_blocks, print_line, print_struct, show_progress, to_text


def push(
    predictions: Annotated[Path, typer.Argument(metavar="P.jsonl", help="Predictions; - is stdin.")],
    project: ProjectOption,
    layers: PassesOption = None,
    overlap: OverlapOption = None,
    order: OrderOption = None,
    blind: BlindOption = 0.0,
    seed: BlindSeedOption = 0,
    no_practice: NoPracticeOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and send nothing.")] = False,
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Show predictions to annotators: create or update a Label Studio project.

    Prints what is new, updated and unchanged. Running it again makes no duplicates; after an interruption it
    finishes the job. Annotations are never changed; if a push would affect existing ones, nothing is sent.

    Example: annotate push predictions.jsonl --project News --overlap 2 --blind 0.1
    """
    from annotate.errors import DataProblems
    from annotate.labelstudio.push.plan import PushOptions, describe_plan

    options = PushOptions(
        layers=parse_layers(layers), overlap=overlap, order=order, blind=blind, seed=seed, practice=not no_practice
    )
    with show_progress("pushing") as bar:
        plan = annotate.push_predictions(
            predictions,
            project,
            options,
            url=url,
            api_key=api_key,
            schema=schema,
            dry_run=dry_run,
            progress=lambda title, done, total: bar.update(f"pushing {title}", done, total),
            report=note,
        )
    for line in describe_plan(plan):
        print_line(line)
    if plan.conflicts:
        raise DataProblems(plan.conflicts)


def pull(
    project: Annotated[
        list[str],
        typer.Option(
            "--project",
            metavar="PROJECT",
            autocompletion=complete_project,
            help="Title of the project, or #NUMBER; repeat to merge several.",
        ),
    ],
    output: OutputOption = Path("-"),
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
    """Get back what annotators submitted, with a certificate of what happened to every predicted span.

    Example: annotate pull --project News -o annotations.jsonl
    """
    from annotate.errors import AnnotateError
    from annotate.files import is_stream
    from annotate.jsonl import STDIO

    if certificate is None and output != STDIO and not is_stream(output):
        certificate = output.with_suffix(".certificate.json")
    found = annotate.pull_annotations(
        project,
        output,
        certificate=certificate,
        since=since,
        predictions=predictions,
        url=url,
        api_key=api_key,
        schema=schema,
    )
    note(to_text(found.summary()))
    if certificate is not None:
        note(f"certificate: {certificate}")
    if strict and not found.is_clean:
        raise AnnotateError(
            "the round trip was not clean; the certificate lists what was repaired, quarantined or not verified"
        )


def effort(
    annotations: Annotated[list[Path], typer.Argument(metavar="A.jsonl...", help="Pulled annotations; - is stdin.")],
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="P.jsonl", help="The predictions pushed, to measure the preannotator on the blind share."),
    ] = None,
    format: FormatOption = "table",
    layers: LayersOption = None,
) -> None:
    """Show what annotators kept, moved, relabelled, deleted and added, and the time per article.

    Also scores the preannotator against each annotator.

    Example: annotate effort annotations.jsonl --predictions predictions.jsonl
    """
    from annotate.labelstudio.effort import describe_effort

    found = annotate.effort(annotations, predictions, layers=parse_layers(layers))
    if format == "json":
        print_struct(found)
        return
    print_blocks(describe_effort(found))


def doctor(
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="PROJECT", autocompletion=complete_project, help="Also check this project."),
    ] = None,
    format: FormatOption = "table",
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    dir: DirOption = None,
) -> None:
    """Check the connection, and why annotators may see no pre-annotations in a project.

    Exit code 1 if something has to be fixed; each problem is printed with its fix.

    Example: annotate doctor --project News
    """
    findings = annotate.doctor(project, url=url, api_key=api_key, schema=schema, dir=dir)
    if format == "json":
        print_struct(findings)
    else:
        for finding in findings:
            print_line(finding)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


def invite(
    reset: Annotated[bool, typer.Option("--reset", help="Make a new link; the old one ends.")] = False,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    dir: DirOption = None,
) -> None:
    """Print the link by which another annotator signs up, with an e-mail address and a password.

    Nobody can sign up without it, and everyone who has it can: send it to those who are to annotate, and --reset it
    when all have joined.

    Example: annotate invite
    """
    link = annotate.invite(url=url, api_key=api_key, dir=dir, reset=reset)
    print_line(link)
    if link.startswith(("http://127.0.0.1", "http://localhost")):
        note("the link works on this machine only; for other machines: annotate up --public-url, or ssh -L")


def backend(
    preannotator: Annotated[
        str, typer.Option(metavar="NAME", autocompletion=complete_preannotator, help="Preannotator that answers.")
    ] = "rules",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Port to listen on.")] = 9090,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Address to listen on. Anything but 127.0.0.1 exposes an unauthenticated service."
        ),
    ] = ("127.0.0.1"),
    layers: LayersOption = None,
    schema: SchemaOption = None,
) -> None:
    """Live pre-annotation: answer Label Studio's requests for predictions (its ML backend protocol).

    Connect it in the project's settings under Model. The embedded server connects to it only when started with its
    address: annotate up --backend http://127.0.0.1:9090

    Example: annotate backend --preannotator rules --port 9090
    """

    annotate.backend(preannotator, schema=schema, layers=parse_layers(layers), host=host, port=port, report=note)
