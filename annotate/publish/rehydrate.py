"""Putting the texts back into a stand-off release, and saying what became of every article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import PublishError
from annotate.extras import require
from annotate.files import sha256_text
from annotate.gold.contents import ORIGIN, SIGNATURE, Origin, read_origin
from annotate.gold.load import find_release
from annotate.gold.manifest import Manifest, manifest_digest, read_manifest
from annotate.gold.parquet import iter_rows, table_names
from annotate.gold.rows import hash_row, normalize_record
from annotate.ingest.sources import normalize_text
from annotate.items import map_items, map_spans, sort_key
from annotate.publish.anchors import Anchor, Found, find_anchors
from annotate.publish.repack import repack
from annotate.publish.stand_off import iter_places
from annotate.records import Article, GoldRecord, Quote, Span
from annotate.release.check import check_release
from annotate.release.folder import new_release_folder

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
        lines = [f"{self.exact:,} articles exact, {self.repaired:,} repaired, {len(self.missing):,} missing"]
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


def rehydrate_release(release: str | Path, sources: Sequence[str], *, to: str | Path = "rehydrated") -> RehydrateReport:
    """Put the texts of the sources back into a stand-off release: `<to>/<name>/<version>`.

    Articles are found by their id, else by their URL. A text with the released hash gives the released row, to the
    byte; one that was edited since has its spans found again by their anchors. Where any article stays without a
    text, or without some of its spans, the result stays marked as stand-off, since it is not the release.

    Raises:
        PublishError: the release has its texts, or no source has an article of it.
        GoldError: the release is not whole, or `<to>/<name>/<version>` exists.
        SourceError: a source cannot be read.
        MissingExtraError: the extra `release` is not installed.
    """
    from annotate.ingest.articles import read_articles

    require("release", "annotate rehydrate", "spacy")

    folder, _ = find_release(release)
    check_release(folder)
    manifest = read_manifest(folder)
    if not manifest.stand_off or ORIGIN not in manifest.files:
        raise PublishError(f"{folder} is not a stand-off release: nothing to put back")
    origin = read_origin(folder)
    texts = _Texts(read_articles(sources))
    place = Path(to) / manifest.name / manifest.version
    work = _Rehydration(folder, manifest, texts, RehydrateReport(place))
    changed = {record.id: record for record in work.records()}
    report = work.report
    if not report.exact and not report.repaired:
        raise PublishError(f"no article of {manifest.ref} ({len(changed):,}) is among the sources, by id or URL")
    whole = not report.missing and not report.spans["lost"]
    released = [row for split in manifest.splits for row in origin.rows.get(split, [])]
    same = [hash_row(record) for record in changed.values()] == released
    with new_release_folder(place.parent, place.name) as new:
        made_from = None if same else origin.digest
        new_manifest = repack(folder, new, lambda record: changed[record.id], stand_off=not whole, made_from=made_from)
    check_release(place)
    report.unsigned = (folder / SIGNATURE).is_file()
    report.identical = _compare(new_manifest, origin)
    expected = {row for rows in origin.rows.values() for row in rows}
    wrong = [id for id in work.exact if hash_row(changed[id]) not in expected]
    if wrong:
        raise PublishError(f"{', '.join(wrong[:5])}: right text, wrong row; was {ORIGIN} tampered with?")
    return report


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
    def __init__(self, folder: Path, manifest: Manifest, texts: _Texts, report: RehydrateReport) -> None:
        self.folder = folder
        self.manifest = manifest
        self.texts = texts
        self.report = report
        self.exact: list[str] = []

    def records(self) -> Iterable[GoldRecord]:
        """All records of the release, with their texts where there is one."""
        from annotate.gold.load import stream_release

        for split, entry in self.manifest.splits.items():
            anchors = (
                row for name in table_names("anchors", split, entry.articles) for row in iter_rows(self.folder / name)
            )
            for record, row in zip(stream_release(self.folder, split), anchors, strict=True):
                yield self._fill(record, [Anchor(**anchor) for anchor in row["anchors"]])

    def _fill(self, record: GoldRecord, anchors: list[Anchor]) -> GoldRecord:
        text = self.texts.find(record)
        if text is None:
            self.report.missing.append(record.id)
            return record
        if sha256_text(text) == record.text_sha256:
            self.report.exact += 1
            self.exact.append(record.id)
            return normalize_record(msgspec.structs.replace(record, text=text))
        places = [place for place, _ in iter_places(record)]
        found = find_anchors(text, anchors)
        lost = found.count(None)
        if places and lost * 2 > len(places):
            self.report.missing.append(record.id)
            self._lose(f"{record.id}: the source's text is another one: {lost} of {len(places)} spans are not in it")
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
        found: where each span is now, in the order of `iter_places`.
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
