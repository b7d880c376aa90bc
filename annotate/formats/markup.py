"""Layers as marks and links: the shape that annotation tools share (labelled spans, attributes, relations).

A quote becomes a mark for its content, marks for speaker and cue, and links from the first to the others; a claim
likewise. An entity is a mark of its own. Marks of speakers, cues and claimers with the same range are one mark. The
names are the schema's, so that a label that is no part's name is an entity's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import msgspec

from annotate.errors import SchemaError
from annotate.formats.missing import read_claim_attributes, read_quote_type
from annotate.formats.report import FormatReport
from annotate.items import links_of
from annotate.printing import shorten
from annotate.records import Claim, Entity, Item, Layer, LayeredRecord, Layers, LinkRole, Quote, Span
from annotate.schema import RelationRole, Role, Schema
from annotate.task_json.part_links import ENDS, PartLinks

QUOTE_TYPE = "quote_type"
CHECK_WORTHY = "check_worthy"
KIND = "claim_kind"

_IN_MARKS = {"start", "end", "label", "type", "content", "speaker", "cue", "claimer", "check_worthy", "kind", "text"}

# the attributes of each part; an entity has none
_VALUES: dict[Role | None, set[str]] = {"content": {QUOTE_TYPE}, "claim": {CHECK_WORTHY, KIND}}

_LAYER_OF: dict[Role | None, Layer] = {None: "entities", "content": "quotes", "claim": "claims"}

Range: TypeAlias = tuple[int, int]
ItemT = TypeVar("ItemT", Entity, Quote, Claim)


@dataclass
class Mark:
    """A labelled span of one or more fragments.

    `values` are its attributes by name; `extras` further fields of our records (score, origin, ...), as plain JSON.
    """

    key: str
    label: str
    fragments: list[Range]
    values: dict[str, str] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)

    @property
    def hull(self) -> Range:
        """From the first fragment's start to the last one's end."""
        return min(start for start, _ in self.fragments), max(end for _, end in self.fragments)


@dataclass(frozen=True)
class Link:
    """A labelled link between two marks, by their keys."""

    label: str
    source: str
    target: str


@dataclass
class Markup:
    """All marks and links of one text."""

    marks: list[Mark] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class Names:
    """The schema's names for parts and relations, and back; a layer that it does not have has none.

    >>> from annotate.schema import load_schema
    >>> Names(load_schema()).role_of("CUE"), Names(load_schema()).role_of("PERSON")
    ('cue', None)
    """

    def __init__(self, schema: Schema) -> None:
        self._parts: dict[Role, str] = {part.role: part.name for part in schema.parts}
        self._relations: dict[RelationRole, str] = {relation.role: relation.name for relation in schema.relations}
        self._roles = {name: role for role, name in self._parts.items()}
        both = set(self._roles) & set(schema.entity_labels)
        if both:
            raise SchemaError(
                [f"schema {schema.ref}: {name!r} is an entity label and a part; this format needs one" for name in both]
            )

    def part(self, role: Role) -> str:
        """The label of the part."""
        return self._parts.get(role, role.upper())

    def relation(self, role: RelationRole) -> str:
        """The label of the relation."""
        return self._relations.get(role, role)

    def role_of(self, label: str) -> Role | None:
        """The part that the label means; None = it is an entity's label."""
        return self._roles.get(label)

    def layer_of(self, label: str) -> Layer | None:
        """The layer of which a mark with the label is an item; None = it is a speaker or cue, and so beside one."""
        return _LAYER_OF.get(self.role_of(label))


