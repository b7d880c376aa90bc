"""Whether two items are the same: one answer, whoever is asked.

Each pair differs in exactly one thing. Everything that compares items, from agreement to the check for duplicates,
has to see the pair as the same or as different, as the table says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from annotate.adjudication import adjudicate_annotations
from annotate.agreement import agree
from annotate.agreement.versions import group_submitted
from annotate.differences import compare_items
from annotate.errors import ScoreError
from annotate.explore.page import render_explorer
from annotate.explore.versions import Version
from annotate.items import identity_of, layer_of
from annotate.labelstudio.effort import effort
from annotate.labelstudio.pull.certificate import Certificate
from annotate.preannotate.merge import merge_layers
from annotate.records import Annotation, Claim, Entity, GoldRecord, Item, Layers, Quote, Span
from annotate.release.provenance import Submitted
from annotate.score.evaluate import evaluate
from annotate.task_json.outcomes import settle_origins

TEXT = "“It rained,” Ann Lee of Acme said on Monday, “all week.” She added that it would go on."
ENTITY = Entity(13, 20, "PERSON")
QUOTE = Quote("direct", [Span(0, 12), Span(45, 56)], speaker=Span(13, 28), cue=Span(29, 33))
CLAIM = Claim(71, 86, True, "event", claimer=Span(57, 60))
OTHER = Span(24, 28)

SAME: list[tuple[str, Item, dict[str, Any]]] = [
    ("speaker_name", QUOTE, {"speaker_name": "Ann Lee"}),
    ("fragment order", QUOTE, {"content": QUOTE.content[::-1]}),
    ("text of a fragment", QUOTE, {"content": [Span(0, 12, TEXT[:12]), QUOTE.content[1]]}),
    ("id of a speaker", QUOTE, {"speaker": Span(13, 28, id="s1")}),
    ("confidence", CLAIM, {"confidence": 0.5}),
    *(
        (f"{name} of {layer_of(item)}", item, {name: value})
        for item in (ENTITY, QUOTE, CLAIM)
        for name, value in (("score", 0.5), ("note", "sure?"), ("preannotator", "x"), ("annotators", ["x"]))
    ),
    *((f"id of {layer_of(item)}", item, {"id": "i1"}) for item in (ENTITY, QUOTE, CLAIM)),
]
DIFFERENT: list[tuple[str, Item, dict[str, Any]]] = [
    ("label", ENTITY, {"label": "ORG"}),
    ("start", ENTITY, {"start": 17}),
    ("end of a claim", CLAIM, {"end": 83}),
    ("type", QUOTE, {"type": "mixed"}),
    ("a fragment less", QUOTE, {"content": QUOTE.content[:1]}),
    ("another fragment", QUOTE, {"content": [QUOTE.content[0], Span(46, 56)]}),
    ("speaker", QUOTE, {"speaker": OTHER}),
    ("no speaker", QUOTE, {"speaker": None}),
    ("cue", QUOTE, {"cue": OTHER}),
    ("no cue", QUOTE, {"cue": None}),
    ("kind", CLAIM, {"kind": "statistic"}),
    ("worth", CLAIM, {"check_worthy": False}),
    ("claimer", CLAIM, {"claimer": OTHER}),
    ("no claimer", CLAIM, {"claimer": None}),
]


def layers(*items: Item) -> dict[str, Any]:
    return {layer_of(items[0]): list(items)}


def by(name: str, *items: Item, predicted: Item | None = None) -> Annotation:
    before = None if predicted is None else Layers(**layers(predicted))
    return Annotation(id="a", text=TEXT, annotator=name, predicted=before, **layers(*items))


def ask_identity(a: Item, b: Item) -> bool:
    return identity_of(a) == identity_of(b)


def ask_diff(a: Item, b: Item) -> bool:
    found = compare_items(Layers(**layers(a)), Layers(**layers(b)))
    return all(change.changes == ("revised",) for change in found)


def ask_merge(a: Item, b: Item) -> bool:
    merged = merge_layers([("one", Layers(**layers(a))), ("two", Layers(**layers(b)))])
    return [item.preannotator for item in getattr(merged, layer_of(a))] == ["one+two"]


def ask_score(a: Item, b: Item) -> bool:
    gold = GoldRecord(id="a", text=TEXT, **layers(a, b))
    try:
        evaluate([gold], [], missing="empty", trials=0)
    except ScoreError as error:
        return all("appears twice" in problem for problem in error.problems)
    return False


def ask_signing(a: Item, b: Item) -> bool:
    decided = GoldRecord(
        id="a", text=TEXT, annotators=["ann", "bob"], **layers(msgspec.structs.replace(a, annotators=None))
    )
    signed = Submitted([by("ann", a), by("bob", b)], None).sign(decided)
    (item,) = getattr(signed, layer_of(a))
    return bool(item.annotators == ["ann", "bob"])


def ask_agreement(a: Item, b: Item) -> bool:
    return bool(agree([by("ann", a), by("bob", b)], trials=0).outcomes[layer_of(a)]["agreed"] == 1)


def ask_f1(a: Item, b: Item) -> bool:
    """Strict F1 uses extents and entities' labels only; the other fields count as agreed."""
    found = agree([by("ann", a), by("bob", b)], trials=0)
    match = "strict" if isinstance(a, Entity) else "exact"
    fields = found.outcomes[layer_of(a)]["fields"]
    attributes = all(counts["equal"] for name, counts in fields.items() if name != "extent")
    return found.ceiling[f"f1:{match}:{layer_of(a)}"] == 1.0 and attributes


