"""What is generated from a schema: right for any schema, and stable."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import jsonschema
import msgspec
import pytest

from annotate.artifacts.build import build_artifacts, find_stale_artifacts, write_artifacts
from annotate.artifacts.features import TAG_COLUMNS, list_tags, to_features, to_token_features
from annotate.artifacts.guidelines import to_guidelines_html, to_guidelines_markdown, to_instruction
from annotate.artifacts.json_schema import RECORDS, to_json_schema
from annotate.artifacts.label_config import to_label_config
from annotate.practice import PRACTICE
from annotate.records import Layer, Prediction, to_dict
from annotate.schema import Label, Schema, iter_labels, load_schema
from tests.support.commands import run

NEWS = load_schema("news")
MARKUP = '<b onclick="x()">&amp; "quoted" \\ [marked]</b>'


def _with_label(name: str, **changed: str) -> Schema:
    """The news schema with one more entity label."""
    label = Label(name=name, **{"definition": "d", "source": "s", "example": "e", "counter_example": "c", **changed})
    assert NEWS.entities is not None
    entities = msgspec.structs.replace(NEWS.entities, labels=[*NEWS.entities.labels, label])
    return msgspec.structs.replace(NEWS, entities=entities)


@pytest.mark.parametrize(
    ("layers", "controls"),
    [
        (None, {"span", "quote_type", "check_worthy", "claim_kind", "entity"}),
        (("entities",), {"entity"}),
        (("quotes",), {"span", "quote_type"}),
        (("claims",), {"span", "check_worthy", "claim_kind"}),
        (("entities", "claims"), {"span", "check_worthy", "claim_kind", "entity"}),
    ],
)
def test_interface_has_the_controls_of_its_layers(layers: tuple[Layer, ...] | None, controls: set[str]) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    schema = NEWS.restrict(layers)
    interface = LabelInterface(to_label_config(schema))
    interface.validate()
    assert {control.name for control in interface.controls} == controls
    assert {shown.name for shown in interface.objects} == {"text"}
    root = ElementTree.fromstring(to_label_config(schema))
    assert [arrow.get("value") for arrow in root.iter("Relation")] == [arrow.name for arrow in schema.relations]
    values = [element.get("value") for element in root.iter() if element.tag in ("Label", "Choice")]
    assert sorted(filter(None, values)) == sorted(label.name for label in iter_labels(schema))


def test_interface_gives_every_key_to_one_label() -> None:
    keys = [element.get("hotkey") for element in ElementTree.fromstring(to_label_config(NEWS)).iter()]
    keys = [key for key in keys if key]
    assert len(keys) == len(set(keys)) > 20


def test_markup_in_a_schema_stays_text() -> None:
    schema = _with_label('A"<&\\', definition=MARKUP, example=MARKUP)
    root = ElementTree.fromstring(to_label_config(schema))
    assert 'A"<&\\' in [element.get("value") for element in root.iter("Label")]
    for html in (to_instruction(schema), to_guidelines_html(schema)):
        assert "<b onclick" not in html
        assert "<mark>marked</mark>" in html
    assert "<b onclick" not in to_guidelines_markdown(schema).replace("\\<", "")


def test_the_style_sheet_has_no_sign_that_xml_escapes() -> None:
    style = ElementTree.fromstring(to_label_config(NEWS)).findtext("Style") or ""
    assert style
    assert not set("<>&") & set(style)


def test_the_top_of_the_page_needs_nothing_of_a_task() -> None:
    root = ElementTree.fromstring(to_label_config(NEWS))
    about = [header for header in root.iter("Header") if (header.get("value") or "").startswith("$")]
    assert [header.get("value") for header in about] == ["$title", "$publisher", "$date", f"${PRACTICE}"]
    assert not any(header.get("name") for header in about)


def test_the_instruction_begins_with_how_and_folds_the_definitions() -> None:
    instruction = to_instruction(NEWS)
    assert instruction.index("How to work") < instruction.index("General rules") < instruction.index("<details>")
    for key in ("Esc", "Alt", "Backspace", "Enter", "Skip"):
        assert key in instruction
    assert "<details" not in to_guidelines_html(NEWS)  # which is for paper too
    assert "only quote" not in to_instruction(NEWS.restrict(("claims",)))
    assert "<b>Answer</b>" not in to_instruction(NEWS.restrict(("entities",)))


def test_guidelines_say_everything_about_every_label() -> None:
    parser = _Text()
    parser.feed(to_guidelines_html(NEWS))
    for label in iter_labels(NEWS):
        for text in (label.name, label.definition, label.source, label.example, label.counter_example):
            assert text.replace("[", "").replace("]", "") in parser.text, text


def test_guidelines_have_every_rule_of_a_layer_with_its_marked_example() -> None:
    assert NEWS.claims
    rules = NEWS.claims.rules
    assert rules
    page, markdown = to_guidelines_html(NEWS), to_guidelines_markdown(NEWS)
    parser = _Text()
    parser.feed(page)
    for rule in rules:
        for text in (rule.name, rule.rule, rule.example):
            assert text.replace("[", "").replace("]", "") in parser.text, text
        assert f"- **{rule.name}.**" in markdown
    assert "<mark>which opened in May</mark>" in page
    assert "**which opened in May**" in markdown


def test_a_schema_without_rules_keeps_its_digest() -> None:
    released = load_schema(Path("gold/news/0.1.0/schema.toml"))
    assert released.digest == "9cd73f3d7a52d48328117252cc44dd91ae43a7bcadd3df52b482fbbd1e64cfec"
    assert "What is one claim?" not in to_instruction(released)


class _Text(HTMLParser):
    text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


GOOD: dict[str, Any] = {
    "id": "a",
    "text": "“Iraq,” he said.",
    "entities": [{"start": 1, "end": 5, "label": "GPE", "score": 0.5}],
    "quotes": [
        {"type": "direct", "content": [{"start": 0, "end": 7}], "speaker": {"start": 8, "end": 10}, "cue": None}
    ],
    "claims": [],
}


def _change(path: str, value: Any) -> dict[str, Any]:
    record = json.loads(json.dumps(GOOD))
    *parents, last = path.split(".")
    holder: Any = record
    for key in parents:
        holder = holder[int(key) if key.isdigit() else key]
    holder[last] = value
    return record


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", ""),
        ("id", 7),
        ("entities.0.label", "PLANET"),
        ("entities.0.start", -1),
        ("entities.0.start", "1"),
        ("entities.0.score", 1.5),
        ("quotes.0.type", "spoken"),
        ("quotes.0.content", [{"start": 0}]),
        ("claims", [{"start": 0, "end": 4, "check_worthy": True, "kind": "rumour"}]),
        ("claims", [{"start": 0, "end": 4, "check_worthy": "yes", "kind": "event"}]),
        ("text_sha256", "abc"),
        ("date", "26 July"),
        ("entities", {}),
    ],
)
def test_json_schema_takes_records_and_refuses_wrong_ones(path: str, value: Any) -> None:
    validator = jsonschema.Draft202012Validator(to_json_schema(NEWS, "prediction"))
    validator.validate(GOOD)
    validator.validate(to_dict(msgspec.convert(GOOD, Prediction)))
    assert not validator.is_valid(_change(path, value))


def test_json_schema_knows_which_layers_there_are() -> None:
    validator = jsonschema.Draft202012Validator(to_json_schema(NEWS.restrict(("quotes",)), "prediction"))
    assert not validator.is_valid(GOOD)
    assert validator.is_valid({**GOOD, "entities": []})


@pytest.mark.parametrize("kind", RECORDS)
def test_the_validator_raises_nothing_about_our_json_schemas(kind: str) -> None:
    for schema in (NEWS, NEWS.restrict(("claims",))):
        jsonschema.Draft202012Validator.check_schema(to_json_schema(schema, kind))


def test_writing_twice_changes_nothing_and_stale_files_are_named(tmp_path: Path) -> None:
    assert {path.name for path in write_artifacts(NEWS, tmp_path)} == set(build_artifacts(NEWS))
    assert write_artifacts(NEWS, tmp_path) == []
    (tmp_path / "guidelines.md").write_text("old")
    (tmp_path / "label_config.xml").unlink()
    assert {path.name for path in find_stale_artifacts(NEWS, tmp_path)} == {"guidelines.md", "label_config.xml"}


def test_check_fails_and_names_what_is_stale(tmp_path: Path) -> None:
    run("schema", "build", "--to", tmp_path)
    run("schema", "build", "--check", "--to", tmp_path)
    (tmp_path / "gold.schema.json").write_text("{}")
    for command in (["schema", "build", "--check"], ["schema", "check"]):
        assert "gold.schema.json: missing or stale" in run(*command, "--to", tmp_path, code=1).stderr
    assert (tmp_path / "gold.schema.json").read_text() == "{}"


def test_show_prints_a_pass_for_one_layer() -> None:
    result = run("schema", "show", "--layers", "entities", "--format", "xml")
    assert 'name="entity"' in result.stdout
    assert 'name="span"' not in result.stdout


@pytest.mark.parametrize("layers", [("entities", "quotes", "claims"), ("entities",), ("claims",)])
def test_the_columns_are_what_datasets_makes_of_them_to_the_byte(layers: tuple[Layer, ...]) -> None:
    """Releases are written and checked without `datasets`; whoever loads them with it finds its own description."""
    schema = NEWS.restrict(layers)
    for columns in (to_features(schema), to_token_features(schema)):
        theirs = datasets.Features.from_arrow_schema(columns).arrow_schema
        assert columns.equals(theirs, check_metadata=True)
    tags = datasets.Features.from_arrow_schema(to_token_features(schema))[TAG_COLUMNS[layers[0]]]
    assert tags == datasets.List(datasets.ClassLabel(names=list_tags(schema, layers[0])))
