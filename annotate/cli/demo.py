"""`annotate demo`: the whole loop on the seed articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.options import DirOption, out_console, say

if TYPE_CHECKING:
    from annotate.demo import DemoResult

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
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Working folder for what the demo makes.")] = Path(
        "annotate-demo"
    ),
    dir: DirOption = None,
    preannotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who pre-annotates; default: the best that is installed.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop Label Studio at the end.")] = False,
) -> None:
    """Take five articles through the whole loop with an embedded Label Studio, without questions.

    The corrections are recorded ones; the server stays up, so that you can look at the pages and correct more.

    Example: annotate demo --stop
    """
    from annotate.demo import run_demo
    from annotate.studio import stop_studio

    result = run_demo(out, studio_dir=dir, preannotator=preannotator, say=lambda text: say(f"- {text}"))
    _print_result(result)
    if stop:
        stop_studio(dir)
        say("Label Studio is stopped; `annotate up` starts it again")
    else:
        say(f"\nLook at it: {result.studio.url}")
        say(f"  log in as {result.studio.username} with password {result.studio.password}")
        say("  stop it with: annotate down")


def _print_result(result: DemoResult) -> None:
    from rich.table import Table

    console = out_console()
    for line in result.certificate.summary():
        console.print(line)
    table = Table(title=f"The pre-annotator against {result.release}", title_justify="left")
    table.add_column("measure")
    for heading in ("value", "annotators among themselves", "n gold", "n predicted"):
        table.add_column(heading, justify="right")
    for name in HEADLINES:
        score, people = result.report.measures.get(name), result.agreement.measures.get(name)
        if score is not None:
            sizes = (str(score.n_gold), str(score.n_pred))
            table.add_row(name, _figure(score.value), _figure(people.value if people else None), *sizes)
    console.print(table)
    for name, path in result.files.items():
        console.print(f"{name}: {path}")
    console.print(f"release: {result.release}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
