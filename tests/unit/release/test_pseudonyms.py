"""Pseudonyms one by one: where a name is a name, which numbers are given, and what the private map keeps."""

from __future__ import annotations

import json
import random
import stat
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import GoldError
from annotate.gold.manifest import Manifest, SchemaEntry
from annotate.records import Annotation, Claim, Entity, GoldRecord, Prediction, Quote, Span
from annotate.release.pseudonyms import Pseudonyms, assign_pseudonyms, find_pseudonyms, read_map, restored_map

NAMES = Pseudonyms({"ann": "annotator-1", "ann lee": "annotator-2", "bo@x.org": "annotator-3"})


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("majority", "majority"),
        ("single:ann", "single:annotator-1"),
        ("trusted:ann lee, review:bo@x.org", "trusted:annotator-2, review:annotator-3"),
        ("trusted:ann, review:ann lee, review:zoe", "trusted:annotator-1, review:annotator-2, review:zoe"),
        ("planned by ann lee and ann.", "planned by annotator-2 and annotator-1."),
        ("ann@y.org, ann-b, ann.b, mann, e.ann", "ann@y.org, ann-b, ann.b, mann, e.ann"),
        ("from bo@x.org", "from annotator-3"),
        ("from bo@x.org.uk, jo+bo@x.org", "from bo@x.org.uk, jo+bo@x.org"),
    ],
)
def test_a_name_is_replaced_where_it_is_a_whole_one(text: str, renamed: str) -> None:
    assert NAMES.rename_decision(text) == renamed


def test_without_names_and_with_an_empty_one_texts_stay() -> None:
    assert Pseudonyms({}).rename_decision("single:ann, by ann") == "single:ann, by ann"
    assert Pseudonyms({"": "annotator-1"}).rename_decision("by ann") == "by ann"


def test_a_record_has_pseudonyms_wherever_the_toolkit_wrote_names() -> None:
    record = GoldRecord(
        id="a",
        text="ann said so",
        annotators=["bo@x.org", "ann", "zoe"],
        decided_by="single:ann",
        model="review-single:ann",
        meta={"by": "ann"},
        entities=[
            Entity(0, 3, "PERSON", annotators=["zoe", "ann"], preannotator="bo@x.org", note="ann was unsure"),
            Entity(4, 8, "ORG", preannotator="ann"),
        ],
        quotes=[Quote("direct", [Span(0, 3)], annotators=["ann lee"])],
        claims=[Claim(0, 3, True, "event", annotators=["bo@x.org", "bo@x.org"])],
    )
    found = NAMES.rename_record(record)
    assert (found.annotators, found.decided_by, found.model) == (
        ["annotator-1", "annotator-3", "zoe"],
        "single:annotator-1",
        "review-single:annotator-1",
    )
    first, second = found.entities or ()
    assert (first.annotators, first.preannotator) == (["annotator-1", "zoe"], "annotator-3")
    # a model may have the name of an annotator; notes and meta are the user's
    assert (second.annotators, second.preannotator) == (None, "ann")
    assert (first.note, found.meta, found.text) == ("ann was unsure", {"by": "ann"}, "ann said so")
    assert [item.annotators for item in (*(found.quotes or ()), *(found.claims or ()))] == [
        ["annotator-2"],
        ["annotator-3"],
    ]
    bare = GoldRecord(id="b", text="x")
    assert NAMES.rename_record(bare) == bare


def test_an_annotation_goes_by_its_pseudonym() -> None:
    found = NAMES.rename_annotation(Annotation(id="a", text="x", annotator="ann", model="review:ann lee"))
    assert (found.annotator, found.model) == ("annotator-1", "review:annotator-2")


# -------------------------------------------------------------------------------------------------------- numbers


def decided(id: str, *annotators: str, **fields: Any) -> GoldRecord:
    return GoldRecord(id=id, text="x", annotators=list(annotators), **fields)


def numbers(found: Pseudonyms, *names: str) -> list[str]:
    return [found.get(name).removeprefix("annotator-") for name in names]


