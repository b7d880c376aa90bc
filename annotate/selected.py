"""What `meta.selection` holds: the design by which an article was taken out of a pool. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.records import Article, LayeredRecord

Order: TypeAlias = Literal["random", "uncertain", "diverse"]

#: the key in an article's `meta`
KEY = "selection"


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """How one article was selected (`annotate select`).

    `probability` is its chance to be in the batch, in (0, 1]. `pool` is the number of articles in the pool,
    `pool_sha256` its digest, whatever their order. `articles` is the number of them in the article's stratum, `units`
    that of the ones that can be drawn there, stories counting `per_story` times at most, and `story` the number in its
    story; 0 where that is not noted. `n` is the size of the batch; `order`, `chance`, `by`, `shares`, `per_story` and
    `seed` are the options; `drawn` is the day (UTC).
    """

    probability: float
    stratum: str
    pool: int
    pool_sha256: str
    seed: int
    n: int = 0
    articles: int = 0
    story: int = 0
    units: int = 0
    order: Order = "random"
    chance: float = 1.0
    by: list[str] = []
    shares: str = "proportional"
    per_story: int = 1
    drawn: str | None = None

    @property
    def design(self) -> tuple[str, int, int]:
        """What two articles of one batch have in common: pool, size and seed."""
        return self.pool_sha256, self.n, self.seed

    @property
    def weight(self) -> float:
        """How many articles of the pool this one speaks for."""
        return 1 / self.probability


def find_selected(record: Article | LayeredRecord) -> tuple[Selected | None, str | None]:
    """How the record's article was selected, None where it was not; and what is wrong with that part of its `meta`.

    >>> chosen = {"probability": 0.25, "stratum": "all", "pool": 8, "pool_sha256": "ab", "seed": 0}
    >>> find_selected(Article(id="a", text="Rain.", meta={"selection": chosen}))[0].weight
    4.0
    >>> find_selected(Article(id="a", text="Rain.", meta={"selection": {**chosen, "probability": 0}}))[1]
    'meta.selection has the probability 0.0; expected more than 0 and at most 1'
    """
    noted = record.meta.get(KEY)
    if not isinstance(noted, dict) or "probability" not in noted:  # a column of the source may have that name too
        return None, None
    try:
        found = msgspec.convert(noted, Selected)
    except msgspec.ValidationError as error:
        return None, f"meta.selection is not what annotate select writes ({error})"
    if not 0 < found.probability <= 1:
        return None, f"meta.selection has the probability {found.probability}; expected more than 0 and at most 1"
    return found, None


class Pools:
    """The designs of selected articles: the pool, its size, digest and day, the options, and how many were `here`.

    >>> pools = Pools()
    >>> pools.add(Selected(probability=0.5, stratum="all", pool=8, pool_sha256="ab", seed=0, n=4))
    >>> [(pool["articles"], pool["selected"], pool["here"]) for pool in pools.describe()]
    [(8, 4, 1)]
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int], Selected] = {}
        self._here: Counter[tuple[str, int, int]] = Counter()

    def add(self, selected: Selected) -> None:
        """Count one article."""
        self._found.setdefault(selected.design, selected)
        self._here[selected.design] += 1

    def find_problems(self) -> Iterator[str]:
        """A sentence for each pool of which there are articles of several batches: their chances do not fit."""
        batches: dict[str, list[str]] = {}
        for sha256, n, _ in sorted(self._found):
            batches.setdefault(sha256, []).append(str(n))
        for sha256, sizes in batches.items():
            if len(sizes) > 1:
                found = f"{len(sizes)} batches (of {' and '.join(sizes)} articles)"
                yield (
                    f"meta.selection is of {found} of one pool (sha256 {sha256[:12]}), whose weights do not fit; "
                    "give the last one with --batch B.jsonl"
                )

    def describe(self) -> list[dict[str, Any]]:
        """One entry for each design, in the order of digest, size and seed."""
        return [
            {
                "articles": one.pool,
                "sha256": one.pool_sha256,
                "drawn": one.drawn,
                "selected": one.n,
                "here": self._here[design],
                "order": one.order,
                "chance": one.chance,
                "by": one.by,
                "shares": one.shares,
                "per_story": one.per_story,
                "seed": one.seed,
            }
            for design, one in sorted(self._found.items())
        ]
