"""The worked examples of the scoring definitions, and what counts as a problem, by hand-computed answers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from annotate.errors import ScoreError
from annotate.files import sha256_text
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Region, Span
from annotate.schema import load_schema
from annotate.score import evaluate
from annotate.text.text_index import TextIndex

TEXT = "Alpha Beta Gamma Delta Epsilon Zeta"
P, ORG = "PERSON", "ORG"
SCHEMES = ("strict", "exact", "partial", "type")


def counts(gold: Any, predicted: Any, text: str = TEXT, **fields: Any) -> dict[str, tuple[int, ...]]:
    report = evaluate(
        [GoldRecord(id="d", text=text, entities=[Entity(*span) for span in gold], **fields)],
        [Prediction(id="d", entities=[Entity(*span) for span in predicted])],
    )
    return {scheme: tuple(report.counts["entities"][scheme].values()) for scheme in SCHEMES}


# correct / incorrect / partial / missing / spurious
TABLE = {
    "A duplicate": ([(0, 5, P)], [(0, 5, P)] * 2, (1, 0, 0, 0, 1), (1, 0, 0, 0, 1), (1, 0, 0, 0, 1)),
    "B long one first": (
        [(0, 5, P), (6, 10, P)],
        [(0, 10, P), (0, 5, P)],
        (1, 1, 0, 0, 0),
        (1, 0, 1, 0, 0),
        (2, 0, 0, 0, 0),
    ),
    "C schemes differ": (
        [(0, 5, P), (6, 10, ORG)],
        [(3, 8, ORG), (8, 10, P)],
        (0, 2, 0, 0, 0),
        (0, 0, 2, 0, 0),
        (1, 0, 0, 1, 1),
    ),
    "D merged": ([(0, 5, P), (6, 10, ORG)], [(0, 10, ORG)], (0, 1, 0, 1, 0), (0, 0, 1, 1, 0), (1, 0, 0, 1, 0)),
    "E split": ([(0, 10, P)], [(0, 5, ORG), (6, 10, P)], (0, 1, 0, 0, 1), (0, 0, 1, 0, 1), (1, 0, 0, 0, 1)),
    "F nearest is a trap": (
        [(0, 5, P), (6, 16, P)],
        [(3, 14, P), (15, 22, P)],
        (0, 2, 0, 0, 0),
        (0, 0, 2, 0, 0),
        (2, 0, 0, 0, 0),
    ),
    "G touching": ([(0, 5, P)], [(5, 9, P)], (0, 0, 0, 1, 1), (0, 0, 0, 1, 1), (0, 0, 0, 1, 1)),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_worked_table_holds_in_any_order(name: str, reverse: bool) -> None:
    gold, predicted, strict, partial, by_type = TABLE[name]
    found = counts(gold[::-1] if reverse else gold, predicted[::-1] if reverse else predicted)
    assert (found["strict"], found["partial"], found["type"]) == (strict, partial, by_type)


def test_the_rows_of_semeval_count_as_there() -> None:
    gold = [(0, 5, P), (6, 10, P), (11, 16, P), (17, 22, P), (23, 30, P)]
    predicted = [(0, 5, P), (6, 10, ORG), (12, 16, P), (18, 22, ORG), (31, 35, P)]
    found = counts(gold, predicted)
    assert {scheme: outcome[0] for scheme, outcome in found.items()} == {
        "strict": 1,
        "exact": 2,
        "type": 2,
        "partial": 2,
    }
    assert found["partial"][2] == 2
    assert all(outcome[3:] == (1, 1) for outcome in found.values())


@pytest.mark.parametrize(
    ("gold", "predicted", "values"),
    [
        ([], [], (None, None, None)),
        ([], [(0, 5, P)], (0.0, None, 0.0)),
        ([(0, 5, P)], [], (None, 0.0, 0.0)),
        ([(0, 5, P)], [(0, 5, P)], (1.0, 1.0, 1.0)),
    ],
)
def test_nothing_over_nothing_is_null(gold: Any, predicted: Any, values: Any) -> None:
    report = evaluate(
        [GoldRecord(id="d", text=TEXT, entities=[Entity(*s) for s in gold])],
        [Prediction(id="d", entities=[Entity(*s) for s in predicted])],
    )
    assert tuple(report.value(f"{m}:strict:entities") for m in ("precision", "recall", "f1")) == values


def test_a_missing_gold_document_counts_in_no_direction_unless_asked() -> None:
    gold = [GoldRecord(id=i, text=TEXT, entities=[Entity(0, 5, P)]) for i in "ab"]
    full = [Prediction(id=i, entities=[Entity(0, 5, P)]) for i in "ab"]
    with pytest.raises(ScoreError, match=r"prediction b: missing.*--missing empty"):
        evaluate(gold, full[:1])
    report = evaluate(gold, full[:1], missing="empty")
    assert report.value("recall:strict:entities") == 0.5
    assert any("--missing empty" in warning for warning in report.warnings)
    with pytest.raises(ScoreError, match=r"prediction b: gold has no such article.*--extra ignore"):
        evaluate(gold[:1], full)
    report = evaluate(gold[:1], full, extra="ignore")
    assert report.value("f1:strict:entities") == 1.0
    assert any("--extra ignore" in warning for warning in report.warnings)


@pytest.mark.parametrize("gold_has", ["full", "partial", "empty"])
@pytest.mark.parametrize("predicted_has", ["full", "partial", "empty"])
@pytest.mark.parametrize("missing", ["error", "empty"])
@pytest.mark.parametrize("extra", ["error", "ignore"])
def test_grid_of_presence(gold_has: str, predicted_has: str, missing: Any, extra: Any) -> None:
    chosen = {"full": "abc", "partial": "ab", "empty": ""}
    gold = [GoldRecord(id=i, text=TEXT, entities=[Entity(0, 5, P)]) for i in chosen[gold_has]]
    predicted = [Prediction(id=i, entities=[Entity(0, 5, P)]) for i in chosen[predicted_has]]
    lacking = set(chosen[gold_has]) - set(chosen[predicted_has])
    strangers = set(chosen[predicted_has]) - set(chosen[gold_has])
    if not gold or (lacking and missing == "error") or (strangers and extra == "error"):
        with pytest.raises(ScoreError):
            evaluate(gold, predicted, missing=missing, extra=extra)
        return
    report = evaluate(gold, predicted, missing=missing, extra=extra)
    assert report.articles == len(gold)
    assert report.value("recall:strict:entities") == (len(gold) - len(lacking)) / len(gold)


def test_a_layer_that_predictions_lack_is_not_scored() -> None:
    gold = [GoldRecord(id=i, text=TEXT, entities=[], quotes=[]) for i in "ab"]
    only_entities = [Prediction(id=i, entities=[]) for i in "ab"]
    report = evaluate(gold, only_entities)
    assert report.signature["layers"] == ["entities"]
    assert any("quotes" in warning for warning in report.warnings)
    with pytest.raises(ScoreError, match="no layer quotes"):
        evaluate(gold, only_entities, layers=["entities", "quotes"])
    half = [Prediction(id="a", entities=[], quotes=[]), Prediction(id="b", entities=[])]
    with pytest.raises(ScoreError, match="prediction b: no layer quotes"):
        evaluate(gold, half)
    assert evaluate(gold, half, missing="empty").signature["layers"] == ["entities", "quotes"]
    mixed = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 5, P)]), GoldRecord(id="b", text=TEXT, quotes=[])]
    both = [Prediction(id=i, entities=[Entity(0, 5, P)], quotes=[]) for i in "ab"]
    report = evaluate(mixed, both)  # entities of b were never annotated: no spurious one
    assert report.value("f1:strict:entities") == 1.0
    assert report.signature["documents"] == {"entities": 1, "quotes": 1}
    with pytest.raises(ScoreError, match="gold has no layer claims"):
        evaluate(gold, only_entities, layers=["claims"])


def good() -> GoldRecord:
    return GoldRecord(id="d", text=TEXT, entities=[Entity(0, 5, P)], quotes=[], claims=[])


def quote(*ranges: tuple[int, int], **fields: Any) -> Quote:
    return Quote("direct", [Span(*r) for r in ranges], **fields)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "zero-length": ({"entities": [Entity(3, 3, P)]}, r"entities\[0\] is \[3, 3\)"),
    "reversed": ({"entities": [Entity(5, 3, P)]}, r"entities\[0\] is \[5, 3\)"),
    "negative": ({"entities": [Entity(-1, 3, P)]}, r"entities\[0\] is \[-1, 3\)"),
    "beyond the end": ({"entities": [Entity(0, 5, P), Entity(30, 36, P)]}, r"entities\[1\] is \[30, 36\).*35"),
    "true": ({"entities": [Entity(True, 3, P)]}, r"entities\[0\].*True.*integers"),
    "3.0": ({"entities": [Entity(0, 3.0, P)]}, r"entities\[0\].*3\.0.*integers"),  # type: ignore[arg-type]
    "text": ({"entities": [Entity(0, "3", P)]}, r"entities\[0\].*'3'.*integers"),  # type: ignore[arg-type]
    "huge": ({"entities": [Entity(0, 1 << 70, P)]}, r"entities\[0\].*integers"),
    "stored text": ({"entities": [Entity(0, 5, P, text="Alphb")]}, "'Alphb' but the text there is 'Alpha'"),
    "no content": ({"quotes": [quote()]}, r"quotes\[0\] has no content"),
    "fragments overlap": ({"quotes": [quote((0, 6), (4, 9))]}, r"quotes\[0\] has fragments that overlap"),
    "speaker outside": ({"quotes": [quote((0, 6), speaker=Span(30, 40))]}, r"quotes\[0\].speaker is \[30, 40\)"),
    "true in a quote": ({"quotes": [quote((True, 6))]}, r"quotes\[0\].content\[0\].*True"),
    "claim outside": ({"claims": [Claim(0, 99, True, "event")]}, r"claims\[0\] is \[0, 99\)"),
    "score of a claim": ({"claims": [Claim(0, 9, True, "event", score=1.5)]}, r"claims\[0\] has score 1.5"),
    "claimer outside": ({"claims": [Claim(0, 9, True, "event", Span(9, 9))]}, r"claims\[0\].claimer"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("side", ["gold", "prediction"])
def test_faults_on_either_side(fault: str, side: str) -> None:
    fields, message = FAULTS[fault]
    gold, prediction = good(), Prediction(id="d", entities=[], quotes=[], claims=[])
    for name, value in fields.items():
        setattr(gold if side == "gold" else prediction, name, value)
    with pytest.raises(ScoreError, match=f"{side} d: .*{message}"):
        evaluate([gold], [prediction])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"entities": [Entity(0, 5, P)] * 2}, r"\[0, 5\) appears twice as PERSON"),
        ({"quotes": [quote((0, 5), (6, 10))] * 2}, "the same item appears twice"),
        ({"entities": [Entity(0, 5, "PERSONS")]}, r"entities\[0\] has label 'PERSONS'"),
        ({"entities": [Entity(0, 5, P, alt_labels=["ODD"])]}, "has label 'ODD'"),
        ({"claims": [Claim(0, 5, True, "gossip")]}, "has kind 'gossip'"),
        ({"text": None}, "no text"),
        ({"text_sha256": "0" * 64}, "text_sha256 is not the hash"),
        ({"ignore": [Region(0, 99)]}, r"ignore\[0\] is \[0, 99\)"),
        ({"excluded": [Region(0, 5), Region(9, 9)]}, r"excluded\[1\] is \[9, 9\)"),
        ({"sentences": [Span(0, 9), Span(5, 12)]}, "overlap"),
    ],
)
def test_faults_of_gold(fields: dict[str, Any], message: str) -> None:
    gold = good()
    for name, value in fields.items():
        setattr(gold, name, value)
    with pytest.raises(ScoreError, match=f"gold d: .*{message}"):
        evaluate([gold], [Prediction(id="d", entities=[], quotes=[], claims=[])])


def test_gold_has_layers_and_types_of_its_schema() -> None:
    empty = Prediction(id="d", entities=[], quotes=[], claims=[])
    gold = GoldRecord(id="d", text=TEXT, quotes=[quote((0, 5))])
    news = load_schema("news")
    assert news.quotes is not None
    without = msgspec.structs.replace(news, quotes=None)
    with pytest.raises(ScoreError, match="gold d: layer quotes is not in schema news"):
        evaluate([gold], [empty], schema=without)
    both = GoldRecord(id="d", text=TEXT, entities=[Entity(0, 5, P), Entity(6, 9, P)])
    without = msgspec.structs.replace(news, entities=None)
    with pytest.raises(ScoreError, match=r"gold d: layer entities is not in schema news.*, which has quotes, claims$"):
        evaluate([both], [empty], schema=without)
    kept = [label for label in news.quotes.types if label.name != "direct"]
    other = msgspec.structs.replace(news, quotes=msgspec.structs.replace(news.quotes, types=kept))
    with pytest.raises(ScoreError, match=r"gold d: quotes\[0\] has type 'direct', .*; expected one of indirect, mixed"):
        evaluate([gold], [empty], schema=other)


@pytest.mark.parametrize(
    ("gold_text", "text", "hint"),
    [
        ("Café au lait", "Cafe\u0301 au lait", "NFC or NFD"),
        ("One\ntwo", "One\r\ntwo", "CRLF"),
        ("One two", "One two ", "edges"),
        ("One two", "One tww", "offset 6"),
    ],
)
def test_texts_must_be_the_same(gold_text: str, text: str, hint: str) -> None:
    with pytest.raises(ScoreError, match=f"prediction d: .*{hint}"):
        evaluate([GoldRecord(id="d", text=gold_text, entities=[])], [Prediction(id="d", text=text, entities=[])])


def test_a_differing_text_is_no_missing_layer() -> None:
    gold = [GoldRecord(id=name, text="One two", entities=[]) for name in "de"]
    predictions = [Prediction(id="d", text="One two", entities=[]), Prediction(id="e", text="One", entities=[])]
    with pytest.raises(ScoreError) as caught:
        evaluate(gold, predictions)
    assert len(caught.value.problems) == 1


def test_a_wrong_hash_is_a_different_text() -> None:
    with pytest.raises(ScoreError, match="prediction d: its text_sha256"):
        evaluate([good()], [Prediction(id="d", text_sha256="0" * 64, entities=[])], layers=["entities"])
    with pytest.raises(ScoreError, match=r"prediction d: .*text_sha256 is not the hash"):
        evaluate([good()], [Prediction(id="d", text=TEXT, text_sha256="0" * 64, entities=[])], layers=["entities"])
    for known in (None, sha256_text(TEXT)):
        found = Prediction(id="d", text=TEXT, text_sha256=known, entities=[Entity(0, 5, P)])
        assert evaluate([good()], [found], layers=["entities"]).value("f1:strict:entities") == 1.0


def test_all_faults_together() -> None:
    gold = [good(), good(), GoldRecord(id="e", text=TEXT, entities=[Entity(9, 3, P)])]
    predictions = [
        Prediction(id="d", entities=[Entity(0, 99, P)]),
        Prediction(id="d", entities=[]),
        Prediction(id="f", entities=[]),
    ]
    with pytest.raises(ScoreError) as caught:
        evaluate(gold, predictions)
    assert len(caught.value.problems) == 6  # two copies, a reversed span, a long span, a stranger, a missing one


def test_what_is_no_fault() -> None:
    gold = GoldRecord(id="d", text=TEXT, entities=[Entity(0, 10, P), Entity(0, 5, P), Entity(0, 5, ORG)])
    empty = GoldRecord(id="e", text="", entities=[])
    predicted = [Entity(0, 5, "ODD"), Entity(0, 5, "ODD"), Entity(3, 8, P)]
    report = evaluate([gold, empty], [Prediction(id="d", entities=predicted), Prediction(id="e", entities=[])])
    assert report.measures["precision:strict:entities"].n_pred == 3
    assert report.value("precision:strict:entities/ODD") == 0.0
    assert any("ODD (2)" in warning for warning in report.warnings)
    assert any("copies" in warning for warning in report.warnings)


def test_what_is_found_in_ignored_regions_does_not_count() -> None:
    gold = [(0, 5, P)]
    regions = [Region(6, 16), Region(23, 30, layer="quotes")]
    predicted = [(0, 5, P), (6, 10, P), (11, 16, ORG), (23, 30, ORG)]
    found = counts(gold, predicted, ignore=regions[:1], excluded=regions[1:])
    assert found["strict"] == (1, 0, 0, 0, 1)  # the region of another layer does not help
    assert counts(gold, [(0, 10, P)], ignore=regions)["partial"] == (0, 0, 1, 0, 0)  # matched: it counts
    report = evaluate(
        [GoldRecord(id="d", text=TEXT, quotes=[quote((0, 10))], ignore=[Region(11, 16)])],
        [Prediction(id="d", quotes=[quote((0, 10)), quote((11, 22))])],
    )
    assert {m: report.value(f"precision:{m}:quotes") for m in ("exact", "token", "proportional")} == {
        "exact": 1.0,
        "token": 1.0,
        "proportional": 1.0,
    }


def test_an_alternative_label_is_right_too() -> None:
    def score(*predicted: Entity) -> Any:
        gold = GoldRecord(id="d", text=TEXT, entities=[Entity(0, 5, "GPE", alt_labels=["ORG"])])
        return evaluate([gold], [Prediction(id="d", entities=list(predicted))])

    report = score(Entity(0, 5, "ORG"))
    assert report.value("f1:strict:entities") == report.value("f1:type:entities") == 1.0
    assert report.value("f1:strict:entities/GPE") == 1.0
    assert report.confusions == {("GPE", "GPE"): 1}
    report = score(Entity(0, 5, "ORG"), Entity(0, 5, "GPE"))
    assert tuple(report.counts["entities"]["strict"].values()) == (1, 0, 0, 0, 1)
    assert score(Entity(0, 5, "PERSON")).value("f1:strict:entities") == 0.0


def test_per_label_filters_both_sides() -> None:
    report = evaluate(
        [GoldRecord(id="d", text=TEXT, entities=[Entity(0, 5, P), Entity(6, 10, ORG)])],
        [Prediction(id="d", entities=[Entity(0, 5, ORG), Entity(6, 10, ORG)])],
    )
    assert report.value("recall:strict:entities/PERSON") == 0.0
    assert report.value("precision:strict:entities/ORG") == 0.5
    assert report.value("macro-f1:strict:entities") == pytest.approx((0 + 2 / 3) / 2)
    assert report.confusions == {(P, ORG): 1, (ORG, ORG): 1}


SAID = '"The vote is over," X said on Tuesday, "and we accept it."'
GOLD_QUOTE = Quote("direct", [Span(0, 19), Span(39, 58)], Span(20, 21), Span(22, 26))


def score_quotes(*predicted: Quote, gold: Quote = GOLD_QUOTE, text: str = SAID) -> Any:
    return evaluate([GoldRecord(id="d", text=text, quotes=[gold])], [Prediction(id="d", quotes=list(predicted))])


def test_the_example_of_a_quote_scores_as_documented() -> None:
    two = score_quotes(quote((0, 19)), quote((39, 58)))
    assert two.value("f1:exact:quotes") == 0.0
    assert (two.value("precision:overlap:quotes"), two.value("recall:overlap:quotes")) == (0.5, 1.0)
    assert two.value("f1:token:quotes") == 1.0
    assert (two.value("precision:proportional:quotes"), two.value("recall:proportional:quotes")) == (1.0, 1.0)
    across = score_quotes(quote((0, 58)))
    assert (across.value("f1:exact:quotes"), across.value("f1:overlap:quotes")) == (0.0, 1.0)
    assert across.value("precision:token:quotes") < 1
    assert across.value("recall:token:quotes") == 1.0
    bare = score_quotes(quote((1, 18), (40, 57)))
    assert (bare.value("f1:exact:quotes"), bare.value("f1:overlap:quotes")) == (0.0, 1.0)
    spaced = score_quotes(quote((39, 58), (0, 9), (10, 19)))  # a fragment bound at a space does not count
    assert spaced.value("f1:exact:quotes") == 1.0


def test_speakers_are_compared_in_three_ways() -> None:
    text = '"No," said Iraqi Prime Minister Mustafa al-Kadhimi of Iraq. He left.'
    gold = Quote("direct", [Span(0, 5)], Span(11, 50), Span(6, 10))
    whole, part, name, pronoun = Span(11, 58), Span(11, 31), Span(32, 50), Span(60, 62)

    def accuracies(speaker: Span | None) -> tuple[Any, ...]:
        report = score_quotes(Quote("direct", [Span(0, 5)], speaker), gold=gold, text=text)
        return tuple(report.value(f"accuracy:speaker-{how}:quotes") for how in ("exact", "overlap", "head"))

    assert accuracies(Span(11, 50)) == (1.0, 1.0, 1.0)
    assert accuracies(whole) == (0.0, 1.0, 1.0)
    assert accuracies(name) == (0.0, 1.0, 1.0)
    assert accuracies(part) == (0.0, 1.0, 0.0)
    assert accuracies(pronoun) == accuracies(None) == (0.0, 0.0, 0.0)
    nobody = Quote("direct", [Span(0, 5)])
    report = score_quotes(nobody, gold=nobody, text=text)
    assert report.value("accuracy:speaker-head:quotes") is None
    assert report.value("accuracy:speaker-null:quotes") == 1.0
    assert report.value("f1:end-to-end:quotes") == 1.0  # null = null is right


@pytest.mark.parametrize(
    ("speaker", "head"),
    [
        ("Iraqi Prime Minister Mustafa al-Kadhimi", "Kadhimi"),
        ("A spokesman for the Ministry of Health", "spokesman"),
        ("the president of Iraq, Barham Salih", "president"),
        ("Mr. Trump's", "Trump"),
        ("those who left", "those"),
        ("On Tuesday", "Tuesday"),
        ("…", None),
    ],
)
def test_the_head_of_a_speaker_is_found(speaker: str, head: str | None) -> None:
    index = TextIndex(f'"Yes," {speaker} said')
    token = index.head((7, 7 + len(speaker)))
    assert (index.words[token] if token is not None else None) == head


def test_nested_gold_keeps_soft_precision_in_bounds() -> None:
    text = "one two three four five six"
    gold = [quote((0, 27)), quote((0, 7)), quote((4, 13))]
    report = evaluate([GoldRecord(id="d", text=text, quotes=gold)], [Prediction(id="d", quotes=[quote((0, 13))])])
    assert report.value("precision:proportional:quotes") == 1.0


SENTENCES = "One two three. Four five six. Seven eight nine. Ten eleven twelve."
BOUNDS = [Span(0, 14), Span(15, 29), Span(30, 47), Span(48, 66)]


def score_claims(gold: list[Claim], predicted: list[Claim]) -> Any:
    return evaluate(
        [GoldRecord(id="d", text=SENTENCES, claims=gold, sentences=BOUNDS)], [Prediction(id="d", claims=predicted)]
    )


def claim(sentence: int, worthy: bool = True, score: float | None = None, kind: str = "event") -> Claim:
    return Claim(BOUNDS[sentence].start, BOUNDS[sentence].end, worthy, kind, score=score)


def test_average_precision_example() -> None:
    gold = [claim(0), claim(2)]
    assert score_claims(gold, [claim(0, True, 0.9), claim(2, True, 0.7), claim(3, True, 0.8)]).value(
        "ap:check-worthy:claims"
    ) == pytest.approx(0.5 + 0.5 * 2 / 3)
    tied = [claim(0, True, 0.5), claim(2, True, 0.5), claim(3, True, 0.5)]
    assert score_claims(gold, tied).value("ap:check-worthy:claims") == pytest.approx(2 / 3)
    assert score_claims([], tied).value("ap:check-worthy:claims") is None


def test_claim_alignment_needs_half_of_the_tokens() -> None:
    gold = [Claim(0, 7, True, "event")]  # One two
    assert score_claims(gold, [Claim(4, 13, True, "event")]).value("f1:overlap:claims") == 1.0  # Dice 2 / 4
    assert score_claims(gold, [Claim(4, 14, True, "event")]).value("f1:overlap:claims") == 0.0  # Dice 2 / 5


def test_claims_go_to_the_sentence_they_share_most_with() -> None:
    report = score_claims([claim(0)], [Claim(10, 25, True, "event")])
    assert report.value("f1:sentence:claims") == 0.0
    assert report.value("f1:check-worthy:claims") == 0.0
    assert tuple(report.counts["claims"]["sentence"].values()) == (0, 0, 0, 1, 1)
    tie = score_claims([claim(0)], [Claim(13, 16, True, "event")])  # one code point in each: the first
    assert tie.value("f1:sentence:claims") == 1.0


def test_the_attributes_of_claims_are_scored() -> None:
    gold = [claim(0), claim(1, False), claim(2, True, kind="statistic")]
    predicted = [claim(0, False), claim(1, False), claim(2, True, kind="statistic")]
    report = score_claims(gold, predicted)
    assert report.value("accuracy:kind:claims") == report.value("kappa:kind:claims") == 1.0
    assert report.value("accuracy:check-worthy:claims") == pytest.approx(2 / 3)
    assert report.value("kappa:check-worthy:claims") == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert report.value("accuracy:claimer-exact:claims") == 1.0  # the article's own voice on both sides


def test_sentences_are_named_where_gold_has_none() -> None:
    gold = GoldRecord(id="d", text=SENTENCES, claims=[claim(0)])
    report = evaluate([gold], [Prediction(id="d", claims=[Claim(2, 9, True, "event")])])
    assert report.signature["sentences"] == "annotate-sentences-1"
    assert report.value("f1:sentence:claims") == 1.0


def test_a_signature_changes_with_what_matters_only() -> None:
    def sign(text: str = TEXT, order: int = 1, **options: Any) -> dict[str, Any]:
        gold = [
            GoldRecord(id="d", text=text, entities=[Entity(0, 5, P), Entity(6, 10, ORG)][::order]),
            GoldRecord(id="e", text=text, entities=[]),
        ][::order]
        predictions = [Prediction(id=i, entities=[]) for i in "de"]
        return evaluate(gold, predictions, schema=load_schema(), **options).signature

    assert sign() == sign(order=-1)
    assert sign() != sign(text=TEXT + " ")
    assert sign() != sign(seed=1)
