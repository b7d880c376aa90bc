"""`annotate demo`: the whole loop on the seed articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.options import DirOption, say
from annotate.printing import Table, format_value, print_blocks

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
    from annotate.label_studio_server import stop_studio
    from annotate.workflows.demo import run_demo

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
    rows = []
    for name in HEADLINES:
        score, people = result.report.measures.get(name), result.agreement.measures.get(name)
        if score is not None:
            values = (format_value(score.value), format_value(people.value if people else None))
            rows.append([name, *values, f"{score.n_gold:,}", f"{score.n_pred:,}"])
    columns = ("measure", "value", "annotators among themselves", "n gold", "n predicted")
    print_blocks(
        [
            *result.certificate.summary(),
            "",
            Table(f"The pre-annotator against {result.release}", columns, rows),
            *(f"{name}: {path}" for name, path in result.files.items()),
            f"release: {result.release}",
        ]
    )
