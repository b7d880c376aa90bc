"""`annotate train`: learn from corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.completion import complete_release
from annotate.printing import format_count, note, print_line


def train(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD",
            autocompletion=complete_release,
            help="A release (name/version or its folder) or a JSONL file of records.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the trained model goes.")],
) -> None:
    """Train the bundled pipeline further on gold, and keep the result only if it scores better on held-out articles.

    Needs the extra train. Use the result with --preannotator trained:DIR.

    Example: annotate train gold/news/1.0.0 -o models/mine
    """
    from annotate.errors import AnnotateError

    found = annotate.train(gold, output, report=note)
    for measure, value in found.before.items():
        print_line(f"{measure}\t{value:.4f}\t{found.after[measure]:.4f}")
    articles = format_count(found.trained_on, "article")
    if found.folder is None:
        raise AnnotateError(f"training on {articles} did not help; {output} was not written")
    note(f"trained on {articles}, scored on {found.held_out}: {output}")
