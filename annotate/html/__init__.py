"""Self-contained HTML pages: one file, no network, article text always escaped, overlapping layers readable.

A page is a Jinja template for its body, data as JSON, and optionally a script; `render_page` puts them into the
common shell. Texts are drawn in the browser from code-point offsets by the shell's script, everywhere the same way:

    data = {"texts": {"a1": {"text": article.text, "marks": {"gold": to_marks(gold)}}}}
    render_page("Scores", '<div data-text="a1" data-marks="gold"></div>', data, schema=schema)

What a page's own script may use is written at the head of `shell.js`. Notebooks show the same texts and colours without
a script: `draw_record` and `draw_blocks`.
"""

from __future__ import annotations

from annotate.html.marks import to_marks
from annotate.html.notebook import draw_blocks, draw_record, draw_sides, wrap_output
from annotate.html.page import label_colours, read_asset, render_page

__all__ = [
    "draw_blocks",
    "draw_record",
    "draw_sides",
    "label_colours",
    "read_asset",
    "render_page",
    "to_marks",
    "wrap_output",
]
