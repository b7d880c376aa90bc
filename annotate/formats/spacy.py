"""spaCy's DocBin: mentions as `doc.ents`, all layers as span groups, the rest of a record as user data.

Groups: `entities`, `quotes` (one span a fragment, its label the type), `speakers`, `cues`, `claims` (label: the
kind), `claimers`. Spans that belong together have one `span_id`. Nothing is lost with the alignment `split`.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError
from annotate.files import atomic_writer, open_input
from annotate.formats.markup import (
    CHECK_WORTHY,
    KIND,
    QUOTE_TYPE,
    Link,
    Mark,
    Markup,
    Names,
    from_markup,
    report_extras,
    to_markup,
)
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.formats.report import FormatReport
from annotate.items import ITEM_TYPES, LINKS, label_of, links_of, spans_of
from annotate.problems import cannot_read
from annotate.records import LAYERS, LayeredRecord, Layers, Prediction, get_layer
from annotate.schema import Schema
from annotate.task_json.part_links import ENDS
from annotate.text.tokens import load_blank

USER_DATA = "annotate"
_EXTENSION = ("._.", "layers", None, None)
# by layer its own group, and one for each kind of link
_GROUPS = {layer: (layer, *(f"{link}s" for link in LINKS[layer])) for layer in LAYERS}


class _Item(msgspec.Struct):
    """What an item has beside its spans: attributes, scores and the like."""

    values: dict[str, str] = {}
    extras: dict[str, Any] = {}


class _Stored(msgspec.Struct):
    """What `write_spacy` keeps in a document's user data."""

    record: dict[str, Any] = {}
    items: dict[str, _Item] = {}


def _read_stored(doc: Any) -> _Stored:
    """What is kept in the document; nothing where others made it.

    Raises:
        msgspec.ValidationError: it has not the form in which it was written.
    """
    return msgspec.convert(doc.user_data.get(USER_DATA, {}), _Stored)


