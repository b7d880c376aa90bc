"""Task -> result -> annotation is the identity, whatever the text and however the spans lie to each other."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.artifacts.label_config import to_label_config
from annotate.records import Prediction
from annotate.schema import load_schema
from annotate.task_json.tasks import from_task, to_task
from tests.support.plain import plain as plain_layers
from tests.support.strategies import predictions

NEWS = load_schema("news")
plain = partial(plain_layers, without=("id", "origin"))


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


@given(predictions(), st.integers(0, 9))
@settings(max_examples=150)
def test_an_untouched_submit_comes_back_identical(prediction: Prediction, seed: int) -> None:
    task = to_task(prediction, NEWS)
    [(annotation, _)], drafts, remarks = from_task(submit(task, seed), NEWS, emails={3: "ada@example.org"})
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
@settings(max_examples=40)
def test_region_ids_are_unique_and_the_same_every_time(prediction: Prediction) -> None:
    first, second = to_task(prediction, NEWS), to_task(prediction, NEWS)
    assert first == second
    regions = [item["id"] for item in first["predictions"][0]["result"] if item["type"] == "labels"]
    assert len(regions) == len(set(regions))


@given(predictions())
@settings(max_examples=25)
def test_the_sdk_finds_nothing_wrong_with_the_predictions(prediction: Prediction) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(to_label_config(NEWS))
    [entry] = to_task(prediction, NEWS)["predictions"]
    assert interface.validate_prediction(entry, return_errors=True) == []
