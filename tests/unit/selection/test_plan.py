"""How many more articles: by hand, by what the intervals then are, and with a batch that goes on with the first."""

from __future__ import annotations

import json
import math
import random
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

import annotate
from annotate.errors import AnnotateError, ScoreError
from annotate.jsonl import write_records
from annotate.records import Annotation, Article, Entity, GoldRecord, Prediction
from annotate.score.distributions import t_quantile
from annotate.selection.plan import plan, read_target
from annotate.selection.select import select
from tests.support.commands import run

TEXT = "Rome and Oslo and Bonn and Kyiv met."
PLACES = [Entity(*span, "GPE") for span in ((0, 4), (9, 13), (18, 22), (27, 31))]


def make_world(folder: Path, count: int = 400) -> tuple[Path, dict[str, GoldRecord], dict[str, Prediction]]:
    """A pool of two publishers: on half of it a system is nearly always right, on the other half it is a toss-up."""
    chance = random.Random(6)
    articles, gold, predictions = [], {}, {}
    for number in range(count):
        words = " ".join("".join(chance.choices("abcdefghij", k=6)) for _ in range(40))
        publisher = ("AP", "BBC")[number % 2]
        article = Article(id=f"a{number:03}", text=f"{TEXT} {words}.", publisher=publisher)
        articles.append(article)
        found = [one for one in PLACES if chance.random() < (0.98 if publisher == "AP" else 0.5)]
        gold[article.id] = GoldRecord(
            id=article.id, text=article.text, publisher=publisher, entities=PLACES, annotators=["ann"]
        )
        predictions[article.id] = Prediction(id=article.id, entities=found)
    write_records(folder / "pool.jsonl", articles)
    write_records(folder / "p.jsonl", predictions.values())
    return folder / "pool.jsonl", gold, predictions


def annotate_batch(batch: list[Article], gold: dict[str, GoldRecord], path: Path) -> Path:
    records = []
    for article in batch:
        noted = article.meta["selection"]
        records.append(msgspec.structs.replace(gold[article.id], meta=article.meta, weight=1 / noted["probability"]))
    write_records(path, records)
    return path


def test_more_articles_are_what_the_formula_gives(tmp_path: Path) -> None:
    """One stratum without a pool: the width is 2 t s / sqrt(n), with s the spread of the articles' own values."""
    right = [0, 1, 2, 2, 3, 3, 4, 4, 4, 1] * 3
    gold = [GoldRecord(id=f"{i}", text=TEXT, entities=PLACES) for i in range(30)]
    write_records(tmp_path / "g.jsonl", gold)
    write_records(tmp_path / "p.jsonl", [Prediction(id=f"{i}", entities=PLACES[:n]) for i, n in enumerate(right)])
    found = plan(tmp_path / "g.jsonl", tmp_path / "p.jsonl", width=0.1, measure="recall:strict:entities")
    spread = float(np.std(np.array(right) / 4, ddof=1))
    expected = next(n for n in range(30, 1000) if 2 * t_quantile(0.975, n - 1) * spread / math.sqrt(n) <= 0.1)
    assert found.more == pytest.approx(expected - 30, abs=2)
    assert found.now == pytest.approx(2 * t_quantile(0.975, 29) * spread / math.sqrt(30), rel=0.01)
    assert found.target is None
    assert found.hours is None
    report = annotate.evaluate(gold, annotate.read_records(tmp_path / "p.jsonl", Prediction))
    score = report.measures["recall:strict:entities"]
    assert found.now == pytest.approx(score.high - score.low, rel=0.15)  # type: ignore[operator]


def test_articles_go_where_the_value_varies_and_select_goes_on_with_the_batch(tmp_path: Path) -> None:
    pool, gold, _ = make_world(tmp_path)
    first = select([str(pool)], n=30, by=["publisher"], seed=4)
    so_far = annotate_batch(first.articles, gold, tmp_path / "g.jsonl")
    timed = [Annotation(id="x", text="one two three four five", annotator="ann", entities=[], lead_time_s=9.0)]
    found = plan(
        so_far, tmp_path / "p.jsonl", width=0.07, measure="recall:strict:entities",
        effort=timed, output=tmp_path / "plan.json",
    )  # fmt: skip
    ap, bbc = found.strata
    assert (ap.name, ap.annotated, bbc.name, bbc.annotated) == ("AP", 15, "BBC", 15)
    assert bbc.spread > 2 * ap.spread
    assert bbc.more > 20 > ap.more
    assert found.more == ap.more + bbc.more
    assert found.hours == pytest.approx(found.more * 48 / 100 * 180 / 3600, rel=0.02)
    assert read_target(tmp_path / "plan.json") == found.target

    second = select([str(pool)], plan=tmp_path / "plan.json")
    ids = [article.id for article in second.articles]
    assert {article.id for article in first.articles} <= set(ids)
    assert len(ids) == 30 + found.more
    counts = {row.name: row.selected for row in second.plan.strata}
    assert counts == {"AP": 15 + ap.more, "BBC": 15 + bbc.more}
    assert second.articles[0].meta["selection"]["seed"] == 4
    # and the interval is about as wide as was wanted
    everything = annotate_batch(second.articles, gold, tmp_path / "g2.jsonl")
    report = annotate.evaluate(
        annotate.read_records(everything, GoldRecord),
        annotate.read_records(tmp_path / "p.jsonl", Prediction),
        extra="ignore",
    )
    score = report.measures["recall:strict:entities"]
    assert score.high - score.low == pytest.approx(0.07, rel=0.3)  # type: ignore[operator]


