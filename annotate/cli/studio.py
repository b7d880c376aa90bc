"""`annotate up`, `down` and `status`: the embedded Label Studio."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

import annotate
from annotate.cli.options import ColumnsOption, DirOption, LayersOption, SchemaOption, note, parse_columns, parse_layers
from annotate.printing import format_count, print_line


def up(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCES...]", help="Articles to pre-annotate and show, as for annotate preannotate."),
    ] = None,
    project: Annotated[str, typer.Option(metavar="NAME", help="Project that the sources go to.")] = "News",
    layers: LayersOption = None,
    preannotator: Annotated[str | None, typer.Option(metavar="NAME", help="Preannotator; default: news.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port on 127.0.0.1; default: a free one.")] = None,
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
    columns: ColumnsOption = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    schema: SchemaOption = None,
    dir: DirOption = None,
) -> None:
    """Start the embedded Label Studio in the background and show pre-annotated articles in it.

    Running it again uses the running server and adds nothing twice. With --layers, each layer gets a project.

    Example: annotate up seeds/ --project Pilot
    """

    place = annotate.up(
        sources or [],
        project=project,
        layers=parse_layers(layers),
        preannotator=preannotator,
        schema=schema,
        columns=parse_columns(columns),
        dir=dir,
        port=port,
        database=database,
        public_url=public_url,
        backend=backend,
        report=lambda text: note(f"- {text}"),
    )
    for title, page in place.projects.items():
        print_line(f"project {title}: {page}")
    print_line(f"Label Studio: {place.studio.url}")
    print_line(f"log in as {place.studio.username} with password {place.studio.password}")
    note("stop it with: annotate down")
    if not no_browser:
        _open_browser(place.page)


def down(dir: DirOption = None) -> None:
    """Stop the embedded Label Studio; annotations are kept, and `annotate up` shows them again.

    Example: annotate down
    """
    print_line("stopped" if annotate.down(dir) else "no embedded Label Studio is running")


def status(dir: DirOption = None) -> None:
    """Show whether the embedded Label Studio is running, where, and what is in it.

    Example: annotate status
    """
    found = annotate.status(dir)
    studio = found.studio
    if studio is None:
        print_line(found.ended or "no embedded Label Studio is running")
        print_line("start it with: annotate up")
        return
    print_line(f"Label Studio: {studio.url} (process {studio.pid})")
    print_line(f"log in as {studio.username}; password and token are in {studio.dir / 'studio.json'}")
    for project in found.projects:
        articles = format_count(project.tasks, "article")
        print_line(f"project {project.title}: {project.annotated} of {articles} annotated, {project.page}")


def _open_browser(page: str) -> None:
    """Open the page if there is a screen; a text browser would take over the terminal."""
    import webbrowser

    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page)
