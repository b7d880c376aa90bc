"""Which articles count as related: copies, reports of one event, and no others."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.files import resource_dir
from annotate.ingest.articles import read_articles
from annotate.records import GoldRecord
from annotate.release.grouping import rows
from annotate.release.grouping.duplicates import (
    BANDS,
    COMPARED,
    THRESHOLD,
    BandHasher,
    KeyStore,
    Shingles,
    find_duplicates,
    jaccard,
    shingles,
)
from annotate.release.grouping.kinship import Kinship
from annotate.release.grouping.splits import Groups
from annotate.release.grouping.stories import DAYS, SHARED_NAMES, SHARED_RUNS, SIMILARITY, find_stories
from tests.support.corpora import read_corpus


def find_links(records: list[GoldRecord]) -> list[tuple[str, str]]:
    kinship = Kinship()
    for record in records:
        kinship.add(record)
    return [(records[a].id, records[b].id) for a, b in kinship.links(records.__getitem__)]


def group_sizes(records: list[GoldRecord], links: list[tuple[str, str]]) -> Counter[int]:
    number = {record.id: place for place, record in enumerate(records)}
    groups = Groups(len(records))
    for a, b in links:
        groups.join(number[a], number[b])
    return Counter(Counter(groups.find(place) for place in range(len(records))).values())


@pytest.fixture(scope="module")
def seeds() -> list[GoldRecord]:
    folder = str(resource_dir("seeds"))
    return [GoldRecord(id=a.id, text=a.text, date=a.date) for a in read_articles([folder])]


def test_the_seeds_are_one_story(seeds: list[GoldRecord]) -> None:
    assert len(seeds) == 5
    assert group_sizes(seeds, find_links(seeds)) == {5: 1}


def test_a_light_rewrite_is_kin_whatever_its_date(seeds: list[GoldRecord]) -> None:
    text = seeds[3].text
    rewrite = GoldRecord(id="z", text=text.replace("Biden", "The president").upper()[200:], date="1999-01-01")
    assert find_links([GoldRecord(id="a", text=text, date="2021-07-26"), rewrite]) == [("a", "z")]


def test_one_story_ends_after_two_days(seeds: list[GoldRecord]) -> None:
    texts = seeds[0].text, seeds[1].text

    def linked(later: str) -> bool:
        dates = ("2021-07-26", later)
        records = [GoldRecord(id=str(i), text=t, date=d) for i, (t, d) in enumerate(zip(texts, dates, strict=True))]
        return bool(find_links(records))

    assert linked("2021-07-28")
    assert not linked("2021-07-29")


def test_texts_without_words_or_names_are_nobodys_kin() -> None:
    assert (
        find_links([GoldRecord(id="a", text="..."), GoldRecord(id="b", text="..."), GoldRecord(id="c", text="!")]) == []
    )


def chain(count: int) -> list[GoldRecord]:
    """Texts of thirty words, of which twenty-five are those of the one before: near-duplicates of their neighbours."""
    words = [f"w{number}" for number in range(200)]
    return [GoldRecord(id=f"a{n}", text=" ".join(words[5 * n : 5 * n + 30])) for n in range(count)]


def test_numbers_follow_a_new_order() -> None:
    records = [*chain(2), GoldRecord(id="z", text="Quite another text of no more than these ten words.")]
    kinship = Kinship()
    for record in records:
        kinship.add(record)
    order = [2, 1, 0]
    kinship.sort(order)
    found = [records[number] for number in order]
    assert [(found[a].id, found[b].id) for a, b in kinship.links(found.__getitem__)] == [("a1", "a0")]


def test_every_pair_of_near_duplicates_among_a_few() -> None:
    records = [*chain(4), GoldRecord(id="none"), GoldRecord(id="empty", text="")]
    found = [shingles(record.text or "") for record in records]
    near = {(a, b) for a, b in combinations(range(6), 2) if jaccard(found[a], found[b]) >= THRESHOLD}
    assert near == {(0, 1), (1, 2), (2, 3)}
    kinship = Kinship()
    assert set(kinship.duplicates_among(range(6), records.__getitem__)) == near
    assert list(kinship.duplicates_among([3, 0, 2], records.__getitem__)) == [(2, 3)]


def test_articles_that_only_share_a_key_are_not_all_compared() -> None:
    count = COMPARED + 50
    asked = 0

    def get_shingles(number: int) -> Shingles:
        nonlocal asked
        asked += 1
        return np.array([number], np.uint32)

    assert list(find_duplicates([np.ones(count, np.uint64)], get_shingles)) == []
    assert asked == 2 * sum(min(number, COMPARED) for number in range(count))


@pytest.fixture(scope="module")
def polnear(shared_data: Path) -> list[GoldRecord]:
    records = []
    for part in ("train", "dev"):
        read = read_corpus(shared_data, f"polnear_quotes.{part}", GoldRecord)
        records += [GoldRecord(id=one.id, text=one.text, date=one.date) for one in read]
    return sorted(records, key=lambda record: record.id)


def test_a_year_of_one_campaign_does_not_stick_together(polnear: list[GoldRecord], seeds: list[GoldRecord]) -> None:
    records = [*seeds, *polnear]
    links = find_links(records)
    sizes = group_sizes(records, links)
    assert max(sizes) <= 15
    assert sizes[1] >= 0.8 * len(records)
    own = {seed.id for seed in seeds}
    assert all((a in own) == (b in own) for a, b in links)
    # without dates only common wording ties articles, so fewer come together, not more
    undated = [GoldRecord(id=record.id, text=record.text) for record in polnear]
    assert max(group_sizes(undated, find_links(undated))) <= 6


def test_new_articles_never_tie_older_ones_together(polnear: list[GoldRecord]) -> None:
    before, after = polnear[::3], polnear
    old = {record.id for record in before}
    stories = {frozenset(link) for link in find_links(before)}
    later = {frozenset(link) for link in find_links(after) if set(link) <= old}
    assert later <= stories


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=14), min_size=2, max_size=8))
def test_near_duplicates_are_those_of_an_exhaustive_comparison(texts: list[list[str]]) -> None:
    found = [shingles(" ".join(words)) for words in texts]
    one_bucket = [np.zeros(len(texts), dtype=np.uint64)]
    pairs = list(find_duplicates(one_bucket, found.__getitem__))
    expected = [(a, b) for a, b in combinations(range(len(texts)), 2) if jaccard(found[a], found[b]) >= THRESHOLD]
    assert set(pairs) <= set(expected)
    ours, theirs = Groups(len(texts)), Groups(len(texts))
    for a, b in pairs:
        ours.join(a, b)
    for a, b in expected:
        theirs.join(a, b)
    assert [ours.find(i) for i in range(len(texts))] == [theirs.find(i) for i in range(len(texts))]


@pytest.mark.parametrize("in_memory", [1, 1 << 30])
def test_keys_come_back_band_by_band(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_IN_MEMORY", in_memory)
    chance = np.random.default_rng(0)
    keys = chance.integers(0, 1 << 63, (2500, BANDS), dtype=np.uint64)  # two blocks and a part of one
    store = KeyStore()
    for row in keys:
        store.append(row)
    order = chance.permutation(2500)
    assert len(store) == 2500
    assert np.array_equal(np.stack(list(store.bands(order))), keys[order].T)


def test_links_are_the_same_whether_memory_or_disk_holds_what_they_need(
    seeds: list[GoldRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = find_links(seeds)
    monkeypatch.setattr(rows, "_IN_MEMORY", 1)
    assert find_links(seeds) == in_memory


def test_the_hashes_find_nearly_all_near_duplicates() -> None:
    rng = random.Random(0)
    hasher, found, keys = BandHasher(), [], []
    for _ in range(100):
        words = [f"w{rng.randrange(5000)}" for _ in range(200)]
        for text in (words, [*words[:150], *(f"w{rng.randrange(5000)}" for _ in range(20))]):
            found.append(shingles(" ".join(text)))
            keys.append(hasher.keys(found[-1]))
    pairs = set(find_duplicates(np.array(keys).T, found.__getitem__))
    likely = [(2 * i, 2 * i + 1) for i in range(100) if jaccard(found[2 * i], found[2 * i + 1]) >= THRESHOLD]
    assert len(likely) == 100
    assert len(pairs) >= 97


@pytest.mark.parametrize("similarity", [0.1, 0.5, 0.9])
def test_signatures_agree_as_often_as_the_sets_do(similarity: float) -> None:
    """Broder 1997: the least hashes of two sets are equal with a probability that is their Jaccard similarity."""
    random_ = np.random.default_rng(7)
    hasher, agreed, places = BandHasher(), 0, 0
    for _ in range(60):
        both, each = round(600 * similarity), round(600 * (1 - similarity) / 2)
        drawn = random_.choice(1 << 32, both + 2 * each, replace=False).astype(np.uint32)
        a, b = np.sort(drawn[: both + each]), np.sort(np.concatenate([drawn[:both], drawn[both + each :]]))
        assert jaccard(a, b) == pytest.approx(similarity, abs=0.01)
        found = hasher.sign(a) == hasher.sign(b)
        agreed, places = agreed + int(found.sum()), places + len(found)
    # five standard errors of a binomial share
    assert agreed / places == pytest.approx(similarity, abs=5 * (similarity * (1 - similarity) / places) ** 0.5)


def test_a_signature_is_that_of_the_whole_set_however_long() -> None:
    hasher = BandHasher()
    numbers = np.arange(10_000, dtype=np.uint32) * np.uint32(0x9E3779B1)
    parts = np.array_split(numbers, 7)
    assert (hasher.sign(numbers) == np.min([hasher.sign(part) for part in parts], axis=0)).all()
    assert (hasher.sign(numbers[:0]) == np.iinfo(np.uint32).max).all()


def test_stories_are_those_of_a_comparison_of_all_pairs() -> None:
    """Names and dates drawn at random; no name is in more articles than `RARE`, so that every pair is looked at."""
    chance = random.Random(3)
    names, days = [], []
    for number in range(60):
        story = number // 3
        shared = [story * 100 + n for n in range(chance.randrange(3, 12))]
        own = chance.sample(range(10_000, 60_000), chance.randrange(12))
        names.append(np.array(sorted({*shared, *own}), dtype=np.uint32))
        days.append(None if number % 7 == 0 else 100 + story % 4 + chance.randrange(4))

    def get_shingles(number: int) -> Shingles:
        return np.arange(20 if number % 2 else 5, dtype=np.uint32)

    expected = set()
    for a, b in combinations(range(60), 2):
        both = len(set(names[a].tolist()) & set(names[b].tolist()))
        alike = both >= SHARED_NAMES and both >= SIMILARITY * (len(names[a]) + len(names[b]) - both)
        one, other = days[a], days[b]
        if one is not None and other is not None:
            near = abs(one - other) <= DAYS
        else:
            near = len(np.intersect1d(get_shingles(a), get_shingles(b))) >= SHARED_RUNS
        if alike and near:
            expected.add((a, b))
    assert set(find_stories(names, days, get_shingles)) == expected
    assert len(expected) > 20
