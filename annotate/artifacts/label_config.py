"""The Label Studio interface of a schema, as XML: two blocks of labels over one text, attributes, relations.

Two `<Labels>` blocks on the one `<Text>` (parts of quotes and claims; entities): pressing a key of the other
block on a selected region then adds a second label instead of replacing the first, so no correction is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from annotate.artifacts.page_style import to_css, value_class
from annotate.practice import PRACTICE
from annotate.schema import Label, Role, Schema

# what the controls are called in results: the `from_name` and `to_name` of every item
TEXT = "text"
SPAN = "span"
ENTITY = "entity"
QUOTE_TYPE = "quote_type"
CHECK_WORTHY = "check_worthy"
CLAIM_KIND = "claim_kind"


def to_label_config(schema: Schema) -> str:
    """The labeling interface of the schema as XML for Label Studio; the same schema gives the same text.

    The task's data needs the key `text`. Layers that the schema does not have get no control, so that
    `to_label_config(schema.restrict(("claims",)))` is the interface of a pass for claims alone.

    >>> from annotate.schema import load_schema
    >>> "quote_type" in to_label_config(load_schema("news").restrict(("claims",)))
    False
    """
    root = ElementTree.Element("View", className="ann-root")
    ElementTree.SubElement(root, "Style").text = to_css(schema)
    side = ElementTree.SubElement(root, "View", className="ann-side")
    if schema.parts:
        _add_header(side, " and ".join(layer for layer in schema.layers if layer != "entities").capitalize())
        _add_labels(ElementTree.SubElement(side, "View", className="ann-parts"), SPAN, schema.parts)
    if schema.entities:
        _add_header(side, "Entities")
        _add_labels(side, ENTITY, schema.entities.labels)
    # last, so that nothing moves when it appears
    if schema.quotes:
        box = _add_attributes_box(side, schema.part("content").name)
        _add_choices(box, QUOTE_TYPE, schema.quotes.types, title="Type of the quote", drawn="content")
    if schema.claims:
        box = _add_attributes_box(side, schema.part("claim").name)
        _add_choices(box, CHECK_WORTHY, schema.claims.check_worthy, title="Worth checking?", drawn="claim")
        _add_choices(box, CLAIM_KIND, schema.claims.kinds, title="Kind of the claim")
    if schema.relations:
        relations = ElementTree.SubElement(side, "Relations")
        for relation in schema.relations:
            ElementTree.SubElement(relations, "Relation", value=relation.name)
    body = ElementTree.SubElement(root, "View", className="ann-body")
    # without names, so that tasks may lack them
    about = ElementTree.SubElement(body, "View", className="ann-about")
    for field, size in (("title", "4"), ("publisher", "6"), ("date", "6")):
        ElementTree.SubElement(about, "Header", value=f"${field}", size=size)
    practice = ElementTree.SubElement(body, "View", className="ann-practice")
    ElementTree.SubElement(practice, "Header", value=f"${PRACTICE}", size="6")
    # symbol: with word granularity a mark on "AP" would grow to "AP's"
    ElementTree.SubElement(
        body, "Text", name=TEXT, value="$text", granularity="symbol", saveTextResult="yes", showLabels="true"
    )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_header(parent: ElementTree.Element, text: str) -> None:
    ElementTree.SubElement(parent, "Header", value=text, size="5")


def _add_labels(parent: ElementTree.Element, name: str, labels: Sequence[Label]) -> None:
    block = ElementTree.SubElement(parent, "Labels", name=name, toName=TEXT, showInline="true")
    for label in labels:
        element = ElementTree.SubElement(block, "Label", value=label.name)
        if label.colour:
            element.set("background", label.colour)
        if label.hotkey:
            element.set("hotkey", label.hotkey)
        element.set("hint", label.definition)


def _add_attributes_box(parent: ElementTree.Element, label: str) -> ElementTree.Element:
    """The place for attributes that shows while a region with the label is selected."""
    return ElementTree.SubElement(
        parent,
        "View",
        visibleWhen="region-selected",
        whenTagName=SPAN,
        whenLabelValue=label,
        className="ann-choices",
    )


def _add_choices(
    parent: ElementTree.Element, name: str, values: Sequence[Label], *, title: str, drawn: Role | None = None
) -> None:
    """A question about the selected region; where its answer is drawn on the region, `drawn` is the region's role."""
    ElementTree.SubElement(parent, "Header", value=title, size="6")
    holder = ElementTree.SubElement(parent, "View", className=value_class(drawn)) if drawn else parent
    block = ElementTree.SubElement(
        holder, "Choices", name=name, toName=TEXT, perRegion="true", choice="single-radio", showInline="true"
    )
    for value in values:
        element = ElementTree.SubElement(block, "Choice", value=value.name)
        if value.hotkey:
            element.set("hotkey", value.hotkey)
        element.set("hint", value.definition)
