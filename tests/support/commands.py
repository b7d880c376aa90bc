"""The command line in this process: one run of it, and all of its commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main
from typer.testing import CliRunner, Result

from annotate.cli.app import app


def run(*arguments: object, code: int | None = 0, **settings: Any) -> Result:
    """`annotate ARGUMENTS`, which has to end with this exit code, or with any where it is None."""
    result = CliRunner().invoke(app, list(map(str, arguments)), **settings)
    assert code is None or result.exit_code == code, result.output
    return result


def iter_commands(group: Any = None, *names: str) -> Iterator[tuple[list[str], Any]]:
    """Every command with the words that call it, those of groups too."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from iter_commands(command, *names, name)
        else:
            yield [*names, name], command
