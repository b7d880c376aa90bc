"""`CHANGES.md`: what a release changed against its parent, and whether its version number fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from annotate.differences import CHANGES
from annotate.errors import GoldError
from annotate.gold.diff.diff import ArticleChange, Diff, DiffCounts
from annotate.gold.manifest import LeftOut
from annotate.gold.names import Version
from annotate.printing import escape_markdown, format_count, markdown_code, markdown_table

LISTED = 200


def check_version(version: str, diff: Diff) -> None:
    """Check that the version grew by as much as the release changed: major for the meaning of labels, minor for
    articles added or taken out, patch for corrections. A larger step than needed is allowed.

    Raises:
        GoldError: the step is too small, or nothing changed at all.
    """
    before, after = Version.parse(diff.a.version), Version.parse(version)
    counts = diff.counts
    if diff.meaning:
        least, why = Version(before.major + 1, 0, 0), f"the schema's meaning changed ({'; '.join(diff.meaning[:5])})"
    elif counts.articles["added"] or counts.articles["removed"]:
        added, removed = counts.articles["added"], counts.articles["removed"]
        least, why = Version(before.major, before.minor + 1, 0), f"articles added: {added}, taken out: {removed}"
    elif counts or diff.a.schema != diff.b.schema or diff.a.licence != diff.b.licence:
        return
    else:
        raise GoldError([f"nothing changed against {diff.a.ref}: there is nothing to release"])
    if after < least:
        raise GoldError([f"version {version} is too small a step from {before}: {why}; expected {least} or more"])


def render_changes(diff: Diff | None, *, ref: str, left_out: list[LeftOut]) -> str:
    """The text of `CHANGES.md`: counts, and a line for each of the first articles that differ (`LISTED`).

    Args:
        diff: against the parent, not yet read; None for a first release.
        ref: the release, `name/version`.
    """
    changed: list[str] = []
    for change in diff or ():
        if len(changed) < LISTED:
            changed.append(_to_line(change))
    lines = [f"# Changes in {ref}", ""]
    if diff is None:
        lines.append("First release.")
    else:
        lines += [f"Against {diff.a.ref}.", "", *_summary(diff.counts)]
        if diff.meaning:
            lines += ["", "## Schema", "", *(f"- {escape_markdown(sentence)}" for sentence in diff.meaning)]
        if changed:
            lines += ["", "## Articles", "", *changed]
            more = diff.counts.articles.total() - len(changed)
            lines += [f"- ... and {more:,} more: `annotate diff {diff.a.ref} {ref}`"] if more else []
    if left_out:
        lines += ["", "## Left out, because kin to articles in several splits", ""]
        lines += [f"- {markdown_code(left.id)}" for left in left_out]
    return "\n".join(lines) + "\n"


def _to_line(change: ArticleChange) -> str:
    """One article that differs, as an item of a Markdown list."""
    spans = Counter(f"{span.layer} {name}" for span in change.spans for name in span.changes)
    what = [*(f"{name} {n}" for name, n in sorted(spans.items())), *map(escape_markdown, change.fields)]
    return f"- {markdown_code(change.id)} {change.kind}{': ' + ', '.join(what) if what else ''}"


def _summary(counts: DiffCounts) -> Iterator[str]:
    articles = counts.articles
    rows = [["articles", str(articles["added"]), str(articles["removed"]), "", "", "", str(articles["changed"])]]
    rows += [[layer, *(str(found[change]) for change in CHANGES)] for layer, found in sorted(counts.spans.items())]
    yield markdown_table(["", *CHANGES], rows)
    if counts.fields:
        fields = (
            f"{escape_markdown(what)} in {format_count(n, 'article')}" for what, n in sorted(counts.fields.items())
        )
        yield ""
        yield f"Besides: {', '.join(fields)}."
