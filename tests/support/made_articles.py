"""Made-up predictions of any number and size, the same for the same seed, for benchmarks and fault tests."""

from __future__ import annotations

import random
from collections.abc import Iterator

from annotate.records import Claim, Entity, Prediction, Quote, Span
from annotate.schema import load_schema

WORDS = "the minister said élan 𝒳-ray talks in Baghdad “soon” would end — café 👩‍👩‍👧 troops שלום vote".split()  # noqa: SIM905 - readable as it is


def make_predictions(
    count: int, *, words: int = 120, regions: int = 30, seed: int = 0, model: str = "made-1"
) -> Iterator[Prediction]:
    """Predictions of `count` articles; each has about `regions` regions in all layers, nested and crossing."""
    schema = load_schema()
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        text = " ".join(rng.choice(WORDS) for _ in range(words)) + f" {number}."
        step = max(1, len(text) // (regions + 2))
        starts = iter([(i * step) % (len(text) - 12) for i in range(regions)])

        def span(longest: int, starts: Iterator[int] = starts, rng: random.Random = rng) -> Span:
            start = next(starts)
            return Span(start, start + rng.randint(1, longest))

        groups = regions // 10
        speakers = [span(8) for _ in range(groups)]
        yield Prediction(
            id=f"article-{number}",
            text=text,
            title=f"Article {number}",
            model=model,
            score=0.5,
            quotes=[
                Quote(
                    rng.choice(["direct", "indirect", "mixed"]),
                    [first := span(3), Span(first.end + 2, first.end + 5)],
                    speaker=speaker,
                    cue=span(4),
                    score=0.7,
                )
                for speaker in speakers
            ],
            claims=[
                Claim(s.start, s.end, rng.random() < 0.5, rng.choice(schema.claim_kinds), claimer=speaker, score=0.6)
                for speaker in speakers
                for s in [span(12)]
            ],
            entities=[
                Entity(s.start, s.end, rng.choice(schema.entity_labels), score=0.9)
                for s in [span(6) for _ in range(regions - 5 * groups)]
            ],
        )
