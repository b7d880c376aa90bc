"""A diff of two releases as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotate.differences import ItemChange
from annotate.gold.diff.diff import ArticleChange, Diff
from annotate.items import describe

_SIGNS = {"added": "+", "removed": "-"}


def iter_lines(diff: Diff) -> Iterator[str]:
    """The lines, article by article as they are read, and a summary at the end."""
    yield f"{diff.a.ref} -> {diff.b.ref}"
    yield from (f"schema: {sentence}" for sentence in diff.meaning)
    for article in diff:
        yield ""
        yield from _article(article)
    yield ""
    yield summarize(diff)


def summarize(diff: Diff) -> str:
    """The totals of a diff that was read to its end, in one line."""
    counts = diff.counts
    parts = [f"articles: {_join(counts.articles) or 'no difference'}"]
    parts += [f"{layer}: {_join(changes)}" for layer, changes in sorted(counts.spans.items())]
    return "; ".join(parts)


def _article(article: ArticleChange) -> Iterator[str]:
    yield f"{article.id}: {article.kind}"
    yield from (f"  {sentence}" for sentence in article.fields)
    for span in article.spans:
        yield f"  {_change(span)}"


def _change(span: ItemChange) -> str:
    if span.before is None or span.after is None:
        return f"{_SIGNS[span.changes[0]]} {span.layer}: {describe(span.after or span.before)}"
    return f"~ {span.layer}, {' and '.join(span.changes)}: {describe(span.before)}\n{' ' * 7}-> {describe(span.after)}"


def _join(counts: Any) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
