"""What `select` noted comes through push, pull, adjudication and release, becomes a weight, and is used in scores."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

import annotate
from annotate.adjudication import adjudicate_annotations
from annotate.artifacts.features import to_features
from annotate.errors import GoldError
from annotate.gold.load import load_gold
from annotate.gold.manifest import read_manifest
from annotate.gold.parquet import read_schema
from annotate.jsonl import write_records
from annotate.publish.rehydrate import rehydrate
from annotate.publish.stand_off import write_stand_off
from annotate.records import Annotation, Article, Entity, GoldRecord, Prediction
from annotate.release.check import check_release
from annotate.schema import load_schema
from annotate.selection.select import select
from annotate.task_json.tasks import from_task, to_task
from tests.support.commands import run

NEWS = load_schema("news")
WORDS = "Avalanche Bridge Cathedral Dynamo Embargo Festival Glacier Harbour Island Jetty Kiln Lighthouse".split()  # noqa: SIM905


def make_pool(folder: Path, count: int = 48) -> Path:
    """Articles about a place each; odd ones hold twice as many names and come from another publisher."""
    articles = []
    for number in range(count):
        place = "".join(chr(ord("a") + int(digit) * 2) for digit in f"{number:03}").title()
        words = " ".join(f"{place.lower()}{n}" for n in range(40))
        text = f"{place} won. {place} lost. {words}." if number % 2 else f"{place} won. {words}."
        publisher = "BBC" if number % 2 else "AP"
        articles.append(Article(id=f"a{number:03}", text=text, publisher=publisher))
    write_records(folder / "pool.jsonl", articles)
    return folder / "pool.jsonl"


def mark(article: Article) -> list[Entity]:
    name = article.text.split()[0]
    return [
        Entity(start, start + len(name), "GPE")
        for start in range(len(article.text))
        if article.text.startswith(f"{name} ", start)
    ]


def annotate_all(batch: list[Article]) -> list[Annotation]:
    """The batch as two annotators submit it in Label Studio: through the tasks' JSON, there and back."""
    found = []
    for number, article in enumerate(batch):
        fields = {name: getattr(article, name) for name in Article.__struct_fields__}
        task = to_task(Prediction(**fields, entities=mark(article), model="m"), NEWS)
        [stored] = json.loads(json.dumps(task["predictions"]))
        entries = [
            {"id": 10 * number + who, "completed_by": who, "result": stored["result"], "lead_time": 30.0}
            for who in (1, 2)
        ]
        exported = {**json.loads(json.dumps(task)), "id": number, "annotations": entries}
        back = from_task(exported, NEWS, emails={1: "ann", 2: "bob"}).annotations
        found += [returned.annotation for returned in back]
    return found


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A release of 12 of 48 articles, six of each publisher."""
    pool = make_pool(tmp_path)
    batch = select([str(pool)], n=12, by=["publisher"], shares="equal").articles
    annotations = annotate_all(batch)
    decided = adjudicate_annotations(annotations).decided
    return annotate.release_records(decided, "news", "1.0.0", to=tmp_path / "gold", annotations=annotations)


def test_the_note_of_select_comes_through_to_the_release(gold: Path, tmp_path: Path) -> None:
    batch = {
        one.id: one.meta
        for one in select([str(tmp_path / "pool.jsonl")], n=12, by=["publisher"], shares="equal").articles
    }
    records = load_gold(gold)
    assert {record.id: record.meta for record in records} == batch
    for record in records:
        assert record.weight == 1 / batch[record.id]["selection"]["probability"] == 4.0
    check_release(gold)


def test_manifest_card_and_tables_say_what_gold_speaks_for(gold: Path) -> None:
    manifest = read_manifest(gold)
    assert manifest.selection is not None
    [pool] = manifest.selection
    assert (pool["articles"], pool["selected"], pool["here"], pool["by"]) == (48, 12, 12, ["publisher"])
    card = " ".join((gold / "README.md").read_text("utf-8").split())
    assert "## What it speaks for" in card
    assert f"from a pool of 48 (SHA-256 of ids and texts `{pool['sha256']}`)" in card
    [table] = sorted((gold / "data").glob("train-*"))
    assert read_schema(table).names == [*to_features(NEWS).names, "weight"]
    assert '"column": "weight"' in (gold / "croissant.json").read_text("utf-8")


def test_a_release_without_weights_has_no_such_column(tmp_path: Path) -> None:
    record = GoldRecord(id="a", text="Rome won.", annotators=["ann"], entities=[Entity(0, 4, "GPE")])
    folder = annotate.release_records([record], "news", "1.0.0", to=tmp_path)
    assert read_manifest(folder).selection is None
    assert "weight" not in (folder / "manifest.json").read_text("utf-8")
    [table] = (folder / "data").iterdir()
    assert read_schema(table).names == to_features(NEWS).names


def test_a_forged_weight_is_found(gold: Path, tmp_path: Path) -> None:
    records = [msgspec.structs.replace(record, split=None, cluster=None) for record in load_gold(gold)]
    records[0].weight = 40.0
    again = annotate.release_records(records, "news", "1.0.0", to=tmp_path / "again")
    assert {record.weight for record in load_gold(again)} == {4.0}  # meta.selection counts
    records[0].meta = {}
    again = annotate.release_records(records, "news", "1.0.0", to=tmp_path / "other")
    assert sorted({record.weight for record in load_gold(again)}) == [4.0, 40.0]  # type: ignore[type-var]
    check_release(again)
    records[0].weight = -1.0
    with pytest.raises(GoldError, match=r"weight is -1.0; expected a number above 0"):
        annotate.release_records(records, "news", "1.0.0", to=tmp_path / "third")


def test_stand_off_and_back_keeps_the_weights(gold: Path, tmp_path: Path) -> None:
    bare = write_stand_off(gold, tmp_path / "bare")
    check_release(bare)
    rehydrate(bare, [str(tmp_path / "pool.jsonl")], to=tmp_path / "full")
    check_release(tmp_path / "full/news/1.0.0")
    assert load_gold(tmp_path / "full/news/1.0.0") == load_gold(gold)


def test_batches_of_two_sizes_need_the_last_one(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
    first = select([str(pool)], n=10).articles
    second = select([str(pool)], tmp_path / "b.jsonl", n=20).articles
    annotations = annotate_all([*first, *second[10:]])
    write_records(tmp_path / "d.jsonl", adjudicate_annotations(annotations).decided)
    with pytest.raises(GoldError, match=r"of 2 batches .of 10 and 20 articles. of one pool"):
        annotate.release_records(tmp_path / "d.jsonl", "news", "1.0.0", to=tmp_path / "gold")
    folder = annotate.release_records(
        tmp_path / "d.jsonl", "news", "1.0.0", to=tmp_path / "gold", batch=tmp_path / "b.jsonl"
    )
    assert {record.weight for record in load_gold(folder)} == {48 / 20}


def test_the_commands_take_weights(gold: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "p.jsonl", [Prediction(id=one.id, entities=one.entities[:1]) for one in load_gold(gold)])  # type: ignore[index]
    command = ["score", tmp_path / "p.jsonl", "--gold", gold]
    report = json.loads(run(*command, "--format", "json").stdout)
    assert report["signature"]["weights"] == "gold"
    assert report["sample"]["pools"][0]["articles"] == 48
    table = run(*command)
    assert "entities: 12 articles, effective size 12.0" in table.stdout
    assert "weights:gold" in table.stdout
    assert "for a pool of 48 articles" in table.stdout
    plain = run(*command, "--weights", "none", "--format", "json")
    assert "sample" not in json.loads(plain.stdout)
    board = ["leaderboard", gold, "add", tmp_path / "p.jsonl", "--board", tmp_path / "board.json"]
    assert "entities: weighted by gold, as precise as 12.0 of equal weight" in run(*board).stdout
    assert "weights: gold, here none" in run(*board, "--system", "q", "--weights", "none", code=1).stderr
    by_story = run(*command, "--by", "story", "--format", "json")
    signature = json.loads(by_story.stdout)["signature"]
    assert (signature["by"], signature["weights"]) == ("story", "gold")
