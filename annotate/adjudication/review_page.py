"""The page on which a reviewer decides disputes: tags on the disputed spans, a list of them, an instruction.

The editor writes a region's id into the class of its element. So the disputed regions have ids of their own kind, and
the style sheet makes them stand out and shows their tags, the same as in the list above the article. A tag belongs to
its region: of two regions with one extent, of which only the inner one can be clicked, each can be by its tag.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree

from annotate.adjudication.adjudicate import DisputedArticle
from annotate.adjudication.disputes import (
    NumberedDispute,
    describe_candidate,
    describe_dispute,
    describe_reason,
    number_disputes,
)
from annotate.artifacts.guidelines import to_instruction
from annotate.artifacts.label_config import TEXT, to_label_config
from annotate.artifacts.page import ORDINARY_PAGE, Page
from annotate.artifacts.page_style import escape_css
from annotate.schema import Schema

#: The keys of a task's data: how many disputes there are, and what each is about.
COUNT, LIST = "disputes", "dispute_list"

_CLASS = "ann-review"
_MARK = "dispute"
_PLACES = "uthk"


class ReviewPage(Page):
    """The page for these disputed articles."""

    keeps_ids = True
    has_practice = False

    def __init__(self, disputed: Iterable[DisputedArticle] = ()) -> None:
        self._data = {article.agreed.id: _to_data(article) for article in disputed}

    def label_config(self, schema: Schema) -> str:
        """The interface of the schema with the list of disputes above the article."""
        root = ElementTree.fromstring(to_label_config(schema))  # noqa: S314 - made here
        root.set("className", f"{root.get('className', '')} {_CLASS}".strip())
        style = root.find("Style")
        body = next(view for view in root.iter("View") if view.find(f"Text[@name='{TEXT}']") is not None)
        if style is not None:
            style.text = f"{style.text}\n{_to_css(schema)}"
        body.insert(0, _make_list())
        ElementTree.indent(root)
        return ElementTree.tostring(root, encoding="unicode") + "\n"

    def instruction(self, schema: Schema) -> str:
        """What to do with disputes, then the guidelines."""
        return f"{_INSTRUCTION}{to_instruction(schema)}"

    def data(self, article_id: str) -> dict[str, Any]:
        """How many disputes the article has, and what each is about."""
        return self._data.get(article_id, {})


def find_page(label_config: str) -> Page:
    """The kind of page that the interface is: that of a review, or the ordinary one.

    >>> from annotate.schema import load_schema
    >>> type(find_page(ReviewPage().label_config(load_schema()))).__name__
    'ReviewPage'
    """
    return ReviewPage() if re.search(rf"\b{_CLASS}\b", label_config) else ORDINARY_PAGE


def to_region_id(tag: str) -> str:
    """What the id of the region with the tag begins with, so that a style sheet finds digits and letter by parts of it.

    >>> to_region_id("12b")
    'dispute-1t-2u-b'
    """
    number = tag.rstrip(string.ascii_lowercase)
    digits = [f"{digit}{place}" for digit, place in zip(reversed(number), _PLACES, strict=False)]
    return "-".join([_MARK, *reversed(digits), tag[len(number) :]])


def is_region_id(text: str | None) -> bool:
    """Whether the id was made by `to_region_id`."""
    return text is not None and text.startswith(f"{_MARK}-")


def _to_data(article: DisputedArticle) -> dict[str, Any]:
    text = article.agreed.text or ""
    found = number_disputes(article)
    return {COUNT: len(found), LIST: ["\n".join(_describe(dispute, text)) for dispute in found]}


def _describe(found: NumberedDispute, text: str) -> Iterator[str]:
    """The lines of the list on one dispute."""
    yield describe_dispute(found, text)
    for candidate in found.candidates:
        yield f"    {describe_candidate(candidate, found, text)}"
    yield f"    {describe_reason(found)}"


def _make_list() -> ElementTree.Element:
    """The list of the disputes: one element for each, as each costs time when a task is opened."""
    box = ElementTree.Element("View", className="ann-disputes")
    ElementTree.SubElement(box, "Header", value=f"Disputes: ${COUNT}", size="5")
    repeater = ElementTree.SubElement(box, "Repeater", on=f"${LIST}", indexFlag="{{idx}}")
    ElementTree.SubElement(repeater, "Header", value=f"${LIST}[{{{{idx}}}}]", size="5")
    return box


# without >, which the editor reads as &gt;
_STYLE = """
.ann-review .ann-disputes { position: sticky; top: 0; z-index: 5; max-width: 46em; max-height: 26vh; overflow-y: auto;
  padding: 6px 12px; border: 2px solid #d97706; border-radius: 6px;
  background: var(--color-neutral-background, #fff); }
.ann-review .ann-disputes, .ann-review .ann-disputes * {
  margin: 0 !important; font-size: 13px !important; font-weight: 400 !important; line-height: 1.4 !important; }
.ann-review .ann-disputes div div * {
  padding: 5px 0; border-top: 1px solid rgba(128,128,128,.35); white-space: pre-wrap; }
.ann-review .ann-disputes div div *::first-line { font-weight: 600; }
.ann-review .htx-highlight { scroll-margin-top: 28vh; }
.ann-review .htx-highlight[class*="htx-highlight-dispute-"] {
  outline: 2px solid #d97706 !important; outline-offset: 1px; }
.ann-review .htx-highlight[class*="htx-highlight-dispute-"][data-label]::after {
  content: var(--ann-k, "") var(--ann-h, "") var(--ann-t, "") var(--ann-u, "") var(--ann-letter, "")
    var(--ann-name, "");
  display: inline-block; margin: 0 1px 0 3px; padding: 1px 4px; border-radius: 3px; background: #b45309; color: #fff;
  opacity: 1; font: 600 11px/1.2 system-ui, sans-serif; vertical-align: baseline;
  pointer-events: auto; cursor: pointer; }
"""


def _to_css(schema: Schema) -> str:
    """The style sheet beside that of the schema; each digit and letter of a tag is found by its part of the id."""
    rules = [_STYLE.strip()]
    parts = [(f"{digit}{place}", place, str(digit)) for place in _PLACES for digit in range(10)]
    parts += [(letter, "letter", letter) for letter in string.ascii_lowercase]
    rules += [f'.ann-review [class*="-{part}-"] {{ --ann-{name}: "{shown}"; }}' for part, name, shown in parts]
    names = [escape_css(name) for name in (*schema.entity_labels, *(part.name for part in schema.parts))]
    rules += [f'.ann-review .htx-highlight[data-label$=":{name}"] {{ --ann-name: " {name}"; }}' for name in names]
    return "\n".join(rules)


_INSTRUCTION = """<div class="ann-guidelines">
<h3>Decide the disputes</h3>
<p>The annotators agree on most of this article. Where they do not, every candidate that one of them proposed is on the
page, outlined and with a tag such as <b>3a</b>. The list above the article says what is in dispute, and who proposed
what.</p>
<ul>
<li>Two or more candidates: delete the wrong ones. Click the tag, then press <kbd>Backspace</kbd>.</li>
<li>One candidate, which others did not mark: leave it if it is right, delete it if it is not.</li>
<li>None is right: delete all and mark the right words, or correct one.</li>
<li>A quote or claim in pieces has its tag at each piece: delete every piece.</li>
<li>The list of regions begins with the disputed ones, in order: a click there shows the place in the text, and
<kbd>Alt</kbd>+<kbd>.</kbd> goes to the next one.</li>
<li>You may correct anything else too. What you submit is the decision.</li>
<li>Read the whole list before you submit. Skip an article that you cannot decide.</li>
</ul>
</div>
"""
