"""The signature: gold's digest changes with everything that is scored against, and with nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from annotate.label_map import LabelMap
from annotate.records import Claim, Entity, GoldRecord, Item, Prediction, Quote, Region, Span
from annotate.schema import load_schema
from annotate.score import evaluate
from annotate.score.options import ScoreOptions
from annotate.score.problems import Problems
from annotate.score.signature import count_gold_spans, digest_gold, write_signature
from annotate.score.tables import GoldTable, read_gold

TEXT = "“It rained,” Ann Lee said. “It snowed,” Bob Ray of Acme said. Done."
replace = msgspec.structs.replace


def make() -> list[GoldRecord]:
    return [
        GoldRecord(
            id="a",
            text=TEXT,
            entities=[Entity(13, 20, "PERSON"), Entity(51, 55, "ORG", alt_labels=["GPE"])],
            quotes=[
                Quote("direct", [Span(0, 12), Span(27, 39)], Span(13, 20), Span(21, 25)),
                Quote("mixed", [Span(27, 39)], Span(40, 47)),
            ],
            claims=[Claim(1, 10, True, "event", Span(13, 20)), Claim(28, 37, False, "event")],
            ignore=[Region(62, 66), Region(0, 1, "claims")],
            sentences=[Span(0, 26), Span(27, 61), Span(62, 67)],
        ),
        GoldRecord(id="b", text="Rome fell.", entities=[], quotes=[]),
    ]


def read(records: list[GoldRecord]) -> GoldTable:
    problems = Problems()
    table = read_gold(records, load_schema(), problems)
    assert not problems.sentences
    return table


def change(layer: str, place: int, **fields: Any) -> dict[str, list[Item]]:
    """A layer of the first article with one item changed."""
    items = list(getattr(make()[0], layer))
    items[place] = replace(items[place], **fields)
    return {layer: items}


FRAGMENTS = [Span(27, 39), Span(0, 12)]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"id": "c"}, False),
        ({"text": TEXT.replace("Done", "Gone")}, False),
        (change("entities", 0, end=16), False),
        (change("entities", 0, start=17), False),
        (change("entities", 0, label="ORG"), False),
        (change("entities", 1, alt_labels=["GPE", "LOC"]), False),
        (change("entities", 1, alt_labels=None), False),
        (change("quotes", 0, content=[Span(0, 12)]), False),
        (change("quotes", 0, type="mixed"), False),
        (change("quotes", 0, speaker=None), False),
        (change("quotes", 0, speaker=Span(13, 16)), False),
        (change("quotes", 0, cue=Span(56, 60)), False),
        (change("claims", 0, start=4), False),
        (change("claims", 0, end=12), False),
        (change("claims", 0, kind="statistic"), False),
        (change("claims", 0, check_worthy=False), False),
        (change("claims", 0, claimer=None), False),
        ({"ignore": [Region(62, 66)]}, False),
        ({"ignore": [Region(62, 66), Region(0, 1, "quotes")]}, False),
        ({"ignore": [Region(62, 66), Region(0, 2, "claims")]}, False),
        ({"sentences": None}, False),
        ({"sentences": [Span(0, 26), Span(27, 61)]}, False),
        ({"claims": None}, False),
        ({"entities": make()[0].entities[::-1]}, True),
        ({"quotes": make()[0].quotes[::-1]}, True),
        ({"claims": make()[0].claims[::-1]}, True),
        ({"sentences": make()[0].sentences[::-1]}, True),
        ({"ignore": [Region(0, 1, "claims")], "excluded": [Region(62, 66)]}, True),
        (change("quotes", 0, content=FRAGMENTS, speaker_name="Ann"), True),
        (change("entities", 0, note="sure?", id="e1", origin="manual", annotators=["ann"]), True),
        (change("claims", 0, score=0.5, confidence=0.5), True),
        ({"annotators": ["ann"], "split": "dev", "cluster": "c1", "decided_by": "ann", "meta": {"x": 1}}, True),
    ],
)
def test_the_digest_of_gold(changes: dict[str, Any], same: bool) -> None:
    first, second = make()
    found = digest_gold(read([second, replace(first, **changes)]))
    assert (found == digest_gold(read(make()))) == same


def test_weights_are_part_of_the_digest() -> None:
    found = {digest_gold(read([replace(one, weight=w) for one in make()])) for w in (None, 1.0, 2.0)}
    assert len(found) == 3


def test_gold_spans_by_label_of_the_scored_layers() -> None:
    table = read(make())
    assert count_gold_spans(table, ["entities", "quotes", "claims"]) == {
        "entities": {"ORG": 1, "PERSON": 1},
        "quotes": {"direct": 1, "mixed": 1},
        "claims": {"event": 2},
    }
    assert count_gold_spans(table, ["quotes"]) == {"quotes": {"direct": 1, "mixed": 1}}


def sign(gold: list[GoldRecord], **options: Any) -> dict[str, Any]:
    layers = ("entities", "quotes", "claims")
    found = [
        Prediction(id=one.id, **{layer: [] for layer in layers if getattr(one, layer) is not None}) for one in gold
    ]
    return evaluate(gold, found, trials=0, **options).signature


def test_sentences_are_golds_own_where_it_has_them() -> None:
    first, second = make()
    assert sign([first, second])["sentences"] == "gold"  # the second has no claims
    split = replace(first, sentences=None)
    assert sign([split, second])["sentences"] == "annotate-sentences-1"
    both = sign([first, replace(split, id="c"), replace(split, id="d")])
    assert both["sentences"] == "gold in 1 documents, annotate-sentences-1 in 2"
    assert both["claim_threshold"] == 0.5
    assert {"sentences", "claim_threshold", "tokens"}.isdisjoint(sign([second], layers=["entities"]))
    assert "tokens" in sign([second], layers=["quotes"])
    assert "sentences" not in sign([second], layers=["quotes"])


def test_options_are_signed_where_they_change_values() -> None:
    plain = {"missing": "error", "extra": "error", "trials": 1000, "seed": 0}
    assert ScoreOptions().to_signature() == plain
    conll = LabelMap.parse("conll")
    changed = ScoreOptions(
        missing="empty", extra="ignore", trials=5, seed=2, label_map=conll, by="story", gold_name="x"
    )
    assert changed.to_signature() == {
        "missing": "empty", "extra": "ignore", "trials": 5, "seed": 2, "map": conll.to_dict(), "by": "story",
    }  # fmt: skip
    ceiling = {"f1:strict:entities": 0.9, "f1:exact:quotes": 0.8}
    assert ScoreOptions(ceiling=ceiling).fair_ceiling == ceiling
    assert ScoreOptions(ceiling=ceiling, label_map=conll).fair_ceiling == {"f1:exact:quotes": 0.8}
    assert ScoreOptions(ceiling=ceiling, by="story").fair_ceiling == {}


def test_the_signature_on_one_line_has_its_parts_in_one_order() -> None:
    signature = sign(make(), gold_name="news/1.0.0", label_map=LabelMap.parse("conll"), seed=7)
    parts = dict(part.split(":", 1) for part in write_signature(signature).split("|"))
    order = "gold schema definitions layers map missing extra trials seed sentences annotate"
    assert " ".join(parts) == order
    assert parts["gold"] == f"news/1.0.0@{signature['gold_sha256'][:8]}"
    assert (parts["layers"], parts["map"], parts["seed"]) == ("entities,quotes,claims", "conll", "7")
    weighted = write_signature(sign([replace(one, weight=2.0) for one in make()]))
    assert weighted.startswith("gold:records@")
    assert weighted.endswith("|weights:gold")
