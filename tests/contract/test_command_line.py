"""The command line as a whole: its help, the names of its options, how much it prints, what a shell completes."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from annotate.cli import completion
from annotate.cli.app import COMMANDS, GROUPS, SECTIONS
from annotate.cli.command import wrap_command
from annotate.formats import READERS, WRITERS
from tests.support.commands import iter_commands, run
from tests.support.servers import QuietHandler, serving

ROOT = Path(__file__).parents[2]


ALL = list(iter_commands())


# -------------------------------------------------------------------------------------------------------------- help


def test_the_list_of_commands_is_grouped_in_the_order_of_work() -> None:
    shown = run("--help").output
    places = [shown.index(f"\n{heading}:\n") for heading in [*SECTIONS, "Labels"]]
    assert places == sorted(places)
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", shown[places[0] :], re.MULTILINE)
    assert listed == [*COMMANDS, *GROUPS]
    assert "..." not in re.sub(r"\[ARGS\]\.\.\.", "", shown)


@pytest.mark.parametrize("names", [[], ["schema"], *(names for names, _ in ALL)], ids=" ".join)
def test_help_is_for_people(names: list[str]) -> None:
    shown = run(*names, "-h").output
    assert shown.startswith("Usage: ")
    assert max(map(len, shown.split("\n"))) <= 80
    assert not re.search(
        r"<\w|\[\[[A-Z]|\{\w+\}|\blist\[|<=x|x>=|\bTEXT\b|\bINTEGER\b|\b(str|int|float)( range)? {2}", shown
    )
    if names:
        assert not re.search(r"(?m)^  -.* (str|int|float|path)( range)?$", shown)


@pytest.mark.parametrize(("names", "command"), ALL, ids=[" ".join(names) for names, _ in ALL])
def test_the_example_can_be_copied(names: list[str], command: Any) -> None:
    shown = run(*names, "--help").output
    [example] = re.findall(r"Example: (annotate .+)", command.help)
    copied = re.search(r"Example:\n((?:  .*\n)+)", shown)
    assert copied is not None
    assert shlex.split(copied[1].replace("\\\n", " ")) == shlex.split(example)
    known = {option for param in command.params for option in param.opts}
    words = shlex.split(example)
    assert words[1 : 1 + len(names)] == names
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= known | {"-h"}


def test_a_long_command_is_broken_before_options() -> None:
    long = f"annotate score p.jsonl --gold news/1.0.0 --run 'python {'x' * 30}' --seed 3"
    lines = wrap_command(long, 40)
    assert shlex.split("\n".join(lines).replace("\\\n", " ")) == shlex.split(long)
    assert all(line.endswith(" \\") for line in lines[:-1])


# ----------------------------------------------------------------------------------------------------------- options

#: Options whose value differs from command to command, though it means one thing: what is written, or how it is shown.
#: `--by`, `--order` and `--shares` of `select` are those of its strata and its preference; their names are given.
VARIED = {"--output", "-o", "--format", "--to", "--by", "--order", "--shares"}


def test_an_option_takes_one_kind_of_value_in_all_commands() -> None:
    kinds: dict[str, dict[str, list[str]]] = {}
    for names, command in ALL:
        for param in command.params:
            for option in param.opts if param.param_type_name == "option" else ():
                kind = param.metavar or "|".join(map(str, param.type_descriptor.choices or ["flag"]))
                kinds.setdefault(option, {}).setdefault(kind, []).append(" ".join(names))
    differing = {option: kind for option, kind in kinds.items() if len(kind) > 1 and option not in VARIED}
    assert not differing


def test_every_command_has_the_common_options() -> None:
    for names, command in ALL:
        options = {option for param in command.params for option in param.opts}
        assert {"-q", "--quiet", "-v", "--verbose"} <= options, names


def test_records_go_to_standard_output_without_o(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ann Lee met Bo Li in Oslo.")
    found = run("preannotate", tmp_path, "--preannotator", "rules")
    prediction = json.loads(found.stdout)
    assert prediction["id"] == "a"
    for name in ("ann", "bo"):
        with (tmp_path / "A.jsonl").open("a") as file:
            file.write(json.dumps({"id": "a", "text": prediction["text"], "annotator": name, "entities": []}) + "\n")
    assert json.loads(run("adjudicate", tmp_path / "A.jsonl").stdout)["annotators"] == ["ann", "bo"]
    batch = run("select", tmp_path, "-n", "1").stdout
    assert json.loads(batch)["meta"]["selection"]["probability"] == 1
    assert not list(tmp_path.glob("*.decisions.jsonl"))


# ------------------------------------------------------------------------------------------------ quiet and verbose


def test_quiet_leaves_data_and_errors(tmp_path: Path) -> None:
    for arguments in (["check", "news/0.1.0", "-q"], ["-q", "check", "news/0.1.0"]):
        quiet = run(*arguments)
        assert quiet.stderr == ""
        assert "intact" in quiet.stdout
    assert "no story is in two splits" in run("check", "news/0.1.0").stderr  # the level is that of one run
    failed = run("check", "news/9.9.9", "--quiet", code=1)
    assert failed.stderr.startswith("error: no release")
    assert failed.stderr.count("\n") == 1


class NoProjects(QuietHandler):
    projects: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        body = json.dumps({"results": [{"title": title} for title in self.projects]}).encode()
        self.send_response(200 if self.projects else 404)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[NoProjects]]:
    handler = type("Handler", (NoProjects,), {"projects": []})
    with serving(handler) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
        yield handler


def test_verbose_shows_requests_time_and_where_an_error_was_raised(server: object, tmp_path: Path) -> None:
    pytest.importorskip("label_studio_sdk")
    failed = run("pull", "--project", "x", "-o", tmp_path / "x", "-v", code=1).stderr
    assert "httpx: HTTP Request: GET http://127.0.0.1" in failed
    assert re.search(r"(?m)^took \d+\.\d s$", failed)
    assert "Traceback" in failed
    assert "\nerror: " in failed
    assert "0" * 40 not in failed
    plain = run("pull", "--project", "x", "-o", tmp_path / "x", code=1).stderr
    assert "HTTP Request" not in plain
    assert "Traceback" not in plain


# -------------------------------------------------------------------------------------------------------- completion


def complete(line: str, cwd: Path, **environment: str) -> list[str]:
    """What bash is given for the line, whose last word is completed."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'annotate'; from annotate.cli.app import app; app()"],
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": str(ROOT),
            "_ANNOTATE_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.endswith("\n") else done.stdout.split("\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("annotate check n", "news/latest"),
        ("annotate score p.jsonl --gold news/", "news/0.1.0"),
        ("annotate score p.jsonl --gold ", "own.jsonl"),
        ("annotate compare --measure f1", "f1:strict:entities"),
        ("annotate export news/latest --to sp", "spacy"),
        ("annotate preannotate --preannotator r", "rules"),
        ("annotate export --map con", "conll"),
        ("annotate export --layers quotes,", "quotes,claims"),
    ],
)
def test_values_are_completed(line: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text("")
    assert found in complete(line, tmp_path)


def test_titles_of_projects_are_completed(server: type[NoProjects], tmp_path: Path) -> None:
    assert completion.complete_project("") == []  # an answer that is none
    server.projects = ["News", "Pilot"]
    assert completion.complete_project("P") == ["Pilot"]
    assert complete("annotate pull --project N", tmp_path) == ["News"]


def test_a_completion_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gold").write_text("no folder")
    monkeypatch.setenv("ANNOTATE_STUDIO_DIR", str(tmp_path))
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    for state in (None, "{", '{"username": "u", "password": "p", "api_key": "k", "port": 1}'):
        if state is not None:
            (tmp_path / "studio.json").write_text(state)
        assert completion.complete_project("") == []
    for url in ("http://127.0.0.1:1", "ftp://x", "http://[", "nonsense"):
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        assert completion.complete_project("") == []
    for incomplete in ("nowhere/", "\x00", "a" * 5000, "~", "'"):
        for name in ("release", "measure", "format", "preannotator", "map", "layers"):
            assert isinstance(getattr(completion, f"complete_{name}")(incomplete), list)


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(completion, "_PATIENCE", 0.05)
        monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert completion.complete_project("") == []


def test_every_format_is_completed_and_named_in_the_help() -> None:
    assert completion.complete_format("") == sorted(WRITERS) == sorted(READERS)
    shown = run("score", "--help", env={"COLUMNS": "200"}).stdout
    assert [name for name in READERS if name not in shown and name != "jsonl"] == []


def test_completions_load_nothing_heavy() -> None:
    code = (
        "import sys; from annotate.cli import completion as c\n"
        "for name in dir(c):\n"
        "    if name.startswith('complete_'): getattr(c, name)('')\n"
        "print(sorted({'numpy', 'pyarrow', 'rich', 'spacy', 'httpx', 'label_studio_sdk', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_publishing_without_a_connection_is_one_message() -> None:
    pytest.importorskip("huggingface_hub")
    command = [sys.executable, "-m", "annotate", "publish", "news/latest", "--to", "hf:user/news", "--dry-run"]
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"error: hf:user/news: cannot be read: no connection to http://127.0.0.1:1; .+\n", done.stderr)


def test_help_of_export_names_the_formats_that_are_written() -> None:
    """It is written out, as the table of writers takes long to import; and no other command is to wait for it."""
    command = [sys.executable, "-c", "import sys, annotate.cli.app; print('annotate.formats' in sys.modules)"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "False\n"
    shown = " ".join(run("export", "--help").output.split())
    assert f"One of {', '.join(sorted(WRITERS))}." in shown
