"""The look of the annotation page: the style sheet that the labeling interface carries.

Entities are filled with colour; what is wide or overlaps them (quotes, claims) is drawn with lines, so that
layers on top of each other stay apart instead of mixing to one muddy tone.
"""

from __future__ import annotations

from annotate.schema import Schema

_LAYOUT = """
.ann-root { display: flex; align-items: flex-start; gap: 16px; }
.ann-side { flex: 0 0 250px; position: sticky; top: 0; }
.ann-body { flex: 1 1 auto; min-width: 0; padding-top: 14px; }
.ann-body .lsf-htx-richtext, .ann-body .lsf-richtext__container {
  line-height: 2.3; font-size: 16px; overflow: visible; padding-top: 1.2em; }
.ann-body .htx-highlight { border: 0 !important; padding: 1px 0; border-radius: 2px; }
.ann-body .htx-highlight[data-label]::after {
  font-size: 8px; font-weight: 500; opacity: .75; font-family: inherit; content: attr(data-label); }
.ann-body .htx-highlight.__active { outline: 2px solid #111 !important; }
"""

_LINES = {
    "content": "background: rgba(31,119,180,.10) !important; box-shadow: inset 0 2px 0 #1f77b4;",
    "speaker": "background: none !important; outline: 1.5px solid #2ca02c;",
    "cue": "background: none !important; outline: 1.5px dotted #ff7f0e;",
    "claim": "background: none !important; box-shadow: inset 0 -2px 0 #d62728; padding-bottom: 5px;",
}


def to_css(schema: Schema) -> str:
    """The style sheet for the schema's labels, to stand in the interface's `<Style>`."""
    rules = [_LAYOUT.strip()]
    for part in schema.parts:
        piece = f'.ann-body .htx-highlight[data-label$=":{_escape(part.name)}"]'
        rules.append(f"{piece} {{ {_LINES[part.role]} }}")
        rules.append(f"{piece}::after {{ content: none !important; }}")
    return "\n".join(rules)


def _escape(text: str) -> str:
    """The text as it stands in a CSS string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
