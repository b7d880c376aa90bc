"""Counts have names that exist: a misspelt one is an error, and no name is declared and then forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from functools import partial
from typing import Any

import numpy as np
import pytest

from annotate.errors import ScoreError
from annotate.records import Claim, GoldRecord, Prediction, Quote
from annotate.schema import load_schema
from annotate.score import evaluate
from annotate.score.claims import ClaimCounts, count_claims
from annotate.score.counts import ArticleCounts
from annotate.score.problems import Problems
from annotate.score.quotes import QuoteCounts, count_quotes
from annotate.score.tables import GoldTable, SystemTable, read_gold, read_system
from tests.support.spans import span_of

TEXT = "“It rained,” Ann Lee said. Bob Ray said that it had snowed in May. He “did not care” then, they say. It hailed."
span = partial(span_of, TEXT)

ANN, BOB, HE = span("Ann Lee"), span("Bob Ray"), span("He")
DIRECT = Quote("direct", [span("“It rained,”")], ANN, span("said"))
INDIRECT = Quote("indirect", [span("it had snowed in May")], BOB)
MIXED = Quote("mixed", [span("He “did not care” then")])
RAINED, SNOWED, HAILED = span("It rained"), span("it had snowed in May"), span("It hailed.")
CLAIMS = [
    Claim(RAINED.start, RAINED.end, True, "event", ANN),
    Claim(SNOWED.start, SNOWED.end, True, "statistic", BOB),
    Claim(HAILED.start, HAILED.end, False, "event"),
]


def read_tables() -> tuple[GoldTable, SystemTable]:
    """One article of which the prediction has everything right."""
    problems = Problems()
    gold = read_gold(
        [GoldRecord(id="a", text=TEXT, quotes=[DIRECT, INDIRECT, MIXED], claims=CLAIMS)], load_schema(), problems
    )
    system = read_system([Prediction(id="a", quotes=[DIRECT, INDIRECT, MIXED], claims=CLAIMS)], gold, problems)
    assert not problems.sentences
    return gold, system


def iter_columns(counts: ArticleCounts, place: str = "") -> Iterator[tuple[str, Any]]:
    for field in fields(counts):
        value = getattr(counts, field.name)
        if isinstance(value, ArticleCounts):
            yield from iter_columns(value, f"{place}{field.name}.")
        else:
            yield f"{place}{field.name}", value


@pytest.mark.parametrize("kind", [QuoteCounts, ClaimCounts])
def test_a_misspelt_name_is_an_error_and_never_a_zero(kind: type[Any]) -> None:
    counts = kind.zeros(2)
    with pytest.raises(AttributeError, match="exat"):
        counts.exat[0] += 1
    with pytest.raises(FrozenInstanceError):
        counts.exat = np.zeros(2)
    with pytest.raises(AttributeError, match="exat"):
        _ = counts.exat


def test_every_declared_count_is_counted() -> None:
    gold, system = read_tables()
    quotes, _ = count_quotes(gold, system)
    claims = count_claims(gold, system)
    columns = [*iter_columns(quotes), *iter_columns(claims.counts)]
    for kind, answers in claims.kinds.items():
        columns += iter_columns(answers, f"{kind}.")
    assert len(columns) > 50
    assert [name for name, column in columns if not column.sum()] == []


def test_where_everything_is_right_no_measure_is_zero() -> None:
    gold = GoldRecord(id="a", text=TEXT, quotes=[DIRECT, INDIRECT, MIXED], claims=CLAIMS)
    scored = [
        Claim(c.start, c.end, c.check_worthy, c.kind, c.claimer, score=0.9 if c.check_worthy else 0) for c in CLAIMS
    ]
    report = evaluate([gold], [Prediction(id="a", quotes=gold.quotes, claims=scored)], trials=0)
    assert {name: score.value for name, score in report.measures.items() if score.value != 1} == {}


def test_a_speaker_that_half_of_the_pairs_get_wrong() -> None:
    """`accuracy:speaker-half-overlap:quotes` by hand: two pairs with a gold speaker, one of them right."""
    gold = GoldRecord(id="a", text=TEXT, quotes=[DIRECT, INDIRECT, MIXED])
    wrong = Quote("indirect", INDIRECT.content, HE)
    report = evaluate([gold], [Prediction(id="a", quotes=[DIRECT, wrong, MIXED])], trials=0)
    score = report.measures["accuracy:speaker-half-overlap:quotes"]
    assert (score.value, score.n_gold) == (0.5, 2)


def test_a_type_of_quote_that_does_not_exist_is_an_error_of_the_predictions() -> None:
    gold = GoldRecord(id="a", text=TEXT, quotes=[DIRECT])
    odd = Quote("reported", DIRECT.content)  # type: ignore[arg-type]
    with pytest.raises(ScoreError, match=r"prediction a: quotes\[0\] has type 'reported'; expected direct"):
        evaluate([gold], [Prediction(id="a", quotes=[odd])], trials=0)
