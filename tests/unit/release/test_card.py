"""The card: each value of the manifest at its place, and a YAML header that others read as it was meant."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from annotate.gold.manifest import LeftOut, Manifest, SchemaEntry, SplitEntry
from annotate.release.card import spell, to_card
from annotate.schema import Schema, load_schema

SCHEMA = load_schema("news")


def make_manifest(**changes: Any) -> Manifest:
    """A manifest in which no two numbers are the same, so that no value can take another's place unseen."""
    fields: dict[str, Any] = {
        "name": "ports",
        "version": "1.2.3",
        "toolkit": "annotate-gold 0",
        "licence": "CC-BY-4.0",
        "schema": SchemaEntry(SCHEMA.name, SCHEMA.version, SCHEMA.digest),
        "counts": {
            "articles": 1007,
            "clusters": 911,
            "layers": {
                "entities": {"articles": 1006, "spans": 5003, "labels": {"ORG": 2001, "PERSON": 3002}},
                "claims": {
                    "articles": 1004,
                    "spans": 707,
                    "labels": {"event": 707},
                    "check_worthy": {"no": 303, "yes": 404},
                },
            },
            "splits": {
                "dev": {"articles": 203, "entities": 1503, "claims": 207},
                "train": {"articles": 804, "entities": 3500, "claims": 500},
            },
        },
        "splits": {"train": SplitEntry(804, 0.798411, 0.812, []), "dev": SplitEntry(203, 0.201589, 0.188, [])},
        "grouping": {},
        "left_out": [LeftOut("a|1", ["b1", "c1"])],
        "provenance": {
            "annotators": {"annotator-1": 901, "annotator-2": 902},
            "models": {"none": 31, "rules-0.1.0": 976},
            "origins": {"manual": 41, "prediction": 43, "prediction-changed": 47, "not recorded": 53},
            "decided_by": {"majority": 1001, "review:annotator-1": 6},
            "guidelines": {"news/1.0.0": 1005},
            "licences": {"CC0-1.0": 61, "unknown": 67},
        },
        "agreement": {
            "articles": 71,
            "measures": {
                "f1:strict:entities": {"value": 0.611, "low": 0.512, "high": 0.713},
                "f1:exact:claims": {"value": 0.414, "low": None, "high": None},
                "kappa:kind:claims": {"value": 0.315, "low": 0.216, "high": 0.417},
                "alpha:kind:claims": {"value": 0.318, "low": 0.219, "high": 0.421},
                "alpha:kind:claims/event": {"value": 0.111, "low": 0.112, "high": 0.113},
                "alpha:label:entities": {"value": None, "low": None, "high": None},
            },
        },
        "work": {
            "annotator-1": {"articles": 73, "without_draft": 7, "median_seconds": 90.0},
            "annotator-2": {"articles": 79, "without_draft": 0, "median_seconds": None},
        },
        "preannotators": {
            "rules-0.1.0": {
                "draft shown": {
                    "articles": 83,
                    "measures": {"f1:strict:entities": 0.522, "recall:strict:entities": None},
                },
                "draft held back": {"articles": 89, "measures": {"f1:strict:entities": 0.423}},
            }
        },
        "tokens": {
            "rule": "outermost-first",
            "layers": {"entities": {"spans": 97, "exact": 59, "widened": 23, "dropped": 15}},
        },
        "files": {},
    }
    return Manifest(**{**fields, **changes})


def card_of(schema: Schema = SCHEMA, **changes: Any) -> str:
    return to_card(make_manifest(**changes), schema)


