"""Tags from spans and back: identity where BIO can hold them, and an account of the rest."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotate.artifacts.features import list_tags
from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from annotate.release.tokens import Labelled, TagReport, TokenTable, layer_spans, to_bio
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


def test_of_nested_spans_the_outer_one_stays_wherever_it_ends() -> None:
    tokens = [(0, 2), (3, 5), (6, 8)]
    for inner in ((0, 2), (3, 5), (6, 8)):
        tags, report = to_bio(tokens, [Labelled(*inner, "GPE"), Labelled(0, 8, "ORG")])
        assert tags == ["B-ORG", "I-ORG", "I-ORG"]
        assert report == TagReport(spans=2, exact=1, dropped=1)


NEWS = load_schema("news")
SAID = "“Go,” he said. Rome fell."
QUOTE = Quote("direct", [Span(0, 5), Span(15, 24)], Span(6, 8), Span(9, 13))


def test_each_layer_gives_its_spans_under_the_names_of_the_schema() -> None:
    record = GoldRecord(
        id="a",
        text=SAID,
        entities=[Entity(15, 19, "GPE")],
        quotes=[QUOTE, Quote("indirect", [Span(0, 5)], Span(6, 8))],
        claims=[Claim(15, 24, True, "event", Span(6, 8))],
    )
    names = {role: NEWS.part(role).name for role in ("content", "speaker", "cue", "claim")}
    assert len(set(names.values())) == 4
    assert layer_spans(record, "entities", NEWS) == [(15, 19, "GPE")]
    assert layer_spans(record, "claims", NEWS) == [(15, 24, names["claim"])]
    # what two quotes share is there once
    assert layer_spans(record, "quotes", NEWS) == [
        (0, 5, names["content"]),
        (6, 8, names["speaker"]),
        (9, 13, names["cue"]),
        (15, 24, names["content"]),
    ]
    assert [layer_spans(GoldRecord(id="a", text=SAID), layer, NEWS) for layer in NEWS.layers] == [None] * 3


def test_rows_have_the_numbers_of_the_tags_and_counts_add_up() -> None:
    table = TokenTable(NEWS)
    row = table.to_row(GoldRecord(id="a", text=SAID, entities=[Entity(15, 19, "GPE")], quotes=[QUOTE], claims=[]))
    assert row["id"] == "a"
    assert [SAID[start:end] for start, end in zip(row["starts"], row["ends"], strict=True)] == row["tokens"]
    tagged = {
        layer: [
            (word, list_tags(NEWS, layer)[tag])
            for word, tag in zip(row["tokens"], row[column], strict=True)
            if list_tags(NEWS, layer)[tag] != "O"
        ]
        for layer, column in (("entities", "ner_tags"), ("quotes", "quote_tags"), ("claims", "claim_tags"))
    }
    content, speaker, cue = (NEWS.part(role).name for role in ("content", "speaker", "cue"))
    assert tagged["entities"] == [("Rome", "B-GPE")]
    assert tagged["quotes"][-4:] == [
        ("he", f"B-{speaker}"),
        ("said", f"B-{cue}"),
        ("Rome", f"B-{content}"),
        ("fell", f"I-{content}"),
    ]
    assert tagged["claims"] == []
    table.to_row(GoldRecord(id="b", text=SAID, entities=[Entity(15, 19, "GPE"), Entity(16, 19, "ORG")], quotes=[QUOTE]))
    assert table.reports == {
        "entities": TagReport(spans=3, exact=2, dropped=1),
        "quotes": TagReport(spans=8, exact=8),
        "claims": TagReport(),
    }


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
