"""The explorer page in a real Chromium: search, filters, versions, keyboard, hostile texts, a thousand articles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotate.jsonl import write_records
from annotate.records import Annotation, Claim, Entity, Prediction, Quote, Span
from tests.support.browser import watched_page
from tests.support.commands import run

TEXT = "President Ada Lovelace said that taxes 😀 would rise in France."
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1> Ada\u2028\"'`<!--{{7*7}} 😀 end"


def by(annotator: str, article: str, entity: Entity, **fields: Any) -> Annotation:
    return Annotation(
        **{
            "id": article,
            "text": TEXT,
            "title": f"Title of {article}",
            "annotator": annotator,
            "entities": [entity, Entity(55, 61, "GPE")],
            "quotes": [Quote("indirect", [Span(28, 61)], Span(10, 22), Span(23, 27))],
            "claims": [Claim(33, 61, True, "event", None)],
            **fields,
        }
    )


Open = Callable[..., Any]


@pytest.fixture
def explore(chromium: Any, tmp_path: Path) -> Any:
    with watched_page(chromium, viewport={"width": 1200, "height": 800}) as page:

        def open_page(*records: Any, fragment: str = "") -> Any:
            source, html = tmp_path / "records.jsonl", tmp_path / "page.html"
            write_records(source, records)
            run("explore", source, "-o", html)
            page.goto(html.as_uri() + fragment)
            return page

        yield open_page
        assert page.errors == []
        assert len(page.requests) == 1


def count(page: Any) -> str:
    return page.locator("#count").inner_text()


def test_versions_stand_side_by_side_with_their_differences(explore: Open) -> None:
    page = explore(
        by("ann", "same", Entity(10, 22, "PERSON")),
        by("ben", "same", Entity(10, 22, "PERSON")),
        by("ann", "differ", Entity(10, 22, "PERSON")),
        by("ben", "differ", Entity(0, 22, "PERSON")),
        fragment="#differ",
    )
    assert page.locator("#title").inner_text() == "Title of differ"
    assert page.locator("#columns h3").all_inner_texts() == ["ann", "ben"]
    texts = page.locator("#columns .text").evaluate_all("nodes => nodes.map(node => node.textContent)")
    assert texts == [TEXT, TEXT]
    differing = page.locator('.m[data-state="differs"]').evaluate_all("nodes => nodes.map(node => node.textContent)")
    assert differing == ["Ada Lovelace", "President Ada Lovelace"]
    page.keyboard.press("d")
    assert count(page) == "1 of 2 articles"
    page.keyboard.press("2")
    assert page.locator("#columns h3").all_inner_texts() == ["ann"]
    page.keyboard.press("n")
    assert page.locator(".m.here").count() == 1


def test_a_difference_in_the_speaker_marks_the_speaker_only(explore: Open) -> None:
    other = [Quote("indirect", [Span(28, 61)], Span(0, 22), Span(23, 27))]
    page = explore(by("ann", "a", Entity(10, 22, "PERSON")), by("ben", "a", Entity(10, 22, "PERSON"), quotes=other))
    kinds = page.locator('.m[data-state="differs"]').evaluate_all("nodes => nodes.map(node => node.className)")
    assert [name.split()[1] for name in kinds] == ["k-speaker", "k-speaker"]


def test_search_filters_and_keyboard(explore: Open) -> None:
    page = explore(
        *(Prediction(id=f"a{i}", text=f"{TEXT} Number {i}.", model="m", entities=[]) for i in range(20)),
        Prediction(id="org", text="The UN met.", model="m", entities=[Entity(4, 6, "ORG")]),
    )
    assert count(page) == "21 of 21 articles"
    page.keyboard.press("/")
    page.keyboard.type("TAXES number 1")
    assert count(page) == "11 of 21 articles"
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    assert page.locator("#title").inner_text() == "a10"
    assert page.evaluate("CSS.highlights.get('found').size") > 2
    page.fill("#search", "")
    page.select_option("#label", "entity ORG")
    assert (count(page), page.locator("#title").inner_text()) == ("1 of 21 articles", "org")
    page.select_option("#label", "")
    page.fill("#search", "nowhere")
    assert page.locator("#title").inner_text() == "No article passes the filters"


def test_layers_can_be_hidden(explore: Open) -> None:
    page = explore(by("ann", "a", Entity(10, 22, "PERSON")))
    assert page.locator(".k-quote").count() > 0
    page.uncheck('#layers input[value="quotes"]')
    assert page.locator(".k-quote, .k-speaker, .k-cue").count() == 0
    assert page.locator(".k-entity").count() > 0


def test_hostile_texts_titles_and_names_are_shown_not_run(explore: Open) -> None:
    start = HOSTILE.index("Ada")
    hostile = by(HOSTILE[:60], HOSTILE, Entity(start, start + 3, "PERSON"), text=HOSTILE, quotes=[], claims=[])
    hostile.title = hostile.publisher = HOSTILE
    hostile.entities = [Entity(start, start + 3, "PERSON"), Entity(start + 10, start + 12, HOSTILE, note=HOSTILE)]
    page = explore(
        hostile, by("b", HOSTILE, Entity(start, start + 3, "PERSON"), text=HOSTILE, quotes=[], claims=[], entities=[])
    )
    assert page.evaluate("window.hacked") is None
    assert page.locator("#columns .text").first.evaluate("node => node.textContent") == HOSTILE
    assert page.locator(".k-entity").first.evaluate("node => node.textContent") == "Ada"
    assert page.locator("img").count() == 0


def test_of_a_thousand_articles_only_those_in_view_are_in_the_page(explore: Open) -> None:
    page = explore(*(by("ann", f"a{i:04}", Entity(10, 22, "PERSON")) for i in range(1000)))
    assert count(page) == "1000 of 1000 articles"
    assert page.locator(".row").count() < 40
    page.keyboard.press("End")
    assert page.locator("#title").inner_text() == "Title of a0999"
    assert page.locator('.row[aria-selected="true"] b').inner_text() == "Title of a0999"
    page.locator("#list").evaluate("list => { list.scrollTop = 500 * 52 }")
    page.locator(".row", has_text="a0503").click()
    assert page.locator("#title").inner_text() == "Title of a0503"
    assert page.locator(".row").count() < 40


def marked(page: Any) -> list[str]:
    found: list[str] = page.locator(".m.here").evaluate_all("nodes => nodes.map(node => node.textContent)")
    return found


def test_an_article_and_an_item_have_links(explore: Open) -> None:
    odd = "50% / a:1-2 #é"
    page = explore(*(by("ann", name, Entity(10, 22, "PERSON")) for name in ("first", odd)))
    page.keyboard.press("j")
    page.locator(".k-entity", has_text="Ada").click()
    assert marked(page) == ["Ada Lovelace"]
    link = page.evaluate("location.hash")
    assert link == "#50%25%20%2F%20a%3A1-2%20%23%C3%A9:10-22"
    page.keyboard.press("k")
    assert page.evaluate("location.hash") == "#first"
    assert marked(page) == []
    page.evaluate("link => { location.hash = link }", link)
    page.wait_for_selector(".m.here")
    assert (page.locator("#title").inner_text(), set(marked(page))) == (f"Title of {odd}", {"Ada Lovelace"})
    page.fill("#search", "nowhere")
    page.evaluate("location.hash = '#first:55-61'")
    page.wait_for_selector(".m.here")
    assert (page.locator("#title").inner_text(), marked(page), count(page)) == (
        "Title of first",
        ["France"],
        "2 of 2 articles",
    )


@pytest.mark.parametrize("fragment", ["#%", "#nowhere", "#a:5-x", "#:1-2", "#"])
def test_a_broken_link_opens_the_first_article(explore: Open, fragment: str) -> None:
    page = explore(by("ann", "a", Entity(10, 22, "PERSON")), fragment=fragment)
    assert page.locator("#title").inner_text() == "Title of a"


def test_everything_is_reached_with_the_keyboard(explore: Open) -> None:
    text = TEXT * 60
    records = [by("ann", f"a{i:02}", Entity(10, 22, "PERSON"), text=text) for i in range(40)]
    page = explore(*records)
    names = []
    for _ in range(8):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.className || 'check box'"))
    assert names == ["theme", "search", "label", "list", "article", "check box", "check box", "check box"]
    page.focus("#list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    active = page.evaluate(
        "document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant'))"
    )
    assert active is not None
    selected = page.locator('.row[aria-selected="true"]')
    assert selected.get_attribute("id") == page.locator("#list").get_attribute("aria-activedescendant")
    assert int(selected.get_attribute("aria-posinset")) > 4
    title = page.locator("#title").inner_text()
    page.focus(".article")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.article').scrollTop > 100")
    assert page.locator("#title").inner_text() == title
    page.keyboard.press("n")
    assert page.locator("#said").text_content() == "speaker of quote 1: Ada Lovelace"
    page.focus("#theme")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") in ("dark", "light")


def test_one_version_alone_differs_from_none(explore: Open) -> None:
    page = explore(by("ann", "a", Entity(10, 22, "PERSON")), by("ben", "a", Entity(0, 22, "PERSON")))
    assert page.locator('.m[data-state="differs"]').count() == 2
    page.keyboard.press("2")
    assert page.locator('.m[data-state="differs"]').count() == 0


def test_printed_is_the_whole_article_and_no_controls(explore: Open) -> None:
    page = explore(by("ann", "a", Entity(10, 22, "PERSON"), text=f"{TEXT}\n" * 200))
    page.emulate_media(media="print")
    assert not page.locator("#search").is_visible()
    assert not page.locator("#layers").is_visible()
    height = page.locator("#columns .text").evaluate("node => node.getBoundingClientRect().height")
    assert page.evaluate("document.documentElement.scrollHeight") >= height > 3000


def test_nothing_to_show_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "empty.jsonl"
    source.write_text("")
    assert "nothing to explore" in run("explore", source, "-o", tmp_path / "page.html", code=1).stderr
    assert not (tmp_path / "page.html").exists()
