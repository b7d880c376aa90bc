"""Span algebra against a definition by sets of code points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotate.records import Claim, Entity, Layers, Quote, Span
from annotate.spans import find_span_problems, overlap, shared, snap_to_words, trim_range

ranges = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def points(span: Span) -> set[int]:
    return set(range(span.start, span.end))


@given(ranges, ranges)
def test_overlap_counts_shared_code_points(a: Span, b: Span) -> None:
    assert overlap(a, b) == overlap(b, a) == len(points(a) & points(b))


def test_lists_of_spans_share_what_their_members_share() -> None:
    assert shared([Span(0, 5), Span(8, 12)], [Span(3, 10)]) == 4
    assert shared([], [Span(3, 10)]) == 0


@given(st.text(alphabet=" \n\u00a0ab", max_size=12))
def test_trimmed_range_has_no_white_space_at_its_edges(text: str) -> None:
    start, end = trim_range(text, 0, len(text))
    assert text[start:end] == text.strip()


def test_each_misfit_is_reported_with_its_place() -> None:
    layers = Layers(
        entities=[Entity(3, 3, "A"), Entity(-1, 2, "A"), Entity(0, 99, "A"), Entity(0, 4, "A", text="text")],
        quotes=[
            Quote("direct", []),
            Quote("direct", [Span(0, 3), Span(2, 4)], speaker=Span(5, 4), cue=Span(1, 2, text="x")),
        ],
        claims=[Claim(0, 2, True, "event", claimer=Span(9, 12))],
    )
    problems = list(find_span_problems(layers, "text here"))
    places = [problem.split(" ")[0] for problem in problems]
    assert places == [
        "entities[0]",
        "entities[1]",
        "entities[2]",
        "quotes[1].speaker",
        "quotes[1].cue",
        "claims[0].claimer",
        "quotes[0]",
        "quotes[1]",
    ]


def test_offsets_are_code_points() -> None:
    text = "👩‍👩‍👧 é 𝒳 said"
    start = text.index("said")
    assert not list(find_span_problems(Layers(entities=[Entity(start, start + 4, "A", text="said")]), text))


@given(st.text(st.sampled_from("aB é\u0301 .’-5漢😀"), min_size=1), st.data())
def test_snapping_leaves_no_edge_in_a_word_and_changes_nothing_the_second_time(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    snapped = snap_to_words(text, start, end)
    assert 0 <= snapped[0] < snapped[1] <= len(text)
    assert snap_to_words(text, *snapped) == snapped
