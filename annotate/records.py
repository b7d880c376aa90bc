"""The record types of the toolkit: articles, predictions, annotations and gold, as JSON Lines hold them.

Offsets are Unicode code points into `text`, half-open `[start, end)`. In a record an absent (or null) layer was
not annotated; an empty list was annotated and holds nothing. msgspec validates them because it reads 10,000 articles
of 40 entities about seven times faster than pydantic (`python -m tests.bench records`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.display import Displayed
from annotate.printing import format_count, short_repr

Layer: TypeAlias = Literal["entities", "quotes", "claims"]
LinkRole: TypeAlias = Literal["speaker", "cue", "claimer"]
QuoteType: TypeAlias = Literal["direct", "indirect", "mixed"]
Origin: TypeAlias = Literal["prediction", "prediction-changed", "manual"]
Status: TypeAlias = Literal["submitted", "skipped", "draft"]

LAYERS: tuple[Layer, ...] = ("entities", "quotes", "claims")


class Span(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A half-open range of code points; `text`, if given, must equal `article.text[start:end]`."""

    start: int
    end: int
    text: str | None = None
    id: str | None = None


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mention: a span that names something of type `label`; `alt_labels` (gold only) are right too.

    `score` is the preannotator's confidence in [0, 1]; `preannotator` is the code that proposed the span,
    `annotators` (decided and gold) the annotators who marked exactly this.
    """

    start: int
    end: int
    label: str
    text: str | None = None
    id: str | None = None
    score: float | None = None
    origin: Origin | None = None
    alt_labels: list[str] | None = None
    preannotator: str | None = None
    note: str | None = None
    annotators: list[str] | None = None


class Quote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Reported speech: `content` in one or more fragments, with its speaker and the words that report it.

    `speaker_name` is the named person that a pronoun or title in `speaker` refers to.
    """

    type: QuoteType
    content: list[Span]
    speaker: Span | None = None
    cue: Span | None = None
    id: str | None = None
    score: float | None = None
    origin: Origin | None = None
    speaker_name: str | None = None
    preannotator: str | None = None
    note: str | None = None
    annotators: list[str] | None = None


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """A span that asserts something checkable; `claimer` null = the article's own voice.

    `score` is the check-worthiness in [0, 1] by which claims are ranked; `confidence` is the preannotator's
    confidence, in [0, 1], that the span is a claim at all.
    """

    start: int
    end: int
    check_worthy: bool
    kind: str
    claimer: Span | None = None
    text: str | None = None
    id: str | None = None
    score: float | None = None
    confidence: float | None = None
    origin: Origin | None = None
    preannotator: str | None = None
    note: str | None = None
    annotators: list[str] | None = None


