"""Claims from the network's answers, which are made up here: edges, kind and worth, and who makes a claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotate.preannotate.news.claims import FoundClaim, add_claims, finish_claims
from annotate.preannotate.news.found_entity import BY_RULE, FoundEntity
from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.network import CLAIM_KINDS, CLAIM_TAGS, ENTITY_TAGS, ROLE_TAGS, Reading
from annotate.preannotate.news.passage import read_passage
from annotate.preannotate.news.statements import Statement
from tests.support.spans import range_of
from tests.support.wordpieces import PIECES


def find(
    text: str, *claims: str, kind: str = "event", points_to: str | None = None, speaker: str | None = None
) -> list[FoundClaim]:
    """What is found where the network marks `claims`, points from them to the word `points_to`, and sees `speaker`."""
    passage = read_passage(text, PIECES)
    count = len(passage)
    tags = np.zeros(count, dtype=np.int64)
    kinds = np.zeros((count, len(CLAIM_KINDS)), dtype=np.float32)
    claimers = np.zeros((count, count), dtype=np.float32)
    role_odds = np.zeros((count, len(ROLE_TAGS)), dtype=np.float32)
    for claim in claims:
        first, last = passage.words_in(*range_of(text, claim))
        tags[first:last] = CLAIM_TAGS.index("I-claim")
        tags[first] = CLAIM_TAGS.index("B-claim")
        kinds[first : last - 1, CLAIM_KINDS.index(kind)] = 1
        kinds[last - 1, 0] = 1.5  # one word is outvoted
        claimers[first:last, passage.words_in(*range_of(text, points_to))[0] if points_to else first] = 3
    if speaker:
        first, last = passage.words_in(*range_of(text, speaker))
        role_odds[first:last, ROLE_TAGS.index("I-speaker")] = 0.4
    reading = Reading(
        0, count,
        roles=np.zeros(count, dtype=np.int64), role_odds=role_odds,
        entities=np.zeros(count, dtype=np.int64), entity_odds=np.zeros((count, len(ENTITY_TAGS)), dtype=np.float32),
        claims=tags, claim_odds=np.full((count, len(CLAIM_TAGS)), 0.9, dtype=np.float32),
        kinds=kinds, worth=np.arange(count, dtype=np.float32),
        anchors=claimers, speakers=claimers, claimers=claimers,
    )  # fmt: skip
    found: list[FoundClaim] = []
    add_claims(found, passage, reading)
    return found


@pytest.mark.parametrize(
    ("text", "marked", "claim"),
    [
        ("It rose, and the town flooded.", ", and the town flooded.", "the town flooded"),
        ("They built a dam that broke.", "that broke.", "that broke"),
        ("“It broke,” she said.", "“It broke", "It broke"),
        ("“It broke,” she said.", "“It broke,”", "“It broke,”"),
        ("He called it “a scandal.” Later it rained.", "it “a scandal.”", "it “a scandal.”"),
        ("It fell (it had risen in May).", "(it had risen in May", "it had risen in May"),
        ("The dam broke in the night\n\nMonday", "The dam broke in the night\n\nMonday", "The dam broke in the night"),
        ("Shares of Acme Corp. fell.", "Shares of Acme Corp. fell.", "Shares of Acme Corp. fell"),
    ],
)
def test_edges_are_those_of_the_guidelines(text: str, marked: str, claim: str) -> None:
    (found,) = find(text, marked)
    assert text[found.start : found.end] == claim


def test_a_claim_without_a_word_is_none() -> None:
    assert find("It rose — – fell.", "— –") == []


def test_kind_and_worth_are_those_of_the_mean_of_its_words() -> None:
    (found,) = find("Yes, it rose in May.", "it rose in May", kind="statistic")
    assert found.kind == "statistic"
    assert found.worth == np.mean([2, 3, 4, 5])


SAID = "Mayor Ann Roe of Leeds said the dam broke and people left."


def test_the_claimer_is_the_whole_mention_that_the_claim_points_to() -> None:
    found = find(SAID, "the dam broke", "people left", points_to="Mayor", speaker="Mayor Ann Roe")
    assert [SAID[slice(*claim.claimer)] for claim in found if claim.claimer] == ["Mayor Ann Roe"] * 2


def test_no_claimer_where_a_claim_points_to_itself_or_nobody_speaks() -> None:
    assert [claim.claimer for claim in find(SAID, "the dam broke", speaker="Mayor Ann Roe")] == [None]
    assert [claim.claimer for claim in find(SAID, "the dam broke", points_to="Mayor")] == [None]


def test_the_claimer_takes_the_edges_of_the_speaker_or_the_name_that_it_meets() -> None:
    found = find(SAID, "the dam broke", points_to="Roe", speaker="Roe")
    name = FoundEntity(*range_of(SAID, "Ann Roe"), "PERSON", BY_RULE)
    quote = FoundQuote("indirect", [range_of(SAID, "people left")], None, range_of(SAID, "Mayor Ann Roe of Leeds"), ())
    for quotes, entities, claimer in (
        ([], [], "Roe"),
        ([], [name], "Ann Roe"),
        ([quote], [name], "Mayor Ann Roe of Leeds"),
    ):
        (claim,) = finish_claims(SAID, found, quotes, entities)
        assert claim.claimer == range_of(SAID, claimer)


def test_a_claim_in_a_quote_is_its_speakers_and_one_that_holds_its_claimer_is_the_articles() -> None:
    found = find(SAID, "the dam broke")
    speaker = range_of(SAID, "Mayor Ann Roe")
    quote = FoundQuote("indirect", [range_of(SAID, "the dam broke and people left")], None, speaker, ())
    assert finish_claims(SAID, found, [quote], [])[0].claimer == speaker
    whole = find(SAID, SAID)
    around = FoundQuote("indirect", [(0, len(SAID))], None, speaker, ())
    assert finish_claims(SAID, whole, [around], [])[0].claimer is None


def test_i_in_a_quote_or_a_statement_is_its_speaker() -> None:
    text = "Mayor Ann Roe said:\n\nI saw that the dam broke."
    found = find(text, "the dam broke", points_to="I", speaker="I")
    assert [text[slice(*claim.claimer)] for claim in found if claim.claimer] == ["I"]
    speaker = range_of(text, "Mayor Ann Roe")
    quote = FoundQuote("direct", [range_of(text, "I saw that the dam broke.")], None, speaker, ())
    statement = Statement(*range_of(text, "I saw that the dam broke."), speaker)
    assert finish_claims(text, found, [quote], [])[0].claimer == speaker
    assert finish_claims(text, found, [], [], [statement])[0].claimer == speaker
    assert finish_claims(text, found, [], [])[0].claimer == range_of(text, "I")


@given(
    st.text(st.sampled_from("“”\"().,;–- abA1\n'"), min_size=1, max_size=60),
    st.integers(0, 59),
    st.integers(1, 60),
)
def test_any_edges_give_a_claim_within_them_or_none(text: str, start: int, length: int) -> None:
    passage = read_passage(text, PIECES)
    marked = text[start : start + length]
    first, last = passage.words_in(*range_of(text, marked))
    assume(first < last)
    left, right = passage.range_of(first, last)
    for found in find(text, marked):
        assert left <= found.start < found.end <= right
        assert not text[found.start].isspace()
        assert not text[found.end - 1].isspace()
