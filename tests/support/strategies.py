"""Random gold records and predictions: overlapping spans, every optional field, texts of odd characters."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Region, Span
from annotate.schema import load_schema

SCHEMA = load_schema("news")

TEXTS = st.text(
    st.sampled_from(["a", "B", " ", "\n", ".", "“", "é", "\u0301", "👩", "\u200d", "总", "\x00", "\u2028", "\t"]),
    min_size=1,
    max_size=40,
)
NAMES = st.sampled_from(["ann", "bo", "Çelik", "ü\n"])


@st.composite
def gold_records(draw: st.DrawFn, id: str = "a") -> GoldRecord:
    """A decided article, as a release holds it."""
    text = draw(TEXTS)
    length = len(text)
    ranges = st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(lambda r: r[0] < r[1])
    spans = ranges.map(lambda r: Span(*r))
    people = st.none() | st.lists(NAMES, min_size=1, max_size=2, unique=True)
    origins = st.sampled_from([None, "prediction", "prediction-changed", "manual"])
    labels = st.sampled_from(SCHEMA.entity_labels)

    @st.composite
    def entities(draw: st.DrawFn) -> Entity:
        start, end = draw(ranges)
        also = draw(st.none() | st.lists(labels, min_size=1, max_size=2))
        score = draw(st.none() | st.floats(0, 1))
        return Entity(
            start, end, draw(labels), score=score, alt_labels=also, origin=draw(origins), annotators=draw(people)
        )

    @st.composite
    def quotes(draw: st.DrawFn) -> Quote:
        start, end = draw(ranges)
        content = (
            [Span(end - 1, end), Span(start, end - 1)]
            if end - start > 1 and draw(st.booleans())
            else [Span(start, end)]
        )
        return Quote(
            draw(st.sampled_from(["direct", "indirect", "mixed"])),
            content,
            draw(st.none() | spans),
            draw(st.none() | spans),
            speaker_name=draw(st.none() | st.just("Ann")),
            origin=draw(origins),
        )

    @st.composite
    def claims(draw: st.DrawFn) -> Claim:
        start, end = draw(ranges)
        kind = draw(st.sampled_from(SCHEMA.claim_kinds))
        return Claim(
            start, end, draw(st.booleans()), kind, draw(st.none() | spans), note=draw(st.none() | st.just("n"))
        )

    unique = st.lists(entities(), max_size=5, unique_by=lambda e: (e.start, e.end, e.label))
    return GoldRecord(
        id=id,
        text=text,
        title=draw(st.none() | st.text(max_size=5)),
        date=draw(st.none() | st.dates().map(str)),
        meta=draw(st.dictionaries(st.text(max_size=3), st.integers(-9, 9) | st.text(max_size=3), max_size=2)),
        entities=draw(st.none() | unique),
        quotes=draw(st.none() | st.lists(quotes(), max_size=3)),
        claims=draw(st.none() | st.lists(claims(), max_size=3)),
        ignore=draw(st.none() | st.lists(ranges.map(lambda r: Region(*r, "quotes")), min_size=1, max_size=2)),
        sentences=draw(st.none() | st.lists(spans, max_size=2)),
        annotators=draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)),
        licence=draw(st.none() | st.just("CC-BY-4.0")),
    )


ODD = "aé́𝒳👩‍👩‍👧 \u00a0\u2028\u2029\u0085\t\u200b\ufeffאבعربي<b>&amp;“”‘’''\n\r"
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ANY_TEXT = st.text(st.one_of(st.sampled_from(ODD), CHARACTERS), min_size=1, max_size=40)
SCORES = st.none() | st.floats(0, 1)


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """What a preannotator could propose: any text that a task can hold, spans in any relation to each other."""
    text = draw(ANY_TEXT)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).map(sorted)
    spans = places.filter(lambda place: place[0] < place[1]).map(lambda place: Span(*place))
    notes = st.none() | st.text(CHARACTERS, min_size=1, max_size=5)

    def entities() -> list[Entity]:
        return [
            Entity(s.start, s.end, draw(st.sampled_from(SCHEMA.entity_labels)), score=draw(SCORES), note=draw(notes))
            for s in draw(st.lists(spans, max_size=4))
        ]

    def quotes() -> list[Quote]:
        found = []
        for whole in draw(st.lists(spans, max_size=3)):
            inner = st.integers(whole.start, whole.end)
            cuts = sorted(draw(st.sets(inner, max_size=4)) | {whole.start, whole.end})
            pieces = [Span(a, b) for a, b in itertools.pairwise(cuts)]
            kept = [pieces[0]] + [piece for piece in pieces[1:] if draw(st.booleans())]
            found.append(
                Quote(
                    draw(st.sampled_from(["direct", "indirect", "mixed"])),
                    kept,
                    speaker=draw(st.none() | spans),
                    cue=draw(st.none() | spans),
                    score=draw(SCORES),
                    speaker_name=draw(notes),
                    preannotator=draw(notes),
                    note=draw(notes),
                )
            )
        return found

    def claims() -> list[Claim]:
        return [
            Claim(
                s.start,
                s.end,
                draw(st.booleans()),
                draw(st.sampled_from(SCHEMA.claim_kinds)),
                claimer=draw(st.none() | spans),
                score=draw(SCORES),
                confidence=draw(SCORES),
                note=draw(notes),
            )
            for s in draw(st.lists(spans, max_size=3))
        ]

    return Prediction(
        id=draw(st.text(CHARACTERS, min_size=1, max_size=8)),
        text=text,
        title=draw(notes),
        meta=draw(st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2)),
        model="rules-0.1.0",
        entities=entities(),
        quotes=quotes(),
        claims=claims(),
    )
