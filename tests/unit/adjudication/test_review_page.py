"""The page for a reviewer: what is marked, what is listed, and that an ordinary interface stays what it is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.adjudication import adjudicate_annotations, to_review
from annotate.adjudication.review_page import ReviewPage, find_page, is_region_id, to_region_id
from annotate.artifacts.guidelines import to_instruction
from annotate.artifacts.label_config import to_label_config
from annotate.artifacts.page import ORDINARY_PAGE
from annotate.labelstudio.project import find_names
from annotate.records import LAYERS, Annotation, Claim, Entity, Layer, Quote, Span
from annotate.schema import load_schema
from annotate.task_json.tasks import build_task

NEWS = load_schema()
TEXT = "“Go,” said Ann.\n\nBob walked to Mecca on Monday. It rained \x1b[2J there."


def by(annotator: str, entities: list[Entity], quotes: list[Quote], claims: list[Claim]) -> Annotation:
    return Annotation(id="a", text=TEXT, annotator=annotator, entities=entities, quotes=quotes, claims=claims)


ANN = by("ann", [Entity(31, 36, "GPE")], [Quote("direct", [Span(0, 5)], Span(11, 14))], [Claim(17, 46, True, "event")])
BEN = by("ben", [Entity(31, 36, "EVENT")], [Quote("direct", [Span(0, 5)])], [])
DISPUTED = adjudicate_annotations([ANN, BEN]).disputed
PAGE = ReviewPage(DISPUTED)


def test_the_list_says_where_what_by_whom_and_why() -> None:
    data = PAGE.data("a")
    assert data["disputes"] == 3
    assert [entry.splitlines() for entry in data["dispute_list"]] == [
        [
            "1. quote: [“Go,”] said Ann.",
            "    1a: direct, speaker [Ann] (ann)",
            "    1b: direct (ben)",
            "    2 of 2 marked it, no agreement on speaker",
        ],
        [
            "2. claim: [Bob walked to Mecca on Monday]. It rained \\x1b[2J there.",
            "    2a: event, check-worthy (ann)",
            "    1 of 2 marked it; not marked by ben",
        ],
        [
            "3. entity: Bob walked to [Mecca] on Monday. It rained \\x1b[2J there.",
            "    3a: GPE (ann)",
            "    3b: EVENT (ben)",
            "    2 of 2 marked it, no agreement on label",
        ],
    ]
    assert PAGE.data("another") == {}


def test_disputed_regions_have_the_ids_that_the_style_sheet_knows_and_come_first() -> None:
    [prediction] = to_review(DISPUTED)
    task = build_task(prediction, NEWS, PAGE)
    ids = list(dict.fromkeys(item["id"] for item in task["predictions"][0]["result"] if "id" in item))
    assert [name.rpartition("-")[0] for name in ids[:5]] == [
        to_region_id(tag) for tag in ("1a", "1b", "2a", "3a", "3b")
    ]
    assert not any(map(is_region_id, ids[5:]))
    assert task["data"]["disputes"] == 3


@given(st.integers(1, 9999), st.sampled_from("abz"))
def test_the_style_sheet_reads_the_tag_from_the_id(number: int, letter: str) -> None:
    name = f"htx-highlight htx-highlight-{to_region_id(f'{number}{letter}')}-57"
    rules = re.findall(r'\[class\*="([^"]+)"\] \{ --ann-(\w+): "(\w)"; \}', PAGE.label_config(NEWS))
    shown = {place: text for part, place, text in rules if part in name}
    assert "".join(shown.get(place, "") for place in ("k", "h", "t", "u", "letter")) == f"{number}{letter}"


@pytest.mark.parametrize("layers", [None, *((layer,) for layer in LAYERS)])
def test_the_interface_has_the_labels_of_the_schema_and_is_recognised(layers: tuple[Layer, ...] | None) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    schema = NEWS.restrict(layers)
    config = PAGE.label_config(schema)
    LabelInterface(config).validate()
    assert find_names(config) == find_names(to_label_config(schema))
    assert find_page(config).label_config(schema) == config
    assert find_page(to_label_config(schema)) is ORDINARY_PAGE
    root = ElementTree.fromstring(config)
    assert [found.get("on") for found in root.iter("Repeater")] == ["$dispute_list"]
    assert PAGE.instruction(schema).endswith(to_instruction(schema))
    assert "delete the wrong ones" in PAGE.instruction(schema)


SPANS = st.integers(0, 20).flatmap(lambda start: st.builds(Span, st.just(start), st.integers(start + 1, 24)))
ENTITIES = st.lists(st.builds(lambda s, label: Entity(s.start, s.end, label), SPANS, st.sampled_from(["GPE", "ORG"])))
QUOTES = st.lists(st.builds(lambda s, speaker: Quote("direct", [s], speaker), SPANS, st.none() | SPANS))


@given(st.lists(st.tuples(ENTITIES, QUOTES), min_size=2, max_size=4))
def test_every_candidate_has_a_region_of_its_own(versions: list[tuple[list[Entity], list[Quote]]]) -> None:
    marked = [by(name, entities, quotes, []) for name, (entities, quotes) in zip("abcd", versions, strict=False)]
    disputed = adjudicate_annotations(marked).disputed
    page = ReviewPage(disputed)
    for prediction in to_review(disputed):
        task = build_task(prediction, NEWS, page)
        marks = [item["id"] for item in task["predictions"][0]["result"] if item["type"] == "labels"]
        assert len(marks) == len(set(marks))
        listed = task["data"]["dispute_list"]
        assert sum(len(entry.splitlines()) - 2 for entry in listed) == sum(map(is_region_id, marks))