class Region(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the text in which a prediction without a match counts neither for nor against a system."""

    start: int
    end: int
    layer: Layer | None = None
    text: str | None = None


class Layers(msgspec.Struct, omit_defaults=True):
    """The three layers by themselves, as a preannotator returns them for one text."""

    entities: list[Entity] | None = None
    quotes: list[Quote] | None = None
    claims: list[Claim] | None = None


class Article(Displayed, msgspec.Struct, kw_only=True, omit_defaults=True):
    """One article; every other record repeats its fields, so that each file is complete on its own."""

    id: str
    text: str
    title: str | None = None
    date: str | None = None
    publisher: str | None = None
    url: str | None = None
    meta: dict[str, Any] = {}

    def __repr__(self) -> str:
        return short_repr(self, *describe_record(self))


class LayeredRecord(Displayed, msgspec.Struct, kw_only=True, omit_defaults=True):
    """What predictions, annotations and gold have in common. `schema` is the label schema as `name/version`."""

    id: str
    text: str | None = None
    text_sha256: str | None = None
    title: str | None = None
    date: str | None = None
    publisher: str | None = None
    url: str | None = None
    meta: dict[str, Any] = {}
    schema: str | None = None
    entities: list[Entity] | None = None
    quotes: list[Quote] | None = None
    claims: list[Claim] | None = None

    def __repr__(self) -> str:
        return short_repr(self, *describe_record(self))


class Unplaced(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that an extractor predicted with words that are not in the article: without a place, and so wrong.

    `label` is the entity's label, the quote's type or the claim's kind.
    """

    layer: Layer
    text: str
    label: str | None = None


class Prediction(LayeredRecord, kw_only=True, omit_defaults=True):
    """A prediction for one article. `score` in [0, 1] is its confidence in the whole record.

    `unplaced` are items that have no offsets, because their words are not in the text; each counts as wrong.
    """

    model: str | None = None
    score: float | None = None
    unplaced: list[Unplaced] | None = None


class Annotation(LayeredRecord, kw_only=True, omit_defaults=True):
    """An annotation: one annotator, one article.

    `model` and `predicted` are the pre-annotation that the annotator started from; both are null where the article
    was shown without one. `blind`: it was left out on purpose. `task_url` is the task's page on the server.
    """

    annotator: str
    task_id: int | None = None
    task_url: str | None = None
    annotation_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    lead_time_s: float | None = None
    # a factory, because a plain default is left out of the JSON, and readers rely on this field
    status: Status = msgspec.field(default_factory=lambda: "submitted")
    model: str | None = None
    predicted: Layers | None = None
    blind: bool = False


class GoldRecord(LayeredRecord, kw_only=True, omit_defaults=True):
    """A record after adjudication (decided) or in a release (gold).

    `decided_by` names the rule or annotator that decided; `model` the pre-annotation that annotators started from;
    `cluster` the story that the article belongs to. `ignore` and `excluded` mean the same. `weight` is how many
    articles of a pool this one speaks for (`annotate select`).
    """

    annotators: list[str] = []
    decided_by: str | None = None
    model: str | None = None
    guideline: str | None = None
    split: str | None = None
    cluster: str | None = None
    licence: str | None = None
    ignore: list[Region] | None = None
    excluded: list[Region] | None = None
    sentences: list[Span] | None = None
    weight: float | None = None


Item: TypeAlias = Entity | Quote | Claim


def to_dict(record: msgspec.Struct) -> dict[str, Any]:
    """The record as plain dicts and lists, defaults left out.

    >>> to_dict(Entity(0, 5, "PERSON"))
    {'start': 0, 'end': 5, 'label': 'PERSON'}
    """
    result: dict[str, Any] = msgspec.to_builtins(record)
    return result


def describe_record(record: Article | LayeredRecord) -> list[str]:
    """A few words about a record: its id, how long it is, who made it, how much it holds.

    >>> GoldRecord(id="a1", text="Rome slept.", entities=[Entity(0, 4, "GPE")], quotes=[], split="test")
    <GoldRecord a1, 2 words, test, 1 entity, 0 quotes>
    """
    words = [record.id, "no text" if record.text is None else format_count(len(record.text.split()), "word")]
    for field in ("model", "annotator", "status", "split"):
        value = getattr(record, field, None)
        words += [value] if value and value != "submitted" else []
    if isinstance(record, LayeredRecord):
        words += [
            format_count(len(get_layer(record, layer) or ()), _NOUNS[layer]) for layer in annotated_layers(record)
        ]
    return words


_NOUNS: dict[Layer, str] = {"entities": "entity", "quotes": "quote", "claims": "claim"}


def describe_counts(items: Mapping[Layer, int]) -> str:
    """How many items of each layer, in words.

    >>> describe_counts({"entities": 1200, "claims": 1}), describe_counts({})
    ('1,200 entities, 1 claim', 'no items')
    """
    return ", ".join(format_count(n, _NOUNS[layer]) for layer, n in items.items()) or "no items"


def article_fields(record: Article | LayeredRecord) -> dict[str, Any]:
    """The article's fields in the record, by name, to be repeated in another record.

    >>> article_fields(Article(id="a", text="Rain.", date="2021-07-26"))["date"]
    '2021-07-26'
    """
    return {field: getattr(record, field) for field in Article.__struct_fields__}


def get_layer(record: LayeredRecord | Layers, layer: Layer) -> list[Any] | None:
    """The items of one layer, or None where the record does not have it."""
    items: list[Any] | None = getattr(record, layer)
    return items


def pick_layers(record: LayeredRecord | Layers, layers: Iterable[Layer] = LAYERS) -> Layers:
    """These layers of the record, and nothing else of it; what the record does not have stays absent."""
    return Layers(**{layer: get_layer(record, layer) for layer in layers})


def annotated_layers(record: LayeredRecord | Layers) -> tuple[Layer, ...]:
    """The layers that the record has, empty ones included.

    >>> annotated_layers(Layers(entities=[], claims=[Claim(0, 4, True, "event")]))
    ('entities', 'claims')
    """
    return tuple(layer for layer in LAYERS if getattr(record, layer) is not None)


def iter_spans(record: LayeredRecord | Layers) -> Iterator[tuple[str, Span | Entity | Claim]]:
    """Every span of the record with its place in it, such as `quotes[2].content[0]`."""
    for i, entity in enumerate(record.entities or ()):
        yield f"entities[{i}]", entity
    for i, quote in enumerate(record.quotes or ()):
        for j, fragment in enumerate(quote.content):
            yield f"quotes[{i}].content[{j}]", fragment
        if quote.speaker is not None:
            yield f"quotes[{i}].speaker", quote.speaker
        if quote.cue is not None:
            yield f"quotes[{i}].cue", quote.cue
    for i, claim in enumerate(record.claims or ()):
        yield f"claims[{i}]", claim
        if claim.claimer is not None:
            yield f"claims[{i}].claimer", claim.claimer


def iter_all_spans(record: GoldRecord) -> Iterator[tuple[str, Span | Entity | Claim | Region]]:
    """Every span of the record with its place in it, ignored regions and sentences included."""
    yield from iter_spans(record)
    for name in ("ignore", "sentences"):
        for i, region in enumerate(getattr(record, name) or ()):
            yield f"{name}[{i}]", region


_IN_RECORDS: dict[str, type[msgspec.Struct]] = {
    "entities": Entity,
    "quotes": Quote,
    "claims": Claim,
    **dict.fromkeys(("content", "speaker", "cue", "claimer", "sentences"), Span),
    **dict.fromkeys(("ignore", "excluded"), Region),
    "predicted": Layers,
    "unplaced": Unplaced,
}
#: Other records' keys: a gold record may be read as a prediction.
_OF_RECORDS = frozenset(
    name for kind in (Article, Prediction, Annotation, GoldRecord) for name in kind.__struct_fields__
)
_NEAR = 0.8  # share of equal characters from which a key is a misspelt one


def find_misspelt_keys(plain: Mapping[str, Any], kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Each key that a record, as plain JSON, or something in it has no field for, with the one that was probably meant.

    Keys that resemble no field, or one that is there as well, are the user's own.

    >>> record = {"id": "a", "entitites": [], "source": "x", "quotes": [{"speeker": None}]}
    >>> list(find_misspelt_keys(record, Annotation))
    [('entitites', 'entities'), ('speeker', 'speaker')]
    """
    known = _known_keys(kind)
    for key, value in plain.items():
        if key not in known and (meant := _nearest_field(key, kind)) is not None and meant not in plain:
            yield key, meant
        if (inner := _IN_RECORDS.get(key)) is not None:
            items = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
            keys: set[str] = set().union(*items)
            # nearly all items hold fields alone and no further items
            if not (keys <= _known_keys(inner) and keys.isdisjoint(_IN_RECORDS)):
                for each in items:
                    yield from find_misspelt_keys(each, inner)


@cache
def _known_keys(kind: type[msgspec.Struct]) -> frozenset[str]:
    return _OF_RECORDS if issubclass(kind, LayeredRecord) else frozenset(kind.__struct_fields__)


@cache
def _nearest_field(key: str, kind: type[msgspec.Struct]) -> str | None:
    lower = "entities" if key.lower() in ("entity", "ents") else key.lower()
    return next(iter(difflib.get_close_matches(lower, kind.__struct_fields__, 1, _NEAR)), None)
