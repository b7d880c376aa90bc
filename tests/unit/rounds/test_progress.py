"""Rounds of annotation: what counts in which, differences with their intervals, verdicts, tables, the page."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotate
from annotate.agreement.measure import Figure, agree
from annotate.agreement.report import describe_agreement
from annotate.errors import DataProblems, RecordError
from annotate.jsonl import write_records
from annotate.printing import to_text
from annotate.records import Annotation, Entity, Layers
from annotate.rounds import Progress, describe_progress, progress
from annotate.rounds.page import to_page
from annotate.rounds.trends import TIME, judge, subtract
from tests.support.commands import run

TEXT = "Ann met Bob in Rome and Cy met Dee in Oslo on Monday. " * 3
NAMES = [("Ann", "PERSON"), ("Bob", "PERSON"), ("Rome", "GPE"), ("Cy", "PERSON"), ("Oslo", "GPE"), ("Monday", "DATE")]
PLACES = [
    Entity(found.start(), found.end(), label) for name, label in NAMES for found in re.finditer(rf"\b{name}\b", TEXT)
]


def some(chance: random.Random, share: float) -> list[Entity]:
    return [entity for entity in PLACES if chance.random() < share]


def make_round(number: int, articles: int, share: float, *, seed: int = 0) -> list[Annotation]:
    """Two annotators, each of whom finds a share of the entities; the draft has a share of them too."""
    chance = random.Random(f"{seed} {number}")
    return [
        Annotation(
            id=f"r{number}-{i}",
            text=TEXT,
            annotator=name,
            entities=some(chance, share),
            predicted=Layers(entities=draft),
            model="m-1",
            lead_time_s=100.0 / number + chance.random(),
        )
        for i in range(articles)
        for draft in [some(chance, share)]
        for name in ("ann", "ben")
    ]


def find(found: Progress, measure: str = "f1:strict:entities", what: Any = "agreement") -> Any:
    trend = found.find(what, measure)
    assert trend is not None
    return trend


def test_agreement_of_a_round_is_that_of_agree() -> None:
    rounds = [make_round(1, 8, 0.6), make_round(2, 8, 0.9)]
    found = progress(rounds, trials=200, seed=3)
    for records, one in zip(rounds, found.rounds, strict=True):
        alone = agree(records, trials=200, seed=3)
        assert one.agreement["f1:strict:entities"] == alone.measures["f1:strict:entities"]
        assert (one.articles, one.shared, one.annotations) == (8, 8, 16)


def test_the_draft_is_scored_against_every_annotator_and_an_article_counts_once() -> None:
    draft = Layers(entities=PLACES[:4])
    both = [
        Annotation(id="a", text=TEXT, annotator="ann", entities=PLACES[:4], predicted=draft),
        Annotation(id="a", text=TEXT, annotator="ben", entities=PLACES[4:8], predicted=draft),
        Annotation(id="b", text=TEXT, annotator="ann", entities=PLACES[:4], predicted=draft),
    ]
    found = progress([both, make_round(2, 2, 1.0)], trials=0)
    assert found.rounds[0].draft["f1:strict:entities"].value == pytest.approx(0.75)


def test_a_rise_is_seen_and_so_is_its_end() -> None:
    rising = progress([make_round(1, 30, 0.4), make_round(2, 30, 0.9)], trials=300)
    assert find(rising).verdict == "rising"
    assert find(rising, what="draft").verdict == "rising"
    assert find(rising, TIME, "time").verdict == "falling"
    same = progress([make_round(1, 60, 0.95), make_round(2, 60, 0.95)], trials=300)
    assert find(same).verdict == "steady"
    assert "one more round like the last would change little" in to_text(describe_progress(same))
    assert "f1:strict:entities/PERSON" in same.done
    falling = progress([make_round(1, 30, 0.9), make_round(2, 30, 0.4)], trials=300)
    assert find(falling).verdict == "falling"


def test_agreement_on_every_item_can_be_steady() -> None:
    found = progress([make_round(1, 12, 1.0), make_round(2, 12, 1.0)], trials=50)
    assert found.rounds[1].agreement["f1:strict:entities/PERSON"].n == 12 * 9
    assert find(found).verdict == find(found, "f1:strict:entities/PERSON").verdict == "steady"
    # 36 items are too few to exclude a difference of 0.05, and below five articles nothing is said
    assert find(found, "f1:strict:entities/DATE").verdict == "unclear"
    assert set(found.done) == {"f1:strict:entities/GPE", "f1:strict:entities/PERSON"}
    few = progress([make_round(1, 4, 1.0), make_round(2, 4, 1.0)], trials=50)
    assert find(few, "f1:strict:entities/PERSON").verdict == "unknown"


def test_a_label_that_one_annotator_used_once_is_shown() -> None:
    first, second = make_round(1, 5, 1.0), make_round(2, 5, 1.0)
    second[0] = msgspec.structs.replace(second[0], entities=[*PLACES[1:], Entity(0, 3, "FAC")])
    assert re.search(r"FAC +\S* *<1 ", to_text(describe_progress(progress([first, second], trials=0))))
    assert re.search(r"FAC .*<1\b", to_text(describe_agreement(agree(second, trials=0))))


def test_too_few_articles_are_unclear_and_the_number_needed_is_said() -> None:
    found = progress([make_round(1, 6, 0.7), make_round(2, 6, 0.72)], trials=300)
    trend = find(found)
    assert trend.verdict == "unclear"
    assert trend.needed > 6
    assert f"unclear, about {trend.needed:,} articles in each round would tell" in to_text(describe_progress(found))


def test_below_five_articles_nothing_is_said() -> None:
    found = progress([make_round(1, 3, 0.5), make_round(2, 3, 0.9)])
    assert find(found).verdict == "unknown"
    assert "nothing can be said about agreement" in to_text(describe_progress(found))


def test_a_pull_of_everything_counts_only_what_is_new() -> None:
    first, second = make_round(1, 6, 0.6), make_round(2, 6, 0.9)
    apart, together = progress([first, second], trials=50), progress([first, first + second], trials=50)
    assert together.rounds == apart.rounds
    assert together.remarks == ["round 2: 12 annotations of earlier rounds left out"]
    with pytest.raises(DataProblems, match="round 2: no submitted annotation of its own; all 12 are in earlier rounds"):
        progress([first, first])


def test_an_article_that_gets_its_second_annotator_later_is_compared_then() -> None:
    first, second = make_round(1, 6, 0.6), make_round(2, 6, 0.9)
    found = progress([[*first[:-1]], [*first, *second]], trials=0)
    assert [one.shared for one in found.rounds] == [5, 7]


def test_releases_show_what_their_manifests_hold_without_a_verdict() -> None:
    found = progress(["news/0.1.0", make_round(2, 6, 0.9)], trials=50)
    release = found.rounds[0]
    assert (release.name, release.articles, release.cumulative) == ("news/0.1.0", 5, True)
    assert release.agreement["f1:strict:entities"].low is not None
    assert release.draft["f1:strict:entities"].value == pytest.approx(0.961, abs=0.001)
    assert find(found).verdict == "unknown"


def test_one_round_is_too_few_and_a_broken_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataProblems, match="1 round; progress needs two or more, the oldest first"):
        progress([make_round(1, 2, 0.5)])
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(RecordError, match=r"a\.jsonl"):
        progress([tmp_path / "a.jsonl", make_round(2, 2, 0.5)])


values = st.floats(0, 1)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    low, value, high = sorted(draw(st.tuples(values, values, values)))
    return Figure(value=value, low=low, high=high, n=9)


@given(figures(), figures())
def test_a_difference_is_in_its_interval_and_turns_around(a: Figure, b: Figure) -> None:
    difference, low, high = subtract(a, b)
    assert difference is not None
    assert low is not None
    assert high is not None
    assert low <= difference <= high
    assert subtract(b, a) == (pytest.approx(-difference), pytest.approx(-high), pytest.approx(-low))
    still = Figure(value=0.5, low=0.5, high=0.5, n=9)
    assert subtract(a, still)[1:] == (pytest.approx(a.low - 0.5), pytest.approx(a.high - 0.5))  # type: ignore[operator]


def test_the_interval_of_the_difference_covers_it_about_as_often_as_it_says() -> None:
    """Rounds drawn from one source: the true difference is 0."""
    runs = [
        find(progress([make_round(1, 20, 0.8, seed=i), make_round(2, 20, 0.8, seed=i)], trials=200)) for i in range(60)
    ]
    assert sum(one.low <= 0 <= one.high for one in runs) >= 53  # 95 % of 60 are 57


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 0.5))
def test_a_verdict_follows_from_the_interval(a: float, b: float, margin: float) -> None:
    low, high = sorted((a, b))
    verdict = judge(low, high, margin)
    assert (verdict == "steady") == (-margin <= low and high <= margin)
    assert verdict != "rising" or low > 0
    assert verdict != "falling" or high < 0
    assert verdict != "unclear" or low <= 0 <= high


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"week-{number}-of-the-pilot.jsonl" for number in (1, 2, 3)]
    for number, path in enumerate(paths, 1):
        write_records(path, make_round(number, 8, 0.5 + 0.1 * number))
    return [str(path) for path in paths]


def test_the_command_prints_tables_of_80_columns_and_writes_a_page(files: list[str], tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    result = run("progress", *files, "--html", page, "--trials", 50)
    tables = [line for line in result.stdout.splitlines() if not line.startswith(("entities: ", "labels that"))]
    assert max(map(len, tables)) <= 80
    assert "week-3-of-the-pilot against week-2-of-the-pilot" in result.stdout
    html = page.read_text("utf-8")
    assert html.count("<figure>") == 2
    assert html.count("<circle") == 9


def test_the_command_prints_json_that_is_the_function_s(files: list[str]) -> None:
    result = run("progress", *files, "--format", "json", "--trials", 50)
    assert json.loads(result.stdout) == annotate.progress(files, trials=50).to_dict()


def test_names_of_rounds_are_text_on_the_page_and_in_notebooks() -> None:
    found = progress([make_round(1, 6, 0.5), make_round(2, 6, 0.6)], trials=0)
    for one in found.rounds:
        one.name = '"><script>alert(1)</script>'
    assert "<script>alert" not in to_page(found)
    assert "<script>alert" not in found._repr_html_()
    assert repr(found) == "<Progress 2 rounds, f1:strict:entities unknown>"


def test_a_label_with_a_handful_of_items_is_never_done() -> None:
    rare = Entity(0, 3, "LAW")
    rounds = [
        [
            Annotation(id=f"{n}-{i}", text=TEXT, annotator=name, entities=[rare] if i < 4 else PLACES)
            for i in range(12)
            for name in ("ann", "ben")
        ]
        for n in (1, 2)
    ]
    found = progress(rounds, trials=200)
    assert find(found, "f1:strict:entities/LAW").verdict == "unknown"
    assert "f1:strict:entities/LAW" not in found.done
