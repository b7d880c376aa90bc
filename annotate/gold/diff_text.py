"""A diff of two releases as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotate.gold.diff import ArticleChange, Diff
from annotate.gold.span_changes import SpanChange
from annotate.printing import shorten
from annotate.records import Claim, Entity, Item, Quote, Span

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


def describe_item(item: Item) -> str:
    """The item in one line: label, range and words.

    >>> describe_item(Entity(0, 3, "PERSON", text="Ann"))
    "PERSON [0, 3) 'Ann'"
    """
    if isinstance(item, Entity):
        also = f" or {', '.join(item.alt_labels)}" if item.alt_labels else ""
        return f"{item.label}{also} {_span(item)}"
    if isinstance(item, Quote):
        parts = [f"{item.type} {' ... '.join(_span(fragment) for fragment in item.content)}"]
        parts += [f"speaker {_span(item.speaker)}"] if item.speaker else []
        parts += [f"cue {_span(item.cue)}"] if item.cue else []
        return ", ".join(parts)
    worth = "check-worthy" if item.check_worthy else "not check-worthy"
    claimer = f", claimer {_span(item.claimer)}" if item.claimer else ""
    return f"{item.kind}, {worth} {_span(item)}{claimer}"


def _article(article: ArticleChange) -> Iterator[str]:
    yield f"{article.id}: {article.kind}"
    yield from (f"  {sentence}" for sentence in article.fields)
    for span in article.spans:
        yield f"  {_change(span)}"


def _change(span: SpanChange) -> str:
    if span.before is None or span.after is None:
        return f"{_SIGNS[span.changes[0]]} {span.layer}: {describe_item(span.after or span.before)}"
    return (
        f"~ {span.layer}, {' and '.join(span.changes)}: {describe_item(span.before)}\n"
        f"{' ' * 7}-> {describe_item(span.after)}"
    )


def _span(span: Span | Entity | Claim) -> str:
    return f"[{span.start}, {span.end}) {shorten(span.text or '')!r}"


def _join(counts: Any) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
