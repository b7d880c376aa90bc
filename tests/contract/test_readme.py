"""The README names every command and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotate.cli.app import COMMANDS, GROUPS, app

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_named() -> None:
    for command in [*COMMANDS, *GROUPS]:
        assert f"`annotate {command}" in README, command


def test_every_option_in_an_example_exists() -> None:
    for line in re.findall(r"`annotate ([^`]+)`", README):
        command, *rest = line.split()
        called = [command, *rest[:1]] if command in GROUPS else [command]
        help_text = CliRunner().invoke(app, [*called, "--help"]).output
        assert help_text.startswith("Usage: "), line
        for option in re.findall(r"(?<!\S)--[a-z-]+", " ".join(rest)):
            assert option in help_text, line


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile(example, "README.md", "exec"), {})
    value, quotes = capsys.readouterr().out.split()
    assert 0.5 < float(value) <= 1
    assert int(quotes) == 40
