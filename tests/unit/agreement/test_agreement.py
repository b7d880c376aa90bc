"""Agreement as a whole: edge cases, that it is the scorer's measure, what it reports about disagreements."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from annotate.agreement import Agreement, agree, describe_agreement
from annotate.agreement.positions import align_items, dice_overlap
from annotate.errors import RecordError, ScoreError
from annotate.jsonl import write_records
from annotate.printing import Table, to_text
from annotate.records import Annotation, Claim, Entity, GoldRecord, Prediction, Quote, Span
from annotate.score.evaluate import evaluate
from annotate.text.text_index import TextIndex
from tests.support.commands import run

TEXT = 'President Ada Lovelace told reporters that taxes would rise, "and soon," she said in France.'
ADA, TITLED, FRANCE = Entity(10, 22, "PERSON"), Entity(0, 22, "PERSON"), Entity(85, 91, "GPE")
QUOTE = Quote("indirect", [Span(43, 59)], Span(0, 22), Span(23, 27))
CLAIM = Claim(43, 59, True, "commitment_or_prediction", Span(10, 22))


def by(annotator: str, article: str = "a1", **layers: Any) -> Annotation:
    return Annotation(**{"id": article, "text": TEXT, "annotator": annotator, **layers})


def full(annotator: str, article: str = "a1") -> Annotation:
    return by(annotator, article, entities=[ADA, FRANCE], quotes=[QUOTE], claims=[CLAIM])


def value(agreement: Agreement, name: str) -> float | None:
    return agreement.measures[name].value


def test_full_agreement_is_one_everywhere_it_is_defined() -> None:
    agreement = agree([full("a"), full("b")])
    assert set(agreement.ceiling.values()) == {1.0}
    for name in ("alpha_u:extent:entities", "alpha_u:extent:quotes", "alpha_u:extent:claims", "alpha:label:entities"):
        assert value(agreement, name) == 1.0, name
    assert agreement.patterns == []
    assert agreement.outcomes["entities"]["agreed"] == 2
    assert value(agreement, "kappa:kind:claims") is None  # one claim, one kind: nothing varied


def test_nobody_marked_anything_is_undefined_not_perfect() -> None:
    agreement = agree([by(name, entities=[], quotes=[], claims=[]) for name in "ab"])
    assert agreement.ceiling == {}
    assert value(agreement, "alpha_u:extent:entities") is None


@pytest.mark.parametrize("annotations", [[], [full("a")], [full("a", "a1"), full("b", "a2")]])
def test_without_a_common_article_there_is_no_agreement(annotations: list[Annotation]) -> None:
    agreement = agree(annotations)
    assert (agreement.articles, agreement.measures) == (0, {})
    assert "no article was annotated by two annotators" in agreement.remarks[0]


def test_disjoint_marks_are_no_agreement() -> None:
    agreement = agree([by("a", entities=[ADA]), by("b", entities=[FRANCE])])
    assert value(agreement, "f1:strict:entities") == 0
    assert (value(agreement, "alpha_u:extent:entities") or 0) < 0.1
    assert agreement.outcomes["entities"]["alone"] == 2


def test_layers_are_compared_only_where_both_annotated_them() -> None:
    agreement = agree([full("a"), by("b", entities=[ADA, FRANCE])])
    assert set(agreement.outcomes) == {"entities"}
    assert not any(name.endswith(("quotes", "claims")) for name in agreement.measures)


def test_skipped_annotations_are_left_out() -> None:
    assert agree([full("a"), by("b", status="skipped")]).articles == 0


def test_what_is_skipped_hides_nothing_that_follows() -> None:
    found = agree([by("a", status="skipped"), full("b"), full("c"), by("d", status="draft"), full("e")])
    assert found.annotators == {"b": 1, "c": 1, "e": 1}


def test_two_who_share_no_layer_have_nothing_to_compare() -> None:
    found = agree([by("a", entities=[ADA]), by("b", quotes=[QUOTE])])
    assert (found.articles, found.measures, found.pairs, found.outcomes) == (1, {}, [], {})


LABELS = {"a": "PPGGGPPG", "b": "PGGGGPPP", "c": "GGPG"}
"""The labels of eight articles' one name by annotator; the third annotated four of them."""


