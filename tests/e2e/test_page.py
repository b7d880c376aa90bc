"""What an annotator sees: the pre-annotation, layers distinguished where they overlap, the guidelines, nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from annotate.errors import AnnotateError
from annotate.jsonl import write_records
from annotate.label_studio_server import Studio
from annotate.label_studio_server.projects import list_projects
from annotate.labelstudio.connection import connect
from annotate.labelstudio.push.plan import PushOptions, describe_plan
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Article, Claim, Entity, Prediction, Quote, Span
from annotate.workflows.up import up
from tests.support.browser import logged_in
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
    with logged_in(chromium, studio) as tab:
        yield tab


def push_all(made: list[Prediction], studio: Studio, title: str, **settings: Any) -> int:
    options = PushOptions(practice=False, **settings)
    plan = push_predictions(made, title, options, url=studio.url, api_key=studio.api_key)
    return plan.projects[0].project or 0


def open_project(page: Any, studio: Studio, title: str, made: Prediction = PREDICTION, **settings: Any) -> None:
    project = push_all([made], studio, title, **settings)
    page.goto(f"{studio.url}/projects/{project}/data")
    page.get_by_role("button", name="Label All Tasks").click()
    page.wait_for_selector(".htx-highlight")


def drawn(page: Any, label: str) -> tuple[list[str], str, str, str, str]:
    """Words of the label's regions; background, upper line, lower line and outline of the first."""
    found = page.locator(f".htx-highlight[data-label$=':{label}']")
    style = found.first.evaluate(
        """e => { const s = getComputedStyle(e); return [s.backgroundColor, `${s.borderTopStyle} ${s.borderTopWidth}`,
            `${s.borderBottomStyle} ${s.borderBottomWidth}`, s.outlineStyle]; }"""
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
    assert (quote[2], quote[3]) == ("dashed 2px", "solid 0px")  # indirect
    assert (claim[2], claim[3]) == ("solid 0px", "solid 2px")  # worth checking
    assert (speaker[4], cue[4]) == ("solid", "dotted")
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


ANSWERED = Prediction(
    id="answers",
    text="The first claim is here. The second claim is here. “A quote that is direct,” she said.",
    model="hand-1",
)
answered_at = partial(range_of, ANSWERED.text or "")


def test_regions_are_drawn_as_their_answers_are_now_also_when_they_are_left(page: Any, studio: Studio) -> None:
    """The editor tells a style sheet the answers of the selected region only."""
    made = msgspec.structs.replace(
        ANSWERED,
        quotes=[Quote("direct", [Span(*answered_at("“A quote that is direct,”"))])],
        claims=[
            Claim(*answered_at("The first claim is here"), True, "event"),
            Claim(*answered_at("The second claim is here"), False, "event"),
        ],
    )
    open_project(page, studio, "Answers", made)
    page.keyboard.press("Escape")

    def wait_for_lines(*styles: str) -> None:
        """Until the lines of both claims and of the quote have these styles."""
        page.wait_for_function(
            """styles => {
                const drawn = (label, side) => [...document.querySelectorAll(`.htx-highlight[data-label$=":${label}"]`)]
                    .map(element => getComputedStyle(element)[`border${side}Style`]);
                return [...drawn("CLAIM", "Bottom"), ...drawn("QUOTE", "Top")].join() === styles;
            }""",
            arg=",".join(styles),
        )

    def select(words: str) -> None:
        page.locator(".htx-highlight", has_text=words).click(position={"x": 3, "y": 8})
        page.wait_for_selector(".htx-highlight.__active")

    wait_for_lines("solid", "dashed", "solid")  # as proposed
    select("first claim")
    page.wait_for_selector("input[name=yes]:checked")
    page.keyboard.press("5")
    wait_for_lines("dashed", "dashed", "solid")
    page.keyboard.press("Escape")
    page.wait_for_selector(".htx-highlight.__active", state="detached")
    wait_for_lines("dashed", "dashed", "solid")
    select("second claim")
    page.wait_for_selector("input[name=no]:checked")
    page.keyboard.press("4")
    wait_for_lines("dashed", "solid", "solid")
    select("A quote")  # from one to the next
    page.wait_for_selector("input[name=direct]:checked")
    page.keyboard.press("3")
    wait_for_lines("dashed", "solid", "dotted")
    select("first claim")
    page.wait_for_selector("input[name=no]:checked")
    wait_for_lines("dashed", "solid", "dotted")
    page.keyboard.press("4")
    page.wait_for_selector("input[name=yes]:checked")
    page.keyboard.press("Escape")
    wait_for_lines("solid", "solid", "dotted")

    # a new region inside a claim leaves its line as it is, and what becomes a claim has one
    page.keyboard.press("c")
    page.locator(".htx-highlight", has_text="second claim").dblclick(position={"x": 40, "y": 8})
    page.wait_for_selector(".htx-highlight[data-label$=':CUE']")
    page.keyboard.press("Escape")
    wait_for_lines("solid", "solid", "dotted")
    page.locator(".htx-highlight[data-label$=':CUE']").click()
    page.wait_for_selector(".htx-highlight.__active[data-label$=':CUE']")
    page.keyboard.press("k")
    page.wait_for_selector(".htx-highlight.__active[data-label$=':CLAIM']")
    wait_for_lines("solid", "solid", "solid", "dotted")


def test_the_list_of_articles_shows_what_people_know_them_by(page: Any, studio: Studio) -> None:
    made = msgspec.structs.replace(PREDICTION, title="Tanks for Iraq", publisher="The Paper", date="2024-01-02")
    project = push_all([made], studio, "Columns")
    page.goto(f"{studio.url}/projects/{project}/data")
    page.get_by_text("Tanks for Iraq", exact=True).wait_for()
    page.get_by_text("The Paper", exact=True).wait_for()
    shown = page.inner_text("body")
    for name in ("Completed", "Annotated by", "title", "publisher", "date"):
        assert name in shown
    for name in ("text_sha256", "annotate_practice", "Cancelled"):
        assert name not in shown

    # a person's tab stays, and a later push makes none
    server = connect(studio.url, studio.api_key)
    [view] = server.sdk.views.list(project=project)
    server.sdk.views.update(id=str(view.id), project=project, data={"title": "Mine"})
    push_all([made, msgspec.structs.replace(made, id="b")], studio, "Columns")
    assert [found.data["title"] for found in server.sdk.views.list(project=project)] == ["Mine"]


def test_what_nobody_has_written_is_renewed_in_an_old_project(studio: Studio) -> None:
    server = connect(studio.url, studio.api_key)
    project = push_all([PREDICTION], studio, "Old")
    now = server.get_project(project)
    receipt = (now["description"] or "").splitlines()[-1]
    server.update_project(project, description=receipt, expert_instruction='<div class="ann-guidelines">Old.</div>')
    push_all([PREDICTION], studio, "Old")
    renewed = server.get_project(project)
    assert renewed["expert_instruction"] == now["expert_instruction"]
    assert (renewed["description"] or "").splitlines()[0] == (now["description"] or "").splitlines()[0]

    edited = (now["expert_instruction"] or "").replace("Check the draft.", "Check the draft twice.")
    server.update_project(project, description=f"Pilot.\n{receipt}", expert_instruction=edited)
    connection = {"url": studio.url, "api_key": studio.api_key}
    said = describe_plan(push_predictions([PREDICTION], "Old", **connection))
    assert push_predictions([PREDICTION], "Old", **connection).projects[0].is_noop
    assert any("somebody has edited it, so it stays; empty it" in line for line in said)
    kept = server.get_project(project)
    assert (kept["expert_instruction"], (kept["description"] or "").splitlines()[0]) == (edited, "Pilot.")


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
    hosts = {urlsplit(url).netloc for url in page.requests if url.startswith("http")}
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
    [found] = [project for project in list_projects(studio, lambda config: []) if project.title == "Up (claims)"]
    assert (found.articles, found.annotated, found.page) == (2, 0, place.page)


def test_up_with_bad_sources_starts_no_server(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="no such file"):
        up([str(tmp_path / "missing")], dir=tmp_path / "data")
    assert not (tmp_path / "data").exists()
