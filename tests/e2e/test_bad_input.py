"""Wrong input to the command line: one clear message, exit code 1, no traceback, nothing half-written."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.folders import contents
from tests.support.terminal import ANNOTATE

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO")}


def run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`annotate ARGUMENTS` in the folder, with an empty home."""
    environment = {**CLEAN, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # a full disk would leave half a .pyc behind for the other tests
    command = [*ANNOTATE, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, **options)


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, (result.returncode, result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: "), result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def write_lines(path: Path, *records: Any) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


GOLD = {
    "id": "a",
    "text": "Biden met Kadhimi.",
    "annotators": ["x"],
    "entities": [{"start": 0, "end": 5, "label": "PERSON"}],
}


def entity(**change: Any) -> dict[str, Any]:
    return {"id": "a", "text": "Biden met Kadhimi.", "entities": [{"start": 0, "end": 5, "label": "PERSON", **change}]}


ARTICLES: dict[str, tuple[Callable[[Path], Any], tuple[str, ...]]] = {
    "not UTF-8": (lambda p: (p / "in").mkdir() or (p / "in" / "a.txt").write_bytes(b"caf\xe9"), ("a.txt", "UTF-8")),
    "empty text": (lambda p: (p / "in").mkdir() or (p / "in" / "a.txt").write_text(" \n"), ("a.txt", "empty text")),
    "folder without articles": (lambda p: (p / "in").mkdir(), ("in",)),
    "missing source": (lambda p: None, ("in",)),
}

JSON_ARTICLES: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "broken line": (['{"id": "a", "text": "x"}', '{"id": "b", '], ("in.jsonl:2",)),
    "duplicate id": (['{"id": "a", "text": "x"}', '{"id": "a", "text": "y"}'], ("in.jsonl:2", "'a'")),
    "no id": (['{"text": "x"}'], ("in.jsonl:1", "id")),
    "carriage return": ([json.dumps({"id": "a", "text": "x\r\ny"})], ("in.jsonl:1", "--normalize")),
    "byte order mark": ([json.dumps({"id": "a", "text": "\ufeffx"})], ("in.jsonl:1", "--normalize")),
    "impossible date": ([json.dumps({"id": "a", "text": "x", "date": "2021-02-30"})], ("in.jsonl:1", "date")),
    "several at once": (['{"id": "a", "text": ""}', "nonsense", '{"id": "c", "text": 3}'], (":1", ":2", ":3")),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_wrong_folders_of_text_are_refused(tmp_path: Path, name: str) -> None:
    prepare, words = ARTICLES[name]
    prepare(tmp_path)
    assert_refused(run(tmp_path, "preannotate", "in", "-o", "out.jsonl", "--preannotator", "rules"), *words)
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("name", JSON_ARTICLES)
def test_wrong_structured_articles_are_refused(tmp_path: Path, name: str) -> None:
    lines, words = JSON_ARTICLES[name]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    assert_refused(run(tmp_path, "preannotate", "in.jsonl", "-o", "out.jsonl", "--preannotator", "rules"), *words)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix) == ["in.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preannotator", "magic"], ("magic", "rules")),
        (["--layers", "verbs"], ("verbs", "entities")),
        (["--schema", "nonsense"], ("nonsense", "news")),
        (["--schema", "absent.toml"], ("absent.toml",)),
    ],
)
def test_unknown_names_are_refused(tmp_path: Path, arguments: list[str], words: tuple[str, ...]) -> None:
    write_lines(tmp_path / "in.jsonl", {"id": "a", "text": "x"})
    assert_refused(run(tmp_path, "preannotate", "in.jsonl", "-o", "out.jsonl", *arguments), *words)


