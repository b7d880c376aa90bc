"""Guidelines for annotators: a schema's definitions, examples and keys as Markdown, as a page, as an instruction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from annotate.schema import Label, Rule, Schema

_MARKED = re.compile(r"\[([^\[\]]*)\]")


def to_instruction(schema: Schema) -> str:
    """The guidelines as an HTML fragment without styles or scripts, such as Label Studio shows as instruction.

    How to work on the page comes first, then the general rules; the definitions of labels are folded.

    >>> from annotate.schema import load_schema
    >>> "Iraq" in to_instruction(load_schema("news")), "<script" in to_instruction(load_schema("news"))
    (True, False)
    """
    return _render("guidelines.body.html", schema, level="3", folded=True)


def to_guidelines_html(schema: Schema) -> str:
    """The guidelines as one self-contained HTML page, for the screen and for paper."""
    return _render(
        "guidelines.page.html", schema, body=_render("guidelines.body.html", schema, level="2", folded=False)
    )


def to_guidelines_markdown(schema: Schema) -> str:
    """The guidelines as Markdown; the marked words of an example are in bold."""
    return _render("guidelines.md", schema)


def _render(template: str, schema: Schema, **extra: str | bool) -> str:
    environment = Environment(
        autoescape=template.endswith(".html"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["pieces"] = _to_pieces
    environment.filters["markdown"] = _to_markdown
    text: str = environment.from_string(_read(template)).render(
        schema=schema, sections=_to_sections(schema), relations=schema.relations, **extra
    )
    return text.rstrip("\n") + "\n"


def _to_sections(schema: Schema) -> list[dict[str, Any]]:
    """Headings with the labels and rules under them, in the order in which an annotator meets them."""
    sections: list[tuple[str, str, Sequence[Label], Sequence[Rule]]] = []
    if schema.parts:
        wide = [layer for layer in (schema.quotes, schema.claims) if layer is not None]
        title = " and ".join(name for name in schema.layers if name != "entities").capitalize()
        sections.append((title, " ".join(layer.description for layer in wide), schema.parts, ()))
    if schema.quotes:
        sections.append(("Type of a quote", "One for each quote.", schema.quotes.types, ()))
    if schema.claims:
        if schema.claims.rules:
            sections.append(("What is one claim?", "With the words of each claim marked.", (), schema.claims.rules))
        sections.append(("Is the claim worth checking?", "One answer for each claim.", schema.claims.check_worthy, ()))
        sections.append(
            ("Kind of a claim", "One for each claim: the first that fits, from top to bottom.", schema.claims.kinds, ())
        )
    if schema.entities:
        sections.append(("Entities", schema.entities.description, schema.entities.labels, ()))
    return [
        {"title": title, "description": text, "labels": labels, "rules": rules}
        for title, text, labels, rules in sections
    ]


def _to_pieces(example: str) -> list[tuple[str, bool]]:
    """The example in pieces, each with whether it was in square brackets.

    >>> _to_pieces("[Iraq] and Rome")
    [('Iraq', True), (' and Rome', False)]
    """
    return [(piece, bool(i % 2)) for i, piece in enumerate(_MARKED.split(example)) if piece]


def _to_markdown(text: str) -> str:
    """The text with its marked words in bold and what Markdown would read as its own signs escaped.

    >>> _to_markdown("[a*b] <c>")
    '**a\\\\*b** \\\\<c\\\\>'
    """
    escaped = ((re.sub(r"([\\`*_<>|#])", r"\\\1", piece), marked) for piece, marked in _to_pieces(text))
    return "".join(f"**{piece}**" if marked else piece for piece, marked in escaped)


@cache
def _read(name: str) -> str:
    return (resources.files("annotate.artifacts") / "templates" / name).read_text(encoding="utf-8")
