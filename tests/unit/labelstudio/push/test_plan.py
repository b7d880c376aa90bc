"""What a push works out before it sends anything: its options, and tasks that are built once."""

from __future__ import annotations

import msgspec
import pytest

from annotate.errors import DataProblems
from annotate.labelstudio.push.plan import BuiltTasks, PushOptions, survey_predictions
from annotate.schema import load_schema
from annotate.task_json.tasks import build_task, read_info, withhold
from tests.support.made_articles import make_predictions

NEWS = load_schema("news")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blind": 1.5}, "blind is 1.5; expected a share from 0 to 1"),
        ({"blind": -0.1}, "blind is -0.1; expected a share from 0 to 1"),
        ({"overlap": 0}, "overlap is 0; expected 1 or more"),
    ],
)
def test_options_out_of_range_are_one_message(options: dict[str, float], message: str) -> None:
    with pytest.raises(DataProblems, match=message):
        PushOptions(**options)  # type: ignore[arg-type]


def test_about_the_wanted_share_is_withheld_and_always_the_same() -> None:
    chosen = {name for name in map(str, range(2000)) if PushOptions(blind=0.3, seed=5).withholds(name)}
    more = {name for name in map(str, range(2000)) if PushOptions(blind=0.4, seed=5).withholds(name)}
    assert 540 < len(chosen) < 660
    assert chosen < more


def test_what_planning_has_built_is_not_built_again() -> None:
    first, second = make_predictions(2)
    with BuiltTasks(NEWS) as tasks:
        assert tasks.get(first, keep=True) == build_task(first, NEWS)
        assert tasks.get(second) == build_task(second, NEWS)
        assert tasks.get(second, keep=True) == build_task(second, NEWS)
        assert tasks.get(first) == build_task(first, NEWS)
        other = msgspec.structs.replace(first, model="other-1")
        assert tasks.get(other) == build_task(first, NEWS)  # a push has one prediction for each article


def test_a_withheld_task_has_no_prediction_and_notes_how_it_was_drawn() -> None:
    (prediction,) = make_predictions(1)
    task = build_task(prediction, NEWS)
    hidden = withhold(task, seed=7, share=0.2)
    assert (hidden["data"], hidden["predictions"]) == (task["data"], [])
    assert read_info(hidden) == msgspec.structs.replace(read_info(task), blind=True, blind_seed=7, blind_share=0.2)


def test_articles_with_too_many_regions_for_one_page_are_counted() -> None:
    few, many = next(make_predictions(1, regions=100)), next(make_predictions(1, words=3000, regions=900))
    survey = survey_predictions([few, msgspec.structs.replace(many, id="many")], NEWS, PushOptions())
    assert survey.crowded == 1
