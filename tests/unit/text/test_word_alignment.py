"""Words of two texts: copies, updates, moved paragraphs, typography, and texts that repeat themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.text.word_alignment import NOWHERE, WordAlignment, Words
from tests.support.strategies import ANY_TEXT

PIECES = st.sampled_from(
    ["a", "bo", "Cy", "it's", " ", " ", "\n\n", ".", "“", "”", '"', "—", "…", "½", "so\u00adft", "é"]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)
PARAGRAPH = "The mayor of the town said on Monday that the bridge would be closed for a week. "
OTHER = "A spokesman for the builders had no comment when he was asked about the delay. "


def align(source: str, target: str) -> WordAlignment:
    return WordAlignment(Words(source), Words(target))


@given(TEXTS | ANY_TEXT)
def test_a_text_is_aligned_with_itself_word_by_word(text: str) -> None:
    found = align(text, text)
    assert found.places == list(range(len(found.source)))
    assert found.share == (1 if found.places else 0)


@given(TEXTS, TEXTS)
def test_words_are_aligned_with_the_same_words_and_each_once(source: str, target: str) -> None:
    found = align(source, target)
    placed = [place for place in found.places if place != NOWHERE]
    assert len(set(placed)) == len(placed)
    assert all(
        found.source.folded[number] == found.target.folded[place]
        for number, place in enumerate(found.places)
        if place != NOWHERE
    )
    assert [found.places[number] for number in found.origins if number != NOWHERE] == sorted(placed)


@given(TEXTS, TEXTS, TEXTS)
def test_what_begins_and_ends_alike_is_aligned(first: str, last: str, between: str) -> None:
    found = align(f"{first} {last}", f"{first} {between} {last}")
    assert found.places.count(NOWHERE) == 0


@given(TEXTS | ANY_TEXT)
def test_ranges_are_of_the_text_and_in_order(text: str) -> None:
    words = Words(text)
    assert all(0 <= start < end <= len(text) for start, end in words.ranges)
    assert words.ranges == sorted(words.ranges)


def test_paragraphs_that_changed_places_are_found() -> None:
    found = align(PARAGRAPH + OTHER, OTHER + PARAGRAPH)
    assert NOWHERE not in found.places
    assert found.share == 1


def test_other_quotation_marks_dashes_and_spaces_make_no_difference() -> None:
    found = align("“It’s over” – he said, “now.”", "''It's  over''\n- he said, \"now.\"")
    assert NOWHERE not in found.places


def test_a_word_in_the_middle_is_new_and_the_others_are_not() -> None:
    found = align("The old man left Rome on Monday night.", "The old man never left Rome on Monday night.")
    assert found.places == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert found.goes_on(0, -1)
    assert not found.goes_on(2, 1)


def test_a_text_of_one_word_repeated_takes_no_time() -> None:
    found = align("spam " * 30_000, "x " + "spam " * 20_000 + "y")
    assert found.share <= 1


def test_a_range_is_found_where_its_words_follow_each_other() -> None:
    found = align("Ann Lee left Rome.", "Ann Mary Lee left Rome.")
    assert found.find(0, 7) is None
    words = found.find(8, 17)
    assert words is not None
    assert found.carry(8, 17, words) == (13, 22)


def test_an_edge_inside_a_word_needs_the_same_spelling() -> None:
    same = align("proRussian men", "pro  proRussian men")
    words = same.find(3, 14)
    assert words is not None
    assert same.carry(3, 14, words) == (8, 19)
    other = align("proRussian men", "pro\u00adRussian men")
    words = other.find(3, 14)
    assert words is not None
    assert other.carry(3, 14, words) is None
