"""What an annotator sees: the pre-annotation, layers distinguished where they overlap, the guidelines, nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from annotate.errors import AnnotateError
from annotate.jsonl import write_records
from annotate.label_studio_server import Studio
from annotate.label_studio_server.projects import list_projects
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Article, Claim, Entity, Prediction, Quote, Span
from annotate.workflows.up import up
from tests.support.browser import log_in
from tests.support.spans import range_of

TEXT = "The minister said that Iraq has bought 500 tanks from France."
at = partial(range_of, TEXT)

PREDICTION = Prediction(
    id="a",
    text=TEXT,
    model="hand-1",
    entities=[Entity(*at("Iraq"), "GPE"), Entity(*at("500"), "CARDINAL"), Entity(*at("France"), "GPE")],
    quotes=[
        Quote(
            "indirect",
            [Span(*at("Iraq has bought 500 tanks from France"))],
            Span(*at("The minister")),
            Span(*at("said")),
        )
    ],
    claims=[Claim(*at("Iraq has bought 500 tanks from France"), True, "statistic", Span(*at("The minister")))],
)


@pytest.fixture(scope="module")
def page(studio: Studio, chromium: Any) -> Iterator[Any]:
    """A logged-in browser page; `page.asked` is every address that it asked for."""
    tab = chromium.new_page(viewport={"width": 1440, "height": 900})
    tab.set_default_timeout(60_000)
    tab.asked = []
    tab.on("request", lambda request: tab.asked.append(request.url))
    log_in(tab, studio.url, studio.username, studio.password)
    yield tab
    tab.close()


def open_project(page: Any, studio: Studio, title: str, **settings: Any) -> None:
    plan = push_predictions([PREDICTION], title, PushOptions(**settings), url=studio.url, api_key=studio.api_key)
    page.goto(f"{studio.url}/projects/{plan.projects[0].project}/data")
    page.get_by_role("button", name="Label All Tasks").click()
    page.wait_for_selector(".htx-highlight")


def drawn(page: Any, label: str) -> tuple[list[str], str, str, str]:
    """Words of the label's regions; background, inner lines and outline of the first."""
    found = page.locator(f".htx-highlight[data-label$=':{label}']")
    style = found.first.evaluate(
        "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.boxShadow, s.outlineStyle]; }"
    )
    return (found.all_inner_texts(), *style)


def test_layers_are_told_apart_where_they_overlap(page: Any, studio: Studio) -> None:
    open_project(page, studio, "All layers")
    page.get_by_text("Labeling Instructions").wait_for()
    page.locator(".ann-guidelines mark").first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("svg.relations-overlay path", state="attached")

    quote, claim = drawn(page, "QUOTE"), drawn(page, "CLAIM")
    speaker, cue, gpe = drawn(page, "SPEAKER"), drawn(page, "CUE"), drawn(page, "GPE")
    said = ["Iraq has bought 500 tanks from France"]
    assert (quote[0], claim[0], speaker[0], cue[0], gpe[0]) == (
        said,
        said,
        ["The minister"],
        ["said"],
        ["Iraq", "France"],
    )
    # only entities are filled; a quote has its line above, a claim below; speaker and cue are boxes
    transparent = "rgba(0, 0, 0, 0)"
    assert claim[1] == speaker[1] == cue[1] == transparent
    assert quote[1].endswith(", 0.1)")
    assert gpe[1].endswith(", 0.5)")
    assert quote[2] == "none"
    assert "0px -2px 0px 0px inset" in claim[2]
    assert (speaker[3], cue[3]) == ("solid", "dotted")
    quoted = page.locator(".htx-highlight[data-label$=':QUOTE']").first
    assert quoted.evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"  # indirect
    # the names of the arrows
    assert sorted(page.locator("svg.relations-overlay text").all_text_contents()) == ["claimer", "cue", "speaker"]


def test_selected_region_has_handles_and_shows_its_attributes(page: Any, studio: Studio) -> None:
    open_project(page, studio, "Attributes", layers=("claims",))
    page.keyboard.press("Escape")
    assert not page.get_by_text("Worth checking?", exact=True).is_visible()
    page.locator(".htx-highlight[data-label$=':CLAIM']").click()
    page.get_by_text("Worth checking?", exact=True).wait_for()
    page.wait_for_selector("input[name=statistic]:checked")
    page.wait_for_selector("input[name=yes]:checked")
    for side in ("left", "right"):
        page.locator(f"area.__resize_{side}").wait_for()


def test_a_selected_claim_is_drawn_as_its_answer_is_now(page: Any, studio: Studio) -> None:
    open_project(page, studio, "Worth", layers=("claims",))
    page.keyboard.press("Escape")
    claim = page.locator(".htx-highlight[data-label$=':CLAIM']")

    def wait_for_line(style: str) -> None:
        found = (
            "e => getComputedStyle(document.querySelector(\".htx-highlight[data-label$=':CLAIM']\")).borderBottomStyle"
        )
        page.wait_for_function(f"({found})() === '{style}'")

    wait_for_line("none")  # proposed as worth checking
    claim.click()
    page.get_by_text("Worth checking?", exact=True).wait_for()
    page.keyboard.press("5")
    page.wait_for_selector("input[name=no]:checked")
    wait_for_line("dashed")
    page.keyboard.press("4")
    page.wait_for_selector("input[name=yes]:checked")
    wait_for_line("solid")


def test_links_run_below_the_words_and_nothing_moves_when_a_region_is_selected(page: Any, studio: Studio) -> None:
    open_project(page, studio, "All layers")
    page.keyboard.press("Escape")
    page.wait_for_selector("svg.relations-overlay path", state="attached")
    group = page.locator("svg.relations-overlay g[id]").first
    assert group.evaluate("e => getComputedStyle(e).transform") == "matrix(1, 0, 0, 1, 0, 12)"
    width = "document.querySelector('.ann-body').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.keyboard.press("Alt+.")
    page.wait_for_selector(".htx-highlight.__active")
    assert page.evaluate(width) == before


def test_browser_asked_nobody_but_the_server(page: Any, studio: Studio) -> None:
    open_project(page, studio, "All layers")
    hosts = {urlsplit(url).netloc for url in page.asked if url.startswith("http")}
    assert hosts == {urlsplit(studio.url).netloc}


def test_up_shows_the_sources_once_and_names_their_pages(studio: Studio, tmp_path: Path) -> None:
    source = tmp_path / "articles.jsonl"
    write_records(source, [Article(id="up-1", text=TEXT), Article(id="up-2", text=TEXT)])
    for _ in range(2):
        place = up(
            [str(source)], project="Up", options=PushOptions(layers=("claims",)), preannotator="rules", dir=studio.dir
        )
        assert place.studio == studio
        assert list(place.projects) == ["Up (claims)"]
    [found] = [project for project in list_projects(studio) if project.title == "Up (claims)"]
    assert (found.tasks, found.annotated, found.page) == (2, 0, place.page)


def test_up_with_bad_sources_starts_no_server(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="no such file"):
        up([str(tmp_path / "missing")], dir=tmp_path / "data")
    assert not (tmp_path / "data").exists()
