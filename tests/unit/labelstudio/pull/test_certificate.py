"""The certificate of a pull: what it counts of edges, and that they count as no change."""

from __future__ import annotations

import pytest

from annotate.labelstudio.pull.certificate import Certificate
from annotate.printing import to_text
from annotate.records import LAYERS, Annotation, Entity, Layers, Quote, Span
from annotate.task_json.outcomes import OUTCOMES, compare_layers, count_changes

TEXT = "“Go,” said Ana Reis , twice."
PREDICTED = Layers(entities=[Entity(11, 19, "PERSON", id="e1")], quotes=[Quote("direct", [Span(0, 5, id="q1")])])


def read(predicted: Layers = PREDICTED, **layers: object) -> tuple[Annotation, Certificate]:
    certificate = Certificate(toolkit="", url="", schema="", pulled_at="", verified_against="ledger")
    annotation = Annotation(id="a", text=TEXT, annotator="ann", predicted=predicted, **layers)  # type: ignore[arg-type]
    trimmed = certificate.trim(annotation)
    certificate.count_annotation(trimmed, count_changes(compare_layers(predicted, annotation)), verified=True)
    return trimmed, certificate


@pytest.mark.parametrize(("start", "end", "trimmed"), [(11, 19, 0), (10, 19, 1), (11, 20, 1), (10, 21, 1)])
def test_an_edge_that_was_dragged_too_far_is_trimmed_and_counted(start: int, end: int, trimmed: int) -> None:
    annotation, certificate = read(entities=[Entity(start, end, "PERSON", id="e1")])
    assert annotation.entities == [Entity(11, 19, "PERSON", id="e1")]
    assert (certificate.trimmed, certificate.changes["entities"]["unchanged"]) == (trimmed, 1)
    assert ("trimmed" in to_text(certificate.summary())) == bool(trimmed)
    assert certificate.is_clean


def test_quotation_marks_are_part_of_a_quote() -> None:
    annotation, certificate = read(quotes=[Quote("direct", [Span(0, 6)], speaker=Span(10, 21))])
    assert annotation.quotes == [Quote("direct", [Span(0, 5)], speaker=Span(11, 19))]
    assert certificate.trimmed == 2


def test_what_has_the_offsets_of_the_prediction_keeps_them() -> None:
    wide = Entity(10, 21, "PERSON", id="e1")
    annotation, certificate = read(Layers(entities=[wide]), entities=[wide])
    assert annotation.entities == [wide]
    assert (certificate.trimmed, certificate.changes["entities"]["unchanged"]) == (0, 1)


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        ((12, 19), "Ana Reis"),  # half of the first word
        ((11, 17), "Ana Reis"),  # half of the last one
        ((9, 19), "Ana Reis"),  # the last letter of the word before
        ((11, 24), "Ana Reis"),  # less than half of a word too many
        ((11, 25), "Ana Reis , twice"),
        ((16, 18), "Reis"),  # inside one word
    ],
)
def test_an_edge_inside_a_word_moves_to_its_end_and_is_counted(drawn: tuple[int, int], words: str) -> None:
    annotation, certificate = read(entities=[Entity(*drawn, "PERSON", id="e1")])
    [entity] = annotation.entities or ()
    assert TEXT[entity.start : entity.end] == words
    assert certificate.snapped == 1
    assert "whole words" in to_text(certificate.summary())


def test_a_predicted_edge_inside_a_word_stays() -> None:
    half = Entity(12, 17, "PERSON", id="e1")
    annotation, certificate = read(Layers(entities=[half]), entities=[half])
    assert annotation.entities == [half]
    assert certificate.snapped == 0


def test_two_pieces_of_a_quote_in_one_word_stay_apart() -> None:
    quote = Quote("direct", [Span(15, 17), Span(17, 19)])
    annotation, certificate = read(quotes=[quote])
    assert annotation.quotes == [quote]
    assert certificate.snapped == 0


def test_the_summary_fits_80_columns_and_separates_thousands() -> None:
    certificate = Certificate(
        toolkit="", url="", schema="", pulled_at="", tasks=1200, submitted=1, verified_against="ledger"
    )
    for layer in LAYERS:
        certificate.changes[layer] = dict.fromkeys(("pushed", *OUTCOMES.values()), 12_345)
    shown = to_text(certificate.summary())
    assert max(map(len, shown.split("\n"))) <= 80
    assert shown.startswith("1,200 tasks: 1 submitted annotation, ")
    assert shown.count("12,345") == 3 * (1 + len(OUTCOMES))
