"""A project on the server: found by its title, its interface, and what a new one would take away from annotators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from annotate.artifacts.label_config import CLAIM_KIND, ENTITY, QUOTE_TYPE, TEXT, to_label_config
from annotate.errors import LabelStudioError
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.shapes import make_all_safe
from annotate.printing import format_count
from annotate.records import Layer
from annotate.schema import Schema

TITLE_LENGTH = (3, 50)

#: Pages with more regions open slowly (about ten seconds) and are hard to read.
MANY_REGIONS = 400

# the control that a layer's interface cannot do without
LAYER_CONTROL: dict[Layer, str] = {"entities": ENTITY, "quotes": QUOTE_TYPE, "claims": CLAIM_KIND}


def find_project(server: Connection, name: str) -> dict[str, Any] | None:
    """The project of this title (or of this number, written `#12`), with all settings; None if there is none.

    Raises:
        LabelStudioError: several projects have the title.
    """
    if re.fullmatch(r"#\d+", name):
        return server.get_project(int(name[1:]))
    found = server.find_projects(name)
    if len(found) > 1:
        numbers = ", ".join(f"#{project['id']}" for project in found)
        raise LabelStudioError(f"{len(found)} projects are called {name!r}: name one by its number ({numbers})")
    return server.get_project(found[0]["id"]) if found else None


def check_title(title: str) -> None:
    """Return if a project can have the title; `#NUMBER` names one that exists.

    Raises:
        LabelStudioError: it is too short or too long for Label Studio.
    """
    if not TITLE_LENGTH[0] <= len(title) <= TITLE_LENGTH[1] and not re.fullmatch(r"#\d+", title):
        raise LabelStudioError(f"project title {title!r}: expected {TITLE_LENGTH[0]} to {TITLE_LENGTH[1]} characters")


def layer_title(project: str, layer: Layer) -> str:
    """The title of the project for one layer.

    >>> layer_title("Pilot", "claims")
    'Pilot (claims)'
    """
    return f"{project} ({layer})"


def find_shown_layers(project: dict[str, Any], schema: Schema) -> tuple[Layer, ...]:
    """The layers of the schema that the project's interface lets annotators annotate.

    Raises:
        LabelStudioError: there is none.
    """
    layers = tuple(layer for layer in schema.layers if is_shown(layer, project["label_config"]))
    if not layers:
        raise LabelStudioError(
            f"project {project['title']!r} has none of the layers of schema {schema.ref}; give its own --schema"
        )
    return layers


def is_shown(layer: Layer, config: str) -> bool:
    """Whether the interface lets annotators annotate the layer.

    >>> is_shown("quotes", '<View><Choices name="quote_type"><Choice value="direct"/></Choices></View>')
    True
    """
    return any(control == LAYER_CONTROL[layer] for control, _ in find_names(config))


def find_names(config: str) -> set[tuple[str, str]]:
    """Every label and value of the interface with its control.

    Raises:
        LabelStudioError: the interface is no XML.
    """
    found: set[tuple[str, str]] = set()
    for block in _read_blocks(config):
        control = "relations" if block.tag == "Relations" else block.get("name", "")
        found.update(
            (control, child.get("value", "")) for child in block if child.tag in ("Label", "Choice", "Relation")
        )
    return found


def find_label_differences(config: str, schema: Schema) -> str:
    """Which labels and values the interface lacks, or has beside the schema; empty where they are the schema's.

    >>> from annotate.schema import load_schema
    >>> schema = load_schema("news").restrict(("entities",))
    >>> find_label_differences(to_label_config(schema).replace('value="FAC"', 'value="CASTLE"'), schema)
    'lacks FAC; has beside the schema CASTLE'
    """
    found, wanted = find_names(config), find_names(to_label_config(schema))
    return "; ".join(
        f"{word} {', '.join(sorted(name for _, name in names))}"
        for word, names in (("lacks", wanted - found), ("has beside the schema", found - wanted))
        if names
    )


def find_shown_field(config: str) -> str:
    """What of a task the interface shows as the article: `$text` where nobody changed it; empty where nothing.

    >>> find_shown_field('<View><Text name="text" value="$title"/></View>')
    '$title'

    Raises:
        LabelStudioError: the interface is no XML.
    """
    return next((block.get("value", "") for block in _read_blocks(config) if block.get("name") == TEXT), "")


def _read_blocks(config: str) -> Iterator[ElementTree.Element]:
    try:
        return ElementTree.fromstring(config).iter()  # noqa: S314 - the owner's own server
    except ElementTree.ParseError as error:
        raise LabelStudioError(
            f"the project's interface is no XML ({error}); restore it in Label Studio (Settings, Labeling Interface): "
            "`annotate schema show --format xml` prints it"
        ) from error


def canonical_config(config: str) -> str:
    """The interface without layout, so that two spellings of one compare equal; as it is where it is no XML."""
    try:
        return ElementTree.canonicalize(config, strip_text=True)
    except ElementTree.ParseError:
        return config


def find_config_conflicts(server: Connection, project: dict[str, Any], schema: Schema) -> Iterator[str]:
    """Labels and attribute values that annotators have used and the schema's interface would take away.

    The server's own summary of labels in use misses some (1.23 resets it while it counts), so the annotations
    themselves are read, but only when the new interface lacks something that the old one has.
    """
    dropped = find_names(project["label_config"]) - find_names(to_label_config(schema))
    if not dropped:
        return
    used: dict[tuple[str, str], int] = {}
    for task in make_all_safe(server.iter_export(project["id"])):
        entries = [*(task.get("annotations") or ()), *(task.get("drafts") or ())]
        items = (item for entry in entries for item in entry.get("result") or () if isinstance(item, dict))
        for item in items:
            value = item.get("value") or {}
            for name in [*(value.get("labels") or ()), *(value.get("choices") or ())]:
                used[item.get("from_name", ""), name] = used.get((item.get("from_name", ""), name), 0) + 1
            for name in item.get("labels") or ():
                used["relations", name] = used.get(("relations", name), 0) + 1
    for control, name in sorted(dropped & used.keys()):
        yield (
            f"{name!r} ({control}) is in use on {format_count(used[control, name], 'mark')}, "
            f"and schema {schema.ref} does not have it; rename or merge it with `annotate schema migrate`"
        )
