"""Names stay sound whatever the network takes for one."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.preannotate.news.entities import tidy_entities
from annotate.preannotate.news.found_entity import FoundEntity
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.passage import read_passage
from tests.support.wordpieces import PIECES

SURE = (-0.1, -0.1, -0.1)
WORDS = st.lists(
    st.sampled_from([
        "Lord", "Tsar", "Miss", "Mr.", "St.", "Jr.", "III", "John", "Columbus", "Rivera", "Mustafa",
        "the", "The", "City", "of", "River", "London", "China", "US", "NATO", "Army", "French", "now", "around",
        "2,500", "5", "%", "$", "million", "Monday", "first", "I", "BC", "Great", "’s", "'s", ",", ".", "-", "“", "\n",
    ]),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=400)
@given(words=WORDS, glue=st.sampled_from([" ", ""]), data=st.data())
def test_whatever_the_network_takes_for_a_name(words: list[str], glue: str, data: st.DataObject) -> None:
    passage = read_passage(glue.join(words), PIECES)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(passage)), max_size=10)))
    found = [
        FoundEntity(*passage.range_of(first, last), data.draw(st.sampled_from(ENTITY_LABELS)), SURE)
        for first, last in itertools.pairwise(cuts)
        if data.draw(st.booleans())
    ]
    names = tidy_entities(passage.text, found)
    assert all(0 <= name.start < name.end <= len(passage.text) for name in names)
    assert all(any(letter.isalnum() for letter in passage.text[name.start : name.end]) for name in names)
    assert all(one.end <= two.start for one, two in itertools.pairwise(names))
    assert {name.label for name in names} <= set(ENTITY_LABELS)


def tidied(text: str, *names: tuple[str, str]) -> list[tuple[str, str]]:
    """What becomes of these words, in their order, under these labels."""
    found, at = [], 0
    for words, label in names:
        at = text.index(words, at)
        found.append(FoundEntity(at, at + len(words), label, SURE))
        at += len(words)
    return [(text[name.start : name.end], name.label) for name in tidy_entities(text, found)]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("He met the White House staff", [("the White House", "ORG")], [("White House", "ORG")]),
        ("Sen. Ann Lee spoke", [("Sen. Ann Lee", "PERSON")], [("Ann Lee", "PERSON")]),
        ("Iraq’s army", [("Iraq’s", "GPE")], [("Iraq", "GPE")]),
        ("Biden\n\nBiden spoke", [("Biden\n\nBiden", "PERSON")], [("Biden", "PERSON"), ("Biden", "PERSON")]),
        ("COVID-19 rose", [("19", "CARDINAL")], []),
        ("It cost $5.2 million there", [("5.2 million", "CARDINAL")], [("$5.2 million", "MONEY")]),
        ("Up 12 percent", [], [("12 percent", "PERCENT")]),
        ("Lord Ashby met Scotsman Ian Roe", [("Scotsman Ian Roe", "PERSON")], [("Ian Roe", "PERSON")]),
        ("Then Ian Roe, Jr. spoke", [("Ian Roe", "PERSON")], [("Ian Roe, Jr.", "PERSON")]),
        ("Henry VIII ruled", [("Henry", "PERSON")], [("Henry VIII", "PERSON")]),
        ("Osorkon II ruled", [("Osorkon II", "GPE")], [("Osorkon II", "PERSON")]),
        ("Georgina and Christopher Vale left", [("Christopher Vale", "GPE")], [("Christopher Vale", "PERSON")]),
        ("He lived in Christopher Vale", [("Christopher Vale", "GPE")], [("Christopher Vale", "GPE")]),
        ("They sailed on Sandy River", [("Sandy River", "LOC")], [("Sandy River", "LOC")]),
        ("It is now wet in May", [("now", "DATE"), ("May", "DATE")], [("May", "DATE")]),
        (
            "Up to 14 rockets and around 20 men",
            [("14", "CARDINAL"), ("20", "CARDINAL")],
            [("Up to 14", "CARDINAL"), ("around 20", "CARDINAL")],
        ),
        ("The US sent the USS Gerald Ford there", [], [("US", "GPE"), ("USS Gerald Ford", "PRODUCT")]),
        ("Islamic State fell; IS fled", [], [("Islamic State", "ORG"), ("IS", "ORG")]),
        ("THIS IS NEWS; it IS so", [], []),
        ("They crossed the Gobi desert", [("Gobi desert", "LOC")], [("Gobi", "LOC")]),
        (
            "A pro-Moscow party in eastern Moravia",
            [("pro-Moscow", "GPE"), ("eastern Moravia", "GPE")],
            [("Moscow", "GPE"), ("Moravia", "GPE")],
        ),
        ("The Government of Freedonia met", [("Freedonia", "GPE")], [("Government of Freedonia", "ORG")]),
        ("The Republic of Freedonia met", [("Republic of Freedonia", "ORG")], [("Republic of Freedonia", "GPE")]),
        ("Shia men left Arcadia", [("Shia", "NORP"), ("Arcadia", "NORP")], [("Shia", "NORP"), ("Arcadia", "GPE")]),
        (
            "Ann Chu of XYZ met JFK",
            [("Ann Chu", "PERSON"), ("XYZ", "PERSON"), ("JFK", "PERSON")],
            [("Ann Chu", "PERSON"), ("XYZ", "ORG"), ("JFK", "PERSON")],
        ),
        (
            "Mustafa al-Kadhimi left. Kadhimi spoke.",
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "ORG")],
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "PERSON")],
        ),
        (
            "Mustafa al-Kadhimi left. Later, Kadhimi spoke.",
            [("Mustafa al-Kadhimi", "PERSON")],
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "PERSON")],
        ),
    ],
)
def test_names_are_tidied(text: str, names: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    assert tidied(text, *names) == expected


def test_a_byname_belongs_to_the_person() -> None:
    assert tidied("Lucas Cranach the Elder painted.", ("Lucas Cranach", "PERSON")) == [
        ("Lucas Cranach the Elder", "PERSON")
    ]
    assert tidied("Mojmir I (ruled long) won.", ("Mojmir", "PERSON")) == [("Mojmir I", "PERSON")]
    assert tidied("With Anna I will go.", ("Anna", "PERSON")) == [("Anna", "PERSON")]


def test_an_era_is_no_place() -> None:
    assert tidied("They came around 1000 BC by ship.", ("BC", "GPE")) == []
    assert tidied("They live in Vancouver, BC in summer.", ("BC", "GPE")) == [("BC", "GPE")]


def test_a_quantity_begins_as_one() -> None:
    assert tidied("In March a U.S.-led coalition came.", ("U.S.-led", "QUANTITY")) == [("U.S.", "GPE")]
    assert tidied("It is Two miles long.", ("Two miles", "QUANTITY")) == [("Two miles", "QUANTITY")]
    assert tidied("Aid against COVID-19 came.", ("-19", "CARDINAL")) == []


def test_constitutions_amendments_codes_and_numbered_articles_are_laws() -> None:
    text = "Under Article III, Title IV and the US Second Amendment our Constitution beats the Tax Code."
    found = tidied(text, ("Article III", "ORG"), ("US", "GPE"), ("Second", "ORDINAL"), ("Constitution", "ORG"))
    assert found == [
        ("Article III", "LAW"),
        ("Title IV", "LAW"),
        ("US Second Amendment", "LAW"),
        ("Constitution", "LAW"),
        ("Tax Code", "LAW"),
    ]
    assert ("Constitution Avenue", "FAC") in tidied("It is on Constitution Avenue.", ("Constitution Avenue", "FAC"))
    assert tidied("They met at Constitution Hall.") == []


def test_an_ordinal_begins_a_compound_and_is_no_fraction() -> None:
    assert tidied("A third-party governor and a 2nd-year student.") == [("third", "ORDINAL"), ("2nd", "ORDINAL")]
    assert tidied("A 17th-century writer.", ("17th-century", "DATE")) == [("17th-century", "DATE")]
    assert tidied("It was a third of them.", ("third", "ORDINAL")) == []
    assert tidied("It was a third attempt.", ("third", "ORDINAL")) == [("third", "ORDINAL")]
