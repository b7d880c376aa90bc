"""The `annotate` command: its subcommands, and how errors become one message and an exit code."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from annotate.errors import AnnotateError

# command -> module of annotate.cli that holds the function of the same name (dashes as underscores)
COMMANDS = {
    "demo": "demo",
    "up": "studio",
    "down": "studio",
    "status": "studio",
    "preannotate": "preannotate",
    "push": "labelstudio",
    "pull": "labelstudio",
    "effort": "labelstudio",
    "doctor": "labelstudio",
    "backend": "labelstudio",
    "agree": "agree",
    "adjudicate": "agree",
    "release": "gold",
    "check": "gold",
    "diff": "gold",
    "releases": "gold",
    "audit": "audit",
    "publish": "publish",
    "rehydrate": "publish",
    "export": "export",
    "explore": "explore",
    "score": "score",
    "compare": "score",
    "measures": "score",
    "train": "train",
}

GROUPS = {"schema": "schema"}


class ErrorsAsMessages(TyperGroup):
    """Runs a command and turns what the user can mend into one message and exit code 1; bugs keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """The command's result.

        Raises:
            typer.Exit: with code 1 after a printed message, 130 after Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except AnnotateError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            typer.echo("interrupted; files are either as before or complete", err=True)
            raise typer.Exit(130) from error
        except BrokenPipeError as error:
            # the reader of our output has gone; keep Python from complaining while it flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from error


app = typer.Typer(
    name="annotate",
    cls=ErrorsAsMessages,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Gold datasets of news articles you can trust: pre-annotate, correct in Label Studio, release, score.",
)


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """The options of `annotate` itself."""
    if version:
        from annotate import __version__

        typer.echo(f"annotate {__version__}")
        raise typer.Exit


def _register() -> None:
    for command, module in COMMANDS.items():
        if importlib.util.find_spec(f"annotate.cli.{module}") is None:  # INTERIM
            continue
        function = getattr(importlib.import_module(f"annotate.cli.{module}"), command, None)
        if function is None:  # INTERIM
            continue
        app.command(command)(function)
    for group, module in GROUPS.items():
        if importlib.util.find_spec(f"annotate.cli.{module}") is None:  # INTERIM
            continue
        app.add_typer(importlib.import_module(f"annotate.cli.{module}").app, name=group)


_register()


def main() -> None:
    """The entry point of the console script."""
    app()
