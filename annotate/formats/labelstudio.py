"""Label Studio's JSON: the list of tasks that its import takes and its export gives.

Gold (records with annotators) is written as annotations marked as ground truth, everything else as predictions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from annotate.artifacts.label_config import ENTITY, SPAN
from annotate.errors import AnnotateError, DataProblems, RecordError
from annotate.files import atomic_writer, open_input
from annotate.formats.markup import Names, Range, report_fields
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.formats.rendered import Places, Rendered, find_in_order
from annotate.formats.report import Group
from annotate.jsonl import decode_json, iter_objects
from annotate.practice import is_practice
from annotate.printing import shorten
from annotate.problems import cannot_read
from annotate.records import LAYERS, Layer, LayeredRecord, Layers, Prediction, get_layer
from annotate.task_json.from_result import from_result
from annotate.task_json.regions import read_offset, read_strings
from annotate.task_json.tasks import ARTICLE_FIELDS, read_info, to_task

_HELD = ("title", "date", "publisher", "url", "meta", "model", "score")


@writes("labelstudio")
def write_labelstudio(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """One JSON file for the button Import of a project with the schema's interface (`annotate schema build`)."""
    tasks = []
    problems: list[str] = []
    for record in records:
        layers = writing.pick(record)
        plain: dict[str, Any] = {name: getattr(record, name, None) for name in (*_HELD, "id", "text", "text_sha256")}
        prediction = Prediction(**plain, entities=layers.entities, quotes=layers.quotes, claims=layers.claims)
        report_fields(record, writing.report, held=_HELD)
        try:
            task = to_task(prediction, writing.schema)
        except DataProblems as error:
            problems += error.problems
            continue
        if getattr(record, "annotators", None):
            results = [{"result": entry["result"], "ground_truth": True} for entry in task["predictions"]]
            task = {**task, "annotations": results, "predictions": []}
        tasks.append(task)
    if problems:
        raise DataProblems(problems)
    with atomic_writer(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(tasks), indent=1))


# ------------------------------------------------------------------------------------------------------ reading

_PARTS = "labelstudio:predictions or labelstudio:annotations, each also with =NAME, a model's or an annotator's"
_LABELS = ("labels", "hypertextlabels", "paragraphlabels")
# the keys of a task's data that are not its text
_NOT_TEXT = frozenset(("doc_id", "id", "text_sha256", *ARTICLE_FIELDS))
_ADDRESS = re.compile(r"(?:https?://|s3://|gs://|azure-blob://|/data/)\S+")


@reads("labelstudio", parts=_PARTS)
def read_labelstudio(path: Path, reading: Reading) -> Iterator[Prediction]:
    """One record per task of an export of any project, JSON or JSON-MIN; see `_choose_entry` for what is read of it."""
    wanted = _Wanted.parse(reading.part)
    by_text = {"".join(text.split()): article for article, text in reading.texts.items()}
    others: list[tuple[Prediction, Layers]] = []
    for number, task in enumerate(_gather(_load(path))):
        if not isinstance(task, dict):
            reading.problems.append(f"{path}: task {number}: expected an object with data, found {shorten(repr(task))}")
            continue
        if is_practice(task):
            reading.report.add_note("practice tasks, which are no articles, left out", f"task-{task.get('id')}")
            continue
        found = _read_task(task, f"{path}: task {task.get('id', number)}", wanted, by_text, reading)
        if found is None:
            continue
        prediction, layers, named = found
        if not named:  # another tool's task, or another project's: it does not say what is annotated
            others.append((prediction, layers))
            continue
        for layer in LAYERS:
            if get_layer(layers, layer) or layer in named:
                setattr(prediction, layer, get_layer(layers, layer))
        yield prediction
    nothing = not any(get_layer(layers, layer) for _, layers in others for layer in LAYERS)
    yield from reading.with_layers(others, named=reading.schema.layers if nothing else ())


