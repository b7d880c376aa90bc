"""`annotate preannotate`: articles to predictions, by `annotate.preannotate_to_file`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.options import (
    ColumnsOption,
    EngineOption,
    JobsOption,
    LayersOption,
    MinScoreOption,
    NormalizeOption,
    OutputOption,
    PreannotatorOption,
    SchemaOption,
    SideBySideOption,
    parse_columns,
    parse_layers,
)
from annotate.printing import note, show_progress


def preannotate(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCES...",
            help="Folder of .txt, or .txt, .jsonl, .json, .csv, .tsv, .parquet, dataset on disk, "
            "hf:NAME[:CONFIG]/SPLIT, -.",
        ),
    ],
    output: OutputOption = Path("-"),
    preannotator: PreannotatorOption = None,
    layers: LayersOption = None,
    jobs: JobsOption = 1,
    engine: EngineOption = "local",
    min_score: MinScoreOption = 0.0,
    side_by_side: SideBySideOption = False,
    normalize: NormalizeOption = False,
    columns: ColumnsOption = None,
    schema: SchemaOption = None,
) -> None:
    """Propose entities, quotes and claims for articles: one prediction per line, in order.

    Articles already in the output from the same model are skipped, so interrupted runs resume.

    Example: annotate preannotate seeds/ -o predictions.jsonl --jobs 2
    """
    with show_progress("pre-annotating") as bar:
        outcome = annotate.preannotate_to_file(
            sources,
            output,
            preannotator=preannotator,
            schema=schema,
            layers=parse_layers(layers),
            jobs=jobs,
            engine=engine,
            min_score=min_score,
            side_by_side=side_by_side,
            normalize=normalize,
            columns=parse_columns(columns),
            progress=lambda done, total: bar.update("pre-annotating", done, total),
        )
    note(f"{output}: {outcome}")
    outcome.raise_failures("the others are written")
