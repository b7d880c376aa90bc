"""Quotes: alignment by content, then content, type and speaker, each by its own figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from annotate.records import Quote, Region
from annotate.score.figures import Column, Figure, Harmonic, Outcomes, Ratio, prf
from annotate.score.items import ItemCounts
from annotate.score.matching import Weight, best_pairs
from annotate.score.measures import Measure
from annotate.score.mentions import MATCHES, Mention, order_of, read_mention, same_mention, shared_tokens, touches
from annotate.score.tables import GoldTable, SystemTable
from annotate.text.text_index import Content, TextIndex

TYPES = ("direct", "indirect", "mixed")


@dataclass(frozen=True)
class QuoteView:
    """A quote as the comparison sees it."""

    content: Content
    tokens: frozenset[int]
    core: tuple[int, ...]
    type: str
    speaker: Mention | None
    cue: Mention | None
    ignorable: bool
    place: int
    """Its index in the record."""


def view_quotes(index: TextIndex, quotes: Iterable[Quote], regions: Sequence[Region] = ()) -> list[QuoteView]:
    """The quotes in an order that does not depend on that of the record."""
    views = []
    for place, quote in enumerate(quotes):
        ranges = [(fragment.start, fragment.end) for fragment in quote.content]
        tokens = index.tokens(ranges)
        views.append(
            QuoteView(
                content=index.content(ranges),
                tokens=tokens,
                core=index.core(tokens),
                type=quote.type,
                speaker=read_mention(index, quote.speaker),
                cue=read_mention(index, quote.cue),
                ignorable=touches(ranges, regions, "quotes"),
                place=place,
            )
        )
    views.sort(key=lambda view: (view.content, view.type, order_of(view.speaker), order_of(view.cue)))
    return views


def share_tokens(gold: Sequence[QuoteView], predicted: Sequence[QuoteView]) -> dict[tuple[int, int], int]:
    """(gold, prediction) -> how many tokens of content they share, for those that share any."""
    return shared_tokens([view.tokens for view in gold], [view.tokens for view in predicted])


def align_quotes(
    gold: Sequence[QuoteView], predicted: Sequence[QuoteView], shared: Mapping[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """The one-to-one alignment: most equal contents, then most summed Dice, then the ties by speaker, type and cue."""
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared.items():
        g, p = gold[i], predicted[j]
        equal, overlap, head = same_mention(g.speaker, p.speaker)
        edges[i, j] = (
            int(g.content == p.content),
            Fraction(2 * n, len(g.tokens) + len(p.tokens)),
            int(overlap),
            int(g.type == p.type),
            int(head),
            int(equal),
            int(same_mention(g.cue, p.cue)[1]),
            int(not p.ignorable),
        )
    return best_pairs(edges)


def align_halves(
    gold: Sequence[QuoteView], predicted: Sequence[QuoteView], shared: Mapping[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """One-to-one pairs with a Jaccard of tokens of 0.5 or more: most pairs of one core, then most summed Jaccard."""
    edges: dict[tuple[int, int], Weight] = {}
    for (i, j), n in shared.items():
        g, p = gold[i], predicted[j]
        either = len(g.tokens) + len(p.tokens) - n
        if 2 * n >= either:
            overlap = same_mention(g.speaker, p.speaker)[1]
            edges[i, j] = (int(g.core == p.core), Fraction(n, either), int(overlap), int(not p.ignorable))
    return best_pairs(edges)


def count_quotes(gold: GoldTable, system: SystemTable) -> ItemCounts:
    """Everything that the figures of quotes need, by document."""
    counts = ItemCounts(gold.size)
    for document in sorted({*gold.quotes, *system.quotes}):
        if gold.has["quotes"][document]:
            index = TextIndex(gold.texts[document])
            _count_document(
                counts,
                document,
                view_quotes(index, gold.quotes.get(document, ())),
                view_quotes(index, system.quotes.get(document, ()), gold.regions.get(document, ())),
            )
    return counts


def _count_document(counts: ItemCounts, document: int, gold: list[QuoteView], predicted: list[QuoteView]) -> None:
    def add(name: str, value: float = 1) -> None:
        counts.add(document, name, value)

    shared = share_tokens(gold, predicted)
    _count_halves(counts, document, gold, predicted, align_halves(gold, predicted, shared))
    pairs = align_quotes(gold, predicted, shared)
    paired = {j for _, j in pairs}
    counted = [view for j, view in enumerate(predicted) if j in paired or not view.ignorable]
    add("gold", len(gold))
    add("predicted", len(counted))
    add("pairs", len(pairs))
    for side, views in (("gold", gold), ("predicted", counted)):
        for view in views:
            add(f"{side} {view.type}")
    for i, j in pairs:
        g, p = gold[i], predicted[j]
        exact = g.content == p.content
        add("exact", exact)
        add("dice", 2 * len(g.tokens & p.tokens) / (len(g.tokens) + len(p.tokens)))
        if g.type == p.type:
            add("same type")
            add(f"same type {g.type}")
        right = dict(zip(MATCHES, same_mention(g.speaker, p.speaker), strict=True))
        if g.speaker is None:
            add("no speaker")
            add("no speaker right", p.speaker is None)
        else:
            add("speaker")
        for how, ok in right.items():
            add(f"speaker {how}", ok and g.speaker is not None)
            add(f"end-to-end overlap {how}", ok)
            add(f"end-to-end exact {how}", ok and exact)
    gold_tokens = frozenset[int]().union(*(view.tokens for view in gold))
    tokens = frozenset[int]().union(*(view.tokens for view in counted))
    add("gold tokens", len(gold_tokens))
    add("tokens", len(tokens))
    add("shared tokens", len(gold_tokens & tokens))
    for name, views, other in (("covered gold", gold, tokens), ("covered predicted", counted, gold_tokens)):
        add(name, sum(len(view.tokens & other) / len(view.tokens) for view in views if view.tokens))


def _count_halves(
    counts: ItemCounts,
    document: int,
    gold: list[QuoteView],
    predicted: list[QuoteView],
    pairs: list[tuple[int, int]],
) -> None:
    def add(name: str, value: float = 1) -> None:
        counts.add(document, name, value)

    paired = {j for _, j in pairs}
    add("half", len(pairs))
    add("half predicted", sum(j in paired or not view.ignorable for j, view in enumerate(predicted)))
    for i, j in pairs:
        g, p = gold[i], predicted[j]
        add(f"half {g.type}")
        if g.core == p.core:
            add("core")
            add(f"core {g.type}")
        if g.speaker is not None:
            add("half speaker")
            add("half speaker right", same_mention(g.speaker, p.speaker)[1])


def quote_figures(counts: ItemCounts) -> tuple[dict[Measure, Figure], dict[str, Outcomes]]:
    """The figures by measure, and the outcomes by match."""
    figures: dict[Measure, Figure] = {}
    gold, predicted, pairs = counts.column("gold"), counts.column("predicted"), counts.column("pairs")
    outcomes = {
        "exact": counts.outcomes("pairs", "exact"),
        "overlap": counts.outcomes("pairs", "pairs"),
        "end-to-end": counts.outcomes("pairs", "end-to-end overlap head"),
    }

    def ratios(match: str, credit: Column, gold: Column, predicted: Column, label: str | None = None) -> None:
        for metric, figure in prf(credit, gold, predicted).items():
            figures[Measure(metric, match, "quotes", label)] = figure

    def accuracy(match: str, right: Column, of: Column) -> None:
        n = int(of.sum())
        figures[Measure("accuracy", match, "quotes")] = Ratio(right, of, n, n)

    ratios("exact", counts.column("exact"), gold, predicted)
    ratios("overlap", pairs, gold, predicted)
    for match, credit in (("half-overlap", "half"), ("core", "core")):
        ratios(match, counts.column(credit), gold, counts.column("half predicted"))
        for kind in TYPES:
            of_kind = counts.column(f"gold {kind}")
            found = Ratio(counts.column(f"{credit} {kind}"), of_kind, int(of_kind.sum()), int(predicted.sum()))
            figures[Measure("recall", match, "quotes", kind)] = found
    ratios("dice", counts.column("dice"), gold, predicted)
    ratios("token", counts.column("shared tokens"), counts.column("gold tokens"), counts.column("tokens"))
    sizes = int(gold.sum()), int(predicted.sum())
    precision = Ratio(counts.column("covered predicted"), predicted, *sizes)
    recall = Ratio(counts.column("covered gold"), gold, *sizes)
    figures[Measure("precision", "proportional", "quotes")] = precision
    figures[Measure("recall", "proportional", "quotes")] = recall
    figures[Measure("f1", "proportional", "quotes")] = Harmonic(precision, recall)
    ratios("end-to-end", counts.column("end-to-end overlap head"), gold, predicted)
    for content in ("exact", "overlap"):
        for speaker in MATCHES:
            if (content, speaker) != ("overlap", "head"):
                ratios(
                    f"end-to-end-{content}-{speaker}", counts.column(f"end-to-end {content} {speaker}"), gold, predicted
                )
    accuracy("type", counts.column("same type"), pairs)
    for kind in TYPES:
        ratios(
            "type",
            counts.column(f"same type {kind}"),
            counts.column(f"gold {kind}"),
            counts.column(f"predicted {kind}"),
            kind,
        )
    for how in MATCHES:
        accuracy(f"speaker-{how}", counts.column(f"speaker {how}"), counts.column("speaker"))
    accuracy("speaker-half-overlap", counts.column("half speaker right"), counts.column("half speaker"))
    accuracy("speaker-null", counts.column("no speaker right"), counts.column("no speaker"))
    return figures, outcomes
