"""Splits that keep stories together: related articles share a split, and no article ever moves."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotate.disjoint import DisjointNumbers
from annotate.errors import GoldError
from annotate.gold.manifest import LeftOut, Placed
from annotate.gold.names import is_split

DEFAULT_SHARES: Mapping[str, float] = {"train": 0.8, "dev": 0.1, "test": 0.1}


@dataclass(frozen=True)
class Assignment:
    """Where each article goes: `placed` in the order of the ids given, None for one that is left out."""

    placed: list[Placed | None]
    left_out: list[LeftOut]

    def sizes(self) -> dict[str, int]:
        """The number of articles in each split."""
        return dict(Counter(place.split for place in self.placed if place is not None))


class Groups(DisjointNumbers):
    """Disjoint sets of article numbers, each with at most one split and cluster; the least number leads its set."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.split: list[str | None] = [None] * count
        self.cluster: list[str | None] = [None] * count

    def join(self, first: int, second: int) -> int:
        """Make the sets of both one, led by the least number; they must not have different splits."""
        first, second = self.find(first), self.find(second)
        if first == second:
            return first
        low, high = min(first, second), max(first, second)
        super().join(low, high)
        self.split[low] = self.split[low] or self.split[high]
        self.cluster[low] = min((name for name in (self.cluster[low], self.cluster[high]) if name), default=None)
        return low


def parse_shares(text: str) -> dict[str, float]:
    """The shares in `train=0.8,dev=0.1,test=0.1`.

    >>> parse_shares("train=3,test=1")
    {'train': 0.75, 'test': 0.25}

    Raises:
        GoldError: a part is not NAME=NUMBER, a name is not a word, or the numbers are not positive.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            shares[name] = float(number)
        except ValueError:
            raise GoldError([f"shares {text!r}: {part!r}; expected NAME=NUMBER, such as train=0.8"]) from None
    return check_shares(shares)


def check_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares, scaled to a sum of 1.

    Raises:
        GoldError: a name is not a lower-case word, or a share is not positive.
    """
    problems = [f"split {name!r}; expected a lower-case word" for name in shares if not is_split(name)]
    problems += [
        f"split {name}: share {share}; expected more than 0" for name, share in shares.items() if not share > 0
    ]
    if problems or not shares:
        raise GoldError(problems or ["no splits; expected shares such as train=0.8,dev=0.1,test=0.1"])
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def find_bridged(ids: Sequence[str], links: Iterable[tuple[int, int]], placed: Mapping[str, Placed]) -> list[list[int]]:
    """The linked groups that have articles in different splits: from each, an article has to be left out.

    >>> find_bridged(["a", "b", "c"], [(0, 1), (1, 2)], {"a": Placed("train", ""), "c": Placed("test", "")})
    [[0, 1, 2]]
    """
    groups = Groups(len(ids))
    for a, b in links:
        groups.join(a, b)
    members: dict[int, list[int]] = defaultdict(list)
    splits: dict[int, set[str]] = defaultdict(set)
    for number, id in enumerate(ids):
        root = groups.find(number)
        members[root].append(number)
        if id in placed and placed[id].split:
            splits[root].add(placed[id].split)
    return [members[root] for root, found in splits.items() if len(found) > 1]


def assign_splits(
    ids: Sequence[str],
    links: Iterable[tuple[int, int]],
    *,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    placed: Mapping[str, Placed] | None = None,
) -> Assignment:
    """A split and a cluster for each article, so that linked articles share both.

    Articles in `placed` stay there. A new article joins the split of its related ones; if these are in several it is
    left out, since any place would leak. Groups without a place go largest first, then by the hash of their first
    id, each to the split that lacks most articles: the shares come out as close as whole groups allow, and
    the order of the input plays no part.

    Args:
        ids: the articles, sorted.
        links: pairs of numbers of articles that belong together.
        shares: the wanted share of each split.
        placed: places that are fixed: those of the parent release, or given by the user; an empty split or cluster is
            still to be found.

    Raises:
        GoldError: two placed articles belong together but are in different splits.

    >>> result = assign_splits(["a", "b", "c"], [(0, 2)], shares={"train": 0.6, "test": 0.4})
    >>> [place.split for place in result.placed]
    ['train', 'test', 'train']
    """
    shares = check_shares(shares)
    placed = placed or {}
    kin: dict[int, set[int]] = defaultdict(set)
    for a, b in links:
        kin[a].add(b)
        kin[b].add(a)
    groups = Groups(len(ids))
    for number, id in enumerate(ids):
        if id in placed:
            groups.split[number], groups.cluster[number] = placed[id].split or None, placed[id].cluster or None
    fixed = [number for number in range(len(ids)) if groups.split[number]]
    _join_fixed(groups, ids, kin, fixed)

    left_out: dict[int, LeftOut] = {}
    accepted = set(fixed)
    for number in range(len(ids)):
        if number in accepted:
            continue
        near = sorted(kin[number] & accepted)
        splits = {split for split in (groups.split[groups.find(other)] for other in near) if split}
        if len(splits) > 1:
            left_out[number] = LeftOut(ids[number], [ids[other] for other in near])
            continue
        accepted.add(number)
        for other in near:
            groups.join(number, other)
    members: dict[int, list[int]] = defaultdict(list)
    for number in range(len(ids)):
        if number not in left_out:
            members[groups.find(number)].append(number)
    _fill(groups, ids, members, shares)

    places: list[Placed | None] = [None] * len(ids)
    for root, numbers in members.items():
        place = Placed(groups.split[root] or "", groups.cluster[root] or f"c{_hash(ids[numbers[0]])[:12]}")
        for number in numbers:
            places[number] = place
    return Assignment(places, [left_out[number] for number in sorted(left_out)])


def _join_fixed(groups: Groups, ids: Sequence[str], kin: Mapping[int, set[int]], fixed: list[int]) -> None:
    problems = []
    chosen = set(fixed)
    for number in fixed:
        for other in sorted(kin.get(number, ())):
            if other < number or other not in chosen:
                continue
            here, there = groups.split[groups.find(number)], groups.split[groups.find(other)]
            if here != there:
                problems.append(
                    f"{ids[number]} is in split {here} and {ids[other]} in {there}, but they are related; "
                    "take one of them out"
                )
            else:
                groups.join(number, other)
    if problems:
        raise GoldError(problems)


def _fill(groups: Groups, ids: Sequence[str], members: Mapping[int, list[int]], shares: Mapping[str, float]) -> None:
    total = sum(len(numbers) for numbers in members.values())
    lacking = {split: share * total for split, share in shares.items()}
    for root, numbers in members.items():
        split = groups.split[root]
        if split in lacking:
            lacking[split] -= len(numbers)
    free = [root for root in members if groups.split[root] is None]
    for root in sorted(free, key=lambda root: (-len(members[root]), _hash(ids[members[root][0]]))):
        best = max(lacking, key=lambda split: lacking[split])
        groups.split[root] = best
        lacking[best] -= len(members[root])


def _hash(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
