"""Other labels: which label of gold or of an extractor reads as which, so that the two can be compared.

A map is applied to gold and predictions alike, after they are read and before anything is matched. It is spelled as
rules `NEW=OLD[,OLD...]`, as a TOML file with a table `[entities]`, or as the name of a preset:

- `ontonotes`: other spellings of OntoNotes' 18 labels (PER, Organization, B-GPE) read as those.
- `conll`: PERSON, ORG, LOC (LOC, GPE, FAC) and MISC (NORP, EVENT, WORK_OF_ART, PRODUCT, LAW, LANGUAGE); times, numbers
  and amounts are left out.
- `wikidata-coarse`: what has an entry in Wikidata as PERSON, ORG, LOC (LOC, GPE, FAC), EVENT and WORK (WORK_OF_ART,
  PRODUCT, LAW); the other labels of OntoNotes are left out.

A rule knows a label as it is spelled; a preset whatever its case, with a tag's prefix (B-, I-, ...) or without. A label
that neither knows stays as it is: in a prediction it counts as wrong, because leaving it out would raise precision.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from annotate.errors import SchemaError
from annotate.files import load_toml
from annotate.items import sort_key
from annotate.printing import format_count
from annotate.records import Annotation, Entity, GoldRecord, LayeredRecord, Prediction, Region, Unplaced
from annotate.schema import EntitiesLayer, Label, Schema

OUT = "-"
"""What a rule has in place of a new label to leave its labels out."""

_NUMBERS = ("DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL")
#: OntoNotes' labels with other spellings, as `_fold` writes them.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "PERSON": ("PER", "PERS"),
    "NORP": (),
    "FAC": ("FACILITY",),
    "ORG": ("ORGANIZATION", "ORGANISATION"),
    "GPE": ("GEOPOLITICAL_ENTITY", "GEO_POLITICAL_ENTITY"),
    "LOC": ("LOCATION",),
    "PRODUCT": ("PROD",),
    "EVENT": ("EVE", "EVT"),
    "WORK_OF_ART": ("WORKOFART", "CREATIVE_WORK", "MEDIA"),
    "LAW": (),
    "LANGUAGE": ("LANG",),
    "DATE": (),
    "TIME": (),
    "PERCENT": ("PERCENTAGE",),
    "MONEY": (),
    "QUANTITY": (),
    "ORDINAL": (),
    "CARDINAL": (),
}
#: preset -> new label -> OntoNotes' labels, or a label that the preset adds.
_PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "conll": {
        "PERSON": ("PERSON",),
        "ORG": ("ORG",),
        "LOC": ("LOC", "GPE", "FAC"),
        "MISC": ("MISC", "MISCELLANEOUS", "NORP", "EVENT", "WORK_OF_ART", "PRODUCT", "LAW", "LANGUAGE"),
        OUT: _NUMBERS,
    },
    "ontonotes": {label: (label,) for label in _SPELLINGS},
    "wikidata-coarse": {
        "PERSON": ("PERSON",),
        "ORG": ("ORG",),
        "LOC": ("LOC", "GPE", "FAC"),
        "EVENT": ("EVENT",),
        "WORK": ("WORK", "WORK_OF_ART", "PRODUCT", "LAW"),
        OUT: ("NORP", "LANGUAGE", *_NUMBERS),
    },
}
PRESETS = tuple(_PRESETS)
#: What an extractor with CoNLL-2003's four labels can call them.
_CONLL_SPELLINGS = {"MISC", "MISCELLANEOUS"}.union(*((name, *_SPELLINGS[name]) for name in ("PERSON", "ORG", "LOC")))
_TAG_PREFIX = re.compile(r"[BIESLUM]-(?=.)")

R = TypeVar("R", bound=LayeredRecord)


def _fold(label: str) -> str:
    """The label as presets compare it: no prefix of a tag, upper case, one underscore for what is no letter or digit.

    >>> _fold("B-work of art"), _fold("Work-of-Art")
    ('WORK_OF_ART', 'WORK_OF_ART')
    """
    return re.sub(r"[\W_]+", "_", _TAG_PREFIX.sub("", label)).strip("_").upper()


def _spell_preset(name: str) -> dict[str, str]:
    """Every folded label that the preset knows, with its new label."""
    return {
        spelling: new
        for new, labels in _PRESETS[name].items()
        for label in labels
        for spelling in (label, *_SPELLINGS.get(label, ()))
    }


@dataclass(frozen=True)
class LabelMap:
    """Which label each label of an entity reads as. Applying a map twice is applying it once.

    Args:
        rules: pairs of an old label, as it is spelled, and the new one; `-` as the new one leaves the old one out.
        preset: one of `PRESETS`, for labels that no rule has; None = they stay as they are.

    >>> conll = LabelMap.parse(["conll", "ORG=company"])
    >>> [conll.new_label(label) for label in ("PER", "GPE", "company", "DATE", "gene")]
    ['PERSON', 'LOC', 'ORG', None, 'gene']
    >>> print(conll)
    conll;ORG=company

    Raises:
        SchemaError: an empty label, one with two new labels, or a new label that is itself mapped to another one; or
            no such preset.
    """

    rules: tuple[tuple[str, str], ...] = ()
    preset: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(sorted(set(self.rules))))
        problems = list(self._find_problems())
        if problems:
            raise SchemaError([f"--map: {problem}" for problem in problems])

    def _find_problems(self) -> Iterator[str]:
        if self.preset is not None and self.preset not in PRESETS:
            yield f"no preset {self.preset!r}; expected one of {', '.join(PRESETS)}"
            return
        if any(not old.strip() or not new.strip() for old, new in self.rules):
            yield "an empty label; expected NEW=OLD[,OLD...], as in LOC=GPE,FAC"
        news: dict[str, list[str]] = {}
        for old, new in self.rules:
            news.setdefault(old, []).append(new)
        for old, found in news.items():
            if len(found) > 1:
                yield f"{old} is mapped to {' and to '.join(found)}; keep one of them"
        for new in sorted({new for _, new in self.rules} | {new for _, new in self._spellings.items()} - {OUT}):
            further = OUT if new == OUT else self._map(new)
            if further != new:
                yield (
                    f"{new} is the new label of {', '.join(self._labels_of(new)[:4])} and is itself mapped to "
                    f"{further}; map them to {further} as well"
                )

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {} if self.preset is None else _spell_preset(self.preset)

    @cached_property
    def _rules(self) -> dict[str, str]:
        """The new label of every old one that a rule has, or that was asked for."""
        return dict(self.rules)

    def _labels_of(self, new: str) -> list[str]:
        found = [old for old, target in self.rules if target == new and old != new]
        return found or [old for old, target in self._spellings.items() if target == new and old != new]

    def _map(self, label: str) -> str:
        new = self._rules.get(label)
        if new is None and self._spellings:
            new = self._rules[label] = self._spellings.get(_fold(label), label)  # looked up once
        return label if new is None else new

    def new_label(self, label: str) -> str | None:
        """What the label reads as; None where it is left out.

        >>> LabelMap.parse(["LOC=GPE,FAC", "-=DATE"]).new_label("DATE") is None
        True
        """
        new = self._map(label)
        return None if new == OUT else new

    @classmethod
    def parse(cls, pieces: str | Sequence[str]) -> LabelMap:
        """The map that rules, files and the name of a preset spell together; their order plays no part.

        Args:
            pieces: each `NEW=OLD[,OLD...]`, a preset, or the path of a TOML file whose table `[entities]` has
                `NEW = ["OLD", ...]`.

        >>> LabelMap.parse("conll") == LabelMap(preset="conll")
        True

        Raises:
            SchemaError: a piece is none of these, or the map is not sound (see `LabelMap`).
            AnnotateError: a file cannot be read.
        """
        rules: list[tuple[str, str]] = []
        presets: list[str] = []
        problems: list[str] = []
        for piece in [pieces] if isinstance(pieces, str) else pieces:
            if piece in PRESETS:
                presets.append(piece)
            elif piece.endswith(".toml") and ("=" not in piece or Path(piece).is_file()):
                found, wrong = _read_file(Path(piece))
                rules += found
                problems += wrong
            elif "=" in piece:
                new, _, olds = piece.partition("=")
                rules += [(old.strip(), new.strip()) for old in olds.split(",")]
            else:
                problems.append(f"--map {piece}: expected NEW=OLD[,OLD...], a .toml file, or {', '.join(PRESETS)}")
        if len(set(presets)) > 1:
            problems.append(f"--map: {' and '.join(presets)} are two presets; choose one")
        if problems:
            raise SchemaError(problems)
        return cls(tuple(rules), presets[0] if presets else None)

    def to_dict(self) -> dict[str, Any]:
        """The map as a signature holds it: the preset, and the old labels by new one.

        >>> LabelMap.parse(["LOC=GPE,FAC"]).to_dict()
        {'entities': {'LOC': ['FAC', 'GPE']}}
        """
        preset = {} if self.preset is None else {"preset": self.preset}
        entities: dict[str, list[str]] = {}
        for old, new in sorted(self.rules, key=lambda rule: (rule[1], rule[0])):
            entities.setdefault(new, []).append(old)
        return {**preset, **({"entities": entities} if entities else {})}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> LabelMap:
        """The map that `to_dict` wrote.

        >>> conll = LabelMap.parse(["conll", "ORG=company"])
        >>> LabelMap.from_dict(conll.to_dict()) == conll
        True
        """
        entities: Mapping[str, Sequence[str]] = found.get("entities", {})
        return cls(tuple((old, new) for new, olds in entities.items() for old in olds), found.get("preset"))

    def __str__(self) -> str:
        entities: Mapping[str, list[str]] = self.to_dict().get("entities", {})
        rules = [f"{new}={','.join(olds)}" for new, olds in entities.items()]
        return ";".join([*([self.preset] if self.preset else []), *rules])

    def map_schema(self, schema: Schema) -> Schema:
        """The schema with the labels that its own ones read as, in their order.

        A label takes definition, colour and the rest from the first of the labels that read as it.

        >>> from annotate.schema import load_schema
        >>> LabelMap(preset="conll").map_schema(load_schema("news")).entity_labels
        ('PERSON', 'MISC', 'LOC', 'ORG')
        """
        if schema.entities is None:
            return schema
        labels: dict[str, Label] = {}
        for label in sorted(schema.entities.labels, key=lambda label: self._map(label.name) != label.name):
            new = self.new_label(label.name)
            if new is not None and new not in labels:
                labels[new] = msgspec.structs.replace(label, name=new)
        order = list(dict.fromkeys(filter(None, map(self.new_label, schema.entity_labels))))
        entities = EntitiesLayer(description=schema.entities.description, labels=[labels[name] for name in order])
        return msgspec.structs.replace(schema, entities=entities)


def _read_file(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    content = load_toml(path)
    table = content.get("entities")
    example = 'expected a table [entities] with lines such as LOC = ["GPE", "FAC"]'
    if set(content) != {"entities"} or not isinstance(table, dict):
        return [], [f"{path}: has {', '.join(content) or 'nothing'}; {example}"]
    rules: list[tuple[str, str]] = []
    problems = []
    for new, olds in table.items():
        listed = [olds] if isinstance(olds, str) else olds
        if isinstance(listed, list) and all(isinstance(old, str) for old in listed):
            rules += [(old, new) for old in listed]
        else:
            problems.append(f"{path}: entities.{new} is {olds!r}; {example}")
    return rules, problems


def suggest_preset(gold: Iterable[str], predicted: Iterable[str]) -> str | None:
    """The preset under which every predicted label is one that gold has, or is left out; None where there is none.

    >>> suggest_preset(["PERSON", "NORP", "GPE", "DATE"], ["PER", "LOC", "MISC"])
    'conll'
    >>> suggest_preset(["PERSON", "GPE", "DATE"], ["Person", "gpe", "date"])
    'ontonotes'
    >>> suggest_preset(["PERSON", "GPE"], ["gene"]) is None
    True

    Args:
        gold: the labels that gold can have, not only those that occur.
        predicted: the labels of the predictions.
    """
    known, found = set(gold), set(predicted)
    coarse = all(_fold(label) in _CONLL_SPELLINGS for label in found)
    for name in ("conll", "ontonotes", "wikidata-coarse") if coarse else ("ontonotes", "conll", "wikidata-coarse"):
        preset = LabelMap(preset=name)
        reached = {preset.new_label(label) for label in known} | {None}
        if all(preset.new_label(label) in reached for label in found):
            return name
    return None


@dataclass
class Relabelling:
    """One side's records under a map, and what it did to them.

    `left_out` counts the entities that are left out by label, `merged` those that had become the same as another one;
    `seen` are all labels before.
    """

    label_map: LabelMap | None
    side: str
    left_out: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    seen: set[str] = field(default_factory=set)

    def records(self, records: Iterable[R]) -> Iterable[R]:
        """The records with their new labels, one by one; without a map the records as they are."""
        return records if self.label_map is None else map(self.record, records)

    def schema(self, schema: Schema) -> Schema:
        """The schema with its new labels; without a map the schema as it is."""
        return schema if self.label_map is None else self.label_map.map_schema(schema)

    def record(self, record: R) -> R:
        """One record with its new labels. An absent layer stays absent.

        Entities that differed in nothing but labels which now read the same are one entity, the one with the best
        score; what was a copy before stays a copy. Where a gold entity's label is left out and an alternative one is
        not, the entity becomes a region that is left out of the counts.
        """
        if self.label_map is None:
            return record
        changed: dict[str, Any] = {}
        if record.entities is not None:
            regions: list[Region] = []
            changed["entities"] = self._map_entities(record.entities, regions)
            if regions and isinstance(record, GoldRecord):
                changed["ignore"] = [*(record.ignore or ()), *regions]
        if isinstance(record, Prediction) and record.unplaced:
            changed["unplaced"] = list(self._map_unplaced(record.unplaced))
        if isinstance(record, Annotation) and record.predicted is not None and record.predicted.entities is not None:
            entities = Relabelling(self.label_map, self.side)._map_entities(record.predicted.entities, [])
            changed["predicted"] = msgspec.structs.replace(record.predicted, entities=entities)
        return msgspec.structs.replace(record, **changed) if changed else record

    def _map_unplaced(self, items: Iterable[Unplaced]) -> Iterator[Unplaced]:
        assert self.label_map is not None  # noqa: S101 - the caller has seen to it
        for item in items:
            new = item.label
            if item.layer == "entities" and item.label is not None:
                self.seen.add(item.label)
                new = self.label_map.new_label(item.label)
            if new is None and item.label is not None:
                self.left_out[item.label] += 1
            else:
                yield item if new == item.label else msgspec.structs.replace(item, label=new)

    def _map_entities(self, entities: Sequence[Entity], regions: list[Region]) -> list[Entity]:
        assert self.label_map is not None  # noqa: S101 - the caller has seen to it
        new_label = self.label_map.new_label
        groups: dict[tuple[int, int, str], list[tuple[int, str, Entity]]] = {}
        for place, entity in enumerate(entities):
            self.seen.add(entity.label)
            new = new_label(entity.label)
            alternatives = list(dict.fromkeys(filter(None, map(new_label, entity.alt_labels or ()))))
            self.seen.update(entity.alt_labels or ())
            if new is None:
                self.left_out[entity.label] += 1
                if alternatives:
                    regions.append(Region(entity.start, entity.end, "entities"))
                continue
            if new != entity.label or entity.alt_labels:
                further = [label for label in alternatives if label != new] or None
                mapped = msgspec.structs.replace(entity, label=new, alt_labels=further)
            else:
                mapped = entity
            groups.setdefault((entity.start, entity.end, new), []).append((place, entity.label, mapped))
        kept: list[tuple[int, Entity]] = []
        for group in groups.values():
            copies = max(Counter(old for _, old, _ in group).values())
            if copies < len(group):
                self.merged += len(group) - copies
                group = _merge(group, copies)
            kept += [(place, entity) for place, _, entity in group]
        return [entity for _, entity in sorted(kept, key=lambda pair: pair[0])]

    def describe(self) -> str | None:
        """What the map did to this side, in one sentence; None where it left nothing out and merged nothing."""
        parts = []
        if self.left_out:
            labels = ", ".join(f"{label} {n:,}" for label, n in self.left_out.most_common())
            parts.append(f"{format_count(sum(self.left_out.values()), 'entity')} left out ({labels})")
        if self.merged:
            parts.append(f"{self.merged:,} the same as another one under the new labels, counted once")
        return f"{self.side} under --map {self.label_map}: {'; '.join(parts)}" if parts else None


def _merge(group: Sequence[tuple[int, str, Entity]], copies: int) -> list[tuple[int, str, Entity]]:
    """So many of the entities, the best scored ones, at the first places; with all right labels of the group."""
    best = sorted((entity for _, _, entity in group), key=lambda entity: (-(entity.score or 0), sort_key(entity)))
    labels = list(dict.fromkeys(label for entity in best for label in entity.alt_labels or ()))
    return [
        (place, old, msgspec.structs.replace(entity, alt_labels=labels or None))
        for (place, old, _), entity in zip(group, best[:copies], strict=False)
    ]


def find_unused(sides: Sequence[Relabelling]) -> str | None:
    """A sentence on labels that rules have and no side does, because one of them may be misspelt; None without."""
    seen = {label for side in sides for label in side.seen}
    rules = {rule for side in sides if side.label_map is not None for rule in side.label_map.rules}
    unused = sorted({old for old, new in rules if old not in seen and old != new})
    return f"--map: no entity has the label {', '.join(unused)}" if unused else None
