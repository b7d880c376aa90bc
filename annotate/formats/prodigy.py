"""Prodigy's JSON Lines: one task per article with tokens, spans and relations, as its span and relation views take it.

Attributes and scores are further keys of a span, which Prodigy keeps; a quote's further fragments are spans
that a relation joins to the first one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.formats.markup import Link, Mark, Markup, from_markup, report_fields, split_fragments, to_markup
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.formats.report import Group
from annotate.formats.tokens import Tokens
from annotate.jsonl import iter_objects, write_records
from annotate.printing import shorten
from annotate.records import LAYERS, LayeredRecord, Layers, Prediction, get_layer

_ARTICLE_FIELDS = ("title", "date", "publisher", "url", "meta")
_TASK_KEYS = {
    "text", "tokens", "spans", "relations", "meta", "answer", "label", "accept", "options", "id", "html", "image",
    "audio", "video", "config", "head", "child", "arcs", "field_rows", "field_label", "field_placeholder", "user_input",
}  # fmt: skip
_SPAN_KEYS = {"start", "end", "label", "token_start", "token_end", "id", "key", "text", "attributes", "source"}


class _Task(msgspec.Struct):
    text: str
    tokens: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    relations: list[dict[str, Any]]
    meta: dict[str, Any]
    answer: str = "accept"


@writes("prodigy", "spacy")
def write_prodigy(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """One accepted task a line; `meta.id` is the article's id, tokens are spaCy's English ones."""
    write_records(path, (_to_task(record, writing) for record in records))


def _to_task(record: LayeredRecord, writing: Writing) -> _Task:
    text = record.text or ""
    report_fields(record, writing.report, held=_ARTICLE_FIELDS)
    layers = writing.pick(record)
    markup = split_fragments(to_markup(layers, writing.schema), writing.schema)
    tokens = Tokens(text, [mark.hull for mark in markup.marks], writing.alignment, writing.report, record.id)
    spans: dict[str, dict[str, Any]] = {}
    for mark in markup.marks:
        found = tokens.align(*mark.hull, f"{record.id}: {mark.key}")
        if found is None:
            continue
        start, end = tokens.range(*found)
        spans[mark.key] = {
            "start": start,
            "end": end,
            "token_start": found[0],
            "token_end": found[1] - 1,
            "label": mark.label,
            "key": mark.key,
            **({"attributes": mark.values} if mark.values else {}),
            **mark.extras,
        }
    relations = []
    for link in markup.links:
        if link.source not in spans or link.target not in spans:
            reason = "relations of spans that were left out"
            writing.report.add_loss(reason, f"{record.id}: {link.label}", of="details")
            continue
        head, child = spans[link.source], spans[link.target]
        relations.append(
            {
                "head": head["token_end"],
                "child": child["token_end"],
                "label": link.label,
                "head_span": _place(head),
                "child_span": _place(child),
            }
        )
    plain = msgspec.to_builtins(record)
    meta = {"id": record.id, "layers": [layer for layer in writing.layers if getattr(layers, layer) is not None]}
    meta.update({name: plain[name] for name in _ARTICLE_FIELDS if plain.get(name)})
    words = [
        {"text": text[start:end], "start": start, "end": end, "id": i, "ws": text[end : end + 1] == " "}
        for i, (start, end) in enumerate(tokens.ranges)
    ]
    return _Task(text, words, list(spans.values()), relations, meta)


def _place(span: dict[str, Any]) -> dict[str, Any]:
    return {name: span[name] for name in ("start", "end", "token_start", "token_end", "label", "key")}


@reads("prodigy")
def read_prodigy(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The accepted tasks of an export; an article without `meta.id` is known by its text among `reading.texts`."""
    by_text = {text: article for article, text in reading.texts.items()}
    found: list[tuple[Prediction, Layers]] = []
    named: list[list[str] | None] = []
    has_spans = False
    annotators: dict[str, object] = {}
    for place, task in iter_objects(path, problems=reading.problems):
        text = task.get("text")
        if not isinstance(text, str):
            reading.problems.append(f"{place}: no text; expected a task with text and spans")
            continue
        given = task.get("meta")
        meta: dict[str, Any] = given if isinstance(given, dict) else {}
        given = next((value for value in (meta.get("id"), task.get("id")) if value not in (None, "")), None)
        article = str(given) if type(given) in (str, int) else by_text.get(text)
        if article is None:
            reading.problems.append(f"{place}: no meta.id, and {reading.explain_text(text)}")
            continue
        if task.get("answer", "accept") != "accept":
            answer = f"{article}: answer {task['answer']!r}"
            reading.report.add_loss("tasks that were not accepted", answer, of="articles")
            continue
        who = task.get("_annotator_id")
        if article in annotators and who != annotators[article]:
            choose = f"""jq -c 'select(._annotator_id == {json.dumps(who)})' OLD > NEW"""
            reading.problems.append(f"{place}: {article}: a second task, by another annotator; choose one: {choose}")
            continue
        annotators[article] = who
        has_spans |= "spans" in task
        _report_keys(task, article, reading)
        for name in ("label", "accept"):
            if task.get(name):
                reading.report.add_loss(f"choices about whole tasks: {name}", article, of="details")
        try:
            markup = _parse(task, text)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"one has no key {error}" if isinstance(error, KeyError) else error
            reading.problems.append(f"{place}: {article}: spans or relations not in Prodigy's form ({reason})")
            continue
        layers = from_markup(markup, text, reading.schema, reading.report, article)
        prediction = Prediction(id=article, text=text)
        for name in _ARTICLE_FIELDS:
            if isinstance(meta.get(name), dict if name == "meta" else str):
                setattr(prediction, name, meta[name])
        found.append((prediction, layers))
        named.append(meta["layers"] if isinstance(meta.get("layers"), list) else None)
    if found and not has_spans:
        reading.problems.append(f"{path}: no task has the key 'spans'; Prodigy writes [] where there is none")
    predictions = list(reading.with_layers(found))
    for prediction, (_, layers), names in zip(predictions, found, named, strict=True):
        for layer in LAYERS if names is not None and reading.layers is None else ():
            items = get_layer(layers, layer)
            if items and layer not in (names or ()):
                reading.report.add_note(f"{layer} in tasks whose meta.layers does not name them", prediction.id)
            setattr(prediction, layer, items if items or layer in (names or ()) else None)
        yield prediction


