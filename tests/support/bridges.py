"""Articles about bridges, for a small release to publish; their sentences are made up here."""

from __future__ import annotations

from functools import partial

from annotate.records import Claim, Entity, GoldRecord, Quote, Region, Span
from tests.support.spans import range_of

PLACES = ("Ostrava", "Mosul", "Lagos", "Turin", "Quito", "Hanoi")


def made_article(n: int) -> GoldRecord:
    """One article about a place of its own, with all layers, nested and discontinuous spans and an emoji."""
    place = PLACES[n]
    text = (
        f"Council of {place} votes on bridge {n}\n\n"
        f"The council of {place} voted on Monday to close the old bridge. 😀 “It cannot carry {n + 2},000 lorries,” "
        f"Mayor Ilse van der Berg of {place} said, “and we knew it.” Residents of {place} had warned for years that "
        f"the bridge would fail, and {n + 3} engineers agreed with them in a report of number {n}{n}{n}."
    )

    at = partial(range_of, text)
    mayor = f"Mayor Ilse van der Berg of {place}"
    return GoldRecord(
        id=f"{place.lower()}-{n}",
        text=text,
        title=f"Council of {place} votes",
        date=f"2024-0{n + 1}-11",
        url=f"https://news.example/{n}",
        publisher=f"Paper {n}",
        meta={"desk": n},
        annotators=["ada", "ben"],
        decided_by="unanimous",
        licence="all rights reserved",
        entities=[
            Entity(*at(place, 1), "GPE"),
            Entity(*at(f"council of {place}"), "ORG", alt_labels=["GPE"]),
            Entity(*at("Ilse van der Berg"), "PERSON", note="the mayor"),
        ],
        quotes=[
            Quote(
                "direct",
                [Span(*at(f"“It cannot carry {n + 2},000 lorries,”")), Span(*at("“and we knew it.”"))],
                Span(*at(mayor)),
                Span(*at("said")),
            )
        ],
        claims=[
            Claim(*at(f"It cannot carry {n + 2},000 lorries"), True, "statistic", Span(*at(mayor))),
            Claim(*at("the bridge would fail"), False, "commitment_or_prediction"),
        ],
        ignore=[Region(*at("number"))],
        sentences=[Span(*at("The council of " + place + " voted on Monday to close the old bridge."))],
    )
