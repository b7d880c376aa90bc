"""Items of one text on another: all of them on the same text, and only what was not touched on an edited one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.copies.carry import carry_items
from annotate.items import confidence_of, identity_of, iter_items, links_of, ranges_of, shift
from annotate.records import Claim, Entity, GoldRecord, Quote, Region, Span
from annotate.spans import find_span_problems
from annotate.text.word_alignment import Words
from tests.support.spans import range_of
from tests.support.strategies import ANY_TEXT, TEXTS, gold_records, predictions

WORDS = st.lists(st.sampled_from(["Ann", "Lee", "said", "that", "“", "”", ",", "rain", "fell", "in", "Oslo", "."]))


def join(words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text of the words, and where each is."""
    ranges, at = [], 0
    for word in words:
        ranges.append((at, at + len(word)))
        at += len(word) + 1
    return " ".join(words), ranges


@st.composite
def annotated(draw: st.DrawFn) -> tuple[GoldRecord, list[str]]:
    """Words, and items that begin and end with words."""
    words = draw(WORDS.filter(lambda found: len(found) > 1))
    text, ranges = join(words)
    ends = st.tuples(*[st.integers(0, len(words) - 1)] * 2).map(sorted)
    spans = ends.map(lambda pair: Span(ranges[pair[0]][0], ranges[pair[1]][1]))
    entities = [Entity(one.start, one.end, "GPE") for one in draw(st.lists(spans, max_size=4))]
    quotes = [
        Quote("direct", [one], draw(st.none() | spans), draw(st.none() | spans))
        for one in draw(st.lists(spans, max_size=3))
    ]
    claims = [
        Claim(one.start, one.end, True, "event", draw(st.none() | spans)) for one in draw(st.lists(spans, max_size=3))
    ]
    return GoldRecord(id="a", text=text, entities=entities, quotes=quotes, claims=claims), words


def identities(record: Any, text: str) -> Counter[Any]:
    return Counter(identity_of(item, text) for _, item in iter_items(record))


@given(annotated())
def test_everything_stays_on_the_same_text(drawn: tuple[GoldRecord, list[str]]) -> None:
    record, _ = drawn
    found = carry_items(record, record.text or "")
    assert identities(found.layers, record.text or "") == identities(record, record.text or "")
    assert (found.aligned, found.dropped, found.lost_links) == (1.0, [], 0)
    assert {confidence_of(item) for _, item in iter_items(found.layers)} <= {1.0}


@given(annotated(), st.lists(st.sampled_from(["new", "words", "here"]), min_size=1, max_size=8))
def test_words_in_front_shift_everything(drawn: tuple[GoldRecord, list[str]], new: list[str]) -> None:
    record, _ = drawn
    text = record.text or ""
    front = " ".join(new) + " "
    found = carry_items(record, front + text)
    # what begins the text has another word before it now
    inner = [item for _, item in iter_items(record) if all(start > 0 for start, _ in _all_ranges(item))]
    moved = Counter(identity_of(shift(item, len(front)), front + text) for item in inner)
    assert not moved - identities(found.layers, front + text)
    assert {one.reason for one in found.dropped} <= {"surroundings"}
    assert all(one.item not in inner for one in found.dropped)


def _all_ranges(item: Any) -> list[tuple[int, int]]:
    return [*ranges_of(item), *((one.start, one.end) for one in links_of(item).values() if one is not None)]


@given(annotated(), st.data())
def test_a_word_inside_an_item_drops_it(drawn: tuple[GoldRecord, list[str]], data: st.DataObject) -> None:
    record, words = drawn
    at = data.draw(st.integers(1, len(words) - 1))
    edited, ranges = join([*words[:at], "XXX", *words[at:]])
    start, end = ranges[at]
    found = carry_items(record, edited)
    assert not [
        place
        for _, item in iter_items(found.layers)
        for place in _all_ranges(item)
        if place[0] < end and start < place[1]
    ]
    cut = [
        item
        for _, item in iter_items(record)
        if any(left < start - 1 and start <= right for left, right in ranges_of(item))
    ]
    assert {id(one.item) for one in found.dropped if one.reason == "words"} >= {id(item) for item in cut}


