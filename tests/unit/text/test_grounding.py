"""Strings of language models find their place in the text, or are counted as failed."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats import FormatReport, ground_layers
from annotate.text.grounding import Text, Wanted, ground_strings, nearest_place

ARTICLE = (
    "Biden met Kadhimi in Washington. “It’s a new phase,” Biden said — and Kadhimi agreed.\n"
    "The Iranian embassy… did not answer. Biden said 2,500 troops would leave Iraq by the end of the year."
)


def cut(text: str, places: list) -> list[str | None]:
    return [text[place.start : place.end] if place else None for place in places]


@pytest.mark.parametrize(
    ("string", "how", "found"),
    [
        ("Kadhimi", "exact", "Kadhimi"),
        ('"It\'s a new phase,"', "normalised", "“It’s a new phase,”"),
        ("''It's a new phase,''", "normalised", "“It’s a new phase,”"),
        ("Biden said - and Kadhimi  agreed", "normalised", "Biden said — and Kadhimi agreed"),
        ("the iranian embassy...", "normalised", "The Iranian embassy…"),
        ("'Kadhimi',", "normalised", "Kadhimi"),
        (
            "2,500 troops will leave Iraq by the end of the year",
            "fuzzy",
            "2,500 troops would leave Iraq by the end of the year",
        ),
    ],
)
def test_strict_steps_come_before_lenient_ones(string: str, how: str, found: str) -> None:
    place = Text(ARTICLE).find_all(string)[0]
    assert (place.how, ARTICLE[place.start : place.end]) == (how, found)


@pytest.mark.parametrize(
    "string",
    [
        "Iran and its neighbours",
        "Obama",
        "3,500 troops would leave Iraq by the end of the year",  # one digit: another statement
        "   ",
    ],
)
def test_what_does_not_stand_there_is_not_found(string: str) -> None:
    assert Text(ARTICLE).find_all(string) == []


def test_a_name_inside_another_word_is_the_last_choice() -> None:
    assert [place.start for place in Text("Iranians in Iran").find_all("Iran")] == [12]
    assert Text("伊拉克总理卡迪米").find_all("总理")[0].start == 3


def test_repeated_strings_take_their_occurrences_in_turn_and_no_more() -> None:
    places = ground_strings(ARTICLE, [Wanted("Kadhimi")] * 3)
    assert [place.start for place in places[:2] if place] == [10, 70]
    assert places[2] is None


def test_order_decides_between_occurrences() -> None:
    text = "Iraq talks. Biden spoke. Iraq listened. Biden left. Iraq stayed."
    places = ground_strings(text, [Wanted("Biden"), Wanted("Iraq"), Wanted("Biden"), Wanted("Iraq")])
    assert [place.start for place in places if place] == [12, 25, 40, 52]


def test_context_decides_between_occurrences() -> None:
    [place] = ground_strings(ARTICLE, [Wanted("Biden", context="Biden said 2,500 troops")])
    assert place is not None
    assert place.start == ARTICLE.rindex("Biden")


def test_strings_out_of_order_are_still_found() -> None:
    places = ground_strings(ARTICLE, [Wanted("Iraq"), Wanted("Washington"), Wanted("Kadhimi")])
    assert cut(ARTICLE, places) == ["Iraq", "Washington", "Kadhimi"]


def test_speaker_is_the_mention_at_the_quote() -> None:
    start = ARTICLE.index("“")
    place = nearest_place(Text(ARTICLE), "Biden", [(start, start + 20)])
    assert place is not None
    assert ARTICLE[place.start - 6 : place.end] == "ase,” Biden"


words = st.text(string.ascii_lowercase + "é“”’😀", min_size=1, max_size=6)


@given(st.lists(words, min_size=1, max_size=30))
def test_tokens_in_order_go_back_to_their_own_places(tokens: list[str]) -> None:
    """Every token of a text, in order, is found at a place with its very text, each place once."""
    text = " ".join(tokens)
    places = ground_strings(text, [Wanted(token) for token in tokens])
    assert cut(text, places) == tokens
    assert len({place[:2] for place in places if place}) == len(tokens)
    assert [place.start for place in places if place] == sorted(place.start for place in places if place)


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_and_any_string_give_valid_places(text: str, wanted: str) -> None:
    for place in Text(text).find_all(wanted):
        assert 0 <= place.start < place.end <= len(text)
        assert 0 < place.similarity <= 1


def test_an_answer_becomes_layers_with_counts() -> None:
    report = FormatReport("strings", "read")
    answer = {
        "entities": {"PERSON": ["Biden", "Kadhimi", "Obama"], "GPE": ["Washington"]},
        "quotes": [
            {"content": '"It\'s a new phase,"', "speaker": "Biden", "cue": "said", "type": "direct"},
            {"content": "2,500 troops would leave Iraq by the end of the year", "speaker": "Biden", "cue": "said"},
        ],
        "claims": [
            {"text": "2,500 troops will leave Iraq by the end of the year", "check_worthy": "yes", "claimer": "Biden"},
            {"text": 7},
        ],
    }
    layers = ground_layers(answer, ARTICLE, report=report, place="a-1")
    assert [ARTICLE[e.start : e.end] for e in layers.entities or ()] == ["Biden", "Kadhimi", "Washington"]
    first, second = layers.quotes or ()
    assert (first.type, second.type) == ("direct", "indirect")
    assert first.speaker is not None
    assert second.speaker is not None
    assert first.speaker.start == ARTICLE.index("Biden said — and")
    assert second.speaker.start == ARTICLE.rindex("Biden")
    [claim] = layers.claims or ()
    assert (claim.check_worthy, claim.kind) == (True, "event")
    assert dict(report.grounding) == {"exact": 9, "normalised": 1, "fuzzy": 1, "failed": 1}
    assert report.lost == 2
    assert "Obama" in str(report)


def test_layers_that_the_answer_does_not_name_stay_absent() -> None:
    layers = ground_layers({"entities": []}, ARTICLE)
    assert (layers.entities, layers.quotes, layers.claims) == ([], None, None)
