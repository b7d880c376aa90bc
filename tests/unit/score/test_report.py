"""The report as a table of pandas, and how it reads in a terminal."""

from __future__ import annotations

import pytest

from annotate.errors import MissingExtraError
from annotate.extras import EXTRAS
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import Report, evaluate
from annotate.score.formulas import Once


def make_report() -> Report:
    gold = [GoldRecord(id=f"a{i}", text="Rome and Oslo", entities=[Entity(0, 4, "GPE")]) for i in range(6)]
    found = [Prediction(id=one.id, model="m-1", entities=[Entity(0, 4, "GPE", score=0.5)]) for one in gold]
    return evaluate(gold, found, trials=20)


def test_a_frame_has_every_value_with_its_parts() -> None:
    report = make_report()
    frame = report.to_frame()
    assert set(frame.index) == {*report.measures, *report.of_scores}
    for name, score in report.measures.items():
        row = frame.loc[name]
        assert row["n_gold"] == score.n_gold
        assert row["value"] == score.value or (score.value is None and row["value"] != row["value"])
    assert frame.loc["f1:strict:entities/GPE", ["metric", "match", "layer", "label"]].to_list() == [
        "f1",
        "strict",
        "entities",
        "GPE",
    ]


def test_headlines_have_the_counts_of_the_scored_articles() -> None:
    texts = [GoldRecord(id=f"a{i}", text="Rome and Oslo", entities=[Entity(0, 4, "GPE")]) for i in range(3)]
    gold = [GoldRecord(id="a", text="Rome", quotes=[]), *texts]
    found = [Prediction(id=one.id, entities=[Entity(0, 4 - i % 2, "GPE")], quotes=[]) for i, one in enumerate(gold)]
    report = evaluate(gold, found, trials=0)
    f1 = report.headlines["f1:strict:entities"]
    # twice what is right over gold and predictions, article by article; the first was not annotated
    assert [column.tolist() for column in f1.columns()] == [[0, 1, 0], [1, 1, 1], [1, 1, 1]]
    assert f1.values(Once(3)).tolist() == [report.value("f1:strict:entities")]


def test_without_pandas_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "notebook", ("pandas_of_nobody",))
    with pytest.raises(MissingExtraError, match=r"annotate-gold\[notebook\]"):
        make_report().to_frame()


def test_repr_has_the_headlines() -> None:
    assert repr(make_report()) == "<Report m-1, 6 articles, f1:strict:entities 1.000>"
