"""Outputs of notebooks: records with their marks, tables, lines; all escaped, without a script, nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape as escape_html
from typing import Any

from annotate.display import Displayed
from annotate.errors import AnnotateError
from annotate.html.drawing import draw_text
from annotate.html.marks import to_marks
from annotate.html.page import label_colours, read_asset
from annotate.items import describe, iter_items, keep_layers
from annotate.printing import Block, escape
from annotate.records import Article, Layer, LayeredRecord, describe_record
from annotate.schema import Schema, load_schema

ITEMS_SHOWN = 100
"""Of a record without a text, this many items are listed."""


def draw_record(
    record: Displayed, *, schema: Schema | None = None, layers: Iterable[Layer] | None = None, name: str = ""
) -> str:
    """An article or a record as a part of an output: its title, what is known about it, its text with the marks.

    Args:
        record: an `Article`, `Prediction`, `Annotation` or `GoldRecord`.
        schema: gives labels their colours; the packaged `news` if not given.
        layers: only these; None = all that the record has.
        name: shown before the title, to tell versions apart.
    """
    if not isinstance(record, Article | LayeredRecord):
        raise AnnotateError(f"expected an article or a record; found {type(record).__name__}")
    identity, *about = describe_record(record)
    title = " · ".join(word for word in (name, record.title or identity) if word)
    known = [identity if record.title else "", record.publisher or "", record.date or "", *about]
    if isinstance(record, LayeredRecord) and layers is not None:
        record = keep_layers(record, set(layers))
    about_it = _write(" · ".join(filter(None, known)))
    head = f'<p class="title"><b>{_write(title)}</b><br><span class="quiet">{about_it}</span></p>'
    return head + _draw_body(record, label_colours(schema or load_schema()))


def draw_sides(sides: Iterable[tuple[str, str, Sequence[Mapping[str, Any]]]], schema: Schema) -> str:
    """Texts side by side as a part of an output: each with its title and its marks."""
    colours = label_colours(schema)
    drawn = (f"<div><b>{_write(title)}</b>{_draw_marked(text, marks, colours)}</div>" for title, text, marks in sides)
    return f'<div class="columns">{"".join(drawn)}</div>'


def draw_blocks(blocks: Iterable[Block]) -> str:
    """Tables and lines as a part of an output.

    >>> from annotate.printing import Table
    >>> "<td>a&amp;b</td>" in draw_blocks(["a line", Table("T", ("label", "n"), [("a&b", "1")])])
    True
    """
    return "\n".join(_draw_block(block) for block in blocks)


def wrap_output(*parts: str) -> str:
    """Parts as the whole output of a cell, with their style; dollar signs are not read as formulas."""
    style = read_asset("annotate.html", "marks.css") + read_asset("annotate.html", "notebook.css")
    head = f'<div class="annotate output tex2jax_ignore mathjax_ignore"><style>{style}</style>'
    return "\n".join((head, *parts, "</div>"))


def show_record(record: Displayed) -> str:
    """A record as the whole output of a cell."""
    return wrap_output(draw_record(record))


def _draw_body(record: Article | LayeredRecord, colours: Mapping[str, str]) -> str:
    if record.text is not None:
        marks = to_marks(record) if isinstance(record, LayeredRecord) else []
        return _draw_marked(record.text, marks, colours)
    found = iter_items(record) if isinstance(record, LayeredRecord) else ()
    items = [f"{layer}: {describe(item)}" for layer, item in found]
    left = [f"... and {len(items) - ITEMS_SHOWN:,} more"] if len(items) > ITEMS_SHOWN else []
    rows = "".join(f"<li>{_write(item)}</li>" for item in items[:ITEMS_SHOWN] + left)
    return f"<p>The record has no text (<code>annotate rehydrate</code> puts texts back).</p><ul>{rows}</ul>"


def _draw_marked(text: str, marks: Sequence[Mapping[str, Any]], colours: Mapping[str, str]) -> str:
    drawn = draw_text(text, marks, colours)
    return f'<div class="text" lang="en" dir="auto" tabindex="0" role="region" aria-label="text">{drawn}</div>'


def _draw_block(block: Block) -> str:
    if isinstance(block, str):
        return f'<p class="line">{_write(block)}</p>' if block else ""
    heads = "".join(
        f'<th scope="col"{_side(i, block.words)}>{_write(head)}</th>' for i, head in enumerate(block.columns)
    )
    rows = "\n".join(
        f"<tr>{''.join(f'<td{_side(i, block.words)}>{_write(cell)}</td>' for i, cell in enumerate(row))}</tr>"
        for row in block.rows
    )
    return (
        f"<table><caption>{_write(block.title)}</caption><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table>"
    )


def _side(column: int, words: Iterable[int]) -> str:
    return "" if column in words else ' class="number"'


def _write(text: str) -> str:
    return escape_html(escape(text))
