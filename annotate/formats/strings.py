"""Strings instead of offsets, as language models answer: one JSON object per article, grounded in its text.

`{"id": "a-1", "entities": [{"text": "Mosul", "label": "GPE"}], "quotes": [{"content": "“Go.”", "speaker": "she",
"cue": "said", "type": "direct"}], "claims": [{"text": "...", "check_worthy": true, "kind": "event"}]}`. Entities may
also be `{"GPE": ["Mosul"]}`, `{"Mosul": "GPE"}` or `["Mosul", "GPE"]`, contents as lists of fragments; any item may
carry a `context`, a longer piece of the text around it. See `annotate.text.grounding` for how a place is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError
from annotate.formats.missing import read_claim_attributes, read_quote_type
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.formats.report import FormatReport, Group
from annotate.items import links_of, place_of, spans_of
from annotate.jsonl import iter_objects, write_records
from annotate.printing import shorten
from annotate.records import (
    LAYERS,
    Claim,
    Entity,
    LayeredRecord,
    Layers,
    Prediction,
    Quote,
    Span,
    Unplaced,
    get_layer,
)
from annotate.schema import Schema, load_schema
from annotate.spans import join_overlaps
from annotate.text.grounding import MIN_SIMILARITY, Place, Text, Wanted, ground_strings, nearest_place
from annotate.text.quotation import parse_quote_type

MALFORMED = "items that have not the expected form"
NOT_FOUND = "strings that are not in the text"
REPEATED = "strings that are in the text less often than in the answer"
MALFORMED_LINKS = "speakers, cues and claimers that are no strings"
MALFORMED_SCORES = "scores that are no numbers from 0 to 1"
NOT_FOUND_LINKS = "speakers, cues and claimers that are not in the text"
_ITEM_KEYS = {
    "entities": {"score"},
    "quotes": {"type", "speaker", "cue", "score"},
    "claims": {"check_worthy", "kind", "claimer", "score", "confidence"},
}
_KEYS = {"id", "text", "model", *LAYERS, *(field.name for field in msgspec.structs.fields(Prediction))}


def ground_layers(
    answer: Mapping[str, Any],
    text: str,
    *,
    schema: Schema | None = None,
    report: FormatReport | None = None,
    place: str = "",
    min_similarity: float = MIN_SIMILARITY,
) -> Layers:
    """The layers that the answer names (keys `entities`, `quotes`, `claims`), with offsets into the text.

    What cannot be found, or is not well formed, is left out and counted in `report.losses`; `report.grounding`
    counts the strings found exactly, normalised, fuzzily, and failed.

    Args:
        answer: strings, in the order of the text where the extractor can keep it.
        place: what the report calls this answer; usually the article's id.
        min_similarity: below this share of equal characters, in (0, 1], a similar string is not taken.

    >>> answer = {"entities": [{"text": "Kadhimi", "label": "PERSON"}], "quotes": [
    ...     {"content": '"Go."', "speaker": "He", "cue": "said"}]}
    >>> layers = ground_layers(answer, "Kadhimi came. He said: “Go.”")
    >>> from annotate.records import to_dict
    >>> to_dict(layers)["entities"]
    [{'start': 0, 'end': 7, 'label': 'PERSON'}]
    >>> to_dict(layers.quotes[0])["content"], to_dict(layers.quotes[0])["speaker"]
    ([{'start': 23, 'end': 28}], {'start': 14, 'end': 16})
    """
    grounder = _Grounder(
        Text(text),
        schema or load_schema(),
        report if report is not None else FormatReport("strings", "read"),
        place,
        min_similarity,
    )
    return grounder.layers(answer)


class _Grounder:
    def __init__(self, text: Text, schema: Schema, report: FormatReport, place: str, min_similarity: float) -> None:
        self.text = text
        self.schema = schema
        self.report = report
        self.place = f"{place}: " if place else ""
        self.min_similarity = min_similarity
        self.unplaced: list[Unplaced] = []
        """The items of which no word was found."""

    def layers(self, answer: Mapping[str, Any]) -> Layers:
        layers = Layers()
        if answer.get("entities") is not None:
            layers.entities = list(self.entities(answer["entities"]))
        if answer.get("quotes") is not None:
            layers.quotes = list(self.quotes(answer["quotes"]))
        if answer.get("claims") is not None:
            layers.claims = list(self.claims(answer["claims"]))
        return layers

    def entities(self, given: Any) -> Iterator[Entity]:
        if isinstance(given, Mapping):
            labels = set(self.schema.entity_labels)
            by_string = not labels & set(given) and all(isinstance(v, str) and v in labels for v in given.values())
            pairs = (
                [(string, label) for string, label in given.items()]
                if by_string
                else [
                    (string, label)
                    for label, strings in given.items()
                    for string in (strings if isinstance(strings, list) else [strings])
                ]
            )
            given = [{"text": string, "label": label} for string, label in pairs]
        if isinstance(given, list):
            given = [
                {"text": item[0], "label": item[1]} if isinstance(item, list) and len(item) == 2 else item
                for item in given
            ]
        names = (("text", "entity", "string", "name", "mention", "span"), ("label", "type", "category"))
        items = self._well_formed(given, "entities", names)
        wanted = [Wanted(item["text"], _string(item, "context"), item["label"]) for _, item in items]
        for (name, item), found in zip(items, self._ground(wanted), strict=True):
            if self._count(found, item["text"], name) and found:
                yield Entity(found.start, found.end, item["label"], score=self._score(item, "score", name))
            else:
                self.unplaced.append(Unplaced("entities", item["text"], item["label"]))

    def quotes(self, given: Any) -> Iterator[Quote]:
        items = self._well_formed(given, "quotes", (("content", "text", "quote"),))
        fragments: list[Wanted] = []
        owners: list[int] = []
        for i, (_, item) in enumerate(items):
            for string in item["content"]:
                fragments.append(Wanted(string, _string(item, "context"), "content"))
                owners.append(i)
        contents: list[list[Span]] = [[] for _ in items]
        for i, wanted, found in zip(owners, fragments, self._ground(fragments), strict=True):
            if self._count(found, wanted.string, f"{items[i][0]}.content") and found:
                contents[i].append(Span(found.start, found.end))
        for (name, item), content in zip(items, contents, strict=True):
            if not content:
                kind = parse_quote_type(item.get("type"))
                self.unplaced.append(Unplaced("quotes", " ".join(item["content"]), kind))
                continue
            joined = join_overlaps(content)
            if len(joined) < len(content):
                reason = "fragments of one quote that overlap, joined to one"
                self.report.add_note(reason, f"{self.place}{name}", len(content) - len(joined))
            content = joined
            anchors = [(fragment.start, fragment.end) for fragment in content]
            cue = self._near(item, "cue", anchors, name)
            speaker = self._near(item, "speaker", [*anchors, *([(cue.start, cue.end)] if cue else [])], name)
            kind = read_quote_type(item.get("type"), self.text.text, content, self.report, f"{self.place}{name}")
            yield Quote(kind, content, speaker, cue, score=self._score(item, "score", name))

    def claims(self, given: Any) -> Iterator[Claim]:
        items = self._well_formed(given, "claims", (("text", "claim"),))
        wanted = [Wanted(item["text"], _string(item, "context"), "claim") for _, item in items]
        for (name, item), found in zip(items, self._ground(wanted), strict=True):
            if not self._count(found, item["text"], name) or not found:
                kind = item.get("kind")
                self.unplaced.append(Unplaced("claims", item["text"], kind if isinstance(kind, str) else None))
                continue
            worthy, kind = read_claim_attributes(item, self.schema, self.report, f"{self.place}{name}")
            claimer = self._near(item, "claimer", [(found.start, found.end)], name)
            yield Claim(
                found.start,
                found.end,
                worthy,
                kind,
                claimer,
                score=self._score(item, "score", name),
                confidence=self._score(item, "confidence", name),
            )

    def _ground(self, wanted: list[Wanted]) -> list[Place | None]:
        return ground_strings(self.text, wanted, min_similarity=self.min_similarity)

    def _near(self, item: Mapping[str, Any], part: str, anchors: list[tuple[int, int]], name: str) -> Span | None:
        string = item.get(part)
        if not string:
            return None
        if not isinstance(string, str):
            self.report.add_loss(MALFORMED_LINKS, f"{self.place}{name}.{part}", of="details")
            return None
        found = nearest_place(self.text, string, anchors, min_similarity=self.min_similarity)
        self._count(found, string, f"{name}.{part}", NOT_FOUND_LINKS, "details")
        return Span(found.start, found.end) if found else None

    def _score(self, item: Mapping[str, Any], key: str, name: str) -> float | None:
        value = item.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        if value is not None:
            self.report.add_loss(MALFORMED_SCORES, f"{self.place}{name}.{key} {shorten(repr(value))}", of="details")
        return None

    def _count(self, found: Place | None, string: str, name: str, reason: str = NOT_FOUND, of: Group = "items") -> bool:
        if found is None:
            self.report.grounding["failed"] += 1
            if reason == NOT_FOUND and string in self.text.text:
                reason = REPEATED
            self.report.add_loss(reason, f"{self.place}{name} {shorten(string)!r}", of=of)
            return False
        self.report.grounding[found.how] += 1
        if found.how == "fuzzy":
            there = self.text.text[found.start : found.end]
            self.report.add_note(
                "strings found by similarity", f"{self.place}{name} {shorten(string)!r} as {shorten(there)!r}"
            )
        return True

    def _well_formed(
        self, given: Any, layer: str, keys: tuple[tuple[str, ...], ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        """The items that have the needed strings, under the first name of each, with their place in the answer."""
        if not isinstance(given, list):
            self.report.add_loss(MALFORMED, f"{self.place}{layer} is not a list")
            return []
        kept = []
        for i, item in enumerate(given):
            plain = dict(item) if isinstance(item, Mapping) else {}
            for names in keys:
                value = next((plain[name] for name in names if plain.get(name)), None)
                if names[0] == "content" and isinstance(value, str):
                    value = [value]
                many = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
                if not (many if names[0] == "content" else isinstance(value, str) and value.strip()):
                    self.report.add_loss(MALFORMED, f"{self.place}{layer}[{i}] {shorten(str(item))!r}")
                    break
                plain[names[0]] = value
            else:
                kept.append((f"{layer}[{i}]", plain))
                self._report_keys(plain, layer, keys, f"{layer}[{i}]")
        return kept

    def _report_keys(self, item: dict[str, Any], layer: str, keys: tuple[tuple[str, ...], ...], name: str) -> None:
        """Count what stands under keys that such an item does not have, as a misspelt `speaker`."""
        known = {"context", *_ITEM_KEYS[layer], *(key for names in keys for key in names)}
        for key in sorted(item.keys() - known):
            if item[key] not in (None, "", [], {}):
                reason = f"keys of {layer} that are not read: {shorten(key)}"
                self.report.add_loss(reason, f"{self.place}{name}", of="details")


@reads("strings", "rapidfuzz", parts="strings:found, which leaves out what is not in the text")
def read_strings(path: Path, reading: Reading) -> Iterator[Prediction]:
    """The predictions of a JSON Lines file of answers; texts come with them or from `reading.texts`, by id.

    An item of which nothing is in the text counts as wrong; with the part `found` it is left out.
    """
    if reading.part not in (None, "found"):
        raise AnnotateError(f"format 'strings:{reading.part}': expected strings or strings:found")
    for place, answer in iter_objects(path, problems=reading.problems):
        article = answer.get("id")
        article = str(article) if type(article) is int else article
        text = answer.get("text") or (reading.texts.get(article) if isinstance(article, str) else None)
        if not isinstance(article, str) or not article:
            reading.problems.append(f"{place}: no id; every answer names its article")
        elif not isinstance(text, str):
            reading.problems.append(f"{place}: {article}: no text here and none in the gold; strings need one")
        elif not any(answer.get(layer) is not None for layer in LAYERS):
            there = ", ".join(map(repr, answer.keys() - _KEYS)) or "none but its id"
            reading.problems.append(f"{place}: {article}: none of the keys {', '.join(LAYERS)}; it has {there}")
        else:
            for name, value in answer.items():
                if name not in _KEYS and isinstance(value, list | dict) and value:
                    reading.report.add_loss(f"keys of answers that are no layer: {name}", article, of="details")
            grounder = _Grounder(Text(text), reading.schema, reading.report, article, MIN_SIMILARITY)
            layers = grounder.layers(answer)
            for item in grounder.unplaced if reading.part is None else ():
                reading.add_unplaced(article, item.layer, item.text, item.label)
            model = answer.get("model")
            yield Prediction(
                id=article,
                text=text,
                entities=layers.entities,
                quotes=layers.quotes,
                claims=layers.claims,
                model=model if isinstance(model, str) else None,
            )


@writes("strings")
def write_strings(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """One answer per line, with the article's text: what a language model would ideally answer."""
    write_records(path, (_to_answer(record, writing) for record in records))


