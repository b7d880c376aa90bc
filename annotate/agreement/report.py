"""The agreement as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotate.agreement.measure import Agreement, Figure

if TYPE_CHECKING:
    from rich.console import Console

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
PAIR_MEASURES = ("f1:strict:entities", "f1:exact:quotes", "f1:overlap:quotes", "f1:overlap:claims")


def print_agreement(agreement: Agreement, console: Console) -> None:
    """Print the headline figures, labels, pairs, outcomes and the costliest disagreements."""
    people = ", ".join(f"{name} ({n} articles)" for name, n in agreement.annotators.items())
    _print_plain(console, f"{agreement.articles} articles with two annotators or more: {people}")
    for layer in agreement.outcomes:
        names = [name for name in (*HEADLINES[layer], *ALPHAS[layer]) if name in agreement.measures]
        _print_measures(agreement, names, layer, console)
    _print_labels(agreement, console)
    _print_outcomes(agreement, console)
    _print_pairs(agreement, console)
    _print_patterns(agreement, console)
    for remark in agreement.remarks:
        _print_plain(console, remark)


def _table(title: str, *columns: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, title_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    return table


def _add_row(table: Any, *cells: str) -> None:
    """A row of plain text: names hold colons and brackets, which rich would read as emoji and markup."""
    from rich.text import Text

    table.add_row(*map(Text, cells))


def _print_measures(agreement: Agreement, names: list[str], title: str, console: Console) -> None:
    table = _table(title, "measure", "value", "95 % interval", "items")
    for name in names:
        figure = agreement.measures[name]
        _add_row(table, name, _number(figure.value), _interval(figure), str(figure.n))
    console.print(table)


def _print_labels(agreement: Agreement, console: Console) -> None:
    rows = []
    for name, figure in agreement.measures.items():
        head, slash, label = name.partition("/")
        if slash and figure.n and head in ("f1:strict:entities", "f1:type:quotes"):
            alpha = agreement.measures.get(f"alpha_u:extent:entities/{label}") if "entities" in head else None
            rows.append((label, figure, alpha))
    if not rows:
        return
    table = _table("labels", "label", "f1", "95 % interval", "alpha_u", "items")
    for label, figure, alpha in sorted(rows, key=lambda row: -row[1].n):
        _add_row(
            table,
            label,
            _number(figure.value),
            _interval(figure),
            _number(alpha.value) if alpha else "-",
            str(figure.n),
        )
    console.print(table)


def _print_outcomes(agreement: Agreement, console: Console) -> None:
    table = _table(
        "where they agree", "layer", "same", "other extent", "other attributes", "both", "only one marked it"
    )
    for layer, outcomes in agreement.outcomes.items():
        _add_row(table, layer, *(str(outcomes[key]) for key in ("agreed", "boundary", "attributes", "both", "alone")))
    console.print(table)


def _print_pairs(agreement: Agreement, console: Console) -> None:
    names = [name for name in PAIR_MEASURES if any(name in pair.measures for pair in agreement.pairs)]
    if len(agreement.pairs) < 2 or not names:
        return
    table = _table("pairs", "annotators", "articles", *names)
    for pair in agreement.pairs:
        _add_row(
            table,
            " / ".join(pair.annotators),
            str(pair.articles),
            *(_number(pair.measures.get(name)) for name in names),
        )
    console.print(table)


def _print_plain(console: Console, text: str) -> None:
    console.print(text, markup=False, emoji=False)


def _print_patterns(agreement: Agreement, console: Console) -> None:
    if not agreement.patterns:
        return
    console.print("costliest disagreements (each could be a rule in the guidelines)", style="bold")
    for pattern in agreement.patterns[:SHOWN_PATTERNS]:
        _print_plain(console, f"{pattern.cost:>5} errors, {pattern.count} times  {pattern.layer}  {pattern.name}")
        if pattern.words:
            often = ", ".join(f"{words} ({n})" for words, n in pattern.words.items())
            _print_plain(console, f"{'':8}most often: {' '.join(often.split())}")
        for example in pattern.examples[:1]:
            _print_plain(console, f"{'':8}{example.id} [{example.start}, {example.end})")
            for name, words in example.versions.items():
                _print_plain(console, f"{'':10}{name}: {words or 'nothing'}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(figure: Figure) -> str:
    return "-" if figure.low is None or figure.high is None else f"{figure.low:.3f} - {figure.high:.3f}"
