"""Tags from spans and back: identity where BIO can hold them, and an account of the rest."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotate.records import Entity, GoldRecord
from annotate.release.tokens import Labelled, TokenTable, to_bio
from annotate.schema import load_schema
from annotate.text.bio import from_tags
from annotate.text.tokens import make_tokenizer

LABELS = st.sampled_from(["PERSON", "ORG"])


@st.composite
def tokenized(draw: st.DrawFn) -> list[tuple[int, int]]:
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=2, max_size=12)))
    ranges = list(pairwise(edges))
    return [
        pair
        for pair, keep in zip(ranges, draw(st.lists(st.booleans(), min_size=11, max_size=11)), strict=False)
        if keep
    ]


def read(tokens: list[tuple[int, int]], tags: list[str]) -> list[Labelled]:
    return [Labelled(tokens[span.first][0], tokens[span.last - 1][1], span.label) for span in from_tags(tags)[0]]


@given(tokenized(), st.data())
def test_flat_spans_on_words_come_back_as_they_were(tokens: list[tuple[int, int]], data: st.DataObject) -> None:
    spans, place = [], 0
    while place < len(tokens):
        size = data.draw(st.integers(0, 3))
        if size:
            part = tokens[place : place + size]
            spans.append(Labelled(part[0][0], part[-1][1], data.draw(LABELS)))
        place += max(size, 1)
    tags, report = to_bio(tokens, spans)
    assert read(tokens, tags) == spans
    assert (report.exact, report.widened, report.dropped) == (len(spans), 0, 0)


@given(
    tokenized(),
    st.lists(st.builds(lambda a, n, label: Labelled(a, a + n, label), st.integers(0, 55), st.integers(1, 9), LABELS)),
)
def test_every_span_is_accounted_for(tokens: list[tuple[int, int]], spans: list[Labelled]) -> None:
    tags, report = to_bio(tokens, spans)
    assert report.spans == len(spans) == report.exact + report.widened + report.dropped
    back = read(tokens, tags)
    assert len(back) == report.exact + report.widened
    assert sum(span in spans for span in back) >= report.exact
    assert to_bio(tokens, list(reversed(spans)))[0] == tags


def test_tags_of_the_real_tokenizer() -> None:
    schema = load_schema("news")
    table = TokenTable(schema)
    text = "U.S. troops' pay rose in New-Yorkers' eyes."
    record = GoldRecord(
        id="a", text=text, entities=[Entity(0, 4, "GPE"), Entity(25, 33, "GPE"), Entity(25, 36, "NORP")]
    )
    row = table.to_row(record)
    assert row["tokens"] == [text[start:end] for start, end in make_tokenizer("en")(text)]
    names = ["O", *(f"{p}-{label}" for label in schema.entity_labels for p in "BI")]
    assert [names[tag] for tag in row["ner_tags"] if tag][:2] == ["B-GPE", "B-NORP"]
    assert (table.reports["entities"].exact, table.reports["entities"].dropped) == (2, 1)
    assert "quote_tags" not in row
