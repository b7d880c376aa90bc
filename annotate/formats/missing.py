"""What an item gets if a foreign format does not have it: the type of a quote, the judgement and kind of a claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from annotate.formats.report import FormatReport
from annotate.printing import shorten
from annotate.records import QuoteType
from annotate.schema import Schema
from annotate.spans import HasRange
from annotate.text.quotation import parse_quote_type, quote_type


def read_quote_type(
    value: object, text: str, content: Iterable[HasRange], report: FormatReport, place: str
) -> QuoteType:
    """The given type, in capitals or not, or else the one that the quotation marks make; the report says so."""
    if (given := parse_quote_type(value)) is not None:
        return given
    if value:
        report.add_loss(f"types of quotes that are none: {shorten(str(value))!r}", place, of="details")
    report.add_note("types of quotes derived from the quotation marks", place)
    return quote_type(text, content)


def read_claim_attributes(
    values: Mapping[str, Any], schema: Schema, report: FormatReport, place: str
) -> tuple[bool, str]:
    """Whether the claim is check-worthy, and its kind; where not given: no, and the schema's last kind."""
    yes, no = schema.check_worthy_values
    judged = values.get("check_worthy")
    if isinstance(judged, str):
        judged = {yes: True, no: False, "true": True, "false": False}.get(judged.lower() if judged != yes else yes)
    if not isinstance(judged, bool):
        if (given := values.get("check_worthy")) is not None:
            report.add_loss(f"check_worthy that is neither yes nor no: {shorten(str(given))!r}", place, of="details")
        report.add_note("claims without check_worthy, read as not check-worthy", place)
        judged = False
    kind = values.get("kind")
    if not isinstance(kind, str) or not kind:
        kind = schema.claim_kinds[-1] if schema.claim_kinds else "other"
        report.add_note(f"claims without a kind, read as {kind}", place)
    return judged, kind
