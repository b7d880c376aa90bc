"""What the bundled pipeline makes of the quotes that its network sees: edges, parts, and which of them are quotes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.preannotate.news.found_entity import BY_RULE, FoundEntity
from annotate.preannotate.news.furniture import find_furniture
from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.passage import Range, read_passage
from annotate.preannotate.news.quotes import finish_quotes, resolve_speakers, tells_what_was_said
from tests.support.spans import range_of
from tests.support.wordpieces import PIECES


def find(text: str, part: str | None) -> Range | None:
    return range_of(text, part) if part else None


def finish(text: str, *content: str, cue: str | None = "said", speaker: str | None = None) -> list[FoundQuote]:
    """The finished quotes where the network saw one quote of these parts."""
    passage = read_passage(text, PIECES)
    found = FoundQuote(
        "indirect",
        [range_of(text, part) for part in content],
        find(text, cue),
        find(text, speaker),
        (0.0,) * 5,
    )
    return finish_quotes(passage, [found])


WORDS = st.lists(
    st.sampled_from([
        "Ann", "said", "told", "reporters", "that", "who", "which", "it", "rained", ",", ".", "“", "”", '"', "’",
        "\n\n", "\n",
    ]),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(max_examples=300)
@given(words=WORDS, glue=st.sampled_from([" ", ""]), data=st.data())
def test_whatever_the_network_sees_the_spans_are_sound(words: list[str], glue: str, data: st.DataObject) -> None:
    passage = read_passage(glue.join(words), PIECES)
    if not len(passage):
        return
    # parts in a row, as the network's tags give them: words of one role each
    cuts = sorted(data.draw(st.sets(st.integers(0, len(passage)), min_size=2, max_size=8)))
    pieces = data.draw(st.permutations([passage.range_of(*words) for words in itertools.pairwise(cuts)]))
    content, cue, speaker = (
        sorted(pieces[2:]) or pieces[:1],
        *(pieces[at] if len(pieces) > 2 else None for at in (0, 1)),
    )
    for quote in finish_quotes(passage, [FoundQuote("indirect", content, cue, speaker, (0.0,) * 5)]):
        spans = [*quote.content, *(part for part in (quote.cue, quote.speaker) if part)]
        assert all(0 <= start < end <= len(passage.text) for start, end in spans), quote
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(quote.content)), quote


def test_a_speaker_is_not_trimmed_to_nothing() -> None:
    text = "It holds, who asked, said."
    (quote,) = finish(text, "It holds", speaker=", who asked")
    assert quote.speaker == (8, 19)


def texts(text: str, quotes: list[FoundQuote]) -> list[list[str]]:
    return [[text[start:end] for start, end in quote.content] for quote in quotes]


def test_content_does_not_run_into_the_next_paragraph() -> None:
    text = "“It holds,” the engineer said. “It always did.”\n\nThe bridge was closed in May."
    quotes = finish(text, "“It holds,”", "“It always did.”\n\nThe bridge was closed in May")
    assert texts(text, quotes) == [["“It holds,”", "“It always did.”"]]


def test_marks_in_the_next_paragraph_are_a_quote_of_their_own() -> None:
    text = "Two said:\n“The old bridge was better.”\n“I never liked the old bridge.”\n"
    quotes = finish(text, "“The old bridge was better.”\n“I never liked the old bridge.”")
    assert texts(text, quotes) == [["“The old bridge was better.”"], ["“I never liked the old bridge.”"]]


def test_speech_of_several_paragraphs_is_one_quote() -> None:
    text = "She said: “The river rises.\n\n“It rises every spring.”"
    quotes = finish(text, "“The river rises.\n\n“It rises every spring.”")
    assert texts(text, quotes) == [["“The river rises.\n\n“It rises every spring.”"]]
    assert quotes[0].type == "direct"


def test_content_goes_on_over_a_wrapped_line() -> None:
    text = "The mayor said that the river\nrises every spring."
    assert texts(text, finish(text, "that the river\nrises every spring")) == [["the river\nrises every spring"]]


def test_content_ends_at_a_mark_without_a_space_behind_it() -> None:
    text = '"The goal is a lasting peace "Before his visit, an envoy said so.'
    (quote,) = finish(text, '"The goal is a lasting peace "Before his visit')
    assert texts(text, [quote]) == [['"The goal is a lasting peace "']]
    assert quote.type == "direct"


@pytest.mark.parametrize(
    ("text", "cue", "content", "told"),
    [
        ("She told the town council that rents fall.", "told", "the town council that rents fall", "rents fall"),
        ("She accused him of stealing it.", "accused", "him of stealing it", "stealing it"),
        ("She told how little the mayor knew that day.", "told", None, "how little the mayor knew that day"),
        ("She said the council that met was old.", "said", None, "the council that met was old"),
    ],
)
def test_who_is_spoken_to_is_no_part_of_the_content(text: str, cue: str, content: str | None, told: str) -> None:
    assert texts(text, finish(text, content or told, cue=cue)) == [[told]]


def test_the_speaker_is_without_the_relative_clause() -> None:
    text = "The bridge is safe, an engineer, who asked not to be named, said."
    (quote,) = finish(text, "The bridge is safe", speaker="an engineer, who asked not to be named,")
    assert quote.speaker is not None
    assert text[slice(*quote.speaker)] == "an engineer"


@pytest.mark.parametrize(
    ("sentence", "cue", "content", "speaker", "told"),
    [
        ("He said the dam would hold.", "said", "the dam would hold", "He", True),
        ("He did not say why it broke.", "did not say", "why it broke", "He", False),
        ("She wouldn’t tell what it cost.", "wouldn’t tell", "what it cost", "She", False),
        ("She declined to disclose the price.", "declined", "to disclose the price", "She", False),
        ("She denied that it broke.", "denied", "it broke", "She", True),
        ("It is expected to break.", "is expected", "to break", None, False),
        ("It is expected by engineers to break.", "is expected by", "to break", "engineers", True),
        ("The mayor was accused of theft.", "was accused of", "theft", None, True),
        ("They signed a deal to mend it.", "signed a deal", "to mend it", "They", False),
        ("Workers focused on mending it.", "focused on", "mending it", "Workers", False),
        ("Their plan: a new dam.", None, "a new dam", "Their", False),
    ],
)  # fmt: skip
def test_what_nobody_said_is_no_quote(
    sentence: str, cue: str | None, content: str, speaker: str | None, told: bool
) -> None:
    around = ([range_of(sentence, content)], find(sentence, cue), find(sentence, speaker))
    assert tells_what_was_said(sentence, "indirect", *around) is told
    assert tells_what_was_said(sentence, "direct", *around)


@pytest.mark.parametrize(
    ("text", "furniture"),
    [
        ("(RELATED: Dam Breaks In Spring)", ["(RELATED: Dam Breaks In Spring)"]),
        ("READ MORE  Mayor Seeks New Dam", ["READ MORE  Mayor Seeks New Dam"]),
        ("Read more: the dam", ["Read more: the dam"]),
        ("Leave a Reply\n\nYour email address will not be published.", None),
        ("Read more of her books before you judge.", []),
        ("Related companies paid for the dam.", []),
        ("Watch out for floods (see the map).", []),
        ("READ MORE " + "words and words " * 20, []),
    ],
)
def test_what_stands_around_the_article(text: str, furniture: list[str] | None) -> None:
    expected = text.split("\n\n") if furniture is None else furniture
    assert [text[start:end] for start, end in find_furniture(text)] == expected


def test_a_direct_quote_takes_its_marks_and_the_speaker_of_the_one_before() -> None:
    text = "“We will go,” Ann said.\n\n“We will all go home today then.”"
    passage = read_passage(text, PIECES)
    found = FoundQuote("direct", [(1, 12)], range_of(text, "said"), range_of(text, "Ann"), (0.0,) * 5)
    first, second = finish_quotes(passage, [found])
    assert [text[start:end] for start, end in first.content] == ["“We will go,”"]
    assert (first.type, second.type) == ("direct", "direct")
    assert second.speaker is not None
    assert text[slice(*second.speaker)] == "Ann"


def test_pronouns_and_titles_stand_for_the_last_plausible_person() -> None:
    text = "Iraqi Prime Minister Mustafa al-Kadhimi met President Joe Biden. The Iraqi prime minister agreed. He left."
    names = [FoundEntity(*range_of(text, name), "PERSON", BY_RULE) for name in ("Mustafa al-Kadhimi", "Joe Biden")]
    quotes = [
        FoundQuote("indirect", [(0, 1)], None, range_of(text, words), ())
        for words in ("President Joe Biden", "The Iraqi prime minister", "He")
    ]
    assert resolve_speakers(text, quotes, names) == [None, "Mustafa al-Kadhimi", "Mustafa al-Kadhimi"]
