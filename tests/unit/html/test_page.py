"""The page shell: escaping of data and text, the policy, the marks of records."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from annotate.html import label_colours, render_page, to_marks
from annotate.html.page import to_script_json
from annotate.records import Claim, Entity, GoldRecord, Quote, Region, Span
from annotate.schema import load_schema


@given(st.text(st.characters(codec="utf-8")))
def test_script_json_reads_back_and_cannot_close_its_element(text: str) -> None:
    encoded = to_script_json({"text": text})
    assert json.loads(encoded) == {"text": text}
    assert encoded.isascii()
    assert not set("<>&") & set(encoded)


def test_policy_names_exactly_the_pages_scripts_and_styles() -> None:
    page = render_page("T", "", {}, script="annotate.x = 1;", style="p { color: red }")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    directives = dict(part.split(" ", 1) for part in policy[1].replace("&#39;", "'").split("; "))
    assert directives["default-src"] == "'none'"
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        sources = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in sources]
        assert directives[directive] == " ".join(f"'sha256-{digest}'" for digest in hashes)
        assert len(sources) == 2


def test_the_same_input_gives_the_same_page() -> None:
    assert render_page("T", "{{ a }}", {"a": 1}) == render_page("T", "{{ a }}", {"a": 1})


def test_a_variable_that_data_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'b' is undefined"):
        render_page("T", "{{ b }}", {"a": 1})


def test_a_script_with_a_closing_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="closing tag"):
        render_page("T", "", {}, script="x = '</Script>'")


def test_marks_group_the_parts_of_a_quote_and_of_a_claim() -> None:
    record = GoldRecord(
        id="a",
        entities=[Entity(0, 3, "ORG", alt_labels=["GPE"])],
        quotes=[Quote("direct", [Span(9, 13), Span(18, 23)], Span(0, 3, text="Ada"), Span(4, 8))],
        claims=[Claim(9, 13, False, "event", Span(0, 3))],
        ignore=[Region(1, 2)],
    )
    marks = to_marks(record)
    assert [(mark["kind"], mark.get("group"), mark.get("item")) for mark in marks] == [
        ("entity", None, ("entities", 0)),
        ("quote", "q1", ("quotes", 0)),
        ("quote", "q1", ("quotes", 0)),
        ("speaker", "q1", ("quotes", 0)),
        ("cue", "q1", ("quotes", 0)),
        ("claim", "c1", ("claims", 0)),
        ("claimer", "c1", ("claims", 0)),
        ("ignore", None, None),
    ]
    assert "also right: GPE" in marks[0]["title"]
    assert "speaker Ada" in marks[1]["title"]
    assert marks[5]["check_worthy"] is False


def test_every_label_with_a_colour_has_it_on_the_page() -> None:
    schema = load_schema()
    page = render_page("T", "", {}, schema=schema)
    for name, colour in label_colours(schema).items():
        assert f'"{name}":"{colour}"' in page
