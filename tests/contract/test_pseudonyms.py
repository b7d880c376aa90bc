"""Whose names go public: nobody's, unless `--names` is given; and annotators keep pseudonyms in later versions."""

from __future__ import annotations

import json
import random
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate.errors import GoldError
from annotate.gold.diff.diff import diff_releases
from annotate.gold.load import load_gold
from annotate.gold.manifest import read_manifest
from annotate.gold.parquet import iter_rows
from annotate.jsonl import write_records
from annotate.publish.stand_off import write_stand_off
from annotate.records import Annotation, Entity, GoldRecord, Prediction
from annotate.release.build import release_records
from annotate.release.check import check_release
from tests.support.commands import run
from tests.support.folders import contents

ZED = "zed@lab.example"
ADA, BEA, CYD, EVE = "ada@lab.example", "bea@lab.example", "cyd@lab.example", "eve.o'brien@lab.example"


def make_records(count: int = 12) -> list[GoldRecord]:
    records = []
    for n in range(count):
        text = f"Ann Lee met Bo {' '.join(f'{chr(97 + n)}w{chr(97 + i)}' for i in range(30))}."
        items = [Entity(0, 7, "PERSON", annotators=[BEA, ADA]), Entity(12, 14, "PERSON", annotators=[ADA])]
        record = GoldRecord(id=f"a{n:02d}", text=text, licence="CC0-1.0", annotators=[BEA, ADA], entities=items)
        record.decided_by = "majority" if n else f"trusted:{ADA}, review:{EVE}"
        records.append(record)
    records[1] = msgspec.structs.replace(
        records[1],
        annotators=[CYD],
        entities=[Entity(0, 7, "PERSON", annotators=[CYD], preannotator=f"review-single:{CYD}")],
        decided_by=f"single:{CYD}",
        model=f"review-single:{CYD}",
    )
    return records


def make_annotations(records: list[GoldRecord]) -> list[Annotation]:
    return [
        Annotation(
            id=record.id,
            text=record.text,
            annotator=name,
            annotation_id=100 * number + place,
            entities=[e for e in record.entities or () if name in (e.annotators or ())],
            lead_time_s=30.0 + place,
            updated_at=f"2026-11-2{place}T10:00:00Z",
        )
        for number, record in enumerate(records)
        for place, name in enumerate(record.annotators)
    ]


def read_everything(folder: Path) -> str:
    """All bytes of all files, and the tables' cells, which are compressed there."""
    pieces = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        pieces.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            pieces += [json.dumps(row, ensure_ascii=False) for row in iter_rows(path)]
    return "\n".join(pieces)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    write_records(tmp_path / "d.jsonl", make_records())
    write_records(tmp_path / "a.jsonl", make_annotations(make_records()))
    return tmp_path


def release(work: Path, version: str, *more: object, decided: str = "d.jsonl") -> Any:
    arguments = ["release", work / decided, "--name", "news", "--version", version, "--to", work / "gold"]
    return run(*arguments, "--licence", "CC0-1.0", *more, code=None)


def test_no_name_is_left_anywhere_in_a_release(work: Path, tmp_path: Path) -> None:
    # what reviewers were shown is called after whoever had annotated it, who may be in no record
    offered = [Prediction(id=f"a{n:02d}", model=f"review-single:{who}", entities=[]) for n, who in ((1, CYD), (2, ZED))]
    write_records(work / "p.jsonl", offered)
    done = release(work, "1.0.0", "--annotations", work / "a.jsonl", "--predictions", work / "p.jsonl")
    assert done.exit_code == 0, done.output
    folder = work / "gold/news/1.0.0"
    check_release(folder)
    assert len(read_manifest(folder).preannotators) == 2
    write_stand_off(folder, tmp_path / "bare")
    for place in (folder, tmp_path / "bare"):
        everything = read_everything(place)
        for name in (ADA, BEA, CYD, EVE, ZED, "lab.example", "ada", "o'brien"):
            assert name not in everything, name
        assert "annotator-1" in everything
    # the numbers and the agreement are there, by pseudonym
    manifest = read_manifest(folder)
    names = {f"annotator-{number}" for number in range(1, 6)}
    assert set(manifest.work) | set(manifest.provenance["annotators"]) <= names
    assert manifest.agreement is not None
    assert manifest.agreement["articles"] == 11
    first = {record.id: record for record in load_gold(folder)}["a00"]
    assert first.decided_by is not None
    assert set(first.decided_by.replace("trusted:", "").replace("review:", "").split(", ")) <= names


def test_the_map_is_private_and_beside_the_decided_records(work: Path) -> None:
    done = release(work, "1.0.0")
    kept = work / "news.annotators.json"
    assert str(kept) in done.stderr
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    content = json.loads(kept.read_text("utf-8"))
    assert content["release"] == "news"
    assert sorted(content["annotators"].values()) == [ADA, BEA, CYD, EVE]
    assert list(content["annotators"]) == [f"annotator-{n}" for n in range(1, 5)]
    # it says the truth: cyd alone has the second article
    [alone] = next(record.annotators for record in load_gold(work / "gold/news/1.0.0") if record.id == "a01")
    assert content["annotators"][alone] == CYD
    assert not list((work / "gold").rglob("*annotators*"))


