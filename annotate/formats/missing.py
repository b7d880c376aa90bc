"""What an item gets where a foreign format does not say it: the type of a quote, the judgement and kind of a claim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from annotate.formats.report import FormatReport
from annotate.records import QuoteType
from annotate.schema import Schema
from annotate.spans import HasRange

_MARKED = re.compile(r"“[^”]*”?|\"[^\"]*\"?|„[^“”]*[“”]?|«[^»]*»?|''.*?(?:''|$)|‘.*?’(?!\w)", re.DOTALL)


def derive_quote_type(text: str, content: Iterable[HasRange]) -> QuoteType:
    """The type by the quotation marks in the content: all words inside them, none, or some.

    >>> from annotate.records import Span
    >>> text = "“Go,” he said. He called it “odd” to go."
    >>> [derive_quote_type(text, [span]) for span in (Span(0, 5), Span(15, 40), Span(34, 39))]
    ['direct', 'mixed', 'indirect']
    """
    inside = outside = 0
    for fragment in content:
        piece = text[fragment.start : fragment.end]
        rest = _MARKED.sub("", piece)
        outside += len(re.findall(r"\w+", rest))
        inside += len(re.findall(r"\w+", piece)) - len(re.findall(r"\w+", rest))
    return "indirect" if not inside else "mixed" if outside else "direct"


def read_quote_type(
    value: object, text: str, content: Iterable[HasRange], report: FormatReport, place: str
) -> QuoteType:
    """The given type, or one derived from the quotation marks, with a note in the report."""
    for known in ("direct", "indirect", "mixed"):
        if value == known:
            return known
    report.add_note("types of quotes derived from the quotation marks", place)
    return derive_quote_type(text, content)


def read_claim_attributes(
    values: Mapping[str, Any], schema: Schema, report: FormatReport, place: str
) -> tuple[bool, str]:
    """Whether the claim is check-worthy, and its kind; where not given: no, and the schema's last kind."""
    yes, no = (label.name for label in schema.claims.check_worthy) if schema.claims else ("yes", "no")
    judged = values.get("check_worthy")
    if isinstance(judged, str):
        judged = {yes: True, no: False, "true": True, "false": False}.get(judged.lower() if judged != yes else yes)
    if not isinstance(judged, bool):
        report.add_note("claims without check_worthy, read as not check-worthy", place)
        judged = False
    kind = values.get("kind")
    if not isinstance(kind, str) or not kind:
        kind = schema.claim_kinds[-1] if schema.claim_kinds else "other"
        report.add_note(f"claims without a kind, read as {kind}", place)
    return judged, kind