def to_markup(record: LayeredRecord | Layers, schema: Schema) -> Markup:
    """The record's layers as marks and links, in the order of the record.

    Raises:
        SchemaError: an entity has the name of a part as its label.
    """
    names = Names(schema)
    markup = Markup()
    shared: dict[tuple[str, int, int], str] = {}

    def add(mark: Mark, item: Item) -> None:
        markup.marks.append(mark)
        for role, span in links_of(item).items():
            if span is None:
                continue
            part = ENDS[role][1]
            label = names.part(part)
            key = shared.get((label, span.start, span.end))
            if key is None:
                key = shared[label, span.start, span.end] = f"{part}{len(shared)}"
                markup.marks.append(Mark(key, label, [(span.start, span.end)], extras=_extras(span)))
            markup.links.append(Link(names.relation(role), mark.key, key))

    for i, entity in enumerate(record.entities or ()):
        if names.role_of(entity.label):
            raise SchemaError([f"entity label {entity.label!r} is also the name of a part in schema {schema.ref}"])
        add(Mark(f"entity{i}", entity.label, [(entity.start, entity.end)], extras=_extras(entity)), entity)
    for i, quote in enumerate(record.quotes or ()):
        fragments = [(fragment.start, fragment.end) for fragment in quote.content]
        add(Mark(f"quote{i}", names.part("content"), fragments, {QUOTE_TYPE: quote.type}, _extras(quote)), quote)
    yes, no = schema.check_worthy_values
    for i, claim in enumerate(record.claims or ()):
        values = {CHECK_WORTHY: yes if claim.check_worthy else no, KIND: claim.kind}
        add(Mark(f"claim{i}", names.part("claim"), [(claim.start, claim.end)], values, _extras(claim)), claim)
    return markup


def from_markup(markup: Markup, text: str, schema: Schema, report: FormatReport, place: str) -> Layers:
    """The layers that marks and links make, none of them None; what does not fit is counted in the report.

    A link may run in either direction, and be without a label that the schema knows where its ends leave one choice;
    an entity that a quote or claim is linked to serves as its speaker. Fragments of a quote may also be marks of their
    own with `continues` links.
    """
    return _Builder(markup, text, schema, report, place).layers()


class _Builder:
    def __init__(self, markup: Markup, text: str, schema: Schema, report: FormatReport, place: str) -> None:
        self.names = Names(schema)
        self.text, self.schema, self.report, self.place = text, schema, report, place
        self.marks = {mark.key: mark for mark in markup.marks}
        self.role = {mark.key: self.names.role_of(mark.label) for mark in markup.marks}
        self.links: PartLinks[Link] = PartLinks(schema)
        for key, role in self.role.items():
            self.links.add_mark(key, *([] if role is None else [role]))
        for link in markup.links:
            self._add_link(link)

    def layers(self) -> Layers:
        entities: list[Entity] = []
        quotes: list[Quote] = []
        claims: list[Claim] = []
        pieces, unserved = self.links.group(), set(self.links.unserved())
        for mark in self.marks.values():
            place = f"{self.place}: {mark.key}"
            role = self.role[mark.key]
            for name in sorted(set(mark.values) - _VALUES.get(role, set())):
                self.report.add_loss(f"attributes that such a span has not: {name}", place, of="details")
            if role is None:
                start, end = mark.hull
                if len(mark.fragments) > 1:
                    self.report.add_loss("entities in several fragments, read as one span over all of them", place)
                plain = {"start": start, "end": end, "label": mark.label}
                entities.append(self._convert(plain, mark, Entity, place))
            elif role == "content" and mark.key in pieces:
                quotes.append(self._quote(mark, pieces[mark.key], place))
            elif role == "claim":
                claims.append(self._claim(mark, place))
            elif mark.key in unserved:
                self.report.add_loss(f"{mark.label} without a quote or claim", place, of="details")
        return Layers(entities=entities, quotes=quotes, claims=claims)

    def _add_link(self, link: Link) -> None:
        source, target = link.source, link.target
        place = f"{self.place}: {link.label} from {source} to {target}"
        if source not in self.marks or target not in self.marks:
            self.report.add_loss("relations with an end that is not there", place, of="details")
            return
        if self.links.lend_speaker(source, target, [link.label]):
            self.report.add_note("entities that serve as speakers", place)
        [(_, how, role)] = self.links.connect(source, target, [link.label], link)
        if how == "inferred":
            self.report.add_note(f"relations {link.label!r} between such spans, read as {role}", place)
        elif how == "unclear":
            self.report.add_loss("relations between spans that they do not join", place, of="details")

    def _quote(self, mark: Mark, pieces: list[str], place: str) -> Quote:
        ranges = [r for key in pieces for r in self.marks[key].fragments]
        content = [Span(*fragment) for fragment in sorted(ranges)]
        given = [self.marks[key].values[QUOTE_TYPE] for key in pieces if QUOTE_TYPE in self.marks[key].values]
        for other in sorted({value for value in given if value != given[0]}):
            self.report.add_loss(f"a second type of one quote: {other}", place, of="details")
        kind = read_quote_type(given[0] if given else None, self.text, content, self.report, place)
        plain = {
            "type": kind,
            "content": [{"start": span.start, "end": span.end} for span in content],
            "speaker": self._part(pieces, "speaker", place),
            "cue": self._part(pieces, "cue", place),
        }
        return self._convert(plain, mark, Quote, place)

    def _claim(self, mark: Mark, place: str) -> Claim:
        start, end = mark.hull
        if len(mark.fragments) > 1:
            self.report.add_loss("claims in several fragments, read as one span over all of them", place)
        given = {"check_worthy": mark.values.get(CHECK_WORTHY), "kind": mark.values.get(KIND)}
        worthy, kind = read_claim_attributes(given, self.schema, self.report, place)
        plain = {
            "start": start,
            "end": end,
            "check_worthy": worthy,
            "kind": kind,
            "claimer": self._part([mark.key], "claimer", place),
        }
        return self._convert(plain, mark, Claim, place)

    def _part(self, pieces: list[str], role: LinkRole, place: str) -> dict[str, Any] | None:
        found = self.links.follow(role, pieces)
        if found.others:
            self.report.add_loss(f"a second {role} of one item", place, len(found.others), of="details")
        if found.target is None:
            return None
        part = self.marks[found.target]
        longest = max(part.fragments, key=lambda fragment: fragment[1] - fragment[0])
        if len(part.fragments) > 1:
            self.report.add_loss(f"{role} in several fragments, read as the longest", place, of="details")
        return {"start": longest[0], "end": longest[1], **({} if self.role[found.target] is None else part.extras)}

    def _convert(self, plain: dict[str, Any], mark: Mark, kind: type[ItemT], place: str) -> ItemT:
        known = {key: value for key, value in mark.extras.items() if key in kind.__struct_fields__}
        for key in sorted(mark.extras.keys() - known.keys()):
            self.report.add_loss(f"keys of spans that are not read: {shorten(key)}", place, of="details")
        try:
            return msgspec.convert({**known, **plain}, kind)
        except msgspec.ValidationError:
            self.report.add_loss("scores and the like that have not the expected form", place, of="details")
            return msgspec.convert(plain, kind)


