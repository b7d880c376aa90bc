"""The practice task: one short paragraph with a draft that needs corrections, and which above it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from annotate.practice import PRACTICE
from annotate.records import Claim, Entity, Layers, Quote, Span
from annotate.schema import Label, Schema
from annotate.task_json.tasks import Task
from annotate.task_json.to_result import to_result

TEXT = (
    "Ana Prado opened a bridge in Northport on Monday. “It will carry 20,000 people a day,” the mayor told Eva Lund. "
    "The old bridge had been closed since 2019."
)
TITLE = "Practice: try these corrections; nothing here counts"
_ID = "practice"


def build_practice(schema: Schema, model: str) -> Task:
    """The task on which newcomers practise the layers of the schema; `is_practice` tells it from articles.

    Its prediction is the least certain of all, so that it also comes first where the least certain does.

    Args:
        model: the prediction's `model_version`: the server shows annotators those of one model.

    >>> from annotate.schema import load_schema
    >>> task = build_practice(load_schema("news").restrict(("entities",)), "rules-1")
    >>> print(task["data"]["title"], task["data"]["annotate_practice"], sep="\\n")
    Practice: try these corrections; nothing here counts
    1. “Northport” is a place: click it, press g (GPE).
    2. Mark the two names: press p (PERSON), drag over “Ana Prado”; the same for “Eva Lund”.
    3. Delete the mark on “bridge”: click it, press Backspace.
    4. Press Skip, below, and begin with the first article.
    """
    steps = [*_list_steps(schema), "Press Skip, below, and begin with the first article."]
    entry = {
        "model_version": model,
        "score": 0.0,
        "result": to_result(_draft(schema), TEXT, schema, article_id=_ID, model=model),
    }
    data = {"text": TEXT, "title": TITLE, PRACTICE: "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))}
    return {"data": data, "predictions": [entry]}


def _list_steps(schema: Schema) -> Iterator[str]:
    """What to correct, as instructions."""
    if schema.entities:
        place, person = _pick_entity_labels(schema.entities.labels)
        if place is not person:
            yield f"“Northport” is a place: click it, {_press(place)}."
        yield f"Mark the two names: {_press(person)}, drag over “Ana Prado”; the same for “Eva Lund”."
        yield "Delete the mark on “bridge”: click it, press Backspace."
    if schema.quotes:
        yield f"Mark who is quoted: {_press(schema.part('speaker'))}, drag over “the mayor”."
        yield "Link the quote to it: click the quote, press Alt+R, click “the mayor”."
    if schema.claims:
        yes = _press(schema.claims.check_worthy[0])
        yield f"The claim about the old bridge is worth checking: click it, {yes}."
        yield (
            f"Mark a claim: {_press(schema.part('claim'))}, drag over “It will carry 20,000 people a day”, click it, "
            f"{yes}, {_press(_pick(schema.claims.kinds, 'commitment_or_prediction', 0))}."
        )


def _draft(schema: Schema) -> Layers:
    layers = Layers()
    if schema.entities:
        _, person = _pick_entity_labels(schema.entities.labels)
        wrong = person.name
        marks = [("Northport", wrong), ("bridge", wrong), ("Monday", "DATE"), ("20,000", "CARDINAL"), ("2019", "DATE")]
        layers.entities = [Entity(*_find(words), name) for words, name in marks if name in schema.entity_labels]
    if schema.quotes:
        content = Span(*_find("“It will carry 20,000 people a day,”"))
        layers.quotes = [Quote("direct", [content], cue=Span(*_find("told")))]
    if schema.claims:
        kind = _pick(schema.claims.kinds, "event", -1).name
        opened, closed = "Ana Prado opened a bridge in Northport on Monday", "The old bridge had been closed since 2019"
        layers.claims = [Claim(*_find(opened), True, kind), Claim(*_find(closed), False, kind)]
    return layers


def _pick_entity_labels(labels: Sequence[Label]) -> tuple[Label, Label]:
    """The labels of places and of persons; the first and the last where a schema lacks them."""
    return _pick(labels, "GPE", 0), _pick(labels, "PERSON", -1)


def _pick(labels: Sequence[Label], name: str, otherwise: int) -> Label:
    return next((label for label in labels if label.name == name), labels[otherwise])


def _press(label: Label) -> str:
    return f"press {label.hotkey} ({label.name})" if label.hotkey else f"choose {label.name}"


def _find(words: str) -> tuple[int, int]:
    start = TEXT.index(words)
    return start, start + len(words)
