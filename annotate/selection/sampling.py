"""Drawing a batch: permanent random numbers, stories, strata, and the probability of every article. Pure.

Each article has random numbers of its own, a hash of seed and id (Ohlsson 1995): the same seed gives the same batch,
and an article that is added or taken away hardly changes it. There are two stages.

1. *A member for each story.* Of a story of articles with sizes x, one is taken with probability x / X, where X is the
   sum over its members: the one with the least -ln(u) / x (the race of exponential clocks).
2. *Stories within strata.* Of the stories of a stratum, the n with the least v / X are taken, v being a further
   random number: sequential Poisson sampling (Ohlsson 1998). A story's probability is min(1, c X), with c such that the
   sum over the stratum is n.

The probability of an article is the product of the two. With equal X the second stage is a simple random sample without
replacement, and all of this is exact. With unequal X Ohlsson's probabilities are approximate: in strata of 100 stories
or more the totals they give are off by less than 0.5 % (`tests/unit/selection/test_sampling.py` measures it).

Both orders are fixed before n is known, and seats go to strata one by one (a divisor method), so that a larger batch
contains the smaller.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Reals: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]

LEAST = 2  # articles of each stratum: with one, nothing is known about the spread within it


@dataclass(frozen=True)
class Draw:
    """The articles taken, by number, in the order in which a growing batch takes them, each with its probability."""

    taken: Numbers
    probability: Reals


def random_numbers(ids: Iterable[str], seed: int) -> Reals:
    """Three independent numbers in (0, 1) for each id, shape (ids, 3): always the same for one seed and id.

    >>> numbers = random_numbers(["a", "b"], 0)
    >>> bool((numbers[0] == random_numbers(["c", "a"], 0)[1]).all()), bool((numbers > 0).all())
    (True, True)
    """
    key = f"{seed}\0".encode()
    digests = bytearray()
    for id in ids:
        digests += hashlib.blake2b(key + id.encode("utf-8", "surrogatepass"), digest_size=24).digest()
    bits = np.frombuffer(digests, dtype="<u8").reshape(-1, 3) >> np.uint64(11)
    return (bits.astype(np.float64) + 0.5) / float(1 << 53)


def award_seats(sizes: Sequence[float], room: Sequence[int], n: int) -> list[int]:
    """The stratum of each of n seats, in the order in which they are given.

    First every stratum gets one, then a second one, then each seat goes where size / (seats + 1/2) is largest
    (Webster and Sainte-Lague), so that shares come out as whole numbers allow; the first n of more seats are always the
    same ones. A stratum never gets more than it has room for.

    >>> award_seats([60, 30, 10], [60, 30, 10], 10)
    [0, 1, 2, 0, 1, 2, 0, 0, 0, 1]
    """
    seats = [s for round_ in range(LEAST) for s in range(len(sizes)) if room[s] > round_][:n]
    given = [seats.count(s) for s in range(len(sizes))]
    waiting = [(-sizes[s] / (given[s] + 0.5), s) for s in range(len(sizes)) if given[s] < room[s]]
    heapq.heapify(waiting)
    while len(seats) < n and waiting:
        _, s = heapq.heappop(waiting)
        seats.append(s)
        given[s] += 1
        if given[s] < room[s]:
            heapq.heappush(waiting, (-sizes[s] / (given[s] + 0.5), s))
    return seats


@dataclass(frozen=True)
class Units:
    """What is drawn from: one member of each story, shape (units,) each.

    Attributes:
        article: the number of the member.
        share: its chance within the story.
        size: of the story, the sum over its members.
        key: what the stories of a stratum are ordered by.
        stratum: of the member.
    """

    article: Numbers
    share: Reals
    size: Reals
    key: Reals
    stratum: Numbers


def choose_members(numbers: Reals, story: Numbers, size: Reals, stratum: Numbers, *, per_story: int = 1) -> Units:
    """The first stage: of each story one member, of one split by chance into `per_story` parts one of each.

    Args:
        numbers: as `random_numbers` gives them, in the order of the articles.
        story: of each article, any number.
        size: of each article, more than 0: how likely it is beside others.
        stratum: of each article, the same for all of a story (`join_strata`).
        per_story: how many members of a story at most; 0 = any number.

    >>> units = choose_members(random_numbers("abc", 0), np.array([0, 0, 1]), np.ones(3), np.zeros(3, int))
    >>> len(units.article), sorted(units.share.tolist())
    (2, [0.5, 1.0])
    """
    count = len(story)
    if per_story == 0:
        unit = np.arange(count)
    elif per_story == 1:
        unit = story
    else:
        order = np.lexsort((numbers[:, 2], story))
        first = np.concatenate(([True], story[order][1:] != story[order][:-1])) if count else np.zeros(0, bool)
        starts = np.maximum.accumulate(np.where(first, np.arange(count), 0))
        part = np.empty(count, np.int64)
        part[order] = (np.arange(count) - starts) % per_story
        unit = story * per_story + part
    _, unit = np.unique(unit, return_inverse=True)
    total: Reals = np.bincount(unit, size).astype(np.float64)
    order = np.lexsort((-np.log(numbers[:, 0]) / size, unit))
    member = order[np.concatenate(([True], unit[order][1:] != unit[order][:-1]))] if count else order
    whole = total[unit[member]]
    return Units(member, size[member] / whole, whole, numbers[member, 1] / whole, stratum[member])


def join_strata(stratum: Numbers, story: Numbers) -> Numbers:
    """The strata with each story in one of them: that of most of its members, and of several such the first.

    Were each member in its own, the strata would depend on which members are chosen, and intervals within strata would
    not know of that part of chance.

    >>> join_strata(np.array([0, 1, 1, 2, 0]), np.array([7, 7, 7, 8, 9])).tolist()
    [1, 1, 1, 2, 0]
    """
    if not len(stratum):
        return stratum
    width = int(stratum.max()) + 1
    pairs, counts = np.unique(story * width + stratum, return_counts=True)
    order = np.lexsort((pairs % width, -counts, pairs // width))
    first = order[np.concatenate(([True], np.diff(pairs[order] // width) > 0))]
    chosen: Numbers = (pairs[first] % width)[np.searchsorted(pairs[first] // width, story)]
    return chosen


def draw(units: Units, seats: Sequence[int], strata: int) -> Draw:
    """The second stage: a unit for each seat, with the probability of its article.

    Args:
        seats: the stratum of each (`award_seats`); no more of a stratum than it has units.
        strata: how many there are.
    """
    queues: list[Numbers] = []
    for s in range(strata):
        here = np.flatnonzero(units.stratum == s)
        queues.append(here[np.lexsort((units.article[here], units.key[here]))])
    given = [0] * strata
    taken: list[int] = []
    for s in seats:
        taken.append(int(queues[s][given[s]]))
        given[s] += 1
    probability = np.zeros(len(units.article))
    for s, queue in enumerate(queues):
        probability[queue] = units.share[queue] * unit_chances(units.size[queue], given[s])
    return Draw(units.article[taken], probability[taken])


def unit_chances(sizes: Reals, n: int) -> Reals:
    """The chance of each unit to be among n: proportional to its size, at most 1, n in sum.

    >>> unit_chances(np.array([1.0, 1.0, 2.0, 8.0]), 2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    chances = np.ones(len(sizes))
    free = np.ones(len(sizes), bool)
    while n < len(sizes):
        factor = (n - int((~free).sum())) / sizes[free].sum()
        chances[free] = sizes[free] * factor
        above = free & (chances >= 1)
        if not above.any():
            break
        chances[above] = 1.0
        free &= ~above
    return chances
