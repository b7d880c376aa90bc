"""The audit on gold with known problems: each is found, named plainly, ranked, and can be pushed for review."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from annotate.audit import CHECKS, Finding, find_likely_errors, to_queue
from annotate.errors import GoldError
from annotate.jsonl import write_records
from annotate.records import Claim, Entity, GoldRecord, Layers, Prediction, Quote, Region, Span
from annotate.spans import find_span_problems
from tests.support.commands import run
from tests.support.corpora import read_corpus

ROME = "Rome fell. Rome rose. Rome stood. Rome slept. Rome woke."
STARTS = (0, 11, 22, 34, 46)


def rome(*labels: str | None, **fields: Any) -> GoldRecord:
    """Gold in which the occurrences of Rome have these labels; None = unmarked."""
    entities = [Entity(start, start + 4, label) for start, label in zip(STARTS, labels, strict=True) if label]
    return GoldRecord(**{"id": "a", "text": ROME, "entities": entities, **fields})


def checks(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(finding.check, finding.start) for finding in findings]


def test_sound_gold_has_no_findings() -> None:
    assert find_likely_errors([rome("GPE", "GPE", "GPE", "GPE", "GPE")]) == []
    assert find_likely_errors([]) == []


def test_another_label_than_nearly_everywhere_else() -> None:
    (finding,) = find_likely_errors([rome("GPE", "GPE", "ORG", "GPE", "GPE")])
    assert (finding.check, finding.start, finding.label, finding.score) == ("labels", 22, "ORG", 0.8)
    assert finding.proposed == {"start": 22, "end": 26, "label": "GPE"}
    assert finding.reason == "GPE in 4 of 5 places"


def test_an_ambiguous_surface_is_not_suspicious() -> None:
    assert find_likely_errors([rome("GPE", "GPE", "ORG", "ORG", "GPE")]) == []


def test_a_label_that_is_right_too_is_no_conflict() -> None:
    record = rome("GPE", "GPE", None, "GPE", "GPE")
    record.entities = [*(record.entities or []), Entity(22, 26, "ORG", alt_labels=["GPE"])]
    assert find_likely_errors([record]) == []


def test_unmarked_where_it_is_marked_nearly_everywhere() -> None:
    assert checks(find_likely_errors([rome("GPE", "GPE", "GPE", "GPE", None)])) == [("unmarked", 46)]


@pytest.mark.parametrize(
    "record",
    [
        rome("GPE", "GPE", "GPE", "GPE", None, ignore=[Region(44, 50)]),
        rome("GPE", "GPE", None, None, None),
        GoldRecord(id="a", text=ROME.lower(), entities=[Entity(start, start + 4, "GPE") for start in STARTS[:4]]),
        GoldRecord(id="a", text=f"{ROME} Romeo", entities=[Entity(start, start + 4, "GPE") for start in STARTS]),
    ],
    ids=["ignored", "more often unmarked", "lower case", "part of a word"],
)
def test_unmarked_occurrences_that_are_no_fault(record: GoldRecord) -> None:
    assert find_likely_errors([record]) == []


def test_a_layer_that_was_not_annotated_has_no_unmarked_occurrences() -> None:
    annotated = rome("GPE", "GPE", "GPE", "GPE", "GPE")
    assert find_likely_errors([annotated, GoldRecord(id="b", text=ROME, quotes=[])]) == []


def test_edges_that_cut_or_take_too_much_are_found() -> None:
    record = GoldRecord(id="a", text=ROME, entities=[Entity(0, 5, "GPE"), Entity(11, 13, "GPE"), Entity(22, 26, "GPE")])
    assert checks(find_likely_errors([record])) == [("edges", 0), ("edges", 11)]


def test_a_label_used_once_among_many() -> None:
    many = [rome(*["GPE"] * 5, id=f"a{i}") for i in range(4)]
    other = GoldRecord(id="b", text="Mars shone.", entities=[Entity(0, 4, "LOC")])
    assert [(f.check, f.label) for f in find_likely_errors([*many, other])] == [("lone", "LOC")]


def test_claims_with_equal_words_and_unequal_answers() -> None:
    records = [GoldRecord(id=name, text="Taxes rose.", claims=[Claim(0, 10, True, "event")]) for name in "abc"]
    records.append(GoldRecord(id="d", text="Taxes rose.", claims=[Claim(0, 10, False, "event")]))
    (finding,) = find_likely_errors(records)
    assert (finding.id, finding.layer, finding.score) == ("d", "claims", 0.75)


TEXT = 'President Ada Lovelace said "yes" in France.'
ADA, TITLED, FRANCE = Entity(10, 22, "PERSON"), Entity(0, 22, "PERSON"), Entity(37, 43, "GPE")


def systems(*layers: list[Entity], **more: Any) -> dict[str, list[Prediction]]:
    return {f"s{i}": [Prediction(id="a", entities=entities, **more)] for i, entities in enumerate(layers)}


@pytest.mark.parametrize(
    ("gold", "said", "expected"),
    [
        ([ADA], [[ADA, FRANCE], [ADA, FRANCE]], [("systems-add", 37)]),
        ([ADA], [[ADA, FRANCE], [ADA]], []),
        ([TITLED], [[ADA], [ADA]], [("systems-change", 0)]),
        ([ADA], [[Entity(10, 22, "ORG")], [Entity(10, 22, "ORG")]], [("systems-change", 10)]),
        ([ADA], [[Entity(10, 22, "ORG")], [TITLED]], []),
        ([ADA, FRANCE], [[ADA], [ADA]], [("systems-drop", 37)]),
        ([ADA], [[ADA, FRANCE]], []),
    ],
)
def test_systems_in_unison_against_gold(
    gold: list[Entity], said: list[list[Entity]], expected: list[tuple[str, int]]
) -> None:
    record = GoldRecord(id="a", text=TEXT, entities=gold)
    assert checks(find_likely_errors([record], systems(*said))) == expected


def test_more_systems_in_unison_weigh_more() -> None:
    record = GoldRecord(id="a", text=TEXT, entities=[ADA])
    two = find_likely_errors([record], systems([ADA, FRANCE], [ADA, FRANCE]))[0].score
    three = find_likely_errors([record], systems([ADA, FRANCE], [ADA, FRANCE], [ADA, FRANCE]))[0].score
    divided = find_likely_errors([record], systems([ADA, FRANCE], [ADA, FRANCE], [ADA]))[0].score
    assert divided < two < three < 1


def test_systems_without_the_layer_have_no_say() -> None:
    record = GoldRecord(id="a", text=TEXT, entities=[ADA], quotes=[])
    assert find_likely_errors([record], systems([ADA], [ADA])) == []
    quote = Quote("direct", [Span(28, 33)], Span(10, 22))
    (finding,) = find_likely_errors([record], systems([ADA], [ADA], quotes=[quote]))
    assert (finding.layer, finding.check, finding.text) == ("quotes", "systems-add", '"yes"')


def test_the_queue_shows_gold_reasons_and_proposals() -> None:
    gold = [rome("GPE", "GPE", "ORG", "GPE", "GPE"), GoldRecord(id="b", text="Rome", entities=[Entity(0, 4, "GPE")])]
    (prediction,) = to_queue(gold, find_likely_errors(gold))
    assert (prediction.id, prediction.model, prediction.score) == ("a", "audit-1", 0.833)
    noted = {entity.label: entity.note for entity in prediction.entities or () if entity.note}
    assert noted == {"ORG": "audit: GPE in 5 of 6 places", "GPE": "audit proposes this: GPE in 5 of 6 places"}
    assert len(prediction.entities or ()) == 6
    assert list(find_span_problems(Layers(entities=prediction.entities), ROME)) == []


def test_every_check_is_described_and_gold_without_text_is_an_error() -> None:
    assert all(CHECKS.values())
    with pytest.raises(GoldError, match="no text"):
        find_likely_errors([GoldRecord(id="a", entities=[])])


def test_the_command_prints_a_table_and_writes_the_findings(tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.jsonl", tmp_path / "found.jsonl"
    write_records(gold, [rome("GPE", "GPE", "ORG", "GPE", "GPE")])
    result = run("audit", gold, "-o", found)
    assert "GPE in 4 of 5 places" in result.stdout
    assert "1 finding in 1 article" in result.stderr
    assert json.loads(found.read_text())["check"] == "labels"


def test_planted_errors_are_among_the_first(shared_data: Path) -> None:
    gold = read_corpus(shared_data, "wikigold_entities.dev", GoldRecord)
    surfaces = Counter((one.text or "")[e.start : e.end] for one in gold for e in one.entities or ())
    common = [
        (record, i)
        for record in gold
        for i, entity in enumerate(record.entities or ())
        if surfaces[(record.text or "")[entity.start : entity.end]] >= 6
    ]
    planted = set()
    for record, i in random.Random(0).sample(common, 30):
        entities = list(record.entities or ())
        old = entities[i]
        entities[i] = Entity(old.start, old.end, "ORG" if old.label == "PERSON" else "PERSON")
        record.entities = entities
        planted.add((record.id, old.start))
    first = {(finding.id, finding.start) for finding in find_likely_errors(gold)[:120]}
    assert len(planted & first) >= 24
