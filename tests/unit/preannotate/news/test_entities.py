"""Names stay sound whatever the network takes for one."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.preannotate.news.entities import tidy_entities
from annotate.preannotate.news.found_entity import FoundEntity
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.passage import WordPieces, read_passage

PIECES = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz"])
WORDS = st.lists(
    st.sampled_from(
        [
            *("Lord", "Tsar", "Miss", "Mr.", "St.", "Jr.", "III", "John", "Columbus", "Rivera", "Mustafa"),
            *("the", "The", "City", "of", "River", "London", "China", "US", "NATO", "Army", "French", "now", "around"),
            *(
                "2,500",
                "5",
                "%",
                "$",
                "million",
                "Monday",
                "first",
                "I",
                "BC",
                "Great",
                "’s",
                "'s",
                ",",
                ".",
                "-",
                "“",
                "\n",
            ),
        ]
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@given(words=WORDS, glue=st.sampled_from([" ", ""]), data=st.data())
def test_whatever_the_network_takes_for_a_name(words: list[str], glue: str, data: st.DataObject) -> None:
    passage = read_passage(glue.join(words), PIECES)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(passage)), max_size=10)))
    found = [
        FoundEntity(*passage.range_of(first, last), data.draw(st.sampled_from(ENTITY_LABELS)), (-0.1, -0.1, -0.1))
        for first, last in itertools.pairwise(cuts)
        if data.draw(st.booleans())
    ]
    names = tidy_entities(passage.text, found)
    assert all(0 <= name.start < name.end <= len(passage.text) for name in names)
    assert all(any(letter.isalnum() for letter in passage.text[name.start : name.end]) for name in names)
    assert all(one.end <= two.start for one, two in itertools.pairwise(names))
    assert {name.label for name in names} <= set(ENTITY_LABELS)


def tidied(text: str, *named: tuple[str, str]) -> list[tuple[str, str]]:
    """What becomes of these words under these labels."""
    found = []
    for words, label in named:
        start = text.index(words)
        found.append(FoundEntity(start, start + len(words), label, (-0.1, -0.1, -0.1)))
    return [(text[name.start : name.end], name.label) for name in tidy_entities(text, found)]


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
