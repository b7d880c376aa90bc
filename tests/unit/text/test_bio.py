"""BIO tags and spans over tokens: identity both ways where it can be, and how foreign schemes are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.text.bio import TAG, TagSpan, from_tags, into_lanes, to_tags

LABELS = st.sampled_from(["PERSON", "ORG", "WORK_OF_ART", "a-b"])


@st.composite
def flat_spans(draw: st.DrawFn) -> tuple[list[TagSpan], int]:
    """Spans without overlap over a number of tokens, adjacent ones of one label among them."""
    spans, place = [], 0
    for gap, size in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=6)):
        spans.append(TagSpan(place + gap, place + gap + size, draw(LABELS)))
        place += gap + size
    return spans, place + draw(st.integers(0, 3))


@given(flat_spans())
def test_spans_without_overlap_come_back_as_they_were(case: tuple[list[TagSpan], int]) -> None:
    spans, length = case
    tags = to_tags(spans, length)
    assert len(tags) == length
    assert all(TAG.fullmatch(tag) for tag in tags)
    assert from_tags(tags) == (spans, 0)


@given(st.lists(st.one_of(st.just("O"), st.builds("{}-{}".format, st.sampled_from("BIELSU"), LABELS))))
def test_any_tags_give_spans_without_overlap_that_hold_every_token_but_those_tagged_o(tags: list[str]) -> None:
    spans, _ = from_tags(tags)
    held = [at for span in spans for at in range(span.first, span.last)]
    assert held == [at for at, tag in enumerate(tags) if tag != "O"]
    assert from_tags(to_tags(spans, len(tags))) == (spans, 0)


@pytest.mark.parametrize(
    ("tags", "spans", "mended"),
    [
        ("B-a B-a I-a", [(0, 1, "a"), (1, 3, "a")], 0),
        ("I-a I-a O I-b", [(0, 2, "a"), (3, 4, "b")], 2),  # IOB1
        ("B-a I-b", [(0, 1, "a"), (1, 2, "b")], 1),
        ("B-a I-a L-a U-b", [(0, 3, "a"), (3, 4, "b")], 0),  # BILOU
        ("B-a E-a S-a S-a", [(0, 2, "a"), (2, 3, "a"), (3, 4, "a")], 0),  # BIOES
        ("E-a I-a", [(0, 1, "a"), (1, 2, "a")], 2),
    ],
)
def test_tags_of_other_schemes_are_read(tags: str, spans: list[tuple[int, int, str]], mended: int) -> None:
    assert from_tags(tags.split()) == ([TagSpan(*span) for span in spans], mended)


@given(st.lists(st.builds(lambda a, n, label: TagSpan(a, a + n, label), st.integers(0, 20), st.integers(1, 5), LABELS)))
def test_lanes_hold_every_span_once_and_none_that_overlaps(spans: list[TagSpan]) -> None:
    lanes = into_lanes(spans)
    assert sorted(span for lane in lanes for span in lane) == sorted(spans)
    for lane in lanes:
        assert from_tags(to_tags(lane, 30)) == (lane, 0)
