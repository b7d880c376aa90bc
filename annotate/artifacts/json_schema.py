"""JSON Schemas of the records, with the labels of a label schema in them, for authors of other tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from annotate.records import LAYERS, Annotation, Article, GoldRecord, Prediction
from annotate.schema import Schema

RECORDS: dict[str, type[msgspec.Struct]] = {
    "article": Article,
    "prediction": Prediction,
    "annotation": Annotation,
    "gold": GoldRecord,
}

# what the types cannot express: offsets are counts, scores lie in [0, 1], texts have the form that the contract names
_LIMITS: dict[str, dict[str, Any]] = {
    "start": {"minimum": 0},
    "end": {"minimum": 1},
    "score": {"minimum": 0, "maximum": 1},
    "confidence": {"minimum": 0, "maximum": 1},
    "lead_time_s": {"minimum": 0},
    "weight": {"exclusiveMinimum": 0},
    "text_sha256": {"pattern": "^[0-9a-f]{64}$"},
    "date": {"pattern": r"^\d{4}-\d{2}-\d{2}$"},
}


def to_json_schema(schema: Schema, kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line of a file of such records.

    It cannot express that `end` is greater than `start`, nor that spans fit the text; reading a file checks both.
    Unknown keys are allowed, as they are when a file is read.

    Args:
        kind: a key of `RECORDS`.

    >>> from annotate.schema import load_schema
    >>> found = to_json_schema(load_schema("news"), "prediction")
    >>> found["$defs"]["Claim"]["properties"]["kind"]["enum"][0]
    'commitment_or_prediction'
    """
    found = msgspec.json.schema(RECORDS[kind])
    definitions: dict[str, dict[str, Any]] = found["$defs"]
    for definition in definitions.values():
        definition["description"] = " ".join(definition["description"].split())
        for name, limits in _LIMITS.items():
            for variant in _value_schemas(definition["properties"].get(name, {})):
                variant.update(limits)
    definitions[RECORDS[kind].__name__]["properties"]["id"]["minLength"] = 1
    for place, names in (
        ("Entity.label", schema.entity_labels),
        ("Entity.alt_labels", schema.entity_labels),
        ("Quote.type", schema.quote_types),
        ("Claim.kind", schema.claim_kinds),
    ):
        holder, _, key = place.partition(".")
        if holder in definitions and names:
            for variant in _value_schemas(definitions[holder]["properties"][key]):
                (variant["items"] if variant.get("type") == "array" else variant)["enum"] = list(names)
    for definition in definitions.values():
        for layer in LAYERS:
            if layer in definition["properties"] and layer not in schema.layers:
                definition["properties"][layer] = {"enum": [None, []], "default": None}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind} record, label schema {schema.ref}",
        **found,
    }


def _value_schemas(declared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a property's schema other than null."""
    for variant in declared.get("anyOf", [declared] if declared else []):
        if variant.get("type") != "null":
            yield variant
