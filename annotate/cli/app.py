"""The `annotate` command: its subcommands, and how errors become one message and an exit code."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from annotate.cli.outputs import CheckedCommand
from annotate.errors import AnnotateError
from annotate.printing import print_line, silence_stdout
from annotate.processes import Terminated, raise_on_sigterm

# command -> module of annotate.cli that holds the function of the same name, and its line in the list of commands
COMMANDS = {
    "demo": ("demo", "The whole loop on five articles, without questions."),
    "up": ("studio", "Start Label Studio and show pre-annotated articles."),
    "down": ("studio", "Stop it; what people annotated stays."),
    "status": ("studio", "What runs, where, and how to log in."),
    "preannotate": ("preannotate", "Articles to predictions."),
    "push": ("labelstudio", "Predictions to a Label Studio project."),
    "pull": ("labelstudio", "Corrections back, with a certificate."),
    "effort": ("labelstudio", "What people changed, and how long it took."),
    "doctor": ("labelstudio", "What is wrong with server or project, and its cure."),
    "backend": ("labelstudio", "Live pre-annotation for Label Studio."),
    "agree": ("agree", "How far annotators agree."),
    "adjudicate": ("agree", "Decide; send disputes to a reviewer."),
    "release": ("gold", "Decided records to an immutable release."),
    "check": ("gold", "Prove that a release is whole."),
    "diff": ("gold", "What changed between two releases, span by span."),
    "releases": ("gold", "List releases."),
    "audit": ("audit", "Likely errors in gold, likeliest first."),
    "publish": ("publish", "A release to the Hub, a store or a folder."),
    "rehydrate": ("publish", "Texts back into a stand-off release."),
    "export": ("export", "Gold or predictions for other tools."),
    "explore": ("explore", "One HTML page to search and read everything."),
    "score": ("score", "Score predictions against gold."),
    "compare": ("score", "Rank systems; say what chance allows to say."),
    "measures": ("score", "Every measure with its definition."),
    "train": ("train", "Learn from corrections."),
}

GROUPS = {"schema": ("schema", "Label schemas: show, build, check, migrate.")}


class ErrorsAsMessages(TyperGroup):
    """Runs a command and turns what the user can mend into one message and exit code 1; bugs keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """The command's result.

        Raises:
            typer.Exit: with code 1 after a printed message, 130 after Ctrl-C, 143 after SIGTERM.
        """
        try:
            return super().invoke(ctx)
        except AnnotateError as error:
            print_line(f"error: {error}", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            print_line("interrupted; files are either as before or complete", err=True)
            raise typer.Exit(143 if isinstance(error, Terminated) else 130) from error
        except BrokenPipeError as error:
            silence_stdout()  # whoever read our output has gone
            raise typer.Exit(1) from error


app = typer.Typer(
    name="annotate",
    cls=ErrorsAsMessages,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Gold datasets of news articles you can trust: pre-annotate, correct in Label Studio, release, score.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from annotate.version import __version__

        print_line(f"annotate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version and exit.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """The options of `annotate` itself."""


def _register() -> None:
    for command, (module, line) in COMMANDS.items():
        function = getattr(importlib.import_module(f"annotate.cli.{module}"), command)
        app.command(command, cls=CheckedCommand, short_help=line)(function)
    for group, (module, line) in GROUPS.items():
        app.add_typer(importlib.import_module(f"annotate.cli.{module}").app, name=group, short_help=line)


_register()


def main() -> None:
    """The entry point of the console script."""
    raise_on_sigterm()
    try:
        app()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EBADF, errno.EIO) or error.filename is not None:
            raise
        # what typer prints itself, such as the help, to an output that is full or closed
        silence_stdout()
        print_line(f"error: standard output cannot be written: {error.strerror}", err=True)
        sys.exit(1)
