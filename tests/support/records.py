"""Random records for the round trips: nested, crossing, discontinuous spans in texts with emoji and line breaks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from annotate.schema import load_schema

SCHEMA = load_schema("news")

# words as tokenisers dislike them: marks, clitics, emoji with joiners, combining accents, astral letters, CJK
_WORDS = st.sampled_from(
    ["Biden", "U.S.", "don't", "“It’s", "over,”", "(AP)", "$2.5bn", "New-Yorker", "👩\u200d💻", "🇮🇶", "café", "总理"]
)
_ODD_WORDS = st.sampled_from(
    ["cafe\u0301", "𝐴", "#1", "-LRB-", "-DOCSTART-", "O", "x\u200by", "http://a.b/c?d=e", "''", "\ufe0f", "a\u00a0b"]
)
_GAPS = st.sampled_from([" ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u2028", ""])


@st.composite
def texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(_WORDS | _ODD_WORDS, _GAPS), min_size=1, max_size=14))
    return "".join(word + gap for word, gap in pieces)


def spans(text: str) -> st.SearchStrategy[tuple[int, int]]:
    """Ranges without white space at their edges, as the guidelines want them."""
    inner = [i for i, char in enumerate(text) if not char.isspace()]
    return st.tuples(st.sampled_from(inner), st.sampled_from(inner)).map(lambda p: (min(p), max(p) + 1))


@st.composite
def records(draw: st.DrawFn, ids: st.SearchStrategy[str] | None = None) -> GoldRecord:
    text = draw(texts().filter(lambda t: bool(t.strip())))
    one = spans(text)
    part = st.none() | one.map(lambda r: Span(*r))
    score = st.none() | st.sampled_from([0.0, 0.25, 1.0])

    @st.composite
    def quotes(draw: st.DrawFn) -> Quote:
        content: list[Span] = []
        for start, end in sorted(draw(st.lists(one, min_size=1, max_size=3))):
            if not content or start > content[-1].end:
                content.append(Span(start, end))
        kind: Any = draw(st.sampled_from(SCHEMA.quote_types))
        return Quote(kind, content, draw(part), draw(part), score=draw(score))

    labels = st.sampled_from(SCHEMA.entity_labels)
    entities = st.lists(st.tuples(one, labels, score), max_size=6, unique_by=lambda e: e[:2]).map(
        lambda found: [Entity(*r, label, score=s) for r, label, s in found]
    )
    claims = st.lists(
        st.builds(
            lambda r, worthy, kind, claimer, s: Claim(*r, worthy, kind, claimer, score=s),
            one,
            st.booleans(),
            st.sampled_from(SCHEMA.claim_kinds),
            part,
            score,
        ),
        max_size=3,
    )
    return GoldRecord(
        id=draw(st.just("a-1") if ids is None else ids),
        text=text,
        entities=draw(entities),
        quotes=draw(st.lists(quotes(), max_size=3)),
        claims=draw(claims),
    )
