"""Options reach the scorer as one value or as keywords, and mean the same."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any, get_type_hints

import pytest

from annotate.errors import ScoreError
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import ScoreOptions, compare_systems, evaluate
from annotate.score.options import ScoreKeywords

GOLD = [GoldRecord(id=f"a{i}", text="Oslo and Rome", entities=[Entity(0, 4, "GPE")]) for i in range(6)]
FOUND = [Prediction(id=f"a{i}", entities=[Entity(0, 4, "GPE"), Entity(9, 13, "GPE")][: 1 + i % 2]) for i in range(6)]


def test_the_keywords_are_the_options() -> None:
    assert get_type_hints(ScoreKeywords) == get_type_hints(ScoreOptions)
    assert list(ScoreKeywords.__annotations__) == [field.name for field in fields(ScoreOptions)]


def test_options_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ScoreOptions().seed = 1  # type: ignore[misc]


def test_keywords_win_over_options() -> None:
    options = ScoreOptions(trials=50, seed=3, gold_name="mine")
    signature = evaluate(GOLD, FOUND, options, seed=4).signature
    assert [signature[name] for name in ("trials", "seed", "gold")] == [50, 4, "mine"]
    same = evaluate(GOLD, FOUND, trials=50, seed=4, gold_name="mine")
    assert evaluate(GOLD, FOUND, options, seed=4).to_dict() == same.to_dict()


def test_a_misspelt_option_is_an_error() -> None:
    wrong: Any = {"trails": 0}
    with pytest.raises(TypeError, match="trails"):
        evaluate(GOLD, FOUND, **wrong)


def test_a_comparison_takes_the_same_options() -> None:
    systems = {"all": FOUND, "few": FOUND[:4]}
    with pytest.raises(ScoreError, match="few a4: missing"):
        compare_systems(GOLD, systems)
    found = compare_systems(GOLD, systems, ScoreOptions(missing="empty", trials=200))
    assert found.signature["trials"] == 200
    assert compare_systems(GOLD, systems, missing="empty").signature["trials"] == 10_000
    assert found.to_dict()["documents"] == {"f1:strict:entities": 6}


def test_the_report_has_what_was_scored_as_fields() -> None:
    report = evaluate(GOLD, FOUND, trials=0, gold_name="mine")
    assert (report.articles, report.layers, report.gold, report.source_format) == (6, {"entities": 6}, "mine", None)
    assert "from" not in report.to_dict()["signature"]
    report.source_format = "spacy"
    assert report.to_dict()["signature"]["from"] == "spacy"
    assert "from" not in report.signature
