"""Options that several commands share, spelled once, and the two consoles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.errors import AnnotateError

if TYPE_CHECKING:
    from rich.console import Console

    from annotate.records import Layer

SchemaOption = Annotated[
    str | None, typer.Option("--schema", metavar="FILE", help="Label schema: a TOML file or a packaged name.")
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")]
LayersOption = Annotated[
    str | None, typer.Option("--layers", metavar="L,..", help="Only these layers: entities, quotes, claims.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="LABEL_STUDIO_URL", help="Label Studio server; default: the embedded one, if it runs."
    ),
]
ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key", envvar="LABEL_STUDIO_API_KEY", help="Its token; better given as an environment variable."
    ),
]
DirOption = Annotated[
    Path | None, typer.Option("--dir", metavar="DIR", help="Data folder of the embedded Label Studio.")
]


def parse_layers(text: str | None) -> tuple[Layer, ...] | None:
    """The layers named in `a,b`, or None for all.

    >>> parse_layers("claims,entities")
    ('entities', 'claims')

    Raises:
        AnnotateError: a name that is no layer.
    """
    from annotate.records import LAYERS

    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in LAYERS]
    if unknown or not names:
        raise AnnotateError(f"--layers {text!r}: expected some of {', '.join(LAYERS)}, separated by commas")
    return tuple(layer for layer in LAYERS if layer in names)


def err_console() -> Console:
    """A console on stderr, for words to people; plain when stderr is no terminal."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False)


def out_console() -> Console:
    """A console on stdout, for tables; as wide as needed in a pipe, so that no line is cut."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200, no_color=True)


def say(text: str) -> None:
    """A line for people on stderr."""
    typer.echo(text, err=True)
