"""`annotate transfer`: annotated articles to predictions of their copies, by `annotate.transfer`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.completion import complete_release
from annotate.cli.options import (
    ColumnsOption,
    LayersOption,
    NormalizeOption,
    OutputOption,
    SchemaOption,
    parse_columns,
    parse_layers,
)
from annotate.printing import format_count, note, show_progress, to_text


def transfer(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD|A.jsonl",
            autocompletion=complete_release,
            help="What is annotated: a release, or a JSONL file.",
        ),
    ],
    pool: Annotated[list[str], typer.Argument(metavar="POOL...", help="The articles, as for preannotate.")],
    output: OutputOption = Path("-"),
    draft: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|P.jsonl",
            help="What proposes items elsewhere: a pre-annotator or its predictions; none; default: as preannotate.",
        ),
    ] = None,
    all: Annotated[
        bool, typer.Option("--all", help="Also write articles without an annotated copy, with the draft alone.")
    ] = False,
    layers: LayersOption = None,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Processes for the pre-annotator.")] = 1,
    normalize: NormalizeOption = False,
    columns: ColumnsOption = None,
    schema: SchemaOption = None,
) -> None:
    """Carry annotations to copies and updates of their articles: predictions that push takes.

    An item is carried where its own words and those beside it are the same. What is dropped is counted.

    Example: annotate transfer news/1.0.0 articles/ -o predictions.jsonl
    """
    from annotate.copies.transfer import describe_transfer

    with show_progress("looking for copies") as bar:
        report = annotate.transfer(
            gold,
            pool,
            output,
            draft=draft,
            all=all,
            layers=parse_layers(layers),
            jobs=jobs,
            normalize=normalize,
            columns=parse_columns(columns),
            schema=schema,
            progress=bar.update,
        )
    note(to_text(describe_transfer(report)))
    note(f"{output}: {format_count(report.written, 'prediction')}")
