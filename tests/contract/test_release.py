"""What a release promises: its layout, its immutability, the same bytes for the same input, every tampering found."""

from __future__ import annotations

import json
import random
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.adjudication import adjudicate_annotations
from annotate.cli.app import app
from annotate.errors import AnnotateError, GoldError
from annotate.files import resource_dir
from annotate.gold.diff.diff import diff_releases
from annotate.gold.load import load_gold, releases
from annotate.gold.manifest import ParentEntry, manifest_digest, read_manifest
from annotate.harness.sources import open_gold
from annotate.ingest.articles import read_articles
from annotate.jsonl import write_records
from annotate.records import Annotation, Claim, Entity, GoldRecord, Layers, Prediction, Quote, Span
from annotate.release import build
from annotate.release.check import check_release
from annotate.schema import load_schema
from annotate.score.problems import Problems
from tests.support.folders import contents
from tests.support.forgery import forge

# under their names, annotators can be followed from the records into the release; pseudonyms have tests of their own
release_records = partial(build.release_records, names=True)


def make_record(number: int, **changes: Any) -> GoldRecord:
    """An article that no other is related to."""
    rng = random.Random(number)
    words = ["".join(rng.choices("abcdefghij", k=5)) for _ in range(40)]
    text = f"Ann Lee 👩 said that {' '.join(words)}."
    end = len(text) - 1
    record = GoldRecord(
        id=f"a{number:03d}",
        text=text,
        date="2021-07-26",
        annotators=["bo", "ann"],
        decided_by="majority",
        model="rules-0.1.0",
        entities=[Entity(0, 7, "PERSON", origin="prediction", preannotator="rules-0.1.0", annotators=["bo", "ann"])],
        quotes=[Quote("indirect", [Span(20, end)], Span(0, 7), Span(10, 14), origin="manual")],
        claims=[Claim(20, end, True, "other")] if number % 2 else None,
    )
    return msgspec.structs.replace(record, **changes)


RECORDS = [make_record(number) for number in range(20)]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release_records(RECORDS, "news", "1.0.0", to=tmp_path_factory.mktemp("gold"), licence="CC-BY-4.0")


def test_the_layout_is_the_agreed_one(release: Path) -> None:
    splits = ["train", "dev", "test"]
    tables = {f"{config}/{split}-00000-of-00001.parquet" for config in ("data", "tokens") for split in splits}
    papers = {"README.md", "manifest.json", "schema.toml", "CHANGES.md", "croissant.json"}
    assert set(contents(release)) == tables | papers
    report = check_release(release)
    assert (report.ref, report.articles, report.spans) == (
        "news/1.0.0",
        20,
        {"entities": 20, "quotes": 20, "claims": 10},
    )
    assert read_manifest(release).schema.digest == load_schema("news").digest
    assert [manifest.ref for manifest in releases(release.parent.parent)] == ["news/1.0.0"]


def test_records_come_back_whole(release: Path) -> None:
    back = {record.id: record for record in load_gold(release)}
    assert len(back) == len(RECORDS)
    for record in RECORDS:
        found = back[record.id]
        assert found.text == record.text
        assert found.claims is None if record.claims is None else [c.kind for c in found.claims or ()] == ["other"]
        assert (found.quotes or [])[0].content[0].text == (record.text or "")[20:-1]
        assert found.annotators == ["ann", "bo"]
        assert (found.entities or [])[0].annotators == ["ann", "bo"]
    assert {record.split for record in load_gold(f"{release}/dev")} == {"dev"}


