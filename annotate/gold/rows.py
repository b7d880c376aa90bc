"""Gold records in their one written form, as rows of a table, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from annotate.files import sha256_text
from annotate.records import Claim, Entity, GoldRecord, Quote, Region, Span, to_dict

S = TypeVar("S", Span, Entity, Claim, Region)

_encoder = msgspec.json.Encoder(order="deterministic")


def normalize_record(record: GoldRecord) -> GoldRecord:
    """The record as a release holds it: sorted, each span with its text, the text with its hash.

    Spans stand by start, then longest first; `excluded` joins `ignore`, which means the same. Two records that
    differ only in the order of spans come back equal. Spans must fit the text (`find_span_problems`).

    >>> record = GoldRecord(id="a", text="Ann met Bo.", entities=[Entity(8, 10, "PERSON"), Entity(0, 3, "PERSON")])
    >>> [entity.text for entity in normalize_record(record).entities]
    ['Ann', 'Bo']
    """
    text = record.text
    if text is None:
        return record
    regions = [*(record.ignore or ()), *(record.excluded or ())]
    return msgspec.structs.replace(
        record,
        text_sha256=sha256_text(text),
        entities=None if record.entities is None else _sort(_normalize_entity(e, text) for e in record.entities),
        quotes=None if record.quotes is None else _sort_quotes(_normalize_quote(q, text) for q in record.quotes),
        claims=None if record.claims is None else _sort(_normalize_claim(c, text) for c in record.claims),
        ignore=_sort(_with_text(region, text) for region in regions) if regions else None,
        excluded=None,
        sentences=None if record.sentences is None else _sort(_with_text(s, text) for s in record.sentences),
        annotators=sorted(set(record.annotators)),
    )


def _with_text(span: S, text: str) -> S:
    return msgspec.structs.replace(span, text=text[span.start : span.end])


def _names(values: list[str] | None) -> list[str] | None:
    return sorted(set(values)) if values else None


def _normalize_entity(entity: Entity, text: str) -> Entity:
    return msgspec.structs.replace(
        entity,
        text=text[entity.start : entity.end],
        alt_labels=_names(entity.alt_labels),
        annotators=_names(entity.annotators),
    )


def _normalize_quote(quote: Quote, text: str) -> Quote:
    return msgspec.structs.replace(
        quote,
        content=_sort(_with_text(fragment, text) for fragment in quote.content),
        speaker=None if quote.speaker is None else _with_text(quote.speaker, text),
        cue=None if quote.cue is None else _with_text(quote.cue, text),
        annotators=_names(quote.annotators),
    )


def _normalize_claim(claim: Claim, text: str) -> Claim:
    return msgspec.structs.replace(
        claim,
        text=text[claim.start : claim.end],
        claimer=None if claim.claimer is None else _with_text(claim.claimer, text),
        annotators=_names(claim.annotators),
    )


def _sort(items: Iterable[S]) -> list[S]:
    return sorted(items, key=lambda item: (item.start, -item.end, _encoder.encode(item)))


def _sort_quotes(quotes: Iterable[Quote]) -> list[Quote]:
    return sorted(quotes, key=lambda quote: (quote.content[0].start, -quote.content[-1].end, _encoder.encode(quote)))


def to_row(record: GoldRecord) -> dict[str, Any]:
    """The record as one row of the default config; keys that are left out are null there.

    >>> to_row(GoldRecord(id="a", text="", meta={"b": 1, "a": 2}))["meta"]
    '{"a":2,"b":1}'
    """
    row = to_dict(record)
    row["meta"] = _encoder.encode(record.meta).decode() if record.meta else None
    row["annotators"] = record.annotators
    return row


def from_row(row: dict[str, Any]) -> GoldRecord:
    """The record that the row holds.

    Raises:
        msgspec.ValidationError: the row has not the form of a record.
    """
    present = {key: value for key, value in row.items() if value is not None}
    if "meta" in present:
        present["meta"] = msgspec.json.decode(present["meta"])
    return msgspec.convert(present, GoldRecord)


def encode_record(record: GoldRecord) -> bytes:
    """The record as canonical JSON: keys sorted, defaults left out."""
    return _encoder.encode(record)


def hash_row(record: GoldRecord) -> str:
    """The first 128 bits of the SHA-256 of the record's canonical JSON, in hex.

    >>> hash_row(GoldRecord(id="a", text="x")) == hash_row(GoldRecord(text="x", id="a"))
    True
    """
    return hashlib.sha256(_encoder.encode(record)).hexdigest()[:32]
