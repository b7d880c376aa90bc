"""The label schema of a release as `schema.toml`, the same text for the same schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from annotate.schema import Schema


def to_toml(schema: Schema) -> str:
    """The schema as TOML that `load_schema` reads back equal; comments of the original file are not kept.

    >>> from annotate.schema import load_schema
    >>> to_toml(load_schema("news")).splitlines()[1]
    'name = "news"'
    """
    lines = [f"# The label schema of this release, {schema.ref}.", *_table(_present(msgspec.to_builtins(schema)), [])]
    return "\n".join(lines) + "\n"


def _present(value: Any) -> Any:
    """The value without keys that are null, which TOML cannot hold."""
    if isinstance(value, dict):
        return {key: _present(inner) for key, inner in value.items() if inner is not None}
    return [_present(inner) for inner in value] if isinstance(value, list) else value


def _table(content: dict[str, Any], path: list[str]) -> Iterator[str]:
    """Plain values first, then tables: a key after a table's head would belong to that table."""
    for key, value in content.items():
        if not _is_table(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in content.items():
        inner = [*path, key]
        name = ".".join(_key(part) for part in inner)
        if isinstance(value, dict):
            yield from ("", f"[{name}]", *_table(value, inner))
        elif _is_table(value):
            for item in value:
                yield from ("", f"[[{name}]]", *_table(item, inner))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: Any) -> str:
    # JSON's strings, numbers, booleans and lists of them are TOML's, but for DEL, which TOML wants escaped
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
