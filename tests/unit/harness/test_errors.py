"""The list of errors and the counts rest on one alignment: they add up to the same numbers, whatever the records."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.harness.errors import find_errors
from annotate.records import Claim, Entity, GoldRecord, Layer, Prediction, Quote, Region, Span
from annotate.score import evaluate

TEXT = "Ann Lee said it rained, Bob said no. The sun shone on Oslo and Rome. It hailed then, Cid told Dan."
SPANS = st.tuples(st.integers(0, len(TEXT) - 12), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
LINKS = st.none() | SPANS.map(lambda span: Span(*span))
ENTITIES = st.builds(lambda span, label: Entity(*span, label), SPANS, st.sampled_from(["PERSON", "GPE", "ORG"]))
QUOTES = st.builds(
    lambda kind, span, speaker: Quote(kind, [Span(*span)], speaker),
    st.sampled_from(["direct", "indirect", "mixed"]),
    SPANS,
    LINKS,
)
CLAIMS = st.builds(
    lambda span, worthy, kind, claimer: Claim(*span, worthy, kind, claimer),
    SPANS,
    st.booleans(),
    st.sampled_from(["event", "statistic"]),
    LINKS,
)
LAYERS: dict[Layer, Any] = {"entities": ENTITIES, "quotes": QUOTES, "claims": CLAIMS}
RECORDS = st.fixed_dictionaries({name: st.lists(items, max_size=5, unique_by=repr) for name, items in LAYERS.items()})
REGIONS = st.lists(st.builds(lambda span: Region(*span), SPANS), max_size=2)


@given(gold=st.lists(st.tuples(RECORDS, REGIONS), min_size=1, max_size=3), predicted=st.lists(RECORDS, min_size=3))
def test_errors_and_counts_cannot_disagree(gold: list[tuple[Any, Any]], predicted: list[Any]) -> None:
    golds = [GoldRecord(id=f"a{i}", text=TEXT, ignore=regions, **g) for i, (g, regions) in enumerate(gold)]
    predictions = [Prediction(id=g.id, **p) for g, p in zip(golds, predicted, strict=False)]
    report = evaluate(golds, predictions, trials=0)
    articles = [find_errors(g, p, report.alignments.of(g.id)) for g, p in zip(golds, predictions, strict=True)]
    items = [item for article in articles for item in article.items]

    cells: Counter[Any] = Counter()
    for item in items:
        if item.layer == "entities":
            cells[item.gold_label, item.predicted_label] += 1
    assert dict(cells) == report.confusions

    for layer in ("quotes", "claims"):
        counts = report.counts[layer]
        here = [item for item in items if item.layer == layer]
        pairs = [item for item in here if item.gold is not None and item.predicted is not None]
        assert len(pairs) == counts["overlap"]["correct"]
        assert sum("boundary" not in item.kinds for item in pairs) == counts["exact"]["correct"]
        assert sum(item.kinds == ("missed",) for item in here) == counts["overlap"]["missing"]
        assert sum(item.kinds == ("spurious",) for item in here) == counts["overlap"]["spurious"]
        if layer == "quotes":
            assert sum("speaker" not in item.kinds for item in pairs) == counts["end-to-end"]["correct"]

    for article, g, p in zip(articles, golds, predictions, strict=True):
        for layer in LAYERS:
            here = [item for item in article.items if item.layer == layer]
            seen = [item.predicted for item in here if item.predicted is not None] + article.left_out[layer]
            assert sorted(item.gold for item in here if item.gold is not None) == list(range(len(getattr(g, layer))))
            assert sorted(seen) == list(range(len(getattr(p, layer))))


def test_an_alternative_label_is_right() -> None:
    gold = GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON", alt_labels=["ORG"])])
    prediction = Prediction(id="a", entities=[Entity(0, 7, "ORG")])
    report = evaluate([gold], [prediction], trials=0)
    assert find_errors(gold, prediction, report.alignments.of("a")).errors == []


def test_a_layer_that_gold_does_not_have_is_not_listed() -> None:
    golds = [GoldRecord(id="a", text=TEXT, entities=[]), GoldRecord(id="b", text=TEXT, entities=[], quotes=[])]
    quote = Quote("direct", [Span(0, 7)])
    predictions = [Prediction(id=name, entities=[], quotes=[quote]) for name in "ab"]
    report = evaluate(golds, predictions, trials=0)
    assert list(report.alignments.of("a")) == ["entities"]
    assert find_errors(golds[0], predictions[0], report.alignments.of("a")).items == []
    assert len(find_errors(golds[1], predictions[1], report.alignments.of("b")).errors) == 1


def test_an_article_without_prediction_is_all_missed() -> None:
    gold = GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON")])
    report = evaluate(
        [gold, GoldRecord(id="b", text=TEXT, entities=[])], [Prediction(id="b", entities=[])], missing="empty"
    )
    found = find_errors(gold, None, report.alignments.of("a"))
    assert [item.kinds for item in found.items] == [("missed",)]
