"""The names that a schema's `[[migrations]]` give to older ones, and results rewritten with them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from annotate.artifacts.label_config import CLAIM_KIND, ENTITY
from annotate.errors import SchemaError
from annotate.schema import Schema

#: A label or value with the control that it belongs to.
Name: TypeAlias = tuple[str, str]


def rename_items(result: list[Any], names: Mapping[Name, str]) -> tuple[list[Any], Counter[str]]:
    """The result with new names, and how often each change was made; labels that become equal are kept once.

    >>> item = {"from_name": "entity", "value": {"labels": ["GPE", "ORG"]}}
    >>> rename_items([item], {("entity", "GPE"): "PLACE"})[0]
    [{'from_name': 'entity', 'value': {'labels': ['PLACE', 'ORG']}}]
    """
    changed: Counter[str] = Counter()
    renamed = []
    for item in result:
        value = item.get("value") if isinstance(item, dict) else None
        if not isinstance(value, dict):
            renamed.append(item)
            continue
        control = item.get("from_name", "")
        fresh = dict(value)
        for key in ("labels", "choices"):
            if isinstance(value.get(key), list):
                fresh[key] = list(dict.fromkeys(names.get((control, name), name) for name in value[key]))
                changed.update(
                    f"{control}: {name} -> {names[control, name]}" for name in value[key] if (control, name) in names
                )
        renamed.append({**item, "value": fresh})
    return renamed, changed


def read_renames(schema: Schema) -> dict[Name, str]:
    """Old name -> name now, for every control."""
    return {(control, old): new for control, old, new in _entries(schema)}


def check_renames(schema: Schema) -> dict[Name, str]:
    """As `read_renames`, for maps that can be carried out step by step and again.

    Raises:
        SchemaError: all names whose maps contradict each other.
    """
    names = read_renames(schema)
    current = {(ENTITY, label) for label in schema.entity_labels} | {(CLAIM_KIND, kind) for kind in schema.claim_kinds}
    problems = []
    for control, old, new in _entries(schema):
        if names[control, old] != new:
            problems.append(f"{control} {old!r} is renamed to {names[control, old]!r} and to {new!r}")
        elif (control, new) in names:
            problems.append(f"{control} {old!r} becomes {new!r}, which is renamed itself; map it to the final name")
        elif (control, old) in current:
            problems.append(f"{control} {old!r} is renamed to {new!r}, but the schema still has it")
    if problems:
        raise SchemaError([f"schema {schema.ref}: [[migrations]]: {problem}" for problem in problems])
    return names


def _entries(schema: Schema) -> Iterator[tuple[str, str, str]]:
    for migration in schema.migrations:
        for control, mapping in ((ENTITY, migration.entities), (CLAIM_KIND, migration.kinds)):
            for old, new in mapping.items():
                if old != new:
                    yield control, old, new
