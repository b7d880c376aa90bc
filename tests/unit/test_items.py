"""What an item is, whatever its layer: properties that hold for any item, and the edges of annotators' spans."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.agreement.positions import item_values
from annotate.items import (
    ATTRIBUTES,
    ITEM_TYPES,
    LINKS,
    choose_item,
    describe,
    extent_of,
    identity_of,
    iter_items,
    layer_of,
    map_spans,
    place_of,
    ranges_of,
    shared_content,
    shift,
    sort_items,
    sort_key,
    trim_annotation,
    trim_item,
)
from annotate.records import LAYERS, Annotation, Claim, Entity, Item, Layers, Quote, Span, iter_spans
from annotate.spans import find_span_problems, trim_edges
from annotate.text.text_index import TextIndex

TEXT = "a bc  d, e\n\n“fg” (h) i."
SPANS = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 6)).map(
    lambda pair: Span(pair[0], min(pair[0] + pair[1], len(TEXT)))
)
LINKED = st.none() | SPANS
ENTITIES = st.builds(lambda span, label: Entity(span.start, span.end, label), SPANS, st.sampled_from("XY"))
CLAIMS = st.builds(
    lambda span, worthy, kind, claimer: Claim(span.start, span.end, worthy, kind, claimer),
    SPANS,
    st.booleans(),
    st.sampled_from("ab"),
    LINKED,
)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    cuts = sorted(draw(st.sets(st.integers(0, len(TEXT)), min_size=2, max_size=6)))
    pieces = [Span(cuts[i], cuts[i + 1]) for i in range(0, len(cuts) - 1, 2)]
    return Quote(
        draw(st.sampled_from(["direct", "indirect", "mixed"])),
        draw(st.permutations(pieces)),
        draw(LINKED),
        draw(LINKED),
    )


ITEMS: st.SearchStrategy[Item] = ENTITIES | CLAIMS | quotes()


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_fragments_plays_no_part(item: Item, rng: random.Random) -> None:
    other = item
    if isinstance(item, Quote):
        other = msgspec.structs.replace(item, content=rng.sample(item.content, len(item.content)))
    assert (identity_of(item), ranges_of(item), extent_of(item)) == (
        identity_of(other),
        ranges_of(other),
        extent_of(other),
    )


@given(ITEMS, st.integers(0, 1000))
def test_shifted_there_and_back_is_the_same(item: Item, by: int) -> None:
    moved = shift(item, by)
    assert extent_of(moved) == tuple(offset + by for offset in extent_of(item))
    assert shift(moved, -by) == item


@given(st.lists(ITEMS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_items_is_total(items: list[Item], rng: random.Random) -> None:
    mixed = rng.sample(items, len(items))
    assert sorted(mixed, key=sort_key) == sorted(items, key=sort_key)
    assert choose_item([*items, items[0]] if items else [Entity(0, 1, "X")]) == choose_item(
        [*mixed, items[0]] if items else [Entity(0, 1, "X")]
    )


@given(ITEMS, ITEMS)
def test_shared_content_counts_code_points(a: Item, b: Item) -> None:
    points = [{point for start, end in ranges_of(item) for point in range(start, end)} for item in (a, b)]
    assert shared_content(a, b) == shared_content(b, a) == len(points[0] & points[1])


@given(ITEMS, ITEMS)
def test_agreement_and_identity_on_the_text_mean_the_same(a: Item, b: Item) -> None:
    index = TextIndex(TEXT)
    blank = any(not TEXT[span.start : span.end].strip() for item in (a, b) for _, span in iter_spans(_layers(item)))
    if not blank and layer_of(a) == layer_of(b):
        assert (item_values(a, index) == item_values(b, index)) == (identity_of(a, TEXT) == identity_of(b, TEXT))


@given(ITEMS)
def test_spans_are_visited_as_records_are_read(item: Item) -> None:
    seen: list[Any] = []

    def note(span: Any) -> Any:
        seen.append(span)
        return span

    assert map_spans(item, note) == item
    assert seen == [span for _, span in iter_spans(_layers(item))]


@given(ITEMS)
def test_a_trimmed_item_is_whole_and_stays_as_it_is(item: Item) -> None:
    trimmed = trim_item(item, TEXT)
    assert not list(find_span_problems(_layers(trimmed), TEXT))
    assert trim_item(trimmed, TEXT) == trimmed
    for (_, old), (_, new) in zip(iter_spans(_layers(item)), iter_spans(_layers(trimmed)), strict=True):
        assert old.start <= new.start < new.end <= old.end
        letters = [[c for c in TEXT[span.start : span.end] if c.isalnum()] for span in (old, new)]
        assert letters[0] == letters[1]


def _layers(item: Item) -> Layers:
    layers = Layers()
    setattr(layers, layer_of(item), [item])
    return layers


def test_every_layer_has_its_type_attributes_and_links() -> None:
    assert tuple(ITEM_TYPES) == tuple(ATTRIBUTES) == tuple(LINKS) == LAYERS
    for layer, kind in ITEM_TYPES.items():
        assert {*ATTRIBUTES[layer], *LINKS[layer]} <= set(kind.__struct_fields__)


def test_items_come_layer_by_layer() -> None:
    entity, claim = Entity(0, 3, "X"), Claim(0, 3, True, "event")
    assert list(iter_items(Layers(claims=[claim], entities=[entity]))) == [("entities", entity), ("claims", claim)]


def test_an_item_that_loses_its_content_is_gone_and_one_that_loses_a_link_is_not() -> None:
    quote = Quote("direct", [Span(0, 4), Span(6, 8)], speaker=Span(10, 12), cue=Span(13, 14))
    first = map_spans(quote, lambda span: None if span.start in (6, 10) else span)
    assert first == Quote("direct", [Span(0, 4)], cue=Span(13, 14))
    assert map_spans(quote, lambda span: None if span.start < 9 else span) is None
    assert map_spans(Claim(0, 4, True, "event", Span(6, 8)), lambda span: span if span.start else None) is None


def test_a_place_is_an_identity_without_its_label() -> None:
    a, b = Claim(0, 4, True, "event"), Claim(0, 4, False, "statistic")
    assert place_of(a) == place_of(b)
    assert identity_of(a) != identity_of(b)


def test_a_quote_without_content_is_nowhere() -> None:
    assert extent_of(Quote("direct", [])) == (-1, -1)


SAID = "“We won ,” Ann Lee said, “and you lost .” Fine ."
QUOTED = Quote("direct", [Span(0, 10), Span(25, 41)], speaker=Span(11, 18), cue=Span(19, 23))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"speaker": Span(10, 19)}, True),
        ({"speaker": Span(11, 14)}, False),
        ({"cue": Span(18, 23)}, True),
        ({"cue": None}, False),
        ({"content": [Span(25, 41), Span(0, 7), Span(8, 10)]}, True),
        ({"content": [Span(0, 10), Span(10, 11), Span(24, 41)]}, True),
        ({"content": [Span(0, 9), Span(25, 41)]}, False),
        ({"content": [Span(0, 41)]}, False),
        ({"content": [Span(0, 10), Span(3, 7), Span(25, 41)]}, True),
    ],
)
def test_on_a_text_white_space_plays_no_part(changes: dict[str, Any], same: bool) -> None:
    other = msgspec.structs.replace(QUOTED, **changes)
    assert (identity_of(other, SAID) == identity_of(QUOTED, SAID)) == same
    assert identity_of(other) != identity_of(QUOTED)


def test_an_item_of_white_space_alone_keeps_its_place() -> None:
    places = {place_of(Entity(start, end, "X"), "a   b") for start, end in ((1, 2), (2, 3), (1, 3))}
    assert len(places) == 3


def test_items_are_sorted_layer_by_layer_and_absent_layers_stay_absent() -> None:
    late, early, long = Entity(5, 6, "X"), Entity(0, 2, "X"), Entity(0, 4, "X")
    record = Annotation(id="a", annotator="amy", entities=[late, early, long], claims=[])
    assert sort_items(record) == Annotation(id="a", annotator="amy", entities=[long, early, late], claims=[])
    assert record.entities == [late, early, long]


def test_further_labels_are_described() -> None:
    assert describe(Entity(0, 4, "GPE", alt_labels=["LOC", "ORG"])) == "GPE or LOC, ORG [0, 4)"
    assert describe(Entity(0, 4, "GPE", text="Rome")) == "GPE [0, 4) 'Rome'"
    assert describe(Claim(0, 4, True, "event")) == "event, check-worthy [0, 4)"


EDGES = [
    # what was marked, what is meant, of what
    ("Ana Reis ", "Ana Reis", "name"),
    (" \u00a0Ana Reis\n", "Ana Reis", "name"),
    ("\u200bAna Reis\ufeff", "Ana Reis", "name"),
    ("Ana Reis,", "Ana Reis", "name"),
    ("Ana Reis: ", "Ana Reis", "name"),
    ("— Ana Reis", "Ana Reis", "name"),
    ("**Ana Reis**", "Ana Reis", "name"),
    ("(Ana Reis)", "Ana Reis", "name"),
    ("Ana (Reis", "Ana (Reis", "name"),
    ("(Ana Reis", "Ana Reis", "name"),
    ("Ana Reis)", "Ana Reis", "name"),
    ("Bo Lee (D-Ohio)", "Bo Lee (D-Ohio)", "name"),
    ("“The Wire”", "The Wire", "name"),
    ("The Wire”,", "The Wire", "name"),
    ('Thomas "Tip" Brady', 'Thomas "Tip" Brady', "name"),
    ('"Tip" Brady', '"Tip" Brady', "name"),
    ('6 feet 2"', '6 feet 2"', "name"),
    ("the U.S.", "the U.S.", "name"),
    ("Acme Corp.", "Acme Corp.", "name"),
    ("Acme Corp.,", "Acme Corp.", "name"),
    ("on Monday.", "on Monday", "clause"),
    ("Leeds.", "Leeds", "clause"),
    ("in 2020.", "in 2020", "clause"),
    ("Bo Lee (D-Ohio).", "Bo Lee (D-Ohio)", "name"),
    ("Leeds.", "Leeds.", "name"),
    ("$5", "$5", "name"),
    ("10%", "10%", "name"),
    ("–5 degrees", "–5 degrees", "name"),
    ("the readers'", "the readers'", "name"),
    ("'90s", "'90s", "name"),
    ("Yahoo!", "Yahoo!", "name"),
    (",", ",", "name"),
    (" ", " ", "name"),
    ("taxes would rise. ", "taxes would rise", "clause"),
    ("taxes are “odd”", "taxes are “odd”", "clause"),
    ("“odd” taxes,", "“odd” taxes", "clause"),
    ("“We won.” ", "“We won.”", "speech"),
    ("“We won”.", "“We won”", "speech"),
    ("— “We won”", "“We won”", "speech"),
    ("‘We won’, ", "‘We won’", "speech"),
    ("“We lost the barn.", "“We lost the barn.", "speech"),
    ("we won,", "we won,", "speech"),
]


@pytest.mark.parametrize(("marked", "meant", "of"), EDGES)
def test_edges_are_trimmed_to_what_is_meant(marked: str, meant: str, of: Any) -> None:
    text = f"x {marked} She left."
    assert text[slice(*trim_edges(text, 2, 2 + len(marked), of))] == meant


def test_a_full_stop_within_a_sentence_belongs_to_an_abbreviation() -> None:
    text = "the Mass. senator, on approx. five acres"
    assert [trim_edges(text, *span, "clause") for span in ((4, 9), (22, 29))] == [(4, 9), (22, 29)]


TALK = "“We won,” Ann Lee said, “and you lost.” Fine."


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        # quotation marks: none around names, and part of what is said; a full stop may be a name's
        (Entity(0, 9, "X"), ["We won"]),
        (Entity(33, 38, "X"), ["lost."]),
        (Quote("direct", [Span(0, 9), Span(24, 39)]), ["“We won,”", "“and you lost.”"]),
        (Quote("direct", [Span(1, 8)]), ["We won,"]),
        (Quote("direct", [Span(24, 39)], Span(0, 9), Span(17, 22)), ["“and you lost.”", "We won", "said"]),
        (Quote("indirect", [Span(25, 38)], speaker=Span(9, 18)), ["and you lost", "Ann Lee"]),
        (Quote("mixed", [Span(25, 38)]), ["and you lost"]),
        (Claim(25, 38, True, "event", claimer=Span(0, 9)), ["and you lost", "We won"]),
    ],
)
def test_each_span_of_an_item_has_the_edges_of_its_kind(item: Item, meant: list[str]) -> None:
    spans = [span for _, span in iter_spans(_layers(trim_item(item, TALK)))]
    assert [TALK[span.start : span.end] for span in spans] == meant
    assert [span.text for span in spans] == [None] * len(spans)  # nothing is stored that was not


def test_what_annotators_left_as_it_was_predicted_keeps_its_offsets_where_asked() -> None:
    left, drawn = Entity(0, 9, "PERSON"), Entity(9, 13, "ORG")
    annotation = Annotation(
        id="a", text="Ana Reis met Bo", annotator="amy", entities=[left, drawn], predicted=Layers(entities=[left])
    )
    assert trim_annotation(annotation, keep_predicted=True).entities == [left, Entity(9, 12, "ORG")]
    alone = msgspec.structs.replace(annotation, predicted=None)
    assert [item.end for item in trim_annotation(alone, keep_predicted=True).entities or ()] == [8, 12]


def test_the_stored_text_follows_the_edges_and_predictions_keep_theirs() -> None:
    marked = Entity(0, 9, "PERSON", text="Ana Reis ", id="e1")
    annotation = Annotation(
        id="a", text="Ana Reis met", annotator="amy", entities=[marked], predicted=Layers(entities=[marked])
    )
    trimmed = trim_annotation(annotation)
    assert trimmed.entities == [Entity(0, 8, "PERSON", text="Ana Reis", id="e1")]
    assert trimmed.predicted == Layers(entities=[marked])
    assert (trimmed.quotes, annotation.entities) == (None, [marked])
