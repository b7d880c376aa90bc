"""A Label Studio result back to layers, with a remark for everything that no record can hold as it is. Pure.

What the text or the relations decide is repaired (a missing relation label, the type of a quote); what only an
annotator can decide (whether a claim is worth checking) is quarantined. `value.text` is never used: the server keeps
whatever was sent there.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from annotate.artifacts.label_config import CHECK_WORTHY, CLAIM_KIND, ENTITY, QUOTE_TYPE, SPAN
from annotate.items import sort_key
from annotate.problems import appears_twice
from annotate.records import Claim, Entity, Layers, LinkRole, Quote, QuoteType, Span
from annotate.schema import Schema
from annotate.spans import join_overlaps
from annotate.task_json.part_links import PartLinks
from annotate.task_json.regions import Region, joint_origin, read_offset, read_origin, read_score, read_strings
from annotate.task_json.remarks import Remark, quarantined, repaired
from annotate.task_json.to_result import META_CHECK_SCORE, META_SPEAKER_AT, META_SPEAKER_NAME, Item
from annotate.text.quotation import parse_quote_type, quote_type
from annotate.text.sentences import best_sentence, split_sentences


class Decoded(NamedTuple):
    """The layers of one result, how many regions it had, and what did not fit."""

    layers: Layers
    regions: int
    remarks: list[Remark]


def from_result(
    result: Sequence[Any], text: str, schema: Schema, *, predicted: Collection[str] = (), keep_all: bool = False
) -> Decoded:
    """The layers that the items make, each sorted by start, then longest first; every layer of the schema is there.

    Item `origin` is what the editor wrote; confidence stays only where it did not write `prediction-changed` or
    `manual`, because a score does not apply to what an annotator made of the span.

    Args:
        result: items as the server has them, in any order.
        predicted: ids of the speakers and cues that a machine had proposed; one of these that lost its quote is a
            leftover of the deletion and not a person's mistake.
        keep_all: keep entities and kinds of claims that the schema does not declare, and claims that nobody judged as
            not check-worthy and of the last kind; join no pieces that overlap and link no speaker by its sentence, as
            no other format does. For scoring, where leaving out or mending what is wrong would hide it.
    """
    return _Reader(text, schema, frozenset(predicted), keep_all).read(result)


class _Reader:
    def __init__(self, text: str, schema: Schema, predicted: frozenset[str], keep_all: bool) -> None:
        self.text = text
        self.schema = schema
        self.predicted = predicted
        self.keep_all = keep_all
        self.remarks: list[Remark] = []
        self.parts: dict[str, Region] = {}
        self.entities: dict[str, Region] = {}
        self.choices: dict[tuple[str, str], list[str]] = {}
        self.roles = {part.name: part.role for part in schema.parts}
        self.links: PartLinks[Item] = PartLinks(schema)

    def read(self, result: Sequence[Any]) -> Decoded:
        relations = []
        for item in result:
            kind = item.get("type") if isinstance(item, dict) else None
            if kind == "labels":
                self._take_region(item)
            elif kind == "choices":
                self._take_choices(item)
            elif kind == "relation":
                relations.append(item)
            else:
                self._quarantine(f"an item of type {kind!r}; records hold labels, choices and relations", item)
        for key, region in self.parts.items():
            self.links.add_mark(key, *(self.roles[label] for label in region.labels))
        for key in self.entities:
            if key not in self.parts:
                self.links.add_mark(key)
        for relation in relations:
            self._take_relation(relation)
        if self.schema.quotes and not self.keep_all:
            self._link_lone_parts()
        layers = Layers(
            entities=self._build_entities() if self.schema.entities else None,
            quotes=self._build_quotes() if self.schema.quotes else None,
            claims=self._build_claims() if self.schema.claims else None,
        )
        self._report_leftovers()
        regions = len({*self.parts, *self.entities})
        return Decoded(layers, regions, self.remarks)

    def _take_region(self, item: Item) -> None:
        control = item.get("from_name")
        if control not in (SPAN, ENTITY):
            self._quarantine(f"labels of the control {control!r}; known are {SPAN!r} and {ENTITY!r}", item)
            return
        extent = self._read_extent(item)
        if extent is None:
            return
        known = self.roles if control == SPAN else self.schema.entity_labels
        labels = []
        for label in read_strings(item.get("value", {}).get("labels")):
            if label in known or (self.keep_all and control == ENTITY):
                labels.append(label)
            else:
                self._quarantine(f"label {label!r} is not in schema {self.schema.ref}", item)
        if not labels:
            if not read_strings(item.get("value", {}).get("labels")):
                self._quarantine("a region without a label", item)
            return
        regions = self.parts if control == SPAN else self.entities
        meta = item.get("meta")
        region = Region(
            id=str(item.get("id") or f"region-{len(regions)}"),
            control=control,
            start=extent[0],
            end=extent[1],
            labels=labels,
            item=item,
            score=read_score(item.get("score")),
            origin=read_origin(item.get("origin")),
            meta=meta if isinstance(meta, dict) else {},
        )
        twin = regions.get(region.id)
        if twin is not None:
            if (twin.start, twin.end) == extent:
                twin.labels.extend(label for label in labels if label not in twin.labels)
                self._repair(appears_twice("the same region") + "; kept once", item)
                return
            self._repair("two regions share one id; relations and choices go to the first", item)
            region.id = next(f"{region.id}#{n}" for n in itertools.count(2) if f"{region.id}#{n}" not in regions)
        regions[region.id] = region

    def _read_extent(self, item: Item) -> tuple[int, int] | None:
        value = item.get("value")
        start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
        found = read_offset(start), read_offset(end)
        if found[0] is None or found[1] is None or not 0 <= found[0] < found[1] <= len(self.text):
            self._quarantine(
                f"offsets [{start!r}, {end!r}); expected 0 <= start < end <= {len(self.text)}, the length of the text",
                item,
            )
            return None
        if not isinstance(start, int) or not isinstance(end, int):
            self._repair(f"offsets [{start!r}, {end!r}) were no whole numbers", item)
        return found[0], found[1]

    def _take_choices(self, item: Item) -> None:
        control = item.get("from_name")
        if control not in (QUOTE_TYPE, CHECK_WORTHY, CLAIM_KIND):
            self._quarantine(f"choices of the control {control!r}, which no record has", item)
            return
        value = item.get("value")
        names = read_strings(value.get("choices") if isinstance(value, dict) else None)
        self.choices.setdefault((str(item.get("id")), control), []).extend(names)

    def _take_relation(self, item: Item) -> None:
        source, target, labels = str(item.get("from_id")), str(item.get("to_id")), read_strings(item.get("labels"))
        entity = self.links.lend_speaker(source, target, labels) if "speaker" in self.roles.values() else None
        if entity is not None and entity not in self.parts:
            self._repair("a relation to an entity; its words are taken as the speaker", item)
            speaker = self.schema.part("speaker").name
            self.parts[entity] = msgspec.structs.replace(self.entities[entity], control=SPAN, labels=[speaker])
        if source not in self.parts or target not in self.parts:
            self._quarantine("a relation from or to a region that is not there, or to an entity", item)
            return
        if item.get("direction") == "left":
            source, target = target, source
        for label, how, role in self.links.connect(source, target, labels, item):
            what = "without a label" if label is None else f"labelled {label!r}, which does not fit its ends"
            if how == "turned":
                self._repair(f"a relation {label!r} drawn the wrong way round; turned", item)
            elif how == "second":
                self._quarantine(f"a second label {label!r} on a relation that it does not fit", item)
            elif how == "unclear":
                ends = " -> ".join("+".join(self.parts[key].labels) for key in (source, target))
                self._quarantine(f"a relation {what}; nothing is certain for {ends}", item)
            elif how == "inferred" and role is not None:
                self._repair(f"a relation {what}; read as {self.schema.relation(role).name!r}", item)

    def _link_lone_parts(self) -> None:
        """Tie a speaker or cue without a relation to the only quote of its sentence, where that quote has none yet.

        Where two speakers (or cues) of a sentence are without a relation, nothing decides between them.
        """
        groups = list(self.links.group().values())
        drawn = [self.parts[key] for key in self.links.unserved() if key not in self.predicted]
        lone = [region for region in drawn if len(region.labels) == 1]
        if not groups or not lone:
            return
        sentences = split_sentences(self.text)
        starts = [start for start, _ in sentences]
        found: dict[tuple[LinkRole, int], list[tuple[Region, str]]] = {}
        for region in lone:
            place = best_sentence(sentences, starts, region)
            near = [group for group in groups if place is not None and self._touches(group, sentences[place])]
            if place is None or len(near) != 1:
                continue
            role: LinkRole = "speaker" if self.links.plays(region.id, "speaker") else "cue"
            if self.links.follow(role, near[0]).target is None:
                head = min(near[0], key=lambda key: self.parts[key].start)
                found.setdefault((role, place), []).append((region, head))
        for (role, _), entries in found.items():
            if len(entries) == 1:
                [(region, head)] = entries
                if self.links.follow(role, [head]).target is None:
                    self._repair(f"a {role} without a relation; linked to the only quote of its sentence", region.item)
                    self.links.add(role, head, region.id, region.item)

    def _touches(self, group: Sequence[str], sentence: tuple[int, int]) -> bool:
        return any(self.parts[key].start < sentence[1] and sentence[0] < self.parts[key].end for key in group)

    def _follow(self, role: LinkRole, sources: Iterable[Region]) -> Region | None:
        """The one region that the relations point to; further ones are quarantined."""
        found = self.links.follow(role, [source.id for source in sources])
        for item in found.others:
            self._quarantine(f"a second {role} of one item; the first one counts", item)
        return None if found.target is None else self.parts[found.target]

    def _build_entities(self) -> list[Entity]:
        entities = [
            Entity(
                start=region.start,
                end=region.end,
                label=label,
                id=region.id,
                score=region.kept_score,
                origin=region.origin,
                preannotator=region.preannotator,
                note=region.note,
            )
            for region in self.entities.values()
            for label in region.labels
        ]
        return sorted(entities, key=sort_key)

    def _build_quotes(self) -> list[Quote]:
        quotes = [
            self._build_quote(sorted((self.parts[key] for key in group), key=lambda region: (region.start, region.end)))
            for group in self.links.group().values()
        ]
        return sorted(quotes, key=sort_key)

    def _build_quote(self, pieces: list[Region]) -> Quote:
        head = pieces[0]
        speaker = self._follow("speaker", pieces)
        cue = self._follow("cue", pieces)
        content = self._merge_pieces(pieces)
        return Quote(
            type=self._choose_type(pieces, content),
            content=content,
            speaker=speaker.span if speaker else None,
            cue=cue.span if cue else None,
            id=head.id,
            score=head.kept_score,
            origin=joint_origin(pieces),
            speaker_name=self._keep_speaker_name(pieces, speaker),
            preannotator=head.preannotator,
            note="\n".join(note for piece in pieces if (note := piece.note) is not None) or None,
        )

    def _merge_pieces(self, pieces: list[Region]) -> list[Span]:
        content = [piece.span for piece in pieces]
        if self.keep_all:
            return content
        joined = join_overlaps(content)
        kept = {span.id for span in joined}
        for piece in pieces:
            if piece.id not in kept:
                self._repair("pieces of one quote overlap; joined to one", piece.item)
        return joined

    def _choose_type(self, pieces: list[Region], content: list[Span]) -> QuoteType:
        chosen = []
        for piece in pieces:
            for name in self.choices.pop((piece.id, QUOTE_TYPE), []):
                kind = parse_quote_type(name)
                if kind is not None and name in self.schema.quote_types:
                    chosen.append(kind)
                else:
                    self._quarantine(f"quote type {name!r} is not in schema {self.schema.ref}", piece.item)
        if not chosen:
            chosen = [quote_type(self.text, content)]
            self._repair(f"a quote without a type; by its quotation marks it is {chosen[0]}", pieces[0].item)
        for other in sorted(set(chosen) - {chosen[0]}):
            self._quarantine(f"pieces of one quote have two types; {chosen[0]} counts, not {other}", pieces[0].item)
        return chosen[0]

    def _keep_speaker_name(self, pieces: list[Region], speaker: Region | None) -> str | None:
        for piece in pieces:
            name = piece.meta.get(META_SPEAKER_NAME)
            if not isinstance(name, str):
                continue
            place = piece.meta.get(META_SPEAKER_AT)
            if speaker is None and place is None:
                return name
            if speaker is not None and place and speaker.start < place[1] and place[0] < speaker.end:
                return name
            self._repair(f"the speaker is another one now; the name {name!r} of the former is left out", piece.item)
        return None

    def _build_claims(self) -> list[Claim]:
        claims = []
        for region in self.parts.values():
            if not self.links.plays(region.id, "claim"):
                continue
            claimer = self._follow("claimer", [region])
            worthy = self._choose_one(region, CHECK_WORTHY, self.schema.check_worthy_values)
            kind = self._choose_one(region, CLAIM_KIND, None if self.keep_all else self.schema.claim_kinds)
            if worthy is None or kind is None:
                missing = " and ".join(
                    name for name, value in ((CHECK_WORTHY, worthy), (CLAIM_KIND, kind)) if value is None
                )
                if not self.keep_all:
                    self._quarantine(f"a claim without {missing}; open the task and choose", region.item)
                    continue
                worthy = worthy or self.schema.check_worthy_values[-1]
                kind = kind or self.schema.claim_kinds[-1]
                self._repair(f"claims without {missing}, read as {worthy} and {kind}", region.item)
            score = region.meta.get(META_CHECK_SCORE)
            claims.append(
                Claim(
                    start=region.start,
                    end=region.end,
                    check_worthy=worthy == self.schema.check_worthy_values[0],
                    kind=kind,
                    claimer=claimer.span if claimer else None,
                    id=region.id,
                    score=read_score(score) if region.is_as_proposed else None,
                    confidence=region.kept_score,
                    origin=region.origin,
                    preannotator=region.preannotator,
                    note=region.note,
                )
            )
        return sorted(claims, key=sort_key)

    def _choose_one(self, region: Region, control: str, known: Sequence[str] | None) -> str | None:
        """The value that was chosen, of the known ones (None = any)."""
        chosen = None
        for name in self.choices.pop((region.id, control), []):
            if known is not None and name not in known:
                self._quarantine(f"{control} {name!r} is not in schema {self.schema.ref}", region.item)
            elif chosen is None:
                chosen = name
            elif name != chosen:
                self._quarantine(f"two values of {control}; {chosen} counts, not {name}", region.item)
        return chosen

    def _report_leftovers(self) -> None:
        for region in map(self.parts.__getitem__, self.links.unserved()):
            what = f"a {'+'.join(region.labels)} that no quote or claim points to"
            if region.id in self.predicted:
                self._repair(f"{what}; left over when its item was deleted", region.item)
            else:
                self._quarantine(f"{what}; draw the relation or delete it", region.item)
        for (region_id, control), names in self.choices.items():
            item = {"id": region_id, "from_name": control, "choices": names}
            if region_id in self.parts or region_id in self.entities:
                self._repair(f"{control} {names} on a region that has no such attribute (any more)", item)
            else:
                self._quarantine(f"{control} {names} for a region that is not there", item)

    def _repair(self, reason: str, item: Any) -> None:
        self.remarks.append(repaired(reason, item))

    def _quarantine(self, reason: str, item: Any) -> None:
        self.remarks.append(quarantined(reason, item))
