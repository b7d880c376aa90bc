"""Records in a notebook, with their marks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from annotate.explore.versions import Version, read_versions
from annotate.html import draw_blocks, draw_record, wrap_output
from annotate.printing import format_count
from annotate.records import Article, Layer, LayeredRecord
from annotate.schema import Schema, load_schema


class Shown:
    """What a notebook shows: HTML that stands by itself, as the last line of a cell or given to `display`."""

    def __init__(self, html: str, records: int) -> None:
        self._html, self._records = html, records

    def __repr__(self) -> str:
        return f"<{format_count(self._records, 'record')}, shown in notebooks>"

    def _repr_html_(self) -> str:
        return self._html


def show(
    records: Article | LayeredRecord | str | Path | Iterable[Article | LayeredRecord],
    *,
    limit: int = 10,
    layers: Iterable[Layer] | None = None,
    schema: Schema | str | Path | None = None,
) -> Shown:
    """Records with their entities, quotes and claims highlighted, for a notebook.

    Args:
        records: one record, several, a release, or a JSON Lines file of annotations, predictions or gold.
        limit: at most this many are shown, the first ones; a last line counts the others.
        layers: only these; None = all.
        schema: gives labels their colours; None = `news`.

    >>> from annotate.records import Entity, GoldRecord
    >>> show(GoldRecord(id="a", text="Rome slept.", entities=[Entity(0, 4, "GPE")]))
    <1 record, shown in notebooks>

    Raises:
        RecordError: the file has problems.
        GoldError: there is no such release, or it is damaged.
    """
    if isinstance(records, Article | LayeredRecord):
        records = [records]
    named = _read(records) if isinstance(records, str | Path) else [("", record) for record in records]
    wanted = None if layers is None else list(layers)
    colours = load_schema(schema)
    parts = [draw_record(record, schema=colours, layers=wanted, name=name) for name, record in islice(named, limit)]
    if len(named) > limit:
        parts.append(draw_blocks([f"{len(named) - limit:,} more; `limit=` shows more, `annotate explore` all"]))
    return Shown(wrap_output(*parts), len(named))


def _read(source: str | Path) -> list[tuple[str, Article | LayeredRecord]]:
    versions: list[Version] = read_versions([str(source)])
    return [
        (version.name if len(versions) > 1 else "", record)
        for version in versions
        for record in version.records.values()
    ]
