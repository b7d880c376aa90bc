"""The page for reading errors: what to fix first, where, and each article with gold and prediction side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotate.harness.errors import KINDS, ArticleErrors, ScoredItem, find_errors
from annotate.harness.report import iter_labels, make_notes, pick_points, write_interval
from annotate.harness.slices import find_gains, find_repeated, is_right, make_slices
from annotate.html import read_asset, render_page, to_marks
from annotate.printing import format_value
from annotate.records import GoldRecord, Layer, Prediction, annotated_layers, pick_layers
from annotate.schema import Schema
from annotate.score.measures import HEADLINES, Measure
from annotate.score.report import Confusions, Report

MOST_ARTICLES = 1000
"""The page holds at most this many articles, the worst ones."""

_PLOTTED = (
    "f1:strict:entities",
    "f1:exact:entities",
    "f1:partial:entities",
    "f1:type:entities",
    "macro-f1:strict:entities",
    "ap:strict:entities",
    "f1:exact:quotes",
    "f1:overlap:quotes",
    "f1:token:quotes",
    "f1:proportional:quotes",
    "f1:end-to-end:quotes",
    "accuracy:type:quotes",
    "accuracy:speaker-head:quotes",
    "accuracy:speaker-overlap:quotes",
    "f1:exact:claims",
    "f1:overlap:claims",
    "f1:sentence:claims",
    "f1:check-worthy:claims",
    "ap:check-worthy:claims",
    "accuracy:kind:claims",
    "accuracy:claimer-overlap:claims",
)
_RIGHT = {
    "entities": "right = same boundaries and label",
    "quotes": "right = found (a shared token), with the right speaker (one head)",
    "claims": "right = found (token Dice of 0.5 or more)",
}


def render_report(
    report: Report,
    gold: Sequence[GoldRecord],
    predictions: Sequence[Prediction],
    *,
    schema: Schema | None = None,
    seen_surfaces: frozenset[str] | None = None,
) -> str:
    """The page as one self-contained HTML page.

    Args:
        report: of these records.
        schema: gives the labels their colours.
        seen_surfaces: names in gold's training part, lower-case, for the slice of seen and unseen names.
    """
    layers = list(report.layers)
    found = {prediction.id: prediction for prediction in predictions}
    articles = [find_errors(record, found.get(record.id), report.alignments.of(record.id)) for record in gold]
    articles.sort(key=lambda article: (-len(article.errors), article.gold.id))
    shown = articles[:MOST_ARTICLES]
    data = {
        "notes": make_notes(report),
        "model": report.model,
        "documents": report.articles,
        "headlines": _headlines(report),
        "plots": _plots(report),
        "ranked": [_ranked(name, found) for name, found in report.ranked.items()],
        "layers": [_layer(report, articles, layer, seen_surfaces) for layer in layers],
        "confusions": _confusion_rows(report.confusions),
        "left": len(articles) - len(shown),
        "articles": [_article(article, f"d{i}") for i, article in enumerate(shown)],
        "kinds": list(KINDS),
        "texts": {f"d{i}": _text(article, layers) for i, article in enumerate(shown)},
    }
    title = f"Errors of {report.model or 'the predictions'} on {report.gold or 'gold'}"
    package = "annotate.harness"
    return render_page(
        title,
        read_asset(package, "error_page.html"),
        data,
        schema=schema,
        script=read_asset(package, "error_page.js"),
        style=read_asset(package, "error_page.css"),
    )


def _headlines(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "value": format_value(report.measures[name].value),
            "interval": write_interval(report.measures[name]),
            "people": format_value(report.ceiling.get(name)) if name in report.ceiling else None,
        }
        for name in HEADLINES
        if name in report.measures
    ]


def _plots(report: Report) -> list[dict[str, Any]]:
    """Measures to plot; positions in tenths of a percent of the axis."""

    def place(value: float | None) -> float | None:
        return None if value is None else round(value * 1000, 1)

    plots = []
    for name in _PLOTTED:
        score = report.find(name)
        if score is None:
            continue
        ceiling = report.ceiling.get(name)
        plots.append(
            {
                "name": name,
                "meaning": Measure.parse(name).definition.meaning,
                "value": format_value(score.value),
                "interval": write_interval(score),
                "at": place(score.value),
                "low": place(score.low),
                "high": place(score.high),
                "people": place(ceiling),
                "people_value": format_value(ceiling) if ceiling is not None else "",
                "n_gold": f"{score.n_gold:,}",
                "n_pred": f"{score.n_pred:,}",
            }
        )
    return plots


def _ranked(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The curve as the points of a line in a square of 1,000, and the bins of the scores as bars in one."""
    points = [(point["recall"] or 0, point["precision"]) for point in found["curve"]]
    return {
        "name": name,
        "line": " ".join(f"{1000 * recall:.1f},{1000 - 1000 * precision:.1f}" for recall, precision in points),
        "rows": [
            [
                f"{point['score']:.3f}",
                point["n"],
                *(format_value(point[side]) for side in ("precision", "recall", "f1")),
            ]
            for point in (pick_points(found["curve"]) if found["curve"] else [])
        ],
        "bins": [
            {
                "range": f"{bin['low']:.1f} to {bin['high']:.1f}",
                "n": bin["n"],
                "score": format_value(bin["score"]),
                "right": format_value(bin["right"]),
                "x": round(1000 * bin["low"]),
                "y": round(1000 - 1000 * bin["right"], 1),
                "height": round(1000 * bin["right"], 1),
                "at": round(1000 * bin["score"], 1),
            }
            for bin in found["reliability"]
        ],
    }


