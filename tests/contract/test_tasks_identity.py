"""Task -> result -> annotation is the identity, whatever the text and however the spans lie to each other."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.artifacts.label_config import to_label_config
from annotate.records import Claim, Entity, LayeredRecord, Layers, Prediction, Quote, Span
from annotate.schema import load_schema
from annotate.task_json.tasks import from_task, to_task

NEWS = load_schema("news")
ODD = "aé́𝒳👩‍👩‍👧 \u00a0\u2028\u2029\u0085\t\u200b\ufeffאבعربي<b>&amp;“”‘’''\n\r"
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(st.one_of(st.sampled_from(ODD), CHARACTERS), min_size=1, max_size=40)
SCORES = st.none() | st.floats(0, 1)


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    text = draw(TEXTS)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).map(sorted)
    spans = places.filter(lambda place: place[0] < place[1]).map(lambda place: Span(*place))
    notes = st.none() | st.text(CHARACTERS, min_size=1, max_size=5)

    def entities() -> list[Entity]:
        return [
            Entity(s.start, s.end, draw(st.sampled_from(NEWS.entity_labels)), score=draw(SCORES), note=draw(notes))
            for s in draw(st.lists(spans, max_size=4))
        ]

    def quotes() -> list[Quote]:
        found = []
        for whole in draw(st.lists(spans, max_size=3)):
            inner = st.integers(whole.start, whole.end)
            cuts = sorted(draw(st.sets(inner, max_size=4)) | {whole.start, whole.end})
            pieces = [Span(a, b) for a, b in itertools.pairwise(cuts)]
            kept = [pieces[0]] + [piece for piece in pieces[1:] if draw(st.booleans())]
            found.append(
                Quote(
                    draw(st.sampled_from(["direct", "indirect", "mixed"])),
                    kept,
                    speaker=draw(st.none() | spans),
                    cue=draw(st.none() | spans),
                    score=draw(SCORES),
                    speaker_name=draw(notes),
                    preannotator=draw(notes),
                    note=draw(notes),
                )
            )
        return found

    def claims() -> list[Claim]:
        return [
            Claim(
                s.start,
                s.end,
                draw(st.booleans()),
                draw(st.sampled_from(NEWS.claim_kinds)),
                claimer=draw(st.none() | spans),
                score=draw(SCORES),
                confidence=draw(SCORES),
                note=draw(notes),
            )
            for s in draw(st.lists(spans, max_size=3))
        ]

    return Prediction(
        id=draw(st.text(CHARACTERS, min_size=1, max_size=8)),
        text=text,
        title=draw(notes),
        meta=draw(st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2)),
        model="rules-0.1.0",
        entities=entities(),
        quotes=quotes(),
        claims=claims(),
    )


def submit(task: dict[str, Any], seed: int = 0) -> dict[str, Any]:
    """The task as the server exports it after an untouched submit: origin added, items in another order."""
    task = json.loads(json.dumps(task))
    [stored] = task["predictions"]
    result = [item if item["type"] == "relation" else {**item, "origin": "prediction"} for item in stored["result"]]
    random.Random(seed).shuffle(result)
    for item in result:
        if "value" in item:
            item["value"]["text"] = "what the server has there is not to be trusted\\n"
    annotation = {
        "id": 7,
        "completed_by": 3,
        "result": result,
        "was_cancelled": False,
        "lead_time": 4.5,
        "parent_prediction": 5,
        "prediction": {**stored, "id": 5},
    }
    return {**task, "id": 11, "annotations": [annotation], "predictions": [5], "drafts": []}


def plain(record: LayeredRecord | Layers) -> dict[str, list[str]]:
    """The layers without ids and origins, in a fixed order."""
    layers = Layers(record.entities, record.quotes, record.claims)
    found = msgspec.to_builtins(layers)

    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [strip(entry) for entry in value]
        if isinstance(value, dict):
            return {key: strip(entry) for key, entry in value.items() if key not in ("id", "origin")}
        return value

    return {layer: sorted(json.dumps(strip(item), sort_keys=True) for item in items) for layer, items in found.items()}


@given(predictions(), st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_an_untouched_submit_comes_back_identical(prediction: Prediction, seed: int) -> None:
    task = to_task(prediction, NEWS)
    [annotation], drafts, remarks = from_task(submit(task, seed), NEWS, emails={3: "ada@example.org"})
    assert (drafts, remarks) == ([], [])
    assert plain(annotation) == plain(prediction)
    assert annotation.predicted is not None
    assert plain(annotation.predicted) == plain(prediction)
    assert {item.origin for item in [*annotation.entities, *annotation.quotes, *annotation.claims]} <= {"prediction"}
    assert (annotation.id, annotation.text, annotation.title, annotation.meta) == (
        prediction.id,
        prediction.text,
        prediction.title,
        prediction.meta,
    )
    assert (annotation.annotator, annotation.model, annotation.lead_time_s) == ("ada@example.org", "rules-0.1.0", 4.5)


@given(predictions())
@settings(max_examples=40, deadline=None)
def test_region_ids_are_unique_and_the_same_every_time(prediction: Prediction) -> None:
    first, second = to_task(prediction, NEWS), to_task(prediction, NEWS)
    assert first == second
    regions = [item["id"] for item in first["predictions"][0]["result"] if item["type"] == "labels"]
    assert len(regions) == len(set(regions))


@given(predictions())
@settings(max_examples=25, deadline=None)
def test_the_sdk_finds_nothing_wrong_with_the_predictions(prediction: Prediction) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(to_label_config(NEWS))
    [entry] = to_task(prediction, NEWS)["predictions"]
    assert interface.validate_prediction(entry, return_errors=True) == []
