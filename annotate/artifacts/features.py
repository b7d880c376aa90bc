"""The columns of a release's tables, as `datasets` features, from the label schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate.records import Layer
from annotate.schema import Schema

if TYPE_CHECKING:
    from datasets import Features

# the tag columns of the config `tokens`, by layer; `ner_tags` is the name that token classifiers look for
TAG_COLUMNS: dict[Layer, str] = {"entities": "ner_tags", "quotes": "quote_tags", "claims": "claim_tags"}


def to_features(schema: Schema) -> Features:
    """The columns of the default config: the fields of a gold record, with the schema's layers as lists of structs.

    Offsets are 32-bit code points. `meta` is JSON in a string, because its keys differ from article to article.

    >>> from annotate.schema import load_schema
    >>> sorted(to_features(load_schema("news").restrict(("claims",)))["claims"].feature)[:3]
    ['annotators', 'check_worthy', 'claimer']
    """
    from datasets import Features, List, Value

    string, number, offset = Value("string"), Value("float64"), Value("int32")
    span: dict[str, Any] = {"start": offset, "end": offset, "text": string, "id": string}
    provenance: dict[str, Any] = {
        "id": string,
        "score": number,
        "origin": string,
        "preannotator": string,
        "annotators": List(string),
        "note": string,
    }
    layers: dict[Layer, Any] = {
        "entities": {
            "start": offset,
            "end": offset,
            "label": string,
            "text": string,
            "alt_labels": List(string),
            **provenance,
        },
        "quotes": {
            "type": string,
            "content": List(span),
            "speaker": span,
            "cue": span,
            "speaker_name": string,
            **provenance,
        },
        "claims": {
            "start": offset,
            "end": offset,
            "check_worthy": Value("bool"),
            "kind": string,
            "claimer": span,
            "text": string,
            "confidence": number,
            **provenance,
        },
    }
    article = ("id", "text", "text_sha256", "title", "date", "publisher", "url", "meta", "licence")
    decision = ("schema", "guideline", "model", "decided_by", "split", "cluster")
    return Features(
        {
            **dict.fromkeys(article, string),
            **{layer: List(layers[layer]) for layer in schema.layers},
            "ignore": List({"start": offset, "end": offset, "layer": string, "text": string}),
            "sentences": List(span),
            "annotators": List(string),
            **dict.fromkeys(decision, string),
        }
    )


def to_tags(schema: Schema, layer: Layer) -> list[str]:
    """The BIO tags of one layer: entity labels, or the names of the layer's parts.

    >>> from annotate.schema import load_schema
    >>> to_tags(load_schema("news"), "claims")
    ['O', 'B-CLAIM', 'I-CLAIM']
    """
    if layer == "entities":
        names = list(schema.entity_labels)
    elif layer == "quotes":
        names = [schema.part("content").name, schema.part("speaker").name, schema.part("cue").name]
    else:
        names = [schema.part("claim").name]
    return ["O", *(f"{prefix}-{name}" for name in names for prefix in "BI")]


def to_token_features(schema: Schema) -> Features:
    """The columns of the config `tokens`: words with their offsets, and one column of BIO tags a layer.

    >>> from annotate.schema import load_schema
    >>> list(to_token_features(load_schema("news")))
    ['id', 'tokens', 'starts', 'ends', 'ner_tags', 'quote_tags', 'claim_tags']
    """
    from datasets import ClassLabel, Features, List, Value

    return Features(
        {
            "id": Value("string"),
            "tokens": List(Value("string")),
            "starts": List(Value("int32")),
            "ends": List(Value("int32")),
            **{TAG_COLUMNS[layer]: List(ClassLabel(names=to_tags(schema, layer))) for layer in schema.layers},
        }
    )