class _Answer(msgspec.Struct, omit_defaults=True):
    id: str
    text: str
    entities: list[dict[str, Any]] | None = None
    quotes: list[dict[str, Any]] | None = None
    claims: list[dict[str, Any]] | None = None


def _to_answer(record: LayeredRecord, writing: Writing) -> _Answer:
    text = record.text or ""

    def cut(span: Span | Entity | Claim) -> str:
        return text[span.start : span.end]

    answer = _Answer(record.id, text)
    if record.entities is not None and "entities" in writing.layers:
        answer.entities = [{"text": cut(entity), "label": entity.label} for entity in record.entities]
    if record.quotes is not None and "quotes" in writing.layers:
        answer.quotes = [
            {
                "type": quote.type,
                "content": [cut(fragment) for fragment in quote.content],
                **({"speaker": cut(quote.speaker)} if quote.speaker else {}),
                **({"cue": cut(quote.cue)} if quote.cue else {}),
            }
            for quote in record.quotes
        ]
    if record.claims is not None and "claims" in writing.layers:
        answer.claims = [
            {
                "text": cut(claim),
                "check_worthy": claim.check_worthy,
                "kind": claim.kind,
                **({"claimer": cut(claim.claimer)} if claim.claimer else {}),
                **({"score": claim.score} if claim.score is not None else {}),
            }
            for claim in record.claims
        ]
    for name, place in _moved(record, answer, text, writing):
        writing.report.add_loss("spans that their string alone does not lead back to", f"{record.id}: {name} {place}")
    return answer


def _moved(record: LayeredRecord, answer: _Answer, text: str, writing: Writing) -> Iterator[tuple[str, str]]:
    """The spans that grounding the answer would put elsewhere."""
    back = ground_layers(msgspec.to_builtins(answer), text, schema=writing.schema)
    for layer in writing.layers:
        places = Counter(place_of(item) for item in get_layer(back, layer) or ())
        for i, item in enumerate(get_layer(record, layer) or ()):
            place = place_of(item)
            if not places[place]:
                spans = [*spans_of(item), *(span for span in links_of(item).values() if span is not None)]
                yield f"{layer}[{i}]", repr(shorten(" ... ".join(text[span.start : span.end] for span in spans)))
            places[place] -= 1


def _string(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return value if isinstance(value, str) and value.strip() else None
