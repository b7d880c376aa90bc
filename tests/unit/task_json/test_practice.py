"""The practice task for any schema, and that no article looks like one."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from annotate.practice import PRACTICE, is_practice
from annotate.records import LAYERS, Prediction
from annotate.schema import Label, load_schema
from annotate.task_json.from_result import from_result
from annotate.task_json.practice import build_practice
from annotate.task_json.tasks import build_task
from tests.support.strategies import predictions

NEWS = load_schema("news")


@pytest.mark.parametrize("layers", [None, *((layer,) for layer in LAYERS)])
def test_its_draft_is_well_formed_for_every_layer(layers: tuple[str, ...] | None) -> None:
    schema = NEWS.restrict(layers)  # type: ignore[arg-type]
    task = build_practice(schema, "made-1")
    [entry] = task["predictions"]
    assert is_practice(task)
    assert from_result(entry["result"], task["data"]["text"], schema).remarks == []
    assert (entry["model_version"], entry["score"]) == ("made-1", 0.0)


def test_it_is_made_for_labels_and_keys_that_the_toolkit_does_not_know() -> None:
    blank = {"definition": "", "source": "", "example": "", "counter_example": ""}
    assert NEWS.entities is not None
    one = msgspec.structs.replace(NEWS.entities, labels=[Label(name="Ort", **blank)])
    schema = msgspec.structs.replace(NEWS.restrict(("entities",)), entities=one)
    steps = build_practice(schema, "m")["data"][PRACTICE].splitlines()
    assert steps[0] == "1. Mark the two names: choose Ort, drag over “Ana Prado”; the same for “Eva Lund”."
    assert not any("is a place" in step for step in steps)


@given(predictions())
def test_no_article_can_look_like_one(made: Prediction) -> None:
    for disguised in (made, msgspec.structs.replace(made, meta={PRACTICE: "1. Hide."}, title=PRACTICE, id=PRACTICE)):
        task = build_task(disguised, NEWS)
        assert not is_practice(task)
        assert not is_practice({**task, "data": {**task["data"], PRACTICE: "1. Hide."}})
