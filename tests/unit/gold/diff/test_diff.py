"""What became of spans between versions, and what a change of the schema means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from annotate.differences import compare_items
from annotate.gold.diff.diff import compare_articles, find_meaning_changes
from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from annotate.schema import load_schema

TEXT = "Ann Lee of Acme said on Monday that sales rose by ten percent."
QUOTE = Quote("indirect", [Span(36, 61)], Span(0, 7), Span(16, 20))
CLAIM = Claim(36, 61, True, "statistic", Span(0, 7))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Entity(0, 7, "PERSON"), Entity(0, 7, "PERSON"), []),
        (Entity(0, 7, "PERSON"), Entity(0, 3, "PERSON"), [("moved",)]),
        (Entity(0, 7, "PERSON"), Entity(0, 7, "ORG"), [("relabelled",)]),
        (Entity(0, 7, "PERSON"), Entity(0, 3, "ORG"), [("moved", "relabelled")]),
        (Entity(0, 7, "PERSON"), Entity(11, 15, "ORG"), [("removed",), ("added",)]),
        (Entity(0, 7, "PERSON"), Entity(0, 7, "PERSON", alt_labels=["ORG"]), [("relabelled",)]),
        (Entity(0, 7, "PERSON"), Entity(0, 7, "PERSON", origin="manual"), [("revised",)]),
        (QUOTE, msgspec.structs.replace(QUOTE, type="mixed"), [("relabelled",)]),
        (QUOTE, msgspec.structs.replace(QUOTE, speaker=Span(0, 15)), [("relinked",)]),
        (QUOTE, msgspec.structs.replace(QUOTE, cue=None), [("relinked",)]),
        (QUOTE, msgspec.structs.replace(QUOTE, content=[Span(36, 41), Span(47, 61)]), [("moved",)]),
        (CLAIM, msgspec.structs.replace(CLAIM, check_worthy=False), [("relabelled",)]),
        (CLAIM, msgspec.structs.replace(CLAIM, claimer=None), [("relinked",)]),
    ],
)
def test_every_change_of_one_span_is_named(before: Any, after: Any, expected: list[tuple[str, ...]]) -> None:
    layer = {Entity: "entities", Quote: "quotes", Claim: "claims"}[type(before)]
    old = GoldRecord(id="a", text=TEXT, **{layer: [before]})
    new = GoldRecord(id="a", text=TEXT, **{layer: [after]})
    assert [change.changes for change in compare_items(old, new)] == expected


def test_an_exact_partner_is_not_taken_by_a_neighbour() -> None:
    old = GoldRecord(id="a", text=TEXT, entities=[Entity(0, 3, "PERSON"), Entity(4, 7, "PERSON")])
    new = GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON"), Entity(4, 7, "PERSON")])
    assert [change.changes for change in compare_items(old, new)] == [("moved",)]


def test_fields_and_layers_are_told_by_name() -> None:
    old = GoldRecord(id="a", text=TEXT, title="x", entities=[])
    new = GoldRecord(id="a", text=TEXT, title="y", entities=[], quotes=[])
    change = compare_articles(old, new)
    assert change is not None
    assert (change.kind, change.fields) == ("changed", ("title changed", "quotes annotated now"))
    assert compare_articles(old, old) is None


def test_examples_and_colours_carry_no_meaning_but_definitions_do() -> None:
    schema = load_schema("news")
    assert schema.entities
    first, *rest = schema.entities.labels

    def with_first(**changes: str) -> list[str]:
        entities = msgspec.structs.replace(schema.entities, labels=[msgspec.structs.replace(first, **changes), *rest])
        return find_meaning_changes(schema, msgspec.structs.replace(schema, entities=entities))

    assert with_first(colour="#000000", example="[x]", hotkey="z") == []
    assert with_first(definition="Anybody.") == ["entity label PERSON defined anew"]
    assert with_first(name="PER") == ["entity label PERSON removed", "entity label PER added"]


def test_a_rule_for_claims_carries_meaning_and_its_example_does_not() -> None:
    schema = load_schema("news")
    assert schema.claims
    assert schema.claims.rules
    first, *rest = schema.claims.rules

    def with_first(**changes: str) -> list[str]:
        claims = msgspec.structs.replace(schema.claims, rules=[msgspec.structs.replace(first, **changes), *rest])
        return find_meaning_changes(schema, msgspec.structs.replace(schema, claims=claims))

    assert with_first(example="[x]") == []
    assert with_first(rule="Anything goes.") == ["rules for claims changed"]
    without = msgspec.structs.replace(schema, claims=msgspec.structs.replace(schema.claims, rules=msgspec.UNSET))
    assert find_meaning_changes(schema, without) == ["rules for claims changed"]