def ask_versions(a: Item, b: Item) -> bool:
    (version,) = group_submitted([by("ann", a, b)])["a"]
    return len(getattr(version, layer_of(a))) == 1


def ask_adjudication(a: Item, b: Item) -> bool:
    return bool(adjudicate_annotations([by("ann", a), by("bob", b)], strategy="unanimous").decided)


def ask_certificate(a: Item, b: Item) -> bool:
    certificate = Certificate(toolkit="", url="", schema="", pulled_at="")
    _, changes = settle_origins(Layers(**layers(b)), Layers(**layers(a)), TEXT)
    certificate.count_annotation(certificate.trim(by("ann", b, predicted=a)), changes, verified=True)
    return certificate.changes[layer_of(a)]["unchanged"] == 1


def ask_effort(a: Item, b: Item) -> bool:
    return sum(row.unchanged for row in effort([by("ann", b, predicted=a)]).changes) == 1


def ask_explore(a: Item, b: Item) -> bool:
    page = render_explorer([Version("ann", {"a": by("ann", a)}), Version("bob", {"a": by("bob", b)})])
    return '"state":"differs"' not in page.replace(" ", "")


Ask = Callable[[Item, Item], bool]
ON_OFFSETS: list[Ask] = [ask_identity, ask_diff, ask_merge, ask_score]
ON_ANNOTATIONS: list[Ask] = [
    ask_signing, ask_agreement, ask_f1, ask_versions, ask_adjudication, ask_certificate, ask_effort, ask_explore,
]  # fmt: skip


BLANK: list[tuple[str, Item, dict[str, Any]]] = [
    ("blank behind", ENTITY, {"end": 21}),
    ("blank before", ENTITY, {"start": 12}),
    ("comma behind a claim", Claim(13, 43, True, "event"), {"end": 45}),
    ("full stop", CLAIM, {"end": 87}),
    ("blank behind a fragment", QUOTE, {"content": [Span(0, 13), Span(44, 57)]}),
    ("blank behind a speaker", QUOTE, {"speaker": Span(12, 29)}),
    ("blank behind a claimer", CLAIM, {"claimer": Span(56, 61)}),
]


@pytest.mark.parametrize("ask", ON_ANNOTATIONS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize(("item", "changes"), [row[1:] for row in BLANK], ids=[row[0] for row in BLANK])
def test_what_annotators_drag_over_at_the_edges_makes_no_difference(
    ask: Ask, item: Item, changes: dict[str, Any]
) -> None:
    other = msgspec.structs.replace(item, **changes)
    assert ask(item, other)
    assert ask(other, item)


@pytest.mark.parametrize("ask", ON_OFFSETS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize(("item", "changes"), [row[1:] for row in BLANK], ids=[row[0] for row in BLANK])
def test_offsets_of_machines_and_gold_are_taken_as_they_are(ask: Ask, item: Item, changes: dict[str, Any]) -> None:
    assert not ask(item, msgspec.structs.replace(item, **changes))


@pytest.mark.parametrize("ask", ON_OFFSETS + ON_ANNOTATIONS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize(
    ("item", "changes", "same"),
    [(item, changes, True) for _, item, changes in SAME] + [(item, changes, False) for _, item, changes in DIFFERENT],
    ids=[f"same: {name}" for name, _, _ in SAME] + [f"different: {name}" for name, _, _ in DIFFERENT],
)
def test_every_question_of_sameness_is_answered_alike(
    ask: Ask, item: Item, changes: dict[str, Any], same: bool
) -> None:
    other = msgspec.structs.replace(item, **changes)
    assert ask(item, other) == same
    assert ask(other, item) == same
