"""`annotate up`, `down` and `status`: the embedded Label Studio."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from annotate.cli.options import DirOption, LayersOption, SchemaOption, parse_layers, say
from annotate.printing import print_line


def up(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCES...]", help="Articles to pre-annotate and show, as for annotate preannotate."),
    ] = None,
    project: Annotated[str, typer.Option(metavar="NAME", help="Project that the sources go to.")] = "News",
    layers: LayersOption = None,
    preannotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who pre-annotates; default: the best that is installed.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to listen on 127.0.0.1; default: a free port.")
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
        str | None, typer.Option(metavar="URL", help="https://HOST of the reverse proxy that shows it to a team.")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="http://HOST:PORT of annotate backend; no other local address is connected to."
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    schema: SchemaOption = None,
    dir: DirOption = None,
) -> None:
    """Start the embedded Label Studio in the background and show it pre-annotated articles.

    Running it again finds the running server and adds nothing twice. With --layers each layer gets a project.

    Example: annotate up seeds/ --project Pilot
    """
    from annotate.schema import load_schema
    from annotate.workflows.up import bring_up

    place = bring_up(
        sources or [],
        project=project,
        layers=parse_layers(layers),
        preannotator=preannotator,
        schema=load_schema(schema),
        dir=dir,
        port=port,
        database=database,
        public_url=public_url,
        backend=backend,
        say=lambda text: say(f"- {text}"),
    )
    for title, page in place.projects.items():
        print_line(f"project {title}: {page}")
    print_line(f"Label Studio: {place.studio.url}")
    print_line(f"log in as {place.studio.username} with password {place.studio.password}")
    say("stop it with: annotate down")
    if not no_browser:
        _open_browser(place.page)


def down(dir: DirOption = None) -> None:
    """Stop the embedded Label Studio; what people annotated stays, `annotate up` shows it again.

    Example: annotate down
    """
    from annotate.label_studio_server import stop_studio

    print_line("stopped" if stop_studio(dir) else "no embedded Label Studio runs")


def status(dir: DirOption = None) -> None:
    """Say whether the embedded Label Studio runs, where, and what is in it.

    Example: annotate status
    """
    from annotate.label_studio_server import explain_end, find_studio
    from annotate.label_studio_server.projects import list_projects

    studio = find_studio(dir)
    if studio is None:
        print_line(explain_end(dir) or "no embedded Label Studio runs")
        print_line("start it with: annotate up")
        return
    print_line(f"Label Studio: {studio.url} (process {studio.pid})")
    print_line(f"log in as {studio.username}; password and token are in {studio.dir / 'studio.json'}")
    for project in list_projects(studio):
        print_line(
            f"project {project.title}: {project.annotated} of {project.tasks} articles annotated, {project.page}"
        )


def _open_browser(page: str) -> None:
    """Open the page where there is a screen; a text browser would take over the terminal."""
    import webbrowser

    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page)