def test_datasets_loads_both_configs_offline(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    found = datasets.load_dataset(str(release), cache_dir=str(tmp_path))
    rows = {row["id"]: row for split in found.values() for row in split}
    assert {split: len(rows) for split, rows in found.items()} == {"train": 16, "dev": 2, "test": 2}
    assert rows["a000"]["claims"] is None
    assert rows["a001"]["claims"][0]["check_worthy"] is True
    entity = rows["a001"]["entities"][0]
    assert rows["a001"]["text"][entity["start"] : entity["end"]] == entity["text"] == "Ann Lee"
    tokens = datasets.load_dataset(str(release), name="tokens", split="train", cache_dir=str(tmp_path))
    names = tokens.features["ner_tags"].feature.names
    assert [names[tag] for tag in tokens[0]["ner_tags"]][:3] == ["B-PERSON", "I-PERSON", "O"]


def test_croissant_is_valid_and_its_records_can_be_read(release: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=release / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    table = "data-dev-00000-of-00001"
    rows = list(dataset.records(table))
    assert [row[f"{table}/id"].decode() for row in rows] == [record.id for record in load_gold(f"{release}/dev")]
    assert rows[0][f"{table}/quotes/speaker"][f"{table}/quotes/speaker/start"] == [0]
    [entity] = rows[0][f"{table}/entities"]
    assert (entity[f"{table}/entities/end"], entity[f"{table}/entities/label"]) == (7, b"PERSON")


def test_the_card_says_who_with_whose_help_and_under_which_licence(release: Path) -> None:
    _, header, body = (release / "README.md").read_text("utf-8").split("---\n", 2)
    content = yaml.safe_load(header)
    assert [config["config_name"] for config in content["configs"]] == ["default", "tokens"]
    assert content["license_name"] == "CC-BY-4.0"
    for words in (
        "ann (20 articles), bo (20 articles)",
        "pre-annotations of rules-0.1.0 (20 articles)",
        "unknown (20 articles)",
    ):
        assert words in body
    assert "20 were marked by annotators alone" in body


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_input_leaves_no_trace(release: Path, tmp_path: Path, rng: random.Random) -> None:
    shutil.rmtree(tmp_path / "again", ignore_errors=True)
    shuffled = rng.sample(RECORDS, len(RECORDS))
    again = release_records(shuffled, "news", "1.0.0", to=tmp_path / "again", licence="CC-BY-4.0")
    assert contents(again) == contents(release)


@pytest.fixture(scope="module")
def copy(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(release, tmp_path_factory.mktemp("copy") / "news" / "1.0.0"))


@settings(max_examples=150)
@given(st.data())
def test_a_change_to_any_byte_of_any_file_is_found(copy: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(contents(copy))))
    path = copy / name
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.sampled_from(["flip", "cut", "insert"]))
    if change == "flip":
        bit = 1 << data.draw(st.integers(0, 7))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    else:
        path.write_bytes(whole[:place] + (b"" if change == "cut" else b" ") + whole[place + (change == "cut") :])
    try:
        with pytest.raises(GoldError, match=name.replace(".", r"\.")):
            check_release(copy)
    finally:
        path.write_bytes(whole)


def test_files_that_come_or_go_or_turn_into_links_are_found(copy: Path, tmp_path: Path) -> None:
    (copy / "extra.py").write_text("print('hello')")
    with pytest.raises(GoldError, match=r"extra\.py is not in the manifest"):
        check_release(copy)
    (copy / "extra.py").unlink()
    moved = Path(shutil.move(copy / "CHANGES.md", tmp_path / "CHANGES.md"))
    with pytest.raises(GoldError, match=r"CHANGES\.md is missing"):
        check_release(copy)
    (copy / "CHANGES.md").symlink_to(moved)
    with pytest.raises(GoldError, match=r"CHANGES\.md is a link"):
        check_release(copy)
    (copy / "CHANGES.md").unlink()
    shutil.move(moved, copy / "CHANGES.md")
    check_release(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../news"},
        {"version": "1.0.0/../../x"},
        {"splits": {"../../etc": None}},
        {"files": {"../../etc/passwd": None}},
        {"files": {"/etc/passwd": None}},
    ],
)
def test_no_name_in_a_manifest_becomes_a_path_unchecked(release: Path, tmp_path: Path, changes: Any) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "news" / "1.0.0"))
    manifest = read_manifest(folder)
    for key, value in changes.items():
        if isinstance(value, dict):
            some = next(iter(getattr(manifest, key).values()))
            changes = {key: dict.fromkeys(value, some)}
    forge(folder, **changes)
    for work in (check_release, load_gold):
        with pytest.raises(GoldError, match="expected"):
            work(folder)


