"""Records as tables: each side of a comparison, read once, checked, articles in the order of their ids.

Entities become columns of numbers, so that 400,000 of them are checked and compared at the speed of numpy; the
records themselves are not kept. Order of articles and of spans is lost on purpose: it carries no meaning.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from annotate.items import describe, identity_of
from annotate.problems import SECOND_RECORD, find_weight_problem, no_offsets, other_text, outside_text, undeclared
from annotate.records import (
    LAYERS,
    Claim,
    Entity,
    GoldRecord,
    Item,
    Layer,
    LayeredRecord,
    Layers,
    Prediction,
    Quote,
    QuoteType,
    Region,
    Unplaced,
    annotated_layers,
)
from annotate.schema import Schema
from annotate.score.formulas import Groups
from annotate.score.options import Extra
from annotate.score.problems import (
    Problems,
    explain_text_difference,
    find_gold_problems,
    find_number_problems,
    has_only_integers,
)
from annotate.score.sample import Sample, make_sample
from annotate.selected import Selected, find_selected
from annotate.spans import find_span_problems

Numbers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
QUOTE_TYPES = frozenset(get_args(QuoteType))
_BLOCK = 1 << 16  # entities held as Python numbers before they become columns


@dataclass
class EntityTable:
    """All entities of one side, one row each, sorted by article, start, end and label.

    `article` counts gold's articles in the order of their ids; `label` counts `names`, which are sorted; `place` is
    the entity's place in its record; `alternatives` are further right labels by row (gold only); `score` is NaN where
    an entity has none, and None where no entity has one (predictions only).
    """

    article: Numbers
    start: Numbers
    end: Numbers
    label: Numbers
    place: Numbers
    names: list[str]
    alternatives: dict[int, frozenset[str]]
    score: npt.NDArray[np.float64] | None = None


@dataclass
class LayerTables:
    """One side's layers. `has[layer]` marks the articles that were annotated; quotes and claims are by article."""

    entities: EntityTable
    quotes: dict[int, list[Quote]]
    claims: dict[int, list[Claim]]
    has: dict[Layer, Flags]


@dataclass
class GoldTable(LayerTables):
    """The gold side: sorted ids, their texts, stories, regions to leave out, sentences."""

    ids: list[str]
    texts: list[str]
    regions: dict[int, list[Region]]
    sentences: dict[int, list[tuple[int, int]]]
    schema: Schema
    stories: list[str | None]
    sample: Sample | None
    """How the articles weigh, where each has a weight."""
    unweighted: list[str]
    """The articles without a weight."""

    @property
    def size(self) -> int:
        """The number of articles."""
        return len(self.ids)

    @cached_property
    def position(self) -> dict[str, int]:
        """The number of each article by its id."""
        return {id: number for number, id in enumerate(self.ids)}

    def group_stories(self, articles: Numbers, sample: Sample | None = None) -> Groups:
        """The stories of some articles, each article with its share of its story; one without a story is its own.

        Where the articles were sampled, an article of weight w, from a story that has m articles in the pool, counts
        w / m: the sum over gold is then what the stories of the pool add up to, each as one.
        """
        number: dict[tuple[str | None, int], int] = {}
        of, weight = np.zeros(self.size, np.int64), np.zeros(self.size)
        for article in articles.tolist():
            story = self.stories[article]
            of[article] = number.setdefault((story, -1 if story else article), len(number))
        sizes = np.bincount(of[articles], minlength=len(number))
        weight[articles] = 1 / sizes[of[articles]]
        if sample is not None:
            weight[articles] = [sample.weights[i] / max(1, _story_size(sample.selected[i])) for i in articles.tolist()]
        return Groups(of, weight, len(number))


def _story_size(selected: Selected | None) -> int:
    return selected.story if selected is not None else 0


