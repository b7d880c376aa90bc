"""Pull: what people submitted in Label Studio, back as annotations, with a certificate of the round trip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from annotate.errors import AnnotateError, LabelStudioError
from annotate.labelstudio.connection import connect
from annotate.labelstudio.project import find_shown_layers
from annotate.labelstudio.pull.certificate import Certificate
from annotate.labelstudio.push.plan import (
    find_project,
)
from annotate.labelstudio.push.push import layer_title
from annotate.records import LAYERS, Annotation, annotated_layers
from annotate.schema import Schema, load_schema
from annotate.task_json.remarks import quarantined
from annotate.task_json.tasks import from_task
from annotate.version import __version__


def fetch_annotations(
    projects: str | Sequence[str],
    *,
    since: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | None = None,
) -> tuple[list[Annotation], Certificate]:
    """All annotations and the certificate; see `Pull` for the parameters."""
    pull = Pull(projects, since=since, url=url, api_key=api_key, schema=schema)
    return list(pull), pull.certificate


class Pull:
    """An iterable of the annotations in one or several projects; `certificate` is complete when it is exhausted.

    Annotations come one by one as they arrive; a second copy of the data is never held. Submitted and skipped ones
    are told apart by `status`; a skipped one has no layers, because the server stores the untouched prediction
    there. Drafts are counted, not returned. Of several annotations by one person for one article the newest
    submitted one counts, and the others are quarantined. Several projects are merged: layers that one person
    annotated in different projects come back as one annotation. White space and marks outside words at the edges of
    annotators' spans are trimmed; what has the offsets of the prediction keeps them.

    Args:
        projects: titles or `#NUMBER`s; a title without a project of its own stands for its projects per layer.
        since: only tasks changed after this time (ISO 8601; without a zone: UTC). Tasks with a new prediction
            count as changed. Other people's drafts are not counted then.

    Raises:
        LabelStudioError: the server cannot be reached, or there is no such project.
    """

    def __init__(
        self,
        projects: str | Sequence[str],
        *,
        since: str | None = None,
        url: str | None = None,
        api_key: str | None = None,
        schema: Schema | None = None,
    ) -> None:
        self.schema = schema or load_schema()
        self.since = _parse_time(since) if since is not None else None
        self.server = connect(url, api_key)
        names = [projects] if isinstance(projects, str) else list(projects)
        self.sources = [source for name in names for source in self._find_sources(name)]
        self.certificate = Certificate(
            toolkit=__version__,
            url=self.server.url,
            schema=self.schema.ref,
            pulled_at=_format_time(datetime.now(UTC)),
            since=_format_time(self.since) if self.since else None,
            projects={title: number for title, number, _ in self.sources},
        )

    def __iter__(self) -> Iterator[Annotation]:
        emails = self.server.emails()
        if len(self.sources) == 1:
            source = self._read_project(*self.sources[0], emails)
            for annotation in self._pick_newest(source):
                yield self._hand_out(annotation)
            return
        with tempfile.TemporaryFile() as spool:
            yield from self._merge(spool, emails)

    def _hand_out(self, annotation: Annotation) -> Annotation:
        trimmed = self.certificate.trim(annotation)
        self.certificate.count_annotation(trimmed)
        return trimmed

    def _find_sources(self, name: str) -> list[tuple[str, int, Schema]]:
        """Title, number and the schema with the layers that its interface has, of each project behind the name."""
        project = find_project(self.server, name)
        found = [project] if project else [find_project(self.server, layer_title(name, layer)) for layer in LAYERS]
        sources = [
            (entry["title"], entry["id"], self.schema.restrict(find_shown_layers(entry, self.schema)))
            for entry in found
            if entry
        ]
        if not sources:
            raise LabelStudioError(f"no project {name!r} at {self.server.url}; `annotate push` creates it")
        return sources

    def _read_project(
        self, title: str, number: int, schema: Schema, emails: dict[int, str]
    ) -> Iterator[list[Annotation]]:
        for task in self._iter_tasks(number):
            found = from_task(task, schema, emails=emails)
            remarks = [msgspec.structs.replace(remark, project=title) for remark in found.remarks]
            self.certificate.count_task(found._replace(remarks=remarks))
            yield found.annotations

    def _iter_tasks(self, number: int) -> Iterable[dict[str, Any]]:
        if self.since is None:
            return self.server.iter_export(number)
        return self.server.iter_changed(number, _format_time(self.since))

    def _pick_newest(self, tasks: Iterable[list[Annotation]]) -> Iterator[Annotation]:
        """One annotation per person and task; two tasks for one article are caught by the seen keys."""
        seen: dict[tuple[str, str], int | None] = {}
        for found in tasks:
            best: dict[str, Annotation] = {}
            for annotation in found:
                rival = best.get(annotation.annotator)
                if rival is None:
                    best[annotation.annotator] = annotation
                    continue
                older, newer = sorted((rival, annotation), key=_rank)
                best[annotation.annotator] = newer
                self._set_aside(older, f"a newer annotation ({newer.annotation_id}) of the same person counts")
            for annotation in best.values():
                key = (annotation.id, annotation.annotator)
                if key in seen:
                    self._set_aside(annotation, f"the same person annotated this article in task {seen[key]} too")
                    continue
                seen[key] = annotation.task_id
                yield annotation

    def _set_aside(self, annotation: Annotation, reason: str) -> None:
        if annotation.status == "skipped":
            self.certificate.skipped += 1
            return
        self.certificate.add_remark(
            msgspec.structs.replace(
                quarantined(reason, msgspec.to_builtins(_layers_only(annotation))),
                article_id=annotation.id,
                task_id=annotation.task_id,
                annotation_id=annotation.annotation_id,
                annotator=annotation.annotator,
            )
        )

    def _merge(self, spool: IO[bytes], emails: dict[int, str]) -> Iterator[Annotation]:
        """Spool all projects to disk with an index in memory, then hand out one annotation per article and person."""
        places: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        encoder = msgspec.json.Encoder()
        for title, number, schema in self.sources:
            for annotation in self._pick_newest(self._read_project(title, number, schema, emails)):
                encoded = encoder.encode(annotation)
                key = (annotation.id, annotation.text_sha256 or "", annotation.annotator)
                places.setdefault(key, []).append((spool.tell(), len(encoded)))
                spool.write(encoded)
        decoder = msgspec.json.Decoder(Annotation)
        for entries in places.values():
            parts = []
            for start, length in entries:
                spool.seek(start)
                parts.append(decoder.decode(spool.read(length)))
            merged = self._merge_parts(parts)
            yield self._hand_out(merged)

    def _merge_parts(self, parts: list[Annotation]) -> Annotation:
        """One annotation with the layers of all; where two have the same layer, the newer submitted one counts."""
        parts = sorted(parts, key=_rank, reverse=True)
        merged = parts[0]
        for part in parts[1:]:
            if part.status == "skipped":
                self.certificate.skipped += 1
                continue
            taken = set(annotated_layers(merged))
            if taken & set(annotated_layers(part)):
                self._set_aside(part, "the same layer by the same person in a second project; the newer one counts")
                continue
            for layer in annotated_layers(part):
                setattr(merged, layer, getattr(part, layer))
                if part.predicted is not None:
                    merged.predicted = merged.predicted or type(part.predicted)()
                    setattr(merged.predicted, layer, getattr(part.predicted, layer))
            merged.lead_time_s = _add(merged.lead_time_s, part.lead_time_s)
            merged.model = merged.model or part.model
            merged.blind = merged.blind and part.blind
        return merged


def _rank(annotation: Annotation) -> tuple[bool, str, int]:
    """Submitted before skipped, then newer before older."""
    return annotation.status == "submitted", annotation.updated_at or "", annotation.annotation_id or 0


def _layers_only(annotation: Annotation) -> dict[str, Any]:
    return {layer: getattr(annotation, layer) for layer in annotated_layers(annotation)}


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
