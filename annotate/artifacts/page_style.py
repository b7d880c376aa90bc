"""The look of the annotation page: the style sheet that the labeling interface carries.

Entities are filled with colour and carry their name; what is wide or lies across them is drawn with lines (quotes
from above, claims from below, speakers and cues as boxes), so that layers on one another stay apart instead of
mixing to one muddy tone. The buttons of the labels look like what they draw: they are the legend.

The editor writes `data-label="NUMBER:LABEL"` on a region's element, or on its last piece where a crossing region or
a paragraph cuts it; the other pieces keep the plain tint of the label's colour. It gives a selected region handles
to drag its ends by, made of `area` elements, which browsers do not display unless told to.

The editor takes the style sheet from the interface's XML without undoing its escapes, so it has no `<`, `>` or `&`.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotate.schema import Label, Role, Schema

_LAYOUT = """
.ann-root { display: flex; align-items: flex-start; gap: 20px; }
.ann-side { flex: 0 0 240px; box-sizing: border-box; width: 240px; min-width: 0; position: sticky; top: 0; }
.ann-side * { overflow-wrap: anywhere; }
.ann-side h4 { margin: 6px 0 4px !important; font-size: 13px; opacity: .7; }
.ann-choices { margin-top: 12px; padding: 4px 10px 8px; border: 1px solid rgba(128,128,128,.35); border-radius: 6px; }
.ann-body { flex: 0 1 640px; min-width: 0; padding-top: 14px; }
.ann-body .lsf-htx-richtext, .ann-body .lsf-richtext__container {
  max-width: 40em; padding-top: .6em; overflow: visible; font-size: 16px; line-height: 2.3; }
.ann-about { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 12px; }
.ann-about h3 { flex: 1 0 100%; margin: 0 !important; }
.ann-about h4 { margin: 0 !important; font-size: 13px; font-weight: 400; opacity: .7; }
.ann-about :empty { display: none; }
.ann-practice h4 {
  margin: 4px 0 8px !important; font-size: 14px; font-weight: 400; line-height: 1.7; white-space: pre-line; }
.ann-body .htx-highlight { padding: 2px 0; border: 0 solid !important; border-radius: 2px; }
.ann-body .htx-highlight::after {
  margin-left: 2px; padding: 0; font: 600 8px/0 system-ui, sans-serif; letter-spacing: .02em; opacity: .65;
  vertical-align: super; pointer-events: none; }
.ann-body .htx-highlight area { display: inline-block !important; z-index: 2; width: 3px !important; }
.ann-body .htx-highlight.__active { outline: 2px solid currentColor !important; outline-offset: 1px; }
"""

# the editor shows the project's instruction without margins, bullets and inline styles
_INSTRUCTION = """
.ann-guidelines h3 { margin: 1.4em 0 .3em; }
.ann-guidelines ol { padding-left: 1.6em; list-style: decimal; }
.ann-guidelines ul { padding-left: 1.2em; list-style: disc; }
.ann-guidelines dt { margin-top: .8em; }
.ann-guidelines dd { margin-left: 1.2em; }
.ann-guidelines small { opacity: .65; }
.ann-guidelines kbd { padding: 0 .4em; border: 1px solid rgba(128,128,128,.5); border-radius: 4px; font-size: .85em; }
.ann-guidelines summary { margin-top: 1.2em; font-weight: 600; cursor: pointer; }
.ann-guidelines .ann-how h3 { margin: .4em 0 .3em; }
.ann-guidelines .ann-how {
  margin-bottom: 1em; padding: 2px 12px 8px; border: 1px solid rgba(128,128,128,.5); border-radius: 6px; }
