"""Pull: what annotators submitted in Label Studio, as annotations, with a certificate of the round trip."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from annotate.artifacts.label_config import TEXT
from annotate.errors import AnnotateError, LabelStudioError
from annotate.files import Outputs, is_stream
from annotate.jsonl import STDIO, find_record_problems, open_output, stream_records
from annotate.labelstudio.connection import connect
from annotate.labelstudio.project import (
    find_label_differences,
    find_project,
    find_shown_field,
    find_shown_layers,
    is_shown,
    layer_title,
)
from annotate.labelstudio.pull.certificate import Certificate
from annotate.labelstudio.pull.verification import verify_task
from annotate.labelstudio.push.ledger import Ledger, find_ledger
from annotate.labelstudio.push.push import PredictionFile
from annotate.labelstudio.shapes import make_safe
from annotate.locks import lock_output
from annotate.records import LAYERS, Annotation, Prediction, annotated_layers
from annotate.schema import Schema, load_schema
from annotate.task_json.remarks import quarantined
from annotate.task_json.tasks import Returned, Task, TaskAnnotations, build_task, from_task
from annotate.version import __version__


def pull_annotations(
    projects: str | Sequence[str],
    output: str | Path,
    *,
    certificate: str | Path | None = None,
    since: str | None = None,
    predictions: str | Path | Iterable[Prediction] | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
) -> Certificate:
    """Write what annotators submitted to a file, one annotation per line, and return the certificate.

    The certificate records what happened to every predicted span. `fetch_annotations` gives a list instead of a file.

    Args:
        projects: titles or `#NUMBER`s; several are merged.
        output: a JSON Lines file; `-` is standard output.
        certificate: where the certificate goes as JSON; None writes none.
        since: only tasks changed after this time (ISO 8601; without a zone: UTC).
        predictions: what was pushed, a JSON Lines file or the records, if another machine pushed it.
        url: of the server; None = `LABEL_STUDIO_URL`, or the embedded server.
        api_key: its token; None = `LABEL_STUDIO_API_KEY`, or that of the embedded server.
        schema: the labels; None = `news`.

    Raises:
        LabelStudioError: the server cannot be reached, or there is no such project.
        RecordError: the file of predictions has problems.
        AnnotateError: a file cannot be written.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    pushed = PredictionFile(Path(predictions)) if isinstance(predictions, (str, Path)) else predictions
    pull = Pull(projects, since=since, predictions=pushed, url=url, api_key=api_key, schema=schema)
    write_pull(pull, Path(output), None if certificate is None else Path(certificate))
    return pull.certificate


def fetch_annotations(
    projects: str | Sequence[str],
    *,
    since: str | None = None,
    predictions: Iterable[Prediction] | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
) -> tuple[list[Annotation], Certificate]:
    """The annotations as a list, and the certificate; see `Pull` for the parameters."""
    pull = Pull(projects, since=since, predictions=predictions, url=url, api_key=api_key, schema=schema)
    return list(pull), pull.certificate


class Source(NamedTuple):
    """One project to read: its title and number, the schema with its layers, and what is known to be pushed to it.

    `changed` is what its interface no longer shows as it was pushed.
    """

    title: str
    number: int
    schema: Schema
    ledger: Ledger | None
    changed: list[str]


