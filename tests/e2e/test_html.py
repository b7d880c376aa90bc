"""The page shell in a real Chromium: text drawn exactly, nothing in the data can run, no request leaves the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.html import label_colours, render_page, to_marks
from annotate.html.drawing import draw_text
from annotate.records import Claim, Entity, GoldRecord, Layers, Prediction, Quote, Span
from annotate.schema import load_schema
from tests.support.browser import watched_page
from tests.support.strategies import gold_records, predictions

HOSTILE = (
    '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">\u2028\u2029\x00'
    "<!-- {{ 7*7 }} ]]> &lt;b&gt; 😀 e\u0301 \u202eright to left\u202c \t two  spaces\nnew line 👩‍👩‍👧 end"
)


@pytest.fixture
def page(chromium: Any) -> Any:
    with watched_page(chromium) as page:
        yield page


def show(page: Any, folder: Path, html: str) -> None:
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_function("document.querySelectorAll('[data-text]').length === 0")


def draw(page: Any, folder: Path, text: str, layers: Layers) -> None:
    data = {"texts": {"a": {"text": text, "marks": {"gold": to_marks(layers)}}}}
    show(page, folder, render_page("T", '<div id="a" data-text="a"></div>', data, schema=load_schema()))


def marked_text(page: Any, kind: str) -> list[str]:
    """The text of each mark of a kind, its pieces joined."""
    found: list[str] = page.evaluate(
        """kind => { const by = new Map(); for (const m of document.querySelectorAll('.k-' + kind))
           by.set(m.dataset.mark, (by.get(m.dataset.mark) ?? '') + m.textContent); return [...by.values()]; }""",
        kind,
    )
    return found


def test_hostile_text_is_shown_and_never_run(page: Any, tmp_path: Path) -> None:
    html = render_page(
        HOSTILE.replace("\x00", ""),
        '<p id="body">{{ note }}</p><div id="a" data-text="a"></div>',
        {"note": HOSTILE.replace("\x00", ""), "texts": {"a": {"text": HOSTILE, "marks": {"x": []}}}},
    )
    show(page, tmp_path, html)
    assert page.evaluate("document.getElementById('a').textContent") == HOSTILE
    assert page.evaluate("document.getElementById('body').textContent") == HOSTILE.replace("\x00", "")
    assert page.evaluate("window.hacked") is None
    assert page.errors == []
    assert page.requests == [(tmp_path / "page.html").as_uri()]


def test_policy_stops_scripts_that_are_not_the_pages_own(page: Any, tmp_path: Path) -> None:
    html = render_page("T", "<p></p>", {}).replace("<p></p>", "<img src=x onerror='window.hacked = 1'>")
    show(page, tmp_path, html.replace("</body>", "<script>window.hacked = 1</script></body>"))
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in error for error in page.errors)


def test_offsets_are_code_points(page: Any, tmp_path: Path) -> None:
    text = "😀😀 Ada 👩‍👩‍👧 met 𝒳 Bob"
    spans = [(text.index(word), text.index(word) + len(word)) for word in ("Ada", "𝒳", "Bob", "😀 ")]
    draw(page, tmp_path, text, Layers(entities=[Entity(start, end, "PERSON") for start, end in spans]))
    assert sorted(marked_text(page, "entity")) == sorted(["Ada", "𝒳", "Bob", "😀 "])
    assert page.evaluate("document.getElementById('a').textContent") == text


def test_crossing_nested_equal_and_touching_marks_cover_their_spans(page: Any, tmp_path: Path) -> None:
    text = "abcdefghijklmnopqrst"
    ranges = [(0, 10), (5, 15), (5, 15), (2, 4), (10, 20), (15, 16), (0, 20), (4, 5)]
    layers = Layers(
        entities=[Entity(start, end, "ORG") for start, end in ranges],
        quotes=[Quote("direct", [Span(1, 6), Span(8, 12)], Span(12, 14), Span(13, 17))],
        claims=[Claim(start, end, True, "event", Span(0, 3)) for start, end in ranges],
    )
    draw(page, tmp_path, text, layers)
    expected = sorted(text[start:end] for start, end in ranges)
    assert sorted(marked_text(page, "entity")) == expected
    assert sorted(marked_text(page, "claim")) == expected
    assert sorted(marked_text(page, "quote")) == ["bcdef", "ijkl"]
    assert page.evaluate("document.getElementById('a').textContent") == text
    for side in ("first", "last"):
        assert page.locator(f".k-entity.{side}").count() == len(ranges)


def test_parts_of_a_quote_light_up_together_and_the_theme_switches(page: Any, tmp_path: Path) -> None:
    text = 'Ada said "no" and "yes"'
    quote = Quote("direct", [Span(9, 13), Span(18, 23)], Span(0, 3), Span(4, 8))
    draw(page, tmp_path, text, Layers(entities=[], quotes=[quote]))
    page.locator(".k-speaker").hover()
    assert page.locator(".m.lit").count() == 4
    background = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.keyboard.press("t")
    assert page.evaluate(background) != before
    assert page.errors == []


def test_texts_below_the_fold_are_drawn_for_print(page: Any, tmp_path: Path) -> None:
    record = GoldRecord(id="a", text="Ada " * 5, entities=[Entity(0, 3, "PERSON")])
    data = {"texts": {"a": {"text": record.text, "marks": {"gold": to_marks(record)}}}}
    template = '{% for i in range(400) %}<p>.</p>{% endfor %}<div id="a" data-text="a"></div>'
    file = tmp_path / "page.html"
    file.write_text(render_page("T", template, data), encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("#a").text_content() == ""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#a").text_content() == record.text


def test_the_page_and_the_notebook_draw_the_same_elements(page: Any, tmp_path: Path) -> None:
    """`drawText` in the browser against `draw_text`, on random records of every kind."""
    show(page, tmp_path, render_page("T", '<div id="a"></div><div id="b"></div>', {}, schema=load_schema()))
    colours = label_colours(load_schema())

    @settings(max_examples=150)
    @given(gold_records() | predictions(), st.sampled_from([None, "added", "differs", "correct"]))
    def same(record: GoldRecord | Prediction, state: str | None) -> None:
        marks = [*to_marks(record), {"start": 0, "end": 1, "kind": "entity", "label": "odd <&\"'", "state": state}]
        text = (record.text or "").replace("\x00", "\ufffd")
        ours = draw_text(text, marks, colours)
        theirs, parsed = page.evaluate(
            """([text, marks, ours]) => {
              const [a, b] = ["a", "b"].map((id) => document.getElementById(id));
              annotate.drawText(a, text, marks);
              b.innerHTML = ours;
              return [a.innerHTML, b.innerHTML];
            }""",
            [text, marks, ours],
        )
        assert parsed == theirs

    same()
    assert page.requests == [(tmp_path / "page.html").as_uri()]
