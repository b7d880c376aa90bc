"""Standard output that is full, closed or ASCII only: one message or plain letters, never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.terminal import ANNOTATE, UTF8, run_on_terminal

#: Typer else takes the shell that runs the tests, which may be one that it does not know.
ANY_SHELL = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
SEED = Path(__file__).parents[2] / "gold" / "news" / "0.1.0"


@pytest.mark.parametrize(
    "command",
    [
        ["measures"],
        ["schema", "show"],
        ["measures", "--format", "json"],
        ["--help"],
        ["--version"],
        ["score", "--help"],
        ["schema", "--help"],
        ["--show-completion", "bash"],
    ],
)
def test_a_full_output_is_one_message(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*ANNOTATE, *command], env=ANY_SHELL, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


def test_an_output_that_is_not_for_writing_is_one_message() -> None:
    with Path("/dev/null").open() as unwritable:
        done = subprocess.run(
            [*ANNOTATE, "--show-completion", "bash"], env=ANY_SHELL, stdout=unwritable, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written: Bad file descriptor\n"


def test_records_to_a_full_or_closed_output_are_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Rain fell in Oslo.")
    command = " ".join([*ANNOTATE, "preannotate", str(tmp_path), "-o", "-", "--preannotator", "rules"])
    for target in (">/dev/full", ">&-"):
        done = subprocess.run(["sh", "-c", f"{command} {target}"], stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 1
        assert re.fullmatch(r"error: standard output (is closed|cannot be written).*\n", done.stderr), done.stderr


@pytest.mark.parametrize("command", [["schema", "show"], ["measures"], ["score", "P", "--gold", "G"]])
def test_a_terminal_without_unicode(tmp_path: Path, command: list[str]) -> None:
    record = {"id": "ä", "text": "Ann met Bo.", "entities": [{"start": 0, "end": 3, "label": "PERSON"}]}
    (tmp_path / "P").write_text(json.dumps(record) + "\n")
    (tmp_path / "G").write_text(json.dumps({**record, "annotators": ["x"]}) + "\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([*ANNOTATE, *command], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_json_is_the_same_value_without_unicode(tmp_path: Path) -> None:
    command = [*ANNOTATE, "measures", "--format", "json"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    plain, full = (
        subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        for environment in (ascii_only, UTF8)
    )
    assert plain.isascii()
    assert [json.loads(line) for line in plain.splitlines()] == [json.loads(line) for line in full.splitlines()]


def test_records_and_names_on_a_terminal(tmp_path: Path) -> None:
    record = {"id": "x\x9b2J\x1b[2J\u202e", "text": "Ann\x9b2J met Bo.", "entities": [], "annotator": "a\x1b[31m"}
    lines = [record, {**record, "annotator": "b\x9b31m"}]
    (tmp_path / "A").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for command in (["adjudicate", str(tmp_path / "A"), "-o", "-"], ["agree", str(tmp_path / "A")]):
        shown = run_on_terminal(command, NO_COLOR="1")
        assert not re.search("[\x80-\x9f\u202e]|\x1b\\[2J|\x1b\\[31m", shown), ascii(shown)


def test_no_color_is_respected() -> None:
    shown = run_on_terminal(["releases", "--to", str(SEED.parent.parent)], NO_COLOR="1", COLUMNS="80")
    assert "news/0.1.0" in shown
    assert not re.search("\x1b\\[[0-9;]*3[0-7]", shown)


@pytest.mark.parametrize("arguments", [["--version"], ["-V"]])
def test_the_version_needs_no_command(arguments: list[str]) -> None:
    done = subprocess.run([*ANNOTATE, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"annotate \d+\.\d+\.\d+\S*\n", done.stdout)