class Pull:
    """An iterable of the annotations in one or several projects; `certificate` is complete when it is exhausted.

    Annotations come one by one as they arrive; a second copy of the data is never held. Submitted and skipped ones
    are distinguished by `status`; a skipped one has no layers, because the server stores the untouched prediction
    there. Drafts are counted, not returned. Of several annotations by one annotator for one article the newest
    submitted one counts, and the others are quarantined. Several projects are merged: layers that one annotator
    annotated in different projects come back as one annotation. White space and marks outside words at the edges of
    annotators' spans are trimmed; what has the offsets of the prediction keeps them.

    Each task is compared with what was pushed, as `predictions` or the ledger of this machine has it. Where text or
    hash differ, or the article was never pushed, its annotations are quarantined. Title, date, publisher, url and meta
    are those that were pushed.

    Args:
        projects: titles or `#NUMBER`s; a title without a project of its own means its projects per layer.
        since: only tasks changed after this time (ISO 8601; without a zone: UTC). Tasks with a new prediction
            count as changed. Other annotators' drafts are not counted then.
        predictions: what was pushed, where another machine pushed it; read once for each project.

    Raises:
        LabelStudioError: the server cannot be reached, or there is no such project.
    """

    def __init__(
        self,
        projects: str | Sequence[str],
        *,
        since: str | None = None,
        predictions: Iterable[Prediction] | None = None,
        url: str | None = None,
        api_key: str | None = None,
        schema: Schema | str | Path | None = None,
    ) -> None:
        self.schema = load_schema(schema)
        self.predictions = list(predictions) if isinstance(predictions, Iterator) else predictions
        self.since = _parse_time(since) if since is not None else None
        self.server = connect(url, api_key)
        names = [projects] if isinstance(projects, str) else list(projects)
        self.sources = [source for name in names for source in self._find_sources(name)]
        #: The numbers of all annotations met, whether or not they are handed out.
        self.on_server: set[int] = set()
        self.certificate = Certificate(
            toolkit=__version__,
            url=self.server.url,
            schema=self.schema.ref,
            pulled_at=_format_time(datetime.now(UTC)),
            since=_format_time(self.since) if self.since else None,
            projects={source.title: source.number for source in self.sources},
            verified_against=None
            if any(source.ledger is None for source in self.sources)
            else ("ledger" if predictions is None else "predictions"),
        )

    def __iter__(self) -> Iterator[Annotation]:
        emails = self.server.emails()
        if len(self.sources) == 1:
            [source] = self.sources
            for found in self._pick_newest(self._read_project(source, emails)):
                if self._is_sound(found.annotation):
                    yield self._hand_out(found, verified=source.ledger is not None)
            return
        with tempfile.TemporaryFile() as spool:
            yield from self._merge(spool, emails)

    def _hand_out(self, found: Returned, *, verified: bool) -> Annotation:
        trimmed = self.certificate.trim(found.annotation)
        self.certificate.count_annotation(trimmed, found.changes, verified=verified)
        return trimmed

    def _find_sources(self, name: str) -> list[Source]:
        """The project of the name, or its projects per layer."""
        project = find_project(self.server, name)
        found = [project] if project else [find_project(self.server, layer_title(name, layer)) for layer in LAYERS]
        sources = []
        for entry in found:
            if entry:
                schema = self.schema.restrict(find_shown_layers(entry, self.schema))
                kept = find_ledger(entry)
                changed = list(_find_interface_changes(entry, schema, kept))
                sources.append(Source(entry["title"], entry["id"], schema, self._find_pushed(schema, kept), changed))
        if not sources:
            raise LabelStudioError(f"no project {name!r} at {self.server.url}; `annotate push` creates it")
        return sources

    def _find_pushed(self, schema: Schema, kept: Ledger | None) -> Ledger | None:
        """What was pushed: as it was given to this pull, else as this machine has kept it."""
        if self.predictions is None:
            return kept
        ledger = Ledger()
        ledger.record((build_task(prediction, schema) for prediction in self.predictions), sent=False)
        if kept is not None:
            with kept:
                ledger.take_predictions(kept)
        return ledger

    def _read_project(self, source: Source, emails: dict[int, str]) -> Iterator[list[Returned]]:
        for change in source.changed:
            self.certificate.add_remark(msgspec.structs.replace(quarantined(change), project=source.title))
        seen: set[str] = set()
        for task in self._iter_tasks(source.number):
            found = self._read_task(task, source, emails, seen)
            remarks = [msgspec.structs.replace(remark, project=source.title) for remark in found.remarks]
            self.certificate.count_task(found._replace(remarks=remarks))
            yield found.annotations
        if source.ledger is not None and self.since is None:
            missing = [article for article in source.ledger.articles() if article not in seen]
            self.certificate.missing = (self.certificate.missing or 0) + len(missing)
            for article in missing:
                remark = quarantined("this article was pushed, and the project has no task for it; push it again")
                self.certificate.add_remark(msgspec.structs.replace(remark, article_id=article, project=source.title))

    def _read_task(self, task: Task, source: Source, emails: dict[int, str], seen: set[str]) -> TaskAnnotations:
        """One task's annotations after both comparisons: with the form that tasks have, and with what was pushed."""
        safe, remarks = make_safe(task)
        found = verify_task(safe, source.ledger)
        certificate = self.certificate
        certificate.unknown += found.unknown
        certificate.altered += found.problem is not None and not found.unknown
        certificate.altered_predictions += found.altered_predictions
        certificate.regions_with_other_words += found.regions_with_other_words
        read = from_task(found.task, source.schema, emails=emails, problem=found.problem)
        remarks += found.remarks
        article = str(found.task["data"].get("doc_id") or f"task-{safe['id']}")
        if found.problem is not None and not read.annotations and not safe["annotations"]:
            remarks.append(quarantined(found.problem))
        if source.ledger is not None and article in seen:
            certificate.duplicated += 1
            remarks.append(quarantined("a second task for this article; push made one"))
        seen.add(article)
        self.on_server.update(entry["id"] for entry in safe["annotations"] if "id" in entry)
        place = {"article_id": article, "task_id": safe["id"]}
        placed = [msgspec.structs.replace(remark, **place) for remark in remarks]
        url = self.server.task_page(source.number, safe["id"])
        annotations = [
            returned._replace(annotation=msgspec.structs.replace(returned.annotation, task_url=url))
            for returned in read.annotations
        ]
        return read._replace(annotations=annotations, remarks=[*placed, *read.remarks])

    def _is_sound(self, annotation: Annotation) -> bool:
        """Whether the next command can read the record; if not, it is quarantined."""
        problems = list(find_record_problems(annotation))
        if not problems:
            try:
                msgspec.json.decode(msgspec.json.encode(annotation), type=Annotation)
            except (msgspec.MsgspecError, UnicodeEncodeError) as error:
                problems = [str(error)]
        if problems:
            self._set_aside(annotation, f"not a sound record: {problems[0]}")
        return not problems

    def miss(self, former: Iterable[Annotation]) -> None:
        """Note in the certificate which annotations of an earlier pull are no longer on the server."""
        pages = {self.server.project_page(source.number): source.title for source in self.sources}
        for one in former:
            title = pages.get((one.task_url or "").partition("?")[0])
            if title and one.status == "submitted" and one.annotation_id and one.annotation_id not in self.on_server:
                self.certificate.deleted += 1
                remark = quarantined(
                    "the last pull had this annotation; it was deleted on the server", one.annotation_id
                )
                self.certificate.add_remark(
                    msgspec.structs.replace(
                        remark, project=title, article_id=one.id, task_id=one.task_id, annotator=one.annotator
                    )
                )

    def _iter_tasks(self, number: int) -> Iterable[dict[str, Any]]:
        if self.since is None:
            return self.server.iter_export(number)
        return self.server.iter_changed(number, _format_time(self.since))

    def _pick_newest(self, tasks: Iterable[list[Returned]]) -> Iterator[Returned]:
        """One annotation per annotator and task; two tasks for one article are caught by the seen keys."""
        seen: dict[tuple[str, str], int | None] = {}
        for found in tasks:
            best: dict[str, Returned] = {}
            for returned in found:
                rival = best.setdefault(returned.annotation.annotator, returned)
                if rival is returned:
                    continue
                (older, _), newer = sorted((rival, returned), key=_rank)
                best[older.annotator] = newer
                reason = f"a newer annotation ({newer.annotation.annotation_id}) of the same annotator counts"
                self._set_aside(older, reason)
            for returned in best.values():
                annotation = returned.annotation
                key = (annotation.id, annotation.annotator)
                if key in seen:
                    self._set_aside(annotation, f"the same annotator annotated this article in task {seen[key]} too")
                    continue
                seen[key] = annotation.task_id
                yield returned

    def _set_aside(self, annotation: Annotation, reason: str) -> None:
        if annotation.status == "skipped":
            self.certificate.skipped += 1
            return
        layers = {layer: getattr(annotation, layer) for layer in annotated_layers(annotation)}
        self.certificate.add_remark(
            msgspec.structs.replace(
                quarantined(reason, msgspec.to_builtins(layers)),
                article_id=annotation.id,
                task_id=annotation.task_id,
                annotation_id=annotation.annotation_id,
                annotator=annotation.annotator,
            )
        )

    def _merge(self, spool: IO[bytes], emails: dict[int, str]) -> Iterator[Annotation]:
        """Spool all projects to disk with an index in memory, then yield one annotation per article and annotator."""
        places: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        verified: set[tuple[str, str]] = set()
        encoder = msgspec.json.Encoder()
        for source in self.sources:
            for found in self._pick_newest(self._read_project(source, emails)):
                annotation = found.annotation
                if not self._is_sound(annotation):
                    continue
                encoded = encoder.encode(found)
                key = (annotation.id, annotation.text_sha256 or "", annotation.annotator)
                if source.ledger is not None:
                    verified.add(key[:2])
                places.setdefault(key, []).append((spool.tell(), len(encoded)))
                spool.write(encoded)
        decoder = msgspec.json.Decoder(Returned)
        for key, entries in places.items():
            parts = []
            for start, length in entries:
                spool.seek(start)
                parts.append(decoder.decode(spool.read(length)))
            merged = self._merge_parts(parts)
            yield self._hand_out(merged, verified=key[:2] in verified)

    def _merge_parts(self, parts: list[Returned]) -> Returned:
        """One annotation with the layers of all; where two have the same layer, the newer submitted one counts."""
        (merged, changes), *others = sorted(parts, key=_rank, reverse=True)
        for part, part_changes in others:
            if part.status == "skipped":
                self.certificate.skipped += 1
                continue
            taken = set(annotated_layers(merged))
            if taken & set(annotated_layers(part)):
                self._set_aside(part, "the same layer by the same annotator in a second project; the newer one counts")
                continue
            for layer in annotated_layers(part):
                setattr(merged, layer, getattr(part, layer))
                if part.predicted is not None:
                    merged.predicted = merged.predicted or type(part.predicted)()
                    setattr(merged.predicted, layer, getattr(part.predicted, layer))
            changes |= part_changes
            merged.lead_time_s = _add(merged.lead_time_s, part.lead_time_s)
            merged.model = merged.model or part.model
            merged.blind = merged.blind and part.blind
        return Returned(merged, changes)


