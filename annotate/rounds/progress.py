"""The command `progress`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotate.files import write_text
from annotate.records import Annotation
from annotate.rounds.page import to_page
from annotate.rounds.trends import MARGIN, Progress, compare_rounds
from annotate.schema import Schema, load_schema


def progress(
    rounds: Sequence[str | Path | Sequence[Annotation]],
    *,
    html: str | Path | None = None,
    margin: float = MARGIN,
    schema: Schema | str | Path | None = None,
    trials: int = 1000,
    seed: int = 0,
) -> Progress:
    """How annotation changes from round to round, and whether another round would change much.

    Args:
        rounds: at least two, in their order: files of annotations as `pull` writes them, their records, or releases.
            What an earlier file has is not counted again in a later one, so that each may be a pull of everything.
        html: where to write a page with the curves; None writes nothing.
        margin: the largest difference of two rounds, as a value in [0, 1], that does not count as one; of times, as a
            share.
        schema: declares the labels; None = `news`.
        trials: resamples of articles for the intervals; 0 = none, and no verdicts.
        seed: of the resampling.

    Raises:
        DataProblems: fewer than two rounds, or one without a submitted annotation of its own.
        RecordError: a file has problems.
        GoldError: there is no such release, or it is damaged.
        ScoreError: a label that the schema does not declare.
    """
    found = compare_rounds(rounds, margin=margin, schema=load_schema(schema), trials=trials, seed=seed)
    if html is not None:
        write_text(Path(html), to_page(found))
    return found