class _EntityRows:
    """Entities being gathered, articles numbered in the order of reading."""

    def __init__(self) -> None:
        self._blocks: list[Numbers] = []  # shape (3, entities): start, end, code of the label
        self._pending: tuple[list[int], list[int], list[str]] = ([], [], [])
        self._flushed = 0
        self._codes: dict[str, int] = {}
        self._alternatives: dict[int, frozenset[str]] = {}
        self._scores: dict[int, list[float | None]] = {}  # first row of an article -> its scores
        self._articles: list[int] = []
        self._sizes: list[int] = []
        self._problems: list[tuple[int, str]] = []

    def add(self, article: int, entities: Sequence[Entity], text: str, *, with_alternatives: bool) -> None:
        """Append one article's entities; only gold has alternative labels."""
        if not entities:
            return
        starts, ends, labels = self._pending
        first = len(starts)
        starts += [entity.start for entity in entities]
        ends += [entity.end for entity in entities]
        labels += [entity.label for entity in entities]
        self._articles.append(article)
        self._sizes.append(len(entities))
        if [None for e in entities if e.text is not None or e.score is not None or e.alt_labels]:
            self._add_details(article, entities, text, self._flushed + first, with_alternatives=with_alternatives)
        if len(starts) > _BLOCK:
            self._flush()

    def name_labels(self, labels: Iterable[str | None]) -> None:
        """Have the labels among the names, also where no entity has them."""
        for label in labels:
            if label is not None:
                self._codes.setdefault(label, len(self._codes))

    def _add_details(
        self, article: int, entities: Sequence[Entity], text: str, first: int, *, with_alternatives: bool
    ) -> None:
        """Keep what only some entities have: further labels of gold, scores of predictions, stored words to compare."""
        for i, entity in enumerate(entities):
            if with_alternatives and entity.alt_labels:
                self._alternatives[first + i] = frozenset(entity.alt_labels) - {entity.label}
            start, end, word = entity.start, entity.end, entity.text
            if word is None or not has_only_integers([start, end]) or not 0 <= start < end <= len(text):
                continue
            if text[start:end] != word:
                self._problems.append((article, other_text(f"entities[{i}]", start, end, word, text[start:end])))
        if not with_alternatives:
            scores = [entity.score for entity in entities]
            if scores.count(None) < len(scores):
                self._scores[first] = scores

    def _flush(self) -> None:
        starts, ends, labels = self._pending
        if not starts:
            return
        if not (set(map(type, starts)) == set(map(type, ends)) == {int} and set(map(type, labels)) == {str}):
            self._replace_unsound(starts, ends, labels)
        codes = self._codes
        for label in set(labels).difference(codes):
            codes[label] = len(codes)
        n = len(starts)
        block = np.empty((3, n), np.int64)
        try:
            block[0], block[1] = np.fromiter(starts, np.int64, n), np.fromiter(ends, np.int64, n)
        except OverflowError:
            self._replace_unsound(starts, ends, labels)
            block[0], block[1] = starts, ends
        block[2] = np.fromiter(map(codes.__getitem__, labels), np.int64, n)
        self._blocks.append(block)
        self._flushed += n
        self._pending = ([], [], [])

    def _replace_unsound(self, starts: list[int], ends: list[int], labels: list[str]) -> None:
        """Report what is no integer, or no text, and put something sound in its place."""
        for i in range(len(starts)):
            if not has_only_integers([starts[i], ends[i]]):
                place, article = self._find_place(self._flushed + i)
                self._problems.append((article, no_offsets(place, starts[i], ends[i])))
                starts[i], ends[i] = 0, 1
            if not isinstance(labels[i], str):
                place, article = self._find_place(self._flushed + i)
                self._problems.append((article, f"{place} has label {labels[i]!r}; expected a text"))
                labels[i] = ""

    def _find_place(self, row: int) -> tuple[str, int]:
        """The place of an entity in its record, and the number of its article."""
        firsts = np.cumsum([0, *self._sizes])
        which = int(np.searchsorted(firsts, row, side="right")) - 1
        return f"entities[{row - int(firsts[which])}]", self._articles[which]

    def _columns(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Article, start, end and label code of every entity."""
        self._flush()
        table = np.concatenate(self._blocks, axis=1) if self._blocks else np.zeros((3, 0), np.int64)
        self._blocks = [table]
        return np.repeat(np.array(self._articles, np.int64), self._sizes), table[0], table[1], table[2]

    def find_problems(self, lengths: Numbers, schema: Schema | None = None) -> list[tuple[int, str]]:
        """(article, sentence) for each entity outside its text, empty or reversed, or not what it stores.

        Args:
            lengths: of the articles' texts.
            schema: that must declare the labels; None, or one without entities = any label will do.
        """
        article, start, end, _ = self._columns()
        for row in np.nonzero((start < 0) | (end <= start) | (end > lengths[article]))[0].tolist():
            place, number = self._find_place(row)
            self._problems.append((number, outside_text(place, int(start[row]), int(end[row]), int(lengths[number]))))
            start[row], end[row] = 0, 1  # reported; what follows may rely on sound spans
        if schema is not None and schema.entities:
            for row, name in self._undeclared(set(schema.entity_labels)):
                place, number = self._find_place(row)
                self._problems.append((number, undeclared(place, "label", name, schema.ref, schema.entity_labels)))
        return self._problems

    def _undeclared(self, declared: set[str]) -> Iterator[tuple[int, str]]:
        unknown = {code: name for name, code in self._codes.items() if name not in declared}
        if unknown:
            codes = self._columns()[3]
            for row in np.nonzero(np.isin(codes, list(unknown)))[0].tolist():
                yield row, unknown[int(codes[row])]
        for row, labels in self._alternatives.items():
            for name in sorted(labels - declared):
                yield row, name

    def table(self, rank: Numbers) -> EntityTable:
        """The rows with articles renumbered by `rank`, sorted."""
        article, start, end, codes = self._columns()
        article = rank[article]
        names = sorted(self._codes)
        recode = np.zeros(len(names) + 1, np.int64)
        for code, name in enumerate(names):
            recode[self._codes[name]] = code
        label = recode[codes]
        sizes = np.array(self._sizes, np.int64)
        places = np.arange(len(article)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        order = sort_rows(article, start, end, label)
        alternatives = {}
        if self._alternatives:
            place = np.empty(len(order), np.int64)
            place[order] = np.arange(len(order))
            alternatives = {int(place[row]): labels for row, labels in self._alternatives.items()}
        score = None
        if self._scores:
            score = np.full(len(order), np.nan)
            for first, found in self._scores.items():
                score[first : first + len(found)] = [np.nan if value is None else value for value in found]
            score = score[order]
        return EntityTable(
            article=article[order],
            start=start[order],
            end=end[order],
            label=label[order],
            place=places[order],
            names=names,
            alternatives=alternatives,
            score=score,
        )


def sort_rows(article: Numbers, start: Numbers, end: Numbers, label: Numbers) -> Numbers:
    """The order of the rows by article, start, end, label."""
    if not len(article):
        return np.zeros(0, np.int64)
    key = article
    for column in (start, end, label):
        column = column - column.min()  # the smaller the numbers, the more columns fit into 62 bits
        width = int(column.max()) + 1
        if int(key.max()) + 1 > (1 << 62) // width:  # too wide for one number: count the distinct values instead
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
        key = key * width + column
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    return np.argsort(key, kind="stable")


def equal_the_next(*columns: Numbers) -> Flags:
    """Which rows but the last equal the one that follows in all columns."""
    result: Flags = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return result


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """No cyclic garbage collection inside: it would search hundreds of thousands of records in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _GoldArticle(NamedTuple):
    """What is kept of a gold record beside its entities."""

    id: str
    text: str
    layers: Collection[Layer]
    quotes: list[Quote]
    claims: list[Claim]
    regions: list[Region]
    sentences: list[tuple[int, int]] | None
    story: str | None
    weight: float | None
    selected: Selected | None


def read_gold(records: Iterable[GoldRecord], schema: Schema, problems: Problems) -> GoldTable:
    """The gold side as a table; problems go to `problems`."""
    rows = _EntityRows()
    read: list[_GoldArticle] = []
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            problems.add("gold", record.id, [SECOND_RECORD])
            continue
        seen.add(record.id)
        if record.text is None:
            problems.add(
                "gold", record.id, ["no text; scoring needs it (`annotate rehydrate` puts texts into a release)"]
            )
            continue
        rows.add(len(read), record.entities or (), record.text, with_alternatives=True)
        read.append(_read_gold_article(record, record.text, schema, problems))
    lengths = np.array([len(article.text) for article in read], np.int64)
    for number, sentence in rows.find_problems(lengths, schema):
        problems.add("gold", read[number].id, [sentence])
    order = sorted(range(len(read)), key=lambda number: read[number].id)
    rank = np.empty(len(read), np.int64)
    rank[order] = np.arange(len(read))
    articles = [read[number] for number in order]
    table = GoldTable(
        entities=rows.table(rank),
        quotes={i: article.quotes for i, article in enumerate(articles) if article.quotes},
        claims={i: article.claims for i, article in enumerate(articles) if article.claims},
        has={layer: np.array([layer in article.layers for article in articles], bool) for layer in LAYERS},
        ids=[article.id for article in articles],
        texts=[article.text for article in articles],
        regions={i: article.regions for i, article in enumerate(articles) if article.regions},
        sentences={i: article.sentences for i, article in enumerate(articles) if article.sentences is not None},
        schema=schema,
        stories=[article.story for article in articles],
        sample=make_sample([article.weight for article in articles], [article.selected for article in articles]),
        unweighted=[article.id for article in articles if article.weight is None],
    )
    if not problems.sentences:
        _find_gold_copies(table, problems)
    return table


def _read_gold_article(record: GoldRecord, text: str, schema: Schema, problems: Problems) -> _GoldArticle:
    found = [*find_gold_problems(record, text, schema), *_find_item_problems(record, text)]
    selected = None
    if record.weight is not None:
        selected, problem = find_selected(record)
        found += filter(None, [find_weight_problem(record.weight), problem])
    problems.add("gold", record.id, found)
    sentences = record.sentences
    return _GoldArticle(
        record.id,
        text,
        annotated_layers(record),
        record.quotes or [],
        record.claims or [],
        [*(record.ignore or ()), *(record.excluded or ())],
        None if sentences is None else sorted((sentence.start, sentence.end) for sentence in sentences),
        record.cluster,
        record.weight,
        selected,
    )


def _find_gold_copies(gold: GoldTable, problems: Problems) -> None:
    table = gold.entities
    for row in np.nonzero(equal_the_next(table.article, table.start, table.end, table.label))[0].tolist():
        name = table.names[table.label[row]]
        span = f"[{table.start[row]}, {table.end[row]})"
        problems.add("gold", gold.ids[table.article[row]], [f"entities: {span} appears twice as {name}"])
    layers: tuple[tuple[Layer, Mapping[int, Sequence[Item]]], ...] = (("quotes", gold.quotes), ("claims", gold.claims))
    for layer, items in layers:
        for article, found in items.items():
            seen: set[Hashable] = set()
            for item in found:
                if (key := identity_of(item)) in seen:
                    sentence = f"{layer}: the same item appears twice: {describe(item)}"
                    problems.add("gold", gold.ids[article], [sentence])
                seen.add(key)


def _find_item_problems(record: LayeredRecord, text: str) -> list[str]:
    if not (record.quotes or record.claims):
        return []
    layers = Layers(quotes=record.quotes, claims=record.claims)
    return [
        *(list(find_number_problems(layers)) or find_span_problems(layers, text)),
        *(
            f"quotes[{i}] has type {quote.type!r}; expected direct, indirect or mixed"
            for i, quote in enumerate(record.quotes or ())
            if quote.type not in QUOTE_TYPES
        ),
        *(
            f"claims[{i}] has score {claim.score!r}; expected a number from 0 to 1"
            for i, claim in enumerate(record.claims or ())
            if claim.score is not None and not 0 <= claim.score <= 1
        ),
    ]


@dataclass
class SystemTable(LayerTables):
    """The prediction side, numbered as gold is; `given` marks the gold articles that have a record."""

    given: Flags
    unplaced: dict[int, list[Unplaced]] = field(default_factory=dict)
    """Items without a place in the text, by article; each is spurious."""
    extra: int = 0
    model: str | None = None
    warnings: list[str] = field(default_factory=list)

    def iter_unplaced(self, layer: Layer, gold: GoldTable) -> Iterator[tuple[int, Unplaced]]:
        """The items of the layer without a place in the text, with their articles, where gold has the layer."""
        for article, items in self.unplaced.items():
            for item in items if gold.has[layer][article] else ():
                if item.layer == layer:
                    yield article, item


def read_system(
    records: Iterable[Prediction],
    gold: GoldTable,
    problems: Problems,
    *,
    side: str = "prediction",
    extra: Extra = "error",
) -> SystemTable:
    """The predictions as a table; problems go to `problems`, each named after `side`."""
    rows = _EntityRows()
    quotes: dict[int, list[Quote]] = {}
    claims: dict[int, list[Claim]] = {}
    unplaced: dict[int, list[Unplaced]] = {}
    has: dict[Layer, Flags] = {layer: np.zeros(gold.size, bool) for layer in LAYERS}
    given = np.zeros(gold.size, bool)
    seen: set[str] = set()
    models: set[str] = set()
    without_gold = 0
    for record in records:
        if record.id in seen:
            problems.add(side, record.id, [SECOND_RECORD])
            continue
        seen.add(record.id)
        article = gold.position.get(record.id)
        if article is None:
            without_gold += 1
            if extra == "error" and not problems.unreadable:
                problems.add(side, record.id, ["gold has no such article; leave it out, or score with --extra ignore"])
            continue
        given[article] = True
        if record.model:
            models.add(record.model)
        for layer in LAYERS:
            has[layer][article] = getattr(record, layer) is not None
        text = gold.texts[article]
        difference = explain_text_difference(record, text)
        if difference:
            problems.add(side, record.id, [difference])
            continue
        rows.add(article, record.entities or (), text, with_alternatives=False)
        found = _find_item_problems(record, text)
        if found:
            problems.add(side, record.id, found)
        if record.quotes:
            quotes[article] = record.quotes
        if record.claims:
            claims[article] = record.claims
        if record.unplaced:
            unplaced[article] = record.unplaced
            rows.name_labels(item.label for item in record.unplaced if item.layer == "entities")
    for article, sentence in rows.find_problems(np.array([len(text) for text in gold.texts], np.int64)):
        problems.add(side, gold.ids[article], [sentence])
    return SystemTable(
        entities=rows.table(np.arange(gold.size)),
        quotes=quotes,
        claims=claims,
        has=has,
        given=given,
        unplaced=unplaced,
        extra=without_gold,
        model=", ".join(sorted(models)) or None,
    )
