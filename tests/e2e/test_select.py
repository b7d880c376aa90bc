"""A lab's first day with a real Label Studio: pool, select, push, pull, decide, release, score, and select again."""

from __future__ import annotations

from pathlib import Path

import pytest

import annotate
from annotate.errors import LabelStudioError
from annotate.label_studio_server import Studio
from annotate.records import Annotation, Article, Entity, Prediction
from annotate.selection.select import Selection


def make_pool(folder: Path) -> Path:
    """Forty articles about a place each, of two publishers."""
    articles = []
    for number in range(40):
        place = "".join(chr(ord("a") + int(digit) * 2) for digit in f"{number:03}").title()
        words = " ".join(f"{place.lower()}{n}" for n in range(30))
        articles.append(Article(id=f"a{number:03}", text=f"{place} won. {words}.", publisher=("AP", "BBC")[number % 2]))
    annotate.write_records(folder / "pool.jsonl", articles)
    return folder / "pool.jsonl"


def predict(batch: Selection) -> list[Prediction]:
    fields = Article.__struct_fields__
    return [
        Prediction(**{name: getattr(one, name) for name in fields}, entities=[Entity(0, 4, "GPE")], model="made-1")
        for one in batch.articles
    ]


@pytest.mark.slow
def test_what_was_selected_comes_back_as_weights_and_is_left_out_the_next_time(studio: Studio, tmp_path: Path) -> None:
    access = {"url": studio.url, "api_key": studio.api_key}
    pool = [str(make_pool(tmp_path))]
    batch = annotate.select(pool, n=10, by=["publisher"])
    predictions = predict(batch)
    annotate.push_predictions(predictions, "Selected", **access)
    submitted = [
        Annotation(id=one.id, text=one.text, annotator="one@example.org", lead_time_s=20.0, entities=one.entities)
        for one in predictions
    ]
    annotate.submit_annotations(submitted, "Selected", **access)
    pulled, certificate = annotate.fetch_annotations("Selected", **access)
    assert certificate.is_clean
    decided = annotate.adjudicate(pulled).decided
    folder = annotate.release_records(decided, "news", "1.0.0", to=tmp_path / "gold", annotations=pulled)
    annotate.check(folder)
    assert {record.weight for record in annotate.load_gold(folder)} == {4.0}
    report = annotate.evaluate(annotate.load_gold(folder), predictions)
    assert report.sample is not None
    assert report.sample["pools"][0]["sha256"] == batch.plan.sha256

    more = annotate.select(pool, n=10, exclude=["Selected"], effort=pulled, **access)
    assert more.plan.excluded == (10, 0)
    assert not {one.id for one in more.articles} & {one.id for one in batch.articles}
    assert more.plan.hours == pytest.approx(10 * 20 / 3600, rel=0.01)
    with pytest.raises(LabelStudioError, match="no such file or release, and no project"):
        annotate.select(pool, n=10, exclude=["Nothing of the kind"], **access)
