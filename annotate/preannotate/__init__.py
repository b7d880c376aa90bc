"""Preannotators propose entities, quotes and claims before annotators see an article.

A preannotator has a name (`registry`): `news` and `rules` are packages here, `spacy_pipeline` and `llm` bring those of
others, and plug-ins add their own. `preannotate_articles` runs one or several over articles and yields a prediction for
each (`run`, on Ray `ray_engine`; `worker` is what each process does, `merge` joins the proposals of several).
`preannotate_to_file` writes them to a file, keeps what is in it and resumes (`prediction_file`); it is the command
`annotate preannotate`. Both are also names of `annotate` itself.
"""

from __future__ import annotations

from annotate.preannotate.prediction_file import Outcome, preannotate_to_file
from annotate.preannotate.registry import Preannotator, list_preannotators, register
from annotate.preannotate.run import preannotate_articles
from annotate.preannotate.worker import Failure

__all__ = [
    "Failure",
    "Outcome",
    "Preannotator",
    "list_preannotators",
    "preannotate_articles",
    "preannotate_to_file",
    "register",
]
