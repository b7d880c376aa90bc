"""`annotate select`, `annotate plan` and `annotate estimate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import annotate
from annotate.cli.completion import complete_measure, complete_release
from annotate.cli.options import (
    ApiKeyOption,
    ColumnsOption,
    LayersOption,
    NormalizeOption,
    OutputOption,
    ResamplingSeedOption,
    SchemaOption,
    TrialsOption,
    UrlOption,
    WeightsOption,
    parse_columns,
    parse_layers,
)
from annotate.printing import format_count, note, print_blocks, print_json


def select(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCES...", help="The pool, as for preannotate.")],
    *,
    output: OutputOption = Path("-"),
    n: Annotated[int | None, typer.Option("-n", min=1, metavar="N", help="How many articles.")] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What annotate plan wrote, instead of -n and the options.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="FIELD,..", help="Strata: publisher, month, year, date, or keys of meta."),
    ] = None,
    shares: Annotated[
        Literal["proportional", "equal"],
        typer.Option(help="Size of each stratum: in proportion to its articles, or equal."),
    ] = "proportional",
    predictions: Annotated[Path | None, typer.Option(metavar="P.jsonl", help="Predictions of the whole pool.")] = None,
    order: Annotated[
        Literal["random", "uncertain", "diverse"],
        typer.Option(help="All alike; or likelier where predictions are unsure, or where few articles are alike."),
    ] = "random",
    chance: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of chance beside uncertainty or diversity, above 0.")
    ] = 0.5,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RELEASE|JSONL|PROJECT", help="Leave out what is in it, with its stories; repeat for several."
        ),
    ] = None,
    per_story: Annotated[int, typer.Option(min=0, metavar="M", help="Most articles of one story; 0 = any.")] = 1,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Random seed.")] = 0,
    effort: Annotated[
        list[Path] | None,
        typer.Option(metavar="A.jsonl", help="Annotations of earlier rounds, to expect hours from."),
    ] = None,
    normalize: NormalizeOption = False,
    columns: ColumnsOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Choose which articles to annotate, so that the gold speaks for all of them.

    Prints a plan, then writes the batch. A larger N contains the smaller; the batch is in that order.

    Example: annotate select articles/ -n 200 -o batch.jsonl --by publisher,month --exclude news/1.0.0
    """
    from annotate.printing import to_text
    from annotate.selection.select import describe_plan

    selection = annotate.select(
        sources,
        output,
        n=n,
        plan=plan,
        by=[name.strip() for name in (by or "").split(",") if name.strip()],
        shares=shares,
        predictions=predictions,
        order=order,
        chance=chance,
        exclude=exclude or (),
        per_story=per_story,
        seed=seed,
        effort=effort,
        normalize=normalize,
        columns=parse_columns(columns),
        url=url,
        api_key=api_key,
        report=lambda plan: note(to_text(describe_plan(plan))),
    )
    note(f"{output}: {format_count(len(selection.articles), 'article')}")


def plan(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE", autocompletion=complete_release, help="Gold so far: a release, or a JSONL file."
        ),
    ],
    *,
    predictions: Annotated[Path | None, typer.Option(metavar="P.jsonl", help="A system whose value is wanted.")] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="P1.jsonl P2.jsonl", help="Two systems that are to be told apart."),
    ] = None,
    width: Annotated[
        float | None, typer.Option(metavar="W", help="How wide the 95 % interval is to be, such as 0.04.")
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", autocompletion=complete_measure, help="Of which measure; default: the first headline."
        ),
    ] = None,
    effort: Annotated[
        list[Path] | None,
        typer.Option(metavar="A.jsonl", help="Annotations to expect hours from; default: what the release has."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write what select --plan takes.")
    ] = None,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print the plan.")] = "table",
    schema: SchemaOption = None,
) -> None:
    """Plan how many more articles, of which strata, and how many hours an answer needs.

    The answer is a value with an interval --width wide, or which of two systems is better (--compare).

    Example: annotate plan news/1.0.0 --compare rules.jsonl news.jsonl --measure f1:strict:entities -o plan.json
    """
    import json

    from annotate.selection.plan import describe_plan

    found = annotate.plan(
        gold,
        predictions,
        compare=compare,
        width=width,
        measure=measure,
        effort=effort,
        output=output,
        schema=schema,
    )
    if format == "json":
        print_json(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_blocks(describe_plan(found, output))
    if output is not None:
        note(f"wrote {output}")


def estimate(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD", autocompletion=complete_release, help="Gold on some of the pool: a release or JSONL file."
        ),
    ],
    *,
    predictions: Annotated[Path, typer.Option(metavar="P.jsonl", help="Predictions on the whole pool, gold included.")],
    min_score: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Leave out predicted items with a lower confidence.")
    ] = 0.0,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print the estimates.")] = "table",
    layers: LayersOption = None,
    weights: WeightsOption = None,
    trials: TrialsOption = 1000,
    seed: ResamplingSeedOption = 0,
    schema: SchemaOption = None,
) -> None:
    """Estimate rates of a whole pool from gold on a few articles and predictions on all.

    Items in an article, shares of articles that have any, and the precision of the predictions.

    Example: annotate estimate news/1.0.0 --predictions pool.predictions.jsonl
    """
    import json

    from annotate.selection.estimate import describe_estimates

    estimates = annotate.estimate(
        gold,
        predictions,
        min_score=min_score,
        layers=parse_layers(layers),
        weights=weights,
        trials=trials,
        seed=seed,
        schema=schema,
    )
    if format == "json":
        print_json(json.dumps(estimates.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_blocks(describe_estimates(estimates))
