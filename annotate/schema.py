"""Label schemas: what a project annotates. Read from TOML, checked, and asked by everything that needs a label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.errors import SchemaError
from annotate.files import load_toml, resource_dir, sha256_text
from annotate.problems import appears_twice, undeclared
from annotate.records import LAYERS, Layer, LayeredRecord, Layers

Role: TypeAlias = Literal["content", "speaker", "cue", "claim"]
RelationRole: TypeAlias = Literal["speaker", "cue", "claimer", "continues"]

DEFAULT_SCHEMA = "news"

#: The parts and the relations that items of a layer are made of.
_PARTS_OF: dict[Layer, tuple[Role, ...]] = {"quotes": ("content", "speaker", "cue"), "claims": ("claim", "speaker")}
_RELATIONS_OF: dict[Layer, tuple[RelationRole, ...]] = {
    "quotes": ("speaker", "cue", "continues"),
    "claims": ("claimer",),
}


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One label, or one value of an attribute, with what an annotator needs to apply it."""

    name: str
    definition: str
    source: str
    example: str
    counter_example: str
    colour: str | None = None
    hotkey: str | None = None


class Part(Label, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The label of one part of a quote or of a claim; `role` is what the part is, whatever it is called."""

    role: Role


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a layer, with an example whose marked words are in [square brackets]."""

    name: str
    rule: str
    example: str


class RelationLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The label of a link between two parts."""

    role: RelationRole
    name: str
    definition: str


class EntitiesLayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The labels of mentions."""

    description: str
    labels: list[Label]


class QuotesLayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The types of quotes."""

    description: str
    types: list[Label]


class ClaimsLayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The attributes of claims; the first value of `check_worthy` means yes, the second no."""

    description: str
    check_worthy: list[Label]
    kinds: list[Label]
    #: Absent, not empty, where a schema has none, so that the digest of a schema released without rules stays the same.
    rules: list[Rule] | msgspec.UnsetType = msgspec.UNSET


class Migration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """How names of version `since` (`from` in the file) read in the version that the schema has now.

    Each map goes from an old name to a new one; two old names with one new name are a merge.
    """

    since: str
    entities: dict[str, str] = {}
    kinds: dict[str, str] = {}


class Schema(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A label schema. A layer that is None is not annotated under this schema."""

    name: str
    version: str
    language: str
    title: str
    description: str
    general_rules: list[str] = []
    parts: list[Part] = []
    relations: list[RelationLabel] = []
    entities: EntitiesLayer | None = None
    quotes: QuotesLayer | None = None
    claims: ClaimsLayer | None = None
    migrations: list[Migration] = []

    @property
    def ref(self) -> str:
        """The schema as records name it, `name/version`."""
        return f"{self.name}/{self.version}"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that this schema annotates."""
        return tuple(layer for layer in LAYERS if getattr(self, layer) is not None)

    @cached_property
    def entity_labels(self) -> tuple[str, ...]:
        """The names of the entity labels, in the order of the file."""
        return tuple(label.name for label in self.entities.labels) if self.entities else ()

    @cached_property
    def quote_types(self) -> tuple[str, ...]:
        """The names of the quote types."""
        return tuple(label.name for label in self.quotes.types) if self.quotes else ()

    @cached_property
    def claim_kinds(self) -> tuple[str, ...]:
        """The names of the kinds of claims."""
        return tuple(label.name for label in self.claims.kinds) if self.claims else ()

    @cached_property
    def check_worthy_values(self) -> tuple[str, str]:
        """The names that mean check-worthy and not check-worthy; yes and no where claims are not annotated."""
        yes, no = (label.name for label in self.claims.check_worthy) if self.claims else ("yes", "no")
        return yes, no

    def part(self, role: Role) -> Part:
        """The part that plays the role.

        Raises:
            SchemaError: the schema has no such part.
        """
        for part in self.parts:
            if part.role == role:
                return part
        raise SchemaError([f"schema {self.ref}: no part with role {role!r}"])

    def relation(self, role: RelationRole) -> RelationLabel:
        """The relation that plays the role.

        Raises:
            SchemaError: the schema has no such relation.
        """
        for relation in self.relations:
            if relation.role == role:
                return relation
        raise SchemaError([f"schema {self.ref}: no relation with role {role!r}"])

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the schema's content, whatever the layout of its file."""
        return sha256_text(msgspec.json.encode(self, order="deterministic").decode())

    def restrict(self, layers: tuple[Layer, ...] | None) -> Schema:
        """The same schema with these layers only; None keeps all.

        >>> load_schema("news").restrict(("claims",)).layers
        ('claims',)

        Raises:
            SchemaError: a layer that the schema does not have.
        """
        if layers is None:
            return self
        missing = [layer for layer in layers if layer not in self.layers]
        if missing:
            raise SchemaError([f"schema {self.ref} has no layer {', '.join(missing)}; it has {', '.join(self.layers)}"])
        dropped: dict[str, Any] = {layer: None for layer in self.layers if layer not in layers}
        parts = {role for layer in layers for role in _PARTS_OF.get(layer, ())}
        relations = {role for layer in layers for role in _RELATIONS_OF.get(layer, ())}
        return msgspec.structs.replace(
            self,
            parts=[part for part in self.parts if part.role in parts],
            relations=[relation for relation in self.relations if relation.role in relations],
            **dropped,
        )


def load_schema(source: Schema | str | Path | None = None) -> Schema:
    """The schema in a file, or the packaged one of that name; None = `news`, and a schema is what it is.

    >>> load_schema("news").claim_kinds[:2]
    ('commitment_or_prediction', 'position')

    Raises:
        SchemaError: there is no such schema, or it is not well formed (all problems together).
        AnnotateError: the file cannot be read.
    """
    if isinstance(source, Schema):
        return source
    path = _find_schema(source if source is not None else DEFAULT_SCHEMA)
    try:
        schema = msgspec.convert(load_toml(path), Schema)
    except msgspec.ValidationError as error:
        raise SchemaError([f"{path}: {error}"]) from error
    problems = [f"{path}: {problem}" for problem in _find_form_problems(schema)]
    if problems:
        raise SchemaError(problems)
    return schema


def find_label_problems(record: LayeredRecord | Layers, schema: Schema) -> Iterator[str]:
    """One sentence for each label, type or kind of the record that the schema does not declare."""
    entity_labels, quote_types, kinds = set(schema.entity_labels), set(schema.quote_types), set(schema.claim_kinds)
    for layer in LAYERS:
        if getattr(record, layer) and layer not in schema.layers:
            yield f"layer {layer} is not in schema {schema.ref}, which has {', '.join(schema.layers)}"
    for i, entity in enumerate(record.entities or () if schema.entities else ()):
        for label in (entity.label, *(entity.alt_labels or ())):
            if label not in entity_labels:
                yield undeclared(f"entities[{i}]", "label", label, schema.ref, schema.entity_labels)
    for i, quote in enumerate(record.quotes or () if schema.quotes else ()):
        if quote.type not in quote_types:
            yield undeclared(f"quotes[{i}]", "type", quote.type, schema.ref, schema.quote_types)
    for i, claim in enumerate(record.claims or () if schema.claims else ()):
        if claim.kind not in kinds:
            yield undeclared(f"claims[{i}]", "kind", claim.kind, schema.ref, schema.claim_kinds)


def _find_schema(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix == ".toml" or path.name != str(source):
        return path
    packaged = resource_dir("schemas")
    found = packaged / f"{source}.toml"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(source)) or not found.is_file():
        known = ", ".join(sorted(file.stem for file in packaged.glob("*.toml")))
        raise SchemaError([f"no schema {str(source)!r}; give a .toml file, or one of: {known}"])
    return found


def _find_form_problems(schema: Schema) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", schema.name):
        yield f"name {schema.name!r}; expected lower-case letters, digits, - and _"
    if not re.fullmatch(r"\d+\.\d+\.\d+", schema.version):
        yield f"version {schema.version!r}; expected MAJOR.MINOR.PATCH"
    if not schema.layers:
        yield "no layer; expected at least one of [entities], [quotes], [claims]"
    groups: list[tuple[str, list[str]]] = [
        ("parts", [part.name for part in schema.parts]),
        ("part roles", [part.role for part in schema.parts]),
        ("relations", [relation.name for relation in schema.relations]),
        ("relation roles", [relation.role for relation in schema.relations]),
        ("entities.labels", list(schema.entity_labels)),
        ("quotes.types", list(schema.quote_types)),
        ("claims.kinds", list(schema.claim_kinds)),
        ("hotkeys", [label.hotkey for label in iter_labels(schema) if label.hotkey]),
    ]
    for group, names in groups:
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield appears_twice(f"{group}: {name!r}")
        if "" in names:
            yield f"{group}: an empty name"
    parts, relations = {part.role for part in schema.parts}, {relation.role for relation in schema.relations}
    for layer in schema.layers:
        missing = [role for role in _PARTS_OF.get(layer, ()) if role not in parts]
        yield from (f"layer {layer} needs a part with role {role!r}" for role in missing)
    for layer in schema.layers:
        lacking = [role for role in _RELATIONS_OF.get(layer, ()) if role not in relations]
        yield from (f"layer {layer} needs a relation with role {role!r}" for role in lacking)
    for quote_type in schema.quote_types:
        if quote_type not in ("direct", "indirect", "mixed"):
            yield f"quotes.types: {quote_type!r}; records know direct, indirect and mixed"
    if schema.claims and len(schema.claims.check_worthy) != 2:
        yield "claims.check_worthy needs exactly two values, yes first"
    for label in iter_labels(schema):
        if label.colour is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", label.colour):
            yield f"{label.name}: colour {label.colour!r}; expected #rrggbb"
    for migration in schema.migrations:
        for target in migration.entities.values():
            if target not in schema.entity_labels:
                yield f"migrations from {migration.since}: entity label {target!r} is not in the schema"
        for target in migration.kinds.values():
            if target not in schema.claim_kinds:
                yield f"migrations from {migration.since}: kind {target!r} is not in the schema"


def iter_labels(schema: Schema) -> Iterator[Label]:
    """Every label and attribute value of the schema, in the order of the interface."""
    yield from schema.parts
    if schema.quotes:
        yield from schema.quotes.types
    if schema.claims:
        yield from schema.claims.check_worthy
        yield from schema.claims.kinds
    if schema.entities:
        yield from schema.entities.labels
