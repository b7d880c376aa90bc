"""`annotate export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import annotate
from annotate.cli.completion import complete_format, complete_release
from annotate.cli.options import LayersOption, MapOption, SchemaOption, parse_layers, parse_map
from annotate.printing import note


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE|JSONL", autocompletion=complete_release, help="Release, name/version/split, or records."
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            autocompletion=complete_format,
            help="One of brat, conll, hf, jsonl, labelstudio, prodigy, spacy, strings.",  # WRITERS takes long to import
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help="File; for brat and hf a new folder.")],
    layers: LayersOption = None,
    alignment: Annotated[
        Literal["split", "expand", "contract", "drop"],
        typer.Option(
            "--alignment",
            metavar="HOW",
            help="If a span begins or ends inside a token: split the token, or expand, contract or drop the span.",
        ),
    ] = "split",
    map: MapOption = None,
    schema: SchemaOption = None,
) -> None:
    """Write gold or predictions for another tool, and report what its format cannot hold.

    Example: annotate export news/1.0.0/train --to spacy -o train.spacy
    """
    report = annotate.export(
        source,
        to,
        output,
        schema=schema,
        layers=parse_layers(layers),
        alignment=alignment,
        label_map=parse_map(map),
    )
    note(str(report))
