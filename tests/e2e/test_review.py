"""A reviewer in a real browser: disputes stand out, each candidate can be reached, and what is left is gold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from annotate.jsonl import read_records, write_records
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import Connection
from annotate.records import Annotation, Claim, Entity, GoldRecord, Quote, Span
from tests.support.browser import logged_in
from tests.support.commands import run
from tests.support.spans import span_of

PROJECT = "Review in the browser"
TEXT = (
    "“Taxes will rise by $& 5 %,” President Ada Lovelace said in Mecca, and Bob <b>agreed</b>.\n\n"
    + "It rained, and it rained again, as it had rained before.\n\n" * 12
    + "The pilgrims who walked to Mecca came back, the Red Cross said."
)
at = partial(span_of, TEXT)


def entity(words: str, label: str) -> Entity:
    span = at(words)
    return Entity(span.start, span.end, label)


def by(annotator: str, mecca: str, speaker: str, *entities: Entity, worthy: bool) -> Annotation:
    claim = at("The pilgrims who walked to Mecca came back")
    return Annotation(
        id="differ",
        text=TEXT,
        annotator=annotator,
        schema="news/2.0.0",
        entities=[entity("Mecca", mecca), entity("Bob", "PERSON"), *entities],
        quotes=[Quote("direct", [at("“Taxes will rise by $& 5 %,”")], at(speaker), at("said"))],
        claims=[Claim(claim.start, claim.end, worthy, "event", at("the Red Cross"))],
    )


ANN = by("ann", "GPE", "Ada Lovelace", worthy=True)
BEN = by("ben", "EVENT", "President Ada Lovelace", entity("the Red Cross", "ORG"), worthy=False)
SAME = [Annotation(id="same", text="Rome.", annotator=who, entities=[Entity(0, 4, "GPE")]) for who in ("ann", "ben")]


@pytest.fixture(scope="module")
def page(studio: Studio, chromium: Any) -> Iterator[Any]:
    with logged_in(chromium, studio) as tab:
        yield tab


def region(page: Any, part: str) -> Any:
    """The last piece of the disputed region, which carries its tag."""
    return page.locator(f".htx-highlight[class*='htx-highlight-dispute-{part}-'][data-label]")


def tag(page: Any, part: str) -> str:
    """The tag as the page shows it: the style sheet's strings, put together."""
    content = region(page, part).evaluate("element => getComputedStyle(element, '::after').content")
    return "".join(re.findall(r'"([^"]*)"', content))


def click_tag(page: Any, part: str) -> None:
    """A click on the tag, which is the right end of the region's element, behind the tags of the regions inside it."""
    found = region(page, part)
    found.scroll_into_view_if_needed()
    box = found.evaluate("element => { const boxes = [...element.getClientRects()]; return boxes.at(-1).toJSON(); }")
    page.mouse.click(box["right"] - 8, (box["top"] + box["bottom"]) / 2)
    page.wait_for_selector(f".htx-highlight.__active[class*='htx-highlight-dispute-{part}-']")


def reject(page: Any, part: str) -> None:
    click_tag(page, part)
    page.keyboard.press("Backspace")
    region(page, part).wait_for(state="detached")