def test_a_narrow_interval_takes_no_longer_to_plan_and_is_met_by_the_first_number_that_does(tmp_path: Path) -> None:
    chance = random.Random(5)
    gold = [GoldRecord(id=f"{i}", text=TEXT, entities=PLACES) for i in range(20)]
    found = [Prediction(id=f"{i}", entities=[one for one in PLACES if chance.random() < 0.7]) for i in range(20)]
    write_records(tmp_path / "g.jsonl", gold)
    write_records(tmp_path / "p.jsonl", found)

    def more(width: float) -> int | None:
        return plan(tmp_path / "g.jsonl", tmp_path / "p.jsonl", width=width, measure="recall:strict:entities").more

    start = time.process_time()
    assert more(0.002) == pytest.approx(100 * (20 + (more(0.02) or 0)), rel=0.02)
    assert more(1e-6) is None  # more than a million
    assert time.process_time() - start < 20  # one quantile for each article would take minutes
    for width in (0.1, 0.2, 0.3):
        n = 20 + (more(width) or 0)
        spread = float(np.std([len(one.entities or ()) / 4 for one in found], ddof=1))
        first = next(k for k in range(20, 5000) if 2 * t_quantile(0.975, k - 1) * spread / math.sqrt(k) <= width)
        assert n == pytest.approx(first, abs=2)


def test_the_next_step_names_the_file(tmp_path: Path) -> None:
    pool, gold, _ = make_world(tmp_path)
    first = select([str(pool)], n=20, by=["publisher"])
    so_far = annotate_batch(first.articles, gold, tmp_path / "g.jsonl")
    command = ["plan", so_far, "--predictions", tmp_path / "p.jsonl", "--width", 0.1]
    assert "the same with -o PLAN.json" in run(*command).stdout
    written = tmp_path / "plan.json"
    assert f"next: annotate select SOURCES --plan {written} -o" in run(*command, "-o", written).stdout


def test_two_systems_that_are_close_need_more_than_two_that_are_not(tmp_path: Path) -> None:
    chance = random.Random(3)
    gold = [GoldRecord(id=f"{i}", text=TEXT, entities=PLACES) for i in range(40)]
    write_records(tmp_path / "g.jsonl", gold)
    for name, p in (("good", 0.9), ("near", 0.88), ("poor", 0.5)):
        found = [Prediction(id=f"{i}", entities=[one for one in PLACES if chance.random() < p]) for i in range(40)]
        write_records(tmp_path / f"{name}.jsonl", found)
    near = plan(tmp_path / "g.jsonl", compare=(tmp_path / "good.jsonl", tmp_path / "near.jsonl"))
    poor = plan(tmp_path / "g.jsonl", compare=(tmp_path / "good.jsonl", tmp_path / "poor.jsonl"))
    assert poor.more == 0
    assert near.more is None or near.more > 0
    wide = plan(tmp_path / "g.jsonl", compare=(tmp_path / "good.jsonl", tmp_path / "poor.jsonl"), width=0.05)
    assert wide.goal == 0.05
    assert wide.more is not None
    assert wide.more > 0


