"""The audit's queue in a real Label Studio: doubted spans carry the reason, proposals are beside them."""

from __future__ import annotations

from pathlib import Path

from annotate.jsonl import write_records
from annotate.labelstudio.connection import Connection
from annotate.records import Entity, GoldRecord, Prediction, Quote, Span
from tests.support.commands import run

TEXT = 'Rome fell 😀. Rome rose. Rome stood. Rome slept. Rome woke. "It did," said Ada.'


def test_doubts_and_proposals_reach_the_annotator(server: Connection, tmp_path: Path) -> None:
    starts = [i for i in range(len(TEXT)) if TEXT.startswith("Rome", i)]
    labels = ["GPE", "GPE", "ORG", "GPE", "GPE"]
    entities = [Entity(start, start + 4, label) for start, label in zip(starts, labels, strict=True)]
    said = Span(TEXT.index('"'), TEXT.index(" said"))
    gold = [
        GoldRecord(id="doubted", text=TEXT, entities=entities, quotes=[]),
        GoldRecord(id="sound", text="x", entities=[]),
    ]
    systems = [Prediction(id="doubted", quotes=[Quote("direct", [said])])]
    paths = [tmp_path / name for name in ("gold.jsonl", "one.jsonl", "two.jsonl")]
    for path, records in zip(paths, (gold, systems, systems), strict=True):
        write_records(path, records)

    done = run("audit", paths[0], "--push", "Audit queue", "--predictions", paths[1], "--predictions", paths[2])
    assert "2 findings in 1 article, now in 'Audit queue'" in done.stderr

    [project] = server.find_projects("Audit queue")
    [task] = server.iter_tasks(project["id"])
    assert task["data"]["doc_id"] == "doubted"
    items = task["predictions"][-1]["result"]
    notes = {
        (item["value"]["start"], item["value"]["labels"][0]): item.get("meta", {}).get("text", [None])[0]
        for item in items
        if item["type"] == "labels"
    }
    assert notes[starts[2], "ORG"] == "audit: GPE in 4 of 5 places"
    assert notes[starts[2], "GPE"] == "audit proposes this: GPE in 4 of 5 places"
    assert notes[starts[0], "GPE"] is None
    assert "systems agree that this is direct quote" in str(notes[said.start, "QUOTE"])
