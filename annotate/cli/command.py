"""What all commands have: the layout of their help, and the options `--quiet` and `--verbose`."""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from annotate.cli.outputs import CheckedCommand
from annotate.printing import Level, get_level, print_line, set_level

_EXAMPLE = re.compile(r"^Example: (annotate .+)$", re.MULTILINE)


def _be_quiet(value: bool) -> None:
    if value:
        set_level(Level.QUIET)


def _be_verbose(value: bool) -> None:
    if value:
        set_level(Level.VERBOSE)


class _LogPrinter(logging.Handler):
    """Prints what libraries log, such as the requests of httpx, as messages with nothing that a terminal acts on."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        print_line(f"{record.name}: {record.getMessage()}", err=True)


@contextlib.contextmanager
def _show_work() -> Iterator[None]:
    """With --verbose: what libraries log from the level of information on, and at the end the time taken."""
    if get_level() is not Level.VERBOSE:
        yield
        return
    start, logger, printer = time.monotonic(), logging.getLogger(), _LogPrinter(logging.INFO)
    before = logger.level
    logger.addHandler(printer)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(printer)
        logger.setLevel(before)
        print_line(f"took {time.monotonic() - start:.1f} s", err=True)


QuietOption = Annotated[
    bool,
    typer.Option("--quiet", "-q", callback=_be_quiet, help="Print no remarks and no progress: only errors and data."),
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_be_verbose,
        help="Print requests to servers, the time taken, and where an error was raised.",
    ),
]


def _common(quiet: QuietOption = False, verbose: VerboseOption = False) -> None:
    """The signature of the options that every command has."""


def _print_help(ctx: Any, _: Any, wanted: bool) -> None:
    """What `--help` does; printed as all else, so that a full or closed standard output is one message."""
    if wanted and not ctx.resilient_parsing:
        print_line(ctx.get_help(), wrap=False)
        ctx.exit()


class _PrintsHelp:
    """A command or a group of them that prints its help itself."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option `--help`; None where there is none."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.callback = _print_help
        return option


class Command(_PrintsHelp, CheckedCommand):
    """A command with the common options, whose help fits 80 columns and can be copied."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params += _make_common_options()

    def invoke(self, ctx: Any) -> Any:
        """The command's result.

        Raises:
            AnnotateError: see `check_outputs`.
        """
        with _show_work():
            return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line behind the name: optional arguments in brackets."""
        pieces = [self.options_metavar or ""]
        for param in self.get_params(ctx):
            if param.param_type_name == "argument":
                pieces.append(f"{param.metavar}" if param.required else f"[{param.metavar}]")
        return pieces

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The description, and its example with one option per line where it is too long for one."""
        text = (self.help or "").strip()
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_EXAMPLE.sub("", text).strip())
        for example in _EXAMPLE.findall(text):
            with formatter.section("Example"):
                for line in wrap_command(example, formatter.width - 2):
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")

    def list_params(self, ctx: Any, *kinds: str) -> Iterator[tuple[str, str]]:
        """Arguments, then options, each with what it is for: words for what they take, and for ranges.

        Args:
            kinds: `argument`, `option`; none = both.
        """
        for kind in kinds or ("argument", "option"):
            for param in self.get_params(ctx):
                record = param.get_help_record(ctx) if param.param_type_name == kind else None
                if record is not None:
                    name = f"{param.metavar}" if kind == "argument" else re.sub("[<>]", "", record[0])
                    yield name, _spell_ranges(record[1])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options in the help."""
        for kind, title in (("argument", "Arguments"), ("option", "Options")):
            if rows := list(self.list_params(ctx, kind)):
                with formatter.section(title):
                    formatter.write_dl(rows)


class Group(_PrintsHelp, TyperGroup):
    """Commands under headings, in the order of work.

    Attributes:
        headings: the names of the commands under each heading; none = one list.
    """

    headings: ClassVar[Mapping[str, Mapping[str, object]]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in the help."""
        for heading, names in (self.headings or {"Commands": self.commands}).items():
            rows = [(f"{name:<11}", _summarize(self.commands[name])) for name in names]
            with formatter.section(heading):
                formatter.write_dl(rows)


def wrap_command(command: str, width: int) -> list[str]:
    r"""A command on lines that a shell takes as one, broken before options.

    >>> print("\n".join(wrap_command("annotate score p.jsonl --gold news/1.0.0 --html 'my errors.html'", 40)))
    annotate score p.jsonl \
        --gold news/1.0.0 \
        --html 'my errors.html'
    """
    if len(command) <= width:
        return [command]
    pieces: list[str] = []
    for word in shlex.split(command):
        quoted = shlex.quote(word) if re.search(r"[\s'\"]", word) else word
        if word.startswith("-") and word != "-":
            pieces.append(quoted)
        else:
            pieces[-1:] = [f"{pieces[-1]} {quoted}" if pieces else quoted]
    lines = [pieces[0]]
    for piece in pieces[1:]:
        joined = f"{lines[-1]} {piece}"
        if len(lines) > 1 and len(joined) + 2 <= width:
            lines[-1] = joined
        else:
            lines.append(f"    {piece}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _summarize(command: Any) -> str:
    return command.short_help or " ".join((command.help or "").split("\n\n")[0].split())


@cache
def _make_common_options() -> list[Any]:
    app = typer.Typer(add_completion=False)
    app.command()(_common)
    options: list[Any] = typer.main.get_command(app).params
    for option in options:
        option.expose_value = False
    return options


def _spell_ranges(text: str) -> str:
    """Ranges as people write them.

    >>> _spell_ranges("Port. [default: 9090; 1<=x<=65535]"), _spell_ranges("Seed. [x>=0]")
    ('Port. [default: 9090; 1 to 65535]', 'Seed. [0 or more]')
    """
    text = re.sub(r"\b([\d.]+)<=x<=([\d.]+)", r"\1 to \2", text)
    return re.sub(r"\bx>=([\d.]+)", r"\1 or more", text)
