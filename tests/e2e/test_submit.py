"""Recorded annotations are handed in once, each for its annotator, and come back as they were recorded."""

from __future__ import annotations

import msgspec
import pytest

from annotate.errors import LabelStudioError
from annotate.label_studio_server import Studio
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.labelstudio.submit import submit_annotations
from annotate.records import Annotation, Entity, Prediction, Quote, Span

TEXT = "“No,” Ann said. She left Rome."
PREDICTION = Prediction(
    id="a",
    text=TEXT,
    model="made-1",
    entities=[Entity(6, 9, "PERSON", score=0.5), Entity(25, 29, "ORG", score=0.4)],
    quotes=[Quote("direct", [Span(0, 5)], speaker=Span(6, 9), cue=Span(10, 14))],
    claims=[],
)


def recorded(annotator: str, label: str) -> Annotation:
    """The prediction with Rome labelled anew."""
    return Annotation(
        id="a",
        text=TEXT,
        annotator=annotator,
        lead_time_s=12.0,
        entities=[Entity(6, 9, "PERSON"), Entity(25, 29, label)],
        quotes=PREDICTION.quotes,
        claims=[],
    )


def extents(quotes: list[Quote] | None) -> list[list[tuple[int, int] | None]]:
    """Where content, speaker and cue of each quote are."""
    return [
        [(part.start, part.end) if part else None for part in (*quote.content, quote.speaker, quote.cue)]
        for quote in quotes or ()
    ]


@pytest.mark.slow
def test_annotations_are_handed_in_once_for_each_annotator(studio: Studio) -> None:
    access = {"url": studio.url, "api_key": studio.api_key}
    push_predictions([PREDICTION], "Handed in", PushOptions(overlap=2), **access)
    both = [recorded("one@example.org", "GPE"), recorded("two@example.org", "ORG")]
    assert submit_annotations(both, "Handed in", **access) == 2
    assert submit_annotations(both, "Handed in", **access) == 0
    found, certificate = fetch_annotations("Handed in", **access)
    assert certificate.is_clean
    by_annotator = {record.annotator: record for record in found}
    assert sorted(by_annotator) == ["one@example.org", "two@example.org"]
    for given in both:
        record = by_annotator[given.annotator]
        assert [(e.start, e.end, e.label) for e in record.entities or ()] == [
            (e.start, e.end, e.label) for e in given.entities or ()
        ]
        assert extents(record.quotes) == extents(given.quotes)
        assert (record.lead_time_s, record.model) == (12.0, "made-1")
    origins = {(e.label, e.origin) for e in by_annotator["one@example.org"].entities or ()}
    assert origins == {("PERSON", "prediction"), ("GPE", "manual")}


@pytest.mark.slow
def test_articles_that_the_project_lacks_are_named(studio: Studio) -> None:
    access = {"url": studio.url, "api_key": studio.api_key}
    push_predictions([PREDICTION], "Lacking", **access)
    other = msgspec.structs.replace(recorded("one@example.org", "GPE"), id="b")
    with pytest.raises(LabelStudioError, match="no task for b; push these articles first"):
        submit_annotations([recorded("one@example.org", "GPE"), other], "Lacking", **access)
    assert fetch_annotations("Lacking", **access)[0] == []
