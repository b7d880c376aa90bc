"""The agreement as tables and lines for reading."""

from __future__ import annotations

from collections.abc import Iterator

from annotate.agreement.measure import Agreement
from annotate.html import draw_blocks, wrap_output
from annotate.label_map import LabelMap
from annotate.printing import Block, Table, format_count, format_interval, format_value

SHOWN_PATTERNS = 10
HEADLINES = {
    "entities": ("f1:strict:entities", "f1:exact:entities", "f1:type:entities", "kappa:label:entities"),
    "quotes": (
        "f1:exact:quotes",
        "f1:overlap:quotes",
        "f1:token:quotes",
        "f1:end-to-end:quotes",
        "kappa:type:quotes",
        "accuracy:speaker-overlap:quotes",
        "accuracy:speaker-head:quotes",
    ),
    "claims": (
        "f1:exact:claims",
        "f1:overlap:claims",
        "f1:sentence:claims",
        "kappa:kind:claims",
        "kappa:check-worthy:claims",
        "accuracy:claimer-overlap:claims",
    ),
}
ALPHAS = {
    "entities": ("alpha:label:entities", "alpha_u:extent:entities"),
    "quotes": ("alpha:type:quotes", "alpha_u:extent:quotes"),
    "claims": ("alpha:kind:claims", "alpha:check-worthy:claims", "alpha_u:extent:claims"),
}
LABELLED = {"f1:strict:entities": "entities by label", "f1:type:quotes": "quotes by type"}
PAIR_MEASURES = ("f1:strict:entities", "f1:exact:quotes", "f1:overlap:quotes", "f1:overlap:claims")


def show_agreement(agreement: Agreement) -> str:
    """The agreement as the output of a cell of a notebook."""
    return wrap_output(draw_blocks(describe_agreement(agreement)))


def describe_agreement(agreement: Agreement) -> Iterator[Block]:
    """The headline values, labels, outcomes, pairs, the costliest disagreements and the remarks."""
    names = ", ".join(f"{name} ({format_count(n, 'article')})" for name, n in agreement.annotators.items())
    yield f"{format_count(agreement.articles, 'article')} with two annotators or more: {names}"
    if agreement.map is not None:
        yield f"labels as --map {LabelMap.from_dict(agreement.map)} reads them"
    yield ""
    for layer in agreement.outcomes:
        yield _measure_table(agreement, layer)
    yield from _label_tables(agreement)
    yield _outcome_table(agreement)
    yield from _pair_tables(agreement)
    yield from _describe_patterns(agreement)
    yield from agreement.remarks


def _measure_table(agreement: Agreement, layer: str) -> Table:
    rows = []
    for name in (*HEADLINES[layer], *ALPHAS[layer]):
        if name in agreement.measures:
            found = agreement.measures[name]
            rows.append([name, format_value(found.value), format_interval(found.low, found.high), f"{found.n:,}"])
    return Table(layer, ("measure", "value", "95 % interval", "items"), rows)


def _label_tables(agreement: Agreement) -> Iterator[Table]:
    for head, title in LABELLED.items():
        found = []
        for name, f1 in agreement.measures.items():
            measure, slash, label = name.partition("/")
            if slash and f1.value is not None and measure == head:
                alpha = agreement.measures.get(f"alpha_u:extent:entities/{label}") if "entities" in head else None
                interval = format_interval(f1.low, f1.high)
                alpha_u = format_value(alpha.value if alpha else None)
                found.append((f1.n, [label, format_value(f1.value), interval, alpha_u, format_items(f1.n)]))
        if found:
            rows = [row for _, row in sorted(found, key=lambda pair: -pair[0])]
            yield Table(title, ("label", "F1", "95 % interval", "alpha_u", "items"), rows)


def format_items(n: int) -> str:
    """How many items a label has, the mean of two annotators; of one that one of them marked once, not 0.

    >>> format_items(1200), format_items(0)
    ('1,200', '<1')
    """
    return f"{n:,}" if n else "<1"


def _outcome_table(agreement: Agreement) -> Table:
    rows = [
        [layer, *(f"{outcomes[key]:,}" for key in ("agreed", "boundary", "attributes", "both", "alone"))]
        for layer, outcomes in agreement.outcomes.items()
    ]
    columns = ("layer", "same", "other extent", "other attributes", "both", "only one marked it")
    return Table("where they agree", columns, rows)


def _pair_tables(agreement: Agreement) -> Iterator[Table]:
    names = [name for name in PAIR_MEASURES if any(name in pair.measures for pair in agreement.pairs)]
    if len(agreement.pairs) < 2 or not names:
        return
    rows = []
    for pair in agreement.pairs:
        found = [pair.measures.get(name) for name in names]
        rows.append([" / ".join(pair.annotators), f"{pair.articles:,}", *map(format_value, found)])
    yield Table("pairs of annotators", ("annotators", "articles", *(name.replace(":", " ") for name in names)), rows)


def _describe_patterns(agreement: Agreement) -> Iterator[str]:
    if not agreement.patterns:
        return
    yield "costliest disagreements (each could be a rule in the guidelines)"
    for pattern in agreement.patterns[:SHOWN_PATTERNS]:
        errors, times = format_count(pattern.cost, "error"), format_count(pattern.count, "time")
        yield f"{errors:>11}, {times}  {pattern.layer}  {pattern.name}"
        if pattern.words:
            often = ", ".join(f"{words} ({n})" for words, n in pattern.words.items())
            yield f"{'':8}most often: {' '.join(often.split())}"
        for example in pattern.examples[:1]:
            yield f"{'':8}{example.id} [{example.start}, {example.end})"
            for name, words in example.versions.items():
                yield f"{'':10}{name}: {words or 'nothing'}"