def test_an_annotator_keeps_the_pseudonym_in_later_versions(work: Path) -> None:
    release(work, "1.0.0")
    before = json.loads((work / "news.annotators.json").read_text("utf-8"))["annotators"]
    records = make_records(14)
    records[12].annotators = ["aaron@lab.example"]
    records[12].entities = []
    records[13] = msgspec.structs.replace(records[13], annotators=[CYD], entities=[])
    write_records(work / "later.jsonl", records)
    assert release(work, "1.1.0", decided="later.jsonl").exit_code == 0
    after = json.loads((work / "news.annotators.json").read_text("utf-8"))["annotators"]
    assert after == {**before, "annotator-5": "aaron@lab.example"}
    diff = diff_releases(work / "gold/news/1.0.0", work / "gold/news/1.1.0")
    assert {change.kind for change in diff} == {"added"}


def test_without_the_map_a_later_version_is_refused(work: Path) -> None:
    release(work, "1.0.0")
    (work / "news.annotators.json").rename(work / "kept.json")
    write_records(work / "d.jsonl", make_records(13))
    refused = release(work, "1.1.0")
    assert refused.exit_code == 1
    assert "--annotator-map" in refused.stderr
    assert not (work / "news.annotators.json").exists()
    assert release(work, "1.1.0", "--annotator-map", work / "kept.json").exit_code == 0


def test_a_reviewer_of_the_parent_is_not_taken_for_a_new_annotator(work: Path) -> None:
    records = [msgspec.structs.replace(r, annotators=["annotator-1"], entities=[]) for r in make_records()]
    records[0].decided_by, records[1].decided_by, records[1].model = "majority, review:annotator-7", "majority", None
    write_records(work / "d.jsonl", records)
    assert release(work, "1.0.0").exit_code == 0
    records[2] = msgspec.structs.replace(records[2], annotators=[ADA])
    write_records(work / "d.jsonl", records)
    refused = release(work, "1.0.1")
    assert refused.exit_code == 1
    assert "annotator-1, annotator-7" in refused.stderr


def test_released_records_can_be_released_again(work: Path) -> None:
    release(work, "1.0.0")
    (work / "news.annotators.json").unlink()
    records = load_gold(work / "gold/news/1.0.0")
    records[0].entities = []
    write_records(work / "corrected.jsonl", records)
    done = release(work, "1.0.1", decided="corrected.jsonl")
    assert done.exit_code == 0, done.output
    assert [change.kind for change in diff_releases(work / "gold/news/1.0.0", work / "gold/news/1.0.1")] == ["changed"]


def test_names_on_request(work: Path) -> None:
    done = release(work, "1.0.0", "--names", "--annotations", work / "a.jsonl")
    assert done.exit_code == 0, done.output
    assert not (work / "news.annotators.json").exists()
    manifest = read_manifest(work / "gold/news/1.0.0")
    assert set(manifest.provenance["annotators"]) == {ADA, BEA, CYD}
    assert set(manifest.work) == {ADA, BEA, CYD}


def test_the_numbers_say_nothing_of_the_names(tmp_path: Path) -> None:
    """Other names for the same work give the same release, byte for byte, whatever their alphabetical order."""
    records = make_records()
    annotations = make_annotations(records)
    plain = msgspec.json.encode([records, annotations]).decode()
    folders = []
    for number, names in enumerate([(ADA, BEA, CYD, EVE), ("zoe@x.example", "yan@x.example", "xia", "w w")]):
        text = plain
        for old, new in zip((ADA, BEA, CYD, EVE), names, strict=True):
            text = text.replace(json.dumps(old)[1:-1], new)
        renamed, submitted = msgspec.json.decode(text, type=tuple[list[GoldRecord], list[Annotation]])
        random.Random(number).shuffle(renamed)
        random.Random(number).shuffle(submitted)
        folder = release_records(renamed, "news", "1.0.0", to=tmp_path / str(number), annotations=submitted)
        folders.append(contents(folder))
    assert folders[0] == folders[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not a map of annotators"),
        ('{"release": "olds", "annotators": {}}', "the annotators of olds; expected those of news"),
        ('{"release": "news", "annotators": {"ada": "x"}}', "expected one name for each annotator-1"),
        ('{"release": "news", "annotators": {"annotator-1": "x", "annotator-2": "x"}}', "a name twice"),
        ("[" * 100_000, "not a map of annotators"),
    ],
)
def test_a_map_that_is_none_is_one_error(work: Path, content: str, words: str) -> None:
    (work / "news.annotators.json").write_text(content)
    refused = release(work, "1.0.0")
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert (work / "news.annotators.json").read_text() == content
    assert not (work / "gold").exists()


def test_a_map_that_cannot_be_written_leaves_no_release(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Exception, match="cannot be written") as caught:
        release_records(
            make_records(), "news", "1.0.0", to=tmp_path / "gold", annotator_map=tmp_path / "file" / "map.json"
        )
    assert type(caught.value).__module__ == "annotate.errors"
    assert not (tmp_path / "gold").exists()


def test_names_stay_where_only_the_user_can_know(tmp_path: Path) -> None:
    """A note is free text: it is released as it is, and docs and `publish` say so."""
    record = make_records()[0]
    record.entities = [Entity(0, 7, "PERSON", note=f"ask {ADA}")]
    folder = release_records([record], "news", "1.0.0", to=tmp_path)
    [found] = load_gold(folder)
    assert (found.entities or [])[0].note == f"ask {ADA}"
    with pytest.raises(GoldError, match="map of annotators does not explain them"):
        release_records(make_records(), "news", "1.1.0", to=tmp_path)