def three_annotators() -> list[Annotation]:
    names = {"P": "PERSON", "G": "GPE"}
    return [
        by(who, f"a{number}", entities=[Entity(10, 22, names[label])])
        for who, labels in LABELS.items()
        for number, label in enumerate(labels)
    ]


def test_kappa_of_three_is_the_mean_over_pairs_weighted_by_their_items() -> None:
    pairs = {pair: list(zip(*map(LABELS.__getitem__, pair), strict=False)) for pair in ("ab", "ac", "bc")}
    kappas = {pair: cohen_kappa_score(*zip(*labels, strict=True)) for pair, labels in pairs.items()}
    assert len({round(kappa, 6) for kappa in kappas.values()}) == 3
    found = agree(three_annotators(), trials=0)
    assert (found.annotators, found.articles, found.single) == ({"a": 8, "b": 8, "c": 4}, 8, 0)
    figure = found.measures["kappa:label:entities"]
    assert figure.n == 8 + 4 + 4
    assert figure.value == pytest.approx((8 * kappas["ab"] + 4 * kappas["ac"] + 4 * kappas["bc"]) / 16)
    assert found.measures["alpha:label:entities"].n == 8
    same = sum(x == y for labels in pairs.values() for x, y in labels)
    assert value(found, "f1:strict:entities") == same / 16


def test_each_pair_has_the_values_that_it_has_alone() -> None:
    annotations = three_annotators()
    found = agree(annotations, trials=0)
    assert [(pair.annotators, pair.articles) for pair in found.pairs] == [
        (("a", "b"), 8),
        (("a", "c"), 4),
        (("b", "c"), 4),
    ]
    for pair in found.pairs:
        alone = agree([one for one in annotations if one.annotator in pair.annotators], trials=0)
        values = {name: figure.value for name, figure in alone.measures.items() if name in pair.measures}
        assert pair.measures == values
        assert pair.measures["f1:strict:entities"] is not None


def test_boundaries_and_labels_are_told_apart() -> None:
    a = by("a", entities=[ADA, FRANCE, Entity(28, 37, "ORG")])
    b = by("b", entities=[TITLED, Entity(85, 91, "LOC"), Entity(23, 37, "NORP")])
    counts = agree([a, b]).outcomes["entities"]
    assert [counts[key] for key in ("agreed", "boundary", "attributes", "both", "alone")] == [0, 1, 1, 1, 0]


def test_it_is_the_scorers_measure() -> None:
    a, b = full("a"), by("b", entities=[TITLED, FRANCE], quotes=[QUOTE], claims=[])
    agreement = agree([a, b])
    gold = GoldRecord(id="a1", text=TEXT, entities=a.entities, quotes=a.quotes, claims=a.claims)
    report = evaluate([gold], [Prediction(id="a1", entities=b.entities, quotes=b.quotes, claims=b.claims)])
    for name, found in agreement.ceiling.items():
        if name.startswith("f1:"):
            assert found == pytest.approx(report.value(name)), name


def test_patterns_name_what_guidelines_could_settle() -> None:
    the = Quote("indirect", [Span(38, 59)], Span(10, 22), Span(23, 27))
    a = by("a", entities=[ADA, FRANCE], quotes=[QUOTE], claims=[CLAIM])
    b = by("b", entities=[TITLED], quotes=[the], claims=[Claim(43, 59, False, "event", None)])
    patterns = {pattern.name: pattern.cost for pattern in agree([a, b]).patterns}
    assert patterns == {
        "PERSON: title or role before it": 2,
        "GPE: only one of two marked it": 1,
        'indirect quote: "that" before it': 2,
        "speaker: a longer or a shorter mention": 1,
        "kind: commitment_or_prediction or event": 1,
        "check_worthy: False or True": 1,
        "claimer: only one of two gives it": 1,
    }
    found = {pattern.name: pattern for pattern in agree([a, b]).patterns}
    titled = found["PERSON: title or role before it"].examples[0]
    assert titled.versions == {"a": "Ada Lovelace (PERSON)", "b": "President Ada Lovelace (PERSON)"}
    speaker = found["speaker: a longer or a shorter mention"].examples[0]
    assert speaker.versions == {"a": "President Ada Lovelace", "b": "Ada Lovelace"}
    assert found["GPE: only one of two marked it"].examples[0].versions == {"a": "France (GPE)", "b": None}


