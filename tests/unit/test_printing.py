"""Printing: nothing is cut at 80 columns, nothing from outside acts on a terminal or on Markdown."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from annotate import agree, evaluate
from annotate.cli.app import COMMANDS
from annotate.cli.demo import _print_result
from annotate.cli.studio import _describe_project, name_command
from annotate.jsonl import read_records, write_records
from annotate.label_studio_server import Studio
from annotate.label_studio_server.projects import AnnotatorStatus, ProjectStatus
from annotate.labelstudio.pull.certificate import Certificate
from annotate.printing import Table, escape, escape_markdown, format_count, print_line, shorten, to_markdown, to_text
from annotate.records import Annotation, Claim, Entity, GoldRecord, Layers, Prediction, Quote, Span
from annotate.workflows.demo import DemoResult
from tests.support.commands import run

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
HOSTILE = "\x1b]0;PWNED\x07\x1b[2J\x1b[31m\x9b2J\x7f\u202eX\u2066\u200f\u2028[/see][bold]:smile:"
LONG = "annotator.with.a.long.address@newsroom.example.org"


# ------------------------------------------------------------------------------------------------------ pieces


@given(st.text())
def test_what_is_escaped_has_no_control_character_and_the_rest_stays(text: str) -> None:
    assert not UNSAFE.search(escape(text))
    assert escape(text, line=True).isprintable() or not re.search("[\n\t]", escape(text, line=True))
    if not UNSAFE.search(text):
        assert escape(text) == text


def test_lone_surrogates_are_shown() -> None:
    assert escape("a\ud800b") == r"a\ud800b"


@given(st.text(max_size=200), st.integers(10, 100))
def test_a_shortened_text_keeps_both_edges(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    assert short == text or (" ... " in short and text.startswith(short.partition(" ... ")[0]))


@pytest.mark.parametrize(("n", "shown"), [(0, "0 articles"), (1, "1 article"), (1234, "1,234 articles")])
def test_counts_have_the_right_plural(n: int, shown: str) -> None:
    assert format_count(n, "article") == shown


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
numbers = st.floats(0, 1).map(lambda x: f"{x:.3f}")


@given(st.lists(st.tuples(cells, cells, *[numbers] * 12), min_size=1, max_size=5), st.integers(40, 120))
def test_no_line_is_too_long_and_no_number_is_broken(rows: list[tuple[str, ...]], width: int) -> None:
    heads = ["name", "another", *(f"measure {i} of many" for i in range(12))]
    shown = to_text([Table("title", heads, rows, words=(0, 1))], width=width)
    assert max(map(cell_len, shown.split("\n"))) <= width
    found = re.findall(r"(?<!\S)[01]\.\d{3}(?!\S)", shown)
    for number in {number for row in rows for number in row[2:]}:
        assert found.count(number) >= sum(row[2:].count(number) for row in rows)


def test_a_table_too_wide_goes_on_below_with_its_first_column() -> None:
    table = Table("T", ("name", *"abcdefghij"), [("x", *["0.123 to 0.456"] * 10)])
    shown = to_text([table])
    assert "T (continued)" in shown
    assert shown.count("0.123 to 0.456") == 10
    assert [line.split()[0] for line in shown.split("\n") if "0.123" in line] == ["x"] * shown.count("name")


def test_markdown_from_outside_stays_text() -> None:
    name = "[x](http://evil) <img src=x onerror=alert(1)> a|b `c` *d*\n# e\x1b[2J"
    shown = escape_markdown(name)
    assert "\n" not in shown
    assert "<" not in shown
    assert "://" not in shown
    assert not UNSAFE.search(shown)
    assert not re.search(r"(?<!\\)[\[\]|`*]", shown)
    table = to_markdown([Table(name, ("system", "n"), [(name, "1")])])
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in table.split("\n")[2:]] == [3, 3, 3]


# ------------------------------------------------------------------------------------------- lines on a terminal


class Terminal(StringIO):
    """Standard error on a terminal, as far as it is asked."""

    def isatty(self) -> bool:
        return True


def show(text: str, monkeypatch: pytest.MonkeyPatch, *, columns: int = 80, terminal: bool = True) -> list[str]:
    stream = Terminal() if terminal else StringIO()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stderr", stream)
    print_line(text, err=True)
    return stream.getvalue().removesuffix("\n").split("\n")


@given(st.text(st.sampled_from("ab \n|`漢"), max_size=200), st.integers(10, 60))
def test_a_message_is_wrapped_on_a_terminal_at_spaces_and_loses_nothing(text: str, width: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lines = show(text, monkeypatch, columns=width)
        assert "".join("".join(lines).split()) == "".join(text.split())
        for line in lines:
            whole = len(re.findall(r"`[^`]*`\S*|[^\s|]+\|*", line)) <= 1
            assert cell_len(line) <= width or whole or not line.strip(), line


def test_what_is_copied_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = f"sha256:{'0123456789abcdef' * 4}"
    address = f"http://127.0.0.1:8080/{'projects/' * 10}"
    command = "`annotate up articles/ --project Pilot --overlap 2`"
    lines = show(f"news/1.0.0: {digest} is at {address}, start it again with {command}", monkeypatch, columns=72)
    for whole in (digest, address, command):
        assert any(whole in line for line in lines), lines
    assert len(lines) == 6


def test_a_signature_is_wrapped_between_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [f"{name}:{'x' * 20}" for name in ("gold", "schema", "layers", "trials", "annotate")]
    lines = show(f"signature: {'|'.join(parts)}", monkeypatch)
    assert max(map(len, lines)) <= 80
    assert "".join(line.strip() for line in lines).removeprefix("signature: ").split("|") == parts


def test_a_message_in_a_pipe_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show("word " * 100 + "end", monkeypatch, terminal=False) == ["word " * 100 + "end"]


# ---------------------------------------------------------------------------------------- every command's table

TEXT = "Mayor Ann Lee said “Rain fell” in Oslo. Bo Li denied that it had rained in Rome on Monday."


def make_layers(label: str, drop: frozenset[str] = frozenset()) -> Layers:
    at = TEXT.index
    entities = [Entity(at(words), at(words) + len(words), label) for words in ("Ann Lee", "Oslo", "Bo Li", "Rome")]
    quote = Quote("direct", [Span(19, 30)], speaker=Span(0, 13), cue=Span(14, 18))
    claim = Claim(20, 29, check_worthy=True, kind="commitment_or_prediction", claimer=Span(0, 13))
    return Layers(
        entities=[entity for entity in entities if TEXT[entity.start : entity.end] not in drop],
        quotes=[] if "quote" in drop else [quote],
        claims=[] if "claim" in drop else [claim],
    )


def drop_some(chance: random.Random) -> frozenset[str]:
    return frozenset(words for words in ("Ann Lee", "Oslo", "Bo Li", "Rome", "quote", "claim") if chance.random() < 0.3)


def fill(folder: Path, name: str, label: str) -> dict[str, Path]:
    """Gold, two systems and the annotations of three annotators, with this name and this label in them."""
    chance = random.Random(1)
    gold, annotations = [], []
    systems: dict[str, list[Prediction]] = {"a-system-with-a-very-long-name-of-2026": [], "rules": []}
    for i in range(12):
        key = f"{name}-{i}"
        layers = make_layers(label)
        content = {"entities": layers.entities, "quotes": layers.quotes, "claims": layers.claims}
        gold.append(GoldRecord(id=key, text=TEXT, annotators=[name], **content))
        for predictions in systems.values():
            predicted = make_layers(label, drop_some(chance))
            predictions.append(Prediction(id=key, text=TEXT, model=name, **msgspec.structs.asdict(predicted)))
        for annotator in (name, f"{name}2", "carl"):
            found = msgspec.structs.asdict(make_layers(label, drop_some(chance)))
            shown = make_layers(label, drop_some(chance)) if chance.random() < 0.7 else None
            annotations.append(
                Annotation(
                    id=key, text=TEXT, annotator=annotator, model=name, predicted=shown, lead_time_s=12345.6, **found
                )
            )
    paths = {name: folder / f"{name}.jsonl" for name in ("gold", "annotations", *systems, "first")}
    write_records(paths["gold"], gold)
    write_records(paths["annotations"], annotations)
    write_records(paths["first"], annotations[: len(annotations) // 2])
    for system, predictions in systems.items():
        write_records(paths[system], predictions)
    return paths


def commands(folder: Path, paths: dict[str, Path]) -> Iterator[list[str]]:
    """Every command that prints what came from the files."""
    gold, annotations, *systems = (str(path) for name, path in paths.items() if name != "first")
    options = ["--gold", gold]
    yield ["agree", annotations, "--trials", "50"]
    yield ["effort", annotations]
    yield ["progress", str(paths["first"]), annotations, "--trials", "50"]
    yield ["score", systems[0], *options, "--trials", "50"]
    yield ["score", systems[0], *options, "--trials", "50", "--format", "markdown"]
    yield ["score", systems[0], *options, "--trials", "50", "--format", "json"]
    yield ["compare", *systems, *options, "--trials", "100"]
    yield ["leaderboard", gold, "add", systems[0], "--trials", "50"]
    yield ["leaderboard", gold, "add", systems[1], "--trials", "50"]
    yield ["leaderboard", gold]
    yield ["plan", gold, "--compare", *systems]
    yield ["plan", gold, "--predictions", systems[0], "--width", "0.1"]
    yield ["select", gold, "-n", "6", "-o", str(folder / "batch.jsonl"), "--per-story", "0"]
    yield ["estimate", gold, "--predictions", systems[0], "--trials", "50"]
    yield ["audit", gold, "--predictions", systems[0], "--predictions", systems[1]]
    yield ["adjudicate", annotations, "-o", str(folder / "decided.jsonl")]
    yield ["release", gold, "--name", "news", "--version", "1.0.0", "--to", str(folder / "gold")]
    yield ["releases", "--to", str(folder / "gold")]
    yield ["check", str(folder / "gold" / "news" / "1.0.0")]
    yield ["release", gold, "--name", "news", "--version", "2.0.0", "--to", str(folder / "gold"), "--names"]
    yield ["diff", *(str(folder / "gold" / "news" / version) for version in ("1.0.0", "2.0.0"))]
    yield ["explore", gold, "-o", str(folder / "explore.html")]
    for format in ("conll", "strings"):
        yield ["export", gold, "--to", format, "-o", str(folder / format)]
    yield ["measures"]


def test_every_table_fits_80_columns_and_nothing_in_it_is_cut(tmp_path: Path) -> None:
    tables = 0
    tried = set()
    for command in commands(tmp_path, fill(tmp_path, LONG, "WORK_OF_ART")):
        result = run(*command, env={"COLUMNS": "30"})
        tried.add(command[0])
        assert "…" not in result.output
        blocks = re.split(r"\n\n", result.stdout)
        for block in blocks:
            if "──" in block:
                tables += 1
                assert max(map(cell_len, block.split("\n"))) <= 80, block
    assert tables >= 25
    # the others print no table of what is in files: single lines, or what a server has
    rest = set("demo up down status invite push pull doctor backend train preannotate transfer".split())  # noqa: SIM905
    assert tried | rest == set(COMMANDS) - {"publish", "rehydrate"}


def test_the_table_of_the_demo_fits_80_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = fill(tmp_path, LONG, "WORK_OF_ART")
    gold, predictions = read_records(paths["gold"], GoldRecord), read_records(paths["rules"], Prediction)
    result = DemoResult(
        Studio("http://127.0.0.1:1", "a", "b", "c", tmp_path, 1),
        Certificate(toolkit="t", url="http://127.0.0.1:1", schema="news/1.0.0", pulled_at="2026-01-01"),
        agree(paths["annotations"], trials=0),
        evaluate(gold, predictions, trials=0),
        tmp_path / "gold",
        paths,
    )
    _print_result(result)
    shown = capsys.readouterr().out
    assert "…" not in shown
    table = shown[shown.index("The pre-annotator") : shown.index("\ngold:")]
    assert max(map(cell_len, table.split("\n"))) <= 80
    assert re.search(r"(?m)^f1:strict:entities +0\.\d{3} +0\.\d{3} +48 +\d+$", table)


def test_the_tables_of_status_fit_80_columns() -> None:
    annotators = [
        AnnotatorStatus(annotator=f"{name}{LONG}", submitted=1_234_567, skipped=0, left=98_765_432) for name in "ab"
    ]
    fields: dict[str, Any] = {"articles": 2_000_000, "overlap": 2, "annotated": 1, "finished": 0}
    page = "http://127.0.0.1:8080/projects/1/data"
    project = ProjectStatus(title="News", page=page, layers=["entities"], annotators=annotators, **fields)
    shown = to_text(_describe_project(project))
    assert max(map(cell_len, shown.split("\n"))) <= 80
    assert shown.startswith("project News: 1 of 2,000,000 articles annotated, 0 by 2 annotators\n")
    assert [shown.count(number) for number in ("1,234,567", "98,765,432")] == [2, 2]
    nobody = msgspec.structs.replace(project, annotators=[], overlap=1, articles=1)
    assert to_text(_describe_project(nobody)).startswith("project News: 1 of 1 article annotated\n  entities: http")


def test_the_next_command_names_the_data_folder_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANNOTATE_STUDIO_DIR", raising=False)
    assert name_command("annotate down", None) == "annotate down"
    assert name_command("annotate down", Path("my data")) == "annotate down --dir 'my data'"
    monkeypatch.setenv("ANNOTATE_STUDIO_DIR", "my data")
    assert name_command("annotate down", Path("my data")) == "annotate down"


def test_schema_show_fits_80_columns_and_shows_words_in_brackets() -> None:
    shown = run("schema", "show").stdout
    assert "[their respect]" in shown
    assert "…" not in shown
    assert max(map(cell_len, shown.split("\n"))) <= 80


def test_no_control_character_of_the_data_reaches_the_terminal(tmp_path: Path) -> None:
    for label in ("PERSON", HOSTILE):  # the second is refused, with the label in the message
        folder = tmp_path / str(len(label))
        folder.mkdir()
        done = 0
        for command in commands(folder, fill(folder, HOSTILE, label)):
            result = run(*command, code=None)
            assert result.exception is None or isinstance(result.exception, SystemExit), (command, result.exception)
            assert not UNSAFE.search(result.stdout), command
            assert not UNSAFE.search(result.stderr), (command, ascii(result.stderr))
            done += result.exit_code == 0
        assert done >= (12 if label == "PERSON" else 3)


def test_markup_in_a_schema_is_shown_as_it_is(tmp_path: Path) -> None:
    text = Path("schemas/news.toml").read_text("utf-8")
    own = tmp_path / "mine.toml"
    own.write_text(text.replace("('reaffirmed [their respect]')", "[/see] [bold]x[/bold] \\u001b[2J"), "utf-8")
    result = run("schema", "show", "--schema", own)
    assert "[/see] [bold]x[/bold]" in " ".join(result.stdout.split())
    assert r"\x1b[2J" in result.stdout


def test_the_card_shows_names_from_outside_as_text(tmp_path: Path) -> None:
    name = "[x](http://evil) <img src=x>"
    layers = msgspec.structs.asdict(make_layers("PERSON"))
    gold = [GoldRecord(id="a", text=TEXT, annotators=[name], licence='x"\n| a | b |\n<script>', **layers)]
    write_records(tmp_path / "gold.jsonl", gold)
    options = ("--name", "news", "--version", "1.0.0", "--to", tmp_path / "out", "--licence", "<b>`|[y](z)", "--names")
    run("release", tmp_path / "gold.jsonl", *options)
    card = (tmp_path / "out" / "news" / "1.0.0" / "README.md").read_text("utf-8").split("---\n", 2)[2]
    assert r"\[x\](http:\//evil) &lt;img src=x&gt; (1 article)" in card
    for raw in ("<img", "<script", "<b>", "](http://evil", "](z)", "\n| a | b |"):
        assert raw not in re.sub(r"\\\]", "", card), raw