@given(gold_records() | predictions(), TEXTS | ANY_TEXT)
def test_nothing_is_invented_and_offsets_fit(record: Any, text: str) -> None:
    for target in (text, record.text, record.text + text, text + record.text):
        found = carry_items(record, target)
        assert list(find_span_problems(found.layers, target)) == []
        for layer in ("entities", "quotes", "claims"):
            given_items, carried = getattr(record, layer), getattr(found.layers, layer)
            assert (given_items is None) == (carried is None)
            lost = sum(one.layer == layer for one in found.dropped)
            assert len(carried or ()) + lost == len(given_items or ())
        said = Counter(_reads(item, record.text) for _, item in iter_items(record))
        assert not Counter(_reads(item, target) for _, item in iter_items(found.layers)) - said


def _reads(item: Any, text: str) -> tuple[Any, ...]:
    """The words that an item covers, whole words, after folding."""
    words = Words(text)
    return tuple(sorted(tuple(words.folded[n] for n in words.touched(*found)) for found in ranges_of(item)))


# ------------------------------------------------------------------------------------------------------ by hand

TEXT = "Mayor Ann Lee said the bridge would close on Monday. “We waited too long,” she told the council in Oslo."
GOLD = GoldRecord(
    id="wire",
    text=TEXT,
    entities=[
        Entity(*range_of(TEXT, "Ann Lee"), "PERSON", id="e1", note="sure?"),
        Entity(*range_of(TEXT, "Oslo"), "GPE"),
    ],
    quotes=[
        Quote(
            "indirect",
            [Span(*range_of(TEXT, "the bridge would close on Monday"))],
            Span(*range_of(TEXT, "Mayor Ann Lee")),
        ),
        Quote(
            "direct",
            [Span(*range_of(TEXT, "“We waited too long,”"))],
            Span(*range_of(TEXT, "she")),
            Span(*range_of(TEXT, "told")),
            speaker_name="Ann Lee",
        ),
    ],
)


def test_a_lost_link_is_counted_and_the_quote_stays() -> None:
    found = carry_items(GOLD, TEXT.replace("she told the council", "he told the council"))
    quote = (found.layers.quotes or [])[1]
    assert (quote.speaker, quote.cue is not None, quote.speaker_name) == (None, True, "Ann Lee")
    assert found.lost_links == 1


def test_a_quote_that_goes_on_is_dropped_and_a_name_beside_it_is_not() -> None:
    found = carry_items(GOLD, TEXT.replace("on Monday.", "on Monday and open in May."))
    assert [quote.type for quote in found.layers.quotes or ()] == ["direct"]
    assert [one.reason for one in found.dropped] == ["surroundings"]
    assert len(found.layers.entities or ()) == 2


def test_ids_and_notes_stay_behind_and_the_confidence_says_how_much_is_the_same_around() -> None:
    found = carry_items(GOLD, TEXT.replace("said the bridge", "says a bridge"))
    person = (found.layers.entities or [])[0]
    assert (person.id, person.note, person.text) == (None, None, None)
    assert person.score == pytest.approx(0.9)


def test_other_marks_and_a_moved_sentence_make_no_difference() -> None:
    first, second = TEXT.split(". “")
    moved = f"''{second.replace('”', chr(39) * 2)} {first}."
    found = carry_items(GOLD, moved)
    direct = [quote for quote in found.layers.quotes or () if quote.type == "direct"]
    assert [moved[one.start : one.end] for one in direct[0].content] == ["''We waited too long,''"]


def test_where_annotators_saw_the_words_is_known() -> None:
    text = TEXT.replace("in Oslo.", "in Bergen.")
    found = carry_items(GOLD, text)
    seen = range_of(text, "council")
    assert found.is_annotated("entities", [seen])
    assert not found.is_annotated("claims", [seen])
    assert not found.is_annotated("entities", [range_of(text, "Bergen")])
    ignored = GoldRecord(id="a", text=TEXT, entities=[], ignore=[Region(*range_of(TEXT, "council"), "entities")])
    assert not carry_items(ignored, text).is_annotated("entities", [seen])
