"""spaCy, Hugging Face datasets and strings: what a reader does not take is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import AnnotateError, RecordError
from annotate.formats import FormatReport, read_predictions
from annotate.records import Article, Prediction

TEXT = "Ana Reis met Acme Corp in Leeds ."
GOLD = [Article(id="a", text=TEXT)]
NER, OTHER = "B-PERSON I-PERSON O B-ORG I-ORG O B-GPE O", "B-ORG O O O O O O O"


def shown(prediction: Prediction) -> list[str]:
    return [f"{TEXT[e.start : e.end]} {e.label}" for e in prediction.entities or ()]


def losses(report: FormatReport) -> dict[str, int]:
    return {reason: loss.count for reason, loss in report.losses.items()}


# -------------------------------------------------------------------------------------------------------- spaCy


def save(path: Path, **groups: list[tuple[int, int, str]]) -> Path:
    import spacy
    from spacy.tokens import DocBin, Span

    doc = spacy.blank("en")(TEXT)
    doc.user_data["id"] = "a"
    for name, spans in groups.items():
        made = [Span(doc, start, end, label=label) for start, end, label in spans]
        if name == "ents":
            doc.set_ents(made)
        else:
            doc.spans[name] = made
    doc.cats = {"sport": 1.0} if "ruler" in groups else {}
    DocBin(docs=[doc], store_user_data=True).to_disk(path)
    return path


def test_span_groups_of_other_names_are_counted(tmp_path: Path) -> None:
    path = save(tmp_path / "x.spacy", ents=[(0, 2, "PERSON")], ruler=[(3, 5, "ORG"), (6, 7, "GPE")])
    [prediction], report = read_predictions(path, "spacy")
    assert shown(prediction) == ["Ana Reis PERSON"]
    assert losses(report) == {"span groups that are none of ours: ruler": 2, "categories of whole texts (doc.cats)": 1}


def test_entities_beside_the_group_of_entities_are_counted(tmp_path: Path) -> None:
    path = save(tmp_path / "x.spacy", ents=[(0, 2, "PERSON"), (6, 7, "GPE")], entities=[(0, 2, "PERSON")])
    [prediction], report = read_predictions(path, "spacy")
    assert shown(prediction) == ["Ana Reis PERSON"]
    assert losses(report) == {"doc.ents that the span group entities has not": 1}


def test_ids_of_docs_may_be_numbers(tmp_path: Path) -> None:
    from spacy.tokens import DocBin, Span
    from spacy.util import get_lang_class

    doc = get_lang_class("en")()(TEXT)
    doc.user_data["id"] = 7
    doc.set_ents([Span(doc, 0, 2, label="PERSON")])
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
    [prediction], _ = read_predictions(tmp_path / "x.spacy", "spacy")
    assert (prediction.id, shown(prediction)) == ("7", ["Ana Reis PERSON"])


def test_only_a_group_of_another_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="span groups that are none of ours: ruler"):
        read_predictions(save(tmp_path / "x.spacy", ruler=[(3, 5, "ORG")]), "spacy")


# ----------------------------------------------------------------------------------------------------- datasets


def saved(path: Path, **columns: Any) -> Path:
    import datasets

    datasets.Dataset.from_list([{"tokens": TEXT.split(), **columns}]).save_to_disk(str(path))
    return path


def test_predicted_tags_come_before_gold_ones_and_can_be_chosen(tmp_path: Path) -> None:
    path = saved(tmp_path / "ds", ner_tags=NER.split(), pred_tags=OTHER.split(), mine=NER.split())
    [prediction], report = read_predictions(path, "hf", texts=GOLD)
    assert shown(prediction) == ["Ana ORG"]
    assert losses(report) == {
        "tags in column ner_tags, beside pred_tags, which was read; --from hf:ner_tags reads them": 5
    }
    for part in ("ner_tags", "mine"):
        [prediction], report = read_predictions(path, f"hf:{part}", texts=GOLD)
        assert shown(prediction) == ["Ana Reis PERSON", "Acme Corp ORG", "Leeds GPE"]
        assert report.lost == 0
    with pytest.raises(RecordError, match="row 1: expected one of"):
        read_predictions(path, "hf:nothing", texts=GOLD)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"tokens": [1, 2], "ner_tags": ["O", "O"]}, "tokens is [1, 2]; expected a list of strings"),
        ({"tokens": ["Ana", None], "ner_tags": ["O", "O"]}, "expected a list of strings"),
        ({"tokens": ["Ana"], "ner_tags": [0]}, "ner_tags has 0, which is no tag"),
        ({"words": ["Ana"], "ner_tags": ["O"]}, "its columns are 'words', 'ner_tags'"),
        ({"text": "Other.", "entities": []}, "row 1: Object missing required field `id`"),
    ],
)
def test_rows_that_cannot_be_read_say_why(row: dict[str, Any], problem: str, tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_list([row]).save_to_disk(str(tmp_path / "ds"))
    with pytest.raises(RecordError) as caught:
        read_predictions(tmp_path / "ds", "hf", texts=GOLD)
    assert problem in str(caught.value)


def test_a_token_without_a_class_has_no_tag(tmp_path: Path) -> None:
    import datasets

    classes = datasets.Sequence(datasets.ClassLabel(names=["O", "B-GPE"]))
    features = datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": classes})
    rows = [{"tokens": TEXT.split(), "ner_tags": [-1] + [0] * (len(TEXT.split()) - 1)}]
    datasets.Dataset.from_list(rows, features=features).save_to_disk(str(tmp_path / "ds"))
    with pytest.raises(RecordError, match="row 1: ner_tags has None, which is no tag"):
        read_predictions(tmp_path / "ds", "hf", texts=GOLD)


def test_rows_without_id_are_known_by_their_text_and_other_columns_are_counted(tmp_path: Path) -> None:
    import datasets

    row = {"text": TEXT, "entities": [{"start": 0, "end": 8, "label": "PERSON"}], "events": [{"start": 9}]}
    datasets.Dataset.from_list([row]).save_to_disk(str(tmp_path / "ds"))
    [prediction], report = read_predictions(tmp_path / "ds", "hf", texts=GOLD)
    assert (prediction.id, shown(prediction)) == ("a", ["Ana Reis PERSON"])
    assert losses(report) == {"columns that are none of ours: events": 1}


def test_rows_with_an_empty_column_of_a_layer_are_read_by_their_tags(tmp_path: Path) -> None:
    path = saved(tmp_path / "ds", id="a", ner_tags=NER.split(), quotes=None)
    [prediction], _ = read_predictions(path, "hf", texts=GOLD)
    assert shown(prediction) == ["Ana Reis PERSON", "Acme Corp ORG", "Leeds GPE"]


def test_tags_without_a_span_are_an_annotation_of_nothing(tmp_path: Path) -> None:
    [prediction], _ = read_predictions(saved(tmp_path / "ds", id=7, ner_tags=["O"] * 8), "hf", texts=GOLD)
    assert prediction.entities == []


def test_ids_of_rows_may_be_numbers(tmp_path: Path) -> None:
    import datasets

    rows = [{"id": 7, "text": TEXT, "entities": [{"start": 0, "end": 8, "label": "PERSON"}]}]
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "ds"))
    [prediction], _ = read_predictions(tmp_path / "ds", "hf")
    assert (prediction.id, shown(prediction)) == ("7", ["Ana Reis PERSON"])


def test_a_path_that_is_not_there_is_not_looked_for_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"x: no such file or folder; a dataset on the Hub is hf:"):
        read_predictions(tmp_path / "x", "hf")


# ------------------------------------------------------------------------------------------------------ strings


def answer(path: Path, **keys: Any) -> tuple[list[Prediction], FormatReport]:
    path = path / "x.jsonl"
    path.write_text(json.dumps({"id": "a", **keys}))
    return read_predictions(path, "strings", texts=GOLD)


@pytest.mark.parametrize(
    "entities",
    [
        [{"text": "Ana Reis", "label": "PERSON"}, {"text": "Leeds", "label": "GPE"}],
        [{"entity": "Ana Reis", "type": "PERSON"}, {"name": "Leeds", "category": "GPE"}],
        [["Ana Reis", "PERSON"], ["Leeds", "GPE"]],
        {"PERSON": ["Ana Reis"], "GPE": "Leeds"},
        {"Ana Reis": "PERSON", "Leeds": "GPE"},
    ],
)
def test_entities_in_every_usual_shape(entities: Any, tmp_path: Path) -> None:
    [prediction], report = answer(tmp_path, entities=entities)
    assert shown(prediction) == ["Ana Reis PERSON", "Leeds GPE"]
    assert report.lost == 0


@pytest.mark.parametrize(
    "entities", [[{"who": "Ana Reis"}], ["Ana Reis"], [["Ana Reis"]], 5, [{"text": "Bo", "label": "X"}]]
)
def test_answers_of_which_nothing_can_be_used_are_an_error(entities: Any, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="nothing in it can be read as a prediction"):
        answer(tmp_path, entities=entities)


def test_other_keys_and_links_that_are_not_found_are_details(tmp_path: Path) -> None:
    quotes = [{"content": "met Acme Corp", "speaker": "Nobody", "cue": 7}]
    [prediction], report = answer(tmp_path, quotes=quotes, relations=[["Ana Reis", "met"]], notes="fine")
    assert len(prediction.quotes or ()) == 1
    assert losses(report) == {
        "keys of answers that are no layer: relations": 1,
        "speakers, cues and claimers that are no strings": 1,
        "speakers, cues and claimers that are not in the text": 1,
    }
    assert {loss.of for loss in report.losses.values()} == {"details"}


def test_fragments_that_overlap_are_joined_and_counted(tmp_path: Path) -> None:
    [prediction], report = answer(tmp_path, quotes=[{"content": ["met Acme", "Acme Corp", "Leeds"]}])
    [quote] = prediction.quotes or []
    assert [TEXT[fragment.start : fragment.end] for fragment in quote.content] == ["met Acme Corp", "Leeds"]
    assert report.notes["fragments of one quote that overlap, joined to one"].count == 1


@pytest.mark.parametrize("style", ["{0}-{1}", "{0}_{1}", "{1}-{0}"])
def test_tags_of_rows_in_other_styles(style: str, tmp_path: Path) -> None:
    tags = [style.format(*tag.split("-")) if tag != "O" else tag for tag in NER.split()]
    [prediction], _ = read_predictions(saved(tmp_path / "ds", id="a", ner_tags=tags), "hf", texts=GOLD)
    assert shown(prediction) == ["Ana Reis PERSON", "Acme Corp ORG", "Leeds GPE"]


def test_answers_without_a_layer_say_what_they_have(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="none of the keys entities, quotes, claims; it has 'entitites'"):
        answer(tmp_path, entitites=[["Ana Reis", "PERSON"]])


def test_scores_of_another_form_are_counted(tmp_path: Path) -> None:
    pairs = (("Ana Reis", 0.5), ("Acme Corp", "high"), ("Leeds", 7))
    _, report = answer(tmp_path, entities=[{"text": text, "label": "ORG", "score": score} for text, score in pairs])
    assert losses(report) == {"scores that are no numbers from 0 to 1": 2}


def test_a_string_that_the_text_has_less_often_is_not_called_absent(tmp_path: Path) -> None:
    [prediction], report = answer(tmp_path, entities=[["Ana Reis", "PERSON"], ["Ana Reis", "PERSON"], ["Bo", "PERSON"]])
    assert shown(prediction) == ["Ana Reis PERSON"]
    assert losses(report) == {
        "strings that are in the text less often than in the answer": 1,
        "strings that are not in the text": 1,
    }


def test_keys_of_items_that_are_not_read_are_counted(tmp_path: Path) -> None:
    quote = {"content": "met Acme Corp", "speker": "Ana Reis", "why": None}
    [prediction], report = answer(
        tmp_path, entities=[{"text": "Leeds", "label": "GPE", "wikidata": "Q1"}], quotes=[quote]
    )
    assert [quote.speaker for quote in prediction.quotes or ()] == [None]
    assert losses(report) == {
        "keys of entities that are not read: wikidata": 1,
        "keys of quotes that are not read: speker": 1,
    }


# ------------------------------------------------------------------------------------- texts and forms of others


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Ana Reis met Acme Corp", "its text is a part of that of a; give whole articles, not sentences"),
        (f"{TEXT}\n", "its text has other white space than that of a; predict on that text as it is"),
        ("Bo left.", "its text is not one of the gold's"),
    ],
)
def test_a_text_that_is_no_article_is_explained(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"text": text, "spans": []}))
    with pytest.raises(RecordError) as caught:
        read_predictions(path, "prodigy", texts=GOLD)
    assert str(caught.value) == f"{path}:1: no meta.id, and {problem}"


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        ({"spans": ["PERSON"]}, "a span is 'PERSON'; expected an object"),
        (
            {"spans": [{"start": 0, "end": 8, "label": "PERSON", "attributes": ["x"]}]},
            r"attributes is \['x'\]; expected",
        ),
        ({"spans": [], "relations": {"a": 1}}, r"relations is \{'a': 1\}; expected a list"),
        ({"spans": [], "relations": [5]}, "a relation is 5; expected an object"),
        ({"spans": [], "relations": [{"label": "x", "head_span": 4}]}, "head_span is 4; expected an object"),
    ],
)
def test_tasks_of_another_form_are_named(task: dict[str, Any], problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"text": TEXT, **task}))
    with pytest.raises(RecordError, match=problem):
        read_predictions(path, "prodigy", texts=GOLD)


def test_keys_of_spans_that_are_not_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    span = {"start": 0, "end": 8, "label": "PERSON", "note": "sure", "colour": "red", "source": "ner"}
    path.write_text(json.dumps({"text": TEXT, "spans": [span]}))
    [prediction], report = read_predictions(path, "prodigy", texts=GOLD)
    assert [entity.note for entity in prediction.entities or ()] == ["sure"]
    assert losses(report) == {"keys of spans that are not read: colour": 1}


def test_tasks_of_several_annotators_are_named_with_the_way_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    tasks = [{"text": TEXT, "spans": [], "_annotator_id": f"news-{name}"} for name in ("ana", "bo")]
    path.write_text("\n".join(map(json.dumps, tasks)))
    with pytest.raises(RecordError) as caught:
        read_predictions(path, "prodigy", texts=GOLD)
    choose = """jq -c 'select(._annotator_id == "news-bo")' OLD > NEW"""
    assert str(caught.value) == f"{path}:2: a: a second task, by another annotator; choose one: {choose}"
