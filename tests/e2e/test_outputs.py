"""No command writes over what it reads, into a release, or over a folder: checked for every option of every command."""

from __future__ import annotations

import json
import os
import shutil
import typing
from pathlib import Path
from typing import Any

import pytest

from annotate.cli.outputs import CheckedCommand, check_outputs, is_read, is_written, takes_file
from annotate.errors import AnnotateError
from tests.support.commands import iter_commands, run

RELEASE = Path(__file__).parents[2] / "gold" / "news" / "0.1.0"


COMMANDS = {tuple(words): command for words, command in iter_commands()}
PAIRS = [
    pytest.param(words, output, read, id=f"{' '.join(words)} {output.opts[0]}={read.opts[0]}")
    for words, command in COMMANDS.items()
    for output in command.params
    if is_written(output)
    for read in command.params
    if is_read(read)
]


def spell(words: tuple[str, ...], given: dict[Any, str], other: str) -> list[str]:
    """A command line with the given values; whatever else the command needs is `other`."""
    options: list[str] = []
    arguments: list[str] = []
    for option in COMMANDS[words].params:
        needed = f"written-{other}" if is_written(option) else other
        value = given.get(option, needed if option.required else None)
        if value is not None and option.param_type_name == "argument":
            arguments.append(value)
        elif value is not None:
            options += [option.opts[0], *[value] * option.nargs]
    return [*words, *options, "--", *arguments]


def test_every_command_is_checked_and_every_path_is_read_or_written() -> None:
    assert len(COMMANDS) > 25
    for words, command in COMMANDS.items():
        assert isinstance(command, CheckedCommand), words
        hints = typing.get_type_hints(command.callback)
        for option in command.params:
            if "Path" in str(hints.get(option.name)):
                assert is_read(option) != is_written(option), (words, option.name)
    assert {words[0] for words, _, _ in (pair.values for pair in PAIRS)} >= {
        "adjudicate", "audit", "compare", "diff", "explore", "export", "preannotate", "pull", "release", "score",
        "train",
    }  # fmt: skip


@pytest.mark.parametrize(("words", "output", "read"), PAIRS)
def test_an_output_that_is_an_input_is_refused(
    words: tuple[str, ...], output: Any, read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("same.jsonl").write_text("{}\n")
    Path("link.jsonl").symlink_to("same.jsonl")
    Path("folder").mkdir()
    for written in ("same.jsonl", "link.jsonl", "folder/../same.jsonl", str(tmp_path / "same.jsonl")):
        result = run(*spell(words, {output: written, read: "same.jsonl"}, "other.jsonl"), code=1)
        assert f"{written}: is also read" in result.stderr.replace("\n", " "), result.stderr
        assert Path("same.jsonl").read_text() == "{}\n"
        assert sorted(os.listdir()) == ["folder", "link.jsonl", "same.jsonl"]  # noqa: PTH208 - of the current folder


@pytest.mark.parametrize(
    ("words", "output"),
    [
        pytest.param(words, option, id=f"{' '.join(words)} {option.opts[0]}")
        for words, command in COMMANDS.items()
        for option in command.params
        if is_written(option) and words != ("releases",)
    ],
)
def test_nothing_is_written_into_a_release_or_over_a_folder(
    words: tuple[str, ...], output: Any, tmp_path: Path
) -> None:
    release = Path(shutil.copytree(RELEASE, tmp_path / "1.0.0"))
    place = release / "data" / "new.jsonl"
    result = run(*spell(words, {output: str(place)}, "other.jsonl"), code=1)
    assert "is in the release" in result.stderr.replace("\n", " ")
    assert not place.exists()
    if takes_file(output):
        result = run(*spell(words, {output: str(tmp_path)}, "other.jsonl"), code=1)
        assert "is a folder; give the name of a file" in result.stderr.replace("\n", " ")


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="is also written by -o"):
        check_outputs({"-o": tmp_path / "a", "--log": tmp_path / "b" / ".." / "a"}, {})
    check_outputs({"-o": Path("-"), "--log": tmp_path / "a"}, {"A.jsonl": "-", "--schema": None})


def test_another_tool_s_manifest_makes_no_release(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "a web page"}))
    check_outputs({"-o": tmp_path / "a"}, {})


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.jsonl"
    path.parent.mkdir()
    lines = [{"id": "a", "text": "Ann spoke.", "annotator": name, "entities": []} for name in ("ada", "ben")]
    for line in lines[:1]:
        line["entities"] = [{"start": 0, "end": 3, "label": "PERSON"}]  # type: ignore[assignment]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_adjudicate_to_a_full_device_leaves_no_log(annotations: Path, tmp_path: Path) -> None:
    options = ("--strategy", "union", "-o", "/dev/full", "--log", tmp_path / "log.jsonl")
    result = run("adjudicate", annotations, *options, code=1)
    assert "/dev/full: cannot be written (No space left on device); nothing was changed" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_adjudicate_to_a_device_writes_no_log_unasked(annotations: Path, tmp_path: Path) -> None:
    run("adjudicate", annotations, "--strategy", "union", "-o", "/dev/null")
    assert not Path("/dev/null.decisions.jsonl").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_the_log_that_adjudicate_writes_unasked_is_no_input(annotations: Path) -> None:
    decisions = annotations.with_name("d.decisions.jsonl")
    annotations.rename(decisions)
    before = decisions.read_bytes()
    assert "the decision log" in run("adjudicate", decisions, "-o", annotations.with_name("d.jsonl"), code=1).stderr
    assert decisions.read_bytes() == before


def test_train_does_not_replace_what_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    result = run("train", RELEASE, "-o", tmp_path / "home", code=1)
    assert "is not as annotate train made it (it holds thesis.txt)" in result.stderr.replace("\n", " ")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "years of work"