@writes("spacy", "spacy")
def write_spacy(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """A `.spacy` file of the records, for `spacy train` and `spacy evaluate` (mentions) and for code of one's own."""
    from spacy.tokens import DocBin

    content: bytes = DocBin(docs=(to_doc(record, writing) for record in records), store_user_data=True).to_bytes()
    with atomic_writer(path) as file:
        file.write(content)


def to_doc(record: LayeredRecord, writing: Writing) -> Any:
    """The record as a spaCy Doc, as `write_spacy` stores it."""
    from spacy.util import filter_spans

    layers = writing.pick(record)
    markup = to_markup(layers, writing.schema)
    doc = _make_doc(record, [r for mark in markup.marks for r in mark.fragments], writing)
    groups: dict[str, list[Any]] = {
        group: [] for layer in writing.layers if getattr(layers, layer) is not None for group in _GROUPS[layer]
    }
    for group, span_id, label, start, end in _iter_spans(layers):
        span = doc.char_span(
            start,
            end,
            label=label,
            span_id=span_id,
            alignment_mode=writing.alignment if writing.alignment in ("expand", "contract") else "strict",
        )
        place = f"{record.id}: {group} {span_id}"
        if span is None:
            writing.report.add_loss("spans that do not fit the tokens, left out", place)
            continue
        if (span.start_char, span.end_char) != (start, end):
            writing.report.add_loss("spans moved to the tokens' edges", place)
        groups[group].append(span)
    for name, spans in groups.items():
        doc.spans[name] = spans
    if "entities" in groups:
        flat = filter_spans(groups["entities"])
        doc.set_ents(flat, default="outside")
        if nested := len(groups["entities"]) - len(flat):
            writing.report.add_note("entities inside or across longer ones: in doc.spans only", record.id, nested)
    items = [mark for mark in markup.marks if mark.key.startswith(("entity", "quote", "claim"))]
    report_extras((mark for mark in markup.marks if mark not in items), writing.report, record.id)
    plain = msgspec.to_builtins(record)
    doc.user_data[USER_DATA] = {
        "record": {name: value for name, value in plain.items() if name not in (*LAYERS, "text")},
        "items": {mark.key: {"values": mark.values, "extras": mark.extras} for mark in items},
    }
    return doc


def _iter_spans(layers: Layers) -> Iterator[tuple[str, str, str, int, int]]:
    """Group, id, label and range of every span."""
    for layer in LAYERS:
        for i, item in enumerate(get_layer(layers, layer) or ()):
            key = f"{ITEM_TYPES[layer].__name__.lower()}{i}"
            for span in spans_of(item):
                yield layer, key, label_of(item), span.start, span.end
            for name, part in links_of(item).items():
                if part is not None:
                    yield f"{name}s", key, f"{name}s", part.start, part.end


def _make_doc(record: LayeredRecord, ranges: list[tuple[int, int]], writing: Writing) -> Any:
    from spacy.tokens import Doc

    text = record.text or ""
    doc = load_blank("en").make_doc(text)
    if writing.alignment != "split":
        return doc
    starts, ends = {start for start, _ in ranges}, {end for _, end in ranges}
    edges = sorted(starts | ends)
    words: list[str] = []
    spaces: list[bool] = []
    cut = 0
    for token in doc:
        start, end = token.idx, token.idx + len(token.text)
        bounds = [start, *edges[bisect.bisect_right(edges, start) : bisect.bisect_left(edges, end)], end]
        cut += len(bounds) > 2
        words += [text[a:b] for a, b in itertools.pairwise(bounds)]
        spaces += [False] * (len(bounds) - 2)
        # a span that begins or ends on the other side of the space needs it as a token
        alone = bool(token.whitespace_) and (end in starts or end + 1 in ends)
        spaces.append(bool(token.whitespace_) and not alone)
        if alone:
            words.append(" ")
            spaces.append(False)
    if cut:
        writing.report.add_note("tokens cut at a span's edge", record.id, cut)
    return Doc(doc.vocab, words=words, spaces=spaces)


@reads("spacy", "spacy")
def read_spacy(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of a DocBin; a Doc that does not name its article is identified by its text."""
    from spacy.tokens import DocBin

    try:
        with open_input(path) as file:
            docs = list(DocBin().from_bytes(file.read()).get_docs(load_blank("en").vocab))
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error
    except Exception as error:  # msgpack and zlib have a family of errors each
        raise AnnotateError(f"{path}: not a spaCy DocBin ({error})") from error
    by_text = {text: article for article, text in reading.texts.items()}
    unmarked: list[tuple[Prediction, Layers]] = []
    predictions: list[Prediction] = []
    for number, doc in enumerate(docs):
        try:
            ours = _read_stored(doc)
            given = doc.user_data.get("id")
            given = str(given) if type(given) is int else given
            article = ours.record.get("id") or given or by_text.get(doc.text)
            if not isinstance(article, str):
                reading.problems.append(
                    f'{path}: doc {number} has no user_data["id"], and {reading.explain_text(doc.text)}'
                )
                continue
            fields = {name: value for name, value in ours.record.items() if name in Prediction.__struct_fields__}
            prediction = msgspec.convert({**fields, "id": article, "text": doc.text}, Prediction)
            layers = layers_of_doc(doc, reading.schema, reading.report, article)
        except msgspec.ValidationError as error:
            reading.problems.append(f"{path}: doc {number}: user_data: {error}")
            continue
        predictions.append(prediction)
        if USER_DATA in doc.user_data:
            prediction.entities, prediction.quotes, prediction.claims = layers.entities, layers.quotes, layers.claims
        else:
            unmarked.append((prediction, layers))
    for _ in reading.with_layers(unmarked):
        pass
    yield from predictions


def layers_of_doc(doc: Any, schema: Schema, report: FormatReport, place: str) -> Layers:
    """The layers of a spaCy Doc: `doc._.layers` if it has them, else its span groups and entities.

    Without groups of ours, mentions come from `doc.ents` and from the group `sc` of spaCy's span categoriser. A
    layer of which the Doc holds neither a group nor an annotation is None.
    """
    given = doc.user_data.get(_EXTENSION)
    if given is not None:
        return given if isinstance(given, Layers) else msgspec.convert(given, Layers)
    items = _read_stored(doc).items
    groups = {name: list(doc.spans[name]) for name in doc.spans}
    known = {"sc", *(group for names in _GROUPS.values() for group in names)}
    for name in sorted(set(groups) - known):
        if groups[name]:
            report.add_loss(f"span groups that are none of ours: {name}", place, len(groups[name]))
    if "entities" in groups:
        there = {(span.start, span.end, span.label) for span in groups["entities"]}
        if besides := [ent for ent in doc.ents if (ent.start, ent.end, ent.label) not in there]:
            report.add_loss("doc.ents that the span group entities has not", f"{place}: {besides[0]}", len(besides))
    if doc.cats:
        report.add_loss("categories of whole texts (doc.cats)", place, of="details")
    markup = Markup(list(_marks(doc, groups, items)))
    names = Names(schema)
    quotes: dict[str, Mark] = {}
    for span in groups.get("quotes", ()):
        key = span.id_ or f"quote{len(quotes)}"
        if key not in quotes:
            values = {QUOTE_TYPE: span.label_}
            quotes[key] = Mark(key, names.part("content"), [], values, items.get(key, _Item()).extras)
        quotes[key].fragments.append((span.start_char, span.end_char))
    markup.marks += quotes.values()
    for span in groups.get("claims", ()):
        key = span.id_ or f"claim{len(markup.marks)}"
        stored = items.get(key, _Item())
        values = {**stored.values, KIND: span.label_}
        if span.kb_id_:
            values[CHECK_WORTHY] = span.kb_id_
        markup.marks.append(Mark(key, names.part("claim"), [(span.start_char, span.end_char)], values, stored.extras))
    for link in (link for layer in LAYERS for link in LINKS[layer]):
        for i, span in enumerate(groups.get(f"{link}s", ())):
            key = f"{link}s{i}"
            markup.marks.append(Mark(key, names.part(ENDS[link][1]), [(span.start_char, span.end_char)]))
            if span.id_:
                markup.links.append(Link(names.relation(link), span.id_, key))
    layers = from_markup(markup, doc.text, schema, report, place)
    if not ("entities" in groups or "sc" in groups or doc.has_annotation("ENT_IOB")):
        layers.entities = None
    if "quotes" not in groups:
        layers.quotes = None
    if "claims" not in groups:
        layers.claims = None
    return layers


def _marks(doc: Any, groups: dict[str, list[Any]], items: Mapping[str, _Item]) -> Iterator[Mark]:
    spans = groups.get("entities")
    if spans is None:
        spans = [*doc.ents, *groups.get("sc", ())]
    seen: set[tuple[int, int, str]] = set()
    for i, span in enumerate(spans):
        place = span.start_char, span.end_char, span.label_
        if "entities" not in groups and place in seen:
            continue
        seen.add(place)
        key = span.id_ or f"entity{i}"
        yield Mark(
            f"entity{i}",
            span.label_,
            [(span.start_char, span.end_char)],
            extras=items.get(key, _Item()).extras,
        )
