"""What the page of errors shows of the predictions' scores."""

from __future__ import annotations

from annotate.harness.error_page import render_report
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import evaluate

TEXT = "Ann met Bob in Oslo."
GOLD = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 3, "PERSON"), Entity(8, 11, "PERSON")])]


def render(*entities: Entity) -> str:
    predictions = [Prediction(id="a", entities=list(entities))]
    return render_report(evaluate(GOLD, predictions), GOLD, predictions)


def test_curve_and_reliability_are_plotted() -> None:
    page = render(
        Entity(0, 3, "PERSON", score=0.95), Entity(15, 19, "GPE", score=0.35), Entity(8, 11, "PERSON", score=0.3)
    )
    assert 'points="500.0,0.0 500.0,500.0 1000.0,333.3"' in page  # recall to the right, precision upwards
    assert (
        '<rect class="interval" x="900" y="0.0" width="100" height="1000.0"/><circle class="value" cx="950.0"' in page
    )
    assert "<td>0.3 to 0.4</td>" in page
    assert 'href="#scores"' in page


def test_predictions_without_scores_have_no_plots() -> None:
    page = render(Entity(0, 3, "PERSON"))
    assert 'id="scores"' not in page
    assert 'href="#scores"' not in page
