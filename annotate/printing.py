r"""How everything is printed: tables, values, counts, shortened texts, and the escaping of what came from outside.

Ids, labels, names, file names and a server's answers may hold control characters. `escape` shows them as written
escapes (`\x1b`), and every function here that prints for a reader uses it. Markup of `rich` in such texts is never
interpreted. `escape_markdown` does the same for Markdown.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from annotate.errors import AnnotateError

if TYPE_CHECKING:
    from rich.text import Text

UNDEFINED = "-"
WIDTH = 80  # columns where there is no terminal to ask

# C0 and C1 controls, DEL, marks that change the direction of text, line and paragraph separators, lone surrogates
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}]")
_UNSAFE_IN_LINE = re.compile(f"[{_CONTROLS}\t\n]")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
# characters of our own that an ASCII terminal lacks
_PLAIN = str.maketrans({"─": "-", "→": "->", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."})


def escape(text: str, *, line: bool = False) -> str:
    r"""The text with control characters written as escapes; line breaks and tabs stay unless it must be one line.

    >>> print(escape("a\x1b[2Jb\u202e"))
    a\x1b[2Jb\u202e
    >>> print(escape("a\nb", line=True))
    a\nb
    """
    return (_UNSAFE_IN_LINE if line else _UNSAFE).sub(lambda found: ascii(found[0])[1:-1], text)


def shorten(text: str, width: int = 60) -> str:
    """The text, with the middle of a long one left out; at most `width` code points.

    >>> shorten("one two three four five", 17)
    'one two ... five'
    """
    if len(text) <= width:
        return text
    tail = (width - 5) // 3
    return f"{text[: width - 5 - tail].rstrip()} ... {text[-tail:].lstrip()}"


def format_count(n: int, noun: str) -> str:
    """A number and its noun in the right form: the one place that makes plurals.

    >>> format_count(1, "article"), format_count(1200, "story"), format_count(0, "address")
    ('1 article', '1,200 stories', '0 addresses')
    """
    return f"{n:,} {noun if n == 1 else _make_plural(noun)}"


def _make_plural(noun: str) -> str:
    if noun.endswith("s"):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if re.search("[^aeiou]y$", noun) else f"{noun}s"


def format_value(value: float | None) -> str:
    """A value with three decimals, `-` where undefined.

    >>> format_value(0.5), format_value(None)
    ('0.500', '-')
    """
    return UNDEFINED if value is None else f"{value:.3f}"


def format_interval(low: float | None, high: float | None) -> str:
    """An interval with three decimals, `-` where there is none.

    >>> format_interval(0.25, 0.75), format_interval(None, None)
    ('0.250 to 0.750', '-')
    """
    return UNDEFINED if low is None or high is None else f"{low:.3f} to {high:.3f}"


def short_repr(shown: Any, *about: str) -> str:
    """The class of the object and a few words about it, for `repr`.

    >>> short_repr(object(), "a1", "", "12 words")
    '<object a1, 12 words>'
    """
    return f"<{type(shown).__name__} {', '.join(shorten(escape(word, line=True)) for word in about if word)}>"


@dataclass(frozen=True)
class Table:
    """A table of plain texts; no cell is ever read as markup.

    Attributes:
        words: the columns, from 0, that hold names and sentences: they are set flush left and may wrap. The others
            hold numbers: set flush right and never broken.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Collection[int] = (0,)


Block: TypeAlias = Table | str

# ---------------------------------------------------------------------------------------------------------- Markdown


def escape_markdown(text: str) -> str:
    r"""The text on one line, so that Markdown shows it as it is: no link, no HTML, no emphasis, no cell of a table.

    >>> print(escape_markdown("[x](http://a.b) <img src=x> a|b"))
    \[x\](http:\//a.b) &lt;img src=x&gt; a\|b
    """
    line = escape(" ".join(text.split()), line=True)
    line = re.sub(r"[\\|*_`\[\]~]", r"\\\g<0>", line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # bare addresses become links too
    return line.replace("://", r":\//").replace("www.", r"www\.")


def markdown_code(text: str) -> str:
    """The text as code in a line of Markdown.

    >>> print(markdown_code("a`b"))
    `` a`b ``
    """
    line = escape(" ".join(text.split()), line=True)
    if "`" not in line:
        return f"`{line}`"
    fence = "`" * (max(map(len, re.findall("`+", line))) + 1)
    return f"{fence} {line} {fence}"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: Collection[int] = (0,)) -> str:
    """A Markdown table of cells that are Markdown already.

    >>> print(markdown_table(["label", "n"], [["ORG", "1"]]))
    | label | n |
    | --- | ---: |
    | ORG | 1 |
    """
    rule = ["---" if i in words else "---:" for i in range(len(columns))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


def to_markdown(blocks: Iterable[Block]) -> str:
    """Tables and lines as Markdown, everything in them escaped.

    >>> print(to_markdown([Table("T", ("a", "b"), [("x_y", "1")]), "a note"]))
    **T**
    <BLANKLINE>
    | a | b |
    | --- | ---: |
    | x\\_y | 1 |
    <BLANKLINE>
    a note
    """
    parts = []
    for block in blocks:
        if isinstance(block, str):
            parts.append(escape_markdown(block))
            continue
        columns, *rows = ([escape_markdown(cell) for cell in row] for row in (block.columns, *block.rows))
        parts.append(f"**{escape_markdown(block.title)}**\n\n{markdown_table(columns, rows, words=block.words)}")
    return "\n\n".join(parts)


# ------------------------------------------------------------------------------------------------- terminal and pipe


def to_text(blocks: Iterable[Block], *, width: int = WIDTH) -> str:
    """Tables and lines as plain text. Tables are at most `width` columns wide; lines are not wrapped.

    >>> print(to_text([Table("T", ("label", "n"), [("ORG", "1"), ("GPE", "12")])]))
    T
    label   n
    ─────────
    ORG     1
    GPE    12
    """
    return "\n".join(line.plain for line in _layout(blocks, width, wrap=False))


def print_blocks(blocks: Iterable[Block]) -> None:
    """Tables and lines on standard output: as wide as the terminal, 80 columns where there is none.

    Raises:
        AnnotateError: standard output is closed or full.
    """
    from io import StringIO

    from rich.console import Console

    on_terminal = _is_terminal(sys.stdout)
    width = _find_width(sys.stdout) if on_terminal else WIDTH
    drawn = StringIO()
    console = Console(
        file=drawn, force_terminal=on_terminal or None, legacy_windows=False, highlight=False, width=width
    )
    for line in _layout(blocks, width, wrap=on_terminal):
        console.print(line, soft_wrap=True)
    _write(drawn.getvalue())


def print_line(text: object = "", *, err: bool = False, wrap: bool = True) -> None:
    """One message on standard output or standard error; control characters are escaped, its line breaks stay.

    On a terminal, lines that are too long are wrapped at spaces; paths, addresses and digests are never broken.

    Args:
        err: print to standard error.
        wrap: False = leave long lines to the terminal.

    Raises:
        AnnotateError: standard output is closed or full.
    """
    shown = escape(str(text))
    stream = sys.stderr if err else sys.stdout
    if wrap and _is_terminal(stream):
        width = _find_width(stream)
        shown = "\n".join(piece for line in shown.split("\n") for piece in _wrap_line(line, width))
    _write(f"{shown}\n", err=err)


class Level(Enum):
    """How much is printed beside data and errors."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


_level = Level.NORMAL


def set_level(level: Level) -> None:
    """Set how much the command that runs prints; remarks and `show_progress` follow it."""
    global _level
    _level = level


def get_level() -> Level:
    """How much the command that runs prints."""
    return _level


def print_data(text: str) -> None:
    """Text that a program may read, unchanged; only on a terminal are control characters escaped.

    Raises:
        AnnotateError: standard output is closed or full.
    """
    _write(escape(text) if _is_terminal(sys.stdout) else text)


def print_json(text: str) -> None:
    r"""A line of JSON; characters that a terminal would act on are written as JSON escapes, so its value is the same.

    Raises:
        AnnotateError: standard output is closed or full.
    """
    _write(_escape_json(text, ascii_only=not _is_unicode(sys.stdout)) + "\n")


def print_struct(found: Any) -> None:
    """A struct, or a list of them, as indented JSON; see `print_json`."""
    print_json(msgspec.json.format(msgspec.json.encode(found)).decode())


def _escape_json(text: str, *, ascii_only: bool = False) -> str:
    r"""JSON in which control characters, or all that is not ASCII, are `\u` escapes.

    >>> print(_escape_json('"\x9b😀"'), _escape_json('"\x9b😀"', ascii_only=True))
    "\u009b😀" "\u009b\ud83d\ude00"
    """

    def write(found: re.Match[str]) -> str:
        units = found[0].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))

    return (_NOT_ASCII if ascii_only else _UNSAFE).sub(write, text)


class Stdout:
    """Standard output for lines of JSON in UTF-8; on a terminal, control characters become JSON escapes.

    Raises:
        AnnotateError: standard output is closed or full.
    """

    def __init__(self) -> None:
        _require_stdout()
        self._file = sys.stdout.buffer
        self._escaped = _is_terminal(sys.stdout)

    def write(self, data: bytes | bytearray) -> int:
        """Write whole lines."""
        with _explain_faults():
            return self._file.write(_escape_json(data.decode("utf-8")).encode("utf-8") if self._escaped else data)

    def flush(self) -> None:
        """Hand everything to the reader."""
        with _explain_faults():
            self._file.flush()


class ProgressBar:
    """A bar on standard error, drawn only on a terminal."""

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar, self._task = bar, task

    def update(self, description: str, done: int, total: int | None) -> None:
        """Set the words beside the bar and how much is done."""
        self._bar.update(self._task, description=_plain_markup(description), completed=done, total=total)


@contextlib.contextmanager
def show_progress(description: str) -> Iterator[ProgressBar]:
    """A progress bar for as long as the block runs; nothing where standard error is no terminal, or if quiet."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, highlight=False)
    hidden = _level is Level.QUIET or not _is_terminal(sys.stderr)
    with Progress(console=console, transient=True, disable=hidden) as bar:
        yield ProgressBar(bar, bar.add_task(_plain_markup(description), total=None))


def _plain_markup(text: str) -> str:
    from rich.markup import escape as escape_markup

    return escape_markup(escape(text, line=True))


def silence_stdout() -> None:
    """Send what is left in the buffer of standard output to nowhere, so that Python does not complain at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str, *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        if err:
            return
        _require_stdout()
    if not _is_unicode(stream):
        encoding = stream.encoding
        text = text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    else:
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates
    if err:
        with contextlib.suppress(OSError, ValueError):  # there is nobody else to complain to
            stream.write(text)
            stream.flush()
        return
    with _explain_faults():
        stream.write(text)
        stream.flush()


def note(text: str) -> None:
    """Print a line on standard error unless the level is quiet: progress and remarks, never data."""
    if get_level() is not Level.QUIET:
        print_line(text, err=True)


def _require_stdout() -> None:
    if sys.stdout is None:
        raise AnnotateError("standard output is closed; nothing can be printed")


@contextlib.contextmanager
def _explain_faults() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise explain_stdout(error) from error


def explain_stdout(error: OSError) -> AnnotateError:
    """The message for a standard output that cannot be written, which is silenced."""
    silence_stdout()
    return AnnotateError(f"standard output cannot be written: {error.strerror or error}")


def _is_terminal(stream: Any) -> bool:
    with contextlib.suppress(ValueError, AttributeError):
        return bool(stream.isatty())
    return False


def _find_width(stream: Any) -> int:
    """The columns of the terminal behind the stream: what COLUMNS has, what the terminal has, or else 80."""
    with contextlib.suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    return WIDTH


def _is_unicode(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")


# ------------------------------------------------------------------------------------------------- layout of a table

_GAP = 2
_LEAST = 14  # a column of words is not made narrower than this, or than its words


def _layout(blocks: Iterable[Block], width: int, *, wrap: bool) -> Iterator[Text]:
    from rich.text import Text

    after_table = False
    for block in blocks:
        if after_table:
            yield Text("")
        after_table = isinstance(block, Table)
        if isinstance(block, Table):
            yield from _draw(block, width)
            continue
        for line in escape(block).split("\n"):
            yield from map(Text, _wrap_line(line, width) if wrap else [line])


def _wrap_line(line: str, width: int) -> list[str]:
    """A line of a message in lines of at most `width` columns, broken at spaces; those that follow are indented.

    A command in backquotes stays whole, and so does a word, which may be a path, an address or a digest. Only a
    signature, whose parts are divided by `|`, is broken behind one.

    >>> _wrap_line("  wrote gold/news: `annotate check news` proves it", 32)
    ['  wrote gold/news:', '    `annotate check news` proves', '    it']
    >>> _wrap_line("signature: gold:news/1.0.0|schema:news/2.0.0|trials:1000", 32)
    ['signature: gold:news/1.0.0|', '  schema:news/2.0.0|trials:1000']
    """
    if line.isascii() and len(line) <= width:
        return [line]
    from rich.cells import cell_len

    if cell_len(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip(" "))]
    lines = [""]
    for space, unit in re.findall(r"( *)(`[^`]*`\S*|\S+)", line):
        pieces = re.findall(r"[^|]*\|+|[^|]+", unit) if cell_len(unit) > width - len(margin) - 2 else [unit]
        for number, piece in enumerate(pieces):
            joined = lines[-1] + ("" if number else space) + piece
            if cell_len(joined) <= width or not lines[-1].strip():
                lines[-1] = joined
            else:
                lines.append(f"{margin}  {piece}")
    return lines


def _draw(table: Table, width: int) -> Iterator[Text]:
    """The lines of a table. What is too wide goes on below, its first column repeated: nothing is cut off."""
    from rich.text import Text

    cells = [[escape(cell, line=True) for cell in row] for row in table.rows]
    heads = [escape(head, line=True) for head in table.columns]
    for number, (columns, widths) in enumerate(_fit(heads, cells, table.words, width)):
        if number:
            yield Text("")
        title = escape(table.title, line=True) + (" (continued)" if number else "")
        yield from (Text(line, style="bold") for line in (textwrap.wrap(title, width) if title else []))
        for line in _row([heads[i] for i in columns], columns, widths, table.words):
            yield Text(line, style="bold")
        yield Text("─" * (sum(widths) + _GAP * (len(widths) - 1)))
        for row in cells:
            yield from map(Text, _row([row[i] for i in columns], columns, widths, table.words))


def _row(cells: Sequence[str], columns: Sequence[int], widths: Sequence[int], words: Collection[int]) -> Iterator[str]:
    from rich.cells import cell_len

    wrapped = [_wrap(cell, size) for cell, size in zip(cells, widths, strict=True)]
    for i in range(max(map(len, wrapped))):
        parts = []
        for column, size, lines in zip(columns, widths, wrapped, strict=True):
            text = lines[i] if i < len(lines) else ""
            space = " " * (size - cell_len(text))
            parts.append(text + space if column in words else space + text)
        yield (" " * _GAP).join(parts).rstrip()


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces, and inside a word only where it is longer than a line."""
    from rich.cells import cell_len

    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            pieces = [word] if cell_len(word) <= width else _break(word, width)
            lines[len(lines) - (not lines[-1]) :] = pieces
    return lines


def _break(word: str, width: int) -> list[str]:
    """A word that is longer than a line, in pieces: after its hyphens, dots and the like where it has some."""
    from rich.cells import cell_len, chop_cells

    pieces = [""]
    for part in re.findall(r"[-._/@:]*[^-._/@:]+[-._/@:]?|.+", word):
        if cell_len(pieces[-1] + part) <= width:
            pieces[-1] += part
        else:
            pieces += chop_cells(part, width)
    return [piece for piece in pieces if piece]


def _fit(
    heads: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int], width: int
) -> Iterator[tuple[list[int], list[int]]]:
    """The columns that fit side by side, with their widths; more than one group where all do not fit."""
    from rich.cells import cell_len

    natural, least = [], []
    for i, head in enumerate(heads):
        widest = max((cell_len(row[i]) for row in rows), default=0)
        natural.append(max(widest, cell_len(head), 1))
        longest = max(map(cell_len, head.split()), default=1)
        least.append(min(natural[i], max(_LEAST, longest)) if i in words else max(widest, longest, 1))
    groups: list[list[int]] = [[0]]
    for i in range(1, len(heads)):
        group = [*groups[-1], i]
        if len(groups[-1]) > 1 and sum(least[j] for j in group) + _GAP * (len(group) - 1) > width:
            groups.append([0, i])
        else:
            groups[-1] = group
    for group in groups:
        room = width - _GAP * (len(group) - 1)
        numbers = [i for i in group if i not in words]
        texts = [i for i in group if i in words]
        used = sum(natural[i] for i in numbers)
        chosen = natural if used + sum(least[i] for i in texts) <= room else least
        level = _find_level([natural[i] for i in texts], room - sum(chosen[i] for i in numbers))
        yield group, [min(natural[i], level) if i in words else chosen[i] for i in group]


def _find_level(sizes: Sequence[int], room: int) -> int:
    """The width to which the widest columns shrink so that all fit; the narrow ones keep theirs."""
    for count, size in enumerate(sorted(sizes)):
        share = max(room // (len(sizes) - count), 1)
        if size > share:
            return share
        room -= size
    return max(sizes, default=1)
