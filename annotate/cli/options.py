"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from annotate.cli.completion import complete_layers, complete_map, complete_preannotator, complete_project
from annotate.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.ingest import ColumnMap
    from annotate.label_map import LabelMap
    from annotate.records import Layer

SchemaOption = Annotated[
    str | None,
    typer.Option("--schema", metavar="FILE", help="Label schema: a TOML file or a packaged name; default: news."),
]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is standard output.")
]
FormatOption = Annotated[Literal["table", "json"], typer.Option(help="Table or JSON.")]
LayersOption = Annotated[
    str | None,
    typer.Option(
        "--layers", metavar="L,..", autocompletion=complete_layers, help="Only these layers: entities, quotes, claims."
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NEW=OLD,..|FILE",
        autocompletion=complete_map,
        help="Read labels OLD as NEW (-: leave out), repeatable; or a TOML file, conll, ontonotes, wikidata-coarse.",
    ),
]
NormalizeOption = Annotated[
    bool, typer.Option("--normalize", help="Drop BOMs and carriage returns in structured sources too.")
]
WeightsOption = Annotated[
    Literal["gold", "none"] | None,
    typer.Option(
        help="Count articles by their weights in gold, from select, or all alike; default: gold where each has one."
    ),
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
PreannotatorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--preannotator",
        metavar="NAME",
        autocompletion=complete_preannotator,
        help="rules, news, spacy:NAME, llm:MODEL or a plug-in; repeat to merge several, the first wins. Default: news.",
    ),
]
JobsOption = Annotated[
    int, typer.Option("--jobs", min=1, metavar="N", help="Processes on this machine, or Ray actors.")
]
EngineOption = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="Run on this machine, or on Ray (extra ray).")
]
MinScoreOption = Annotated[
    float, typer.Option("--min-score", min=0, max=1, metavar="X", help="Leave out spans with a lower confidence.")
]
SideBySideOption = Annotated[
    bool,
    typer.Option(
        "--side-by-side", help="With several preannotators: also keep overlapping spans, marked with their source."
    ),
]
PassesOption = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar="L,..",
        autocompletion=complete_layers,
        help="One project per layer, called 'NAME (LAYER)', for these layers.",
    ),
]
OverlapOption = Annotated[
    int | None, typer.Option("--overlap", min=1, metavar="N", help="How many annotators get each article; default: 1.")
]
OrderOption = Annotated[
    Literal["sequence", "uncertain"] | None,
    typer.Option("--order", help="Least certain articles first, or as pushed; default: unchanged."),
]
BlindOption = Annotated[
    float,
    typer.Option("--blind", min=0, max=1, metavar="SHARE", help="Share of articles shown without pre-annotation."),
]
BlindSeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="Random seed for choosing the blind articles.")
]
NoPracticeOption = Annotated[bool, typer.Option("--no-practice", help="Begin a new project without the practice task.")]
TrialsOption = Annotated[int, typer.Option(min=0, metavar="N", help="Resamples for the intervals; 0 = none.")]
ResamplingSeedOption = Annotated[int, typer.Option(min=0, metavar="N", help="Random seed for resampling.")]
ProjectOption = Annotated[
    str,
    typer.Option(
        "--project", metavar="PROJECT", autocompletion=complete_project, help="Title of the project, or #NUMBER."
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="LABEL_STUDIO_URL",
        help="Label Studio server; default: the embedded one, if it is running.",
    ),
]
ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="TOKEN",
        envvar="LABEL_STUDIO_API_KEY",
        help="API token; better given as an environment variable.",
    ),
]
DirOption = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="DIR", envvar="ANNOTATE_STUDIO_DIR", help="Data folder of the embedded Label Studio."
    ),
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


def parse_map(pieces: list[str] | None) -> LabelMap | None:
    """The map that the values of `--map` spell together, or None without one.

    >>> print(parse_map(["LOC=GPE,FAC", "-=DATE"]))
    -=DATE;LOC=FAC,GPE

    Raises:
        SchemaError: see `LabelMap.parse`.
    """
    from annotate.label_map import LabelMap

    return LabelMap.parse(pieces) if pieces else None


def parse_columns(text: str | None) -> ColumnMap | None:
    """The columns named in `id=article_id,text=body`, or None for the usual ones.

    >>> parse_columns("text=body").column("text")
    'body'

    Raises:
        AnnotateError: a field that articles do not have, a field twice, or no `=`.
    """
    from annotate.ingest import ColumnMap

    return None if text is None else ColumnMap.parse(text)
