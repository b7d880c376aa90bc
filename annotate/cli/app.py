"""The `annotate` command: its subcommands, and how errors become one message and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

import typer

from annotate.cli.command import Command, Group, QuietOption, VerboseOption
from annotate.errors import AnnotateError, RecordWarning
from annotate.files import DISK_ERRORS
from annotate.printing import Level, explain_stdout, get_level, note, print_line, set_level, silence_stdout
from annotate.processes import Terminated, raise_on_sigterm

# heading -> command -> module of annotate.cli with the function of that name, and the line in the list of commands
SECTIONS = {
    "Begin": {
        "demo": ("demo", "Every step on five articles, without questions."),
        "up": ("studio", "Start Label Studio and show pre-annotated articles."),
        "status": ("studio", "What is running, and how far each annotator is."),
        "invite": ("labelstudio", "The link by which another annotator joins."),
        "down": ("studio", "Stop Label Studio; annotations are kept."),
    },
    "Pre-annotate and correct": {
        "select": ("select", "Choose which articles to annotate, so that they speak for all."),
        "preannotate": ("preannotate", "Propose entities, quotes and claims for articles."),
        "transfer": ("transfer", "Carry annotations to copies and updates of their articles."),
        "push": ("labelstudio", "Send predictions to a Label Studio project."),
        "pull": ("labelstudio", "Get corrections back, with a certificate."),
        "effort": ("labelstudio", "What annotators changed, and how long it took."),
        "doctor": ("labelstudio", "What is wrong with server or project, and the fix."),
        "backend": ("labelstudio", "Live pre-annotation for Label Studio."),
        "train": ("train", "Train the bundled pipeline on corrections."),
    },
    "Agree, decide, release": {
        "agree": ("agree", "How far annotators agree."),
        "progress": ("agree", "Agreement and draft over several rounds; when to stop."),
        "adjudicate": ("agree", "Decide; send disputes to a reviewer."),
        "release": ("gold", "Build an immutable release from decided records."),
        "releases": ("gold", "List releases."),
        "check": ("gold", "Prove that a release is intact."),
        "diff": ("gold", "What changed between two releases, span by span."),
        "audit": ("audit", "Likely errors in gold, likeliest first."),
        "explore": ("explore", "One HTML page to search and read everything."),
    },
    "Publish and use": {
        "publish": ("publish", "Publish a release to the Hub, a store or a folder."),
        "rehydrate": ("publish", "Restore the article texts of a stand-off release."),
        "export": ("export", "Write gold or predictions for other tools."),
    },
    "Score and compare": {
        "score": ("score", "Score predictions against gold."),
        "compare": ("score", "Rank systems and test the differences for significance."),
        "leaderboard": ("score", "Keep the scores of systems beside a release, ranked."),
        "measures": ("score", "Every measure with its definition."),
        "estimate": ("select", "Rates of a whole pool, from gold and predictions."),
        "plan": ("select", "How many more articles an answer needs, and how many hours."),
    },
}
COMMANDS = {command: entry for section in SECTIONS.values() for command, entry in section.items()}

GROUPS = {"schema": ("schema", "Label schemas: show, build, check, migrate.")}


class ErrorsAsMessages(Group):
    """Runs a command; errors that the user can fix become one message and exit code 1, bugs keep their traceback."""

    headings: ClassVar[Mapping[str, Mapping[str, object]]] = {**SECTIONS, "Labels": GROUPS}

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """The context of one run, which begins at the normal level of messages."""
        set_level(Level.NORMAL)
        return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        """The command's result.

        Raises:
            typer.Exit: with code 1 after a printed message, 130 after Ctrl-C, 143 after SIGTERM.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", RecordWarning)
                warnings.showwarning = _show_records(warnings.showwarning)
                return super().invoke(ctx)
        except AnnotateError as error:
            if get_level() is Level.VERBOSE:
                print_line("".join(traceback.format_exception(error)), err=True, wrap=False)
            for explanation in getattr(error, "__notes__", ()):
                print_line(explanation, err=True)
            print_line(f"error: {error}", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            print_line("interrupted; every file is either unchanged or complete", err=True)
            raise typer.Exit(143 if isinstance(error, Terminated) else 130) from error
        except BrokenPipeError as error:
            silence_stdout()  # the reader of our output has closed it
            raise typer.Exit(1) from error
        except OSError as error:
            if error.errno not in DISK_ERRORS:
                raise
            sys.stdout.flush()  # fails again where standard output is what is full
            place = error.filename or f"a temporary file in {tempfile.gettempdir()}"
            print_line(f"error: {place}: cannot be written ({error.strerror}); make room and run it again", err=True)
            raise typer.Exit(1) from error


def _show_records(show: Callable[..., None]) -> Callable[..., None]:
    """Shows warnings about records as one line, and those of libraries as `show` does."""

    def show_warning(message: Warning | str, *where: Any, **more: Any) -> None:
        if isinstance(message, RecordWarning):
            note(f"warning: {message}")
        else:
            show(message, *where, **more)

    return show_warning


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
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """The options of `annotate` itself."""


def _register() -> None:
    for command, (module, line) in COMMANDS.items():
        function = getattr(importlib.import_module(f"annotate.cli.{module}"), command)
        app.command(command, cls=Command, short_help=line)(function)
    for group, (module, line) in GROUPS.items():
        app.add_typer(importlib.import_module(f"annotate.cli.{module}").app, name=group, short_help=line)


_register()


def main() -> None:
    """The entry point of the console script."""
    raise_on_sigterm()
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")  # without a connection: our one message, not one for each retry
    try:
        app()
    except (AnnotateError, OSError) as error:  # from an option of `annotate` itself, such as --version or --help
        if isinstance(error, OSError):  # typer prints the script for completion itself
            if error.errno not in {*DISK_ERRORS, errno.EBADF} or error.filename is not None:
                raise
            error = explain_stdout(error)
        print_line(f"error: {error}", err=True)
        sys.exit(1)