def test_a_reviewer_sees_the_disputes_and_decides_them(
    page: Any, studio: Studio, server: Connection, tmp_path: Path
) -> None:
    annotations, decided, reviews = (tmp_path / name for name in ("a.jsonl", "d.jsonl", "r.jsonl"))
    write_records(annotations, [ANN, BEN, *SAME])
    adjudicate = ("adjudicate", annotations, "-o", decided)

    said = run(*adjudicate, "--push", PROJECT).stderr
    assert ", 4 disputed" in said
    assert "1 disputed article; once reviewed" in said
    [project] = server.find_projects(PROJECT)
    [task] = server.iter_tasks(project["id"], include="id,data")

    said = run("doctor", "--project", PROJECT, code=None).stdout
    assert re.search(r"^ok +the interface is that of schema", said, re.MULTILINE), said

    # the data manager counts them; the instruction says what to do
    page.goto(f"{server.project_page(project['id'])}")
    page.get_by_text("disputes", exact=True).first.wait_for()
    assert task["data"]["disputes"] == 4
    assert server.find_practice(project["id"]) == []  # a reviewer is no newcomer
    page.get_by_role("button", name="Label All Tasks").click()
    page.get_by_role("heading", name="Decide the disputes").wait_for()
    page.keyboard.press("Escape")

    page.goto(server.task_page(project["id"], task["id"]))
    page.wait_for_selector("[class*='htx-highlight-dispute-']")
    box = page.locator(".ann-disputes")
    for line in (
        "Disputes: 4",
        "1. quote: [“Taxes will rise by $& 5 %,”] President Ada Lovelace said in Mecca, …",
        "1a: direct, speaker [Ada Lovelace], cue [said] (ann)",
        "2. entity: … 5 %,” President Ada Lovelace said in [Mecca], and Bob <b>agreed</b>.",
        "2a: GPE (ann)",
        "2b: EVENT (ben)",
        "2 of 2 marked it, no agreement on label",
        "1 of 2 marked it; not marked by ann",
    ):
        assert line in box.inner_text()
    shown = ("1u-a", "1u-b", "2u-a", "2u-b", "3u-a", "3u-b", "4u-a")
    tags = ["1a QUOTE", "1b QUOTE", "2a GPE", "2b EVENT", "3a CLAIM", "3b CLAIM", "4a ORG"]
    assert [tag(page, part) for part in shown] == tags
    assert region(page, "2u-a").evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    assert page.locator(".htx-highlight", has_text="Bob").evaluate(
        "element => getComputedStyle(element).outlineStyle"
    ) in ("none", "auto")

    # both candidates of one extent are reached by their tags, wherever they are; the list stays in sight
    click_tag(page, "2u-a")
    page.keyboard.press("Escape")
    click_tag(page, "3u-b")
    page.keyboard.press("Escape")
    assert box.bounding_box()["y"] >= 0
    for part in ("1u-b", "2u-b", "4u-a"):
        reject(page, part)
    with page.expect_response(re.compile(r"/api/tasks/\d+/annotations")) as answer:
        page.get_by_test_id("bottombar-submit-button").click()
    assert answer.value.ok

    # the third dispute was overlooked: the message says which, and where
    run("pull", "--project", PROJECT, "-o", reviews)
    said = run(*adjudicate, "--decisions", reviews, code=1).stderr
    assert "3. claim: [The pilgrims who walked to Mecca came back]" in said
    assert "3a: event, check-worthy, claimer [the Red Cross] (ann)" in said
    assert server.task_page(project["id"], task["id"]) in said

    page.goto(server.task_page(project["id"], task["id"]))
    page.wait_for_selector("[class*='htx-highlight-dispute-3u-b']")
    reject(page, "3u-b")
    with page.expect_response(re.compile(r"/api/annotations/\d+")) as answer:
        page.get_by_test_id("bottombar-update-button").click()
    assert answer.value.ok

    run("pull", "--project", PROJECT, "-o", reviews)
    assert "2 of 2 articles decided" in run(*adjudicate, "--decisions", reviews).stderr
    gold = {record.id: record for record in read_records(decided, GoldRecord)}
    found = gold["differ"]
    assert [(TEXT[e.start : e.end], e.label) for e in found.entities or ()] == [("Mecca", "GPE"), ("Bob", "PERSON")]
    assert [quote.speaker and (quote.speaker.start, quote.speaker.end) for quote in found.quotes or ()] == [
        _range(at("Ada Lovelace"))
    ]
    assert [claim.check_worthy for claim in found.claims or ()] == [True]
    assert found.decided_by == f"majority, review:{studio.username}"
    assert not [item for item in (*(found.entities or ()), *(found.quotes or ()), *(found.claims or ())) if item.note]
    assert run(*adjudicate, "--decisions", reviews, "--push", PROJECT).stderr.endswith(
        f"nothing is disputed, so nothing was sent to project {PROJECT!r}\n"
    )


def _range(span: Span) -> tuple[int, int]:
    return span.start, span.end
