"""`annotate demo`: every step on the seed articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import annotate
from annotate.cli.completion import complete_preannotator
from annotate.cli.options import DirOption
from annotate.cli.studio import name_command
from annotate.printing import Table, format_value, note, print_blocks

if TYPE_CHECKING:
    from annotate.workflows.demo import DemoResult

HEADLINES = (
    "f1:strict:entities",
    "f1:partial:entities",
    "f1:exact:quotes",
    "f1:overlap:quotes",
    "f1:end-to-end:quotes",
    "f1:overlap:claims",
    "f1:check-worthy:claims",
)


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", "--out", metavar="DIR", help="Folder for the files that the demo writes.")
    ] = Path("annotate-demo"),
    dir: DirOption = None,
    preannotator: Annotated[
        str | None,
        typer.Option(metavar="NAME", autocompletion=complete_preannotator, help="Preannotator; default: news."),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop Label Studio at the end.")] = False,
) -> None:
    """Take five articles through every step with an embedded Label Studio, without questions.

    The corrections were recorded earlier. The server keeps running, so that you can look at the pages and correct more.

    Example: annotate demo --stop
    """
    result = annotate.demo(output, studio_dir=dir, preannotator=preannotator, report=lambda text: note(f"- {text}"))
    _print_result(result)
    if stop:
        annotate.down(dir)
        note(f"Label Studio is stopped; `{name_command('annotate up', dir)}` starts it again")
    else:
        note(f"\nLook at it: {result.studio.url}")
        note(f"  log in as {result.studio.username} with password {result.studio.password}")
        note(f"  stop it with: {name_command('annotate down', dir)}")


def _print_result(result: DemoResult) -> None:
    rows = []
    for name in HEADLINES:
        score, ceiling = result.scores.measures.get(name), result.agreement.measures.get(name)
        if score is not None:
            values = (format_value(score.value), format_value(ceiling.value if ceiling else None))
            rows.append([name, *values, f"{score.n_gold:,}", f"{score.n_pred:,}"])
    columns = ("measure", "value", "between annotators", "n gold", "n predicted")
    print_blocks(
        [
            *result.certificate.summary(),
            "",
            Table(f"The pre-annotator against {result.release}", columns, rows),
            *(f"{name}: {path}" for name, path in result.files.items()),
            f"release: {result.release}",
        ]
    )
