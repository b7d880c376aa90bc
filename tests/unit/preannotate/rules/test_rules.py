"""The rules, one convention a line: what is found in a sentence, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.preannotate.rules.claims import find_claims
from annotate.preannotate.rules.entities import find_entities
from annotate.preannotate.rules.page import read_page
from annotate.preannotate.rules.quotes import find_quotes
from annotate.records import GoldRecord, Layer, get_layer
from tests.support.corpora import read_corpus


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Biden met U.S. troops on Jan. 5. He left.", ["Mr. Biden met U.S. troops on Jan. 5.", "He left."]),
        ("He lives in the U.S. The war goes on.", ["He lives in the U.S.", "The war goes on."]),
        ("“Go!” he said. “Stay?” No.", ["“Go!” he said.", "“Stay?”", "No."]),
        ("A headline\nA paragraph.", ["A headline", "A paragraph."]),
        ("an official\nsaid so.", ["an official\nsaid so."]),
        ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
    ],
)
def test_sentences_are_found(text: str, sentences: list[str]) -> None:
    page = read_page(text)
    assert [text[slice(*page.range_of(*words))] for words in page.sentences] == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prime Minister Mustafa al-Kadhimi left. Kadhimi slept.", ["Mustafa al-Kadhimi PERSON", "Kadhimi PERSON"]),
        ("US-led and Iran-backed forces", ["US GPE", "Iran GPE"]),
        ("the Defense Ministry and the University of Ohio", ["Defense Ministry ORG", "University of Ohio ORG"]),
        ("two Iraqis and a Shia militia", ["two CARDINAL", "Iraqis NORP", "Shia NORP"]),
        ("Let us go, said the US.", ["US GPE"]),
        ("COVID spread.", []),
        ("more than 18 years later", ["more than 18 years later DATE"]),
        ("by the end of this year, on May 1, 2003", ["the end of this year DATE", "May 1, 2003 DATE"]),
        ("$5.2 million or 41 percent", ["$5.2 million MONEY", "41 percent PERCENT"]),
        ("160 kilometers in two hours", ["160 kilometers QUANTITY", "two hours TIME"]),
        ("at 6 p.m. ET on Monday morning", ["6 p.m. ET TIME", "Monday DATE", "morning TIME"]),
        ("their first talks, the 2nd strike", ["first ORDINAL", "2nd ORDINAL"]),
        ("around 2,500 troops in 2,011 tents", ["around 2,500 CARDINAL", "2,011 CARDINAL"]),
        ("no one and one another", []),
        ("1500 troops in 2011", ["1500 CARDINAL", "2011 DATE"]),
        ("Rockets hit Al-Assad Air Base near the Tigris.", ["Al-Assad Air Base FAC", "Tigris LOC"]),
    ],
)
def test_entities_are_found(text: str, expected: list[str]) -> None:
    assert [f"{one.text} {one.label}" for one in find_entities(read_page(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“It is over,” Biden said.", ["direct|“It is over,”|Biden|said"]),
        ('"It is over," said Joe Biden, the president.', ['direct|"It is over,"|Joe Biden, the president|said']),
        ("''It is over,'' he said.", ["direct|''It is over,''|he|said"]),
        ("Biden said on Monday that it was over.", ["indirect|it was over|Biden|said"]),
        ("It was over, the official said.", ["indirect|It was over|the official|said"]),
        ("The war, he said, was over.", ["indirect|The war … was over|he|said"]),
        ("According to the ministry, troops left.", ["indirect|troops left|the ministry|According to"]),
        ("Troops left, according to the ministry.", ["indirect|Troops left|the ministry|according to"]),
        ("Biden said the ties were in a “new phase”.", ["mixed|the ties were in a “new phase”|Biden|said"]),
        ("“We won,” he said. “Now we leave.”", ["direct|“We won,” … “Now we leave.”|he|said"]),
        ("“We won,” he said, “and now we leave.”", ["direct|“We won,” … “and now we leave.”|he|said"]),
        ("He told reporters that troops had left.", ["indirect|troops had left|He|told"]),
        (
            "Barham Salih, the president, said troops had left.",
            ["indirect|troops had left|Barham Salih, the president|said"],
        ),
        (
            "“It was the very first day.\n\n“We won,” he said.",
            ["direct|“It was the very first day. … “We won,”|he|said"],
        ),
        ("He visited the “Green Zone” on Monday.", []),
        ("She vowed to fight the law.", ["indirect|to fight the law|She|vowed"]),
    ],
)
def test_quotes_are_found(text: str, expected: list[str]) -> None:
    found = [
        "|".join(
            [
                quote.type,
                " … ".join(text[fragment.start : fragment.end] for fragment in quote.content),
                text[quote.speaker.start : quote.speaker.end] if quote.speaker else "",
                text[quote.cue.start : quote.cue.end] if quote.cue else "",
            ]
        )
        for quote in find_quotes(read_page(text))
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are 2,500 troops in Iraq.", ["statistic|There are 2,500 troops in Iraq|"]),
        ("“Troops will leave Iraq soon,” he said.", ["commitment_or_prediction|Troops will leave Iraq soon|he"]),
        ("The strikes led to more reprisals.", ["causal|The strikes led to more reprisals|"]),
        (
            "The army left in June, and the police were sent home.",
            ["event|The army left in June|", "event|the police were sent home|"],
        ),
        ("Did the army leave Iraq in June?", []),
        ("Read more here", []),
    ],
)
def test_claims_are_found(text: str, expected: list[str]) -> None:
    page = read_page(text)
    claims = find_claims(page, find_entities(page), find_quotes(page))
    speakers = [text[claim.claimer.start : claim.claimer.end] if claim.claimer else "" for claim in claims]
    assert [f"{c.kind}|{c.text}|{who}" for c, who in zip(claims, speakers, strict=True)] == expected


def test_figures_weigh_more_than_feelings() -> None:
    def score(text: str) -> float:
        page = read_page(text)
        (claim,) = find_claims(page, find_entities(page), [])
        assert claim.score is not None
        return claim.score

    assert score("The war killed 300,000 people in Iraq in 2003.") > 0.6
    assert score("I think we are proud of our great friends.") < 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("corpus", "layer", "floor"),
    [
        ("gum_news_entities.dev", "entities", 0.65),
        ("uner_pud_entities.dev", "entities", 0.52),
        ("polnear_quotes.dev", "quotes", 0.57),
    ],
)
def test_figures_on_third_party_data(shared_data: Path, corpus: str, layer: Layer, floor: float) -> None:
    """F1 of strict names (places as one label), and of contents with half of their words in common."""
    right = found = wanted = 0
    read, find = (_names, find_entities) if layer == "entities" else (_contents, find_quotes)
    for record in read_corpus(shared_data, corpus, GoldRecord):
        gold, mine = read(get_layer(record, layer)), read(find(read_page(record.text or "")))
        wanted, found = wanted + len(gold), found + len(mine)
        right += len(gold & mine) if layer == "entities" else sum(_matches(one, mine) for one in gold)
    assert 2 * right / (wanted + found) > floor


_COARSE = {"PERSON": "PERSON", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}


def _names(items: Any) -> set[tuple[int, int, str]]:
    return {(one.start, one.end, _COARSE[one.label]) for one in items if one.label in _COARSE}


def _contents(items: Any) -> set[tuple[int, int, str]]:
    return {(one.content[0].start, one.content[-1].end, "") for one in items}


def _matches(one: tuple[int, int, str], others: set[tuple[int, int, str]]) -> bool:
    def shared(other: tuple[int, int, str]) -> float:
        inside = max(0, min(one[1], other[1]) - max(one[0], other[0]))
        return inside / (max(one[1], other[1]) - min(one[0], other[0]))

    return any(shared(other) >= 0.5 for other in others)
