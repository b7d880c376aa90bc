"""The documentation: the site builds without a warning, and what its examples name exists."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import annotate
from annotate.cli.app import COMMANDS, GROUPS, app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
#: Prose of an example, not shell: the names that stand for what a reader fills in are in capitals.
SHELL = {"sh", "console", "", "bash"}


def iter_blocks(path: Path) -> Iterator[tuple[str, str]]:
    """Language and content of the fenced blocks of a page; indented ones have no language."""
    text = path.read_text("utf-8")
    yield from re.findall(r"(?m)^```(\w*)\n(.*?)^```", text, re.DOTALL)
    without = re.sub(r"(?ms)^```.*?^```", "", text)
    yield from (("", block) for block in re.findall(r"(?m)(?:^    .+\n)+", without))


def iter_calls(path: Path) -> Iterator[list[str]]:
    """The calls of `annotate` in the shell examples of a page and in its lines, as words."""
    lines = [
        line
        for language, block in iter_blocks(path)
        if language in SHELL
        for line in re.sub(r"\\\n", " ", block).splitlines()
    ]
    inline = re.findall(r"`(annotate [^`]+)`", re.sub(r"(?ms)^```.*?^```", "", path.read_text("utf-8")))
    for line in [*lines, *inline]:
        line = re.sub(r"^(\$|\.venv/bin/|- run:|then|&&)\s*", "", line.strip())
        line = line.removeprefix(".venv/bin/")
        if line.startswith("annotate ") and not line.startswith("annotate push:"):
            lexer = shlex.shlex(line.partition("  #")[0], posix=True, punctuation_chars="|<>;&")
            lexer.whitespace_split, lexer.commenters = True, "#"
            with contextlib.suppress(ValueError):  # prose with an apostrophe
                yield list(lexer)


def run_in(folder: Path, *command: str) -> str:
    """What the command prints, which finds this package from any folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


CALLS = [(path.name, call) for path in PAGES for call in iter_calls(path)]


def test_there_are_examples() -> None:
    assert len(CALLS) > 150


@pytest.mark.parametrize(("page", "call"), CALLS, ids=[f"{page}: {' '.join(call)[:60]}" for page, call in CALLS])
def test_every_example_names_commands_and_options_that_exist(page: str, call: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    rest = call[1:]
    while rest and hasattr(command, "commands") and re.fullmatch(r"[a-z]+,?", rest[0]):
        name = rest[0].rstrip(",")
        assert name in command.commands, f"{page}: annotate {name}"
        command, rest = command.commands[name], rest[1:]
    known = {"-h", "--help", "-V", "--version", "--install-completion"}
    known |= {option for param in command.params for option in param.opts}
    for word in rest:
        if word in {"|", ">", ";", "&&", "<(", "<", "&"}:
            break
        if re.match(r"--?[a-z]", word):
            assert word.rstrip(",.;:").partition("=")[0] in known, f"{page}: {' '.join(call)}"


def test_python_examples_compile_and_name_what_exists() -> None:
    seen = 0
    for path in PAGES:
        for language, block in iter_blocks(path):
            if language == "python":
                compile(block, str(path), "exec")
                for name in re.findall(r"(?<!from )\bannotate\.([a-z_A-Z]+)\b(?!\.)", block):
                    assert hasattr(annotate, name), f"{path.name}: annotate.{name}"
                    seen += 1
                for module, names in re.findall(r"from (annotate[\w.]*) import (.+)", block):
                    found = importlib.import_module(module)
                    assert all(hasattr(found, name.strip()) for name in names.split(",")), path.name
    assert seen >= 4


def test_every_link_of_every_page_leads_somewhere() -> None:
    for path in PAGES:
        text = re.sub(r"(?ms)^```.*?^```", "", path.read_text("utf-8"))
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", re.sub(r"`[^`\n]*`", "", text)):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in [*COMMANDS, *GROUPS]:
        assert f"`annotate {command}" in readme, command


def test_the_python_example_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile(example, "README.md", "exec"), {})
    value, quotes = capsys.readouterr().out.split()
    assert 0.5 < float(value) <= 1
    assert int(quotes) == 40


def test_the_way_without_a_browser_runs_as_the_readme_has_it(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Without a browser")[2].partition("\n## ")[0]
    [records] = re.findall(r"(?m)^```json\n(.*?)^```", section, re.DOTALL)
    (tmp_path / "A.jsonl").write_text(records, "utf-8")
    [commands] = re.findall(r"(?m)^```sh\n(.*?)^```", section, re.DOTALL)
    script = re.sub(r"(?m)^annotate ", f"{shlex.quote(sys.executable)} -m annotate ", commands)
    assert "mine/1.0.0: intact" in run_in(tmp_path, "sh", "-ec", script)
    [record] = annotate.load_gold(tmp_path / "gold/mine/latest")
    for line in records.splitlines():
        text, quote = json.loads(line)["text"], json.loads(line)["quotes"][0]
        assert text[quote["content"][0]["start"] : quote["content"][0]["end"]] == "“Taxes fell by a third.”"
        assert text[quote["cue"]["start"] : quote["cue"]["end"]] == "said"
    assert record.claims is not None
    assert len(record.claims) == 1
    assert (tmp_path / "mine.html").is_file()


def test_the_script_from_a_table_to_offsets_runs_as_the_page_has_it(tmp_path: Path) -> None:
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    [script] = re.findall(r"(?m)^```python\n(\"\"\"marks\.csv.*?)^```", page, re.DOTALL)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a1.txt").write_text("Ann Lee met Bo. Later Bo left “Rome”.", "utf-8")
    marks = "article,annotator,label,words,context\n"
    marks += "a1,bea,PERSON,Bo,Later Bo left\na1,bea,GPE,Rome,\na1,bea,GPE,Paris,\na1,carl,PERSON,Ann Lee,\n"
    (tmp_path / "marks.csv").write_text(marks, "utf-8")
    printed = run_in(tmp_path, sys.executable, "-c", script)
    assert "strings that are not in the text: 1 (a1 by bea: entities[2]" in printed
    bea, carl = annotate.read_records(tmp_path / "A.jsonl", annotate.Annotation)
    assert [(one.start, one.end, one.label) for one in bea.entities or ()] == [(22, 24, "PERSON"), (31, 35, "GPE")]
    assert [(one.start, one.end, one.label) for one in carl.entities or ()] == [(0, 7, "PERSON")]


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = json.loads((ROOT / "docs/tutorial.ipynb").read_text("utf-8"))["cells"]
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
        shown = "".join("".join(output["text"]) for output in cell["outputs"])
        assert printed.getvalue() == shown, cell["id"]
    assert len(code) >= 6


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error."""
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("no mkdocs: the site is NOT built; install the extra docs")
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--site-dir", str(target)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_the_site_has_every_command(site: Path) -> None:
    page = (site / "commands.html").read_text("utf-8")
    for name in COMMANDS:
        assert f">annotate {name}<" in page, name
    for name in GROUPS:
        assert f">annotate {name} show<" in page
    assert "&lt;class" not in page
    assert "Random seed for resampling." in page


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for path in pages:
        text = path.read_text("utf-8")
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", text):
            assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag), f"{path.name}: {tag}"
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//", path.read_text("utf-8")), path
