"""Gold records in their one written form, as rows of a table, and back."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

from annotate.files import sha256_text
from annotate.items import map_items, map_spans, sort_items, sort_key
from annotate.records import Claim, Entity, GoldRecord, Quote, Region, Span, to_dict

S = TypeVar("S", Span, Entity, Claim, Region)

_encoder = msgspec.json.Encoder(order="deterministic")


def normalize_record(record: GoldRecord) -> GoldRecord:
    """The record as a release holds it: sorted, each span with its text, the text with its hash.

    Spans are sorted by start, then longest first; `excluded` joins `ignore`, which means the same. Two records that
    differ only in the order of spans come back equal. Spans must fit the text (`find_span_problems`).

    >>> record = GoldRecord(id="a", text="Ann met Bo.", entities=[Entity(8, 10, "PERSON"), Entity(0, 3, "PERSON")])
    >>> [entity.text for entity in normalize_record(record).entities]
    ['Ann', 'Bo']
    """
    text = record.text
    if text is None:
        return record
    regions = [*(record.ignore or ()), *(record.excluded or ())]

    def normalized(item: Any) -> Any:
        mapped: Any = map_spans(item, lambda span: _with_text(span, text))
        fields: dict[str, Any] = {"annotators": _names(item.annotators)}
        if isinstance(item, Quote):
            fields["content"] = sorted(mapped.content, key=sort_key)
        elif isinstance(item, Entity):
            fields["alt_labels"] = _names(item.alt_labels)
        return msgspec.structs.replace(mapped, **fields)

    return msgspec.structs.replace(
        sort_items(map_items(record, normalized)),
        text_sha256=sha256_text(text),
        ignore=sorted((_with_text(region, text) for region in regions), key=sort_key) if regions else None,
        excluded=None,
        sentences=None
        if record.sentences is None
        else sorted((_with_text(sentence, text) for sentence in record.sentences), key=sort_key),
        annotators=sorted(set(record.annotators)),
    )


def _with_text(span: S, text: str) -> S:
    return msgspec.structs.replace(span, text=text[span.start : span.end])


def _names(values: list[str] | None) -> list[str] | None:
    return sorted(set(values)) if values else None


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
    return hashlib.sha256(encode_record(record)).hexdigest()[:32]
