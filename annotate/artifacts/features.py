"""The columns of a release's tables, from the label schema, as Arrow with the features of `datasets` in them.

`datasets` itself is not needed: what it would write into the table's metadata is written here, and it reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from annotate.records import Layer
from annotate.schema import Schema

# the tag columns of the config `tokens`, by layer; `ner_tags` is the name that token classifiers look for
TAG_COLUMNS: dict[Layer, str] = {"entities": "ner_tags", "quotes": "quote_tags", "claims": "claim_tags"}

#: A column as `datasets` describes it: a value, a list, a label with names, or a mapping of those, a struct.
Feature = Mapping[str, Any]

_ARROW = {"string": pa.string(), "float64": pa.float64(), "int32": pa.int32(), "bool": pa.bool_()}


def make_value(dtype: str) -> Feature:
    """A column of one `string`, `float64`, `int32` or `bool` a row."""
    return {"dtype": dtype, "_type": "Value"}


def make_list(feature: Feature) -> Feature:
    """A column of a list of such features a row."""
    return {"feature": feature, "_type": "List"}


def to_arrow(features: Mapping[str, Feature]) -> pa.Schema:
    """The columns as an Arrow schema, as `datasets.Features(...).arrow_schema` has it, to the byte.

    >>> schema = to_arrow({"id": make_value("string"), "starts": make_list(make_value("int32"))})
    >>> schema.types, schema.metadata[b"huggingface"][:24]
    ([DataType(string), ListType(list<item: int32>)], b'{"info": {"features": {"')
    """
    described = json.dumps({"info": {"features": features}})
    columns = [pa.field(name, _to_type(feature)) for name, feature in features.items()]
    return pa.schema(columns, metadata={"huggingface": described})


def _to_type(feature: Feature) -> pa.DataType:
    kind = feature.get("_type")
    if kind == "Value":
        return _ARROW[feature["dtype"]]
    if kind == "ClassLabel":
        return pa.int64()
    if kind == "List":
        return pa.list_(_to_type(feature["feature"]))
    return pa.struct([pa.field(name, _to_type(inner)) for name, inner in feature.items()])


def to_features(schema: Schema, *, weighted: bool = False) -> pa.Schema:
    """The columns of the default config: the fields of a gold record, with the schema's layers as lists of structs.

    Offsets are 32-bit code points. `meta` is JSON in a string, because its keys differ from article to article.

    Args:
        weighted: with the column `weight`, the last one.

    >>> from annotate.schema import load_schema
    >>> claim = to_features(load_schema("news").restrict(("claims",))).field("claims").type.value_type
    >>> sorted(field.name for field in claim)[:3]
    ['annotators', 'check_worthy', 'claimer']
    """
    string, number, offset = make_value("string"), make_value("float64"), make_value("int32")
    span: dict[str, Feature] = {"start": offset, "end": offset, "text": string, "id": string}
    provenance: dict[str, Feature] = {
        "id": string,
        "score": number,
        "origin": string,
        "preannotator": string,
        "annotators": make_list(string),
        "note": string,
    }
    layers: dict[Layer, Feature] = {
        "entities": {
            "start": offset,
            "end": offset,
            "label": string,
            "text": string,
            "alt_labels": make_list(string),
            **provenance,
        },
        "quotes": {
            "type": string,
            "content": make_list(span),
            "speaker": span,
            "cue": span,
            "speaker_name": string,
            **provenance,
        },
        "claims": {
            "start": offset,
            "end": offset,
            "check_worthy": make_value("bool"),
            "kind": string,
            "claimer": span,
            "text": string,
            "confidence": number,
            **provenance,
        },
    }
    article = ("id", "text", "text_sha256", "title", "date", "publisher", "url", "meta", "licence")
    decision = ("schema", "guideline", "model", "decided_by", "split", "cluster")
    return to_arrow(
        {
            **dict.fromkeys(article, string),
            **{layer: make_list(layers[layer]) for layer in schema.layers},
            "ignore": make_list({"start": offset, "end": offset, "layer": string, "text": string}),
            "sentences": make_list(span),
            "annotators": make_list(string),
            **dict.fromkeys(decision, string),
            **({"weight": number} if weighted else {}),
        }
    )


def list_tags(schema: Schema, layer: Layer) -> list[str]:
    """The BIO tags of one layer: entity labels, or the names of the layer's parts.

    >>> from annotate.schema import load_schema
    >>> list_tags(load_schema("news"), "claims")
    ['O', 'B-CLAIM', 'I-CLAIM']
    """
    if layer == "entities":
        names = list(schema.entity_labels)
    elif layer == "quotes":
        names = [schema.part("content").name, schema.part("speaker").name, schema.part("cue").name]
    else:
        names = [schema.part("claim").name]
    return ["O", *(f"{prefix}-{name}" for name in names for prefix in "BI")]


def to_token_features(schema: Schema) -> pa.Schema:
    """The columns of the config `tokens`: words with their offsets, and one column of BIO tags per layer.

    >>> from annotate.schema import load_schema
    >>> to_token_features(load_schema("news")).names
    ['id', 'tokens', 'starts', 'ends', 'ner_tags', 'quote_tags', 'claim_tags']
    """
    string, offset = make_value("string"), make_value("int32")
    tags = {TAG_COLUMNS[layer]: {"names": list_tags(schema, layer), "_type": "ClassLabel"} for layer in schema.layers}
    return to_arrow(
        {
            "id": string,
            "tokens": make_list(string),
            "starts": make_list(offset),
            "ends": make_list(offset),
            **{column: make_list(tag) for column, tag in tags.items()},
        }
    )
