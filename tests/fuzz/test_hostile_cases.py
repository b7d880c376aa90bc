"""Every small file made to hurt, through every command that reads its kind: exit 0, or 1 with one message."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from typer.testing import Result

from annotate.errors import AnnotateError
from annotate.formats import read_predictions
from annotate.records import Article
from tests.support.commands import run

pytestmark = pytest.mark.slow

TEXT = "Mayor Ann Lee said “Rain fell” in Oslo."
GOOD = {"id": "a", "text": TEXT, "entities": [{"start": 6, "end": 13, "label": "PERSON"}], "quotes": [], "claims": []}
FORMATS = ("spacy", "conll", "brat", "prodigy", "labelstudio", "strings", "jsonl", "hf")


def try_out(*arguments: str | Path) -> Result:
    """`annotate ARGUMENTS` in this process; it must end neither in an exception nor in a failure without a message."""
    result = run(*arguments, code=None)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments}: {result.exception!r}") from result.exception
    assert result.exit_code in (0, 1), (arguments, result.output)
    assert result.stderr.count("error: ") == result.exit_code, (arguments, result.stderr)
    assert "Traceback" not in result.output
    assert "\x1b" not in result.stderr
    return result


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_text(json.dumps({**GOOD, "annotators": ["x"]}), "utf-8")
    return path


@pytest.mark.slow
def test_hostile_articles_are_refused_or_predicted(hostile_cases: Path, tmp_path: Path) -> None:
    tried = 0
    for path in sorted(hostile_cases.iterdir()):
        output = tmp_path / f"{path.name}.out"
        result = try_out("preannotate", path, "-o", output, "--preannotator", "rules")
        assert (result.exit_code == 0) == output.exists(), path
        tried += 1
    assert tried > 50


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deep300.jsonl", "nested more than 100"),
        ("deep900.jsonl", "nested more than 100"),
        ("num_nan.jsonl", "NaN is not a JSON number"),
        ("num_big.jsonl", "does not fit into 64 bits"),
        ("surrogate_id.jsonl", "unpaired surrogate"),
        ("cr.csv", "carriage return"),
        ("dupcol.csv", "appears twice"),
        ("pq_dup.parquet", "appears twice"),
        ("pq_norows.parquet", "no articles"),
        ("pq_datefar.parquet", "column date"),
        ("blank.jsonl", "no articles"),
    ],
)
def test_what_the_message_names(hostile_cases: Path, tmp_path: Path, name: str, words: str) -> None:
    result = try_out("preannotate", hostile_cases / name, "-o", tmp_path / "p.jsonl", "--preannotator", "rules")
    assert result.exit_code == 1
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_hostile_records_are_refused_or_used_by_every_command(hostile_cases: Path, tmp_path: Path, good: Path) -> None:
    tried = 0
    for path in sorted(hostile_cases.glob("*.jsonl")):
        try_out("score", path, "--gold", good, "--format", "json")
        try_out("score", good, "--gold", path, "--format", "json")
        try_out("explore", path, "-o", tmp_path / f"{path.stem}.html")
        try_out("agree", path, "--trials", "0")
        try_out("adjudicate", path, "-o", tmp_path / f"{path.stem}.d.jsonl")
        tried += 1
    assert tried > 40


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_records_are_refused_or_exported(hostile_cases: Path, tmp_path: Path, format: str) -> None:
    for path in sorted(hostile_cases.glob("*.jsonl")):
        try_out("export", path, "--to", format, "-o", tmp_path / path.stem)


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_files_are_refused_or_read_in_every_format(hostile_cases: Path, format: str) -> None:
    for path in sorted(hostile_cases.iterdir()):
        with contextlib.suppress(AnnotateError):
            read_predictions(path, format, texts=[Article(id="a", text=TEXT)])


@pytest.mark.parametrize(
    "arguments",
    [["adjudicate"], ["explore"], ["preannotate"], ["export", "--to", "jsonl"]],
    ids=lambda given: given[0],
)
def test_an_output_that_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(json.dumps({**GOOD, "annotator": "x"}), "utf-8")
    assert try_out(*arguments, "a.jsonl", "-o", ".").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_an_export_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "blank.jsonl").write_text("\n \n")
    for format in FORMATS:
        result = try_out("export", tmp_path / "blank.jsonl", "--to", format, "-o", tmp_path / "out")
        assert result.stderr == "error: nothing to write: no record\n"
        assert not (tmp_path / "out").exists()