def test_a_goal_that_the_pool_cannot_reach_is_none(tmp_path: Path) -> None:
    pool, gold, predictions = make_world(tmp_path, 60)
    batch = select([str(pool)], n=20, by=["publisher"]).articles
    so_far = annotate_batch(batch, gold, tmp_path / "g.jsonl")
    write_records(tmp_path / "one.jsonl", [predictions[article.id] for article in batch])
    assert plan(so_far, tmp_path / "one.jsonl", width=1e-9).more == 40  # all of the pool: then nothing varies
    write_records(tmp_path / "same.jsonl", [predictions[article.id] for article in batch])
    same = plan(so_far, compare=(tmp_path / "one.jsonl", tmp_path / "same.jsonl"))
    assert same.value == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "plan needs one of"),
        ({"predictions": "p.jsonl"}, "--predictions needs --width W"),
        ({"predictions": "p.jsonl", "width": 0.0}, "--width 0.0: expected more than 0"),
        ({"predictions": "p.jsonl", "width": 0.1, "measure": "f1:exact:quotes"}, "cannot be computed on this gold"),
        ({"predictions": "p.jsonl", "width": 0.1, "output": "plan.json"}, "gold has no meta.selection of one batch"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_records(Path("g.jsonl"), [GoldRecord(id=f"{i}", text=TEXT, entities=PLACES) for i in range(9)])
    write_records(Path("p.jsonl"), [Prediction(id=f"{i}", entities=PLACES[: i % 4]) for i in range(9)])
    with pytest.raises(AnnotateError, match=message):
        plan("g.jsonl", **options)  # type: ignore[arg-type]
    assert not Path("plan.json").exists()


def test_too_few_articles_are_an_error(tmp_path: Path) -> None:
    write_records(tmp_path / "g.jsonl", [GoldRecord(id=f"{i}", text=TEXT, entities=PLACES) for i in range(4)])
    write_records(tmp_path / "p.jsonl", [Prediction(id=f"{i}", entities=PLACES[:1]) for i in range(4)])
    with pytest.raises(ScoreError, match="4 articles; planning needs 5"):
        plan(tmp_path / "g.jsonl", tmp_path / "p.jsonl", width=0.1)


def test_a_plan_of_another_pool_is_refused(tmp_path: Path) -> None:
    pool, gold, _ = make_world(tmp_path, 60)
    batch = select([str(pool)], n=20, by=["publisher"]).articles
    so_far = annotate_batch(batch, gold, tmp_path / "g.jsonl")
    plan(so_far, tmp_path / "p.jsonl", width=0.15, output=tmp_path / "plan.json")
    with pytest.raises(AnnotateError, match="made for the pool with sha256"):
        select([str(pool)], plan=tmp_path / "plan.json", exclude=[str(so_far)])
    with pytest.raises(AnnotateError, match="one of: -n N, --plan"):
        select([str(pool)], n=3, plan=tmp_path / "plan.json")
    (tmp_path / "broken.json").write_text("[]")
    with pytest.raises(AnnotateError, match=r"broken.json: not what annotate plan -o writes"):
        select([str(pool)], plan=tmp_path / "broken.json")
    target = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    target["strata"]["AP"] = 31
    (tmp_path / "greedy.json").write_text(json.dumps(target))
    with pytest.raises(AnnotateError, match="31 articles of stratum AP; the pool has 30"):
        select([str(pool)], plan=tmp_path / "greedy.json")


def test_the_commands_play_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pool, gold, _ = make_world(tmp_path)
    batch = select([str(pool)], n=30, by=["publisher"]).articles
    annotate_batch(batch, gold, Path("g.jsonl"))
    done = run("plan", "g.jsonl", "--predictions", "p.jsonl", "--width", 0.03, "-o", "plan.json")
    assert "f1:strict:entities is 0." in done.stdout
    assert "more articles" in done.stdout
    assert "annotate select SOURCES --plan plan.json" in done.stdout
    enough = run("plan", "g.jsonl", "--predictions", "p.jsonl", "--width", 0.9, "-o", "0.json")
    assert enough.stdout.splitlines()[-1] == "no more articles are needed"
    found = run("plan", "g.jsonl", "--compare", "p.jsonl", "p.jsonl", "--format", "json")
    assert json.loads(found.stdout)["compared"] is True
    run("select", "pool.jsonl", "--plan", "plan.json", "-o", "b.jsonl")
    assert len(Path("b.jsonl").read_bytes().splitlines()) > 30


def test_no_more_articles_are_planned_than_can_be_drawn(tmp_path: Path) -> None:
    """Of two copies of an article one is drawn: a plan that wants both could not be carried out."""
    pool, gold, _ = make_world(tmp_path, count=40)
    records = list(annotate.read_articles([str(pool)]))
    copies = [msgspec.structs.replace(one, id=f"{one.id}-copy") for one in records[:20]]
    write_records(pool, [*records, *copies])
    first = select([str(pool)], n=10, by=["publisher"])
    gold |= {f"{id}-copy": msgspec.structs.replace(one, id=f"{id}-copy") for id, one in list(gold.items())}
    truth = [Prediction(id=id, entities=PLACES[: int(id[1:4]) % 4]) for id in gold]
    write_records(tmp_path / "p.jsonl", truth)
    so_far = annotate_batch(first.articles, gold, tmp_path / "g.jsonl")
    units = {one.meta["selection"]["stratum"]: one.meta["selection"]["units"] for one in first.articles}
    assert units == {"AP": 20, "BBC": 20}
    for width in (0.1, 0.06, 0.04, 0.02):
        found = plan(so_far, tmp_path / "p.jsonl", width=width, measure="recall:strict:entities")
        if found.target is not None:
            assert all(found.target.strata[name] <= units[name] for name in units)
