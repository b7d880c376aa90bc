"""What a change of the label schema means for the labels: the part that decides on a major version."""

from __future__ import annotations

from annotate.schema import Label, Schema


def find_meaning_changes(before: Schema, after: Schema) -> list[str]:
    """One sentence for each change that makes an old label mean something else or less than before.

    Names, definitions, layers, parts, relations and general rules are meaning; colours, hotkeys, titles, sources
    and examples are not.

    >>> from annotate.schema import load_schema
    >>> schema = load_schema("news")
    >>> find_meaning_changes(schema, schema), find_meaning_changes(schema, schema.restrict(("entities",)))[0]
    ([], 'layer quotes removed')
    """
    changes = [f"layer {layer} removed" for layer in before.layers if layer not in after.layers]
    changes += [f"layer {layer} added" for layer in after.layers if layer not in before.layers]
    old, new = _named(before), _named(after)
    changes += [f"{key} removed" for key in old if key not in new]
    changes += [f"{key} added" for key in new if key not in old]
    changes += [f"{key} defined anew" for key in old if key in new and old[key] != new[key]]
    if before.general_rules != after.general_rules:
        changes.append("general rules changed")
    return changes


def _named(schema: Schema) -> dict[str, str]:
    groups: list[tuple[str, list[Label]]] = [
        ("part", list(schema.parts)),
        ("quote type", list(schema.quotes.types) if schema.quotes else []),
        ("check-worthiness", list(schema.claims.check_worthy) if schema.claims else []),
        ("kind of claim", list(schema.claims.kinds) if schema.claims else []),
        ("entity label", list(schema.entities.labels) if schema.entities else []),
    ]
    named = {f"{group} {label.name}": label.definition for group, labels in groups for label in labels}
    named |= {f"part with role {part.role}": part.name for part in schema.parts}
    return named | {f"relation {relation.name}": relation.definition for relation in schema.relations}
