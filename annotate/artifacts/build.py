"""All files that are generated from a schema: made, written, and checked against the ones that lie there."""

from __future__ import annotations

import json
from pathlib import Path

from annotate.artifacts.guidelines import to_guidelines_html, to_guidelines_markdown
from annotate.artifacts.json_schema import RECORDS, to_json_schema
from annotate.artifacts.label_config import to_label_config
from annotate.files import resource_dir, write_text
from annotate.schema import DEFAULT_SCHEMA, Schema


def build_artifacts(schema: Schema) -> dict[str, str]:
    """The text of every generated file by its name; the same schema gives the same texts.

    >>> from annotate.schema import load_schema
    >>> sorted(build_artifacts(load_schema("news")))[:3]
    ['annotation.schema.json', 'article.schema.json', 'gold.schema.json']
    """
    return {
        "label_config.xml": to_label_config(schema),
        "guidelines.md": to_guidelines_markdown(schema),
        "guidelines.html": to_guidelines_html(schema),
        **{
            f"{kind}.schema.json": json.dumps(to_json_schema(schema, kind), indent=2, ensure_ascii=False) + "\n"
            for kind in RECORDS
        },
    }


def artifacts_dir(schema: Schema, source: str | Path | None) -> Path:
    """Where the generated files lie: a folder of the schema's name beside the schema's file.

    Args:
        source: what the schema was loaded from: a TOML file, a packaged name, or None.
    """
    path = Path(source if source is not None else DEFAULT_SCHEMA)
    beside = path.parent if path.suffix == ".toml" or path.exists() else resource_dir("schemas")
    return beside / schema.name


def write_artifacts(schema: Schema, folder: Path) -> list[Path]:
    """Write the files that are missing or stale, and return them."""
    stale = find_stale_artifacts(schema, folder)
    texts = build_artifacts(schema)
    for path in stale:
        write_text(path, texts[path.name])
    return stale


def find_stale_artifacts(schema: Schema, folder: Path) -> list[Path]:
    """The generated files that are missing or differ from what the schema gives now."""
    return [
        path
        for name, text in build_artifacts(schema).items()
        if not (path := folder / name).is_file() or path.read_bytes() != text.encode("utf-8")
    ]