def test_a_forged_count_or_row_hash_is_found(release: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "news" / "1.0.0"))
    manifest = read_manifest(folder)
    forge(folder, counts={**manifest.counts, "articles": 21})
    with pytest.raises(GoldError, match="has other counts of articles"):
        check_release(folder)
    dev = msgspec.structs.replace(manifest.splits["dev"], row_hashes=["0" * 32, "1" * 32])
    forge(folder, counts=manifest.counts, splits={**manifest.splits, "dev": dev})
    with pytest.raises(GoldError, match="its hash is not the one in the manifest"):
        check_release(folder)


@pytest.mark.parametrize("source", ["news/9.9.9", "../gold/news", "news/../../etc", "news/1.0", "NEWS/1.0.0", "x", ""])
def test_an_unknown_source_is_one_clear_error(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AnnotateError):
        load_gold(source)


def test_loading_refuses_a_damaged_table(release: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "news" / "1.0.0"))
    path = folder / "data" / "dev-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert load_gold(f"{folder}/train")
    with pytest.raises(GoldError, match="annotate check"):
        load_gold(folder)


def test_a_folder_named_as_another_release_is_refused(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "other" / "2.0.0"))
    for source in (folder, f"{folder}/dev"):
        with pytest.raises(GoldError, match=r"the folder is other/2\.0\.0, but its manifest is of news/1\.0\.0"):
            load_gold(source)
    with pytest.raises(GoldError, match="rename the folder"):
        diff_releases(release, folder)
    with pytest.raises(GoldError, match="rename the folder"):
        open_gold(folder, Problems())
    with pytest.raises(GoldError, match="rename the folder"):
        build.release_records(RECORDS, "other", "3.0.0", to=tmp_path)
    app(["releases", "--to", str(tmp_path)], standalone_mode=False)
    shown = capsys.readouterr()
    assert "news/1.0.0 sha256:" in shown.out
    assert f"{folder}: the folder is other/2.0.0" in shown.err


def test_a_download_under_any_name_is_read_and_not_proved(release: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "download"))
    assert load_gold(folder) == load_gold(release)
    with pytest.raises(GoldError, match="rename the folder"):
        check_release(folder)


