"""`annotate explore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.completion import complete_release
from annotate.cli.options import SchemaOption
from annotate.printing import format_count, note


def explore(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="RELEASE|JSONL...",
            autocompletion=complete_release,
            help="Releases, annotations, decided records, predictions.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")],
    schema: SchemaOption = None,
) -> None:
    """Write one HTML page, usable offline, to search, filter and compare the records of the sources.

    Each release, annotator and file is a version; versions appear side by side.

    Example: annotate explore gold/news/0.1.0 annotations.jsonl -o explore.html
    """

    versions = annotate.explore_records(sources, output, schema=schema)
    note(f"{output}: {format_count(len(versions), 'version')}; open it in a browser")