def _load(path: Path) -> list[Any]:
    """The tasks of a list, of one object, or of an object a line."""
    try:
        with open_input(path) as file:
            content = file.read()
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error
    try:
        tasks = decode_json(content)
    except ValueError as error:
        problems: list[str] = []
        tasks = [task for _, task in iter_objects(path, problems=problems)]
        if problems and any(_is_task(task) for task in tasks):
            raise RecordError(problems) from error
        if problems or not tasks:
            reason = str(error) if content.strip() else "the file is empty"
            raise AnnotateError(f"{path}: not Label Studio's JSON, a list of tasks: {reason}") from error
    if isinstance(tasks, dict) and _is_task(tasks):
        tasks = [tasks]
    if not isinstance(tasks, list):
        keys = "an object with the keys " + ", ".join(map(repr, tasks)) if isinstance(tasks, dict) else ""
        found = keys if tasks and keys else shorten(repr(tasks))
        raise AnnotateError(f"{path}: not Label Studio's JSON: expected a list of tasks, found {found}")
    return tasks


def _is_task(task: dict[str, Any]) -> bool:
    return isinstance(task.get("data"), dict) or _is_min(task)


def _is_min(task: dict[str, Any]) -> bool:
    """Whether this is an entry of the export JSON-MIN: the data and the results of each control, side by side."""
    return "data" not in task and ("annotation_id" in task or any(_regions_of(value) for value in task.values()))


def _regions_of(value: Any) -> list[dict[str, Any]]:
    """The regions of one control in JSON-MIN; empty where it is something else."""
    if not isinstance(value, list) or not value:
        return []
    fits = all(isinstance(region, dict) and any(name in region for name in _LABELS) for region in value)
    return value if fits else []


def _gather(tasks: list[Any]) -> Iterator[Any]:
    """The tasks, those of JSON-MIN in the other form; it has an entry for each annotation of a task."""
    gathered: dict[str, dict[str, Any]] = {}
    for entry in tasks:
        if not isinstance(entry, dict) or not _is_min(entry):
            yield entry
            continue
        regions = {name: found for name, value in entry.items() if (found := _regions_of(value))}
        task = gathered.setdefault(
            str(entry.get("id", f"entry {len(gathered)}")),
            {
                "id": entry.get("id"),
                "data": {name: value for name, value in entry.items() if name not in regions},
                "annotations": [],
            },
        )
        task["annotations"].append(
            {
                "id": entry.get("annotation_id"),
                "completed_by": entry.get("annotator"),
                "updated_at": entry.get("updated_at"),
                "result": [
                    {"id": f"{name}-{n}", "from_name": name, "type": _label_key(region), "value": region}
                    for name, found in regions.items()
                    for n, region in enumerate(found)
                ],
            }
        )
    yield from gathered.values()


def _label_key(value: dict[str, Any]) -> str | None:
    return next((name for name in _LABELS if isinstance(value.get(name), list)), None)


# ------------------------------------------------------------------------------------ predictions or annotations


@dataclass(frozen=True)
class _Wanted:
    """Which entries of a task were asked for: predictions or annotations, of one model or annotator."""

    source: Literal["predictions", "annotations"] | None = None
    name: str | None = None

    @classmethod
    def parse(cls, part: str | None) -> _Wanted:
        """What `labelstudio:PART` means.

        Raises:
            AnnotateError: it means nothing.
        """
        if part is None:
            return cls()
        source, _, name = part.partition("=")
        if source == "predictions":
            return cls("predictions", name or None)
        if source == "annotations":
            return cls("annotations", name or None)
        raise AnnotateError(f"format 'labelstudio:{part}': expected {_PARTS}")

    def has(self, source: str, entry: dict[str, Any]) -> bool:
        """Whether the entry was asked for."""
        return self.source in (None, source) and (self.name is None or self.name in _names(source, entry))


def _names(source: str, entry: dict[str, Any]) -> list[str]:
    """What the model or the annotator of the entry is called."""
    if source == "predictions":
        return [str(entry.get("model_version"))]
    who = entry.get("completed_by")
    if isinstance(who, dict):
        return [str(who[key]) for key in ("email", "username", "id") if who.get(key) is not None]
    return [str(who)]