def write_pull(pull: Pull, output: Path, certificate: Path | None = None) -> int:
    """Write the annotations, one per line, and the certificate; return how many annotations there are.

    Both are complete before either appears under its name, the annotations last. A process that ends in between
    leaves the former annotations, whose hash is then not the certificate's `records_sha256`; the next pull fixes that.

    Args:
        output: a file, or `-` for standard output.
        certificate: where the certificate goes; None = nowhere.

    What an earlier pull left at the output is compared: annotations that were deleted on the server are quarantined.
    """
    streamed = output == STDIO or is_stream(output)
    if certificate is not None and certificate.resolve() == output.resolve():
        raise AnnotateError(f"{output}: annotations and certificate cannot be one file; choose another --certificate")
    with lock_output(output), Outputs() as outputs:
        file = open_output(outputs, output)
        digest = hashlib.sha256()
        count = 0
        for annotation in pull:
            line = msgspec.json.encode(annotation) + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
        file.flush()
        if pull.since is None and not streamed:
            pull.miss(_read_former(output))
        pull.certificate.records_sha256 = digest.hexdigest()
        if certificate is not None:
            encoded = msgspec.json.format(msgspec.json.encode(pull.certificate.to_dict())) + b"\n"
            open_output(outputs, certificate).write(encoded)
    return count