def test_everybody_who_did_something_gets_a_number() -> None:
    records = [
        decided("a", "ann", decided_by="trusted:tom, review:rex"),
        decided("b", entities=[Entity(0, 1, "X", annotators=["eve"])]),
    ]
    found = assign_pseudonyms(records, [Annotation(id="c", text="x", annotator="cyd")], {})
    assert sorted(numbers(found, "ann", "tom", "rex", "eve", "cyd")) == ["1", "2", "3", "4", "5"]
    assert found.get("nobody") == "nobody"


def test_whoever_only_a_model_names_gets_a_number_too() -> None:
    record = decided(
        "a", "ann", model="review-single:bob", entities=[Entity(0, 1, "X", preannotator="review-trusted:cyd")]
    )
    annotation = Annotation(id="a", text="x", annotator="ann", model="review-single:dan")
    offered = [Prediction(id="a", model="review-single:eve"), Prediction(id="b", model="m1")]
    found = assign_pseudonyms([record], [annotation], {}, predictions=offered)
    assert sorted(numbers(found, "ann", "bob", "cyd", "dan", "eve")) == ["1", "2", "3", "4", "5"]
    assert found.rename_prediction(offered[0]).model == f"review-single:{found.get('eve')}"
    assert found.rename_prediction(offered[1]) == offered[1]
    # a draft is no work: those who annotated keep the numbers that they have without it
    plain = assign_pseudonyms([decided("a", "ann")], [annotation], {"dan": "annotator-9"})
    more = assign_pseudonyms([decided("a", "ann", model="review-single:ann")], [annotation], {"dan": "annotator-9"})
    assert numbers(more, "ann") == numbers(plain, "ann")


def test_numbers_follow_from_the_work_and_not_from_names_or_order() -> None:
    def assign(names: dict[str, str], seed: int = 0) -> list[str]:
        records = [
            decided("a", names["x"], names["y"], entities=[Entity(0, 1, "X", annotators=[names["y"]])]),
            decided("b", names["y"], names["z"]),
        ]
        annotations = [
            Annotation(id=id, text="x", annotator=names[who], annotation_id=number)
            for number, (id, who) in enumerate([("a", "x"), ("a", "y"), ("b", "y"), ("b", "z"), ("c", "u")])
        ]
        random.Random(seed).shuffle(annotations)
        return numbers(assign_pseudonyms(records, annotations, {}), *(names[who] for who in "xyzu"))

    plain = assign({who: who for who in "xyzu"})
    assert sorted(plain) == ["1", "2", "3", "4"]
    assert all(assign({who: who for who in "xyzu"}, seed) == plain for seed in range(1, 5))
    assert assign({"x": "zoe", "y": "ann", "z": "max", "u": "bob"}) == plain


def test_what_an_annotator_did_is_told_apart() -> None:
    def order(annotations: list[Annotation]) -> list[str]:
        return numbers(assign_pseudonyms([], annotations, {}), "a", "b", "c", "d", "e", "f")

    def make(**fields: Any) -> list[Annotation]:
        return [
            Annotation(id="x", text="x", annotator=who, **{name: value[i] for name, value in fields.items()})
            for i, who in enumerate("abcdef")
        ]

    same = order(make())
    assert same == ["1", "2", "3", "4", "5", "6"]  # alike in everything: by name
    times = [f"2026-01-0{n}" for n in range(1, 7)]
    for fields in (
        {"task_id": range(6)},
        {"annotation_id": range(6)},
        {"created_at": times},
        {"updated_at": times},
        {"lead_time_s": [float(n) for n in range(6)]},
    ):
        assert order(make(**fields)) != same, fields


