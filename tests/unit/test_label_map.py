"""What a map of labels does to one label, to one record and to both sides of a score, and how it is spelled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.agreement import agree
from annotate.errors import AnnotateError, SchemaError
from annotate.label_map import PRESETS, LabelMap, Relabelling, suggest_preset
from annotate.records import Annotation, Entity, GoldRecord, Layers, Prediction, Region
from annotate.schema import load_schema
from annotate.score import compare_systems, evaluate
from tests.support.strategies import gold_records

NEWS = load_schema("news")
LABELS = st.sampled_from([*NEWS.entity_labels, "PER", "MISC", "gene", "B-PER"])


@st.composite
def label_maps(draw: st.DrawFn) -> LabelMap:
    """A sound map: no new label is an old one of another rule."""
    olds = draw(st.lists(LABELS, unique=True, max_size=8))
    news = [label for label in ("X", "Y", "Z", "-") if label not in olds]
    return LabelMap(tuple((old, draw(st.sampled_from(news))) for old in olds))


def apply(label_map: LabelMap | None, *records: Any) -> list[Any]:
    return list(Relabelling(label_map, "records").records(records))


# --- labels


@given(label_maps(), LABELS)
def test_mapping_twice_is_mapping_once(label_map: LabelMap, label: str) -> None:
    new = label_map.new_label(label)
    assert new is None or label_map.new_label(new) == new


@pytest.mark.parametrize("preset", PRESETS)
@given(label=LABELS)
def test_presets_mapped_twice_are_mapped_once(preset: str, label: str) -> None:
    found = LabelMap(preset=preset)
    new = found.new_label(label)
    assert new is None or found.new_label(new) == new


@given(label_maps(), st.randoms(use_true_random=False))
def test_the_order_of_the_pieces_plays_no_part(label_map: LabelMap, chance: random.Random) -> None:
    pieces = [f"{new}={old}" for old, new in label_map.rules] + ["conll"]
    shuffled = chance.sample(pieces, len(pieces))

    def parse(pieces: list[str]) -> LabelMap | str:
        try:
            return LabelMap.parse(pieces)
        except SchemaError as error:
            return str(error)

    whole = parse(pieces)
    assert parse(shuffled) == whole
    assert hash(parse(shuffled)) == hash(whole)


@given(label_maps(), LABELS)
def test_maps_compose(label_map: LabelMap, label: str) -> None:
    """Rules given together are the rules given one after another, in any order."""
    parts = [LabelMap((rule,)) for rule in label_map.rules]
    for order in (parts, parts[::-1]):
        new: str | None = label
        for part in order:
            new = None if new is None else part.new_label(new)
        assert new == label_map.new_label(label)


@given(label_maps())
def test_a_map_is_what_it_is_spelled_as(label_map: LabelMap) -> None:
    spelled = str(label_map).split(";") if label_map.rules else []
    assert LabelMap.parse(spelled) == label_map
    assert LabelMap.from_dict(label_map.to_dict()) == label_map


@pytest.mark.parametrize("spelling", ["PER", "PERSON", "person", "Per", "B-PER", "I-PERSON", "E-per", "S-PER", "U-PER"])
@pytest.mark.parametrize("preset", PRESETS)
def test_presets_know_a_label_in_any_spelling(preset: str, spelling: str) -> None:
    assert LabelMap(preset=preset).new_label(spelling) == "PERSON"


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (
            "conll",
            "PERSON MISC LOC ORG LOC LOC MISC MISC MISC MISC MISC - - - - - - -",
        ),
        ("ontonotes", " ".join(NEWS.entity_labels)),
        ("wikidata-coarse", "PERSON - LOC ORG LOC LOC WORK EVENT WORK WORK - - - - - - - -"),
    ],
)
def test_presets_by_the_labels_of_news(preset: str, expected: str) -> None:
    found = [LabelMap(preset=preset).new_label(label) or "-" for label in NEWS.entity_labels]
    assert found == expected.split()


def test_rules_win_over_a_preset() -> None:
    found = LabelMap.parse(["conll", "DATE=DATE", "-=NORP", "ORG=company"])
    assert [found.new_label(label) for label in ("DATE", "NORP", "company", "TIME")] == ["DATE", None, "ORG", None]


def test_a_file_has_the_rules_too(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text('[entities]\nLOC = ["GPE", "FAC"]\nORG = "a,b=c"\n"-" = ["DATE"]\n')
    found = LabelMap.parse([str(file), "PERSON=PER"])
    assert found.rules == (("DATE", "-"), ("FAC", "LOC"), ("GPE", "LOC"), ("PER", "PERSON"), ("a,b=c", "ORG"))


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["conl"], r"--map conl: expected NEW=OLD\[,OLD...\], a .toml file, or conll"),
        (["conll", "ontonotes"], "two presets; choose one"),
        (["LOC="], "an empty label"),
        (["=GPE"], "an empty label"),
        (["LOC=GPE,"], "an empty label"),
        (["LOC=GPE", "PLACE=GPE"], "GPE is mapped to LOC and to PLACE; keep one of them"),
        (["LOC=GPE", "PLACE=LOC"], "LOC is the new label of GPE and is itself mapped to PLACE; map them to PLACE as"),
        (["conll", "PLACE=LOC"], "LOC is the new label of .* and is itself mapped to PLACE"),
        (["conll", "GPE=CITY"], "GPE is the new label of CITY and is itself mapped to LOC"),
        (["PLACE=LOC", "LOC=PLACE"], "2 problems"),
    ],
)
def test_what_is_not_a_map_is_refused(pieces: list[str], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        LabelMap.parse(pieces)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has nothing; expected a table"),
        ('[entities]\nLOC = ["GPE"]\n[claims]\n', "has entities, claims; expected a table"),
        ("[entities]\nLOC = 3\n", r"entities\.LOC is 3; expected"),
        ("LOC = [", "not valid TOML"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "m.toml"
    file.write_text(content)
    with pytest.raises(AnnotateError, match=words):
        LabelMap.parse([str(file)])


def test_the_schema_has_the_new_labels_in_its_own_order() -> None:
    mapped = LabelMap.parse(["LOC=GPE,FAC", "-=DATE"]).map_schema(NEWS)
    labels = {label.name: label for label in mapped.entities.labels} if mapped.entities else {}
    assert list(labels)[:5] == ["PERSON", "NORP", "LOC", "ORG", "PRODUCT"]
    assert "DATE" not in labels
    assert labels["LOC"].definition == next(x.definition for x in NEWS.entities.labels if x.name == "LOC")  # type: ignore[union-attr]
    assert mapped.ref == NEWS.ref


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (["PER", "ORG", "LOC", "MISC"], "conll"),
        (["Person", "Organisation", "Location"], "conll"),
        (["PER", "GPE", "DATE"], "ontonotes"),
        (["person", "work of art"], "ontonotes"),
        (["PER", "WORK", "EVE"], "wikidata-coarse"),
        (["PER", "gene"], None),
    ],
)
def test_the_preset_that_would_fit(predicted: list[str], expected: str | None) -> None:
    assert suggest_preset(NEWS.entity_labels, predicted) == expected


# --- records


def test_items_that_become_the_same_are_one() -> None:
    entities = [
        Entity(0, 4, "GPE", score=0.2),
        Entity(0, 4, "LOC", score=0.9),
        Entity(5, 9, "FAC"),
        Entity(0, 4, "ORG"),
    ]
    side = Relabelling(LabelMap.parse("LOC=GPE,FAC"), "predictions")
    [found] = side.records([Prediction(id="a", entities=entities)])
    assert found.entities == [Entity(0, 4, "LOC", score=0.9), Entity(5, 9, "LOC"), Entity(0, 4, "ORG")]
    assert side.merged == 1
    assert (
        side.describe()
        == "predictions under --map LOC=FAC,GPE: 1 the same as another one under the new labels, counted once"
    )


def test_copies_stay_copies() -> None:
    entities = [Entity(0, 4, "GPE"), Entity(0, 4, "LOC"), Entity(0, 4, "GPE")]
    [found] = apply(LabelMap.parse("LOC=GPE"), Prediction(id="a", entities=entities))
    assert found.entities == [Entity(0, 4, "LOC"), Entity(0, 4, "LOC")]


def test_alternative_labels_are_mapped_too() -> None:
    gold = GoldRecord(
        id="a",
        text="Rome fell.",
        entities=[
            Entity(0, 4, "GPE", alt_labels=["LOC", "ORG"]),
            Entity(5, 6, "ORG", alt_labels=["DATE"]),
            Entity(6, 7, "DATE", alt_labels=["EVENT"]),
            Entity(7, 8, "DATE"),
        ],
    )
    [found] = apply(LabelMap.parse("conll"), gold)
    assert found.entities == [Entity(0, 4, "LOC", alt_labels=["ORG"]), Entity(5, 6, "ORG")]
    assert found.ignore == [Region(6, 7, "entities")]


def test_an_absent_layer_stays_absent_and_predicted_is_mapped() -> None:
    [gold] = apply(LabelMap.parse("conll"), GoldRecord(id="a", text="x"))
    assert gold.entities is None
    annotation = Annotation(
        id="a", text="Rome", annotator="ann", entities=[], predicted=Layers(entities=[Entity(0, 4, "GPE")])
    )
    [mapped] = apply(LabelMap.parse("conll"), annotation)
    assert (mapped.entities, mapped.predicted.entities) == ([], [Entity(0, 4, "LOC")])


@given(gold_records(), label_maps())
def test_records_mapped_twice_are_mapped_once(record: GoldRecord, label_map: LabelMap) -> None:
    once = apply(label_map, record)
    assert apply(label_map, *once) == once
    assert apply(None, record) == [record]


@given(gold_records(), label_maps(), st.randoms(use_true_random=False))
def test_the_order_of_entities_plays_no_part(record: GoldRecord, label_map: LabelMap, chance: random.Random) -> None:
    def found(entities: list[Entity] | None) -> Any:
        [mapped] = apply(label_map, GoldRecord(id="a", text=record.text, entities=entities))
        labels = [(e.start, e.end, e.label, set(e.alt_labels or ()), e.score) for e in mapped.entities or ()]
        return sorted(labels, key=str), sorted((r.start, r.end) for r in mapped.ignore or ())

    entities = None if record.entities is None else chance.sample(record.entities, len(record.entities))
    first, second = found(record.entities), found(entities)
    assert [[*x[:3]] for x in first[0]] == [[*x[:3]] for x in second[0]]
    assert first[1] == second[1]
    assert sorted(map(str, (x[4] for x in first[0]))) == sorted(map(str, (x[4] for x in second[0])))


# --- scores

TEXT = "Ann Lee of Acme flew to Oslo on Monday."
GOLD = [
    GoldRecord(
        id=f"a{i}",
        text=TEXT,
        entities=[Entity(0, 7, "PERSON"), Entity(11, 15, "ORG"), Entity(24, 28, "GPE"), Entity(32, 38, "DATE")],
    )
    for i in range(8)
]
CONLL = [
    Prediction(id=f"a{i}", entities=[Entity(0, 7, "PER"), Entity(11, 15, "ORG"), Entity(24, 28, "LOC")])
    for i in range(8)
]


def test_an_extractor_with_other_labels_is_scored() -> None:
    report = evaluate(GOLD, CONLL, trials=0)
    assert report.value("f1:strict:entities") == pytest.approx(2 * 8 / (24 + 32))
    assert report.warnings == [
        "labels that schema news/2.0.0 does not declare count as wrong: PER (8). "
        "--map conll would bring both sides to the same labels"
    ]
    mapped = evaluate(GOLD, CONLL, trials=0, label_map=LabelMap.parse("conll"))
    assert mapped.value("f1:strict:entities") == 1
    assert mapped.warnings == []
    assert mapped.remarks == ["gold under --map conll: 8 entities left out (DATE 8)"]
    assert set(mapped.label_counts["entities"]) == {"PERSON", "ORG", "LOC"}


def test_a_label_that_nobody_maps_stays_wrong() -> None:
    found = [Prediction(id=p.id, entities=[*(p.entities or ()), Entity(8, 10, "gene")]) for p in CONLL]
    report = evaluate(GOLD, found, trials=0, label_map=LabelMap.parse("conll"))
    assert report.value("precision:strict:entities") == 0.75
    assert report.warnings == ["labels that schema news/2.0.0 does not declare count as wrong: gene (8)"]


def test_a_misspelt_rule_is_named() -> None:
    report = evaluate(GOLD, CONLL, trials=0, label_map=LabelMap.parse(["PERSON=PER", "LOC=GPE,FACC"]))
    assert report.warnings == ["--map: no entity has the label FACC"]


def test_gold_of_other_labels_can_be_mapped_to_those_of_the_schema() -> None:
    gold = [GoldRecord(id=r.id, text=TEXT, entities=CONLL[i].entities) for i, r in enumerate(GOLD)]
    assert (
        evaluate(gold, GOLD_AS_PREDICTIONS, trials=0, label_map=LabelMap.parse("conll")).value("f1:strict:entities")
        == 1
    )


GOLD_AS_PREDICTIONS = [Prediction(id=record.id, entities=record.entities) for record in GOLD]


def test_the_signature_has_the_map_and_without_one_is_as_it_was() -> None:
    from annotate.score.signature import write_signature

    plain = evaluate(GOLD, CONLL, trials=0).signature
    assert "map" not in plain
    assert "map" not in write_signature(plain)
    mapped = evaluate(GOLD, CONLL, trials=0, label_map=LabelMap.parse(["conll", "ORG=company"])).signature
    assert mapped["map"] == {"preset": "conll", "entities": {"ORG": ["company"]}}
    assert "|map:conll;ORG=company|" in write_signature(mapped)
    assert list(mapped)[: list(mapped).index("map")] == list(plain)[: list(mapped).index("map")]


def test_systems_are_compared_and_annotators_agree_under_a_map() -> None:
    poor = [Prediction(id=p.id, entities=(p.entities or [])[:1]) for p in CONLL]
    comparison = compare_systems(GOLD, {"conll": CONLL, "poor": poor}, label_map=LabelMap.parse("conll"))
    assert comparison.standings[0].value == 1
    assert comparison.signature["map"] == {"preset": "conll"}
    assert comparison.remarks[0] == "gold under --map conll: 8 entities left out (DATE 8)"
    annotations = [
        Annotation(id=record.id, text=TEXT, annotator=name, entities=record.entities)
        for name, records in (("ann", GOLD), ("bo", CONLL))
        for record in records
    ]
    agreement = agree(annotations, trials=0, label_map=LabelMap.parse("conll"))
    assert agreement.ceiling["f1:strict:entities"] == 1
    assert agreement.to_dict()["map"] == {"preset": "conll"}
    assert "annotations under --map conll: 8 entities left out (DATE 8)" in agreement.remarks
