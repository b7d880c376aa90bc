"""Putting the texts back into a stand-off release, with an account of every article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import PublishError
from annotate.extras import require
from annotate.files import sha256_text
from annotate.gold.contents import ORIGIN, SCHEMA, SIGNATURE, Origin, read_origin
from annotate.gold.load import find_release, load_manifest, stream_release
from annotate.gold.manifest import Manifest, manifest_digest
from annotate.gold.parquet import iter_rows, table_names
from annotate.gold.rows import hash_row, normalize_record
from annotate.ingest.columns import ColumnMap
from annotate.ingest.sources import normalize_text
from annotate.items import map_items, map_spans, sort_key
from annotate.printing import format_count
from annotate.publish.anchors import Anchor, Found, find_anchors
from annotate.publish.stand_off import finish_copy
from annotate.records import Article, GoldRecord, Quote, Span, iter_all_spans
from annotate.release.check import check_release
from annotate.release.spool import Spool
from annotate.release.writer import ReleaseWriter, new_release
from annotate.schema import load_schema

EXAMPLES = 20


@dataclass
class RehydrateReport:
    """What became of the articles and their spans.

    Attributes:
        place: the folder of the release with texts.
        exact: articles whose text has the hash that was released; their rows are those of the release, to the byte.
        repaired: articles whose text was edited since and whose spans were found again, all or most.
        missing: ids of articles for which no source has a text, or only another one; they stay without text.
        spans: how many spans of edited texts were `moved` (same words), `edited` (found by their surroundings) and
            `lost`.
        losses: the first lost or edited spans, one sentence each.
        unsigned: the stand-off release is signed; its signature is not of these bytes and was left out.
        identical: the result is the release it was made from, byte for byte: `data` (all tables), or `all` files.
    """

    place: Path
    exact: int = 0
    repaired: int = 0
    missing: list[str] = field(default_factory=list)
    spans: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)
    identical: str | None = None
    unsigned: bool = False

    def __str__(self) -> str:
        exact = format_count(self.exact, "article")
        lines = [f"{exact} exact, {self.repaired:,} repaired, {len(self.missing):,} missing"]
        if self.identical:
            what = "all files are" if self.identical == "all" else "its tables are"
            lines.append(f"{what} those of the release, byte for byte")
        if self.unsigned:
            lines.append("without the signature, which is of the release without its texts")
        if self.spans:
            lines.append(
                f"spans in edited texts: {self.spans['moved']:,} found unchanged, {self.spans['edited']:,} edited, "
                f"{self.spans['lost']:,} lost"
            )
        lines += [f"  {loss}" for loss in self.losses]
        lines += [f"  without text: {article}" for article in self.missing[:EXAMPLES]]
        if len(self.missing) > EXAMPLES:
            lines.append(f"  ... and {len(self.missing) - EXAMPLES:,} more without text")
        return "\n".join(lines)


def rehydrate(
    release: str | Path,
    sources: Sequence[str],
    *,
    to: str | Path = "rehydrated",
    columns: ColumnMap | None = None,
) -> RehydrateReport:
    """Put the texts of the sources back into a stand-off release: `<to>/<name>/<version>`.

    Articles are found by their id, else by their URL. A text with the released hash gives the released row, to the
    byte; one that was edited since has its spans found again by their anchors. Where any article stays without a
    text, or without some of its spans, the result stays marked as stand-off, since it is not the release.

    Args:
        sources, columns: as for `annotate.read_articles`.

    Raises:
        PublishError: the release has its texts, or no source has an article of it.
        GoldError: the release is damaged, or `<to>/<name>/<version>` exists.
        SourceError: a source cannot be read.
        MissingExtraError: the extra `release` is not installed.
    """
    from annotate.ingest.articles import read_articles

    require("release", "annotate rehydrate", "spacy")

    folder, _ = find_release(release)
    check_release(folder)
    manifest = load_manifest(folder)
    if not manifest.stand_off or ORIGIN not in manifest.files:
        raise PublishError(f"{folder} is not a stand-off release: nothing to restore")
    origin = read_origin(folder)
    texts = _Texts(read_articles(sources, columns=columns))
    place = Path(to) / manifest.name / manifest.version
    report = RehydrateReport(place)
    with Spool() as spool:
        same = _fill_all(folder, manifest, origin, _Rehydration(texts, report), spool)
        if not report.exact and not report.repaired:
            raise PublishError(f"no article of {manifest.ref} ({len(spool):,}) is among the sources, by id or URL")
        complete = not report.missing and not report.spans["lost"]
        with new_release(place.parent, place.name) as new:
            weighted = manifest.selection is not None
            writer = ReleaseWriter(new, load_schema(folder / SCHEMA), stand_off=not complete, weighted=weighted)
            records = iter(spool)
            for split, entry in manifest.splits.items():
                writer.add_split(split, entry.articles, islice(records, entry.articles))
            made_from = None if same else origin.digest
            changed = msgspec.structs.replace(manifest, stand_off=not complete, made_from=made_from)
            new_manifest = finish_copy(writer, folder, changed)
    check_release(place)
    report.unsigned = (folder / SIGNATURE).is_file()
    report.identical = _compare(new_manifest, origin)
    return report


def _fill_all(folder: Path, manifest: Manifest, origin: Origin, work: _Rehydration, spool: Spool) -> bool:
    """Add the records with their texts to the spool; returns whether all rows are those that were released.

    Raises:
        PublishError: a text has the released hash and does not give the released row.
    """
    wrong: list[str] = []
    same = True
    for split, entry in manifest.splits.items():
        names = table_names("anchors", split, entry.articles)
        anchors = (row["anchors"] for name in names for row in iter_rows(folder / name))
        rows = zip(stream_release(folder, split), anchors, origin.rows[split], strict=True)
        for record, found, released in rows:
            exact = work.report.exact
            filled = work.fill(record, [Anchor(**anchor) for anchor in found])
            spool.add(filled)
            if hash_row(filled) != released:
                same = False
                if work.report.exact > exact:
                    wrong.append(record.id)
    if wrong:
        raise PublishError(f"{', '.join(wrong[:5])}: right text, wrong row; was {ORIGIN} tampered with?")
    return same


class _Texts:
    """The sources' texts, by id and by URL."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._by_id: dict[str, str] = {}
        self._by_url: dict[str, str] = {}
        for article in articles:
            self._by_id[article.id] = article.text
            if article.url:
                self._by_url.setdefault(article.url, article.text)

    def find(self, record: GoldRecord) -> str | None:
        """The text of the article, in the spelling that has the released hash if any has."""
        text = self._by_id.get(record.id) or self._by_url.get(record.url or "")
        if text is None:
            return None
        for spelling in (text, normalize_text(text)):
            if sha256_text(spelling) == record.text_sha256:
                return spelling
        return text