def _entries(task: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    """The task's predictions or annotations as far as they are there: an export may have their numbers only."""
    found: list[Any] = next((task[name] for name in names if isinstance(task.get(name), list)), [])
    return [entry for entry in found if isinstance(entry, dict) and not entry.get("was_cancelled")]


def _age(entry: dict[str, Any]) -> tuple[str, int]:
    """A key that is larger for what was written later."""
    number = entry.get("id")
    return str(entry.get("updated_at") or entry.get("created_at") or ""), number if isinstance(number, int) else 0


def _choose_entry(task: dict[str, Any], article: str, wanted: _Wanted, reading: Reading) -> dict[str, Any] | None:
    """What is read of a task: its newest full prediction, else its newest submitted annotation, of those asked for.

    What is there besides is counted: as lost where nobody asked for what is read, else as a note.
    """
    entries = {
        "predictions": [entry for entry in _entries(task, "predictions") if "result" in entry],
        "annotations": _entries(task, "annotations", "completions"),
    }
    right = {source: [each for each in found if wanted.has(source, each)] for source, found in entries.items()}
    source = "predictions" if right["predictions"] else "annotations"
    report = reading.report
    if not right[source]:
        what = f"{wanted.source} by {wanted.name}" if wanted.name else wanted.source or "prediction or annotation"
        found = sorted({name for source in entries for entry in entries[source] for name in _names(source, entry)})
        example = f"{article}: there is {', '.join(found)}" if wanted.name and found else article
        report.add_loss(f"tasks without any submitted {what}", example, of="articles")
        for name in entries:
            given = task.get(name)
            numbers = sum(isinstance(entry, int) for entry in given) if isinstance(given, list) else 0
            if numbers:
                report.add_loss(f"{name} of which the file has only the numbers", article, numbers)
        drafts = len(_entries(task, "drafts"))
        if drafts:
            report.add_loss("drafts, which nobody submitted", article, drafts, of="articles")
        return None
    report.add_note(f"tasks of which the newest of the {source} was read", article)
    for other, all_of_them in entries.items():
        left = len(all_of_them) - (other == source)
        if left and wanted.source:
            report.add_note(f"{other} that were not asked for", article, left)
        elif left and other == source:
            reason = f"{other} that are older than the one read; --from labelstudio:{other}=NAME reads NAME's"
            report.add_loss(reason, article, left)
        elif left:
            report.add_loss(f"{other} beside {source}; --from labelstudio:{other} reads them", article, left)
    return max(right[source], key=_age)


# ---------------------------------------------------------------------------------------------- texts and places


def _read_task(
    task: dict[str, Any], place: str, wanted: _Wanted, by_text: Mapping[str, str], reading: Reading
) -> tuple[Prediction, Layers, list[Layer]] | None:
    """The record without its layers, the layers, and those of them that the task says are annotated.

    `by_text` has the ids of the articles by their texts without white space.
    """
    data = task.get("data", task)
    shown = _Shown.of(data, reading.texts, by_text) if isinstance(data, dict) else None
    if shown is None:
        keys = f"; its keys are {', '.join(map(repr, data))}" if isinstance(data, dict) and data else ""
        reading.problems.append(f"{place}: no data.text{keys}; expected one text, or its paragraphs")
        return None
    article = str(data.get("doc_id") or shown.article or f"task-{task.get('id')}")
    entry = _choose_entry(task, article, wanted, reading)
    if entry is None:
        return None
    result = entry.get("result") or []
    if not isinstance(result, list):
        reading.problems.append(f"{place}: result is {shorten(repr(result))}; expected a list")
        return None
    shown.choose_text(result, reading.texts.get(article))
    items = [item for given in result for item in _to_items(given, shown, article, reading)]
    decoded = from_result(items, shown.text, reading.schema, keep_all=True)
    for remark in decoded.remarks:
        if remark.action == "repaired":
            reading.report.add_note(remark.reason, article)
        else:
            reading.report.add_loss(remark.reason, article, of=_group_of(remark.item, reading))
    info = read_info(task)
    fields = {name: data[name] for name in ARTICLE_FIELDS if isinstance(data.get(name), str)}
    fields |= {"id": article, "text": shown.text, "meta": info.article_meta}
    fields |= {"text_sha256": data.get("text_sha256") if shown.text == data.get("text") else None}
    fields |= {"model": entry.get("model_version"), "score": entry.get("score")}
    try:
        prediction = msgspec.convert(fields, Prediction)
    except msgspec.ValidationError as error:
        reading.problems.append(f"{place}: {error}")
        return None
    return prediction, decoded.layers, info.layers


class _Shown:
    """The text that a task shows, plain, as HTML or in paragraphs, and its regions' places in the article's text."""

    def __init__(self, raw: str, pieces: list[str], article: str | None) -> None:
        self.raw = raw
        self.pieces = pieces
        self.article = article
        self.text = raw
        self.page: Rendered | None = None
        self.places = Places(raw, raw)
        self.starts: list[int] = []

    @classmethod
    def of(cls, data: dict[str, Any], texts: Mapping[str, str], by_text: Mapping[str, str]) -> _Shown | None:
        """The text of the task's data under whatever name: `text`, one that is an article's, or the only one."""
        strings = {name: value for name, value in data.items() if isinstance(value, str) and value}
        strings = {name: value for name, value in strings.items() if name == "text" or name not in _NOT_TEXT}
        plain = {name: value for name, value in strings.items() if not _ADDRESS.fullmatch(value)}
        known = {name: by_text.get("".join(value.split())) for name, value in plain.items()}
        for name, value in plain.items():
            if known[name] is None and "<" in value:
                known[name] = by_text.get("".join(Rendered(value).text.split()))
        lists = {name: pieces for name, value in data.items() if (pieces := _pieces(value))}
        named = str(data.get("doc_id"))
        if named in texts and not plain and not lists and strings:
            return cls(texts[named], [], named)  # the task has only the text's address
        if len(lists) == 1 and "text" not in plain and not any(known.values()):
            [pieces] = lists.values()
            return cls("\n".join(pieces), pieces, by_text.get("".join("".join(pieces).split())))
        chosen = [name for name in plain if name == "text" or known[name]] or list(plain)
        certain = chosen and (chosen[0] == "text" or known[chosen[0]] or len(chosen) == 1)
        return cls(plain[chosen[0]], [], known[chosen[0]]) if certain else None

    def choose_text(self, result: list[Any], known: str | None) -> None:
        """Decide which text the regions are given in: the article's, where it has the words that the task shows."""
        values = [item["value"] for item in result if isinstance(item, dict) and isinstance(item.get("value"), dict)]
        rendered = any("globalOffsets" in v or str(v.get("start", "")).startswith(("/", ".")) for v in values)
        if rendered and not self.pieces:
            self.page = Rendered(self.raw)
        source = self.page.text if self.page else self.raw
        if self.page or self.pieces:
            self.text = known if known is not None and self._has(known, source) else source
        self.places = Places(source, self.text)
        self.starts = find_in_order(self.pieces, self.text) or find_in_order(self.pieces, source) or []

    def _has(self, text: str, source: str) -> bool:
        return Places(source, text).same or (bool(self.pieces) and find_in_order(self.pieces, text) is not None)

    def find(self, value: dict[str, Any]) -> Range | None:
        """The region's place in the article's text; None where its offsets cannot be used."""
        words = value.get("text") if isinstance(value.get("text"), str) else None
        return self._find_in_pieces(value, words) if self.pieces else self._find_in_source(value, words)

    def contradicts(self, value: dict[str, Any], found: Range) -> bool:
        """Whether the region's own words are not those of the article there, white space aside."""
        words = value.get("text")
        if not isinstance(words, str) or not words.strip():
            return False
        there = "".join(self.text[found[0] : found[1]].split())
        return there != "".join(words.replace("\\n", "\n").split())

    def _find_in_pieces(self, value: dict[str, Any], words: str | None) -> Range | None:
        names = ("start", "startOffset", "end", "endOffset")
        given = [offset for name in names if (offset := read_offset(value.get(name))) is not None]
        if len(given) != len(names) or min(given) < 0 or max(given[0], given[2]) >= len(self.pieces):
            return None
        ends = ((self.pieces[given[0]], given[1]), (self.pieces[given[2]], given[3]))
        for offsets in (given[1::2], [_code_points(piece, offset) for piece, offset in ends]):
            start, end = self.starts[given[0]] + offsets[0], self.starts[given[2]] + offsets[1]
            inside = all(offset <= len(piece) for offset, (piece, _) in zip(offsets, ends, strict=True))
            if inside and start < end and _covers(self.text[start:end], words):
                return start, end
        return None

    def _find_in_source(self, value: dict[str, Any], words: str | None) -> Range | None:
        spans = value.get("globalOffsets")
        offsets = spans if isinstance(spans, dict) else value
        start, end = (read_offset(offsets.get(name)) for name in ("start", "end"))
        if (start is None or end is None) and self.page is not None:
            ends = ((value.get("start"), value.get("startOffset")), (value.get("end"), value.get("endOffset")))
            start, end = (self.page.find(str(path), read_offset(offset) or 0) for path, offset in ends)
        if start is None or end is None or not 0 <= start < end:
            return None
        source = self.places.source
        units = _code_points(source, start), _code_points(source, end)
        if not _covers(source[start:end], words) and _covers(source[units[0] : units[1]], words):
            start, end = units
        return self.places.find(start, end)


def _pieces(value: Any) -> list[str]:
    """The paragraphs of a dialogue: a list of objects with a text each; empty where it is something else."""
    if not isinstance(value, list) or not value or not all(isinstance(piece, dict) for piece in value):
        return []
    names = [name for name in value[0] if all(isinstance(piece.get(name), str) for piece in value)]
    names = [name for name in names if name == "text"] or [name for name in names if name not in ("author", "name")]
    return [piece[names[0]] for piece in value] if len(names) == 1 else []


def _covers(covered: str, words: str | None) -> bool:
    """Whether these are the region's words, white space aside; a region without words fits any."""
    return words is None or covered.split() == words.replace("\\n", "\n").split()


def _code_points(text: str, units: int) -> int:
    """The offset in code points of an offset in UTF-16 units, in which browsers count."""
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def _to_items(given: Any, shown: _Shown, article: str, reading: Reading) -> Iterator[Any]:
    """The item as the schema's own interface has it: parts in one control, entities in the other, plain offsets."""
    value = given.get("value") if isinstance(given, dict) else None
    key = _label_key(value) if isinstance(value, dict) else None
    if isinstance(given, dict) and key is None and given.get("type") in _LABELS:
        has_labels = isinstance(value, dict) and any(value.get(name) for name in _LABELS)
        reason = "regions whose labels are not a list" if has_labels else "regions without a label"
        reading.report.add_loss(reason, f"{article}: {shorten(repr(value))}")
        return
    if not isinstance(given, dict) or not isinstance(value, dict) or key is None:
        yield given
        return
    found = shown.find(value)
    names = Names(reading.schema)
    labels = read_strings(value[key])
    if found is not None and shown.contradicts(value, found):
        reason = "regions whose own words are not those at their offsets, which count"
        reading.report.add_loss(reason, f"{article}: {shorten(repr(value))}", of="details")
    if found is None:
        reason = "regions whose offsets are not in the text"
        reading.report.add_loss(reason, f"{article}: {shorten(repr(value))}")
        words = value.get("text")
        for label in labels:
            layer = names.layer_of(label)
            item = words if isinstance(words, str) else ""
            reading.add_unplaced(article, layer, item, label if layer == "entities" else None)
        return
    if not labels:
        reading.report.add_loss("regions without a label", f"{article}: {shorten(repr(value))}")
    parts = [label for label in labels if names.role_of(label)]
    for control, some in ((SPAN, parts), (ENTITY, [label for label in labels if label not in parts])):
        if some:
            place = {"start": found[0], "end": found[1], "labels": some}
            yield {**given, "type": "labels", "from_name": control, "value": place}


def _group_of(item: Any, reading: Reading) -> Group:
    """What is lost with an item of a result: an item of a layer, or something beside one."""
    if not isinstance(item, dict) or not str(item.get("type")).endswith("labels"):
        return "details"
    value = item.get("value")
    labels = read_strings(value.get("labels")) if isinstance(value, dict) else []
    roles = {Names(reading.schema).role_of(label) for label in labels}
    return "details" if roles and roles <= {"speaker", "cue"} else "items"
