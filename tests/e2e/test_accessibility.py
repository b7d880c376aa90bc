"""Every page that we write, checked by axe-core in Chromium: labels, landmarks, contrast, keyboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import annotate
from annotate.artifacts.guidelines import to_guidelines_html
from annotate.explore import Version, render_explorer
from annotate.gold.diff.page import to_page as to_diff_page
from annotate.harness.error_page import render_report
from annotate.harness.leaderboard import write_comparison
from annotate.records import Annotation, GoldRecord, LayeredRecord, Layers, Prediction
from annotate.rounds.page import to_page as to_progress_page
from annotate.schema import load_schema
from tests.support.accessibility import find_violations

RELEASES = Path(__file__).parents[1] / "contract" / "released" / "format-2" / "ports"


@cache
def gold() -> list[GoldRecord]:
    return annotate.load_gold("news/0.1.0")


def predict(model: str, step: int) -> list[Prediction]:
    """Predictions with some errors of every kind."""
    return [
        Prediction(
            id=one.id,
            text=one.text,
            title=one.title,
            model=model,
            entities=(one.entities or [])[::step],
            quotes=(one.quotes or [])[1:],
            claims=[*(one.claims or [])[:-1]],
        )
        for one in gold()
    ]


def make_explorer(*versions: str) -> str:
    found: list[Version] = []
    for name in versions:
        records: list[Any] = gold() if name == "gold" else predict(name, 2)
        by_id: dict[str, LayeredRecord] = {record.id: record for record in records}
        found.append(Version(name, by_id))
    return render_explorer(found, title="Explore")


def make_errors() -> str:
    report = annotate.evaluate(gold(), predict("m-1", 2), trials=20)
    return render_report(report, gold(), predict("m-1", 2), schema=load_schema())


def make_leaderboard(folder: Path) -> str:
    found = annotate.compare_systems(gold(), {"one": predict("one", 1), "two": predict("two", 2)}, trials=20)
    write_comparison(found, folder / "board.html", "html")
    return (folder / "board.html").read_text(encoding="utf-8")


def make_progress() -> str:
    rounds = [
        [
            Annotation(
                id=f"{number} {one.id}",
                text=one.text,
                annotator=name,
                entities=(one.entities or [])[:: 4 - number],
                predicted=Layers(entities=(one.entities or [])[::2]),
                lead_time_s=100.0 / number,
            )
            for one in gold()
            for name in ("ann", "ben")
        ]
        for number in (1, 2, 3)
    ]
    return to_progress_page(annotate.progress(rounds, trials=20))


def make_notebook() -> str:
    shown = (*annotate.releases("gold"), annotate.evaluate(gold(), predict("m", 2), trials=0), gold()[0])
    outputs = "".join(each._repr_html_() for each in shown)
    return f'<!doctype html><html lang="en"><title>n</title><main><h1>n</h1>{outputs}</main></html>'


PAGES: dict[str, Callable[[Path], str]] = {
    "explore one version": lambda _: make_explorer("gold"),
    "explore two versions": lambda _: make_explorer("gold", "m-1"),
    "errors": lambda _: make_errors(),
    "diff": lambda _: to_diff_page(annotate.diff(RELEASES / "0.1.0", RELEASES / "0.2.0")),
    "leaderboard": make_leaderboard,
    "progress": lambda _: make_progress(),
    "guidelines": lambda _: to_guidelines_html(load_schema()),
    "notebook": lambda _: make_notebook(),
}


@pytest.fixture(scope="module", params=PAGES)
def path(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.html").write_text(PAGES[request.param](folder), encoding="utf-8")
    return folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Any, path: Path, scheme: str) -> None:
    page = chromium.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri())
    for _ in range(min(4, page.locator("main details:not([open])").count())):
        page.locator("main details:not([open]) > summary").first.click()
    found = find_violations(page)
    assert not found, "\n".join(found)
    page.close()
