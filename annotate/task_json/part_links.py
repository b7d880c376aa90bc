"""Marks to items: which marks make one item, however a tool labels, links and orders them. Pure.

Label Studio's regions and the marks of every other format with labelled spans go through this: marks are sorted by what
they play (`add_mark`), links are read (`connect`), pieces of one quote are grouped (`group`), an item's speaker, cue or
claimer is found (`follow`), and parts without an item are named (`unserved`). What comes out is the same; attributes,
and how a thing that does not fit is reported, are the reader's: Label Studio has controls, a person who can mend the
task and an item to quarantine, other formats have values and a report of counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

from annotate.disjoint import DisjointSets
from annotate.records import LinkRole
from annotate.schema import RelationRole, Role, Schema

NoteT = TypeVar("NoteT")

ENDS: dict[RelationRole, tuple[Role, Role]] = {
    "speaker": ("content", "speaker"),
    "cue": ("content", "cue"),
    "claimer": ("claim", "speaker"),
    "continues": ("content", "content"),
}
"""The parts at the source and at the target of each kind of link."""


class Followed(NamedTuple, Generic[NoteT]):
    """The mark that an item's links of one kind lead to, and the notes of its links to other marks."""

    target: str | None
    others: list[NoteT]


class Connected(NamedTuple):
    """What became of one label of a link.

    `drawn` and `turned`: the label fits, as it was drawn or the other way round. `inferred`: it does not fit, but only
    one kind of link can be between the two, `role`. `unclear`: nothing is certain. `second`: it does not fit, and the
    link has a label before it. With the last two, nothing was added.
    """

    label: str | None
    how: Literal["drawn", "turned", "inferred", "second", "unclear"]
    role: RelationRole | None = None


class PartLinks(Generic[NoteT]):
    """The marks of one text, known by their keys, and the links between them.

    >>> from annotate.schema import load_schema
    >>> links = PartLinks(load_schema())
    >>> for key, role in {"q": "content", "s": "speaker", "t": "speaker", "more": "content"}.items():
    ...     links.add_mark(key, role)
    >>> for source, target, *labels in ("s", "more", "speaker"), ("q", "more"), ("q", "t", "cue"):
    ...     links.connect(source, target, labels, f"{source}-{target}")
    [Connected(label='speaker', how='turned', role='speaker')]
    [Connected(label=None, how='inferred', role='continues')]
    [Connected(label='cue', how='inferred', role='speaker')]
    >>> links.group(), links.follow("speaker", ["more", "q"])
    ({'q': ['q', 'more']}, Followed(target='s', others=['q-t']))
    """

    def __init__(self, schema: Schema) -> None:
        self._relations: dict[str, RelationRole] = {relation.name: relation.role for relation in schema.relations}
        self._roles: dict[str, set[Role]] = {}
        self._entities: set[str] = set()
        self._links: dict[tuple[RelationRole, str], list[tuple[str, NoteT]]] = {}
        self._joined: DisjointSets[str] = DisjointSets()
        self._served: set[str] = set()

    def add_mark(self, key: str, *roles: Role) -> None:
        """Add a mark with the parts that it plays; an entity plays none."""
        self._roles[key] = set(roles)
        if not roles:
            self._entities.add(key)

    def plays(self, key: str, role: Role) -> bool:
        """Whether the mark plays the part."""
        return role in self._roles[key]

    def lend_speaker(self, source: str, target: str, labels: Iterable[str]) -> str | None:
        """Let an entity play a speaker where a link of that label joins it to a part; the entity's key, if so."""
        ends = {source, target}
        entities = ends & self._entities
        if not ends <= self._roles.keys() or len(entities) != 1:
            return None
        if {self._relations.get(label) for label in labels}.isdisjoint({"speaker", "claimer"}):
            return None
        [entity] = entities
        self._roles[entity] = {"speaker"}
        return entity

    def connect(self, source: str, target: str, labels: Sequence[str], note: NoteT) -> list[Connected]:
        """Add the link between two marks, by its labels or, where none fits, by what can be between them.

        Args:
            note: what `follow` gives back for the link.
        """
        connected: list[Connected] = []
        misfits: list[str | None] = [] if labels else [None]
        for label in labels:
            role = self._relations.get(label)
            ends = None if role is None else self._orient(role, source, target)
            if role is None or ends is None:
                misfits.append(label)
                continue
            self.add(role, *ends, note)
            connected.append(Connected(label, "drawn" if ends == (source, target) else "turned", role))
        for misfit in misfits:
            if connected:
                connected.append(Connected(misfit, "second"))
            elif certain := self._infer(source, target):
                self.add(*certain, note)
                connected.append(Connected(misfit, "inferred", certain[0]))
            else:
                connected.append(Connected(misfit, "unclear"))
        return connected

    def add(self, role: RelationRole, source: str, target: str, note: NoteT) -> None:
        """Add a link that fits; `connect` finds out whether it does."""
        if role == "continues":
            self._joined.join(source, target)
        else:
            self._links.setdefault((role, source), []).append((target, note))
            self._served.add(target)

    def group(self) -> dict[str, list[str]]:
        """The contents that continue each other, whatever the links' direction or order, by the one that leads them."""
        groups: dict[str, list[str]] = {}
        for key, roles in self._roles.items():
            if "content" in roles:
                groups.setdefault(self._joined.find(key), []).append(key)
        return groups

    def follow(self, role: LinkRole, sources: Iterable[str]) -> Followed[NoteT]:
        """Where the links of an item's marks lead: to the target of the first link."""
        found = [link for source in sources for link in self._links.get((role, source), ())]
        if not found:
            return Followed(None, [])
        first = found[0][0]
        return Followed(first, [note for target, note in found if target != first])

    def unserved(self) -> list[str]:
        """The speakers and cues that no item is linked to, in the order in which they were added."""
        return [
            key
            for key, roles in self._roles.items()
            if roles and roles <= {"speaker", "cue"} and key not in self._served
        ]

    def _orient(self, role: RelationRole, one: str, other: str) -> tuple[str, str] | None:
        """Source and target of the link between the two, turned where only that fits; None where neither does."""
        return next((ends for ends in ((one, other), (other, one)) if self._fits(role, *ends)), None)

    def _infer(self, source: str, target: str) -> tuple[RelationRole, str, str] | None:
        """The one link of the schema that can be between the two; None where there is none or more than one."""
        ways = [
            (role, *ends)
            for ends in ((source, target), (target, source))
            for role in self._relations.values()
            if self._fits(role, *ends)
        ]
        if {role for role, _, _ in ways} == {"continues"}:
            ways = ways[:1]
        return ways[0] if len(ways) == 1 else None

    def _fits(self, role: RelationRole, source: str, target: str) -> bool:
        first, second = ENDS[role]
        return self.plays(source, first) and self.plays(target, second)
