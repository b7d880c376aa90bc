"""Which marks make one item: links to speaker, cue and claimer, and contents that go on in other marks. Pure.

Label Studio's regions and the marks of other formats are tied in the same way, so both are read with this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

from annotate.disjoint import DisjointSets
from annotate.schema import RelationRole, Role

LinkRole: TypeAlias = Literal["speaker", "cue", "claimer"]
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


class PartLinks(Generic[NoteT]):
    """The links of one text, between marks that are known by their keys.

    Args:
        plays: whether the mark with a key plays a role.

    >>> roles = {"q": "content", "s": "speaker", "t": "speaker", "more": "content"}
    >>> links = PartLinks(lambda key, role: roles[key] == role)
    >>> links.orient("speaker", "s", "q"), links.orient("cue", "s", "q")
    (('q', 's'), None)
    >>> for role, source, target in (("speaker", "more", "s"), ("continues", "q", "more"), ("speaker", "q", "t")):
    ...     links.add(role, source, target, f"{source}-{target}")
    >>> links.group(["more", "q"]), links.follow("speaker", ["q", "more"])
    ({'q': ['more', 'q']}, Followed(target='t', others=['more-s']))
    """

    def __init__(self, plays: Callable[[str, Role], bool]) -> None:
        self._plays = plays
        self._links: dict[tuple[RelationRole, str], list[tuple[str, NoteT]]] = {}
        self._joined: DisjointSets[str] = DisjointSets()
        self.served: set[str] = set()
        """The marks that some item is linked to."""

    def fits(self, role: RelationRole, source: str, target: str) -> bool:
        """Whether a link of this kind may lead from the one mark to the other."""
        first, second = ENDS[role]
        return self._plays(source, first) and self._plays(target, second)

    def orient(self, role: RelationRole, one: str, other: str) -> tuple[str, str] | None:
        """Source and target of the link between the two, turned where only that fits; None where neither does."""
        return next((ends for ends in ((one, other), (other, one)) if self.fits(role, *ends)), None)

    def infer(self, source: str, target: str, roles: Collection[RelationRole]) -> tuple[RelationRole, str, str] | None:
        """The one link of these kinds that can be between the two, as `add` takes it; None where nothing is certain."""
        ways = [
            (role, *ends)
            for ends in ((source, target), (target, source))
            for role in ENDS
            if role in roles and self.fits(role, *ends)
        ]
        if {role for role, _, _ in ways} == {"continues"}:
            ways = ways[:1]
        return ways[0] if len(ways) == 1 else None

    def add(self, role: RelationRole, source: str, target: str, note: NoteT) -> None:
        """Add a link that fits; `note` is what `follow` gives back for it."""
        if role == "continues":
            self._joined.join(source, target)
        else:
            self._links.setdefault((role, source), []).append((target, note))
            self.served.add(target)

    def group(self, contents: Iterable[str]) -> dict[str, list[str]]:
        """The contents that continue each other, whatever the links' direction or order, by the one that leads them."""
        groups: dict[str, list[str]] = {}
        for key in contents:
            groups.setdefault(self._joined.find(key), []).append(key)
        return groups

    def follow(self, role: LinkRole, sources: Iterable[str]) -> Followed[NoteT]:
        """Where the links of an item's marks lead: to the target of the first link."""
        found = [link for source in sources for link in self._links.get((role, source), ())]
        if not found:
            return Followed(None, [])
        first = found[0][0]
        return Followed(first, [note for target, note in found if target != first])