def _report_keys(task: dict[str, Any], article: str, reading: Reading) -> None:
    """Count lists and objects under keys that Prodigy does not have; its own and those of recipes may begin with _."""
    for name, value in task.items():
        if isinstance(value, list | dict) and value and name not in _TASK_KEYS and not name.startswith("_"):
            of: Group = "items" if isinstance(value, list) else "details"
            reading.report.add_loss(f"keys of tasks that are none of Prodigy's: {name}", article, of=of)


def _offset(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"offset {value!r} is not a whole number")
    return value


def _label(span: dict[str, Any]) -> str:
    if not isinstance(span["label"], str) or not span["label"]:
        raise TypeError(f"label {span['label']!r} is not a string")
    return span["label"]


def _require_object(value: Any, what: str) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"{what} is {shorten(repr(value))}; expected an object")


def _parse(task: dict[str, Any], text: str) -> Markup:
    marks: dict[str, Mark] = {}
    by_place: dict[tuple[int, int, str], str] = {}
    by_token: dict[int, str] = {}
    spans = task.get("spans")
    if not isinstance(spans, list | None):
        raise TypeError(f"spans is {shorten(repr(spans))}; expected a list")
    for i, span in enumerate(spans or ()):
        _require_object(span, "a span")
        key = str(span.get("key", f"span{i}"))
        if key in marks:
            raise ValueError(f"two spans with the key {key!r}")
        start, end, label = _offset(span["start"]), _offset(span["end"]), _label(span)
        if isinstance(span.get("text"), str) and span["text"] != text[start:end]:
            raise ValueError(f"a span is {span['text']!r}, but its offsets cover {text[start:end]!r}")
        attributes = span.get("attributes") or {}
        _require_object(attributes, "attributes")
        values = {name: str(value) for name, value in attributes.items()}
        extras = {name: value for name, value in span.items() if name not in _SPAN_KEYS}
        marks[key] = Mark(key, label, [(start, end)], values, extras)
        by_place.setdefault((start, end, label), key)
        if "token_end" in span:
            by_token.setdefault(_offset(span["token_end"]), key)

    def find(relation: dict[str, Any], side: str) -> str:
        span = relation.get(f"{side}_span")
        if not span:
            return by_token.get(_offset(relation[side]), f"token {relation[side]}")
        _require_object(span, f"{side}_span")
        if span.get("key") in marks:
            return str(span["key"])
        place = _offset(span["start"]), _offset(span["end"]), str(span.get("label"))
        return by_place.get(place, f"[{place[0]}, {place[1]})")

    relations = task.get("relations")
    if not isinstance(relations, list | None):
        raise TypeError(f"relations is {shorten(repr(relations))}; expected a list")
    for relation in relations or ():
        _require_object(relation, "a relation")
    links = [Link(str(r["label"]), find(r, "head"), find(r, "child")) for r in relations or ()]
    return Markup(list(marks.values()), links)
