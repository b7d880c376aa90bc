"""`annotate preannotate`: articles to predictions, by `annotate.preannotate_to_file`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

import annotate
from annotate.cli.options import (
    ColumnsOption,
    LayersOption,
    NormalizeOption,
    OutputOption,
    SchemaOption,
    note,
    parse_columns,
    parse_layers,
)
from annotate.errors import PreannotatorError
from annotate.printing import format_count, show_progress


def preannotate(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCES...",
            help="Folder of .txt, or .txt, .jsonl, .json, .csv, .tsv, .parquet, dataset on disk, "
            "hf:NAME[:CONFIG]/SPLIT, -.",
        ),
    ],
    output: OutputOption,
    preannotator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="rules, news, spacy:NAME, llm:MODEL or a plug-in; repeat to merge several, the first wins.",
        ),
    ] = None,
    layers: LayersOption = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes on this machine, or Ray actors.")] = 1,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Run on this machine, or on Ray (extra ray).")
    ] = "local",
    min_score: Annotated[float, typer.Option(min=0, max=1, help="Leave out spans with a lower confidence.")] = 0.0,
    side_by_side: Annotated[
        bool,
        typer.Option(
            "--side-by-side", help="With several preannotators: also keep overlapping spans, marked with their source."
        ),
    ] = False,
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
    reused = f", {outcome.reused} kept from an earlier run" if outcome.reused else ""
    note(f"{output}: {format_count(outcome.predicted, 'article')} predicted by {outcome.model}{reused}")
    if outcome.failures:
        failed = [f"article {failure.id!r}: {failure.reason}" for failure in outcome.failures]
        raise PreannotatorError(
            "\n".join(
                [
                    f"{len(failed)} of {format_count(outcome.articles, 'article')} failed; the others are written",
                    *failed[:20],
                ]
            )
        )
