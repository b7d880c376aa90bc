"""What changed between two releases, article by article and span by span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.differences import ItemChange, compare_items
from annotate.display import Displayed
from annotate.errors import GoldError
from annotate.gold.contents import find_file_problems
from annotate.gold.load import find_release, load_manifest, read_places, split_files
from annotate.gold.manifest import Manifest
from annotate.gold.parquet import iter_gold
from annotate.printing import short_repr
from annotate.records import LAYERS, GoldRecord
from annotate.schema import ClaimsLayer, Label, Schema, load_schema

ArticleKind: TypeAlias = Literal["added", "removed", "changed"]

# fields of an article that are compared as one value; layers are compared item by item, hashes follow from the text
_FIELDS = (
    *("text", "title", "date", "publisher", "url", "meta", "licence", "schema", "guideline", "model", "annotators"),
    *("decided_by", "split", "cluster", "ignore", "sentences", "weight"),
)


class ArticleChange(msgspec.Struct, frozen=True):
    """One article that differs; `fields` has what changed beside items. `before` and `after` are its two versions."""

    id: str
    kind: ArticleKind
    fields: tuple[str, ...]
    spans: tuple[ItemChange, ...]
    before: GoldRecord | None
    after: GoldRecord | None


class DiffCounts(msgspec.Struct):
    """Totals of a diff: articles by kind, fields by name, and spans by layer and change."""

    articles: Counter[str] = msgspec.field(default_factory=Counter)
    fields: Counter[str] = msgspec.field(default_factory=Counter)
    spans: dict[str, Counter[str]] = msgspec.field(default_factory=dict)

    def add(self, change: ArticleChange) -> None:
        """Count one article."""
        self.articles[change.kind] += 1
        self.fields.update(change.fields)
        for span in change.spans:
            self.spans.setdefault(span.layer, Counter()).update(span.changes)

    def __bool__(self) -> bool:
        return bool(self.articles)


class Diff(Displayed):
    """The difference of two releases; iterating reads both, and fills `counts` on the way.

    `a` and `b` are the manifests, `schema` is the newer label schema, `meaning` has sentences on what changed in it.
    """

    def __init__(self, a: Path, b: Path, left: Manifest, right: Manifest) -> None:
        self.a, self.b = left, right
        self._folders = (a, b)
        self.schema = load_schema(b / "schema.toml")
        self.meaning = find_meaning_changes(load_schema(a / "schema.toml"), self.schema)
        self.counts = DiffCounts()

    def __repr__(self) -> str:
        return short_repr(self, f"{self.a.ref} -> {self.b.ref}")

    def __iter__(self) -> Iterator[ArticleChange]:
        self.counts = DiffCounts()
        for old, new in _align(*self._folders, self.a, self.b):
            change = compare_articles(old, new)
            if change is not None:
                self.counts.add(change)
                yield change


def diff_releases(a: str | Path, b: str | Path) -> Diff:
    """The difference from release `a` to release `b`, each a folder or `name/version`.

    Both are read in step, one article at a time, so that their size does not matter.

    Raises:
        GoldError: one of them is no release, or is damaged.
    """
    (first, _), (second, _) = find_release(a), find_release(b)
    left, right = load_manifest(first), load_manifest(second)
    problems = [
        f"{folder}: {problem}"
        for folder, manifest in ((first, left), (second, right))
        for problem in find_file_problems(folder, manifest)
    ]
    if problems:
        raise GoldError(problems)
    return Diff(first, second, left, right)


def compare_articles(before: GoldRecord | None, after: GoldRecord | None) -> ArticleChange | None:
    """How an article differs between two releases; None where it does not."""
    if before is None or after is None:
        present = after or before
        if present is None:
            return None
        empty = GoldRecord(id=present.id)
        spans = tuple(compare_items(before or empty, after or empty))
        return ArticleChange(present.id, "added" if before is None else "removed", (), spans, before, after)
    if before == after:
        return None
    fields = [f"{name} changed" for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    for layer in LAYERS:
        was, now = (getattr(record, layer) is not None for record in (before, after))
        if was != now:
            fields.append(f"{layer} {'annotated now' if now else 'no longer annotated'}")
    return ArticleChange(before.id, "changed", tuple(fields), tuple(compare_items(before, after)), before, after)


def _align(a: Path, b: Path, left: Manifest, right: Manifest) -> Iterator[tuple[GoldRecord | None, GoldRecord | None]]:
    """The records of both releases with one id together, by split and id.

    An article that is in both but in different splits, which no release built here has, comes out as a pair too.
    """
    moved = _moved(a, b, left, right)
    parked: dict[str, GoldRecord] = {}
    for split in sorted({*left.splits, *right.splits}):
        olds = _records(a, left, split)
        news = _records(b, right, split)
        old, new = next(olds, None), next(news, None)
        while old is not None or new is not None:
            if new is None or (old is not None and old.id < new.id):
                yield from _park(old, None, moved, parked)
                old = next(olds, None)
            elif old is None or new.id < old.id:
                yield from _park(None, new, moved, parked)
                new = next(news, None)
            else:
                yield old, new
                old, new = next(olds, None), next(news, None)


def _park(
    old: GoldRecord | None, new: GoldRecord | None, moved: set[str], parked: dict[str, GoldRecord]
) -> Iterator[tuple[GoldRecord | None, GoldRecord | None]]:
    record: Any = old or new
    if record.id not in moved:
        yield old, new
    elif record.id in parked:
        other = parked.pop(record.id)
        yield (old, other) if new is None else (other, new)
    else:
        parked[record.id] = record


def _moved(a: Path, b: Path, left: Manifest, right: Manifest) -> set[str]:
    """The ids that are in both releases, but in different splits."""
    if left.name == right.name:
        return set()
    before, after = read_places(a, left), read_places(b, right)
    return {id for id in before.keys() & after.keys() if before[id].split != after[id].split}


def _records(folder: Path, manifest: Manifest, split: str) -> Iterator[GoldRecord]:
    if split in manifest.splits:
        for path in split_files(folder, manifest, split):
            yield from iter_gold(path)


def find_meaning_changes(before: Schema, after: Schema) -> list[str]:
    """One sentence for each change that makes an old label mean something else or less than before.

    Names, definitions, layers, parts, relations, general rules and rules for claims are meaning; colours, hotkeys,
    titles, sources and examples are not.

    >>> from annotate.schema import Label, Schema, load_schema
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
    if before.claims and after.claims and _list_rules(before.claims) != _list_rules(after.claims):
        changes.append("rules for claims changed")
    return changes


def _list_rules(claims: ClaimsLayer) -> list[tuple[str, str]]:
    return [(one.name, one.rule) for one in claims.rules or ()]


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
