"""`annotate score`, `compare`, `measures`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import annotate
from annotate.cli.completion import complete_format, complete_measure, complete_release
from annotate.cli.options import (
    LayersOption,
    MapOption,
    OutputOption,
    ResamplingSeedOption,
    SchemaOption,
    TrialsOption,
    WeightsOption,
    parse_layers,
    parse_map,
)
from annotate.jsonl import STDIO
from annotate.printing import Block, note, print_blocks, print_data, print_json, print_line, to_markdown

if TYPE_CHECKING:
    from annotate.score.options import Extra, Missing, ScoreOptions, Unit, Weighting

GoldOption = Annotated[
    str,
    typer.Option(
        "--gold",
        metavar="GOLD",
        autocompletion=complete_release,
        help="Release folder, name/version[/split], name/latest, or JSONL file.",
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FORMAT",
        autocompletion=complete_format,
        help="Foreign format: spacy, conll, hf, brat, prodigy, labelstudio, strings.",
    ),
]
MissingOption = Annotated[
    Literal["error", "empty"],
    typer.Option(help="What to do with a gold article without a prediction: stop, or take an empty prediction."),
]
ExtraOption = Annotated[
    Literal["error", "ignore"],
    typer.Option(help="What to do with a prediction without a gold article: stop, or ignore it."),
]
ByOption = Annotated[
    Literal["article", "story"],
    typer.Option(help="What counts once and is resampled: an article, or a story with all its articles."),
]


def score(
    predictions: Annotated[
        Path | None, typer.Argument(metavar="P.jsonl", help="Predictions; - is standard input.")
    ] = None,
    *,
    gold: GoldOption,
    format: Annotated[
        Literal["table", "json", "markdown", "github", "junit"],
        typer.Option(help="How to print the report; github is a summary for a pull request."),
    ] = "table",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page for reading the errors.")] = None,
    from_format: FromOption = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=X", autocompletion=complete_measure, help="Exit code 1 if a measure is below X."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Score a program: reads articles, writes predictions, as JSON Lines."),
    ] = None,
    run_timeout: Annotated[float, typer.Option(min=0.1, metavar="S", help="Stop the program after S seconds.")] = 3600,
    run_limit: Annotated[int, typer.Option(min=1, metavar="MIB", help="Stop it after so much output.")] = 1024,
    spacy: Annotated[str | None, typer.Option(metavar="PIPELINE", help="Score an installed spaCy pipeline.")] = None,
    hf_pipeline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Score a token classifier of transformers: its name or folder.")
    ] = None,
    layers: LayersOption = None,
    map: MapOption = None,
    missing: MissingOption = "error",
    extra: ExtraOption = "error",
    trials: TrialsOption = 1000,
    seed: ResamplingSeedOption = 0,
    by: ByOption = "article",
    weights: WeightsOption = None,
    schema: SchemaOption = None,
) -> None:
    """Score predictions against gold: every measure with its interval, counts, confusions, signature.

    Example: annotate score p.jsonl --gold news/1.0.0/dev --html errors.html --fail-under f1:strict:entities=0.8
    """
    import json

    from annotate.harness.report import (
        check_thresholds,
        make_headlines,
        make_notes,
        make_tables,
        parse_threshold,
        to_github,
        to_junit,
    )
    from annotate.harness.sources import RunLimits

    thresholds = [parse_threshold(text) for text in fail_under or ()]
    report, loss = annotate.score_predictions(
        predictions,
        gold,
        _make_options(layers, missing, extra, trials, seed, map, by, weights),
        format=from_format,
        run=run,
        spacy=spacy,
        hf_pipeline=hf_pipeline,
        limits=RunLimits(run_timeout, run_limit << 20),
        schema=schema,
        html=html,
    )
    if loss is not None:
        note(str(loss))
    if html is not None:
        note(f"wrote {html}")
    blocks: list[Block] = [*make_tables(report), *make_notes(report), "", *make_headlines(report)]
    if format == "table":
        print_blocks(blocks)
    elif format == "json":
        print_json(json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False, indent=2))
    elif format == "markdown":
        print_data(to_markdown(blocks) + "\n")
    elif format == "github":
        print_data(to_github(report, thresholds) + "\n")
    else:
        print_data(to_junit(report, thresholds) + "\n")
    check_thresholds(report, thresholds)


def compare(
    predictions: Annotated[list[Path], typer.Argument(metavar="P1 P2...", help="Predictions, one file per system.")],
    *,
    gold: GoldOption,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=complete_measure,
            help="Measure to compare by, repeatable; the first ranks. Default: headlines.",
        ),
    ] = None,
    format: Annotated[
        Literal["table", "json", "markdown", "html"], typer.Option(help="How to print the comparison.")
    ] = "table",
    output: OutputOption = Path("-"),
    from_format: FromOption = None,
    layers: LayersOption = None,
    map: MapOption = None,
    missing: MissingOption = "error",
    extra: ExtraOption = "error",
    trials: Annotated[int, typer.Option(min=100, metavar="N", help="Permutations and resamples.")] = 10_000,
    seed: ResamplingSeedOption = 0,
    by: ByOption = "article",
    weights: WeightsOption = None,
    schema: SchemaOption = None,
) -> None:
    """Rank systems on the same gold and test their differences for significance.

    Prints paired differences, Holm-corrected p-values and the smallest detectable difference.

    Example: annotate compare rules.jsonl news.jsonl --gold news/1.0.0/dev --measure f1:strict:entities
    """
    from annotate.harness.leaderboard import write_comparison

    comparison = annotate.compare(
        predictions,
        gold,
        _make_options(layers, missing, extra, trials, seed, map, by, weights),
        measures=measure,
        format=from_format,
        schema=schema,
    )
    write_comparison(comparison, output, format)
    if output != STDIO:
        note(f"wrote {output}")


def leaderboard(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD",
            autocompletion=complete_release,
            help="Release folder, name/version[/split], name/latest, or JSONL file.",
        ),
    ],
    action: Annotated[
        list[str] | None,
        typer.Argument(metavar="add P|show", help="Add the predictions P of a system, or show the board."),
    ] = None,
    *,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the system is called; default: the name of its file.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put new predictions in the place of the old ones.")
    ] = False,
    board: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The board; default: VERSION.leaderboard.json beside the release."),
    ] = None,
    format: Annotated[
        Literal["table", "json", "markdown", "html"], typer.Option(help="How to print the board.")
    ] = "table",
    output: OutputOption = Path("-"),
    from_format: FromOption = None,
    layers: LayersOption = None,
    map: MapOption = None,
    missing: MissingOption = "error",
    extra: ExtraOption = "error",
    trials: TrialsOption = 1000,
    seed: ResamplingSeedOption = 0,
    by: ByOption = "article",
    weights: WeightsOption = None,
    schema: SchemaOption = None,
) -> None:
    """Keep the scores of systems in a file beside the release, and show which ones can be told apart.

    Values whose signatures do not agree with those on the board are refused.

    Example: annotate leaderboard news/1.0.0/test add p.jsonl --system spacy-lg
    """
    from annotate.harness.leaderboard import write_board

    match action:
        case None | [] | ["show"]:
            wanted: Literal["add", "show"] = "show"
            predictions = None
        case ["add", given]:
            wanted, predictions = "add", given
        case _:
            raise typer.BadParameter(f"{' '.join(action)}: expected add P or show behind {gold}")
    found = annotate.leaderboard(
        gold,
        wanted,
        predictions,
        _make_options(layers, missing, extra, trials, seed, map, by, weights),
        system=system,
        format=from_format,
        schema=schema,
        board=board,
        replace=replace,
    )
    if wanted == "add":
        note(f"wrote {found.path}" if found.changed else f"{found.path}: has this system already, nothing changed")
    write_board(found, output, format)
    if output != STDIO:
        note(f"wrote {output}")


def _make_options(
    layers: str | None,
    missing: Missing,
    extra: Extra,
    trials: int,
    seed: int,
    map: list[str] | None,
    by: Unit,
    weights: Weighting | None,
) -> ScoreOptions:
    from annotate.score.options import ScoreOptions

    return ScoreOptions(
        layers=parse_layers(layers),
        missing=missing,
        extra=extra,
        trials=trials,
        seed=seed,
        label_map=parse_map(map),
        by=by,
        weights=weights,
    )


def measures(
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print the list.")] = "table",
) -> None:
    """List every measure by name with its definition and source.

    Example: annotate measures
    """
    import json
    from dataclasses import asdict

    for definition in annotate.measures(of_scores=True):
        if format == "json":
            print_json(json.dumps({"name": definition.name, **asdict(definition)}, ensure_ascii=False))
        else:
            source = f"  [{definition.source}]" if definition.source else ""
            print_line(f"{definition.name} = {definition.meaning}{source}")
