"""The signature of a score: everything that the values depend on, so that two reports can be compared at sight."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from annotate.label_map import LabelMap
from annotate.records import Layer
from annotate.score.claims import CLAIM_THRESHOLD
from annotate.score.measures import DEFINITIONS_VERSION
from annotate.score.options import ScoreOptions
from annotate.score.resampling import CONFIDENCE
from annotate.score.sample import Sample
from annotate.score.tables import GoldTable
from annotate.text.sentences import SPLITTER
from annotate.text.tokens import TOKEN
from annotate.version import __version__

_SHOWN = (
    *("schema", "definitions", "layers", "map", "by", "missing", "extra"),
    *("trials", "seed", "sentences", "annotate", "weights"),
)
"""What is in the one line, in this order, behind gold."""
_RESAMPLED = {"article": "documents", "story": "stories"}


def sign(gold: GoldTable, layers: Sequence[Layer], options: ScoreOptions, sample: Sample | None) -> dict[str, Any]:
    """The signature of a report on the layers that were scored; `sample` is given where gold's weights are used."""
    signature: dict[str, Any] = {
        "gold": options.gold_name or None,
        "gold_sha256": digest_gold(gold),
        "documents": {layer: int(gold.has[layer].sum()) for layer in layers},
        "gold_spans": count_gold_spans(gold, layers),
        "layers": list(layers),
        "schema": gold.schema.ref,
        "schema_sha256": gold.schema.digest,
        "definitions": DEFINITIONS_VERSION,
        "annotate": __version__,
        **options.to_signature(),
        "interval": f"expanded percentile {CONFIDENCE:.0%}, {_RESAMPLED[options.by]} resampled",
    }
    if gold.sample is not None:
        signature["weights"] = "none" if sample is None else "gold"
    if sample is not None:
        signature["interval"] += " within strata, degrees of freedom by Satterthwaite, spread of the jackknife or more"
        signature["interval"] += ", BCa where wider"
    if "quotes" in layers or "claims" in layers:
        signature["tokens"] = TOKEN.pattern
    if "claims" in layers:
        signature["claim_threshold"] = float(CLAIM_THRESHOLD)
        signature["sentences"] = _sentence_source(gold)
    return signature


def write_signature(signature: Mapping[str, Any]) -> str:
    """The signature on one line.

    >>> write_signature({"gold": "news/1.0.0/dev", "gold_sha256": "ab12cd34ef", "schema": "news/1.0.0", "seed": 0})
    'gold:news/1.0.0/dev@ab12cd34|schema:news/1.0.0|seed:0'
    """
    short = {"gold": f"{signature.get('gold') or 'records'}@{signature.get('gold_sha256', '')[:8]}"}
    for key in _SHOWN:
        if key in signature:
            value = signature[key]
            if key == "map":
                value = LabelMap.from_dict(value)
            short[key] = ",".join(value) if isinstance(value, list) else str(value)
    return "|".join(f"{key}:{value}" for key, value in short.items())


def digest_gold(gold: GoldTable) -> str:
    """The SHA-256 of what gold holds: ids, texts, layers, regions; whatever the order of articles and entities."""
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    for article, (name, text) in enumerate(zip(gold.ids, gold.texts, strict=True)):
        digest.update(encoder.encode([name, text]))
        quotes = [
            [
                sorted([span.start, span.end] for span in quote.content),
                quote.type,
                [[span.start, span.end] if span else [] for span in (quote.speaker, quote.cue)],
            ]
            for quote in gold.quotes.get(article, ())
        ]
        claims = [
            [
                *(claim.start, claim.end, claim.kind, claim.check_worthy),
                [claim.claimer.start, claim.claimer.end] if claim.claimer else [],
            ]
            for claim in gold.claims.get(article, ())
        ]
        regions = [[region.start, region.end, region.layer or ""] for region in gold.regions.get(article, ())]
        if quotes or claims or regions or article in gold.sentences:
            rest = [sorted(quotes, key=str), sorted(claims), sorted(regions), gold.sentences.get(article)]
            digest.update(encoder.encode(rest))
    table = gold.entities
    digest.update(np.stack([table.article, table.start, table.end, table.label]).astype("<i8").tobytes())
    further = {str(row): sorted(labels) for row, labels in sorted(table.alternatives.items())}
    has = {layer: flags.astype(int).tolist() for layer, flags in gold.has.items()}
    digest.update(encoder.encode([table.names, further, has]))
    if gold.sample is not None:
        digest.update(encoder.encode(gold.sample.weights.tolist()))
    return digest.hexdigest()


def count_gold_spans(gold: GoldTable, layers: Sequence[Layer]) -> dict[str, dict[str, int]]:
    """Gold items by layer and label (type of quote, kind of claim)."""
    counts: dict[str, dict[str, int]] = {}
    if "entities" in layers:
        sizes = np.bincount(gold.entities.label, minlength=len(gold.entities.names)).tolist()
        counts["entities"] = dict(zip(gold.entities.names, sizes, strict=True))
    for layer, items, label in (("quotes", gold.quotes, "type"), ("claims", gold.claims, "kind")):
        if layer in layers:
            names = [getattr(item, label) for found in items.values() for item in found]
            counts[layer] = {name: names.count(name) for name in sorted(set(names))}
    return counts


def _sentence_source(gold: GoldTable) -> str:
    with_claims = int(gold.has["claims"].sum())
    given = sum(bool(gold.has["claims"][article]) for article in gold.sentences)
    if given == with_claims:
        return "gold"
    return SPLITTER if given == 0 else f"gold in {given} documents, {SPLITTER} in {with_claims - given}"
