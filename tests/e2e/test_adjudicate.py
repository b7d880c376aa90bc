"""Disputes through a real Label Studio: candidates pushed to a review project, the reviewer's version decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotate.adjudication import Decision
from annotate.jsonl import read_records, stream_records, write_records
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.records import Annotation, Claim, Entity, GoldRecord, Quote, Span
from tests.support.commands import run

TEXT = "President Ada Lovelace said in Paris that taxes 😀 would rise."
NAME, TITLED, PARIS = Entity(10, 22, "PERSON"), Entity(0, 22, "PERSON"), Entity(31, 36, "GPE")
CLAIM = Claim(42, 60, True, "event", Span(10, 22))


def by(annotator: str, article: str, entity: Entity, speaker: Span) -> Annotation:
    return Annotation(
        id=article,
        text=TEXT,
        annotator=annotator,
        schema="news/1.0.0",
        model="rules-0.1.0",
        entities=[entity, PARIS],
        quotes=[Quote("indirect", [Span(42, 60)], speaker, Span(23, 27))],
        claims=[CLAIM],
    )


def review(server: Connection, project: str, wrong: set[tuple[int, int]]) -> None:
    """Submit every task as a reviewer would after deleting the regions with these extents and what hangs on them."""
    [found] = server.find_projects(project)
    for task in server.iter_tasks(found["id"]):
        stored = task["predictions"][-1]
        notes = [item["meta"]["text"][0] for item in stored["result"] if item.get("meta", {}).get("text")]
        assert any(note.startswith("dispute 1a: proposed by") for note in notes)
        gone = {item["id"] for item in stored["result"] if _extent(item) in wrong}
        kept = [item for item in stored["result"] if not gone & {item.get(key) for key in ("id", "from_id", "to_id")}]
        kept = [{**item, "origin": "prediction"} if "value" in item else item for item in kept]
        server.sdk.annotations.create(id=task["id"], result=kept, parent_prediction=stored["id"], lead_time=3)


def _extent(item: dict[str, Any]) -> tuple[int, int] | None:
    return (item["value"]["start"], item["value"]["end"]) if item.get("from_name") == "entity" else None


def test_disputes_go_to_a_review_project_and_come_back_decided(server: Connection, tmp_path: Path) -> None:
    speaker = Span(0, 22)
    annotations, decided, reviews = tmp_path / "a.jsonl", tmp_path / "d.jsonl", tmp_path / "r.jsonl"
    same = [by(name, "same", NAME, speaker) for name in ("ann", "ben")]
    differ = [by("ann", "differ", NAME, speaker), by("ben", "differ", TITLED, speaker)]
    write_records(annotations, [*same, *differ])

    said = run("adjudicate", annotations, "-o", decided, "--push", "Review of disputes").stderr
    assert "1 of 2 articles decided; of all items" in said
    assert [record.id for record in read_records(decided, GoldRecord)] == ["same"]

    review(server, "Review of disputes", {(0, 22)})
    pulled, certificate = fetch_annotations("Review of disputes")
    assert certificate.is_clean
    write_records(reviews, pulled)

    said = run("adjudicate", annotations, "-o", decided, "--decisions", reviews).stderr
    assert "2 of 2 articles decided" in said
    first, second = sorted(read_records(decided, GoldRecord), key=lambda record: record.id)
    assert (first.id, first.annotators, first.model) == ("differ", ["ann", "ben"], "rules-0.1.0")
    assert first.decided_by == f"majority, review:{pulled[0].annotator}"
    assert [(e.start, e.end, e.label, e.note) for e in first.entities or ()] == [
        (10, 22, "PERSON", None),
        (31, 36, "GPE", None),
    ]
    assert [(q.type, q.speaker and q.speaker.start) for q in first.quotes or ()] == [("indirect", 0)]
    assert [(c.start, c.kind, c.check_worthy) for c in first.claims or ()] == [(42, "event", True)]
    assert second.decided_by == "majority"

    problems: list[str] = []
    log = list(stream_records(tmp_path / "d.decisions.jsonl", Decision, problems=problems))
    assert not problems
    (reviewed,) = [decision for decision in log if decision.rule == "review"]
    assert (reviewed.reason, reviewed.by) == ("the reviewer chose ann", pulled[0].annotator)
