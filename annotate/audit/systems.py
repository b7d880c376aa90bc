"""Items on which several systems agree with each other and not with gold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from annotate.agreement.positions import Position, align_items
from annotate.audit.finding import Finding, make_finding
from annotate.items import choose_item, name_of, ranges_of, spans_of
from annotate.records import LAYERS, Entity, GoldRecord, Item, Prediction, get_layer
from annotate.spans import shared
from annotate.text.text_index import TextIndex

GOLD = ""
"""The name under which gold takes part in the alignment; no system is called so."""


def find_system_conflicts(
    gold: Sequence[GoldRecord], systems: Mapping[str, Mapping[str, Prediction]]
) -> Iterator[Finding]:
    """Places where at least two systems agree with each other on extent and label, and not with gold.

    Args:
        systems: predictions by article id, by system. A system without the article or the layer is not counted there.
    """
    for record in gold:
        index = TextIndex(record.text or "")
        for layer in LAYERS:
            items = get_layer(record, layer)
            if items is None:
                continue
            voices: dict[str, list[Item]] = {GOLD: items}
            for name, predictions in systems.items():
                found = get_layer(predictions[record.id], layer) if record.id in predictions else None
                if found is not None:
                    voices[name] = found
            if len(voices) < 3:
                continue
            for position in align_items(layer, voices, index):
                finding = _judge(record, position, len(voices) - 1)
                if finding is not None:
                    yield finding


def _judge(record: GoldRecord, position: Position, n_systems: int) -> Finding | None:
    says = {name: _what(values) for name, values in position.values.items()}
    ours = says.pop(GOLD, None)
    if not says:
        assert ours is not None  # noqa: S101 - a position has an item
        gold = position.items[GOLD]
        score = round(0.4 * _weight(n_systems), 3)
        reason = f"none of {n_systems} systems marks it"
        return make_finding(record, "systems-drop", score, gold, reason, label=name_of(gold))
    votes = {what: [name for name in says if says[name] == what] for what in says.values()}
    best, names = max(votes.items(), key=lambda entry: (len(entry[1]), repr(entry[0])))
    if len(names) < 2 or best == ours:
        return None
    item = choose_item(position.items[name] for name in names)
    share = round(len(names) / n_systems * _weight(n_systems), 3)
    agree = f"{len(names)} of {n_systems} systems agree"
    if ours is None:
        if shared(spans_of(item), [*(record.ignore or ()), *(record.excluded or ())]):
            return None
        reason = f"{agree} that this is {name_of(item)}"
        return make_finding(record, "systems-add", share, item, reason, label=None, proposed=item)
    gold = position.items[GOLD]
    if isinstance(item, Entity) and isinstance(gold, Entity) and item.label in (gold.alt_labels or ()):
        return None
    text = record.text or ""
    words = " ... ".join(text[start:end] for start, end in ranges_of(item))
    reason = f"{agree} on {words!r} as {name_of(item)}"
    return make_finding(record, "systems-change", share, gold, reason, label=name_of(gold), proposed=item)


def _what(values: Mapping[str, object]) -> tuple[object, ...]:
    """What is compared: extent and label, type or kind; not speakers or claimers."""
    return tuple(values[field] for field in ("extent", "label", "type", "kind") if field in values)


def _weight(n_systems: int) -> float:
    """More systems together are better evidence: 2/3 for two, 3/4 for three, towards 1 (Laplace's rule)."""
    return n_systems / (n_systems + 1)
