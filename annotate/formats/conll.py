"""Columns of BIO tags: CoNLL-U Plus when written; CoNLL-2003, IOB2, BILOU and the like too when read.

Written: a token a line, tab, a tag for each lane of a layer. Nested and crossing spans go to further lanes
(`ANNOTATE:ENTITIES2`); beside the tags of quotes and claims a column numbers the items, so that
fragments, speaker, cue and claimer find together again. Mentions without nesting are the usual two columns.
"""

from __future__ import annotations

import itertools
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.files import atomic_writer
from annotate.formats.columns import NAMESPACE, Document, Header, layer_of, read_columns
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
    report_fields,
    to_markup,
)
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.formats.tokens import Tokens
from annotate.items import label_of, links_of, spans_of
from annotate.records import LAYERS, Claim, Layer, LayeredRecord, Layers, Prediction, get_layer
from annotate.schema import RelationRole, Schema
from annotate.task_json.part_links import ENDS
from annotate.text.align import AlignedTokens, align_tokens
from annotate.text.bio import TagSpan, from_tags, into_lanes, to_tags
from annotate.text.sentences import split_sentences


@dataclass
class _Columns:
    """The tag lanes of one article, by column name; each with the items beside, where the layer has items."""

    tokens: list[str]
    breaks: set[int]
    tags: dict[str, list[str]] = field(default_factory=dict)