def test_ids_find_releases_below_gold(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(release.parent.parent.parent)
    (release.parent.parent.parent / "gold").symlink_to(release.parent.parent)
    assert len(load_gold("news/1.0.0")) == 20
    assert len(load_gold("news/1.0.0/test")) == 2
    with pytest.raises(GoldError, match="it has dev, test, train"):
        load_gold("news/1.0.0/validation")


def test_gold_from_json_lines_is_the_same_kind_of_thing(tmp_path: Path) -> None:
    write_records(tmp_path / "g.jsonl", RECORDS)
    assert load_gold(tmp_path / "g.jsonl") == RECORDS


# ------------------------------------------------------------------------------------------------ what may enter


def problems_of(records: list[GoldRecord], to: Path, **options: Any) -> list[str]:
    with pytest.raises(GoldError) as caught:
        release_records(records, "news", "1.0.0", to=to, **options)
    assert not to.exists()
    return caught.value.problems


def test_all_problems_are_reported_together_and_nothing_is_left(tmp_path: Path) -> None:
    bad = [
        make_record(0, annotators=[]),
        make_record(1, text=None),
        make_record(2, entities=[Entity(0, 7, "POTUS"), Entity(0, 999, "ORG")]),
        make_record(3, entities=[Entity(0, 7, "PERSON"), Entity(0, 7, "PERSON")]),
        make_record(4, date="yesterday"),
        make_record(5),
        make_record(5),
        make_record(6, text="half of a pair: \ud83d", entities=[], quotes=[]),
    ]
    problems = "\n".join(problems_of(bad, tmp_path / "gold"))
    for words in (
        "a000: no annotators",
        "a001: no text",
        "'POTUS'",
        "[0, 999)",
        "appears twice",
        "'yesterday'",
        "a005: a second record",
        "a006: an unpaired surrogate",
    ):
        assert words in problems


def test_problems_of_a_file_have_their_lines(tmp_path: Path) -> None:
    """Also those that only a release has: records are checked once, where they are read."""
    path = tmp_path / "d.jsonl"
    outside = make_record(1, entities=[Entity(0, 9_999, "PERSON")])
    write_records(path, [make_record(0), outside, make_record(2, annotators=[]), make_record(0)])
    with path.open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(GoldError) as caught:
        release_records(path, "news", "1.0.0", to=tmp_path / "gold")
    starts = [f"{path}:2: a001: entities[0]", f"{path}:3: a002: no annotators", "a000: a second", f"{path}:5: "]
    for problem, start in zip(caught.value.problems, starts, strict=True):
        assert problem.startswith(start), problem
    assert not (tmp_path / "gold").exists()


def test_nothing_to_release_is_an_error(tmp_path: Path) -> None:
    assert problems_of([], tmp_path / "gold") == ["nothing to release: no decided record"]


def test_annotators_have_to_be_on_record_where_annotations_are_given(tmp_path: Path) -> None:
    submitted = Annotation(id="a000", text=RECORDS[0].text, annotator="ann", entities=[])
    skipped = Annotation(id="a000", text=RECORDS[0].text, annotator="bo", status="skipped")
    problems = problems_of(RECORDS[:1], tmp_path / "gold", annotations=[submitted, skipped])
    assert problems == ["a000: annotator 'bo' did not submit this article; in the annotations it is submitted by ann"]


def test_a_next_version_needs_the_new_annotations_only(tmp_path: Path) -> None:
    """Who annotated an article is in the parent release; what they submitted need not be kept for ever."""
    old = [msgspec.structs.replace(record, annotators=["ann"]) for record in RECORDS[:2]]
    options: dict[str, Any] = {"to": tmp_path / "gold", "annotator_map": tmp_path / "map.json", "names": False}
    release_records(old, "news", "1.0.0", **options)
    new = [msgspec.structs.replace(record, annotators=["bo"]) for record in RECORDS[2:4]]
    submitted = [Annotation(id=record.id, text=record.text, annotator="bo", entities=[]) for record in new]
    options["annotations"] = submitted
    stranger = msgspec.structs.replace(old[0], annotators=["cy"])
    with pytest.raises(GoldError, match="annotator 'cy' did not submit this article"):
        release_records([stranger, *new], "news", "1.1.0", **options)
    release_records([*old, new[0]], "news", "1.1.0", **options)
    carried = load_gold(tmp_path / "gold" / "news" / "1.1.0")  # under pseudonyms
    found = load_gold(release_records([*carried, new[1]], "news", "1.2.0", **options))
    names = {record.id: record.annotators for record in found}
    assert names == {"a000": ["annotator-1"], "a001": ["annotator-1"], "a002": ["annotator-2"], "a003": ["annotator-2"]}


def test_annotated_articles_that_nobody_decided_are_counted(tmp_path: Path) -> None:
    submitted = [
        Annotation(id=record.id, text=record.text, annotator=name, entities=[])
        for record in RECORDS[:3]
        for name in record.annotators
    ]
    skipped = msgspec.structs.replace(submitted[0], id="skipped", status="skipped")
    said: list[str] = []
    release_records(RECORDS[:1], "news", "1.0.0", to=tmp_path, annotations=[*submitted, skipped], report=said.append)
    first = min(record.id for record in RECORDS[1:3])
    assert [line.partition(";")[0] for line in said] == [
        f"2 of 3 annotated articles not in the release: no decided record, such as {first}"
    ]
    said.clear()
    release_records(RECORDS[:3], "news", "2.0.0", to=tmp_path, annotations=submitted, report=said.append)
    assert not said


def test_agreement_work_and_the_drafts_own_score_reach_card_and_manifest(tmp_path: Path) -> None:
    annotations, predictions = [], []
    for number, record in enumerate(RECORDS[:6]):
        held_back = number == 5
        draft = Layers(entities=[Entity(0, 3, "PERSON")], quotes=record.quotes)
        predictions.append(Prediction(id=record.id, model="rules-0.1.0", entities=draft.entities, quotes=draft.quotes))
        for name in ("ann", "bo"):
            entities = [] if (name, number) == ("bo", 0) else record.entities
            annotations.append(
                Annotation(
                    id=record.id,
                    text=record.text,
                    annotator=name,
                    entities=entities,
                    quotes=record.quotes,
                    model=None if held_back else "rules-0.1.0",
                    predicted=None if held_back else draft,
                    blind=held_back,
                    lead_time_s=90.0,
                    updated_at="2026-11-20T10:00:00Z",
                )
            )
    unsigned = [make_record(number, entities=[Entity(0, 7, "PERSON")]) for number in range(6)]
    folder = release_records(unsigned, "news", "1.0.0", to=tmp_path, annotations=annotations, predictions=predictions)
    manifest = read_manifest(folder)
    assert manifest.ceiling["f1:strict:entities"] == pytest.approx(10 / 11)
    assert manifest.work["ann"] == {"articles": 6, "without_draft": 1, "median_seconds": 90.0}
    scores = manifest.preannotators["rules-0.1.0"]
    assert [part["articles"] for part in scores.values()] == [5, 1]
    assert scores["draft shown"]["measures"]["f1:strict:entities"] == 0
    assert scores["draft shown"]["measures"]["f1:exact:quotes"] == 1
    assert manifest.date == "2026-11-20"
    card = (folder / "README.md").read_text("utf-8")
    assert "| `f1:strict:entities` | 0.909 |" in card
    assert "ann worked on 6 articles, 1 of them without a pre-annotation, 1.5 minutes per article (median)." in card
    signed = {r.id: [e.annotators for e in r.entities or ()] for r in load_gold(folder)}
    assert signed["a000"] == [["ann"]]
    assert signed["a001"] == [["ann", "bo"]]
    # no words of an article stand outside the tables: they may have to be left out when it is passed on
    assert "Ann Lee" not in (folder / "manifest.json").read_text("utf-8")
    check_release(folder)


# ---------------------------------------------------------------------------------------------------- versions


def test_a_release_is_never_changed(release: Path) -> None:
    before = contents(release)
    with pytest.raises(GoldError, match="never changed"):
        release_records(RECORDS, "news", "1.0.0", to=release.parent.parent)
    assert contents(release) == before
    assert [path.name for path in release.parent.iterdir()] == ["1.0.0"]


@pytest.mark.parametrize(
    ("change", "too_small", "enough"),
    [
        ("correct", None, "1.0.1"),
        ("add", "1.0.1", "1.1.0"),
        ("remove", "1.0.9", "1.1.0"),
        ("redefine", "1.9.9", "2.0.0"),
    ],
)
def test_the_step_of_the_version_has_to_fit_the_change(
    release: Path, tmp_path: Path, change: str, too_small: str | None, enough: str
) -> None:
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    schema = load_schema("news")
    records = list(RECORDS)
    if change == "correct":
        records[3] = make_record(3, entities=[Entity(0, 3, "PERSON")])
    elif change == "add":
        records.append(make_record(20))
    elif change == "remove":
        records.pop()
    else:
        schema.general_rules = ["Everything nests."]
    if too_small:
        with pytest.raises(GoldError, match=f"too small a step from 1.0.0.*expected {enough}"):
            release_records(records, "news", too_small, to=to, schema=schema)
    folder = release_records(records, "news", enough, to=to, schema=schema)
    check_release(folder)
    parent = read_manifest(folder).parent
    assert parent is not None
    assert parent.version == "1.0.0"
    with pytest.raises(GoldError, match="versions of a release only grow"):
        release_records(records, "news", "0.9.0", to=to)


def test_nothing_new_is_no_release(release: Path, tmp_path: Path) -> None:
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    with pytest.raises(GoldError, match="nothing changed"):
        release_records(RECORDS, "news", "1.0.1", to=to, licence="CC-BY-4.0")
    assert [path.name for path in (to / "news").iterdir()] == ["1.0.0"]


def test_articles_keep_their_split_also_when_they_come_back(release: Path, tmp_path: Path) -> None:
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    first = {record.id: (record.split, record.cluster) for record in load_gold(release)}
    release_records(RECORDS[5:], "news", "1.1.0", to=to)
    more = [*RECORDS, *(make_record(number) for number in range(20, 60))]
    last = release_records(more, "news", "1.2.0", to=to)
    places = {record.id: (record.split, record.cluster) for record in load_gold(last)}
    assert first.items() <= places.items()
    shares = {name: split.articles for name, split in read_manifest(last).splits.items()}
    assert shares == {"train": 48, "dev": 6, "test": 6}
    changes = (last / "CHANGES.md").read_text("utf-8")
    assert "| articles | 45 | 0 |" in changes


def test_the_diff_of_two_releases_tells_every_span(release: Path, tmp_path: Path) -> None:
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    quotes = RECORDS[2].quotes or []
    records = list(RECORDS)
    records[0] = make_record(0, entities=[Entity(0, 3, "PERSON"), Entity(20, 25, "ORG")])
    records[1] = make_record(1, entities=[Entity(0, 7, "ORG")], claims=[])
    records[2] = make_record(2, quotes=[msgspec.structs.replace(quotes[0], speaker=Span(0, 3))])
    after = release_records(records, "news", "1.0.1", to=to)
    diff = diff_releases(release, after)
    assert [(change.id, [span.changes for span in change.spans]) for change in sorted(diff, key=lambda c: c.id)] == [
        ("a000", [("moved",), ("added",)]),
        ("a001", [("relabelled",), ("removed",)]),
        ("a002", [("relinked",)]),
    ]
    assert diff.counts.spans["entities"] == {"moved": 1, "added": 1, "relabelled": 1}
    assert not list(diff_releases(after, after))


def test_an_article_that_bridges_two_splits_is_left_out_by_name(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(60)]
    texts = {"a": words[:40], "b": words[20:], "c": words}  # c shares 36 of 56 five-word runs with a and with b
    records = {id: GoldRecord(id=id, text=" ".join(text), annotators=["x"]) for id, text in texts.items()}
    records["a"].split, records["b"].split = "train", "test"
    folder = release_records(records.values(), "news", "1.0.0", to=tmp_path)
    assert [(left.id, left.kin) for left in read_manifest(folder).left_out] == [("c", ["a", "b"])]
    assert {record.id: record.split for record in load_gold(folder)} == {"a": "train", "b": "test"}
    for paper in ("README.md", "CHANGES.md"):
        assert "`c`" in (folder / paper).read_text("utf-8")
    check_release(folder)
    records["c"].split = "train"
    with pytest.raises(GoldError, match="b is in split test and c in train") as caught:
        release_records(records.values(), "news", "1.1.0", to=tmp_path)
    assert len(caught.value.problems) == 1


def test_clusters_that_the_user_gives_are_kept_together(tmp_path: Path) -> None:
    records = [make_record(n, cluster="mine" if n % 2 else None) for n in range(20)]
    folder = release_records(records, "news", "1.0.0", to=tmp_path, shares={"train": 0.5, "test": 0.5})
    places = {(r.split, r.cluster) for r in load_gold(folder) if int(r.id[1:]) % 2}
    assert [cluster for _, cluster in places] == ["mine"]
    assert {name: split.articles for name, split in read_manifest(folder).splits.items()} == {"train": 10, "test": 10}
    check_release(folder)


def test_the_seeds_stand_in_one_split(tmp_path: Path) -> None:
    articles = read_articles([str(resource_dir("seeds"))])
    records = [
        *RECORDS,
        *(GoldRecord(id=a.id, text=a.text, date=a.date, annotators=["x"], entities=[]) for a in articles),
    ]
    folder = release_records(records, "news", "0.1.0", to=tmp_path)
    seeds = [record for record in load_gold(folder) if record.annotators == ["x"]]
    assert len(seeds) == 5
    assert len({(record.split, record.cluster) for record in seeds}) == 1
    assert check_release(folder).kin >= 4


def test_the_manifest_is_plain_json(release: Path) -> None:
    content = json.loads((release / "manifest.json").read_text("utf-8"))
    assert content["splits"]["train"]["articles"] == len(content["splits"]["train"]["row_hashes"]) == 16
    assert content["provenance"]["origins"] == {"manual": 20, "not recorded": 10, "prediction": 20}


def test_a_damaged_parent_or_release_is_neither_followed_nor_compared(release: Path, tmp_path: Path) -> None:
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    table = to / "news" / "1.0.0" / "data" / "train-00000-of-00001.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"!")
    for work in (
        lambda: release_records([*RECORDS, make_record(20)], "news", "1.1.0", to=to),
        lambda: diff_releases(to / "news" / "1.0.0", release),
    ):
        with pytest.raises(GoldError, match=r"train-00000-of-00001\.parquet was changed"):
            work()


def test_a_split_that_an_article_left_is_found(release: Path, tmp_path: Path) -> None:
    """Two releases that are each intact, but whose history does not fit."""
    to = Path(shutil.copytree(release.parent, tmp_path / "gold" / "news")).parent
    other = {"train": "test", "test": "train", "dev": "dev"}
    moved = [
        msgspec.structs.replace(make_record(n), split=other[r.split or ""])
        for n, r in enumerate(sorted(load_gold(release), key=lambda r: r.id))
    ]
    with pytest.raises(GoldError, match="an article keeps its split"):
        release_records([*moved, make_record(20)], "news", "1.1.0", to=to)
    alone = release_records([*moved, make_record(20)], "news", "1.1.0", to=tmp_path / "alone")
    shutil.copytree(alone, to / "news" / "1.1.0")
    digest = manifest_digest(read_manifest(release))
    forge(to / "news" / "1.1.0", parent=ParentEntry("1.0.0", digest))
    with pytest.raises(GoldError, match=r"is in split test, but was in train in 1\.0\.0"):
        check_release(to / "news" / "1.1.0")
    forge(to / "news" / "1.1.0", parent=ParentEntry("1.0.0", "0" * 64))
    with pytest.raises(GoldError, match="not the release that it was built on"):
        check_release(to / "news" / "1.1.0")


def test_the_kin_of_an_article_that_is_left_out_keep_together(tmp_path: Path) -> None:
    """b0 and b1 bridge train and test; c is a copy of the article in train, which the bridges may have hidden."""
    words = [f"word{number}" for number in range(60)]
    texts = {"a": words[:40], "z": words[20:], "b0": words, "b1": [*words, "more"], "c": [*words[:40], "once"]}
    records = {id: GoldRecord(id=id, text=" ".join(text), annotators=["x"]) for id, text in texts.items()}
    records["a"].split, records["z"].split = "train", "test"
    folder = release_records(records.values(), "news", "1.0.0", to=tmp_path)
    assert [left.id for left in read_manifest(folder).left_out] == ["b0", "b1"]
    assert {record.id: record.split for record in load_gold(folder)} == {"a": "train", "c": "train", "z": "test"}
    check_release(folder)


@pytest.mark.parametrize("names", [("ann", "bob", "eve"), ("eve", "bob", "ann")])
def test_an_item_is_signed_by_all_who_submitted_the_same(names: tuple[str, ...], tmp_path: Path) -> None:
    text = make_record(0).text or ""
    plain = Quote("indirect", [Span(20, len(text) - 1)], Span(0, 7), Span(10, 14))
    versions = [
        msgspec.structs.replace(plain, speaker_name="Ann Lee", note="sure?"),
        msgspec.structs.replace(plain, content=[Span(19, len(text))], score=0.5),
        msgspec.structs.replace(plain, cue=None),
    ]
    annotations = [
        Annotation(id="a000", text=text, annotator=name, quotes=[quote])
        for name, quote in zip(names, versions, strict=True)
    ]
    decided = adjudicate_annotations(annotations).decided
    folder = release_records(decided, "news", "1.0.0", to=tmp_path, annotations=annotations)
    [quote] = next(iter(load_gold(folder))).quotes or []
    assert quote.annotators == sorted(names[:2])
    assert (quote.speaker_name, quote.content[0].start, quote.cue is None) == ("Ann Lee", 20, False)