class _Rehydration:
    """Puts texts into records and keeps account of it in the report."""

    def __init__(self, texts: _Texts, report: RehydrateReport) -> None:
        self.texts = texts
        self.report = report

    def fill(self, record: GoldRecord, anchors: list[Anchor]) -> GoldRecord:
        """The record with its text, spans moved where it was edited; as it is where no source has its text."""
        text = self.texts.find(record)
        if text is None:
            self.report.missing.append(record.id)
            return record
        if sha256_text(text) == record.text_sha256:
            self.report.exact += 1
            return normalize_record(msgspec.structs.replace(record, text=text))
        places = [place for place, _ in iter_all_spans(record)]
        found = find_anchors(text, anchors)
        lost = found.count(None)
        if places and lost * 2 > len(places):
            self.report.missing.append(record.id)
            spans = format_count(len(places), "span")
            self._lose(f"{record.id}: the source's text is another one: {lost} of {spans} not in it")
            return record
        self.report.repaired += 1
        for place, where in zip(places, found, strict=True):
            self.report.spans[where.how if where else "lost"] += 1
            if where is None:
                self._lose(f"{record.id}: {place} is not in the source's text any more")
            elif where.how == "edited":
                self._lose(f"{record.id}: {place} was edited: it now reads {text[where.start : where.end]!r}")
        return normalize_record(_move(record, text, found))

    def _lose(self, sentence: str) -> None:
        if len(self.report.losses) < EXAMPLES:
            self.report.losses.append(sentence)


def _move(record: GoldRecord, text: str, found: Iterable[Found | None]) -> GoldRecord:
    """The record on the edited text; items that lost their content are left out, lost links are null.

    Args:
        found: where each span is now, in the order of `iter_all_spans`.
    """
    places = iter(found)

    def moved(span: Any) -> Any:
        where = next(places)
        return None if where is None else msgspec.structs.replace(span, start=where.start, end=where.end)

    def moved_item(item: Any) -> Any:
        changed: Any = map_spans(item, moved)
        if isinstance(changed, Quote):
            return msgspec.structs.replace(changed, content=_apart(changed.content))
        return changed

    def kept(regions: list[Any] | None) -> list[Any] | None:
        return None if regions is None else [found for region in regions if (found := moved(region)) is not None]

    changed = map_items(record, moved_item)
    ignore, sentences = kept(record.ignore), kept(record.sentences)
    return msgspec.structs.replace(
        changed, text=text, text_sha256=sha256_text(text), ignore=ignore, sentences=sentences
    )


def _apart(fragments: list[Span]) -> list[Span]:
    """The fragments without those that now overlap an earlier one."""
    content: list[Span] = []
    for fragment in sorted(fragments, key=sort_key):
        if not content or fragment.start >= content[-1].end:
            content.append(fragment)
    return content


def _compare(manifest: Manifest, origin: Origin) -> str | None:
    if manifest_digest(manifest) == origin.digest:
        return "all"
    tables = {name for name in origin.files if name.startswith(("data/", "tokens/"))}
    same = all(name in manifest.files and manifest.files[name].sha256 == origin.files[name] for name in tables)
    return "data" if same else None
