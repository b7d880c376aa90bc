"""`annotate up`, `down` and `status`: the embedded Label Studio."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import annotate
from annotate.cli.completion import complete_project
from annotate.cli.options import (
    BlindOption,
    BlindSeedOption,
    ColumnsOption,
    DirOption,
    EngineOption,
    FormatOption,
    JobsOption,
    MinScoreOption,
    NoPracticeOption,
    NormalizeOption,
    OrderOption,
    OverlapOption,
    PassesOption,
    PreannotatorOption,
    SchemaOption,
    SideBySideOption,
    parse_columns,
    parse_layers,
)
from annotate.printing import Block, Table, format_count, note, print_blocks, print_line, print_struct, show_progress

if TYPE_CHECKING:
    from annotate.label_studio_server.projects import ProjectStatus


def up(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCES...", help="Articles to pre-annotate and show, as for annotate preannotate."),
    ] = None,
    project: Annotated[
        str, typer.Option(metavar="PROJECT", autocompletion=complete_project, help="Project that the sources go to.")
    ] = "News",
    layers: PassesOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep the predictions in this file.")
    ] = None,
    overlap: OverlapOption = None,
    order: OrderOption = None,
    blind: BlindOption = 0.0,
    seed: BlindSeedOption = 0,
    no_practice: NoPracticeOption = False,
    preannotator: PreannotatorOption = None,
    jobs: JobsOption = 1,
    engine: EngineOption = "local",
    min_score: MinScoreOption = 0.0,
    side_by_side: SideBySideOption = False,
    normalize: NormalizeOption = False,
    columns: ColumnsOption = None,
    schema: SchemaOption = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="PORT", help="Port on 127.0.0.1; default: a free one.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="ANNOTATE_DATABASE_URL",
            help="PostgreSQL for a team, postgresql://USER:PASSWORD@HOST:PORT/NAME; default: SQLite.",
        ),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="https://HOST of the reverse proxy in front of it, for a team.")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="http://HOST:PORT of annotate backend; no other local address is connected to."
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    dir: DirOption = None,
) -> None:
    """Start the embedded Label Studio in the background and show pre-annotated articles in it.

    Running it again uses the running server and adds nothing twice. With --layers, each layer gets a project.
    Everything is checked before anything is computed. -o keeps the predictions, for annotate release and effort.

    Example: annotate up seeds/ --project Pilot --overlap 2
    """
    from annotate.labelstudio.push.plan import PushOptions, describe_plan

    options = PushOptions(
        layers=parse_layers(layers), overlap=overlap, order=order, blind=blind, seed=seed, practice=not no_practice
    )
    with show_progress("checking") as bar:
        place = annotate.up(
            sources or [],
            output,
            project=project,
            options=options if sources or options != PushOptions() else None,
            preannotator=preannotator,
            jobs=jobs,
            engine=engine,
            min_score=min_score,
            side_by_side=side_by_side,
            normalize=normalize,
            schema=schema,
            columns=parse_columns(columns),
            dir=dir,
            port=port,
            database=database,
            public_url=public_url,
            backend=backend,
            progress=bar.update,
            report=note,
        )
    if place.plan is not None:
        for line in describe_plan(place.plan):
            note(line)
    for title, page in place.projects.items():
        print_line(f"project {title}: {page}")
    print_line(f"Label Studio: {place.studio.url}")
    print_line(f"log in as {place.studio.username} with password {place.studio.password}")
    note(f"stop it with: {name_command('annotate down', dir)}")
    if not no_browser:
        _open_browser(place.page)


def name_command(command: str, dir: Path | None) -> str:
    """The command for the same embedded server: with the data folder, unless the environment names it.

    >>> name_command("annotate down", Path("my data"))
    "annotate down --dir 'my data'"
    """
    named = dir is not None and str(dir) != os.environ.get("ANNOTATE_STUDIO_DIR")
    return f"{command} --dir {shlex.quote(str(dir))}" if named else command


def down(dir: DirOption = None) -> None:
    """Stop the embedded Label Studio; annotations are kept, and `annotate up` shows them again.

    Example: annotate down
    """
    print_line("stopped" if annotate.down(dir) else "no embedded Label Studio is running")


def status(
    format: FormatOption = "table",
    dir: DirOption = None,
) -> None:
    """Show whether the embedded Label Studio is running, where, and how far each annotator is in each project.

    The JSON has no password and no token, but the file that holds them.

    Example: annotate status --format json
    """
    found = annotate.status(dir)
    if format == "json":
        print_struct(found)
        return
    if not found.running:
        print_line(found.ended or "no embedded Label Studio is running")
        print_line(f"start it with: {name_command('annotate up', dir)}")
        return
    print_line(f"Label Studio: {found.url} (process {found.pid})")
    if found.public_url:
        print_line(f"for others: {found.public_url}")
    print_line(f"log in as {found.username}; password and token are in {found.login}")
    blocks: list[Block] = []
    for project in found.projects:
        blocks += _describe_project(project)
    print_blocks(blocks)


def _describe_project(project: ProjectStatus) -> list[Block]:
    articles = format_count(project.articles, "article")
    lines = [f"project {project.title}: {project.annotated} of {articles} annotated"]
    if project.overlap > 1:
        lines[0] += f", {project.finished} by {project.overlap} annotators"
    lines.append(f"  {', '.join(project.layers) or 'no layer of the schema'}: {project.page}")
    if not project.annotators:
        return ["\n".join(lines)]
    rows = [
        (entry.annotator, f"{entry.submitted:,}", f"{entry.skipped:,}", f"{entry.left:,}")
        for entry in project.annotators
    ]
    return ["\n".join(lines), Table("", ("annotator", "submitted", "skipped", "left"), rows)]


def _open_browser(page: str) -> None:
    """Open the page if there is a screen; a text browser would take over the terminal."""
    import webbrowser

    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page)
