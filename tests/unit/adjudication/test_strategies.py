"""Strategies on made-up votes: what each makes of the same disagreement."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from annotate.adjudication import parse_strategy
from annotate.adjudication.strategies import RULES, decide
from annotate.agreement.positions import align_items
from annotate.errors import AnnotateError
from annotate.records import Claim, Entity, Item, Layer, Quote, Span
from annotate.text.text_index import TextIndex

TEXT = "President Ada Lovelace said that taxes would rise."
NAME = Entity(10, 22, "PERSON")
TITLED = Entity(0, 22, "PERSON")
AS_ORG = Entity(10, 22, "ORG")


def votes(layer: Layer, strategy: str, *items: Item | None) -> tuple[str, Any]:
    """The verdict on one position for annotators a, b, c ... in order; None = marked nothing."""
    names = "abcdefg"[: len(items)]
    marked = {name: [] if item is None else [item] for name, item in zip(names, items, strict=True)}
    (position,) = align_items(layer, marked, TextIndex(TEXT))
    verdict = decide(position, list(names), parse_strategy(strategy))
    return verdict.outcome, verdict.item


ALL_BUT_TRUSTED = ("unanimous", "majority", "union", "intersection")
# votes of a, b, c -> what each of these rules accepts, or what it says where it accepts nothing
TABLE: list[tuple[tuple[Entity | None, ...], dict[str, Entity | str]]] = [
    (items, dict(zip(ALL_BUT_TRUSTED, verdicts, strict=True)))
    for items, *verdicts in (
        ((NAME, NAME, NAME), NAME, NAME, NAME, NAME),
        ((NAME, NAME, None), "disputed", NAME, NAME, "rejected"),
        ((NAME, None, None), "disputed", "rejected", NAME, "rejected"),
        ((NAME, None), "disputed", "disputed", NAME, "rejected"),
        ((NAME, TITLED), "disputed", "disputed", TITLED, NAME),
        ((NAME, AS_ORG), "disputed", "disputed", "disputed", "rejected"),
        ((NAME, NAME, TITLED), "disputed", NAME, NAME, NAME),
    )
]
TABLE += [
    # extent by a and b, label by b and c: each field has its own majority
    ((AS_ORG, NAME, TITLED), {"unanimous": "disputed", "majority": NAME}),
    ((NAME, None, None, None), {"trusted:a": NAME, "trusted:b": "rejected"}),
    ((NAME, TITLED, TITLED), {"trusted:a": NAME, "trusted:x": TITLED}),
]


@pytest.mark.parametrize(
    ("items", "strategy", "expected"), [(items, name, want) for items, row in TABLE for name, want in row.items()]
)
def test_each_strategy_decides_the_same_votes_in_its_way(
    items: tuple[Entity | None, ...], strategy: str, expected: Entity | str
) -> None:
    wanted = (expected, None) if isinstance(expected, str) else ("accepted", expected)
    assert votes("entities", strategy, *items) == wanted


@pytest.mark.parametrize("strategy", [rule for rule in RULES if rule != "trusted"])
def test_a_single_annotators_version_stands(strategy: str) -> None:
    assert votes("entities", strategy, NAME) == ("accepted", NAME)


def test_the_fields_of_a_quote_are_decided_one_by_one() -> None:
    content, speaker, full, cue = Span(28, 49), Span(10, 22), Span(0, 22), Span(23, 27)
    a = Quote("indirect", [content], speaker, cue)
    b = Quote("indirect", [content], full, cue)
    assert votes("quotes", "majority", a, b)[0] == "disputed"
    outcome, quote = votes("quotes", "majority", a, b, Quote("indirect", [Span(33, 49)], full, cue))
    assert (outcome, quote.content, quote.speaker) == ("accepted", [content], full)


@pytest.mark.parametrize("order", itertools.permutations([NAME, NAME, Entity(10, 23, "PERSON")]))
@pytest.mark.parametrize("strategy", ALL_BUT_TRUSTED)
def test_the_offsets_of_most_supporters_win_whatever_their_names(order: tuple[Entity, ...], strategy: str) -> None:
    assert votes("entities", strategy, *order) == ("accepted", NAME)


@pytest.mark.parametrize("order", itertools.permutations([NAME, Entity(10, 23, "PERSON")]))
def test_of_equally_many_offsets_the_shorter_win(order: tuple[Entity, ...]) -> None:
    assert votes("entities", "majority", *order) == ("accepted", NAME)


NAMES = [None, "Ada Lovelace", "Ada Lovelace", "A. Lovelace"]


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(NAMES, 4)), key=str))
def test_the_speaker_has_the_name_that_most_gave(order: tuple[str | None, ...]) -> None:
    quotes = [Quote("indirect", [Span(28, 49)], Span(10, 22), speaker_name=name) for name in order]
    assert votes("quotes", "majority", *quotes)[1].speaker_name == "Ada Lovelace"


def test_the_name_of_a_speaker_who_lost_is_not_kept() -> None:
    said = Quote("indirect", [Span(28, 49)], Span(10, 22))
    lost = Quote("indirect", [Span(28, 49)], Span(0, 9), speaker_name="The President")
    for order in itertools.permutations([said, said, lost]):
        assert votes("quotes", "majority", *order) == ("accepted", said)


def test_fragments_that_only_white_space_parts_are_one_extent() -> None:
    whole, cut = Quote("indirect", [Span(28, 49)]), Quote("indirect", [Span(28, 32), Span(33, 49)])
    assert votes("quotes", "unanimous", whole, cut)[0] == "accepted"


def test_an_attribute_without_majority_leaves_the_claim_disputed() -> None:
    a, b = Claim(33, 49, True, "event"), Claim(33, 49, False, "event")
    assert votes("claims", "union", a, b)[0] == "disputed"


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (["manual", "prediction", "manual"], "prediction"),
        (["manual", "prediction-changed", "manual"], "prediction-changed"),
        (["manual", "manual", "manual"], "manual"),
        ([None, None, None], None),
    ],
)
def test_a_decided_item_has_the_origin_nearest_to_the_prediction(origins: list[Any], expected: str | None) -> None:
    items = [Entity(10, 22, "PERSON", origin=origin) for origin in origins]
    assert votes("entities", "majority", *items)[1].origin == expected


@pytest.mark.parametrize("text", ["trusted", "majority:ada", "best", ""])
def test_a_strategy_that_does_not_exist_is_an_error(text: str) -> None:
    with pytest.raises(AnnotateError, match="expected one of unanimous, majority, trusted:NAME"):
        parse_strategy(text)
