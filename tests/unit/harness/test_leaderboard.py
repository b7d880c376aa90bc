"""A board that lasts: what it keeps, what it refuses, and that systems on it compare as if scored together."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate import leaderboard
from annotate.errors import AnnotateError, ScoreError
from annotate.files import resource_dir, sha256_file
from annotate.gold.load import load_gold
from annotate.harness import compare
from annotate.harness.leaderboard import compare_signatures, find_board
from annotate.jsonl import write_records
from annotate.label_map import LabelMap
from annotate.records import Entity, GoldRecord, Prediction, Quote, Span
from annotate.release.check import check_release
from annotate.score import ScoreOptions, compare_systems
from annotate.score.options import Unit
from tests.support.commands import run

TEXT = "“We won,” Ann Lee said in Oslo. Bob cheered."
RIGHT = [Entity(10, 17, "PERSON"), Entity(26, 30, "GPE"), Entity(32, 35, "PERSON")]
QUOTE = Quote("direct", [Span(0, 9)], Span(10, 17), Span(18, 22))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Gold of twelve articles and three systems: `good`, `fair`, and `poor`, which finds no quotes."""
    ids = [f"a{i:02}" for i in range(12)]
    write_records(tmp_path / "gold.jsonl", [GoldRecord(id=i, text=TEXT, entities=RIGHT, quotes=[QUOTE]) for i in ids])
    for name, layers in {
        "good": lambda n: {"entities": RIGHT, "quotes": [QUOTE]},
        "fair": lambda n: {"entities": RIGHT[: 2 + (n % 4 > 0)], "quotes": [QUOTE]},
        "poor": lambda n: {"entities": RIGHT[: n % 2]},
    }.items():
        records = [Prediction(id=i, **layers(n)) for n, i in enumerate(ids)]  # type: ignore[no-untyped-call]
        write_records(tmp_path / f"{name}.jsonl", records)
    return tmp_path


def add(folder: Path, name: str, **further: Any) -> Any:
    return leaderboard(folder / "gold.jsonl", "add", folder / f"{name}.jsonl", **further)


def test_systems_that_came_one_by_one_compare_as_if_together(folder: Path) -> None:
    for name in ("poor", "good", "fair"):
        board = add(folder, name)
        assert board.changed
    assert board.path == folder / "gold.leaderboard.json"
    assert board.comparison is not None
    expected = compare([folder / f"{name}.jsonl" for name in ("good", "fair", "poor")], folder / "gold.jsonl")
    measure = "f1:strict:entities"
    assert [s for s in board.comparison.standings if s.measure == measure] == [
        s for s in expected.standings if s.measure == measure
    ]
    found = {(d.better, d.worse): d.p for d in board.comparison.differences if d.measure == measure}
    assert found == {(d.better, d.worse): d.p for d in expected.differences if d.measure == measure}
    assert board.comparison.groups == expected.groups
    quotes = [s.system for s in board.comparison.standings if s.measure == "f1:end-to-end:quotes"]
    assert sorted(quotes) == ["fair", "good"]


def test_the_file_has_values_signature_and_hash(folder: Path) -> None:
    add(folder, "fair", system="fair 1.0")
    kept = json.loads((folder / "gold.leaderboard.json").read_text())
    [entry] = kept["boards"][""]
    assert (entry["system"], entry["predictions"]) == ("fair 1.0", "fair.jsonl")
    assert entry["sha256"] == sha256_file(folder / "fair.jsonl")
    assert entry["signature"]["gold_sha256"]
    assert entry["measures"]["f1:strict:entities"]["n_gold"] == 36


def test_again_changes_nothing(folder: Path) -> None:
    add(folder, "fair")
    before = (folder / "gold.leaderboard.json").read_bytes()
    assert not add(folder, "fair").changed
    assert (folder / "gold.leaderboard.json").read_bytes() == before
    assert not leaderboard(folder / "gold.jsonl").changed


def test_other_predictions_of_a_system_replace_the_old_ones_only_on_request(folder: Path) -> None:
    add(folder, "fair", system="s")
    with pytest.raises(
        AnnotateError, match=r"s is on the board since .*, with other predictions; choose another --system"
    ):
        add(folder, "good", system="s")
    board = add(folder, "good", system="s", replace=True)
    assert [entry.predictions for entry in board.entries] == ["good.jsonl"]
    with pytest.raises(AnnotateError, match="scored in another way"):
        add(folder, "good", system="s", options=ScoreOptions(seed=3))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ScoreOptions(seed=3), "seed: 0, here 3"),
        (ScoreOptions(trials=0), "trials: 1000, here 0"),
        (ScoreOptions(missing="empty"), "missing: error, here empty"),
        (ScoreOptions(label_map=LabelMap.parse("conll")), r"map: none, here conll\. Score all"),
    ],
)
def test_values_that_were_scored_in_another_way_are_refused(folder: Path, options: ScoreOptions, words: str) -> None:
    add(folder, "fair")
    before = (folder / "gold.leaderboard.json").read_bytes()
    with pytest.raises(AnnotateError, match=f"good cannot be added, .* comparable with those of fair: .*{words}"):
        add(folder, "good", options=options)
    assert (folder / "gold.leaderboard.json").read_bytes() == before


