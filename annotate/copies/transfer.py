"""The command `transfer`: what was annotated once, on the copies and updates of it in a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from annotate.copies.carry import REASONS, Carried, Reason, carry_items
from annotate.errors import AnnotateError, RecordError
from annotate.files import sha256_text
from annotate.gold.load import find_release, is_record_file, load_gold
from annotate.ingest import Articles, ColumnMap, read_articles
from annotate.items import identity_of, iter_items, keep_layers, ranges_of, shared_content
from annotate.jsonl import find_kind, find_record_problems, read_records, stream_records, write_records
from annotate.locks import lock_output
from annotate.preannotate.merge import merge_layers
from annotate.preannotate.run import make_settings, preannotate_with
from annotate.preannotate.worker import Failure, Worker, to_prediction
from annotate.printing import Block, Table, format_count, shorten
from annotate.records import (
    LAYERS,
    Annotation,
    Article,
    GoldRecord,
    Layer,
    Layers,
    Prediction,
    annotated_layers,
    get_layer,
    pick_layers,
)
from annotate.release.grouping.run_index import RunIndex
from annotate.schema import Schema, find_label_problems, load_schema
from annotate.spans import find_span_problems
from annotate.text.word_alignment import Words

NAME = "transfer"
#: `draft` with this name is none.
NO_DRAFT = "none"

#: What a reason for dropping an item is called in the report.
_REASONS: dict[Reason, str] = {"words": "edited", "surroundings": "other words beside", "edge": "inside a word"}
_SHOWN = 20


@dataclass(frozen=True)
class TransferredArticle:
    """One copy in the pool.

    Attributes:
        source: the id of the annotated article.
        aligned: the share of the copy's words that are the annotated article's, in [0, 1].
        carried: how many items of each layer.
        dropped: how many items by reason (`annotate.copies.carry.Reason`).
        lost_links: how many links of carried items were not carried.
        draft: how many items the draft added; `met` and `seen`: how many gave way to a carried item, or were proposed
            where annotators saw the same words and marked nothing.
    """

    id: str
    source: str
    aligned: float
    carried: Mapping[Layer, int]
    dropped: Mapping[Reason, int]
    lost_links: int
    draft: int = 0
    met: int = 0
    seen: int = 0


@dataclass
class Transfer:
    """What `transfer` did.

    Attributes:
        model: the name that the predictions carry.
        annotated: how many annotated articles there are to carry from.
        disputed: ids of articles that annotators disagree on; nothing is carried from them.
        pool: how many articles the pool has; `already` of them are annotated, `alone` have no annotated copy.
        copies: the others, in the order of the pool.
        failures: the articles that the pre-annotator failed on; they have carried items only.
        written: how many predictions came out.
    """

    model: str
    annotated: int
    disputed: list[str]
    pool: int
    already: int = 0
    alone: int = 0
    copies: list[TransferredArticle] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    written: int = 0


def transfer(
    gold: str | Path | Iterable[GoldRecord | Annotation],
    pool: Sequence[str] | Articles,
    output: str | Path | None = None,
    *,
    draft: str | Path | None = None,
    all: bool = False,
    layers: Sequence[Layer] | None = None,
    jobs: int = 1,
    normalize: bool = False,
    columns: ColumnMap | None = None,
    schema: Schema | str | Path | None = None,
    progress: Callable[[str, int, int], object] = lambda step, done, total: None,
    receive: Callable[[Prediction], object] = lambda prediction: None,
) -> Transfer:
    """Carry the items of annotated articles to their copies and updates in a pool, as predictions.

    A copy shares half of the five-word runs of the shorter text, or more; of several annotated articles it is the copy
    of the one that it shares most with. Carried items have `preannotator` "transfer" and a confidence; `meta.transfer`
    of each copy says where they are from and what was dropped. Articles of the pool that are annotated already (same id
    and text) are not written.

    Args:
        gold: a release, one split of it, or a JSON Lines file of gold or annotations, or the records. Annotations of
            several annotators are decided by majority; disputed articles are left aside.
        pool: as for `read_articles`, or what it returned.
        output: where the predictions go (`-` = standard output); None writes nothing.
        draft: what proposes items elsewhere: a pre-annotator, or a file of its predictions on the pool; `none` for no
            draft, None for the pre-annotator that `preannotate` takes. Its items give way to carried ones, and are
            left out where annotators saw the same words and marked nothing.
        all: also write the articles without an annotated copy, with the draft alone.
        layers: only these; None = all.
        jobs: processes for the pre-annotator.
        schema: None = the release's own, else `news`.
        receive: called with each prediction as it is written.

    >>> from annotate.records import Entity
    >>> gold = [GoldRecord(id="wire", text="Ann Lee left Rome on Monday night.", entities=[Entity(0, 7, "PERSON")])]
    >>> copies = [{"id": "paper", "text": "(AP) Ann Lee left Rome on Monday night."}]
    >>> import json, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pool = Path(folder, "pool.jsonl")
    ...     _ = pool.write_text("".join(json.dumps(copy) + chr(10) for copy in copies))
    ...     found: list[Prediction] = []
    ...     done = transfer(gold, [str(pool)], draft="none", receive=found.append)
    >>> done.copies[0].source, [(one.start, one.end, one.label) for one in found[0].entities]
    ('wire', [(5, 12, 'PERSON')])

    Raises:
        RecordError: records with problems: no text, labels that the schema does not have, no draft for an article.
        GoldError, SourceError, PreannotatorError, MissingExtraError: as `load_gold`, `read_articles` and
            `preannotate_articles`.
    """
    if schema is None and isinstance(gold, (str, Path)) and not is_record_file(Path(gold)):
        schema = find_release(gold)[0] / "schema.toml"
    schema = load_schema(schema)
    wanted = tuple(layers) if layers is not None else schema.layers
    annotated, disputed = _read_annotated(gold, schema)
    source = _make_draft(draft, schema, layers, jobs)
    articles = pool if isinstance(pool, Articles) else read_articles(pool, normalize=normalize, columns=columns)
    report = Transfer(f"{NAME}+{source.name}" if source else NAME, len(annotated), disputed, len(articles))
    found = _find_sources(annotated, articles, report, all, progress)
    if isinstance(source, _DraftFile):
        source.read({articles[number].id for number in found})
        report.model = f"{NAME}+{source.name}"

    def write() -> Iterator[Prediction]:
        drafts = source.propose((articles[number] for number in found), report) if source else None
        words: dict[int, Words] = {}
        for done, (number, origin) in enumerate(found.items(), 1):
            article = articles[number]
            proposed = next(drafts) if drafts is not None else Layers()
            if origin is None:
                named = _by_name(pick_layers(proposed, wanted), source.name if source else "")
                layers = merge_layers(named, side_by_side=True)
                prediction = to_prediction(article, layers, model=report.model, schema=schema)
            else:
                gold = annotated[origin]
                if origin not in words:
                    words = {origin: Words(gold.text or "")}  # copies of one article mostly follow each other
                carried = carry_items(keep_layers(gold, wanted), article.text, words=words[origin])
                layers, one = merge_draft(
                    article, gold, carried, pick_layers(proposed, wanted), source.name if source else ""
                )
                report.copies.append(one)
                noted = msgspec.structs.replace(article, meta={**article.meta, NAME: _note(one, gold)})
                prediction = to_prediction(noted, layers, model=report.model, schema=schema)
            receive(prediction)
            report.written += 1
            progress("carrying", done, len(found))
            yield prediction

    if output is None:
        for _ in write():
            pass
    else:
        with lock_output(Path(output)):
            write_records(output, write())
    return report


# ------------------------------------------------------------------------------------------------- annotated articles


def _read_annotated(
    gold: str | Path | Iterable[GoldRecord | Annotation], schema: Schema
) -> tuple[list[GoldRecord], list[str]]:
    """The gold records, and the ids of articles in dispute."""
    from annotate.adjudication import adjudicate_annotations

    name = str(gold) if isinstance(gold, (str, Path)) else "gold"
    records: list[Any]
    if isinstance(gold, (str, Path)):
        kind = find_kind(Path(gold)) if Path(gold).is_file() else GoldRecord
        if kind is Prediction:
            raise AnnotateError(f"{gold}: holds predictions; expected gold or annotations, which people have seen")
        records = read_records(Path(gold), Annotation) if kind is Annotation else load_gold(gold)
    else:
        records = list(gold)
    disputed: list[str] = []
    annotations = [record for record in records if isinstance(record, Annotation)]
    if annotations:
        decided = adjudicate_annotations(annotations)
        disputed = [article.agreed.id for article in decided.disputed]
        records = [record for record in records if isinstance(record, GoldRecord)] + decided.decided
    problems = [f"{name}: {record.id}: {problem}" for record in records for problem in _find_problems(record, schema)]
    if not records and not disputed:
        problems.append(f"{name}: no annotated article")
    if problems:
        raise RecordError(problems)
    return records, disputed


def _find_problems(record: GoldRecord, schema: Schema) -> Iterator[str]:
    if not record.text:
        yield "no text; annotate rehydrate restores the texts of a stand-off release"
    yield from find_record_problems(record)
    yield from find_label_problems(record, schema)


def _find_sources(
    annotated: Sequence[GoldRecord],
    articles: Articles,
    report: Transfer,
    all: bool,
    progress: Callable[[str, int, int], object],
) -> dict[int, int | None]:
    """The articles to write, by number, each with the number of the annotated one that it is a copy of."""
    index = RunIndex(record.text or "" for record in annotated)
    disputed, texts = set(report.disputed), {(record.id, record.text or "") for record in annotated}
    found: dict[int, int | None] = {}
    for number, article in enumerate(articles):
        progress("looking for copies", number + 1, len(articles))
        if article.id in disputed or (article.id, article.text) in texts:
            report.already += 1
            continue
        best = next(iter(index.find(article.text)), None)
        report.alone += best is None
        if best is not None or all:
            found[number] = None if best is None else best.number
    return found


# -------------------------------------------------------------------------------------------------------------- drafts


class _DraftWorker:
    """A pre-annotator that proposes as it is asked."""

    def __init__(self, worker: Worker, jobs: int) -> None:
        self.name = worker.model
        self._worker = worker
        self._jobs = jobs

    def propose(self, articles: Iterable[Article], report: Transfer) -> Iterator[Layers]:
        asked: list[str] = []

        def note() -> Iterator[Article]:
            for article in articles:
                asked.append(article.id)
                yield article

        answers = preannotate_with(self._worker, note(), jobs=self._jobs, failures=report.failures)
        while True:
            answer = next(answers, None)
            # those before this one failed: they have no answer
            while asked and (answer is None or asked[0] != answer.id):
                asked.pop(0)
                yield Layers()
            if answer is None:
                return
            asked.pop(0)
            yield pick_layers(answer)


class _DraftFile:
    """Predictions of the pool that were made before."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.name = "draft"
        self._path = path
        self._schema = schema
        self._found: dict[str, Prediction] = {}

    def read(self, ids: set[str]) -> None:
        """Keep the predictions of these articles.

        Raises:
            RecordError: the file has problems, or lacks an article.
        """
        problems: list[str] = []

        def check(record: Prediction) -> Iterator[str]:
            yield from find_record_problems(record)
            yield from find_label_problems(record, self._schema)

        for record in stream_records(self._path, Prediction, problems=problems, check=check):
            if record.id in ids:
                self._found[record.id] = record
        missing = sorted(ids - self._found.keys())
        if missing and not problems:
            such = f"{format_count(len(missing), 'article')}, such as {', '.join(missing[:3])}"
            problems.append(f"--draft {self._path}: no prediction for {such}; predict on all of the pool")
        models = sorted({one.model or "unnamed" for one in self._found.values()})
        if len(models) > 1:
            problems.append(f"--draft {self._path}: of {len(models)} models ({', '.join(models)}); give those of one")
        if problems:
            raise RecordError(problems)
        self.name = models[0] if models else self.name

    def propose(self, articles: Iterable[Article], report: Transfer) -> Iterator[Layers]:
        for article in articles:
            record = self._found[article.id]
            text = record.text_sha256 or (None if record.text is None else sha256_text(record.text))
            if text not in (None, sha256_text(article.text)):
                raise RecordError([f"--draft {self._path}: {article.id}: is of another text than the pool's"])
            layers = pick_layers(record)
            if text is None and (problem := next(find_span_problems(layers, article.text), None)):
                raise RecordError([f"--draft {self._path}: {article.id}: {problem}"])
            yield layers


