"""The label schema: the packaged one is complete, a wrong one is refused with every reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annotate.errors import AnnotateError, RecordError, SchemaError
from annotate.files import resource_dir
from annotate.records import Claim, Entity, Layers, Quote, Span
from annotate.schema import find_label_problems, iter_labels, load_schema

ONTONOTES = [
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE", "DATE", "TIME",
    "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL",
]  # fmt: skip


def test_news_has_ontonotes_labels_and_every_label_is_explained() -> None:
    schema = load_schema()
    assert list(schema.entity_labels) == ONTONOTES
    assert schema.layers == ("entities", "quotes", "claims")
    for label in iter_labels(schema):
        assert len(label.definition) > 20, label.name
        assert label.source, label.name
        assert label.counter_example, label.name
        assert label.example.count("[") == label.example.count("]") > 0, label.name


def test_a_wrong_schema_is_refused_with_every_reason(tmp_path: Path) -> None:
    text = (resource_dir("schemas") / "news.toml").read_text("utf-8")
    text = text.replace('version = "2.0.0"', 'version = "one"').replace('name = "NORP"', 'name = "PERSON"')
    text = re.sub(r'colour = "#[0-9a-f]{6}"', 'colour = "blue"', text, count=1).replace(
        'role = "cue"\nname = "CUE"', 'role = "claim"\nname = "CUE"'
    )
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SchemaError) as caught:
        load_schema(path)
    for reason in ("version 'one'", "'PERSON' appears twice", "colour 'blue'", "a part with role 'cue'"):
        assert reason in str(caught.value)


@pytest.mark.parametrize("source", ["nonsense", "../news", "schemas/none.toml"])
def test_an_unknown_schema_is_one_message(source: str) -> None:
    with pytest.raises(AnnotateError):
        load_schema(source)


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "x"\nversion = "1.0.0"\nlanguage = "en"\ntitle = "x"\ndescription = "x"\ncolor = "x"\n', "utf-8"
    )
    with pytest.raises(SchemaError, match="color"):
        load_schema(path)


def test_undeclared_labels_are_found() -> None:
    layers = Layers(
        entities=[Entity(0, 1, "PERSON", alt_labels=["PER"]), Entity(0, 1, "WHO")],
        quotes=[Quote("direct", [Span(0, 1)])],
        claims=[Claim(0, 1, True, "rumour")],
    )
    problems = list(find_label_problems(layers, load_schema()))
    assert [problem.split(" has ")[0] for problem in problems] == ["entities[0]", "entities[1]", "claims[0]"]
    assert "layer claims is not in schema" in "".join(
        find_label_problems(layers, load_schema().restrict(("entities", "quotes")))
    )


def test_a_message_lists_the_labels_of_the_schema_once() -> None:
    entities = [Entity(0, 1, name) for name in ("WHO", "WHEN", "WHY")]
    layers = Layers(entities=entities, claims=[Claim(0, 1, True, "rumour")])
    problems = list(find_label_problems(layers, load_schema()))
    text = str(RecordError(f"a: {problem}" for problem in problems))
    assert text.count("expected one of PERSON, ") == text.count("CARDINAL") == 1
    assert "\na: entities[1] has label 'WHEN', which is not in schema news/" in text
    assert "\na: claims[0] has kind 'rumour', which is not in schema news/" in text
    assert text.count("expected one of") == 2


def test_restricting_keeps_the_parts_that_the_layers_need() -> None:
    roles = [part.role for part in load_schema().restrict(("claims",)).parts]
    assert roles == ["speaker", "claim"]
    assert [part.role for part in load_schema().restrict(("entities",)).parts] == []


def test_a_packaged_name_is_not_mistaken_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_schema("news").name == load_schema().name == "news"