def test_another_label_costs_two_errors_and_another_kind_one() -> None:
    a = by("a", entities=[FRANCE, ADA], claims=[CLAIM])
    b = by("b", entities=[Entity(85, 91, "LOC"), Entity(10, 22, "ORG")], claims=[Claim(43, 59, False, "event")])
    found = {pattern.name: pattern for pattern in agree([a, b, full("c", "a2"), full("d", "a2")], trials=0).patterns}
    assert {name: (pattern.count, pattern.cost) for name, pattern in found.items()} == {
        "label: GPE or LOC": (1, 2),
        "label: ORG or PERSON": (1, 2),
        "kind: commitment_or_prediction or event": (1, 1),
        "check_worthy: False or True": (1, 1),
        "claimer: only one of two gives it": (1, 1),
    }
    assert not any(pattern.words for pattern in found.values())  # none was seen twice
    assert found["label: GPE or LOC"].examples[0].versions == {"a": "France (GPE)", "b": "France (LOC)"}
    assert found["check_worthy: False or True"].examples[0].versions == {
        "a": "taxes would rise (commitment_or_prediction, check-worthy)",
        "b": "taxes would rise (event, not check-worthy)",
    }


def test_the_words_under_two_labels_are_counted() -> None:
    pairs = [
        by(who, f"a{i}", entities=[Entity(85, 91, label)])
        for i in range(3)
        for who, label in (("a", "GPE"), ("b", "LOC"))
    ]
    (pattern,) = agree(pairs, trials=0).patterns
    assert (pattern.name, pattern.words) == ("label: GPE or LOC", {"France": 3})


def test_quotes_that_one_did_not_mark_go_by_their_cue() -> None:
    said = Quote("direct", [Span(61, 72)], cue=Span(77, 81))
    bare = [Quote("direct", [Span(start, start + 4)]) for start in (0, 10)]
    versions = [by("a", f"a{i}", quotes=[said, QUOTE, *bare]) for i in range(2)]
    (indirect, direct) = sorted(
        agree([*versions, *(by("b", f"a{i}", quotes=[]) for i in range(2))], trials=0).patterns,
        key=lambda pattern: pattern.count,
    )
    assert (indirect.count, indirect.cost, indirect.words) == (2, 2, {"told": 2})
    assert (direct.count, direct.cost, direct.words) == (6, 6, {"no cue": 4, "said": 2})


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ("Mix, ", "a capitalised word"),
        ("former Sen. ", "title or role"),
        ("vice-chairman ", "title or role"),
        ("of the (old) ", "two or three words"),
        ("of the “old” and (new) ", "four or more words"),
    ],
)
def test_the_words_more_are_counted_without_marks(more: str, name: str) -> None:
    text = f"{more}Ada spoke."
    start, end = len(more), len(more) + 3
    pair = [
        Annotation(id="x", text=text, annotator=who, entities=[Entity(first, end, "PERSON")])
        for who, first in (("a", start), ("b", 0))
    ]
    assert [pattern.name for pattern in agree(pair, trials=0).patterns] == [f"PERSON: {name} before it"]


def test_patterns_count_the_words_in_question_and_take_examples_from_several_articles() -> None:
    versions = [by(name, f"a{i}", entities=[ADA if name == "a" else TITLED]) for i in range(5) for name in "ab"]
    (pattern,) = agree(versions, trials=0).patterns
    assert (pattern.count, pattern.cost, pattern.words) == (5, 10, {"president": 5})
    assert [example.id for example in pattern.examples] == ["a0", "a1", "a2"]


