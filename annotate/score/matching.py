"""Optimal one-to-one matching: overlapping intervals by a sweep, weighted pairs by shortest augmenting paths.

No total depends on the order in which spans are listed.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from annotate.disjoint import DisjointSets

Weight: TypeAlias = tuple[int | Fraction, ...]


def count_overlap_pairs(gold: Sequence[tuple[int, int]], predicted: Sequence[tuple[int, int]]) -> int:
    """The size of a maximum one-to-one matching between half-open intervals that share at least one point.

    A sweep by right ends. Let x be the open interval that ends first, say a gold one. A predicted interval overlaps
    it if it starts before x ends, so all its partners contain the last point of x; and of two partners, the one that
    ends first overlaps a subset of what the other overlaps. Hence some maximum matching pairs x with the partner
    that ends first. This holds for nested and crossing intervals too, and takes O(n log n).

    >>> count_overlap_pairs([(0, 5), (6, 16)], [(3, 14), (15, 22)])
    2
    >>> count_overlap_pairs([(0, 5)], [(5, 9)])
    0
    """
    sides = (gold, predicted)
    done = ([False] * len(gold), [False] * len(predicted))
    by_start = tuple(sorted(range(len(spans)), key=lambda i, spans=spans: spans[i][0]) for spans in sides)  # type: ignore[misc]
    heaps: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])  # (end, index) of what has started
    started = [0, 0]
    pairs = 0
    by_end = sorted((spans[i][1], side, i) for side, spans in enumerate(sides) for i in range(len(spans)))
    for end, side, i in by_end:
        if done[side][i]:
            continue
        done[side][i] = True
        other = 1 - side
        order, spans, heap, closed = by_start[other], sides[other], heaps[other], done[other]
        position = started[other]
        while position < len(order) and spans[order[position]][0] < end:
            heapq.heappush(heap, (spans[order[position]][1], order[position]))
            position += 1
        started[other] = position
        while heap:
            _, partner = heapq.heappop(heap)
            if not closed[partner]:
                closed[partner] = True
                pairs += 1
                break
    return pairs


def best_pairs(edges: Mapping[tuple[int, int], Weight]) -> list[tuple[int, int]]:
    """The one-to-one pairs whose summed weight is largest, comparing weights position by position; sorted.

    Args:
        edges: (row, column) -> weight: a tuple of numbers >= 0, the first not 0, all of one length. The first
            position is maximised over all matchings, the second among those that are best in the first, and so on.

    >>> best_pairs({(0, 0): (1, 5), (0, 1): (1, 3), (1, 0): (1, 3)})
    [(0, 1), (1, 0)]
    """
    pairs: list[tuple[int, int]] = []
    for component in _components(edges):
        if len(component) == 1:
            pairs.extend(component)
        else:
            pairs.extend(_assign(_flatten(component)))
    pairs.sort()
    return pairs


def _components(edges: Mapping[tuple[int, int], Weight]) -> list[dict[tuple[int, int], Weight]]:
    """The edges, split by connected component."""
    joined: DisjointSets[int] = DisjointSets()  # rows as i, columns as -1 - j
    for row, column in edges:
        joined.join(-1 - column, row)
    components: dict[int, dict[tuple[int, int], Weight]] = defaultdict(dict)
    for edge, weight in edges.items():
        components[joined.find(edge[0])][edge] = weight
    return list(components.values())


def _flatten(edges: Mapping[tuple[int, int], Weight]) -> dict[tuple[int, int], int]:
    """Each weight as one integer, such that sums of integers compare as sums of tuples do."""
    most = min(len({row for row, _ in edges}), len({column for _, column in edges}))
    flat = dict.fromkeys(edges, 0)
    for position in range(len(next(iter(edges.values())))):
        values = {edge: weight[position] for edge, weight in edges.items()}
        scale = math.lcm(*(value.denominator for value in values.values()))
        whole = {edge: int(value * scale) for edge, value in values.items()}
        base = max(whole.values()) * most + 1
        if base > 1:
            flat = {edge: flat[edge] * base + whole[edge] for edge in edges}
    return flat


def _assign(weights: Mapping[tuple[int, int], int]) -> list[tuple[int, int]]:
    """The matching of largest total weight (Jonker & Volgenant 1987, sparse, in exact integers).

    Each row may also stay alone at weight 0. Rows enter one by one; each takes the shortest augmenting path in
    reduced costs, found by Dijkstra's algorithm, which seldom leaves the neighbourhood of its row.
    """
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    top = max(weights.values())
    for (row, column), weight in sorted(weights.items()):
        rows[row].append((column, top - weight))
    for row, columns in rows.items():
        columns.append((-1 - row, top))  # a column of its own: the row stays alone
    row_of: dict[int, int] = {}
    column_of: dict[int, int] = {}
    row_price: dict[int, int] = defaultdict(int)
    column_price: dict[int, int] = defaultdict(int)
    for free in rows:
        distance: dict[int, int] = {}
        before: dict[int, int] = {}
        closed: set[int] = set()
        visited = [free]
        heap: list[tuple[int, int]] = []
        row, reached = free, 0
        while True:
            for column, cost in rows[row]:
                if column in closed:
                    continue
                length = reached + cost - row_price[row] - column_price[column]
                if column not in distance or length < distance[column]:
                    distance[column] = length
                    before[column] = row
                    heapq.heappush(heap, (length, column))
            while True:
                reached, nearest = heapq.heappop(heap)
                if nearest not in closed:
                    break
            closed.add(nearest)
            if nearest not in row_of:
                break
            row = row_of[nearest]
            visited.append(row)
        row_price[free] += reached
        for row in visited[1:]:
            row_price[row] += reached - distance[column_of[row]]
        for column in closed:
            column_price[column] -= reached - distance[column]
        column = nearest
        while True:
            row = before[column]
            row_of[column] = row
            previous = column_of.get(row)
            column_of[row] = column
            if row == free:
                break
            assert previous is not None  # noqa: S101 - every visited row but the free one has a column
            column = previous
    return [(row, column) for row, column in column_of.items() if column >= 0]
