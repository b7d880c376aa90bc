"""`annotate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import annotate
from annotate.cli.completion import complete_project, complete_release
from annotate.cli.options import ApiKeyOption, SchemaOption, UrlOption
from annotate.printing import Table, format_count, note, print_blocks, shorten

if TYPE_CHECKING:
    from annotate.audit import Finding


def audit(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE|JSONL",
            autocompletion=complete_release,
            help="Gold: a release, one split of it, or a file.",
        ),
    ],
    predictions: Annotated[
        list[Path] | None, typer.Option(metavar="P.jsonl", help="A system's predictions; give two or more.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write all findings as JSON Lines; - is stdout."),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(
            metavar="PROJECT", autocompletion=complete_project, help="Send the articles with findings to this project."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many findings are printed.")] = 30,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    schema: SchemaOption = None,
) -> None:
    """List the places in gold that are likely wrong, the likeliest first.

    Example: annotate audit gold/news/0.1.0 --predictions rules.jsonl --predictions news.jsonl --push "News audit"
    """
    from annotate.jsonl import STDIO

    findings = annotate.audit_gold(
        gold, predictions or (), output=output, push=push, url=url, api_key=api_key, schema=schema
    )
    if output != STDIO:
        _print(findings, top)
    articles = format_count(len({finding.id for finding in findings}), "article")
    note(f"{format_count(len(findings), 'finding')} in {articles}" + (f", now in {push!r}" if push else ""))


def _print(findings: list[Finding], top: int) -> None:
    rows = []
    for found in findings[:top]:
        words = shorten(" ".join(found.text.split()), 40)
        marked = f"{found.label} {words!r}" if found.label else repr(words)
        span = f"[{found.start}, {found.end})"
        rows.append([f"{found.score:.2f}", found.check, found.id, span, f"{marked}: {found.reason}"])
    print_blocks([Table("", ("score", "check", "article", "span", "finding"), rows, words=(1, 2, 4))])