def split_fragments(markup: Markup, schema: Schema) -> Markup:
    """The same without marks of several fragments: each further one is a mark that the first one continues in.

    >>> from annotate.schema import load_schema
    >>> two = Markup([Mark("quote0", "QUOTE", [(0, 4), (9, 12)])])
    >>> split_fragments(two, load_schema()).links
    [Link(label='continues', source='quote0', target='quote0.1')]
    """
    continues = Names(schema).relation("continues")
    marks: list[Mark] = []
    links = list(markup.links)
    for mark in markup.marks:
        first, *further = mark.fragments
        marks.append(Mark(mark.key, mark.label, [first], mark.values, mark.extras))
        for n, fragment in enumerate(further, 1):
            marks.append(Mark(f"{mark.key}.{n}", mark.label, [fragment]))
            links.append(Link(continues, mark.key, f"{mark.key}.{n}"))
    return Markup(marks, links)


def report_extras(marks: Iterable[Mark], report: FormatReport, place: str, *, held: Iterable[str] = ()) -> None:
    """Count what marks have besides label and attributes, except the names that the format holds."""
    kept = set(held)
    for mark in marks:
        for name in sorted(set(mark.extras) - kept):
            report.add_loss(f"{name} of spans", f"{place}: {mark.key}", of="details")


def report_fields(record: LayeredRecord, report: FormatReport, *, held: Iterable[str] = ()) -> None:
    """Count the record's fields about the article or itself, except those that the format holds."""
    kept = {"id", "text", "text_sha256", "schema", "entities", "quotes", "claims", *held}
    for name in sorted(set(msgspec.to_builtins(record)) - kept):
        report.add_loss(f"{name} of articles", record.id, of="details")


def _extras(item: Item | Span) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(item)
    return {name: value for name, value in plain.items() if name not in _IN_MARKS}