def _layer(
    report: Report, articles: Sequence[ArticleErrors], layer: Layer, seen_surfaces: frozenset[str] | None
) -> dict[str, Any]:
    gains = find_gains(articles, layer)
    return {
        "name": layer,
        "right": _RIGHT[layer],
        "now": format_value(gains[0].now if gains else None),
        "gains": [
            {
                "kind": gain.kind,
                "n": gain.n,
                "gain": f"{(gain.then - gain.now) * 100:+.1f}",
                "then": format_value(gain.then),
                "most": ", ".join(f"{name} {n}" for name, n in gain.most),
            }
            for gain in gains
        ],
        "repeated": [
            {"kinds": kinds, "surface": surface, "labels": labels, "times": times, "articles": where}
            for kinds, surface, labels, times, where in find_repeated(articles, layer)
        ],
        "labels": [
            {
                "label": label,
                "scores": values,
                "interval": write_interval(f1),
                "gold": f1.n_gold,
                "predicted": f1.n_pred,
            }
            for label, f1, values in iter_labels(report, layer)
        ],
        "slices": [
            {
                "name": piece.name,
                "value": piece.value,
                "scores": [format_value(score) for score in piece.scores],
                "gold": piece.gold,
                "predicted": piece.predicted,
            }
            for piece in make_slices(articles, layer, seen_surfaces)
        ],
    }


def _confusion_rows(confusions: Confusions) -> dict[str, Any] | None:
    """The matrix: gold down, predicted across, the most frequent labels first; `shade` 0 to 5 by share of the row."""
    if not confusions:
        return None
    sizes: dict[str, int] = {}
    for labels, n in confusions.items():
        for label in labels:
            if label is not None:
                sizes[label] = sizes.get(label, 0) + n
    names = sorted(sizes, key=lambda label: (-sizes[label], label))
    columns: list[str | None] = [name for name in names if any(pair[1] == name for pair in confusions)]
    down: list[str | None] = [name for name in names if any(pair[0] == name for pair in confusions)]
    columns.append(None)
    rows = []
    for gold in [*down, None]:
        total = sum(confusions.get((gold, other), 0) for other in columns)
        cells = []
        for predicted in columns:
            n = confusions.get((gold, predicted), 0)
            right = gold == predicted and gold is not None
            shade = 0 if not n or not total else 1 + min(4, int(5 * n / total))
            cells.append({"n": n or "", "right": right, "shade": shade})
        rows.append({"gold": gold or "(nothing)", "cells": cells})
    return {"columns": [name or "(missed)" for name in columns], "rows": rows}


def _article(article: ArticleErrors, key: str) -> dict[str, Any]:
    words = len((article.gold.text or "").split())
    right = sum(is_right(item) for item in article.items)
    total = sum((item.gold is not None) + (item.predicted is not None) for item in article.items)
    return {
        "key": key,
        "id": article.gold.id,
        "title": article.gold.title or "",
        "publisher": article.gold.publisher or "",
        "words": words,
        "f1": 2 * right / total if total else None,
        "errors": [
            {
                "layer": item.layer,
                "kinds": item.kinds,
                "gold": item.gold,
                "predicted": item.predicted,
                "labels": [item.gold_label, item.predicted_label],
                "surface": item.surface if len(item.surface) <= 160 else f"{item.surface[:157]}...",
            }
            for item in article.errors
        ],
    }


def _text(article: ArticleErrors, layers: Sequence[Layer]) -> dict[str, Any]:
    gold = pick_layers(article.gold, layers)
    marks = {"gold": to_marks(gold), "predicted": to_marks(pick_layers(article.prediction, annotated_layers(gold)))}
    for side, found in marks.items():
        _add_states(found, article, side)
    regions = to_marks(GoldRecord(id="", ignore=article.gold.ignore, excluded=article.gold.excluded))
    return {"text": article.gold.text or "", "marks": {side: [*found, *regions] for side, found in marks.items()}}


def _add_states(marks: list[dict[str, Any]], article: ArticleErrors, side: str) -> None:
    """Give each mark the kinds of its item's errors and a title that names them."""
    items: Mapping[tuple[str, int], ScoredItem] = {
        (item.layer, index): item
        for item in article.items
        if (index := item.gold if side == "gold" else item.predicted) is not None
    }
    for mark in marks:
        item = items.get(mark["item"])
        if item is None:
            mark["left_out"] = True
            mark["title"] = f"{mark.get('title', mark['label'])} · left out: overlaps a region that is not scored"
            continue
        wrong = [kind for kind in item.kinds if kind != "speaker" or mark["kind"] in ("speaker", "claimer", "quote")]
        if mark["kind"] in ("speaker", "cue", "claimer"):
            wrong = [kind for kind in wrong if kind in ("speaker", "missed", "spurious")]
        mark["kinds"] = wrong
        if wrong:
            mark["title"] = f"{mark.get('title', mark['label'])} · {', '.join(wrong)}"