PREDICTIONS: dict[str, tuple[list[dict[str, Any]], tuple[str, ...]]] = {
    "offset beyond the text": ([entity(end=99)], ("[0, 99)",)),
    "reversed": ([entity(start=5, end=2)], ("[5, 2)",)),
    "empty span": ([entity(start=2, end=2)], ("[2, 2)",)),
    "negative": ([entity(start=-1)], ("[-1, 5)",)),
    "beyond all numbers": ([entity(end=10**30)], ("p.jsonl:1", "64 bits")),
    "text that is not there": ([entity(text="Biden,")], ("Biden,",)),
    "offset as text": ([entity(start="0")], ("start",)),
    "offset as a fraction": ([entity(start=0.0)], ("start",)),
    "another text": ([{**entity(), "text": "Biden met Kadhimi!"}], ("a",)),
    "article twice": ([entity(), entity()], ("a",)),
    "article missing": ([], ("a",)),
    "article unknown": ([entity(), {"id": "b", "entities": []}], ("b",)),
    "no content": ([{"id": "a", "quotes": [{"type": "direct", "content": []}], "entities": []}], ("content",)),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_predictions_that_cannot_be_scored(tmp_path: Path, name: str) -> None:
    records, words = PREDICTIONS[name]
    write_lines(tmp_path / "gold.jsonl", GOLD)
    write_lines(tmp_path / "p.jsonl", *records)
    assert_refused(run(tmp_path, "score", "p.jsonl", "--gold", "gold.jsonl"), *words)


def test_a_gold_label_that_no_schema_declares(tmp_path: Path) -> None:
    write_lines(tmp_path / "gold.jsonl", {**GOLD, "entities": [{"start": 0, "end": 5, "label": "POTUS"}]})
    write_lines(tmp_path / "p.jsonl", entity())
    assert_refused(run(tmp_path, "score", "p.jsonl", "--gold", "gold.jsonl"), "POTUS", "PERSON")


def test_the_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    kept = tmp_path / "mine" / "gold" / "news" / "1.0.0" / "manifest.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    assert_refused(run(tmp_path, "demo", "-o", "mine", "--stop"), "mine", "--output")
    assert contents(tmp_path / "mine") == {"gold/news/1.0.0/manifest.json": b"{}"}


def test_predictions_are_no_gold(tmp_path: Path) -> None:
    write_lines(tmp_path / "d.jsonl", entity())
    assert_refused(run(tmp_path, "release", "d.jsonl", "--name", "news", "--version", "1.0.0", "--to", "gold"))
    assert not (tmp_path / "gold" / "news").exists()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_lines(tmp_path / "d.jsonl", GOLD)
    result = run(tmp_path, "release", "d.jsonl", "--name", "news", "--version", "1.0.0", "--to", "gold")
    assert result.returncode == 0, result.stderr
    return tmp_path / "gold" / "news" / "1.0.0"


def test_a_release_is_never_written_over(tmp_path: Path, release: Path) -> None:
    before = contents(release)
    arguments = ["release", "d.jsonl", "--name", "news", "--version", "1.0.0", "--to", "gold"]
    assert_refused(run(tmp_path, *arguments), "1.0.0")
    assert contents(release) == before


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "news\n"])
def test_names_do_not_become_paths(tmp_path: Path, name: str) -> None:
    write_lines(tmp_path / "d.jsonl", GOLD)
    result = run(tmp_path, "release", "d.jsonl", "--name", name, "--version", "1.0.0", "--to", "gold")
    assert result.returncode in (1, 2)
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.parent.iterdir() if path.name == "evil"] == []


def test_a_changed_byte_in_a_release_is_found(tmp_path: Path, release: Path) -> None:
    data = next(release.rglob("data/*.parquet"))
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    assert_refused(run(tmp_path, "check", str(release)), data.name)
    shutil.rmtree(release)
    assert_refused(run(tmp_path, "check", str(release)), "1.0.0")


@pytest.mark.parametrize(
    "arguments",
    [
        ["pull", "--project", "p", "-o", "a.jsonl", "--url", "http://127.0.0.1:9", "--api-key", "k" * 40],
        ["push", "p.jsonl", "--project", "p", "--url", "http://127.0.0.1:9", "--api-key", "k" * 40],
    ],
    ids=["pull", "push"],
)
def test_a_server_that_does_not_answer_is_named(tmp_path: Path, arguments: list[str]) -> None:
    write_lines(tmp_path / "p.jsonl", entity())
    result = run(tmp_path, *arguments)
    assert_refused(result, "127.0.0.1:9")
    assert "k" * 40 not in result.stderr
    assert not (tmp_path / "a.jsonl").exists()


def test_where_no_server_is_known_the_ways_to_name_one_are_said(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "pull", "--project", "p", "-o", "a.jsonl"), "annotate up", "LABEL_STUDIO_URL")


@pytest.mark.parametrize("arguments", [["preannotate"], ["score", "p.jsonl"], ["nonsense"], ["push", "--wrong"]])
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "in.jsonl", *({"id": str(i), "text": "Biden met Kadhimi in Baghdad. " * 40} for i in range(9))
    )
    result = run(
        tmp_path,
        *("preannotate", "in.jsonl", "-o", "out.jsonl", "--preannotator", "rules"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert_refused(result, "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", {"id": "a", "text": "x"})
    arguments = ["preannotate", "in.jsonl", "-o", "in.jsonl/out.jsonl", "--preannotator", "rules"]
    assert_refused(run(tmp_path, *arguments), "in.jsonl")


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", *({"id": str(i), "text": f"Biden met Kadhimi. {i} " * 300} for i in range(3000)))
    command = [*ANNOTATE, "preannotate", "in.jsonl", "-o", "out.jsonl", "--preannotator", "rules"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=CLEAN,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # ignored in background jobs
    )
    deadline = time.monotonic() + 120
    while len(list(tmp_path.iterdir())) == 1:  # until it writes
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not (tmp_path / "out.jsonl").exists()
