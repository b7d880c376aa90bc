"""How the items of gold and prediction are paired: found once, for the counts and for the list of errors alike.

Entities are paired by the alignment that the confusion matrix uses, quotes and claims by their own. Totals can differ
by a few items from the counts of the schemes, each of which has the alignment that is best for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from annotate.records import Layer, Region
from annotate.score.counts import ArticleCounts
from annotate.score.formulas import Column
from annotate.score.matching import Weight, best_pairs
from annotate.score.tables import Flags, Numbers


class Pair(NamedTuple):
    """A gold item and the prediction that it is paired with, by their places in the layers of the two records.

    `same_label` is about the label of an entity, the type of a quote, kind and check-worthiness of a claim;
    `same_link` about the head of the speaker, or a shared token of the claimer (entities have no links: true).
    """

    gold: int
    predicted: int
    same_extent: bool
    same_label: bool
    same_link: bool = True


@dataclass(frozen=True)
class Alignment:
    """One layer of one article: pairs in gold's order, and the predictions that count neither way."""

    pairs: Sequence[Pair] = ()
    left_out: Sequence[int] = ()


@dataclass(frozen=True)
class EntityPairs:
    """The entities of all articles, paired: one row per pair, and one row per prediction that is left out."""

    article: Numbers
    gold: Numbers
    predicted: Numbers
    same_extent: Flags
    same_label: Flags
    left_out_article: Numbers
    left_out: Numbers

    @cached_property
    def _by_article(self) -> dict[int, Alignment]:
        pairs: dict[int, list[Pair]] = {}
        columns = (self.article, self.gold, self.predicted, self.same_extent, self.same_label)
        for article, *pair in zip(*(column.tolist() for column in columns), strict=True):
            pairs.setdefault(article, []).append(Pair(*pair))
        left_out: dict[int, list[int]] = {}
        for article, place in zip(self.left_out_article.tolist(), self.left_out.tolist(), strict=True):
            left_out.setdefault(article, []).append(place)
        return {
            article: Alignment(sorted(pairs.get(article, ())), sorted(left_out.get(article, ())))
            for article in {*pairs, *left_out}
        }

    def of(self, article: int) -> Alignment:
        """The alignment of one article."""
        return self._by_article.get(article, Alignment())


@dataclass(frozen=True)
class Alignments:
    """The alignment of every article and layer that was scored.

    Args:
        position: article id -> its number.
        has: which articles were scored on a layer, shape (articles,).
        items: quotes and claims by layer and article; what is not there has no pair.
        entities: None where entities were not scored.
    """

    position: Mapping[str, int] = field(default_factory=dict)
    has: Mapping[Layer, Flags] = field(default_factory=dict)
    items: Mapping[Layer, Mapping[int, Alignment]] = field(default_factory=dict)
    entities: EntityPairs | None = None

    def of(self, article_id: str) -> dict[Layer, Alignment]:
        """The alignments of one article by layer, for the layers that it was scored on.

        Raises:
            KeyError: gold had no such article.
        """
        article = self.position[article_id]
        found: dict[Layer, Alignment] = {}
        for layer, scored in self.has.items():
            if not scored[article]:
                continue
            if layer == "entities" and self.entities is not None:
                found[layer] = self.entities.of(article)
            elif layer in self.items:
                found[layer] = self.items[layer].get(article, Alignment())
        return found


def overlaps_region(ranges: Iterable[tuple[int, int]], regions: Sequence[Region], layer: Layer) -> bool:
    """Whether one of the ranges overlaps a region that gold leaves out for this layer."""
    return any(
        region.layer in (None, layer) and start < region.end and region.start < end
        for start, end in ranges
        for region in regions
    )


class HasTokens(Protocol):
    """A quote or a claim as the comparison sees it: tokens, core (`TextIndex.core`), and its index in the record.

    One that is `ignorable` overlaps a region that gold leaves out; without a partner it counts neither way.
    """

    @property
    def tokens(self) -> frozenset[int]: ...
    @property
    def core(self) -> tuple[int, ...]: ...
    @property
    def ignorable(self) -> bool: ...
    @property
    def place(self) -> int: ...


View = TypeVar("View", bound=HasTokens)


def count_shared_tokens(gold: Sequence[HasTokens], predicted: Sequence[HasTokens]) -> dict[tuple[int, int], int]:
    """(gold, prediction) -> how many tokens they share, for those that share any."""
    holders: dict[int, list[int]] = {}
    for j, view in enumerate(predicted):
        for token in view.tokens:
            holders.setdefault(token, []).append(j)
    shared: Counter[tuple[int, int]] = Counter()
    for i, view in enumerate(gold):
        for token in view.tokens:
            for j in holders.get(token, ()):
                shared[i, j] += 1
    return dict(shared)


def list_counted(predicted: Sequence[View], pairs: Sequence[tuple[int, int]]) -> list[View]:
    """The predictions that count: those with a partner, and those that no region leaves out."""
    paired = {j for _, j in pairs}
    return [view for j, view in enumerate(predicted) if j in paired or not view.ignorable]


def make_alignment(
    gold: Sequence[View],
    predicted: Sequence[View],
    pairs: Sequence[tuple[int, int]],
    to_pair: Callable[[View, View], Pair],
) -> Alignment:
    """The alignment of one article by the places of the items in their records."""
    counted = {view.place for view in list_counted(predicted, pairs)}
    return Alignment(
        sorted(to_pair(gold[i], predicted[j]) for i, j in pairs),
        sorted(view.place for view in predicted if view.place not in counted),
    )


def align_halves(
    gold: Sequence[View],
    predicted: Sequence[View],
    shared: Mapping[tuple[int, int], int],
    same_link: Callable[[View, View], bool],
) -> list[tuple[int, int]]:
    """One-to-one pairs with a Jaccard of tokens of 0.5 or more: most pairs of one core, then most summed Jaccard.

    Args:
        shared: (gold, prediction) -> how many tokens they share, as `count_shared_tokens` gives it.
        same_link: settles ties; whether speaker or claimer are the same.
    """
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared.items():
        g, p = gold[i], predicted[j]
        either = len(g.tokens) + len(p.tokens) - n
        if 2 * n >= either:
            edges[i, j] = (int(g.core == p.core), Fraction(n, either), int(same_link(g, p)), int(not p.ignorable))
    return best_pairs(edges)


@dataclass(frozen=True)
class HalfCounts(ArticleCounts):
    """The pairs of `align_halves`, those with one core, and the predictions that count beside them."""

    pairs: Column
    core: Column
    predicted: Column

    def add(
        self,
        article: int,
        gold: Sequence[HasTokens],
        predicted: Sequence[HasTokens],
        pairs: Sequence[tuple[int, int]],
    ) -> None:
        """Count one article."""
        self.pairs[article] = len(pairs)
        self.core[article] = sum(gold[i].core == predicted[j].core for i, j in pairs)
        self.predicted[article] = len(list_counted(predicted, pairs))
