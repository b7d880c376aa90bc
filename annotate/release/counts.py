"""What a release holds and where it comes from, counted while its records are read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from annotate.items import label_of
from annotate.records import LAYERS, GoldRecord, Layer, get_layer
from annotate.selected import Pools, find_selected


class Counts:
    """Adds up articles, spans and provenance, record by record.

    >>> from annotate.records import Entity
    >>> counts = Counts()
    >>> counts.add(GoldRecord(id="a", text="Ann", entities=[Entity(0, 3, "PERSON")], split="dev", cluster="c1"))
    >>> counts.to_dict()["layers"]["entities"]
    {'articles': 1, 'spans': 1, 'labels': {'PERSON': 1}}
    """

    def __init__(self) -> None:
        self.articles = 0
        self._clusters: set[str] = set()
        self._layer_articles: Counter[Layer] = Counter()
        self._labels: dict[Layer, Counter[str]] = {layer: Counter() for layer in LAYERS}
        self._check_worthy: Counter[str] = Counter()
        self._splits: dict[str, Counter[str]] = defaultdict(Counter)
        self._provenance: dict[str, Counter[str]] = defaultdict(Counter)
        self._weighted = False
        self._pools = Pools()

    def add(self, record: GoldRecord) -> None:
        """Count one record."""
        self.articles += 1
        split = self._splits[record.split or ""]
        split["articles"] += 1
        if record.cluster:
            self._clusters.add(record.cluster)
        for layer in LAYERS:
            items = get_layer(record, layer)
            if items is None:
                continue
            self._layer_articles[layer] += 1
            split[layer] += len(items)
            for item in items:
                self._labels[layer][label_of(item)] += 1
                if layer == "claims":
                    self._check_worthy["yes" if item.check_worthy else "no"] += 1
                self._provenance["origins"][item.origin or "not recorded"] += 1
                self._provenance["preannotators"][item.preannotator or "none"] += 1
        for key, value in _article_provenance(record):
            self._provenance[key][value] += 1
        if record.weight is not None:
            self._weighted = True
            selected, _ = find_selected(record)
            if selected is not None:
                self._pools.add(selected)

    def to_dict(self) -> dict[str, Any]:
        """Articles, clusters, and per layer the articles that have it, its spans, and its labels."""
        layers: dict[str, Any] = {
            layer: {
                "articles": self._layer_articles[layer],
                "spans": self._labels[layer].total(),
                "labels": dict(sorted(self._labels[layer].items())),
            }
            for layer in LAYERS
            if self._layer_articles[layer]
        }
        if "claims" in layers:
            layers["claims"]["check_worthy"] = dict(sorted(self._check_worthy.items()))
        return {
            "articles": self.articles,
            "clusters": len(self._clusters),
            "layers": layers,
            "splits": {split: dict(sorted(counts.items())) for split, counts in sorted(self._splits.items())},
        }

    def selection(self) -> list[dict[str, Any]] | None:
        """The pools that weighted articles were selected from; None where no article has a weight."""
        return self._pools.describe() if self._weighted else None

    def provenance(self) -> dict[str, dict[str, int]]:
        """Articles by annotator, model, guideline, rule and licence, and spans by origin and preannotator."""
        return {key: dict(sorted(counts.items())) for key, counts in sorted(self._provenance.items())}


def _article_provenance(record: GoldRecord) -> Iterator[tuple[str, str]]:
    for annotator in record.annotators:
        yield "annotators", annotator
    yield "models", record.model or "none"
    yield "guidelines", record.guideline or "not recorded"
    yield "decided_by", record.decided_by or "not recorded"
    yield "licences", record.licence or "unknown"
    yield "schemas", record.schema or "not recorded"
