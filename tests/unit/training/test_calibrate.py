"""Kinds of claims are fitted on what a pipeline finds where somebody marked a claim."""

from __future__ import annotations

from annotate.preannotate.news.claims import FoundClaim
from annotate.preannotate.news.pipeline import Findings
from annotate.training.calibrate import fit_kinds
from annotate.training.examples import ClaimAnswer, Document, certain


def test_signs_that_go_with_a_kind_speak_for_it() -> None:
    text = "Rain fell. They demand more. It will snow."
    spans = {"event": (0, 9), "position": (11, 27), "commitment_or_prediction": (29, 41)}
    articles = [
        Document(text, claims=[ClaimAnswer(*span, certain(kind), None, None) for kind, span in spans.items()])
    ] * 20

    def find(text: str) -> Findings:
        claims = [
            FoundClaim(*span, "event", tuple(float(at == number) for at in range(3)), (0.0,) * 3, 0.0, None)
            for number, span in enumerate(spans.values())
        ]
        unmarked = FoundClaim(16, 20, "event", (9.0, 9.0, 9.0), (0.0,) * 3, 0.0, None)
        return Findings([], [], [], [*claims, unmarked])

    table = fit_kinds(articles, find)
    assert set(table["weights"]) == set(table["biases"]) == set(spans)
    for number, kind in enumerate(spans):
        assert max(spans, key=lambda other: table["weights"][other][number]) == kind
