"""Annotate once, through the command line: what was annotated goes to a copy, and the copy to Label Studio."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import annotate
from annotate.items import identity_of, iter_items, shift
from annotate.jsonl import read_records
from annotate.label_studio_server import Studio
from annotate.records import Article, Prediction
from tests.support.terminal import ANNOTATE


def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*ANNOTATE, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def make_pool(folder: Path) -> Path:
    """The seed articles, a copy of each with a line before it, and one that nobody has annotated."""
    gold = annotate.load_gold("news/0.1.0")
    copies = [Article(id=f"copy-{one.id}", text=f"LONDON (Reuters) -\n{one.text}") for one in gold]
    same = [Article(id=one.id, text=one.text or "") for one in gold]
    alone = Article(id="alone", text="Rain fell in Bergen on Monday, as it had on every day of the month before.")
    annotate.write_records(folder / "pool.jsonl", [*copies, *same, alone])
    return folder / "pool.jsonl"


def test_the_copies_of_a_release_carry_its_items(tmp_path: Path) -> None:
    pool, output = make_pool(tmp_path), tmp_path / "p.jsonl"
    done = run("transfer", "news/0.1.0", str(pool), "-o", str(output), "--draft", "none")
    assert "5 annotated already, 1 without an annotated copy" in done.stderr
    *report, written = done.stderr.splitlines()
    assert max(map(len, report)) <= 80
    assert written == f"{output}: 5 predictions"
    records = read_records(output, Prediction)
    gold = {record.id: record for record in annotate.load_gold("news/0.1.0")}
    assert [record.id for record in records] == [f"copy-{name}" for name in gold]
    for record in records:
        source = gold[record.meta["transfer"]["source"]]
        by = len(record.text or "") - len(source.text or "")
        expected = {identity_of(shift(item, by)) for _, item in iter_items(source)}
        found = {identity_of(item) for _, item in iter_items(record)}
        dropped = sum(record.meta["transfer"]["dropped"].values())
        assert len(expected - found) <= dropped + record.meta["transfer"]["lost_links"]
        assert found <= expected
        assert dropped <= 2  # what the text began with


def test_all_of_the_pool_in_one_file_of_one_model(tmp_path: Path) -> None:
    pool, output = make_pool(tmp_path), tmp_path / "p.jsonl"
    run("transfer", "news/0.1.0", str(pool), "-o", str(output), "--draft", "rules", "--all")
    lines = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert len(lines) == 6
    assert len({line["model"] for line in lines}) == 1
    assert ["transfer" in line.get("meta", {}) for line in lines] == [True] * 5 + [False]
    run("export", str(output), "--to", "conll", "-o", str(tmp_path / "p.conll"))


def test_wrong_inputs_are_one_message_each(tmp_path: Path) -> None:
    pool = str(make_pool(tmp_path))
    for gold, draft, message in (
        ("nowhere/1.0.0", "none", "no release or file called nowhere/1.0.0"),
        (pool, "nobody", "no preannotator 'nobody'"),
        ("news/0.1.0", "gone.jsonl", "gone.jsonl"),
    ):
        done = run("transfer", gold, pool, "-o", str(tmp_path / "p.jsonl"), "--draft", draft, code=1)
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    done = run("transfer", "news/0.1.0", pool, "-o", pool, code=1)
    assert "is also read" in done.stderr
    assert not (tmp_path / "p.jsonl").exists()


@pytest.mark.slow
def test_what_is_carried_is_shown_to_annotators_and_comes_back(studio: Studio, tmp_path: Path) -> None:
    access = {"url": studio.url, "api_key": studio.api_key}
    pool, output = make_pool(tmp_path), tmp_path / "p.jsonl"
    run("transfer", "news/0.1.0", str(pool), "-o", str(output), "--draft", "rules")
    annotate.push_predictions(output, "Copies", **access)
    records = read_records(output, Prediction)
    submitted = [
        annotate.Annotation(
            id=one.id,
            text=one.text,
            annotator="one@example.org",
            entities=one.entities,
            quotes=one.quotes,
            claims=one.claims,
        )
        for one in records
    ]
    annotate.submit_annotations(submitted, "Copies", **access)
    pulled, certificate = annotate.fetch_annotations("Copies", **access)
    assert certificate.is_clean
    assert {one.meta["transfer"]["source"] for one in pulled} == {one.id.removeprefix("copy-") for one in records}
    assert {one.model for one in pulled} == {records[0].model}
