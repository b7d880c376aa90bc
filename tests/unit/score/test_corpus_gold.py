"""Real gold with nested spans, ignored regions and alternative labels, where the corpora are there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from annotate.errors import ScoreError
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import evaluate
from tests.support.corpora import read_corpus


def blur(entity: Entity, length: int, chance: random.Random) -> Entity:
    """The mention, its edges moved now and then."""
    start = max(0, entity.start - chance.choice([0, 0, 3]))
    return Entity(start, min(length, entity.end + chance.choice([0, 0, 4])), entity.label)


@pytest.mark.parametrize("name", ["polnear_quotes.dev", "re3d_entities_named.dev", "gum_names.dev"])
def test_gold_against_itself_is_perfect(shared_data: Path, name: str) -> None:
    gold = read_corpus(shared_data, name, GoldRecord)
    predictions = [Prediction(id=g.id, entities=g.entities, quotes=g.quotes) for g in gold]
    report = evaluate(gold, predictions, trials=0)
    for measure, score in report.measures.items():
        assert score.value in (1.0, None), measure


def test_what_gold_ignores_changes_nothing(shared_data: Path) -> None:
    gold = read_corpus(shared_data, "re3d_entities_named.dev", GoldRecord)
    right = [Prediction(id=g.id, entities=g.entities) for g in gold]
    more = [
        Prediction(id=g.id, entities=[*(g.entities or []), *(Entity(r.start, r.end, "LAW") for r in g.ignore or [])])
        for g in gold
    ]
    assert sum(len(g.ignore or []) for g in gold) > 100
    # such a prediction may overlap gold too, but there a better partner stands: it is in no pair
    assert evaluate(gold, more, trials=0).counts == evaluate(gold, right, trials=0).counts


def test_order_changes_nothing_on_nested_gold(shared_data: Path) -> None:
    gold = read_corpus(shared_data, "re3d_entities_all.dev", GoldRecord)
    labels = {"PERSON", "ORG", "LOC", "NORP", "DATE", "MONEY", "QUANTITY"}
    with pytest.raises(ScoreError, match="schema news"):
        evaluate(gold, [])
    chance = random.Random(2)
    found = []
    for record in gold:
        record.entities = [entity for entity in record.entities or [] if entity.label in labels]
        length = len(record.text or "")
        found.append([blur(entity, length, chance) for entity in record.entities])
    results = []
    for _ in range(3):
        for entities in found:
            chance.shuffle(entities)
        predictions = [Prediction(id=g.id, entities=list(e)) for g, e in zip(gold, found, strict=True)]
        chance.shuffle(predictions)
        results.append(evaluate(gold, predictions, trials=100).to_dict())
    assert results[0] == results[1] == results[2]