def test_values_on_other_gold_are_refused(folder: Path) -> None:
    add(folder, "fair")
    records = [GoldRecord(id=f"a{i:02}", text=TEXT, entities=RIGHT[1:], quotes=[QUOTE]) for i in range(12)]
    write_records(folder / "gold.jsonl", records)
    with pytest.raises(AnnotateError, match=r"gold_sha256: .*gold_spans: "):
        add(folder, "good")


def test_only_what_is_shared_has_to_agree() -> None:
    entities = {"layers": ["entities"], "documents": {"entities": 5}, "seed": 0, "annotate": "0.2.0"}
    both = {**entities, "layers": ["entities", "quotes"], "documents": {"entities": 5, "quotes": 4}, "tokens": "x"}
    assert compare_signatures(entities, {**both, "annotate": "0.3.0"}) == []
    assert compare_signatures(entities, {**both, "documents": {"entities": 6, "quotes": 4}}) == [
        "documents: {'entities': 5}, here {'entities': 6}"
    ]


def test_a_failed_score_adds_nothing(folder: Path) -> None:
    write_records(folder / "few.jsonl", [Prediction(id="a00", entities=[])])
    with pytest.raises(ScoreError, match="missing"):
        add(folder, "few")
    assert not (folder / "gold.leaderboard.json").exists()


@pytest.mark.parametrize("content", ["[]", "{", '{"annotate": "0.2.0", "boards": {"": [{"system": "x"}]}}', "\x00"])
def test_a_file_that_is_no_board_is_kept(folder: Path, content: str) -> None:
    path = folder / "gold.leaderboard.json"
    path.write_text(content)
    with pytest.raises(AnnotateError, match="not a leaderboard of annotate"):
        add(folder, "fair")
    assert path.read_text() == content


def test_arguments_that_do_not_go_together(folder: Path) -> None:
    with pytest.raises(AnnotateError, match="needs a file of predictions"):
        leaderboard(folder / "gold.jsonl", "add", "-")
    with pytest.raises(AnnotateError, match="show takes no predictions"):
        leaderboard(folder / "gold.jsonl", "show", folder / "good.jsonl")
    with pytest.raises(AnnotateError, match="name the board with --board"):
        leaderboard("-", "add", folder / "good.jsonl")
    with pytest.raises(AnnotateError, match="cannot be read"):
        leaderboard(folder / "gold.jsonl", "add", folder / "nothing.jsonl")


def test_the_board_of_a_release_lies_beside_it_and_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "gold/news/0.1.0"
    shutil.copytree(resource_dir("gold") / "news/0.1.0", release)
    monkeypatch.chdir(tmp_path)
    records = [Prediction(id=path.stem, entities=[]) for path in (resource_dir("seeds")).glob("*.txt")]
    write_records(tmp_path / "none.jsonl", records)
    board = leaderboard("news/0.1.0", "add", tmp_path / "none.jsonl")
    assert board.path.resolve() == tmp_path / "gold/news/0.1.0.leaderboard.json"
    assert (board.gold, len(board.entries)) == ("news/0.1.0", 1)
    assert check_release(release).articles == 5
    split = find_board("news/0.1.0/test")
    assert (split.path, split.split, split.gold) == (board.path, "test", "news/0.1.0/test")


def test_the_board_of_a_release_of_the_toolkit_lies_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_board("news/0.1.0").path == Path("gold/news/0.1.0.leaderboard.json")


def test_a_folder_of_predictions_has_one_hash(tmp_path: Path) -> None:
    from annotate.harness.leaderboard import hash_predictions

    for name in ("one", "two"):
        (tmp_path / name / "x").mkdir(parents=True)
        (tmp_path / name / "x/a.ann").write_text("T1")
    assert hash_predictions(tmp_path / "one") == hash_predictions(tmp_path / "two")
    (tmp_path / "two/x/a.ann").rename(tmp_path / "two/x/b.ann")
    assert hash_predictions(tmp_path / "one") != hash_predictions(tmp_path / "two")


