"""A disk that is full at any byte: one message, the state from before, nothing left over."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.cases import LOCAL, annotate, write_inputs
from tests.support.folders import contents

GOLD = "inputs/gold/news/1.0.0"

COMMANDS: dict[str, Callable[[], None]] = {
    **{case.kind: case.run for case in LOCAL if case.kind != "train"},
    "export to hf": annotate("export", GOLD, "--to", "hf", "-o", "out/hf"),
    "export to prodigy": annotate("export", GOLD, "--to", "prodigy", "-o", "out/g.jsonl"),
    "export to spacy": annotate("export", GOLD, "--to", "spacy", "-o", "out/g.spacy"),
    "score": annotate("score", "inputs/decided.jsonl", "--gold", GOLD, "--trials", "0", "--html", "out/e.html"),
    "compare": annotate(
        "compare", "inputs/decided.jsonl", "inputs/other.jsonl", "--gold", GOLD, "--trials", "100",
        "--format", "html", "-o", "out/c.html",
    ),
    "diff": annotate("diff", GOLD, GOLD, "--html", "out/d.html"),
    "progress": annotate("progress", GOLD, GOLD, "--html", "out/p.html"),
    "publish stand-off": annotate("publish", GOLD, "--to", "out/published", "--stand-off"),
    "schema build": annotate("schema", "build", "--to", "out/schema"),
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "inputs").mkdir()
    before = Path.cwd()
    os.chdir(folder)
    try:
        write_inputs()
    finally:
        os.chdir(before)
    shutil.copy(folder / "inputs" / "decided.jsonl", folder / "inputs" / "other.jsonl")
    return folder / "inputs"


def run(command: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["annotate"])
    with pytest.raises(SystemExit) as ended:
        command()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.slow
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_full_disk_changes_nothing(
    kind: str, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(inputs, tmp_path / "inputs")
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    assert run(COMMANDS[kind], monkeypatch) == 0
    written = contents(Path("out"))
    largest = max(map(len, written.values()))
    assert largest > 0
    capsys.readouterr()
    rng = random.Random(kind)
    for size in (0, rng.randrange(largest), largest - 1):
        shutil.rmtree("out")
        Path("out").mkdir()
        old = prepare_old(written) if size else {}
        with limited_files(size):
            code = run(COMMANDS[kind], monkeypatch)
        errors = capsys.readouterr().err
        assert code == 1, f"{size} bytes: {errors}"
        assert errors.count("error:") == 1, errors
        assert "File too large" in errors
        assert "Traceback" not in errors
        left = contents(Path("out"))
        left.pop(".p.jsonl.partial", None)  # from which the next run goes on
        if kind == "schema build":  # a folder of generated files, each of them whole
            assert all(content == written[path] for path, content in left.items() if old.get(path) != content)
        else:
            assert left == old, f"{size} bytes"
        assert run(COMMANDS[kind], monkeypatch) == 0


def prepare_old(written: dict[str, bytes]) -> dict[str, bytes]:
    """What an earlier run left, where the result is one file or two; a map of annotators is read, so it stays a map."""
    old = {
        name: content if name == "names.json" else b"the result of an earlier run\n"
        for name, content in written.items()
        if "/" not in name
    }
    for name, content in old.items():
        Path("out", name).write_bytes(content)
    return old


class limited_files:
    """No file grows beyond `size` bytes; Python ignores the signal, so that writing fails."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __enter__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.before[1]))

    def __exit__(self, *error: Any) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)
