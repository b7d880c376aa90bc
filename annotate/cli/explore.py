"""`annotate explore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from annotate.cli.options import SchemaOption, say
from annotate.printing import format_count


def explore(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="RELEASE|JSONL...", help="Releases, annotations, decided records, predictions."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="F.html", help="The page to write.")],
    schema: SchemaOption = None,
) -> None:
    """Write one HTML page, for use offline, to search, filter and compare what the sources hold.

    Each release, annotator and file is a version; versions stand side by side.

    Example: annotate explore gold/news/0.1.0 annotations.jsonl -o explore.html
    """
    from annotate.explore import explore_records, read_versions
    from annotate.files import write_text
    from annotate.schema import load_schema

    versions = read_versions(sources)
    title = " / ".join(version.name for version in versions[:3]) + (" ..." if len(versions) > 3 else "")
    write_text(output, explore_records(versions, schema=load_schema(schema), title=title))
    say(f"{output}: {format_count(len(versions), 'version')}; open it in a browser")
