"""The package against the definitions by exhaustion, on random small articles; order and copies do not matter."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Region, Span
from annotate.score import evaluate
from tests.support import oracle

LABELS = ("PERSON", "ORG", "GPE")
TEXT = 'He said: "No way,  X of Y, is here." Dr. A, who\nleft (B), "did" so'
SENTENCES = [(0, 36), (37, 47), (48, 66)]


@st.composite
def spans(draw: Any, size: int, longest: int) -> tuple[int, int]:
    start = draw(st.integers(0, size - 1))
    return start, draw(st.integers(start + 1, min(size, start + longest)))


def distinct(items: list[Any]) -> list[Any]:
    return list({repr(item): item for item in items}.values())


def number(score: Any) -> float | None:
    return score.value


def ratio(a: float, b: float) -> Any:
    return pytest.approx(a / b, abs=1e-12) if b else None


MENTIONS = st.lists(st.tuples(spans(18, 9), st.sampled_from(LABELS)), max_size=4)


@settings(max_examples=200)
@given(
    gold=st.lists(
        st.tuples(spans(18, 9), st.sampled_from(LABELS), st.sampled_from([(), (), (), ("ORG",), ("GPE", "ORG")])),
        max_size=4,
    ),
    predicted=st.lists(st.tuples(spans(18, 9), st.sampled_from((*LABELS, "ODD"))), max_size=4),
    regions=st.lists(spans(18, 5), max_size=2),
    shuffle=st.randoms(),
)
def test_entities_agree_with_exhaustive_search(gold: Any, predicted: Any, regions: Any, shuffle: random.Random) -> None:
    gold = list({(span, label): (span, label, others) for span, label, others in gold}.values())
    expected = oracle.entity_outcomes(
        [(*span, {label, *others}) for span, label, others in gold],
        [(*span, label) for span, label in predicted],
        regions,
    )
    for _ in range(2):
        shuffle.shuffle(gold)
        shuffle.shuffle(predicted)
        report = evaluate(
            [
                GoldRecord(
                    id="d",
                    text="x" * 18,
                    entities=[Entity(*span, label, alt_labels=list(others)) for span, label, others in gold],
                    ignore=[Region(*region) for region in regions],
                )
            ],
            [Prediction(id="d", entities=[Entity(*span, label) for span, label in predicted])],
        )
        for scheme, outcome in expected.items():
            assert tuple(report.counts["entities"][scheme].values()) == outcome, scheme
        if not any(others for *_, others in gold):
            for label in report.label_counts.get("entities", {}):
                alone = oracle.entity_outcomes(
                    [(*span, {name}) for span, name, _ in gold if name == label],
                    [(*span, name) for span, name in predicted if name == label],
                    regions,
                )
                for scheme, outcome in alone.items():
                    assert tuple(report.label_counts["entities"][label][scheme].values()) == outcome, (label, scheme)


@settings(max_examples=80)
@given(
    articles=st.lists(st.tuples(MENTIONS, MENTIONS), min_size=1, max_size=4),
    times=st.integers(2, 3),
)
def test_entity_invariants(articles: Any, times: int) -> None:
    articles = [(distinct(gold), predicted) for gold, predicted in articles]

    def score(articles: Any, rename: Any = str) -> Any:
        gold = [
            GoldRecord(id=f"{i:03}", text="x" * 18, entities=[Entity(*s, rename(n)) for s, n in g])
            for i, (g, _) in enumerate(articles)
        ]
        predictions = [
            Prediction(id=f"{i:03}", entities=[Entity(*s, rename(n)) for s, n in p])
            for i, (_, p) in enumerate(articles)
        ]
        return evaluate(gold[::-1], predictions, trials=0)

    report = score(articles)
    counts = report.counts["entities"]
    for outcome in counts.values():  # conservation
        known = outcome["correct"] + outcome["incorrect"] + outcome["partial"]
        assert known + outcome["spurious"] == sum(len(p) for _, p in articles)
        assert known + outcome["missing"] == sum(len(g) for g, _ in articles)
    assert counts["strict"]["correct"] <= counts["exact"]["correct"]
    assert counts["strict"]["correct"] <= counts["type"]["correct"]
    for scheme in ("strict", "type"):  # the labels' correct ones add up
        parts = report.label_counts.get("entities", {}).values()
        assert sum(part[scheme]["correct"] for part in parts) == counts[scheme]["correct"]
    many = score(articles * times)  # copies of articles multiply the counts, and change no figure
    assert {k: s.value for k, s in many.measures.items()} == {
        k: pytest.approx(s.value, abs=1e-12) if s.value is not None else None for k, s in report.measures.items()
    }
    other = score(articles, {"PERSON": "DATE", "ORG": "FAC", "GPE": "LAW"}.__getitem__)
    assert other.counts == report.counts


SPEAKERS = st.one_of(st.none(), spans(len(TEXT), 20))
QUOTES = st.lists(
    st.tuples(
        st.lists(spans(len(TEXT), 16), min_size=1, max_size=2).filter(
            lambda found: len(found) == 1 or not (found[0][0] < found[1][1] and found[1][0] < found[0][1])
        ),
        st.sampled_from(["direct", "indirect"]),
        SPEAKERS,
        SPEAKERS,
    ),
    max_size=3,
)


def to_quote(item: Any) -> Quote:
    ranges, kind, speaker, cue = item
    return Quote(kind, [Span(*r) for r in ranges], Span(*speaker) if speaker else None, Span(*cue) if cue else None)


@settings(max_examples=120)
@given(gold=QUOTES, predicted=QUOTES, copied=st.booleans(), shuffle=st.randoms())
def test_quotes_agree_with_exhaustive_search(gold: Any, predicted: Any, copied: bool, shuffle: random.Random) -> None:
    gold = list({repr((sorted(item[0]), *item[1:])): item for item in gold}.values())
    if copied:
        predicted = predicted + [(item[0], item[1], None, item[3]) for item in gold[:2]]
    expected = oracle.quote_sums(TEXT, gold, predicted)
    shuffle.shuffle(gold)
    shuffle.shuffle(predicted)
    report = evaluate(
        [GoldRecord(id="d", text=TEXT, quotes=[to_quote(item) for item in gold])],
        [Prediction(id="d", quotes=[to_quote(item) for item in predicted])],
    )
    value = report.value
    n_gold, n_pred, pairs = expected["gold"], expected["predicted"], expected["pairs"]
    assert value("f1:exact:quotes") == ratio(2 * expected["exact"], n_gold + n_pred)
    assert value("f1:overlap:quotes") == ratio(2 * pairs, n_gold + n_pred)
    half = oracle.half_sums(TEXT, gold, predicted)
    assert value("f1:half-overlap:quotes") == ratio(2 * half["half"], n_gold + n_pred)
    assert value("f1:core:quotes") == ratio(2 * half["core"], n_gold + n_pred)
    assert value("accuracy:speaker-half-overlap:quotes") == ratio(half["right"], half["speakers"])
    assert value("f1:dice:quotes") == ratio(2 * expected["dice"], n_gold + n_pred)
    shared, in_gold, in_predicted = expected["token"]
    assert value("f1:token:quotes") == ratio(2 * shared, in_gold + in_predicted)
    assert value("precision:proportional:quotes") == ratio(expected["soft"][0], n_pred)
    assert value("recall:proportional:quotes") == ratio(expected["soft"][1], n_gold)
    assert value("accuracy:type:quotes") == ratio(expected["type"], pairs)
    for how, right in expected["speaker"].items():
        assert value(f"accuracy:speaker-{how}:quotes") == ratio(right, expected["speakers"])
    assert value("f1:end-to-end:quotes") == ratio(2 * expected["end-to-end"], n_gold + n_pred)
    assert value("f1:end-to-end-exact-exact:quotes") == ratio(2 * expected["end-to-end-exact-exact"], n_gold + n_pred)
    for outcome in report.counts["quotes"].values():
        assert sum(outcome.values()) - outcome["missing"] == n_pred


CLAIMS = st.lists(
    st.tuples(
        spans(len(TEXT), 30),
        st.booleans(),
        st.sampled_from(["statistic", "event"]),
        SPEAKERS,
        st.sampled_from([None, 0.0, 0.5, 0.5, 0.9]),
    ),
    max_size=3,
)


@settings(max_examples=120)
@given(gold=CLAIMS, predicted=CLAIMS, shuffle=st.randoms())
def test_claims_agree_with_exhaustive_search(gold: Any, predicted: Any, shuffle: random.Random) -> None:
    gold = list({repr(item[:4]): item for item in gold}.values())
    sides = [[(*item[0], *item[1:]) for item in side] for side in (gold, predicted)]
    expected = oracle.claim_sums(TEXT, *sides, SENTENCES)
    shuffle.shuffle(gold)
    shuffle.shuffle(predicted)

    def to_claim(item: Any) -> Claim:
        span, worthy, kind, claimer, score = item
        return Claim(*span, worthy, kind, Span(*claimer) if claimer else None, score=score)

    report = evaluate(
        [
            GoldRecord(
                id="d", text=TEXT, claims=[to_claim(item) for item in gold], sentences=[Span(*s) for s in SENTENCES]
            )
        ],
        [Prediction(id="d", claims=[to_claim(item) for item in predicted])],
    )
    value = report.value
    n, pairs = expected["gold"] + expected["predicted"], expected["pairs"]
    assert value("f1:exact:claims") == ratio(2 * expected["exact"], n)
    assert value("f1:overlap:claims") == ratio(2 * pairs, n)
    half = oracle.half_sums(TEXT, *([([item[0]], None, item[3]) for item in side] for side in (gold, predicted)))
    assert value("f1:half-overlap:claims") == ratio(2 * half["half"], n)
    assert value("f1:core:claims") == ratio(2 * half["core"], n)
    assert value("accuracy:kind:claims") == ratio(expected["kind"], pairs)
    assert value("accuracy:check-worthy:claims") == ratio(expected["check-worthy"], pairs)
    assert value("accuracy:claimer-overlap:claims") == ratio(expected["claimer"], pairs)
    for match, key in (("sentence", "sentence"), ("check-worthy", "worthy")):
        both, in_gold, in_predicted = expected[key]
        assert value(f"f1:{match}:claims") == ratio(2 * both, in_gold + in_predicted)
    positives = [positive for _, positive in expected["ranked"]]
    if any(positives):
        from sklearn.metrics import average_precision_score

        wanted = average_precision_score(positives, [score for score, _ in expected["ranked"]])
        assert value("ap:check-worthy:claims") == pytest.approx(wanted, abs=1e-12)
    else:
        assert value("ap:check-worthy:claims") is None