def row_of(card: str, first: str) -> list[str]:
    """The cells after the first of the only table row that begins so."""
    [row] = [line for line in card.split("\n") if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


@pytest.mark.parametrize(
    ("measure", "cells"),
    [
        ("f1:strict:entities", ["0.611", "0.512 to 0.713"]),
        ("f1:exact:claims", ["0.414", "-"]),
        ("kappa:kind:claims", ["0.315", "0.216 to 0.417"]),
        ("alpha:kind:claims", ["0.318", "0.219 to 0.421"]),
    ],
)
def test_agreement_has_each_value_with_its_interval(measure: str, cells: list[str]) -> None:
    card = card_of(preannotators={})
    assert row_of(card, f"`{measure}`") == cells
    assert "on 71 articles that two or more annotated" in card


def test_measures_that_are_undefined_or_of_one_label_are_not_in_the_table() -> None:
    card = card_of()
    assert "alpha:label:entities" not in card
    assert "alpha:kind:claims/event" not in card


def test_chance_corrected_measures_come_last() -> None:
    body = card_of().partition("## Agreement")[2].partition("\n## ")[0]
    rows = [line.split("`")[1] for line in body.split("\n") if line.startswith("| `")]
    assert rows == ["f1:strict:entities", "f1:exact:claims", "alpha:kind:claims", "kappa:kind:claims"]


def test_counts_are_in_the_columns_of_their_splits_and_layers() -> None:
    section = card_of().partition("## Counts")[2].partition("\n## ")[0]
    assert row_of(section, "split") == ["articles", "entities", "claims"]
    assert row_of(section, "dev") == ["203", "1503", "207"]
    assert row_of(section, "train") == ["804", "3500", "500"]
    assert "**entities**, annotated in 1,006 articles: PERSON 3,002, ORG 2,001." in section
    assert "**claims**, annotated in 1,004 articles: event 707." in section
    assert "Check-worthy: no 303, yes 404." in section


def test_the_introduction_has_articles_stories_and_items() -> None:
    card = card_of()
    assert "\n# ports 1.2.3\n" in card
    assert "1,007 articles in 911 stories, with 5,003 entities, 707 claims." in card


def test_splits_have_their_share_and_the_wanted_one() -> None:
    section = card_of().partition("## Splits")[2].partition("\n## ")[0]
    assert row_of(section, "split") == ["articles", "share", "wanted"]
    assert row_of(section, "train") == ["804", "79.8%", "81.2%"]
    assert row_of(section, "dev") == ["203", "20.2%", "18.8%"]
    assert "1 article left out" in section
    assert "- `a|1`, related to `b1`, `c1`" in section


def test_the_account_of_tokens() -> None:
    section = card_of().partition("cannot hold")[2].partition("\n## ")[0]
    assert row_of(section, "layer") == ["spans", "exact", "widened", "dropped"]
    assert row_of(section, "entities") == ["97", "59", "23", "15"]
    assert "`outermost-first`" in section


def test_preannotators_have_a_column_for_each_part() -> None:
    section = card_of().partition("own score")[2].partition("\n## ")[0]
    assert row_of(section, "rules-0.1.0") == ["draft shown (83 articles)", "draft held back (89 articles)"]
    assert row_of(section, "`f1:strict:entities`") == ["0.522", "0.423"]
    assert "recall:strict:entities" not in section


def test_who_annotated_and_how() -> None:
    section = card_of(about="By *two* dockers.").partition("## Who annotated")[2].partition("\n## ")[0]
    for sentence in (
        "By *two* dockers.",
        "Annotators: annotator-1 (901 articles), annotator-2 (902 articles).",
        "annotator-1 worked on 73 articles, 7 of them without a pre-annotation, 1.5 minutes per article (median).",
        "annotator-2 worked on 79 articles.",
        "pre-annotations of rules-0.1.0 (976 articles).",
        "41 were marked by annotators alone, 43 were proposed by a model and accepted as it was, 47 were proposed by a "
        "model and changed, 53 were of unrecorded origin.",
        "Decided by: majority (1,001 articles), review:annotator-1 (6 articles).",
        "Guidelines: news/1.0.0 (1,005 articles).",
    ):
        assert sentence in section


def test_limits_follow_from_the_counts() -> None:
    section = card_of().partition("## Limits")[2].partition("\n## ")[0]
    assert "missing: entities in 1 article, claims in 3 articles." in section
    assert "too few" not in section
    assert "Few stories" not in section
    assert "Agreement is unknown" not in section
    small = card_of(
        agreement=None, counts={**make_manifest().counts, "articles": 99, "clusters": 19, "layers": {}}
    ).partition("## Limits")[2]
    for sentence in ("99 articles: too few", "Few stories (19)", "Agreement is unknown"):
        assert sentence in small


def test_licences_and_header() -> None:
    card = card_of()
    assert "Annotations: CC-BY-4.0." in card
    assert "CC0-1.0 (61 articles), unknown (67 articles)." in card
    header = yaml.safe_load(card.split("---\n")[1])
    assert (header["license_name"], header["version"], header["size_categories"]) == (
        "CC-BY-4.0",
        "1.2.3",
        ["1K<n<10K"],
    )
    assert [config["config_name"] for config in header["configs"]] == ["default", "tokens"]
    assert [config.get("default") for config in header["configs"]] == [True, None]
    bare = yaml.safe_load(card_of(stand_off=True, tokens={}).split("---\n")[1])
    assert [config["config_name"] for config in bare["configs"]] == ["default"]


def test_the_example_loads_the_first_split() -> None:
    wanted = [
        'articles = load_dataset("gold/ports/1.2.3", split="train")',
        'tokens = load_dataset("gold/ports/1.2.3", name="tokens", split="train")',
    ]
    assert [line for line in card_of().split("\n") if "= load_dataset" in line] == wanted
    bare = card_of(stand_off=True, tokens={})
    assert [line for line in bare.split("\n") if "= load_dataset" in line] == wanted[:1]


POOL = {
    "articles": 5021,
    "sha256": "0ab1",
    "selected": 61,
    "here": 61,
    "order": "random",
    "chance": 1.0,
    "by": [],
    "shares": "proportional",
    "per_story": 0,
    "drawn": None,
    "seed": 7,
}


@pytest.mark.parametrize(
    ("changes", "what", "how"),
    [
        ({}, "61 articles of a batch of 61, drawn by chance from a pool of 5,021 ", "all alike, seed 7."),
        (
            {"here": 60, "drawn": "2026-02-03"},
            "60 articles of a batch of 61, drawn by chance on 2026-02-03 from a pool of 5,021 ",
            "all alike, seed 7.\n1 of the batch are not here",
        ),
        (
            {"order": "uncertain", "chance": 0.25, "by": ["year", "publisher"], "per_story": 2},
            "61 articles of",
            "likelier where predictions were unsure, mixed with 25% chance, "
            "strata by year, publisher (proportional), at most 2 of a story, seed 7.",
        ),
        ({"order": "diverse"}, "61 articles of", "likelier where few were alike, seed 7."),
    ],
)
def test_what_the_articles_speak_for(changes: dict[str, Any], what: str, how: str) -> None:
    section = card_of(selection=[{**POOL, **changes}]).partition("## What it speaks for\n\n")[2].partition("\n## ")[0]
    first, _, second = section.partition("\n")
    assert first.startswith(what)
    assert second.startswith(how)
    assert ("not here" in section) == ("here" in changes)


def test_without_a_selection_nothing_is_said_about_a_pool() -> None:
    assert "What it speaks for" not in card_of()


@pytest.mark.parametrize(
    ("articles", "size"), [(999, "n<1K"), (1_000, "1K<n<10K"), (10_000, "10K<n<100K"), (1_000_000, "n>1M")]
)
def test_the_size_is_that_of_all_splits(articles: int, size: str) -> None:
    splits = {"train": SplitEntry(articles - 9, 0.9, 0.9, []), "dev": SplitEntry(9, 0.1, 0.1, [])}
    assert yaml.safe_load(card_of(splits=splits).split("---\n")[1])["size_categories"] == [size]


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("no")
@example("1.0.0")
@example("1e3")
@example("x\nconfigs:\n- config_name: evil")
@example("family: \U0001f468\u200d\U0001f469\u200d\U0001f467, \x1b[31m, \u2028, \ufeff, \x85")
@example("n<1K")
@example("a/b-c.parquet")
def test_any_text_is_one_line_and_reads_back(text: str) -> None:
    line = spell(text)
    assert len(line.splitlines()) <= 1
    assert yaml.safe_load(f"key: {line}") == {"key": text}
    assert yaml.safe_load(f"- {line}") == [text]
