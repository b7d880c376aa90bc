"""What `check` finds in the rows of a release, and against its parent, whoever made hashes and manifest fit again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate.artifacts.features import to_features, to_token_features
from annotate.errors import GoldError
from annotate.gold.contents import read_origin
from annotate.gold.manifest import Placed, encode_manifest, read_manifest
from annotate.gold.parquet import iter_gold, iter_rows, read_schema
from annotate.gold.rows import hash_row, normalize_record, to_row
from annotate.publish.stand_off import write_stand_off
from annotate.records import Entity, GoldRecord, Quote, Span
from annotate.release.build import release_records
from annotate.release.check import check_release
from annotate.schema import load_schema
from tests.support.forgery import forge, write_rows

NEWS = load_schema("news")
DATA, TOKENS = "data/dev-00000-of-00001.parquet", "tokens/dev-00000-of-00001.parquet"
WORDS = "amber birch cedar delta ember flint grove heath inlet jetty knoll ledge marsh north ochre pearl quartz ridge"
replace = msgspec.structs.replace
build = partial(release_records, name="ports", names=True, shares={"train": 0.5, "dev": 0.5}, licence="CC0-1.0")


def make(letter: str, **fields: Any) -> GoldRecord:
    """An article that no other is related to."""
    text = f"Ann said that {' '.join(f'{letter}{word}' for word in WORDS.split())}."
    said = Quote("indirect", [Span(9, len(text) - 1)], Span(0, 3), Span(4, 8))
    common = {"annotators": ["ann"], "entities": [Entity(0, 3, "PERSON")], "quotes": [said], "date": "2026-02-03"}
    return GoldRecord(**{"id": letter, "text": text, **common, **fields})


RECORDS = [make(letter) for letter in "abcdef"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(RECORDS, version="1.0.0", to=tmp_path_factory.mktemp("gold"))


@pytest.fixture
def folder(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "ports" / "1.0.0"))


def refused(folder: Path) -> str:
    with pytest.raises(GoldError) as caught:
        check_release(folder)
    return str(caught.value)


def rewrite(folder: Path, change: Callable[[list[GoldRecord]], list[GoldRecord]]) -> None:
    """Write other records into the split `dev`, with hashes and numbers of rows that fit."""
    records = change(list(iter_gold(folder / DATA)))
    write_rows(folder / DATA, map(to_row, records), to_features(NEWS))
    splits = read_manifest(folder).splits
    dev = replace(splits["dev"], articles=len(records), row_hashes=[hash_row(record) for record in records])
    forge(folder, splits={**splits, "dev": dev})


def first(**fields: Any) -> Callable[[list[GoldRecord]], list[GoldRecord]]:
    """The first record with other fields, in its written form."""
    return lambda records: [normalize_record(replace(records[0], **fields)), *records[1:]]


def test_the_release_is_whole_before_it_is_changed(folder: Path) -> None:
    report = check_release(folder)
    assert (report.ref, report.articles, report.kin) == ("ports/1.0.0", 6, 0)
    assert report.spans == {"entities": 6, "quotes": 6}
    assert report.files == sum(path.is_file() for path in folder.rglob("*"))
    assert len(list(iter_gold(folder / DATA))) == 3


ROWS: dict[str, tuple[Callable[[list[GoldRecord]], list[GoldRecord]], str]] = {
    "nobody": (first(annotators=[]), "no annotators: machine predictions do not belong in gold"),
    "another split": (first(split="train"), "its split is train"),
    "no cluster": (first(cluster=None), "no cluster"),
    "a date that is none": (first(date="soon"), "date 'soon', expected YYYY-MM-DD"),
    "an unknown label": (first(entities=[Entity(0, 3, "POTUS")]), "POTUS"),
    "a span outside": (first(entities=[Entity(0, 999, "PERSON")]), "[0, 999)"),
    "no text": (first(text=None), "no text"),
    "another order": (lambda records: records[::-1], "rows are in the order of their ids"),
    "twice the same": (lambda records: [records[0], records[0], records[2]], "a second record"),
    "spans without texts": (
        lambda records: [replace(records[0], entities=[Entity(0, 3, "PERSON")]), *records[1:]],
        "not in the written form of a release",
    ),
    "one less": (lambda records: records[:-1], f"{TOKENS}: expected rows by its split 2; manifest.json has 3"),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_no_release_has(name: str, folder: Path) -> None:
    change, words = ROWS[name]
    rewrite(folder, change)
    assert words in refused(folder)


def test_a_row_says_where_it_is(folder: Path) -> None:
    rewrite(folder, lambda records: [records[0], replace(records[1], cluster=None), records[2]])
    name = list(iter_gold(folder / DATA))[1].id
    assert f"{folder}: split dev, row 1, {name}: no cluster" in refused(folder)


def test_what_comes_after_a_second_record_is_checked_too(folder: Path) -> None:
    rewrite(folder, lambda records: [records[0], records[0], replace(records[2], cluster=None)])
    assert ": no cluster" in refused(folder)


def test_a_cluster_or_a_text_in_two_splits_leaks(folder: Path) -> None:
    other = next(iter(iter_gold(Path(str(folder / DATA).replace("dev-", "train-")))))
    rewrite(folder, first(cluster=other.cluster))
    assert f"cluster {other.cluster} is in split " in refused(folder)
    rewrite(folder, first(cluster="c1", text=other.text))
    found = refused(folder)
    assert "are related: the splits leak" in found
    assert f"{other.id} (train)" in found


def test_hashes_and_numbers_of_rows_fit_the_manifest(folder: Path) -> None:
    splits = read_manifest(folder).splits
    hashes = splits["dev"].row_hashes
    forge(folder, splits={**splits, "dev": replace(splits["dev"], row_hashes=[*hashes[:2], hashes[0]])})
    found = refused(folder)
    assert found.count("its hash is not the one in the manifest") == 1
    assert "split dev, row 2, " in found


def rewrite_tokens(folder: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    write_rows(folder / TOKENS, change(list(iter_rows(folder / TOKENS))), to_token_features(NEWS))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [rows[1], rows[0], rows[2]], "the tokens at its place are those of {1}"),
        (lambda rows: [{**rows[0], "ner_tags": [0] * len(rows[0]["tokens"])}, *rows[1:]], "its ner_tags do not follow"),
        (lambda rows: [{**rows[0], "quote_tags": None}, *rows[1:]], "its quote_tags do not follow from its quotes"),
        (lambda rows: [{**rows[0], "claim_tags": rows[0]["ner_tags"]}, *rows[1:]], "its claim_tags do not follow"),
        (
            lambda rows: [{**rows[0], "tokens": ["x", *rows[0]["tokens"][1:]]}, *rows[1:]],
            "its tokens are not the words",
        ),
        (lambda rows: [{**rows[0], "ends": [4, *rows[0]["ends"][1:]]}, *rows[1:]], "its tokens are not the words"),
    ],
)
def test_tokens_and_tags_follow_from_the_rows(folder: Path, change: Any, words: str) -> None:
    ids = [record.id for record in iter_gold(folder / DATA)]
    rewrite_tokens(folder, change)
    forge(folder)
    assert words.format(*ids) in refused(folder)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (DATA, lambda rows: rows[:2], "split dev has 2 rows; the manifest has 3"),
        (DATA, lambda rows: [*rows, {**rows[2], "id": "z"}], "split dev has 4 rows; the manifest has 3"),
        (TOKENS, lambda rows: rows[:2], "the tokens at its place are those of no article"),
        (TOKENS, lambda rows: [*rows, {**rows[2], "id": "z"}], "split dev has more rows in tokens than articles"),
    ],
)
def test_tables_have_as_many_rows_as_the_manifest_has(folder: Path, name: str, change: Any, words: str) -> None:
    write_rows(folder / name, change(list(iter_rows(folder / name))), read_schema(folder / name))
    forge(folder)
    manifest = read_manifest(folder)
    files = {**manifest.files, name: replace(manifest.files[name], rows=3)}
    (folder / "manifest.json").write_text(encode_manifest(replace(manifest, files=files)), encoding="utf-8")
    assert words in refused(folder)


def test_columns_are_those_of_the_schema(folder: Path) -> None:
    records = list(iter_gold(folder / DATA))
    write_rows(folder / DATA, map(to_row, records), to_features(NEWS, weighted=True))
    forge(folder)
    assert f"{DATA}: its columns are not those of schema {NEWS.ref}" in refused(folder)


def test_a_wanted_share_is_a_share(folder: Path) -> None:
    splits = read_manifest(folder).splits
    for wanted in (-0.1, 1.1):
        forge(folder, splits={**splits, "dev": replace(splits["dev"], wanted=wanted)})
        assert f"has {wanted} as the wanted share of split dev" in refused(folder)


NOTED = {"probability": 0.5, "stratum": "all", "pool": 8, "pool_sha256": "ab", "seed": 0, "n": 4}


def test_weights_follow_from_the_selection(tmp_path: Path) -> None:
    records = [make(letter, meta={"selection": NOTED}) for letter in "abcd"]
    folder = build(records, version="1.0.0", to=tmp_path)
    check_release(folder)
    selection = read_manifest(folder).selection
    assert selection is not None
    forge(folder, selection=[{**selection[0], "selected": 5}])
    assert "has another account of weights and pools than the tables" in refused(folder)
    found = [replace(record, weight=3.0) for record in iter_gold(folder / DATA)]
    write_rows(folder / DATA, map(to_row, found), to_features(NEWS, weighted=True))
    forge(folder, selection=selection)
    assert "its weight is 3.0, but by meta.selection 2.0" in refused(folder)
    write_rows(folder / DATA, (to_row(replace(one, weight=-1.0)) for one in found), to_features(NEWS, weighted=True))
    forge(folder, selection=selection)
    assert refused(folder).count("weight is -1.0; expected a number above 0") == len(found)


# ------------------------------------------------------------------------------------------------------ the parent


@pytest.fixture
def second(folder: Path) -> Path:
    """A release that corrects one article of the first, beside it."""
    corrected = [replace(RECORDS[0], entities=[Entity(0, 3, "ORG")]), *RECORDS[1:]]
    return build(corrected, version="1.0.1", to=folder.parent.parent)


def test_changes_are_those_against_the_parent(second: Path) -> None:
    check_release(second)
    path = second / "CHANGES.md"
    path.write_text(path.read_text("utf-8").replace("relabelled 1", "relabelled 2"), encoding="utf-8")
    forge(second)
    assert f"CHANGES.md does not list what changed against {second.parent / '1.0.0'}" in refused(second)
    shutil.rmtree(second.parent / "1.0.0")
    check_release(second)  # there is nothing left to compare them with


def test_a_parent_is_whole_and_the_one_that_it_was_built_on(second: Path) -> None:
    parent = second.parent / "1.0.0"
    card = (parent / "README.md").read_text("utf-8")
    (parent / "README.md").write_text(f"{card}\nMore.\n", encoding="utf-8")
    assert f"its parent {parent} is damaged: README.md was changed" in refused(second)
    (parent / "README.md").write_text(card, encoding="utf-8")
    check_release(second)
    forge(parent, licence="CC-BY-4.0")
    assert "its parent 1.0.0 is not the release that it was built on" in refused(second)


def test_no_article_leaves_the_split_that_it_had(second: Path) -> None:
    splits = read_manifest(second).splits
    rows = {split: list(iter_gold(second / DATA.replace("dev", split))) for split in splits}
    moved = rows["dev"][0], rows["train"][0]
    for split, old, new in (("train", moved[1], moved[0]), ("dev", moved[0], moved[1])):
        kept = [record for record in rows[split] if record.id != old.id]
        rows[split] = sorted([*kept, replace(new, split=split)], key=lambda record: record.id)
        write_rows(second / DATA.replace("dev", split), map(to_row, rows[split]), to_features(NEWS))
    forge(
        second,
        splits={split: replace(splits[split], row_hashes=list(map(hash_row, rows[split]))) for split in splits},
    )
    found = refused(second)
    assert f"{moved[0].id} is in split train, but was in dev in 1.0.0" in found
    assert f"{moved[1].id} is in split dev, but was in train in 1.0.0" in found
    assert found.count("but was in") == 2


def test_withdrawn_articles_are_not_in_the_tables(second: Path) -> None:
    forge(second, withdrawn={"b": Placed("dev", "c1")})
    assert "b is in the tables and left out or withdrawn" in refused(second)


# --------------------------------------------------------------------------------------------------------- papers


def test_the_first_line_of_a_card_that_differs_is_shown(folder: Path) -> None:
    card = (folder / "README.md").read_text("utf-8").split("\n")
    place = card.index("## Use")
    card[place] = "## Uses"
    (folder / "README.md").write_text("\n".join(card), encoding="utf-8")
    forge(folder)
    assert f"line {place + 1} is '## Uses', expected '## Use'" in refused(folder)
    (folder / "README.md").write_text("\n".join(card[:place]), encoding="utf-8")
    forge(folder)
    assert f"line {place + 1} is missing, expected '## Use'" in refused(folder)


def test_the_origin_of_a_release_without_texts_is_of_that_release(release: Path, tmp_path: Path) -> None:
    bare = write_stand_off(release, tmp_path)
    check_release(bare)
    origin = read_origin(bare)
    for changed, words in (
        (replace(origin, digest="0" * 64), "origin.json is of another release than manifest.json was made from"),
        (replace(origin, rows={**origin.rows, "dev": []}), "origin.json has other splits or articles"),
    ):
        (bare / "origin.json").write_text(json.dumps(msgspec.to_builtins(changed)), encoding="utf-8")
        forge(bare)
        assert words in refused(bare)
    (bare / "origin.json").write_text("{}", encoding="utf-8")
    forge(bare)
    assert "origin.json: not the origin of a stand-off release" in refused(bare)