def test_intervals_need_five_articles() -> None:
    few = [by(name, f"a{i}", entities=[ADA] if i % 2 or name == "a" else [TITLED]) for i in range(4) for name in "ab"]
    more = [by(name, f"b{i}", entities=[ADA] if i % 2 or name == "a" else [TITLED]) for i in range(12) for name in "ab"]
    assert agree(few).measures["f1:strict:entities"].low is None
    figure = agree(more).measures["f1:strict:entities"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0.5 < figure.high
    assert agree(more, trials=0).measures["f1:strict:entities"].low is None
    (table,) = (one for one in describe_agreement(agree(more)) if isinstance(one, Table) and one.title == "entities")
    interval = f"{figure.low:.3f} to {figure.high:.3f}"
    assert table.rows[0] == ["f1:strict:entities", f"{figure.value:.3f}", interval, f"{figure.n}"]


def test_problems_are_errors() -> None:
    with pytest.raises(RecordError, match="its text is not that of a"):
        agree([full("a"), by("b", text=TEXT + "!")])
    with pytest.raises(RecordError, match="a1 by a: a second annotation by this annotator"):
        agree([full("a"), full("b"), full("a")])
    with pytest.raises(RecordError, match=r"a1 by b: entities\[0\] is \[0, 999\)"):
        agree([full("a"), by("b", entities=[Entity(0, 999, "ORG")])])
    with pytest.raises(RecordError, match="a1 by b: no text"):
        agree([full("a"), by("b", text=None, entities=[])])
    with pytest.raises(ScoreError, match="NAME"):
        agree([full("a"), by("b", entities=[Entity(0, 3, "NAME")])])


def test_the_report_prints_and_the_json_is_json() -> None:
    agreement = agree([full("a"), by("b", entities=[TITLED], quotes=[], claims=[])])
    printed = to_text(describe_agreement(agreement))
    assert "f1:strict:entities" in printed
    assert "title or role before it" in printed
    assert json.loads(json.dumps(agreement.to_dict()))["ceiling"] == agreement.ceiling


def test_the_report_has_labels_by_size_and_pairs() -> None:
    def rows(title: str) -> list[list[str]]:
        (table,) = (block for block in describe_agreement(found) if isinstance(block, Table) and block.title == title)
        return [list(row) for row in table.rows]

    found = agree([*three_annotators(), full("a", "b1"), full("b", "b1")], trials=0)
    labels = rows("entities by label")
    assert sorted(row[0] for row in labels) == ["GPE", "PERSON"]
    for label, f1, interval, alpha, items in labels:
        figure = found.measures[f"f1:strict:entities/{label}"]
        assert (f1, interval, items) == (f"{figure.value:.3f}", "-", f"{figure.n}")
        assert alpha == f"{value(found, f'alpha_u:extent:entities/{label}'):.3f}"
    sizes = [int(row[-1]) for row in labels]
    assert sizes == sorted(sizes, reverse=True)
    assert [row[3] for row in rows("quotes by type")] == ["-"]
    pairs = rows("pairs of annotators")
    assert [row[:2] for row in pairs] == [["a / b", "9"], ["a / c", "4"], ["b / c", "4"]]
    assert [row[2] for row in pairs] == [f"{pair.measures['f1:strict:entities']:.3f}" for pair in found.pairs]
    assert [row[3:] for row in pairs] == [["1.000", "1.000", "1.000"], ["-", "-", "-"], ["-", "-", "-"]]
    two = agree([full("a"), full("b")], trials=0)
    assert "pairs of annotators" not in to_text(describe_agreement(two))
    assert repr(two).startswith("<Agreement 1 article, f1:strict:entities 1.000, ")


def test_extents_of_nothing_do_not_overlap() -> None:
    assert dice_overlap((), ()) == 0.0
    assert dice_overlap(((0, 4),), ()) == 0.0
    assert dice_overlap(((0, 4), (6, 8)), ((2, 7),)) == 2 * 3 / 11


entity = st.builds(
    lambda start, size, label: Entity(start, min(start + size, len(TEXT)), label),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 20),
    st.sampled_from(["PERSON", "ORG"]),
)


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(entity, max_size=6)), st.randoms(use_true_random=False))
def test_alignment_uses_every_item_once_whatever_the_order(marked: dict[str, list[Entity]], mix: random.Random) -> None:
    index = TextIndex(TEXT)
    positions = align_items("entities", marked, index)
    for name, items in marked.items():
        found = [position.items[name] for position in positions if name in position.items]
        assert sorted(map(repr, found)) == sorted(map(repr, items))
    shuffled = [(name, mix.sample(items, len(items))) for name, items in marked.items()]
    mix.shuffle(shuffled)
    assert align_items("entities", dict(shuffled), index) == positions


