"""Layers to a Label Studio result: regions with labels and attributes, and the relations between them. Pure.

A span that serves several items (one speaker of two quotes and a claim) is one region with several relations; the
content of a quote and a claim are regions of their own, even where their extents are the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from annotate.artifacts.label_config import CHECK_WORTHY, CLAIM_KIND, ENTITY, QUOTE_TYPE, SPAN, TEXT
from annotate.artifacts.page_style import value_mark
from annotate.items import links_of, spans_of
from annotate.records import Claim, Entity, Layers, Quote, Span
from annotate.schema import RelationRole, Role, Schema
from annotate.spans import HasRange
from annotate.task_json.part_links import ENDS

Item = dict[str, Any]

# what the editor has no field for travels in a region's `meta`, which it keeps as it is
META_NOTE = "text"
META_PREANNOTATOR = "preannotator"
META_SPEAKER_NAME = "speaker_name"
META_SPEAKER_AT = "speaker_at"
META_CHECK_SCORE = "check_worthiness"


def to_result(
    layers: Layers,
    text: str,
    schema: Schema,
    *,
    article_id: str,
    model: str | None = None,
    keep_ids: bool = False,
) -> list[Item]:
    """The result items of a Label Studio prediction; the same input gives the same items with the same ids.

    Region ids are hashes of article, layer, extent, label and model, so that a region is known again after the
    correction and a repeated push makes no second one. Before the hash is what the page draws differently: of quotes
    and claims, the value of type or check-worthiness where it is not the schema's first (`value_mark`).

    Args:
        layers: spans that fit `text` (code points, half-open) and labels of `schema`.
        keep_ids: regions of items with an id of their own have it before the hash, and come first.

    >>> from annotate.schema import load_schema
    >>> [item] = to_result(Layers(entities=[Entity(0, 4, "ORG")]), "NATO", load_schema("news"), article_id="a")
    >>> item["value"]
    {'start': 0, 'end': 4, 'text': 'NATO', 'labels': ['ORG']}
    """
    return _Writer(text, schema, article_id, model or "", keep_ids=keep_ids).write(layers)


class _Writer:
    def __init__(self, text: str, schema: Schema, article_id: str, model: str, *, keep_ids: bool) -> None:
        self.text = text
        self.schema = schema
        self.keep_ids = keep_ids
        self.kept: set[str] = set()
        self.key = f"{article_id}\0{model}\0"
        self.items: list[Item] = []
        self.relations: list[Item] = []
        self.shared: dict[tuple[str, int, int], str] = {}
        self.seen: Counter[str] = Counter()

    def write(self, layers: Layers) -> list[Item]:
        for entity in layers.entities or ():
            self._add_entity(entity)
        for quote in layers.quotes or ():
            self._add_quote(quote)
        for claim in layers.claims or ():
            self._add_claim(claim)
        # outer before inner: the editor then draws each region as one element instead of in pieces
        ordered = sorted(self.items, key=lambda item: (item["value"]["start"], -item["value"]["end"]))
        return [*sorted(ordered, key=lambda item: item["id"] not in self.kept), *self.relations]

    def _add_entity(self, entity: Entity) -> None:
        meta = _meta(entity.note, entity.preannotator)
        self._add_region(ENTITY, "entities", entity.label, entity, entity.score, meta, own_id=entity.id)

    def _add_quote(self, quote: Quote) -> None:
        label = self.schema.part("content").name
        head = ""
        for fragment in spans_of(quote):
            meta = {} if head else _meta(quote.note, quote.preannotator)
            if not head and quote.speaker_name is not None:
                meta[META_SPEAKER_NAME] = quote.speaker_name
                if quote.speaker is not None:
                    meta[META_SPEAKER_AT] = [quote.speaker.start, quote.speaker.end]
            mark = value_mark("content", self.schema.quote_types.index(quote.type))
            region = self._add_region(SPAN, "quotes", label, fragment, quote.score, meta, mark, quote.id)
            self._add_choice(region, QUOTE_TYPE, fragment, quote.type)
            if head:
                self._add_relation("continues", head, region)
            head = head or region
        self._add_links(quote, head)

    def _add_claim(self, claim: Claim) -> None:
        meta = _meta(claim.note, claim.preannotator)
        if claim.score is not None:
            meta[META_CHECK_SCORE] = claim.score
        label = self.schema.part("claim").name
        mark = value_mark("claim", 0 if claim.check_worthy else 1)
        region = self._add_region(SPAN, "claims", label, claim, claim.confidence, meta, mark, claim.id)
        self._add_choice(region, CHECK_WORTHY, claim, self.schema.check_worthy_values[0 if claim.check_worthy else 1])
        self._add_choice(region, CLAIM_KIND, claim, claim.kind)
        self._add_links(claim, region)

    def _add_region(
        self,
        control: str,
        layer: str,
        label: str,
        span: HasRange,
        score: float | None,
        meta: dict[str, Any],
        mark: str = "",
        own_id: str | None = None,
    ) -> str:
        start, end = span.start, span.end
        region = mark + self._make_id(f"{layer}\0{start}\0{end}\0{label}")
        if self.keep_ids and own_id is not None:
            region = f"{own_id}-{region}"
            self.kept.add(region)
        item: Item = {
            "id": region,
            "from_name": control,
            "to_name": TEXT,
            "type": "labels",
            "value": {"start": start, "end": end, "text": self.text[start:end], "labels": [label]},
        }
        if score is not None:
            item["score"] = score
        if meta:
            item["meta"] = meta
        self.items.append(item)
        return region

    def _add_links(self, item: Quote | Claim, region: str) -> None:
        for role, span in links_of(item).items():
            if span is not None:
                self._add_relation(role, region, self._share_region(ENDS[role][1], span))

    def _share_region(self, role: Role, span: Span) -> str:
        """The one region of this extent that plays the role, made when it is first needed."""
        key = (role, span.start, span.end)
        if key not in self.shared:
            name = self.schema.part(role).name
            self.shared[key] = self._add_region(SPAN, "parts", name, span, None, {})
        return self.shared[key]

    def _add_choice(self, region: str, control: str, span: Span | Claim, value: str) -> None:
        self.items.append(
            {
                "id": region,
                "from_name": control,
                "to_name": TEXT,
                "type": "choices",
                "value": {
                    "start": span.start,
                    "end": span.end,
                    "text": self.text[span.start : span.end],
                    "choices": [value],
                },
            }
        )

    def _add_relation(self, role: RelationRole, source: str, target: str) -> None:
        self.relations.append(
            {
                "type": "relation",
                "from_id": source,
                "to_id": target,
                "direction": "right",
                "labels": [self.schema.relation(role).name],
            }
        )

    def _make_id(self, key: str) -> str:
        self.seen[key] += 1
        # twins of one extent and label are distinguished by their number
        twin = "" if self.seen[key] == 1 else f"\0{self.seen[key]}"
        return hashlib.blake2b(f"{self.key}{key}{twin}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def stem(region_id: str) -> str:
    """The part of a region's id that stays the same when the item's type or check-worthiness is another.

    >>> stem("claim-1-0a1b"), stem("0a1b")
    ('0a1b', '0a1b')
    """
    return region_id.rsplit("-", 1)[-1]


def _meta(note: str | None, preannotator: str | None) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if note is not None:
        meta[META_NOTE] = [note]
    if preannotator is not None:
        meta[META_PREANNOTATOR] = preannotator
    return meta
