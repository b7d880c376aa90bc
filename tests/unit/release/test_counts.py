"""What a release holds and where it comes from, counted record by record."""

from __future__ import annotations

from typing import Any

from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from annotate.release.counts import Counts

RECORDS = [
    GoldRecord(
        id="a",
        text="Ann",
        split="train",
        cluster="c1",
        annotators=["ann", "bob"],
        model="m1",
        guideline="news/1.0.0",
        decided_by="majority",
        licence="CC0-1.0",
        schema="news/1.0.0",
        entities=[
            Entity(0, 3, "PERSON", origin="prediction", preannotator="m1"),
            Entity(0, 3, "ORG", origin="manual"),
        ],
        claims=[Claim(0, 3, True, "event"), Claim(0, 2, False, "event"), Claim(0, 1, True, "statistic")],
    ),
    GoldRecord(id="b", text="Ann", split="train", cluster="c1", annotators=["ann"], entities=[]),
    GoldRecord(id="c", text="Ann", split="dev", quotes=[Quote("direct", [Span(0, 3)])]),
    GoldRecord(id="d", text="Ann"),
]


def count(records: list[GoldRecord]) -> Counts:
    counts = Counts()
    for record in records:
        counts.add(record)
    return counts


def test_articles_spans_and_labels_by_layer_and_split() -> None:
    assert count(RECORDS).to_dict() == {
        "articles": 4,
        "clusters": 1,
        "layers": {
            "entities": {"articles": 2, "spans": 2, "labels": {"ORG": 1, "PERSON": 1}},
            "quotes": {"articles": 1, "spans": 1, "labels": {"direct": 1}},
            "claims": {
                "articles": 1,
                "spans": 3,
                "labels": {"event": 2, "statistic": 1},
                "check_worthy": {"no": 1, "yes": 2},
            },
        },
        "splits": {
            "": {"articles": 1},
            "dev": {"articles": 1, "quotes": 1},
            "train": {"articles": 2, "entities": 2, "claims": 3},
        },
    }


def test_an_annotated_layer_without_spans_is_there_and_an_absent_one_is_not() -> None:
    layers = count([GoldRecord(id="a", text="Ann", claims=[])]).to_dict()["layers"]
    assert layers == {"claims": {"articles": 1, "spans": 0, "labels": {}, "check_worthy": {}}}
    assert count(RECORDS[1:]).to_dict()["layers"]["entities"] == {"articles": 1, "spans": 0, "labels": {}}


def test_provenance_counts_articles_and_spans_and_says_what_is_not_recorded() -> None:
    assert count(RECORDS[:2]).provenance() == {
        "annotators": {"ann": 2, "bob": 1},
        "decided_by": {"majority": 1, "not recorded": 1},
        "guidelines": {"news/1.0.0": 1, "not recorded": 1},
        "licences": {"CC0-1.0": 1, "unknown": 1},
        "models": {"m1": 1, "none": 1},
        "origins": {"manual": 1, "not recorded": 3, "prediction": 1},
        "preannotators": {"m1": 1, "none": 4},
        "schemas": {"news/1.0.0": 1, "not recorded": 1},
    }


def test_pools_are_described_where_an_article_has_a_weight() -> None:
    noted: dict[str, Any] = {"probability": 0.5, "stratum": "all", "pool": 8, "pool_sha256": "ab", "seed": 0, "n": 4}
    selected = GoldRecord(id="a", text="Ann", meta={"selection": noted})
    assert count([*RECORDS, selected]).selection() is None
    weighted = [GoldRecord(id=name, text="Ann", weight=2.0, meta={"selection": noted}) for name in "ab"]
    pools = count([*weighted, GoldRecord(id="c", text="Ann", weight=1.0), selected]).selection()
    assert pools is not None
    assert [(pool["articles"], pool["selected"], pool["here"]) for pool in pools] == [(8, 4, 2)]