.ann-guidelines mark { padding: 1px 2px; border-radius: 3px; background: rgba(255,213,79,.5); color: inherit; }
"""

# the lines of relations run at the height of the words' middle: shifted down, into the gap below the words, they
# strike nothing out; one tone that is visible on white and on black. The groups are shifted and not the whole
# drawing, because the editor measures from the drawing's own place and would take the shift back.
_ARROWS = """
svg.relations-overlay { overflow: visible; }
svg.relations-overlay g[class^="relationItem"] { transform: translateY(12px); }
svg.relations-overlay path { stroke: #7a8ca3; stroke-width: 1.5; stroke-dasharray: 1.5 3; opacity: .75; }
svg.relations-overlay marker path { fill: #7a8ca3; stroke: none; }
svg.relations-overlay g[transform] rect {
  fill: #eef1f5; fill-opacity: .9; stroke: #c5ccd6; stroke-width: 1; transform: scale(.72); }
svg.relations-overlay text { fill: #46505c; font-size: 9px !important; }
"""

_COLOURS: dict[Role, str] = {"content": "#4a90d9", "speaker": "#2f9e5b", "cue": "#e08a1e", "claim": "#e05252"}
#: Where the line of a region is whose style is a value: of a quote its type, of a claim its check-worthiness.
_SIDES: dict[Role, str] = {"content": "top", "claim": "bottom"}
_FOREVER = "1e7s"


def to_css(schema: Schema) -> str:
    """The style sheet for the schema's labels, for the interface's `<Style>`."""
    rules = [_LAYOUT.strip(), _INSTRUCTION.strip()]
    for number, part in enumerate(schema.parts, 1):
        colour = part.colour or _COLOURS[part.role]
        piece = _piece(part.name)
        ground = _fade(colour, 0.1) if part.role == "content" else "none"
        rules.append(f".ann-parts .lsf-label:nth-child({number}) {{ {_outline(part.role, colour)} }}")
        rules.append(f"{piece} {{ {_lines(part.role, colour)} }}")
        rules.append(f"{piece} {{ background: {ground} !important; }}")
        rules.append(f"{piece}::after {{ content: none; }}")
    rules.extend(_value_rules(schema))
    for label in schema.entities.labels if schema.entities else ():
        piece = _piece(label.name)
        if label.colour:
            rules.append(f"{piece} {{ background: {_fade(label.colour, 0.5)} !important; }}")
        rules.append(f'{piece}::after {{ content: "{escape_css(label.name)}"; }}')
    if schema.relations:
        rules.append(_ARROWS.strip())
    return "\n".join(rules)


def value_mark(role: Role, number: int) -> str:
    """What the id of a proposed quote or claim begins with, so that the page can draw its type or check-worthiness.

    The editor writes the region's id, but not its choices, on the elements of the page.

    Args:
        number: of the value, in the schema's order; the first has no mark.

    >>> value_mark("claim", 0), value_mark("claim", 1)
    ('', 'claim-1-')
    """
    return f"{role}-{number}-" if number else ""


def value_class(role: Role) -> str:
    """The class of the box with the answers that are drawn on regions of the role."""
    return f"ann-value-{role}"


def _value_rules(schema: Schema) -> Iterator[str]:
    """The lines of values other than the first: dashed for the second, dotted for the third.

    A proposed region is drawn as its answers were proposed, a selected one as they are now. It keeps that look when it
    is left: the editor tells a style sheet the answers of the selected region only, but a transition that waits for
    months holds what was drawn last. A region that the editor draws anew is drawn as proposed again.
    """
    lines: list[tuple[Role, list[Label]]] = []
    if schema.quotes:
        lines.append(("content", schema.quotes.types))
    if schema.claims:
        lines.append(("claim", schema.claims.check_worthy))
    for role, values in lines:
        piece = _piece(schema.part(role).name)
        side = f"border-{_SIDES[role]}-style"
        yield f"{piece} {{ transition: {side} 0s {_FOREVER}; transition-behavior: allow-discrete; }}"
        for number, value in enumerate(values):
            style = ("solid", "dashed", "dotted")[min(number, 2)]
            answer = f'.{value_class(role)} input[name="{escape_css(value.name)}"]:checked'
            if number:
                yield f'{piece}[class*="-{value_mark(role, number)}"] {{ {side}: {style} !important; }}'
            yield f".ann-root:has({answer}) {piece}.__active {{ {side}: {style} !important; transition: none; }}"


def _lines(role: Role, colour: str) -> str:
    """The declarations of a region's lines; the uprights of a quote show only at its two ends."""
    if role not in _SIDES:
        return _outline(role, colour)
    line = f"border-{_SIDES[role]}: 2px solid {colour} !important;"
    uprights = f" box-shadow: inset 2px 0 0 {colour}, inset -2px 0 0 {colour};"
    return line + uprights if role == "content" else f"{line} padding-bottom: 3px;"


def _outline(role: Role, colour: str) -> str:
    """The declarations by which the button of a part looks like its regions."""
    if role == "content":
        return f"box-shadow: inset 0 2px 0 {colour}, inset 2px 0 0 {colour}, inset -2px 0 0 {colour};"
    if role == "claim":
        return f"box-shadow: inset 0 -2px 0 {colour};"
    return f"outline: 1.5px {'dotted' if role == 'cue' else 'solid'} {colour};"


def _piece(label: str) -> str:
    return f'.ann-body .htx-highlight[data-label$=":{escape_css(label)}"]'


def _fade(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def escape_css(text: str) -> str:
    """The text as it is in a CSS string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
