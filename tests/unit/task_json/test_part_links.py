"""Links between parts: a quote's pieces and links come out the same in whatever order and direction they are drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.markup import QUOTE_TYPE, Link, Mark, Markup, from_markup
from annotate.formats.report import FormatReport
from annotate.records import Layers, Quote, Span
from annotate.schema import load_schema
from annotate.task_json.from_result import from_result

SCHEMA = load_schema("news")
TEXT = "“We won,” said Ana Lee on Monday, “and by a lot.” “Twice.”"
MARKS = {
    "a": ("QUOTE", (0, 9)),
    "b": ("QUOTE", (34, 49)),
    "c": ("QUOTE", (50, 58)),
    "speaker": ("SPEAKER", (15, 22)),
    "cue": ("CUE", (10, 14)),
}
LINKS = [
    ("continues", "a", "b"),
    ("continues", "b", "c"),
    ("speaker", "b", "speaker"),
    ("cue", "a", "cue"),
]


def as_result(links: list[tuple[str, str, str]]) -> Layers:
    items: list[dict[str, Any]] = []
    for key, (label, (start, end)) in MARKS.items():
        shared = {"id": key, "from_name": "span", "to_name": "text"}
        items.append({**shared, "type": "labels", "value": {"start": start, "end": end, "labels": [label]}})
        if label == "QUOTE":
            items.append({**shared, "from_name": "quote_type", "type": "choices", "value": {"choices": ["direct"]}})
    items += [
        {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": [label]}
        for label, source, target in links
    ]
    return from_result(items, TEXT, SCHEMA).layers


def as_markup(links: list[tuple[str, str, str]]) -> tuple[Layers, int]:
    report = FormatReport("test", "read")
    marks = [
        Mark(key, label, [fragment], {QUOTE_TYPE: "direct"} if label == "QUOTE" else {})
        for key, (label, fragment) in MARKS.items()
    ]
    layers = from_markup(Markup(marks, [Link(*link) for link in links]), TEXT, SCHEMA, report, "a")
    return layers, report.lost


@given(st.permutations(LINKS), st.lists(st.booleans(), min_size=4, max_size=4))
def test_every_format_reads_one_quote(links: list[tuple[str, str, str]], turned: list[bool]) -> None:
    drawn = [(label, b, a) if turn else (label, a, b) for (label, a, b), turn in zip(links, turned, strict=True)]
    there, lost = as_markup(drawn)
    quotes = [
        Quote(
            quote.type,
            [Span(part.start, part.end) for part in quote.content],
            speaker=quote.speaker and Span(quote.speaker.start, quote.speaker.end),
            cue=quote.cue and Span(quote.cue.start, quote.cue.end),
        )
        for quote in as_result(drawn).quotes or ()
    ]
    content = [Span(0, 9), Span(34, 49), Span(50, 58)]
    assert quotes == there.quotes == [Quote("direct", content, Span(15, 22), Span(10, 14))]
    assert lost == 0


def test_a_link_that_is_drawn_twice_is_no_second_speaker() -> None:
    layers, lost = as_markup([*LINKS, LINKS[2]])
    assert lost == 0
    assert [quote.speaker for quote in layers.quotes or ()] == [Span(15, 22)]
