"""A diff of two releases as one self-contained HTML page: changes of each article, its text before and after."""

from __future__ import annotations

from itertools import islice
from typing import Any

from annotate.differences import ItemChange
from annotate.gold.diff.diff import ArticleChange, Diff
from annotate.gold.diff.text import summarize
from annotate.html.marks import to_marks
from annotate.html.page import read_asset, render_page
from annotate.items import describe
from annotate.records import GoldRecord, get_layer

SHOWN = 500


def to_page(diff: Diff) -> str:
    """The HTML text of the page, with the first 500 articles that differ."""
    texts: dict[str, Any] = {}
    stream = iter(diff)
    articles = [describe_article(change, number, diff, texts) for number, change in enumerate(islice(stream, SHOWN))]
    more = sum(1 for _ in stream)
    return render_page(
        f"{diff.a.ref} → {diff.b.ref}",
        read_asset("annotate.gold.diff", "page.html"),
        {
            "summary": summarize(diff),
            "meaning": diff.meaning,
            "articles": articles,
            "more": more,
            "texts": texts,
        },
        schema=diff.schema,
        style=read_asset("annotate.gold.diff", "page.css"),
    )


def describe_article(change: ArticleChange, number: int, diff: Diff, texts: dict[str, Any]) -> dict[str, Any]:
    """One article that differs: its changes as words, and its sides, whose texts with marks are added to `texts`."""
    sides = []
    for side, release, record in (("before", diff.a, change.before), ("after", diff.b, change.after)):
        if record is not None and record.text is not None:
            key = f"{number}-{side}"
            texts[key] = {"text": record.text, "marks": {"all": _marks(record, change.spans, side)}}
            sides.append({"key": key, "title": release.ref})
    changes = [{"what": sentence, "before": "", "after": ""} for sentence in change.fields]
    changes += [
        {
            "what": ", ".join(span.changes),
            "before": "" if span.before is None else describe(span.before),
            "after": "" if span.after is None else describe(span.after),
        }
        for span in change.spans
    ]
    return {"id": change.id, "kind": change.kind, "changes": changes, "sides": sides}


def _marks(record: GoldRecord, spans: tuple[ItemChange, ...], side: str) -> list[dict[str, Any]]:
    """The marks of the record; those of an item that differs carry its change as their state."""
    states = {id(getattr(span, side)): span.changes[0] for span in spans}
    marks = to_marks(record)
    for mark in marks:
        if "item" in mark:
            layer, index = mark["item"]
            item = (get_layer(record, layer) or ())[index]
            if id(item) in states:
                mark["state"] = states[id(item)]
    return marks
