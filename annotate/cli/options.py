"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.errors import AnnotateError
from annotate.printing import print_line

if TYPE_CHECKING:
    from annotate.ingest import ColumnMap
    from annotate.records import Layer

SchemaOption = Annotated[
    str | None,
    typer.Option("--schema", metavar="FILE", help="Label schema: a TOML file or a packaged name; default: news."),
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")]
LayersOption = Annotated[
    str | None, typer.Option("--layers", metavar="L,..", help="Only these layers: entities, quotes, claims.")
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="FIELD=NAME,..",
        help="Columns or keys that hold id, text, title, date, publisher, url, where they have other names: "
        "id=article_id,text=body. An empty name leaves a field out (id=: ids are made).",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="LABEL_STUDIO_URL", help="Label Studio server; default: the embedded one, if it is running."
    ),
]
ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key", envvar="LABEL_STUDIO_API_KEY", help="API token; better given as an environment variable."
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
        AnnotateError: a name is not a layer.
    """
    from annotate.records import LAYERS

    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in LAYERS]
    if unknown or not names:
        raise AnnotateError(f"--layers {text!r}: expected some of {', '.join(LAYERS)}, separated by commas")
    return tuple(layer for layer in LAYERS if layer in names)


def parse_columns(text: str | None) -> ColumnMap | None:
    """The columns named in `id=article_id,text=body`, or None for the usual ones.

    >>> parse_columns("text=body").column("text")
    'body'

    Raises:
        AnnotateError: a field that articles do not have, a field twice, or no `=`.
    """
    from annotate.ingest import ColumnMap

    return None if text is None else ColumnMap.parse(text)


def note(text: str) -> None:
    """Print a line on standard error: progress and remarks, never data."""
    print_line(text, err=True)
