"""Disjoint sets against a plain search of the graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.disjoint import DisjointSets

pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


@given(pairs)
def test_two_members_are_together_when_a_path_of_joins_leads_from_one_to_the_other(
    joined: list[tuple[int, int]],
) -> None:
    sets: DisjointSets[int] = DisjointSets()
    for left, right in joined:
        sets.join(left, right)
    for start in range(13):
        reached, waiting = {start}, [start]
        while waiting:
            at = waiting.pop()
            near = {b for a, b in joined if a == at} | {a for a, b in joined if b == at}
            waiting += near - reached
            reached |= near
        assert {other for other in range(13) if sets.find(other) == sets.find(start)} == reached


@given(pairs)
def test_the_first_ones_leader_leads(joined: list[tuple[int, int]]) -> None:
    sets: DisjointSets[int] = DisjointSets()
    for left, right in joined:
        leader = sets.find(left)
        assert sets.join(left, right) == leader == sets.find(right)


def test_a_chain_of_any_length_needs_no_recursion() -> None:
    sets: DisjointSets[int] = DisjointSets()
    for number in range(50_000):
        sets.join(number + 1, number)
    assert sets.find(0) == 50_000
