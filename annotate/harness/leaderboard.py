"""Comparisons for reading: leaderboards and differences as tables, Markdown, HTML and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from annotate.files import write_text
from annotate.jsonl import STDIO
from annotate.printing import (
    Table,
    format_count,
    format_interval,
    format_value,
    print_blocks,
    print_data,
    print_json,
    to_markdown,
    to_text,
)
from annotate.score.compare import Comparison, Difference
from annotate.score.signature import write_signature


def make_comparison_tables(comparison: Comparison) -> list[Table]:
    """For each measure the leaderboard; then the differences, and what this gold can show."""
    tables = [_leaderboard(comparison, measure) for measure in comparison.measures]
    for measure in comparison.measures:
        found = [difference for difference in comparison.differences if difference.measure == measure]
        tables += [_differences(measure, found), _power(measure, found)] if found else []
    return tables


def _leaderboard(comparison: Comparison, measure: str) -> Table:
    standings = [standing for standing in comparison.standings if standing.measure == measure]
    standings.sort(key=lambda standing: -1 if standing.value is None else standing.value, reverse=True)
    rows = [
        [str(rank), row.system, format_value(row.value), format_interval(row.low, row.high), row.letters]
        for rank, row in enumerate(standings, 1)
    ]
    if measure in comparison.ceiling:
        rows.append(["", "annotators", format_value(comparison.ceiling[measure]), "", ""])
    n = ", ".join(format_count(count, "article") for count in sorted(set(comparison.articles.values())))
    title = f"{measure}: {n}; systems that share a letter do not differ significantly"
    return Table(title, ("#", "system", "value", "95 % interval", "group"), rows, words=(1,))


def _differences(measure: str, differences: list[Difference]) -> Table:
    rows = [
        [
            found.better,
            found.worse,
            f"{found.difference:+.3f}",
            format_interval(found.low, found.high),
            _p(found.p),
            _p(found.p_holm),
            "yes" if found.significant else "no",
        ]
        for found in differences
    ]
    columns = ("better", "worse", "by", "95 % interval", "p", "p, Holm", "significant")
    return Table(f"{measure}: differences, paired", columns, rows, words=(0, 1))


def _power(measure: str, differences: list[Difference]) -> Table:
    rows = [[found.better, found.worse, format_value(found.detectable), _more(found)] for found in differences]
    columns = ("better", "worse", "detectable", "more articles needed")
    return Table(f"{measure}: the smallest difference that this gold can show", columns, rows, words=(0, 1, 3))


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _more(found: Difference) -> str:
    if found.significant:
        return "none"
    if found.more_articles is None:
        return "not known"
    return f"about {found.more_articles:,}" if found.more_articles else "a larger gold should do"


def make_comparison_notes(comparison: Comparison) -> list[str]:
    """Warnings, remarks, the signature."""
    return [
        *(f"warning: {warning}" for warning in comparison.warnings),
        *(f"note: {remark}" for remark in comparison.remarks),
        f"signature: {write_signature(comparison.signature)}",
    ]


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
    if path == STDIO and format == "table":
        print_blocks([*tables, *notes])
        return
    if format == "json":
        text = json.dumps(comparison.to_dict(), ensure_ascii=False, allow_nan=False, indent=2)
        if path == STDIO:
            print_json(text)
            return
        text += "\n"
    elif format == "markdown":
        text = to_markdown([*tables, *notes]) + "\n"
    elif format == "html":
        from annotate.html import render_page

        shown = [{"title": table.title, "columns": table.columns, "rows": table.rows} for table in tables]
        text = render_page("Leaderboard", _PAGE, {"tables": shown, "notes": notes})
    else:
        text = to_text([*tables, *notes]) + "\n"
    if path == STDIO:
        print_data(text)
    else:
        write_text(path, text)
