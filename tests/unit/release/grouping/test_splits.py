"""Splits: related articles stay together, placed ones do not move, shares are met as closely as groups allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import GoldError
from annotate.gold.manifest import Placed
from annotate.release.grouping.splits import assign_splits, parse_shares

SHARES = {"train": 0.6, "dev": 0.2, "test": 0.2}


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[str], list[tuple[int, int]]]:
    count = draw(st.integers(1, 30))
    numbers = st.integers(0, count - 1)
    links = draw(st.lists(st.tuples(numbers, numbers).filter(lambda p: p[0] < p[1]), max_size=20))
    return [f"a{number:02d}" for number in range(count)], links


def groups_of(count: int, links: list[tuple[int, int]]) -> list[set[int]]:
    groups = [{number} for number in range(count)]
    for a, b in links:
        merged = groups[a] | groups[b]
        for member in merged:
            groups[member] = merged
    return groups


@given(corpora())
def test_kin_share_split_and_cluster_and_others_have_their_own_cluster(
    corpus: tuple[list[str], list[tuple[int, int]]],
) -> None:
    ids, links = corpus
    places = assign_splits(ids, links, shares=SHARES).placed
    groups = groups_of(len(ids), links)
    for a in range(len(ids)):
        for b in range(len(ids)):
            assert (places[a] == places[b]) == (b in groups[a]) or places[a].cluster != places[b].cluster
            if b in groups[a]:
                assert places[a] == places[b]


@given(corpora())
def test_shares_are_met_to_within_the_largest_group(corpus: tuple[list[str], list[tuple[int, int]]]) -> None:
    ids, links = corpus
    sizes = assign_splits(ids, links, shares=SHARES).sizes()
    largest = max(len(group) for group in groups_of(len(ids), links))
    for split, share in SHARES.items():
        assert abs(sizes.get(split, 0) - share * len(ids)) <= largest


@given(corpora(), st.data())
def test_articles_keep_their_split_whatever_comes_later(
    corpus: tuple[list[str], list[tuple[int, int]]], data: st.DataObject
) -> None:
    ids, links = corpus
    old = sorted(data.draw(st.sets(st.integers(0, len(ids) - 1))))
    number = {old_number: place for place, old_number in enumerate(old)}
    first = assign_splits(
        [ids[i] for i in old], [(number[a], number[b]) for a, b in links if a in number and b in number], shares=SHARES
    )
    placed = {ids[i]: place for i, place in zip(old, first.placed, strict=True)}
    second = assign_splits(ids, links, shares=SHARES, placed=placed)
    for i in old:
        assert second.placed[i].split == placed[ids[i]].split
    for a, b in links:
        if second.placed[a] and second.placed[b]:
            assert second.placed[a] == second.placed[b]
    for left in second.left_out:
        assert left.id not in placed
        assert left.kin


def test_an_article_with_kin_in_two_splits_is_left_out_by_name() -> None:
    placed = {"a": Placed("train", "c1"), "c": Placed("test", "c2")}
    result = assign_splits(["a", "b", "c"], [(0, 1), (1, 2)], placed=placed)
    assert result.placed[1] is None
    assert [(left.id, left.kin) for left in result.left_out] == [("b", ["a", "c"])]


def test_placed_kin_in_two_splits_are_refused() -> None:
    placed = {"a": Placed("train", ""), "b": Placed("test", "")}
    with pytest.raises(GoldError, match="a is in split train and b in test"):
        assign_splits(["a", "b"], [(0, 1)], placed=placed)


@pytest.mark.parametrize("text", ["train", "train=x", "../x=1", "train=0", "train=-1,dev=2", "train=nan", ""])
def test_shares_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(GoldError):
        parse_shares(text)