def _make_draft(
    draft: str | Path | None, schema: Schema, layers: Sequence[Layer] | None, jobs: int
) -> _DraftWorker | _DraftFile | None:
    if draft is not None and str(draft) == NO_DRAFT:
        return None
    if isinstance(draft, Path) or (draft is not None and (Path(draft).is_file() or draft.endswith(".jsonl"))):
        return _DraftFile(Path(draft), schema)
    return _DraftWorker(Worker(make_settings(draft, schema=schema, layers=layers)), jobs)


def merge_draft(
    article: Article, gold: GoldRecord, carried: Carried, draft: Layers, name: str
) -> tuple[Layers, TransferredArticle]:
    """The carried items with those of the draft that meet none, and what became of all of them.

    A proposed item gives way to a carried one of its layer that it overlaps, and where annotators saw the same words
    and marked nothing. What both have names both.

    Args:
        name: of the draft; empty where there is none.
    """
    kept = Layers(**{layer: [] for layer in annotated_layers(draft)})
    counts: Counter[str] = Counter()
    for layer, item in iter_items(draft):
        here = get_layer(carried.layers, layer) or []
        twin = any(identity_of(item) == identity_of(one) for one in here)
        if not twin and any(shared_content(item, one) for one in here):
            counts["met"] += 1
        elif not twin and carried.is_annotated(layer, ranges_of(item)):
            counts["seen"] += 1
        else:
            counts["draft"] += not twin
            items: Any = get_layer(kept, layer)
            items.append(item)
    proposals = [(NAME, carried.layers), *_by_name(kept, name)]
    return merge_layers(proposals, side_by_side=True), TransferredArticle(
        id=article.id,
        source=gold.id,
        aligned=round(carried.aligned, 4),
        carried=Counter(layer for layer, _ in iter_items(carried.layers)),
        dropped=Counter(one.reason for one in carried.dropped),
        lost_links=carried.lost_links,
        draft=counts["draft"],
        met=counts["met"],
        seen=counts["seen"],
    )


