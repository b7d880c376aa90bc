"""`annotate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli.options import ApiKeyOption, SchemaOption, UrlOption, out_console, say

if TYPE_CHECKING:
    from annotate.audit import Finding


def audit(
    gold: Annotated[str, typer.Argument(metavar="RELEASE|JSONL", help="Gold: a release, one split of it, or a file.")],
    predictions: Annotated[
        list[Path] | None, typer.Option(metavar="P.jsonl", help="A system's predictions; give two or more.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="All findings as JSON Lines; - is stdout.")
    ] = None,
    push: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="Send the articles with findings to this project.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many findings are printed.")] = 30,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    schema: SchemaOption = None,
) -> None:
    """List the places in gold that are likely wrong, the likeliest first.

    Example: annotate audit gold/news/0.1.0 --predictions rules.jsonl --predictions news.jsonl --push "News audit"
    """
    from annotate.audit import audit_gold, to_queue
    from annotate.gold.load import load_gold
    from annotate.jsonl import STDIO, read_records, write_records
    from annotate.records import Prediction

    if push is not None:
        from annotate.labelstudio.client import require_client

        require_client()
    records = load_gold(gold)
    systems = {f"{i}: {path}": read_records(path, Prediction) for i, path in enumerate(predictions or ())}
    findings = audit_gold(records, systems)
    if push is not None and findings:
        from annotate.labelstudio.push import push_predictions
        from annotate.schema import load_schema

        push_predictions(to_queue(records, findings), push, url=url, api_key=api_key, schema=load_schema(schema))
    if output is not None:
        write_records(output, findings)
    if output != STDIO:
        _print(findings, top)
    articles = len({finding.id for finding in findings})
    say(f"{len(findings)} findings in {articles} of {len(records)} articles" + (f", now in {push!r}" if push else ""))


def _print(findings: list[Finding], top: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table("score", "check", "article", "span", "gold", "text", "reason", box=SIMPLE_HEAD)
    for found in findings[:top]:
        text = found.text if len(found.text) <= 40 else f"{found.text[:37]}..."
        cells = (found.id, f"[{found.start}, {found.end})", found.label or "-", text.replace("\n", " "), found.reason)
        table.add_row(f"{found.score:.2f}", found.check, *map(Text, cells))
    out_console().print(table)