def write_weighted_gold(folder: Path, *, strata: int = 2) -> None:
    def select(number: int) -> dict[str, Any]:
        chance = 1 / (1 + number % 4)
        named = {"pool": 48, "pool_sha256": "ab", "seed": 0, "n": 12, "story": 1}
        return {"selection": {**named, "probability": chance, "stratum": f"s{number % strata}"}}

    gold = [
        GoldRecord(id=f"a{i:02}", text=TEXT, entities=RIGHT, quotes=[QUOTE], weight=1.0 + i % 4, meta=select(i))
        for i in range(12)
    ]
    write_records(folder / "gold.jsonl", gold)


@pytest.mark.parametrize("by", ["article", "story"])
def test_weighted_systems_compare_as_if_scored_together(folder: Path, by: Unit) -> None:
    write_weighted_gold(folder)
    if by == "story":
        records = [msgspec.structs.replace(one, cluster=f"c{one.id}") for one in load_gold(folder / "gold.jsonl")]
        write_records(folder / "gold.jsonl", records)
    for name in ("fair", "poor"):
        board = add(folder, name, options=ScoreOptions(by=by))
    assert board.comparison is not None
    options = ScoreOptions(trials=10_000, by=by)
    expected = compare([folder / f"{name}.jsonl" for name in ("fair", "poor")], folder / "gold.jsonl", options)
    assert expected.signature["weights"] == "gold"
    measure = "f1:strict:entities"
    assert [s for s in board.comparison.standings if s.measure == measure] == [
        s for s in expected.standings if s.measure == measure
    ]
    [found] = [d for d in board.comparison.differences if d.measure == measure]
    [wanted] = [d for d in expected.differences if d.measure == measure]
    assert (found.low, found.high, found.p) == (wanted.low, wanted.high, wanted.p)
    assert board.comparison.signature["weights"] == "gold"
    assert any("entities: weighted by gold, as precise as" in remark for remark in board.comparison.remarks)


def test_weighted_and_unweighted_values_do_not_mix(folder: Path) -> None:
    write_weighted_gold(folder)
    board = add(folder, "fair", options=ScoreOptions(weights="none"))
    assert "samples" not in json.loads(board.path.read_text())["boards"][""][0]
    assert "gold's weights are not used: all articles count alike" in board.comparison.remarks
    with pytest.raises(AnnotateError, match="weights: none, here gold"):
        add(folder, "good")


def test_other_strata_of_the_same_gold_are_refused(folder: Path) -> None:
    write_weighted_gold(folder)
    add(folder, "fair")
    write_weighted_gold(folder, strata=3)
    with pytest.raises(AnnotateError, match="good cannot be added: gold's articles were in other strata"):
        add(folder, "good")


def test_another_map_is_the_only_reason_that_is_given(folder: Path) -> None:
    add(folder, "fair")
    with pytest.raises(AnnotateError, match=r"with those of fair: map: none, here conll;ORG=X\. Score all"):
        add(folder, "good", options=ScoreOptions(label_map=LabelMap.parse(["conll", "ORG=X"])))
    with pytest.raises(AnnotateError, match=r"with those of fair: map: none, here conll; seed: 0, here 3\. Score all"):
        add(folder, "good", options=ScoreOptions(label_map=LabelMap.parse("conll"), seed=3))


def test_the_page_of_a_comparison_names_the_gold_and_sets_numbers_to_the_right(folder: Path) -> None:
    page, paths = folder / "page.html", [folder / f"{name}.jsonl" for name in ("fair", "good")]
    options = ("--gold", folder / "gold.jsonl", "--trials", 100, "--format", "html", "-o", page)
    done = run("compare", *paths, *options)
    assert done.stderr.endswith(f"wrote {page}\n")
    written = page.read_text("utf-8")
    assert "<title>Comparison on gold" in written
    assert '<th scope="col">system</th>' in written
    assert '<th scope="col" class="number">value</th>' in written
    assert re.search(r'<td class="number">0\.\d{3}</td>', written)


def test_measures_with_too_few_articles_share_a_note() -> None:
    gold = [GoldRecord(id=f"a{i}", text=TEXT, entities=RIGHT, quotes=[QUOTE]) for i in range(5)]
    systems = {str(n): [Prediction(id=one.id, entities=RIGHT[:n], quotes=[QUOTE]) for one in gold] for n in (1, 2)}
    remarks = compare_systems(gold, systems, ScoreOptions(trials=100)).remarks
    assert sum("smallest possible p" in remark for remark in remarks) == 1
    assert remarks[0].startswith("f1:strict:entities, f1:end-to-end:quotes: with 5 articles the smallest possible p")