def _by_name(draft: Layers, name: str) -> list[tuple[str, Layers]]:
    """The draft's items by who proposed them, as `merge_layers` takes them; `name` for those that do not say."""
    found = {name: Layers(**{layer: [] for layer in annotated_layers(draft)})}
    for layer, item in iter_items(draft):
        whose = found.setdefault(item.preannotator or name, Layers())
        setattr(whose, layer, [*(get_layer(whose, layer) or ()), item])
    return list(found.items())


def _note(one: TransferredArticle, gold: GoldRecord) -> dict[str, Any]:
    """What `meta.transfer` of a copy holds."""
    return {
        "source": one.source,
        "source_sha256": sha256_text(gold.text or ""),
        "aligned": one.aligned,
        "carried": {layer: one.carried[layer] for layer in LAYERS if one.carried.get(layer)},
        "dropped": {reason: one.dropped[reason] for reason in REASONS if one.dropped.get(reason)},
        "lost_links": one.lost_links,
    }


# -------------------------------------------------------------------------------------------------------------- report


def describe_transfer(report: Transfer) -> Iterator[Block]:
    """The report for reading: what became of the pool, and the first copies one by one."""
    sources = len({one.source for one in report.copies})
    annotated = format_count(report.annotated, "annotated article")
    copies = f"{format_count(len(report.copies), 'copy')} of {sources:,}" if sources else "no copy of any"
    yield (
        f"{format_count(report.pool, 'article')} in the pool: {report.already:,} annotated already, "
        f"{report.alone:,} without an annotated copy,\n{copies} of the {annotated}"
    )
    if report.disputed:
        names = ", ".join(shorten(name) for name in report.disputed[:3])
        yield (
            f"nothing is carried from {format_count(len(report.disputed), 'article')} that annotators disagree on: "
            f"{names}{', ...' if len(report.disputed) > 3 else ''}; decide with annotate adjudicate"
        )
    if report.copies:
        columns = ("article", "copy of", "same words", "carried", "dropped", "draft")
        shown = report.copies[:_SHOWN]
        yield Table("Copies", columns, [_row(one) for one in shown], words=(0, 1, 4))
        if len(report.copies) > len(shown):
            yield f"... and {len(report.copies) - len(shown):,} more; meta.transfer of each has its numbers"
        yield _sum_up(report.copies)
    if report.failures:
        failed = format_count(len(report.failures), "article")
        yield f"the draft failed on {failed}, such as {report.failures[0].id!r}: {report.failures[0].reason}"


