"""Comparisons for reading: the leaderboard and the differences as tables, Markdown, HTML and JSON."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.files import write_text
from annotate.harness.report import UNDEFINED, Table, print_tables, to_markdown, write_value
from annotate.jsonl import STDIO
from annotate.score.compare import Comparison, Difference, Standing
from annotate.score.signature import write_signature

if TYPE_CHECKING:
    from rich.console import Console


def make_comparison_tables(comparison: Comparison) -> list[Table]:
    """The leaderboard, and every difference."""
    return [_leaderboard(comparison), _differences(comparison)]


def _leaderboard(comparison: Comparison) -> Table:
    by_system: dict[str, dict[str, Standing]] = {}
    for standing in comparison.standings:
        by_system.setdefault(standing.system, {})[standing.measure] = standing
    rows = []
    for rank, (system, found) in enumerate(by_system.items(), 1):
        cells = []
        for measure in comparison.measures:
            standing = found[measure]
            cells += [write_value(standing.value), _interval(standing.low, standing.high), standing.letters]
        rows.append([system, str(rank), *cells])
    if comparison.ceiling:
        cells = [cell for name in comparison.measures for cell in (write_value(comparison.ceiling.get(name)), "", "")]
        rows.append(["people", "", *cells])
    columns = [column for name in comparison.measures for column in (name, "95 %", "group")]
    n = "; ".join(f"{count} articles" for count in sorted(set(comparison.articles.values())))
    return Table(f"Leaderboard: {n}; systems that share a letter cannot be told apart", ("system", "#", *columns), rows)


def _differences(comparison: Comparison) -> Table:
    rows = [
        [
            f"{found.better} - {found.worse}",
            found.measure,
            f"{found.difference:+.3f}",
            _interval(found.low, found.high),
            _p(found.p),
            _p(found.p_holm),
            write_value(found.detectable),
            _verdict(found),
        ]
        for found in comparison.differences
    ]
    columns = ("difference", "measure", "value", "95 %", "p", "p, Holm", "detectable", "verdict")
    return Table("Differences, paired", columns, rows)


def _interval(low: float | None, high: float | None) -> str:
    return UNDEFINED if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _verdict(found: Difference) -> str:
    if found.significant:
        return "different"
    if found.more_articles is None:
        return "not told apart"
    if found.more_articles == 0:
        return "not told apart (a larger gold should)"
    return f"not told apart; about {found.more_articles:,} more articles would"


def make_comparison_notes(comparison: Comparison) -> list[str]:
    """Warnings, remarks, the signature."""
    return [
        *(f"warning: {warning}" for warning in comparison.warnings),
        *(f"note: {remark}" for remark in comparison.remarks),
        f"signature: {write_signature(comparison.signature)}",
    ]


def print_comparison(comparison: Comparison, console: Console) -> None:
    """The comparison for people, on a console."""
    print_tables(make_comparison_tables(comparison), console)
    for line in make_comparison_notes(comparison):
        console.print(line, markup=False, soft_wrap=True)


_PAGE = """
{% for table in tables %}
<h2>{{ table.title }}</h2>
<table>
<thead><tr>{% for column in table.columns %}<th>{{ column }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% endfor %}
{% for note in notes %}<p>{{ note }}</p>{% endfor %}
"""


def write_comparison(comparison: Comparison, path: Path, format: str) -> None:
    """The comparison in a file (`-` = standard output) as table, markdown, html or json."""
    tables, notes = make_comparison_tables(comparison), make_comparison_notes(comparison)
    if format == "json":
        text = json.dumps(comparison.to_dict(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    elif format == "markdown":
        text = to_markdown(tables, notes) + "\n"
    elif format == "html":
        from annotate.html import render_page

        shown = [{"title": table.title, "columns": table.columns, "rows": table.rows} for table in tables]
        text = render_page("Leaderboard", _PAGE, {"tables": shown, "notes": notes})
    else:
        from rich.console import Console

        buffer = io.StringIO()
        print_comparison(comparison, Console(width=200, no_color=True, file=buffer))
        text = buffer.getvalue()
    if path == STDIO:
        sys.stdout.write(text)
    else:
        write_text(path, text)
