"""Statements without quotation marks: where they begin and end, and whose they are."""

from __future__ import annotations

import pytest

from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.statements import find_statements
from tests.support.spans import range_of


def statements(text: str, speaker: str = "Minister Roe", *quotes: FoundQuote) -> list[str]:
    """What is found where the network sees `speaker` speaking."""
    found = find_statements(text, [range_of(text, speaker)], quotes)
    assert all(text[slice(*one.speaker)] == speaker for one in found)
    return [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Minister Roe said:\n\nWe won.\n\nThey lost.", ["We won.", "They lost."]),
        ("Minister Roe said in a statement on Friday:\nWe won.", ["We won."]),
        ("Minister Roe said: We won.\n\nRain fell.", ["We won."]),
        ("Minister Roe said:\n\nWe won.\n\nNotes to editors\n\nIt rained.", ["We won."]),
        ("Minister Roe said:\n\nWe won.\n\n“It rained,” he said.", ["We won."]),
        ("Minister Roe said:\n\n“We won.”", []),
        ("Minister Roe said that we won.\n\nRain fell.", []),
        ("Minister Roe said there were two ways: rain and snow.", []),
        ("The ways of Minister Roe:\n\nRain fell.", []),
    ],
)
def test_a_statement_is_what_a_line_introduces_without_marks(text: str, stated: list[str]) -> None:
    assert statements(text) == stated


def test_nobody_speaks_where_the_line_names_no_speaker() -> None:
    assert find_statements("It said:\n\nWe won.", [], []) == []
    text = "Minister Roe left.\n\nHe said:\n\nWe won."
    assert find_statements(text, [range_of(text, "Minister Roe")], []) == []


def test_a_statement_ends_where_another_begins() -> None:
    text = "Ann Roe said:\n\nWe won.\n\nBob Day added:\n\nWe lost."
    speakers = [range_of(text, "Ann Roe"), range_of(text, "Bob Day")]
    found = find_statements(text, speakers, [])
    assert [(text[one.start : one.end], one.speaker) for one in found] == [
        ("We won.", speakers[0]),
        ("We lost.", speakers[1]),
    ]


def test_a_statement_ends_where_somebody_is_reported_to_say_something_but_not_where_a_report_shows_it() -> None:
    text = "Minister Roe said:\n\nThe report shows that rain fell.\n\nI said it would.\n\nRoe added that snow fell."
    shows = FoundQuote("indirect", [], range_of(text, "shows"), range_of(text, "The report"), ())
    own = FoundQuote("indirect", [], range_of(text, "said it"), range_of(text, "I"), ())
    added = FoundQuote("indirect", [], range_of(text, "added"), range_of(text, "Roe added"), ())
    assert statements(text, "Minister Roe", shows, own, added) == [
        "The report shows that rain fell.",
        "I said it would.",
    ]
