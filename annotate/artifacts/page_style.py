"""The look of the annotation page: the style sheet that the labeling interface carries.

Entities are filled with colour and carry their name; what is wide or lies across them is drawn with lines (quotes
from above, claims from below, speakers and cues as boxes), so that layers on one another stay apart instead of
mixing to one muddy tone. The buttons of the labels look like what they draw: they are the legend.

The editor writes `data-label="NUMBER:LABEL"` on a region's element, or on its last piece where a crossing region or
a paragraph cuts it; the other pieces keep the plain tint of the label's colour. It gives a selected region handles
to drag its ends by, made of `area` elements, which browsers do not display unless told to.
"""

from __future__ import annotations

from annotate.schema import Role, Schema

_LAYOUT = """
.ann-root { display: flex; align-items: flex-start; gap: 20px; }
.ann-side { flex: 0 0 240px; position: sticky; top: 0; }
.ann-side h4 { margin: 6px 0 4px !important; font-size: 13px; opacity: .7; }
.ann-choices { margin-top: 12px; padding: 4px 10px 8px; border: 1px solid rgba(128,128,128,.35); border-radius: 6px; }
.ann-body { flex: 1 1 auto; min-width: 0; padding-top: 14px; }
.ann-body .lsf-htx-richtext, .ann-body .lsf-richtext__container {
  max-width: 46em; padding-top: 1.2em; overflow: visible; font-size: 16px; line-height: 2.3; }
.ann-body .htx-highlight { padding: 2px 0; border: 0 !important; border-radius: 2px; }
.ann-body .htx-highlight::after {
  margin-left: 2px; padding: 0; font: 600 8px/0 system-ui, sans-serif; letter-spacing: .02em; opacity: .65;
  vertical-align: super; pointer-events: none; }
.ann-body .htx-highlight area { display: inline-block !important; z-index: 2; width: 3px !important; }
.ann-body .htx-highlight.__active { outline: 2px solid currentColor !important; outline-offset: 1px; }
"""

# the editor shows the project's instruction without margins, bullets and inline styles
_INSTRUCTION = """
.ann-guidelines h3 { margin: 1.4em 0 .3em; }
.ann-guidelines ul { padding-left: 1.2em; list-style: disc; }
.ann-guidelines dt { margin-top: .8em; }
.ann-guidelines dd { margin-left: 1.2em; }
.ann-guidelines small { opacity: .65; }
.ann-guidelines kbd { padding: 0 .4em; border: 1px solid rgba(128,128,128,.5); border-radius: 4px; font-size: .85em; }
.ann-guidelines mark { padding: 1px 2px; border-radius: 3px; background: rgba(255,213,79,.5); color: inherit; }
"""

# the lines of relations cross the text: dotted, so that they do not read as struck-out words, their names small on a
# quiet ground
_ARROWS = """
svg.relations-overlay path { stroke: #5b6b7d; stroke-width: 1.5; stroke-dasharray: 1.5 3.5; opacity: .6; }
svg.relations-overlay marker path { fill: #5b6b7d; stroke: none; }
svg.relations-overlay g[transform] rect {
  fill: #eef1f5; fill-opacity: .85; stroke: #c5ccd6; stroke-width: 1; transform: scale(.72); }
svg.relations-overlay text { fill: #46505c; font-size: 9px !important; }
"""

_COLOURS: dict[Role, str] = {"content": "#4a90d9", "speaker": "#2f9e5b", "cue": "#e08a1e", "claim": "#e05252"}


def to_css(schema: Schema) -> str:
    """The style sheet for the schema's labels, for the interface's `<Style>`."""
    rules = [_LAYOUT.strip(), _INSTRUCTION.strip()]
    for number, part in enumerate(schema.parts, 1):
        colour = part.colour or _COLOURS[part.role]
        piece = _piece(part.name)
        ground = _fade(colour, 0.1) if part.role == "content" else "none"
        rules.append(f"{piece}, .ann-parts .lsf-label:nth-child({number}) {{ {_outline(part.role, colour)} }}")
        rules.append(f"{piece} {{ background: {ground} !important; }}")
        rules.append(f"{piece}::after {{ content: none; }}")
    for label in schema.entities.labels if schema.entities else ():
        piece = _piece(label.name)
        if label.colour:
            rules.append(f"{piece} {{ background: {_fade(label.colour, 0.5)} !important; }}")
        rules.append(f'{piece}::after {{ content: "{escape_css(label.name)}"; }}')
    if schema.relations:
        rules.append(_ARROWS.strip())
    return "\n".join(rules)


def _outline(role: Role, colour: str) -> str:
    """The declarations of the part's lines; the uprights of a quote show only at its two ends."""
    if role == "content":
        return f"box-shadow: inset 0 2px 0 {colour}, inset 2px 0 0 {colour}, inset -2px 0 0 {colour};"
    if role == "claim":
        return f"box-shadow: inset 0 -2px 0 {colour}; padding-bottom: 5px;"
    return f"outline: 1.5px {'dotted' if role == 'cue' else 'solid'} {colour};"


def _piece(label: str) -> str:
    return f'.ann-body .htx-highlight[data-label$=":{escape_css(label)}"]'


def _fade(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def escape_css(text: str) -> str:
    """The text as it is in a CSS string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
