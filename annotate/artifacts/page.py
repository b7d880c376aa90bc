"""The annotation page of a project: its interface, its instruction, and what a task shows beside its article."""

from __future__ import annotations

from typing import Any

from annotate.artifacts.guidelines import to_instruction
from annotate.artifacts.label_config import to_label_config
from annotate.schema import Schema


class Page:
    """The ordinary page, which a schema describes fully. A page that shows more is a subclass.

    Attributes:
        keeps_ids: whether regions of items with an id of their own have it before the hash in theirs, and come first.
        has_practice: whether a new project begins with a practice task.
    """

    keeps_ids = False
    has_practice = True

    def label_config(self, schema: Schema) -> str:
        """The labeling interface as XML."""
        return to_label_config(schema)

    def instruction(self, schema: Schema) -> str:
        """The project's instruction as an HTML fragment."""
        return to_instruction(schema)

    def data(self, article_id: str) -> dict[str, Any]:
        """What the article's task has in its data beside the article itself."""
        return {}


ORDINARY_PAGE = Page()