def _row(one: TransferredArticle) -> list[str]:
    dropped = [f"{count} {_REASONS[reason]}" for reason in REASONS if (count := one.dropped.get(reason, 0))]
    dropped += [format_count(one.lost_links, "link")] if one.lost_links else []
    carried = sum(one.carried.values())
    return [one.id, one.source, f"{one.aligned:.1%}", f"{carried:,}", ", ".join(dropped) or "-", f"{one.draft:,}"]


def _sum_up(copies: Sequence[TransferredArticle]) -> str:
    carried = sum(sum(one.carried.values()) for one in copies)
    dropped: Counter[Reason] = sum((Counter(one.dropped) for one in copies), Counter())
    reasons = ", ".join(f"{dropped[reason]:,} {_REASONS[reason]}" for reason in REASONS if dropped[reason]) or "none"
    links, draft = sum(one.lost_links for one in copies), sum(one.draft for one in copies)
    met, seen = sum(one.met for one in copies), sum(one.seen for one in copies)
    return (
        f"{format_count(carried, 'item')} carried; dropped: {reasons}; {format_count(links, 'link')} lost\n"
        f"draft: {format_count(draft, 'item')} added, {met:,} gave way to carried ones, {seen:,} left out where\n"
        "annotators marked nothing in the same words"
    )