def test_known_pseudonyms_stay_and_new_ones_come_after_all_that_were_given() -> None:
    records = [decided("a", "ann", "new", "annotator-9")]
    found = assign_pseudonyms(records, [], {"ann": "annotator-4", "gone": "annotator-7"}, taken={"annotator-4"})
    assert numbers(found, "ann", "gone", "new") == ["4", "7", "10"]
    assert found.get("annotator-9") == "annotator-9"
    assert numbers(assign_pseudonyms([decided("a", "n")], [], {"g": "annotator-2"}, taken=["annotator-2"]), "n") == [
        "3"
    ]


def test_a_new_name_may_be_somebody_whom_the_map_has_lost() -> None:
    with pytest.raises(GoldError, match=r"have annotator-2, annotator-10, and the map of annotators does not"):
        assign_pseudonyms(
            [decided("a", "new")], [], {"ann": "annotator-1"}, taken=[f"annotator-{n}" for n in (10, 1, 2)]
        )
    assign_pseudonyms([decided("a", "ann", "annotator-2")], [], {"ann": "annotator-1"}, taken=["annotator-2"])


def test_the_pseudonyms_of_a_release_are_those_of_annotators_workers_and_deciders() -> None:
    manifest = Manifest(
        name="n",
        version="1.0.0",
        toolkit="t",
        schema=SchemaEntry("news", "1.0.0", "d"),
        counts={},
        splits={},
        grouping={},
        provenance={
            "annotators": {"annotator-1": 3, "ann": 1},
            "decided_by": {"trusted:annotator-4, review:annotator-5": 1, "majority": 2, "single:bo": 1},
            "models": {"annotator-8": 1},
        },
        work={"annotator-2": {}, "zoe": {}},
        files={},
    )
    assert find_pseudonyms(manifest) == {f"annotator-{n}" for n in (1, 2, 4, 5)}


# ------------------------------------------------------------------------------------------------------- the map


def test_the_map_is_kept_by_number_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    assert read_map(path, "news") == {}
    names = {"zoë": "annotator-10", "ann": "annotator-2", "bo": "annotator-1"}
    Pseudonyms(names).write(path, "news")
    assert list(json.loads(path.read_text("utf-8"))["annotators"].items()) == [
        ("annotator-1", "bo"),
        ("annotator-2", "ann"),
        ("annotator-10", "zoë"),
    ]
    assert "zoë" in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_map(path, "news") == names
    with pytest.raises(GoldError, match="the annotators of news; expected those of olds"):
        read_map(path, "olds")
    path.chmod(0o400)
    before = path.stat()
    Pseudonyms(names).write(path, "news")  # nothing to write
    assert path.stat() == before


@pytest.mark.parametrize(
    ("annotators", "found"),
    [
        ({"annotator-1": "ann", "annotator-2": "ann"}, "a name twice"),
        ({"annotator-1": "ann", "anna": "bo"}, r"\['anna'\]"),
        ({"annotator-0": "ann"}, r"\['annotator-0'\]"),
    ],
)
def test_a_map_has_one_name_for_each_pseudonym(tmp_path: Path, annotators: dict[str, str], found: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"release": "news", "annotators": annotators}), encoding="utf-8")
    with pytest.raises(GoldError, match=f"expected one name for each annotator-1, annotator-2, ...; found {found}"):
        read_map(path, "news")


@pytest.mark.parametrize("before", [None, "old"])
@pytest.mark.parametrize("released", [False, True])
def test_a_build_that_fails_leaves_the_map_as_it_was(tmp_path: Path, before: str | None, released: bool) -> None:
    path, release = tmp_path / "map.json", tmp_path / "1.0.0"
    if before is not None:
        path.write_text(before, encoding="utf-8")

    def build() -> None:
        with restored_map(path, unless=release):
            path.write_text("new", encoding="utf-8")
            if released:
                release.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert (path.read_text("utf-8") if path.exists() else None) == ("new" if released else before)
    with restored_map(path, unless=tmp_path / "2.0.0"):
        path.write_text("newest", encoding="utf-8")
    assert path.read_text("utf-8") == "newest"
    with pytest.raises(ValueError, match="x"), restored_map(None, unless=release):
        raise ValueError("x")