def _find_interface_changes(project: dict[str, Any], schema: Schema, ledger: Ledger | None) -> Iterator[str]:
    """What annotators do not see as it was pushed: the text, a layer, labels."""
    shown = find_shown_field(project["label_config"])
    if shown != f"${TEXT}":
        yield f"the interface was changed to show {shown!r} instead of the text; push again"
    pushed = ledger.layers() if ledger is not None else ()
    if hidden := [layer for layer in pushed if not is_shown(layer, project["label_config"])]:
        yield f"the interface lacks {', '.join(sorted(hidden))}, which was pushed; push again"
    if differences := find_label_differences(project["label_config"], schema):
        yield f"the interface differs from schema {schema.ref}: {differences}; `annotate doctor` says what to do"


def _read_former(output: Path) -> Iterator[Annotation]:
    """The annotations that an earlier pull left at the output; none where something else is there, or nothing."""
    if output.is_file():
        with contextlib.suppress(AnnotateError):
            yield from stream_records(output, Annotation, problems=[])


def _rank(returned: Returned) -> tuple[bool, str, int]:
    """Submitted before skipped, then newer before older."""
    annotation = returned.annotation
    return annotation.status == "submitted", annotation.updated_at or "", annotation.annotation_id or 0


def _add(a: float | None, b: float | None) -> float | None:
    return b if a is None else a if b is None else a + b


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise AnnotateError(f"--since {text!r}: expected a time such as 2026-11-21T13:00:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _format_time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
