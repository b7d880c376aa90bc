"""The page for reading errors, in a real browser, with text that tries to break out of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from annotate.harness.error_page import render_report
from annotate.printing import format_count
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Region, Span
from annotate.schema import load_schema
from annotate.score import evaluate

HOSTILE = "</script><script>window.broken = 1</script><img src=x onerror='window.broken=2'> 🎉"
TEXT = f"“We won,” Ann Lee said in Oslo.\n{HOSTILE}\nProfits rose 5%. Bob & Co cheered."
AT = TEXT.index("Bob")


def make_gold() -> list[GoldRecord]:
    rose = Span(TEXT.index("Profits"), TEXT.index("Profits") + 16)
    layers: dict[str, Any] = {
        "entities": [
            Entity(1, 3, "NORP"),
            Entity(10, 17, "PERSON"),
            Entity(26, 30, "GPE"),
            Entity(AT, AT + 8, "ORG"),
        ],
        "quotes": [Quote("direct", [Span(0, 9)], Span(10, 17), Span(18, 22))],
        "claims": [Claim(rose.start, rose.end, True, "statistic")],
        "ignore": [Region(32, 40)],
    }
    return [
        GoldRecord(id=f"a{i}", text=TEXT, title=f"{HOSTILE} {i}", publisher=("X", "Y <b>")[i % 2], **layers)
        for i in range(6)
    ]


def make_predictions() -> list[Prediction]:
    right = make_gold()[0]
    good = {"entities": right.entities, "quotes": right.quotes, "claims": right.claims}
    bad: dict[str, Any] = {
        "entities": [
            Entity(1, 3, "NORP"),
            Entity(14, 17, "PERSON"),  # boundary
            Entity(26, 30, "<i>ODD"),  # label, hostile itself
            Entity(32, 38, "LAW"),  # left out
            Entity(AT + 9, AT + 16, "ORG"),  # spurious; the ORG is missed
        ],
        "quotes": [Quote("direct", [Span(0, 9)], Span(26, 30))],  # wrong speaker
        "claims": [],
    }
    return [Prediction(id=f"a{i}", model="m-1", **(good if i else bad)) for i in range(6)]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    gold, predictions = make_gold(), make_predictions()
    report = evaluate(gold, predictions, ceiling={"f1:strict:entities": 0.9})
    path = tmp_path_factory.mktemp("score") / "errors.html"
    page = render_report(report, gold, predictions, schema=load_schema(), seen_surfaces=frozenset({"oslo"}))
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def page(chromium: Any, page_path: Path) -> Any:
    page = chromium.new_page(viewport={"width": 1300, "height": 900})
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else page.said.append(request.url)
    )
    page.goto(page_path.as_uri())
    yield page
    page.close()


def test_hostile_text_stays_text(page: Any) -> None:
    assert page.evaluate("window.broken") is None
    for details in page.locator("details.article summary").all():
        details.click()
    page.wait_for_function("document.querySelectorAll('#list .text').length === 12")
    assert page.locator("#list .text").first.evaluate("node => node.textContent") == TEXT
    assert page.evaluate("window.broken") is None
    assert page.locator("main img, main i:not(.axis i), main b b").count() == 0
    assert page.said == []


def test_the_worst_article_comes_first_with_its_errors_side_by_side(page: Any) -> None:
    first = page.locator("details.article").first
    assert first.get_attribute("data-id") == "a0"
    first.locator("summary").click()
    first.locator(".sides").wait_for()
    kinds = first.locator(".errors .kind").all_text_contents()
    assert sorted(kinds) == ["boundary", "label", "missed", "missed", "speaker", "spurious"]
    gold, predicted = first.locator(".sides > div").all()
    assert gold.locator(".m[data-state=missing]").count() == 2  # the ORG and the claim
    assert predicted.locator(".m[data-state=spurious]").count() == 1
    assert predicted.locator(".m[data-state=partial]").text_content() == "Lee"
    assert "left out" in predicted.locator(".m", has_text="</scri").last.get_attribute("title")
    first.locator(".errors button", has_text="speaker").click()
    assert predicted.locator(".pointed").count() >= 2


@pytest.mark.parametrize(
    ("kind", "errors"), [("missed", 2), ("spurious", 1), ("boundary", 1), ("label", 1), ("speaker", 1)]
)
def test_filters_by_kind(page: Any, kind: str, errors: int) -> None:
    page.locator(f"#kinds button[data-kind={kind}]").click()
    assert page.locator("#count").text_content() == f"{format_count(errors, 'error')} in 1 article"
    assert page.locator("details.article").count() == 1
    page.locator("details.article summary").click()
    page.locator(".errors li").first.wait_for()
    assert page.locator(".errors li").count() == errors
    assert page.locator("details.article .m[data-state]").count() >= 1
    page.locator(f"#kinds button[data-kind={kind}]").click()
    assert page.locator("details.article").count() == 6


def test_filters_by_layer_label_and_words(page: Any) -> None:
    page.select_option("#layer", "claims")
    assert page.locator("#count").text_content() == "1 error in 1 article"
    page.select_option("#layer", "")
    page.select_option("#label", "<i>ODD")
    assert page.locator("#count").text_content() == "1 error in 1 article"
    page.select_option("#label", "")
    page.fill("#search", "bob & co")
    assert page.locator("#count").text_content() == "1 error in 1 article"


def test_what_to_mend_leads_to_the_errors(page: Any) -> None:
    page.locator(".jump[data-layer=quotes][data-kind=speaker]").click()
    assert page.locator("#kinds button[data-kind=speaker]").get_attribute("aria-pressed") == "true"
    assert page.locator("#count").text_content() == "1 error in 1 article"


def test_figures_slices_and_ceiling_are_there(page: Any) -> None:
    body = page.locator("main").text_content()
    for words in (
        "f1:strict:entities",
        "annotators 0.900",
        "in a quote",
        "unseen in train",
        "Y <b>",
        "signature: gold:",
    ):
        assert words in body, words
    plot = page.locator("svg.plot").first
    assert plot.locator("rect.interval").count() == 1
    assert plot.locator("rect.people").count() == 1
    matrix = page.locator("table.confusions")
    assert matrix.locator("td.right").first.text_content() == "6"


def test_an_opened_article_has_a_link_that_opens_it(page: Any, page_path: Path) -> None:
    page.locator("details.article summary").nth(3).click()
    page.wait_for_selector("details.article[open] .sides")
    name = page.locator("details.article[open]").get_attribute("data-id")
    assert page.evaluate("location.hash") == f"#article={name}"
    page.goto("about:blank")
    page.goto(f"{page_path.as_uri()}#article={name}")
    page.wait_for_selector("details.article[open] .sides")
    assert page.locator("details.article[open]").get_attribute("data-id") == name
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.locator("#kinds button[data-kind=missed]").click()
    page.evaluate("location.hash = '#article=a5'")
    page.wait_for_selector("details.article[data-id=a5][open]")
    page.evaluate("location.hash = '#article=%'")
    page.evaluate("location.hash = '#measures'")
    assert page.said == []


def test_an_article_begins_with_its_title_and_says_how_many_errors(page: Any) -> None:
    title, rest = page.locator("details.article").first.locator("summary > *").all_text_contents()
    assert re.match(r" [2-9] errors · a0 · ", rest), rest
    assert not re.match(r"\d", title)
    assert "This F1, now 0." in page.locator(".panel").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
