"""`annotate train`: learn from what people corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from annotate.cli.options import say
from annotate.printing import format_count, print_line


def train(
    gold: Annotated[
        str, typer.Argument(metavar="GOLD", help="A release (name/version or its folder) or a JSONL file of records.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the trained model goes.")],
) -> None:
    """Go on training the bundled pipeline on gold; keeps the result only if it scores better on held-out articles.

    Takes the extra train. Use the result with --preannotator trained:DIR.

    Example: annotate train gold/news/1.0.0 -o models/mine
    """
    from annotate.errors import AnnotateError
    from annotate.gold.load import load_gold
    from annotate.training import require_training
    from annotate.training.improve import improve_news

    require_training()
    found = improve_news(load_gold(gold), output, report=say)
    for measure, value in found.before.items():
        print_line(f"{measure}\t{value:.4f}\t{found.after[measure]:.4f}")
    articles = format_count(found.trained_on, "article")
    if found.folder is None:
        raise AnnotateError(f"training on {articles} did not help; {output} was not written")
    say(f"trained on {articles}, scored on {found.held_out}: {output}")
