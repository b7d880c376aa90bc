"""The description of a release as Croissant JSON-LD (MLCommons Croissant 1.0), for data catalogues."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from annotate.artifacts.features import to_features, to_token_features
from annotate.gold.manifest import Manifest
from annotate.schema import Schema

# the prefixes and terms that Croissant 1.0 prescribes
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "int32": "sc:Integer", "int64": "sc:Integer", "double": "sc:Float"}

_COLUMNS = {
    "id": "The article's id, unique over all splits.",
    "text": "The article; all offsets are Unicode code points into it, half-open.",
    "text_sha256": "SHA-256 of the text as UTF-8.",
    "meta": "Further fields of the source, as JSON.",
    "split": "The split that the article stands in, in this and all later versions.",
    "cluster": "The story that the article belongs to; stories never straddle splits.",
    "annotators": "The people who annotated the article.",
    "weight": "How many articles of the pool this one speaks for: 1 / the probability with which it was selected.",
    "ignore": "Regions in which a prediction without a match counts neither for nor against a system.",
}


def render_croissant(manifest: Manifest, schema: Schema) -> str:
    """The text of `croissant.json`; of the manifest's `files` only the tables are used."""
    configs = {"data": to_features(schema, weighted=manifest.selection is not None)}
    if not manifest.stand_off:
        configs["tokens"] = to_token_features(schema)
    distribution: list[dict[str, Any]] = []
    record_sets = []
    for folder, columns in configs.items():
        tables = {path: entry for path, entry in manifest.files.items() if path.startswith(f"{folder}/")}
        distribution += [
            {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "contentSize": f"{entry.bytes} B",
                "encodingFormat": "application/x-parquet",
                "sha256": entry.sha256,
            }
            for path, entry in sorted(tables.items())
        ]
        for path in sorted(tables):
            split = path.rpartition("/")[2].partition("-")[0]
            record_sets.append(_record_set(folder, path, split, columns))
    content = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": manifest.name,
        "version": manifest.version,
        "description": schema.description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": manifest.licence or "not stated",
        "isLiveDataset": False,
        **({"datePublished": manifest.date} if manifest.date else {}),
        "distribution": distribution,
        "recordSet": record_sets,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _record_set(folder: str, path: str, split: str, columns: pa.Schema) -> dict[str, Any]:
    name = path.rpartition("/")[2].removesuffix(".parquet")
    id = f"{folder}-{name}"
    what = "articles with their layers" if folder == "data" else "tokens and tags"
    return {
        "@type": "cr:RecordSet",
        "@id": id,
        "name": id,
        "description": f"The split {split}: {what}. Lists inside of list items are in the tables only.",
        "field": [_field(id, path, [column.name], column.type) for column in columns],
    }


def _field(parent: str, path: str, steps: list[str], kind: pa.DataType) -> dict[str, Any]:
    """One column, or one key inside of it; `steps` leads from the column to the key.

    Croissant's transformations reach through one list only, so a list inside of a list item cannot be described.
    """
    id = f"{parent}/{steps[-1]}"
    repeated = pa.types.is_list(kind)
    inner = kind.value_type if repeated else kind
    field: dict[str, Any] = {"@type": "cr:Field", "@id": id, "name": id}
    field["description"] = _COLUMNS.get(steps[-1], steps[-1])
    if pa.types.is_struct(inner):
        keys = [key for key in inner if not pa.types.is_list(key.type)]
        field["subField"] = [_field(id, path, [*steps, key.name], key.type) for key in keys]
    else:
        field["dataType"] = _TYPES[str(inner)]
        field["source"] = {"fileObject": {"@id": path}, "extract": {"column": steps[0]}}
        if len(steps) > 1:
            field["source"]["transform"] = [{"jsonPath": step} for step in steps[1:]]
    if repeated:
        field["repeated"] = True
    return field
