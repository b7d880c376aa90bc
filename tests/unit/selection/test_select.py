"""Batches out of pools: stories once, strata, exclusions, what is noted, and what is refused."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate.errors import AnnotateError, RecordError, SourceError
from annotate.ingest import ColumnMap, read_articles
from annotate.jsonl import write_records
from annotate.printing import to_text
from annotate.records import Annotation, Article, Entity, GoldRecord, Prediction
from annotate.release.grouping import rows
from annotate.selected import Selected, find_selected
from annotate.selection.database import TemporaryDatabase
from annotate.selection.pool import merge_strata
from annotate.selection.select import SelectionPlan, describe_plan, select

WORDS = [f"word{number}" for number in range(4000)]


def make_pool(folder: Path, count: int = 120, *, copies: int = 6, name: str = "pool.jsonl") -> Path:
    """Unrelated articles of three publishers over four months; the first one has near-duplicates at the end."""
    chance = random.Random(1)
    articles = []
    for number in range(count):
        text = " ".join(chance.choices(WORDS, k=chance.randint(60, 300))).capitalize() + "."
        articles.append(
            Article(
                id=f"a{number:03d}",
                text=text,
                date=f"2026-0{number % 4 + 1}-1{number % 9}",
                publisher=("AP", "AP", "BBC", "CNN")[number % 4],
                meta={"section": "world" if number % 2 else "sport"},
            )
        )
    articles += [
        Article(id=f"copy{number}", text=f"{articles[0].text} Updated {number}.", date=articles[0].date, publisher="AP")
        for number in range(copies)
    ]
    path = folder / name
    write_records(path, articles)
    return path


def test_a_story_is_taken_once_and_its_members_share_its_chance(tmp_path: Path) -> None:
    path = make_pool(tmp_path)
    seen = set()
    for seed in range(40):
        batch = select([str(path)], n=60, seed=seed)
        ids = [article.id for article in batch.articles]
        story = [id for id in ids if id == "a000" or id.startswith("copy")]
        assert len(story) <= 1
        seen.update(story)
        assert batch.plan.stories == 120
        assert batch.plan.largest_story == 7
        noted = [Selected(**article.meta["selection"]) for article in batch.articles]
        assert {one.story for one in noted} <= {1, 7}
        # seven articles in one story have seven times the chance, shared by seven, at most one in all
        for one in noted:
            assert one.probability == pytest.approx(1 / 7 if one.story == 7 else 59 / 119)
    assert len(seen) > 3


def test_the_batch_depends_on_pool_and_seed_and_on_nothing_else(tmp_path: Path) -> None:
    path = make_pool(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    parts = [tmp_path / "x.jsonl", tmp_path / "y.jsonl"]
    parts[0].write_bytes(b"".join(lines[:50]))
    parts[1].write_bytes(b"".join(lines[50:]))
    one = select([str(path)], n=30, by=["publisher"])
    other = select([*map(str, reversed(parts))], n=30, by=["publisher"])
    assert one.articles == other.articles
    assert select([str(path)], n=30, by=["publisher"], seed=1).articles != one.articles


@pytest.mark.parametrize("order", ["random", "uncertain", "diverse"])
def test_a_larger_batch_begins_with_the_smaller(tmp_path: Path, order: str) -> None:
    path = make_pool(tmp_path)
    predictions = [
        Prediction(id=article.id, entities=[Entity(0, 4, "ORG", score=0.5)] * (number % 7))
        for number, article in enumerate(read_articles([str(path)]))
    ]
    small, large = (
        select([str(path)], n=n, by=["publisher"], order=order, predictions=predictions)  # type: ignore[arg-type]
        for n in (12, 50)
    )
    ids = [article.id for article in small.articles]
    assert [article.id for article in large.articles][:12] == ids
    pairs = zip(small.articles, large.articles, strict=False)
    assert all(a.meta["selection"]["probability"] <= b.meta["selection"]["probability"] for a, b in pairs)


def test_strata_get_their_shares(tmp_path: Path) -> None:
    path = make_pool(tmp_path, copies=0)
    plan = select([str(path)], n=40, by=["publisher"]).plan
    assert [(row.name, row.articles, row.selected) for row in plan.strata] == [
        ("AP", 60, 20),
        ("BBC", 30, 10),
        ("CNN", 30, 10),
    ]
    equal = select([str(path)], n=40, by=["publisher"], shares="equal")
    assert sorted(row.selected for row in equal.plan.strata) == [13, 13, 14]
    by_stratum = {article.meta["selection"]["stratum"]: article.meta["selection"] for article in equal.articles}
    assert by_stratum["AP"]["probability"] == pytest.approx(13 / 60, abs=1 / 60)
    assert equal.plan.effective < plan.effective == pytest.approx(40)
    both = select([str(path)], n=40, by=["month", "section"]).plan
    assert [row.name for row in both.strata] == [
        "2026-01 / sport",
        "2026-02 / world",
        "2026-03 / sport",
        "2026-04 / world",
    ]


def test_a_batch_that_strata_make_less_precise_says_so(tmp_path: Path) -> None:
    articles = [Article(id=f"a{number}", text=f"Rain {number}.", publisher="AP") for number in range(150)]
    articles += [Article(id=f"b{number}", text=f"Sun {number}.", publisher=f"B{number % 4}") for number in range(16)]
    articles += [Article(id=f"c{number}", text=f"Snow {number}.", publisher=f"C{number}") for number in range(4)]
    write_records(tmp_path / "pool.jsonl", articles)
    remark = "most strata have the least of 2 articles: more articles, or coarser --by, would be more precise"
    shown = to_text(describe_plan(select([str(tmp_path / "pool.jsonl")], n=12, by=["publisher"], per_story=0).plan))
    assert remark in shown
    assert "other: what would be strata of less than 2% of the pool, put together" in shown
    shown = to_text(describe_plan(select([str(tmp_path / "pool.jsonl")], n=12, per_story=0).plan))
    assert remark not in shown
    assert "other:" not in shown


def test_strata_that_are_too_small_are_put_together_with_their_like() -> None:
    strata: dict[tuple[str, ...], int] = {("AP", "01"): 50, ("AP", "02"): 1, ("BBC", "01"): 48, ("CNN", "03"): 1}
    assert list(merge_strata(strata, 0.02).values()) == ["AP / 01", "other", "BBC / 01", "other"]
    assert len(set(merge_strata(strata, 0).values())) == 4


def test_what_is_annotated_is_left_out_with_its_stories(tmp_path: Path) -> None:
    path = make_pool(tmp_path)
    articles = {article.id: article for article in read_articles([str(path)])}
    done = [GoldRecord(id="copy2", text=articles["copy2"].text), Prediction(id="a005")]
    gone = Article(id="renamed", text=articles["a009"].text)
    write_records(tmp_path / "done.jsonl", [*done, gone])
    batch = select([str(path)], n=110, exclude=[str(tmp_path / "done.jsonl")])
    ids = {article.id for article in batch.articles}
    assert batch.plan.pool == 126 - 3 - 6
    assert batch.plan.excluded == (3, 6)
    assert not ids & {"a000", "a005", "a009", *(f"copy{number}" for number in range(6))}
    with pytest.raises(SourceError, match=r"leaves out the whole pool \(126 articles\)"):
        select([str(path)], n=1, exclude=[str(path)])


def test_a_release_is_left_out() -> None:
    with pytest.raises(SourceError, match=r"leaves out the whole pool \(5 articles\)"):
        select(["seeds"], n=1, exclude=["news/0.1.0"])
    with pytest.raises(SourceError, match=r"leaves out the whole pool \(5 articles\)"):  # they tell one story
        select(["seeds"], n=1, exclude=["news/0.1.0/test"])


def test_uncertain_articles_are_likelier_and_none_is_impossible(tmp_path: Path) -> None:
    path = make_pool(tmp_path, copies=0)
    ids = [article.id for article in read_articles([str(path)])]
    unsure = set(ids[::4])
    predictions = [Prediction(id=id, entities=[Entity(0, 4, "ORG", score=0.5 if id in unsure else 0.99)]) for id in ids]
    counts = {True: 0, False: 0}
    for seed in range(20):
        batch = select([str(path)], n=24, order="uncertain", predictions=predictions, seed=seed)
        for article in batch.articles:
            counts[article.id in unsure] += 1
            expected = 24 / 120 * (0.5 + 0.5 * (0.5 if article.id in unsure else 0.0995) / (0.125 + 0.75 * 0.0995))
            assert article.meta["selection"]["probability"] == pytest.approx(expected, rel=1e-3)
    assert counts[True] / 30 > 2 * counts[False] / 90
    with pytest.raises(RecordError, match="1 article of the pool without one, such as a000"):
        select([str(path)], n=24, order="uncertain", predictions=predictions[1:])
    predictions[0] = Prediction(id=ids[0], entities=[Entity(0, 4, "ORG", score=-5.0)])
    with pytest.raises(RecordError, match="a000: a score is -5; expected 0 to 1"):
        select([str(path)], n=24, order="uncertain", predictions=predictions)


def test_rare_kinds_of_articles_are_likelier_when_diversity_is_asked_for(tmp_path: Path) -> None:
    chance = random.Random(4)
    casts = {"common": [f"Name{i}" for i in range(12)], "rare": [f"Other{i}" for i in range(12)]}
    articles = []
    for number in range(200):
        kind = "rare" if number % 40 == 0 else "common"
        words = [w for pair in zip(chance.choices(WORDS, k=12), casts[kind], strict=True) for w in pair]
        articles.append(
            Article(id=f"{kind}-{number}", text=" ".join(["it", *words]), date=f"{1000 + number * 5}-01-01")
        )
    write_records(tmp_path / "p.jsonl", articles)
    batch = select([str(tmp_path / "p.jsonl")], n=40, order="diverse")
    chances = {article.id.partition("-")[0]: article.meta["selection"]["probability"] for article in batch.articles}
    assert chances["rare"] > 3 * chances["common"]


def test_what_is_noted_is_read_back(tmp_path: Path) -> None:
    path = make_pool(tmp_path)
    out = tmp_path / "b.jsonl"
    batch = select([str(path)], out, n=20, by=["publisher"], seed=9)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == [article.id for article in batch.articles]
    again = list(read_articles([str(out)]))
    assert again == batch.articles
    noted, problem = find_selected(again[0])
    assert problem is None
    assert noted is not None
    assert (noted.pool, noted.seed, noted.n, noted.by) == (126, 9, 20, ["publisher"])
    assert noted.pool_sha256 == batch.plan.sha256
    assert noted.design == find_selected(again[-1])[0].design  # type: ignore[union-attr]


def test_the_plan_comes_first_and_knows_hours_and_widths(tmp_path: Path) -> None:
    path = make_pool(tmp_path)
    out = tmp_path / "b.jsonl"
    annotations = [
        Annotation(id=f"r{number}", text="one two three four five", annotator="ann", entities=[], lead_time_s=18.0)
        for number in range(3)
    ]
    predictions = [Prediction(id=article.id, entities=[]) for article in read_articles([str(path)])]
    plans: list[SelectionPlan] = []

    def report(plan: SelectionPlan) -> None:
        assert not out.exists()
        plans.append(plan)

    batch = select([str(path)], out, n=30, effort=annotations, predictions=predictions, report=report)
    [plan] = plans
    words = sum(len(article.text.split()) for article in batch.articles)
    assert plan.words == words
    assert plan.hours == pytest.approx(words * 3.6 / 3600)  # 18 seconds for five words
    reach = 2.045 * (1 - 30 / 126) ** 0.5 / 30**0.5
    assert plan.expected[0].half_width == pytest.approx(0.5 * reach / (1 + reach**2) ** 0.5, abs=0.01)
    assert [found.what for found in plan.expected][1:] == ["entities in an article, as predicted"]
    text = to_text(describe_plan(plan))
    assert "126 articles" in text
    assert max(map(len, text.splitlines())) <= 80
    with pytest.raises(AnnotateError, match="no annotation has a time"):
        select([str(path)], n=3, effort=[msgspec.structs.replace(one, lead_time_s=None) for one in annotations])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "-n 0: expected 1 or more"),
        ({"n": 121}, "only 120 articles to choose from"),
        ({"n": 7, "by": ["month"]}, "makes 4 strata, and each needs 2 articles"),
        ({"n": 9, "by": ["desk"]}, "--by desk: no article has it"),
        ({"n": 9, "order": "uncertain"}, "needs --predictions"),
        ({"n": 9, "order": "diverse", "chance": 0.0}, "--chance 0.0: expected more than 0"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = make_pool(tmp_path)
    with pytest.raises(AnnotateError, match=message):
        select([str(path)], tmp_path / "b.jsonl", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "b.jsonl").exists()


def test_a_broken_note_is_a_problem() -> None:
    noted = {"probability": 0.5, "stratum": "all", "pool": 4, "pool_sha256": "ab", "seed": 0}
    for broken, message in (
        ({**noted, "probability": 1.5}, "probability 1.5"),
        ({"probability": 0.5}, "not what annotate select writes"),
        ({**noted, "probability": "much"}, "not what annotate select writes"),
    ):
        found, problem = find_selected(Article(id="a", text="b", meta={"selection": broken}))
        assert found is None
        assert problem is not None
        assert message in problem
    for other in (None, "a column of the source", {"desk": 3}):
        assert find_selected(Article(id="a", text="b", meta={"selection": other})) == (None, None)


@pytest.mark.parametrize("n", [2, 4, 5, 6, 12, 40])
def test_the_expected_interval_of_a_share_stays_within_0_and_1_or_there_are_too_few(n: int, tmp_path: Path) -> None:
    plan = select([str(make_pool(tmp_path, 60, copies=0))], n=n).plan
    shown = to_text(describe_plan(plan))
    if n < 5:
        assert plan.expected == []
        assert "too few for 95 % intervals: 5 articles or more are needed" in shown
    else:
        assert 0 < plan.expected[0].half_width < 0.5
        assert "too few" not in shown


#: Batches that other people hold gold on: the digest of ids and probabilities of each, chosen by these options.
BATCHES: dict[str, tuple[dict[str, Any], str]] = {
    "random": ({"by": ["publisher", "month"]}, "8ecaff09d09477b6"),
    "several of a story": ({"per_story": 2, "seed": 3}, "74cd05c439c77976"),
    "uncertain": ({"order": "uncertain", "by": ["meta.section"]}, "1d5105672c6ba125"),
    "diverse": ({"order": "diverse", "shares": "equal", "by": ["publisher"]}, "12696fc611190c74"),
    "without dates": ({"columns": ColumnMap(date="")}, "ecf1b5201a3c2221"),
}


@pytest.mark.parametrize("part", [20_000, 9])
@pytest.mark.parametrize("name", BATCHES)
def test_batches_stay_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, part: int) -> None:
    monkeypatch.setattr(rows, "_PART", part)  # names sorted all at once, or in several parts
    options, digest = BATCHES[name]
    path = make_named_pool(tmp_path)
    if options.get("order") == "uncertain":
        chance = random.Random(5)
        options = {**options, "predictions": [predict(article.id, chance) for article in read_articles([str(path)])]}
    excluded = tmp_path / "annotated.jsonl"
    excluded.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[::20]))
    batch = select([str(path)], n=40, exclude=[str(excluded)], **options)
    found = [
        (article.id, f"{article.meta['selection']['probability']:.9f}", article.meta["selection"]["stratum"])
        for article in batch.articles
    ]
    assert batch.plan.stories < batch.plan.pool
    assert hashlib.sha256(repr((found, batch.plan.sha256)).encode()).hexdigest()[:16] == digest


def make_named_pool(folder: Path) -> Path:
    """Articles full of names, some of which tell the story of an earlier one in other words or are its copies."""
    chance = random.Random(7)
    names = ["".join(chance.choices("abcdefghij", k=6)).capitalize() for _ in range(400)]
    cast: list[str] = []
    body: list[str] = []
    articles = []
    for number in range(300):
        if number % 4 or not cast:
            cast = chance.sample(names, 12)
        if number % 9 or not body:
            body = chance.choices(WORDS, k=80)
        text = " ".join(f"{word} {name}" for word, name in zip(body, cast * 7, strict=False))
        date = f"2026-0{chance.randint(1, 3)}-0{chance.randint(1, 9)}"
        publisher = chance.choice(("AP", "BBC", "CNN"))
        meta = {"section": chance.choice(("world", "sport"))}
        articles.append(Article(id=f"é{number}", text=text, date=date, publisher=publisher, meta=meta))
    path = folder / "named.jsonl"
    write_records(path, articles)
    return path


def predict(id: str, chance: random.Random) -> Prediction:
    entities = [Entity(place, place + 1, "PERSON", score=round(chance.random(), 2)) for place in range(5)]
    return Prediction(id=id, entities=entities)


def test_a_full_temporary_folder_is_one_message() -> None:
    base = TemporaryDatabase("PRAGMA page_size = 512", "CREATE TABLE ids (id TEXT)", "PRAGMA max_page_count = 4")
    with pytest.raises(AnnotateError, match=r"full.*; set TMPDIR to a folder with more space"):
        base.executemany("INSERT INTO ids VALUES (?)", ((f"{number:0300}",) for number in range(100)))
