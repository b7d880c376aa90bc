"""`annotate effort`: the values follow from what was changed, with and without the prediction on the page."""

from __future__ import annotations

import pytest

from annotate.errors import DataProblems
from annotate.labelstudio.effort import describe_effort, effort
from annotate.records import Annotation, Entity, Layers, Prediction
from tests.support.spans import range_of

TEXT = "NATO met Ada in Rome, Italy, on Monday."


def entity(words: str, label: str, key: str | None = None) -> Entity:
    return Entity(*range_of(TEXT, words), label, id=key)


PREDICTED = [
    entity("NATO", "ORG", "1"),
    entity("Ada", "ORG", "2"),
    entity("Rome", "GPE", "3"),
    entity("met", "GPE", "4"),
]


def annotation(number: int, *, blind: bool, seconds: float) -> Annotation:
    kept = [entity("NATO", "ORG", "1"), entity("Ada", "PERSON", "2"), entity("Rome, Italy", "GPE", "3")]
    return Annotation(
        id=f"a{number}",
        text=TEXT,
        annotator="ada@example.org",
        entities=[*kept, entity("Monday", "DATE", "mine")],
        predicted=None if blind else Layers(entities=PREDICTED),
        model=None if blind else "made-1",
        blind=blind,
        lead_time_s=seconds,
    )


def test_changes_scores_and_times() -> None:
    records = [annotation(n, blind=n >= 4, seconds=10.0 * 2**n) for n in range(6)]
    skipped = Annotation(id="a9", annotator="ada@example.org", status="skipped")
    pushed = [Prediction(id=record.id, text=TEXT, entities=PREDICTED) for record in records]
    found = effort([*records, skipped], predictions=pushed)
    rows = {row.label: row for row in found.changes}
    assert (rows["ORG"].predicted, rows["ORG"].unchanged, rows["ORG"].relabelled) == (8, 4, 4)
    assert (rows["GPE"].predicted, rows["GPE"].moved, rows["GPE"].deleted) == (8, 4, 4)
    assert rows["DATE"].added == 4
    assert found.relabelled == {"entities: ORG -> PERSON": 4}
    assert [(row.shown, row.articles, row.precision, row.recall, row.f1) for row in found.scores] == [
        (True, 4, 0.25, 0.25, 0.25),
        (False, 2, 0.25, 0.25, 0.25),
    ]
    assert [(row.shown, row.articles, row.median_s, row.mean_s) for row in found.times] == [
        (True, 4, 30.0, 37.5),
        (False, 2, 240.0, 240.0),
    ]
    assert len(list(describe_effort(found))) == 3


def test_nothing_submitted_is_an_error() -> None:
    with pytest.raises(DataProblems, match="no submitted annotation"):
        effort([Annotation(id="a", annotator="x", status="skipped")])