@writes("conll", "spacy")
def write_conll(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """One file of all articles, each after a line `# newdoc id = ID`, a blank line after each sentence."""
    articles: list[tuple[str, _Columns]] = []
    names: dict[str, None] = {}
    for record in records:
        columns = _to_columns(record, writing)
        articles.append((record.id, columns))
        names.update(dict.fromkeys(columns.tags))
    ordered = sorted(names, key=_column_order)
    with atomic_writer(path) as file:
        head = " ".join(["FORM", *(NAMESPACE + name for name in ordered)])
        file.write(f"# global.columns = {head}\n".encode())
        for article, columns in articles:
            spelled = _escape_id(article)
            if spelled != article:
                writing.report.add_note("ids with tabs or line breaks, %-escaped", spelled)
            file.write(f"# newdoc id = {spelled}\n".encode())
            length = len(columns.tokens)
            annotated = {layer_of(name) for name in columns.tags}
            lanes = [
                columns.tags.get(name, ["O" if layer_of(name) in annotated and "_" not in name else "_"] * length)
                for name in ordered
            ]
            for i, row in enumerate(zip(columns.tokens, *lanes, strict=True)):
                file.write(("\t".join(row) + "\n" + ("\n" if i + 1 in columns.breaks else "")).encode())


def _escape_id(article: str) -> str:
    """The id on one line without tabs; `_find_id` knows it again."""
    if not re.search(r"[\t\r\n]", article):
        return article
    return re.sub(r"[%\t\r\n]", lambda match: urllib.parse.quote(match[0]), article)


def _to_columns(record: LayeredRecord, writing: Writing) -> _Columns:
    text = record.text or ""
    layers = writing.pick(record)
    markup = to_markup(layers, writing.schema)
    report_fields(record, writing.report)
    report_extras(markup.marks, writing.report, record.id)
    ranges = [r for mark in markup.marks for r in mark.fragments]
    tokens = Tokens(text, ranges, writing.alignment, writing.report, record.id)
    columns = _Columns([text[start:end] for start, end in tokens.ranges], set())
    covered: set[int] = set()
    for layer in writing.layers:
        if getattr(layers, layer) is None:
            continue
        items: dict[TagSpan, list[str]] = {}
        for start, end, label, item in _spans_of(layer, layers, writing.schema):
            found = tokens.align(start, end, f"{record.id}: {layer} {item}")
            if found is None:
                continue
            spelled = "_".join(label.split())
            if spelled != label:
                writing.report.add_loss("labels with white space", f"{label!r} as {spelled!r}", of="details")
            span = TagSpan(*found, spelled)
            if layer == "entities" and span in items:
                writing.report.add_loss("entities that appear twice", f"{record.id}: {item}")
            items.setdefault(span, []).append(item)
        covered.update(i for span in items for i in range(span.first + 1, span.last))
        for n, lane in enumerate(into_lanes(items) or [[]], 1):
            name = layer.upper() + (str(n) if n > 1 else "")
            columns.tags[name] = to_tags(lane, len(columns.tokens))
            if layer != "entities":
                numbers = ["_"] * len(columns.tokens)
                for span in lane:
                    numbers[span.first : span.last] = [",".join(items[span])] * (span.last - span.first)
                columns.tags[f"{name}_ITEM"] = numbers
    # a sentence may end only where no span goes on: other tools end every span there
    ends = {end for _, end in split_sentences(text)}
    columns.breaks = {
        i
        for i, (_, end) in enumerate(tokens.ranges, 1)
        if (end in ends and i not in covered) or i == len(tokens.ranges)
    }
    return columns


def _spans_of(layer: Layer, layers: Layers, schema: Schema) -> Iterator[tuple[int, int, str, str]]:
    """Range, tag and item number of every span of the layer."""
    names = Names(schema)
    yes, no = schema.check_worthy_values
    for i, item in enumerate(get_layer(layers, layer) or (), 1):
        tag = label_of(item)
        if isinstance(item, Claim):
            tag += f":{yes if item.check_worthy else no}"
        for span in spans_of(item):
            yield span.start, span.end, tag, str(i)
        for name, part in links_of(item).items():
            if part is not None:
                yield part.start, part.end, names.part(ENDS[name][1]), str(i)


def _column_order(column: str) -> tuple[int, int, bool]:
    lane = re.search(r"\d+", column)
    return LAYERS.index(layer_of(column)), int(lane[0]) if lane else 1, column.endswith("_ITEM")


# ------------------------------------------------------------------------------------------------------ reading


@reads("conll", parts="conll:COLUMN, the number or the name of a column of tags")
def read_conll(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of a file of columns, aligned to `reading.texts`.

    Articles are known by the id that a comment gives, else by their order, checked against the texts' words. For the
    columns of files that are not ours see `_choose_columns`.
    """
    if not reading.texts:
        raise AnnotateError(f"{path}: columns have no offsets; the articles' texts are needed (--gold)")
    header, documents = read_columns(path, reading)
    if reading.problems:
        return
    found: list[tuple[Prediction, Layers]] = []
    for article, document, aligned in _match_texts(documents, header, path, reading):
        text = reading.texts[article]
        _report_alignment(aligned, article, reading)
        markup = Markup()
        for name, column in header.tags.items():
            _add_marks(markup, name, column, header, document, aligned, article, reading)
        layers = from_markup(markup, text, reading.schema, reading.report, article)
        prediction = Prediction(id=article, text=text)
        if header.ours:
            for layer in LAYERS:
                tagged = header.tags.get(layer.upper())
                if tagged is not None and not any(row[tagged] == "_" for row in document.rows):
                    setattr(prediction, layer, getattr(layers, layer))
            yield prediction
        else:
            found.append((prediction, layers))
    yield from reading.with_layers(found, named=("entities",))


def _find_id(document: Document, reading: Reading) -> str | None:
    """The id of the document among the articles, also where it was %-escaped; None where it is not there."""
    spellings = () if document.id is None else (document.id, urllib.parse.unquote(document.id))
    return next((spelled for spelled in spellings if spelled in reading.texts), None)


def _match_texts(
    documents: list[Document], header: Header, path: Path, reading: Reading
) -> Iterator[tuple[str, Document, AlignedTokens]]:
    """Which article each document is, and where its tokens are in it."""
    ids = list(reading.texts)
    named = [_find_id(document, reading) for document in documents]
    if len(documents) == 1 and named[0] is None and len(ids) > 1:
        yield from _match_stream(documents[0], header, path, reading)
        return
    if not any(named) and len(documents) != len(ids):
        reading.problems.append(
            f"{path}: documents without known ids: {len(documents)}, articles: {len(ids)}; "
            "mark each with a line '# newdoc id = ID'"
        )
        return
    rare: dict[str, list[str]] | None = None
    for i, document in enumerate(documents):
        article = named[i] if any(named) else ids[i]
        if article is None:
            reading.problems.append(f"{path}: document {document.id or i + 1} is not one of the articles given")
            continue
        if named[i] is None and document.id is not None:
            example = f"{document.id} as {article}"
            reading.report.add_note("articles by their order, whose ids are not those given", example)
        tokens = [row[header.token] for row in document.rows]
        aligned = align_tokens(tokens, reading.texts[article])
        if tokens and aligned.missing > len(tokens) // 2:
            reading.problems.append(
                f"{path}: {article}: tokens not in its text: {aligned.missing} of {len(tokens)}; is it this article?"
            )
            continue
        better = None
        if named[i] is None and aligned.missing:
            rare = _index_rare_words(reading.texts) if rare is None else rare
            better = _find_better(tokens, aligned, article, rare, reading)
        if better is not None:
            reading.problems.append(
                f"{path}: document {i + 1} is not {article}, as its place says, but {better} by its words; mark the "
                "articles with lines '# newdoc id = ID'"
            )
            continue
        yield article, document, aligned


def _index_rare_words(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """The articles of each word that only a few of them have."""
    found: dict[str, list[str]] = {}
    for article, text in texts.items():
        for word in set(text.split()):
            found.setdefault(word, []).append(article)
    few = max(1, min(5, len(texts) // 2))
    return {word: articles for word, articles in found.items() if len(articles) <= few}


def _find_better(
    tokens: list[str], aligned: AlignedTokens, article: str, rare: Mapping[str, list[str]], reading: Reading
) -> str | None:
    """The article that has more of the tokens, by its rare words and then by their places; None where none has."""
    votes = Counter(name for token in set(tokens) for name in rare.get(token, ()))
    other, most = max(votes.items(), key=lambda vote: vote[1], default=(article, 0))
    if most <= votes[article]:
        return None
    return other if align_tokens(tokens, reading.texts[other]).missing < aligned.missing else None


def _match_stream(
    document: Document, header: Header, path: Path, reading: Reading
) -> Iterator[tuple[str, Document, AlignedTokens]]:
    """Tokens without any mark between the articles: each text takes as many as it needs."""
    lengths = [len(sentence) for sentence in document.sentences]
    rows = document.rows
    starts = {sum(lengths[:n]) for n in range(len(lengths) + 1)}
    at = 0
    for article, text in reading.texts.items():
        aligned = align_tokens([row[header.token] for row in rows[at:]], text, whole=False)
        if aligned.missing:
            reading.problems.append(
                f"{path}: tokens from {rows[at + aligned.first_missing][header.token]!r} on do not follow the "
                f"text of {article}; mark the articles with lines '# newdoc id = ID'"
            )
            return
        inner = sorted(start for start in starts if at < start < at + aligned.used)
        bounds = [at, *inner, at + aligned.used]
        yield article, Document(article, [rows[a:b] for a, b in itertools.pairwise(bounds)]), aligned
        at += aligned.used
    if at < len(rows):
        reading.problems.append(f"{path}: tokens left after the last article: {len(rows) - at}")


def _report_alignment(aligned: AlignedTokens, article: str, reading: Reading) -> None:
    report = reading.report
    if aligned.missing:
        report.add_loss(
            "tokens that are not in the text", f"{article}: {aligned.missing}", aligned.missing, of="details"
        )
    if aligned.blank:
        report.add_note("tokens of white space", f"{article}: {aligned.blank}", aligned.blank)
    if aligned.changed:
        report.add_note("tokens spelled otherwise than in the text", f"{article}: {aligned.changed}", aligned.changed)
    if aligned.skipped:
        report.add_note("characters that no token covers", f"{article}: {aligned.skipped}", aligned.skipped)


def _add_marks(
    markup: Markup,
    name: str,
    column: int,
    header: Header,
    document: Document,
    aligned: AlignedTokens,
    article: str,
    reading: Reading,
) -> None:
    names = Names(reading.schema)
    quotes = {mark.key: mark for mark in markup.marks if mark.key.startswith("quotes")}
    offset = 0
    for sentence in document.sentences:
        spans, repaired = from_tags(["O" if row[column] == "_" else row[column] for row in sentence])
        if repaired:
            first = " ".join(row[header.token] for row in sentence[:5])
            reading.report.add_note("I- tags that begin a span", f"{article}: {first}", repaired)
        for span in spans:
            places = aligned.ranges[offset + span.first : offset + span.last]
            there = [place for place in places if place]
            if not there:
                reading.report.add_loss("spans whose tokens are not in the text", f"{article}: {span.label}")
                if name not in header.items:
                    words = " ".join(row[header.token] for row in sentence[span.first : span.last])
                    layer = names.layer_of(span.label)
                    reading.add_unplaced(article, layer, words, span.label if layer == "entities" else None)
                continue
            if len(there) < len(places):
                words = " ".join(row[header.token] for row in sentence[span.first : span.last])
                reading.report.add_loss("spans read without tokens that are not in the text", f"{article}: {words}")
            place = there[0][0], there[-1][1]
            numbers = sentence[span.first][header.items[name]].split(",") if name in header.items else []
            if not numbers:
                label = span.label
                markup.marks.append(Mark(f"{name}{len(markup.marks)}", label, [place]))
            for number in numbers:
                _add_item(markup, quotes, layer_of(name), number, span.label, place, names)
        offset += len(sentence)


def _add_item(
    markup: Markup,
    quotes: dict[str, Mark],
    layer: Layer,
    number: str,
    label: str,
    place: tuple[int, int],
    names: Names,
) -> None:
    """One tag span of a column with items: the content or a part of the numbered quote or claim."""
    key = f"{layer}{number}"
    role = names.role_of(label)
    if role in ("speaker", "cue"):
        link: RelationRole = "claimer" if layer == "claims" else "cue" if role == "cue" else "speaker"
        part = Mark(f"{link}{len(markup.marks)}", label, [place])
        markup.marks.append(part)
        markup.links.append(Link(names.relation(link), key, part.key))
    elif layer == "claims":
        kind, _, judged = label.rpartition(":")
        markup.marks.append(Mark(key, names.part("claim"), [place], {KIND: kind, CHECK_WORTHY: judged}))
    elif key in quotes:
        quotes[key].fragments.append(place)
    else:
        quotes[key] = Mark(key, names.part("content"), [place], {QUOTE_TYPE: label})
        markup.marks.append(quotes[key])