@given(st.lists(entity, max_size=6, unique=True), st.lists(entity, max_size=6, unique=True))
def test_equal_extents_are_always_aligned(a: list[Entity], b: list[Entity]) -> None:
    index = TextIndex(TEXT)
    positions = align_items("entities", {"a": a, "b": b}, index)
    extents = [{(item.start, item.end) for item in side if TEXT[item.start : item.end].strip()} for side in (a, b)]
    matched = {
        (position.items["a"].start, position.items["a"].end)
        for position in positions
        if len(position.items) == 2 and position.values["a"]["extent"] == position.values["b"]["extent"]
    }
    contents = {index.content([extent]) for extent in extents[0]} & {index.content([extent]) for extent in extents[1]}
    assert len(matched) >= len(contents)


def test_saying_the_same_thing_twice_counts_once() -> None:
    twice = by("a", entities=[ADA, ADA, Entity(10, 22, "PERSON", id="x")], quotes=[QUOTE, QUOTE], claims=[CLAIM, CLAIM])
    twice.quotes += [Quote("indirect", [Span(43, 48), Span(49, 59)], Span(0, 22), Span(23, 27))]  # cut at a blank
    once = by("b", entities=[ADA], quotes=[QUOTE], claims=[CLAIM])
    assert set(agree([twice, once]).ceiling.values()) == {1.0}


def test_the_command_prints_names_as_they_are_and_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_records(path, [full("a:label:[b]"), by("c", entities=[TITLED])])
    printed = run("agree", path)
    assert "kappa:label:entities" in printed.stdout
    assert "a:label:[b]" in printed.stdout
    found = json.loads(run("agree", path, "--format", "json", "--trials", 0).stdout)
    assert found["ceiling"]["f1:strict:entities"] == 0
    assert found["measures"]["alpha:label:entities"] == {"value": None, "low": None, "high": None, "n": 1}


def test_a_stray_blank_makes_no_disagreement() -> None:
    text = "Ana Reis met Acme Corp in Leeds."

    def by(name: str, *ranges: tuple[int, int]) -> Annotation:
        entities = [Entity(start, end, "ORG") for start, end in ranges]
        return Annotation(id="a", text=text, annotator=name, entities=entities)

    versions = [by("ann", (0, 8), (13, 22), (26, 31)), by("bob", (0, 9), (12, 22), (26, 31))]
    found = agree(versions, trials=0)
    assert found.ceiling["f1:strict:entities"] == 1.0
    assert found.outcomes["entities"]["agreed"] == 3


@pytest.mark.parametrize("weights", ["gold", "none"])
def test_intervals_of_a_weighted_sample_are_those_that_score_gives(weights: Any) -> None:
    chance = random.Random(4)
    first, second = [], []
    for number in range(24):
        few = number < 6  # a stratum of few articles that each speak for many
        meta = {
            "selection": {
                "probability": 0.05 if few else 0.5,
                "stratum": "few" if few else "many",
                "pool": 156,
                "pool_sha256": "ab",
                "seed": 0,
            }
        }
        items = [Entity(place * 4, place * 4 + 3, "PERSON") for place in range(chance.randint(2, 9))]
        kept = [item for item in items if chance.random() < (0.4 if few else 0.9)]
        first.append(by("a", f"a{number:02d}", entities=items, meta=meta))
        second.append(by("b", f"a{number:02d}", entities=kept, meta=meta))
    gold = [
        GoldRecord(
            id=one.id, text=TEXT, entities=one.entities, meta=one.meta, weight=1 / one.meta["selection"]["probability"]
        )
        for one in first
    ]
    predictions = [Prediction(id=one.id, entities=one.entities) for one in second]
    found = agree([*first, *second], weights=weights).measures["f1:strict:entities"]
    scored = evaluate(gold, predictions, weights=weights).measures["f1:strict:entities"]
    assert (found.value, found.low, found.high) == pytest.approx((scored.value, scored.low, scored.high), abs=1e-12)
