"""Where a release comes from: who submitted what before the decision, and what they started from."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import msgspec

from annotate.agreement import agree
from annotate.items import identity_of, iter_items, layer_of, map_items, trim_annotation, trim_item
from annotate.records import Annotation, GoldRecord, Item, Prediction
from annotate.release.pseudonyms import Pseudonyms
from annotate.schema import Schema
from annotate.score.evaluate import evaluate


class Released(Protocol):
    """The released records by id."""

    def __contains__(self, id: object, /) -> bool: ...

    def __getitem__(self, id: str, /) -> GoldRecord: ...


class Background(NamedTuple):
    """What a manifest has of the annotations behind a release (`annotate.gold.manifest.Manifest`)."""

    date: str | None
    work: dict[str, Any]
    agreement: dict[str, Any] | None
    ceiling: dict[str, float | None]
    preannotators: dict[str, Any]


class Submitted:
    """The annotations behind a release, and the predictions; None = not given; then nothing is checked against them.

    Args:
        annotations: of everybody; skipped ones and drafts are left out.
        predictions: what was offered to annotators, the share that was held back on purpose included; None = what the
            annotations say that they started from.
    """

    def __init__(self, annotations: Iterable[Annotation] | None, predictions: Iterable[Prediction] | None) -> None:
        self._given = annotations is not None
        self.annotations = [trim_annotation(a) for a in annotations or () if a.status == "submitted"]
        self.predictions = None if predictions is None else list(predictions)
        self._by_id: dict[str, list[Annotation]] = defaultdict(list)
        for annotation in self.annotations:
            self._by_id[annotation.id].append(annotation)

    def find_problems(self, record: GoldRecord, earlier: Collection[str] = ()) -> Iterator[str]:
        """A sentence for each annotator of the record who did not submit this article.

        Those whom the parent release names for it (`earlier`) did, though what they submitted may be kept no longer.
        """
        if not self._given:
            return
        known = {annotation.annotator for annotation in self._by_id.get(record.id, ())}
        for name in record.annotators:
            if name not in known and name not in earlier:
                found = f"submitted by {', '.join(sorted(known))}" if known else "submitted by nobody"
                yield f"annotator {name!r} did not submit this article; in the annotations it is {found}"

    def sign(self, record: GoldRecord) -> GoldRecord:
        """The record, each item without `annotators` with those of the record's annotators who submitted the same.

        The same means in content, label, attributes and links (`annotate.items.identity_of`); white space and marks at
        the edges, scores and the name of a quote's speaker play no part. An item that nobody submitted in this form,
        because a reviewer made it, stays without names.
        """
        text = record.text or ""

        def key_of(item: Item) -> Hashable:
            return layer_of(item), identity_of(trim_item(item, text), text)

        marked: dict[Hashable, list[str]] = defaultdict(list)
        for version in self._by_id.get(record.id, ()):
            if version.annotator in record.annotators:
                for key in {key_of(item) for _, item in iter_items(version)}:
                    marked[key].append(version.annotator)

        def sign(item: Any) -> Any:
            return item if item.annotators else msgspec.structs.replace(item, annotators=marked.get(key_of(item)))

        return map_items(record, sign)

    @property
    def articles(self) -> set[str]:
        """The ids of the articles that anybody submitted."""
        return set(self._by_id)

    def rename(self, pseudonyms: Pseudonyms) -> None:
        """From here on, annotators go by their pseudonyms; records are checked and signed before."""
        self.annotations = [pseudonyms.rename_annotation(annotation) for annotation in self.annotations]
        if self.predictions is not None:
            self.predictions = [pseudonyms.rename_prediction(prediction) for prediction in self.predictions]

    def describe(self, schema: Schema, released: Released) -> Background:
        """What the annotations of the released articles add to the manifest: dates, work, agreement, scores."""
        here = [annotation for annotation in self.annotations if annotation.id in released]
        here.sort(key=lambda annotation: (annotation.id, annotation.annotator))
        dates = [annotation.updated_at or annotation.created_at for annotation in here]
        agreement, ceiling = None, {}
        if len(here) > len({annotation.id for annotation in here}):
            agreement = agree(here, schema=schema).to_dict()
            ceiling = agreement.pop("ceiling")
            # examples quote articles, and a release may be passed on without their texts
            agreement.pop("patterns")
        return Background(
            date=max((date[:10] for date in dates if date), default=None),
            work=_describe_work(here),
            agreement=agreement,
            ceiling=ceiling,
            preannotators=_score_preannotators(self._offered(here), here, schema, released),
        )

    def _offered(self, here: list[Annotation]) -> list[Prediction]:
        if self.predictions is not None:
            return sorted(self.predictions, key=lambda prediction: prediction.id)
        offered: dict[tuple[str, str], Prediction] = {}
        for annotation in here:
            if annotation.predicted is not None and annotation.model:
                offered[annotation.model, annotation.id] = Prediction(
                    id=annotation.id,
                    entities=annotation.predicted.entities,
                    quotes=annotation.predicted.quotes,
                    claims=annotation.predicted.claims,
                    model=annotation.model,
                    text_sha256=annotation.text_sha256,
                )
        return list(offered.values())


def _describe_work(here: list[Annotation]) -> dict[str, Any]:
    """Per annotator: articles, those seen without a pre-annotation, and the median time for one, in seconds."""
    work: dict[str, Any] = {}
    for name in sorted({annotation.annotator for annotation in here}):
        mine = [annotation for annotation in here if annotation.annotator == name]
        times = [annotation.lead_time_s for annotation in mine if annotation.lead_time_s is not None]
        work[name] = {
            "articles": len(mine),
            "without_draft": sum(annotation.predicted is None for annotation in mine),
            "median_seconds": round(statistics.median(times), 1) if times else None,
        }
    return work


def _score_preannotators(
    offered: list[Prediction],
    here: list[Annotation],
    schema: Schema,
    released: Released,
) -> dict[str, Any]:
    """The scores of each pre-annotator against the release, where annotators saw its draft and where they did not.

    The difference of the two is the anchoring effect: how much of the agreement with the draft comes from seeing it.
    A draft that annotators saw without a record of its model counts as the draft of each.
    """
    seen = {(annotation.id, annotation.model) for annotation in here if annotation.predicted is not None}
    result: dict[str, Any] = {}
    for model in sorted({prediction.model or "unnamed" for prediction in offered}):
        mine = [prediction for prediction in offered if (prediction.model or "unnamed") == model]
        parts: dict[str, Any] = {}
        for part, wanted in (("draft shown", True), ("draft held back", False)):
            pairs = [
                (released[prediction.id], prediction)
                for prediction in mine
                if seen.isdisjoint({(prediction.id, model), (prediction.id, None)}) != wanted
                and prediction.id in released
            ]
            if pairs:
                report = evaluate([g for g, _ in pairs], [p for _, p in pairs], schema=schema, trials=0)
                values = {name: score.value for name, score in report.measures.items() if "/" not in name}
                parts[part] = {"articles": len(pairs), "measures": msgspec.to_builtins(values)}
        if parts:
            result[model] = parts
    return result
