"""Releases and diffs as outputs of a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from annotate.gold.diff.diff import Diff
from annotate.gold.diff.page import describe_article
from annotate.gold.diff.text import summarize
from annotate.gold.manifest import Manifest, spell_digest
from annotate.html import draw_blocks, draw_sides, wrap_output
from annotate.printing import Block, Table, format_count

ARTICLES_SHOWN = 10
"""Of a diff, this many articles are shown with their texts."""


def show_manifest(manifest: Manifest) -> str:
    """A release by its manifest: what it is, its splits, and the spans of each layer."""
    return wrap_output(draw_blocks(_describe_manifest(manifest)))


def _describe_manifest(manifest: Manifest) -> Iterator[Block]:
    counts = manifest.counts
    stories = format_count(counts["clusters"], "story")
    stand_off = ", without the texts" if manifest.stand_off else ""
    yield f"{manifest.ref}: {format_count(counts['articles'], 'article')} in {stories}{stand_off}"
    yield f"schema {manifest.schema.name}/{manifest.schema.version}, licence {manifest.licence or 'not stated'}"
    if manifest.parent is not None:
        yield f"follows {manifest.name}/{manifest.parent.version}"
    yield spell_digest(manifest)
    layers = list(counts["layers"])
    rows = [
        [name, f"{split.articles:,}", *(f"{counts['splits'].get(name, {}).get(layer, 0):,}" for layer in layers)]
        for name, split in manifest.splits.items()
    ]
    rows.append(["all", f"{counts['articles']:,}", *(f"{counts['layers'][layer]['spans']:,}" for layer in layers)])
    yield Table("splits", ("split", "articles", *layers), rows)


def show_diff(diff: Diff) -> str:
    """What changed between two releases: the totals, and the first ten articles with their texts before and after."""
    texts: dict[str, Any] = {}
    stream = iter(diff)
    articles = [describe_article(change, n, diff, texts) for n, change in enumerate(islice(stream, ARTICLES_SHOWN))]
    more = sum(1 for _ in stream)
    parts = [draw_blocks([f"{diff.a.ref} → {diff.b.ref}", *diff.meaning, summarize(diff)])]
    for article in articles:
        rows = [[change["what"], change["before"], change["after"]] for change in article["changes"]]
        table = Table(f"{article['id']}: {article['kind']}", ("change", "before", "after"), rows, words=(0, 1, 2))
        sides = [(side["title"], texts[side["key"]]) for side in article["sides"]]
        parts += [
            draw_blocks([table]),
            draw_sides([(title, found["text"], found["marks"]["all"]) for title, found in sides], diff.schema),
        ]
    if more:
        left = format_count(more, "changed article")
        parts.append(draw_blocks([f"{left} more; `annotate diff --html` writes a page"]))
    return wrap_output(*parts)
