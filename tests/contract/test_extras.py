"""The light core and the extras: what runs with nothing else installed, and what is asked for where that is not enough.

Commands run in processes whose imports see the core's packages, and those that these need, as installed metadata has
them, and nothing else of this environment.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import annotate
from annotate.cli.app import COMMANDS, GROUPS
from annotate.extras import EXTRAS
from annotate.gold.load import load_gold
from annotate.jsonl import write_records
from annotate.records import Prediction

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(annotate.__file__).parent
GOLD = ROOT / "gold" / "news" / "0.1.0"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

_DENY = """
import json, os, sys

class Deny:
    denied = frozenset(json.loads(os.environ["ANNOTATE_TEST_DENIED"]))

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.denied:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Deny())
"""


# ------------------------------------------------------------------------------------------- what is declared


def declared(extra: str | None = None) -> list[Requirement]:
    """The requirements of the core, or of an extra, with those of the extras that it names."""
    lines = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    found: list[Requirement] = []
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["name"]:
            for inner in sorted(requirement.extras):
                found += declared(inner)
        else:
            found.append(requirement)
    return found


@cache
def modules_by_distribution() -> dict[str, set[str]]:
    """The top-level modules of every installed distribution."""
    found: dict[str, set[str]] = {}
    for module, names in importlib.metadata.packages_distributions().items():
        for name in names:
            found.setdefault(canonicalize_name(name), set()).add(module)
    return found


def modules_of(requirements: Iterable[Requirement]) -> set[str]:
    return {module for one in requirements for module in modules_by_distribution().get(canonicalize_name(one.name), ())}


def closure(requirements: Iterable[Requirement]) -> set[str]:
    """The names of the distributions that installing the requirements brings."""
    done: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(one.name), extra) for one in requirements for extra in ("", *one.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for inner in map(Requirement, lines):
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(inner.name), wanted) for wanted in ("", *inner.extras)]
    return {name for name, _ in done}


@cache
def denied(*extras: str) -> frozenset[str]:
    """The modules that an installation with these extras would not have."""
    names = closure([*declared(), *(one for extra in extras for one in declared(extra))])
    allowed = {module for name in names for module in modules_by_distribution().get(name, ())}
    return frozenset().union(*modules_by_distribution().values()) - allowed - {"annotate"}


def test_the_table_of_extras_is_what_pyproject_declares() -> None:
    optional = set(PROJECT["optional-dependencies"])
    assert optional - {"all", "bench", "dev", "docs"} == set(EXTRAS)
    for extra, modules in EXTRAS.items():
        assert set(modules) <= modules_of(declared(extra)), extra
        own = [one for one in map(Requirement, PROJECT["optional-dependencies"][extra]) if one.name != PROJECT["name"]]
        unused = [one.name for one in own if not modules_of([one]) & set(modules)]
        assert not unused, f"extra {extra} installs what the table does not know"
    everything = {str(one) for extra in EXTRAS for one in declared(extra)}
    assert {str(one) for one in declared("all")} == everything


def test_every_import_of_a_third_party_is_declared() -> None:
    core = modules_of(declared())
    extras = {module for modules in EXTRAS.values() for module in modules}
    used: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"annotate"}:
                if name == "pytest" and path.name == "pytest_plugin.py":
                    continue  # pytest itself loads the plug-in
                if path.name == "django_settings.py":
                    continue  # Label Studio itself loads these, in its own process
                assert name in core | extras, f"{path}:{node.lineno}: {name} is in no list of dependencies"
                used.add(name)
    for requirement in declared():
        assert modules_of([requirement]) & used, f"the core installs {requirement.name} and imports nothing of it"


def test_the_core_stays_light() -> None:
    packages = f"{len(closure(declared())) + 1} packages"  # and the package itself
    for page in ("README.md", "docs/installation.md"):
        assert packages in (ROOT / page).read_text("utf-8"), (page, packages)
    assert not {"scipy", "spacy", "datasets", "pandas", "onnxruntime", "label_studio_sdk"} - denied()


# ------------------------------------------------------------------------------------------- what the core does

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs Python in `tmp_path/work` with the core and the given extras only."""
    hook, work, home = tmp_path / "hook", tmp_path / "work", tmp_path / "home"
    for folder in (hook, work, home):
        folder.mkdir()
    (hook / "sitecustomize.py").write_text(_DENY, encoding="utf-8")

    def start(*arguments: str, extras: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        own = ("LABEL_STUDIO", "ANNOTATE", "XDG", "PYTHON")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment |= {
            "PYTHONPATH": os.pathsep.join([str(hook), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(home),
            "ANNOTATE_TEST_DENIED": json.dumps(sorted(denied(*extras))),
        }
        return subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=work, capture_output=True, text=True, check=False
        )

    return start


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """What the commands below read: predictions, annotations, a decision."""
    gold = load_gold(GOLD)
    predictions = [
        Prediction(id=one.id, text=one.text, entities=one.entities, quotes=one.quotes, claims=one.claims)
        for one in gold
    ]
    corrections = sorted((ROOT / "seeds" / "corrections").glob("annotator-*.jsonl"))
    annotations = "".join(path.read_text("utf-8") for path in corrections)
    names = {name: tmp_path / f"{name}.jsonl" for name in ("P", "Q", "A", "D")}
    write_records(names["P"], predictions)
    write_records(names["Q"], predictions)
    write_records(names["D"], gold)
    names["A"].write_text(annotations, encoding="utf-8")
    folders = {"GOLD": GOLD, "RELEASES": GOLD.parent.parent, "SEEDS": ROOT / "seeds"}
    return {name: str(path) for name, path in {**names, **folders}.items()}


def fill(command: str, files: dict[str, str]) -> list[str]:
    """The words of the command, with the files that its capitals mean."""
    return shlex.split(re.sub(r"\b(?:GOLD|RELEASES|SEEDS|[PQAD])\b", lambda name: files[name[0]], command))


CORE = [
    "check GOLD",
    "releases --to RELEASES",
    "diff GOLD GOLD --html diff.html",
    "measures",
    "leaderboard GOLD add P --board board.json",
    "schema show",
    "schema show --format xml",
    "schema build --check",
    "schema check",
    "score P --gold GOLD --html errors.html --trials 20",
    "score P --gold GOLD/test --extra ignore --format markdown --trials 20",
    "score P --gold GOLD --format junit --trials 20",
    "score --run 'cat P' --gold GOLD --format json --trials 0",
    "compare P Q --gold GOLD --trials 100",
    "agree A --trials 20",
    "adjudicate A -o decided.jsonl",
    "audit GOLD --predictions P --predictions Q",
    "effort A",
    "progress GOLD A --trials 20 --html progress.html",
    "select SEEDS -n 1 -o batch.jsonl",
    "transfer GOLD SEEDS -o copies.jsonl --draft none",
    "transfer D SEEDS -o copies.jsonl --draft P",
    "estimate D --predictions P --trials 20",
    "plan D --predictions P --width 0.1",
    "explore GOLD A P -o page.html",
    "export GOLD --to jsonl -o gold.jsonl",
    "export GOLD --to brat -o brat",
    "export GOLD --to labelstudio -o tasks.json",
    "publish GOLD --to published",
]


@pytest.mark.parametrize("command", CORE)
def test_commands_of_the_core_need_nothing_else(command: str, run: Run, files: dict[str, str]) -> None:
    done = run("-m", "annotate", *fill(command, files))
    assert done.returncode == 0, done.stderr


def test_the_library_of_the_core_needs_nothing_else(run: Run, files: dict[str, str]) -> None:
    code = f"""
from pathlib import Path
import annotate
from annotate.records import Annotation, Prediction
gold = annotate.load_gold({files["GOLD"]!r})
predictions = annotate.read_records(Path({files["P"]!r}), Prediction)
report, _ = annotate.score_predictions({files["P"]!r}, {files["GOLD"]!r}, annotate.ScoreOptions(trials=20))
assert annotate.evaluate(gold, predictions, trials=20).measures == report.measures
assert annotate.compare([{files["P"]!r}, {files["Q"]!r}], {files["GOLD"]!r}, annotate.ScoreOptions(trials=100)).groups
assert report.measures["f1:strict:entities"].value == 1.0
assert annotate.check({files["GOLD"]!r}).articles == len(gold)
annotate.compare_systems(gold, {{"p": predictions, "q": predictions}}, trials=100)
agreement = annotate.agree({files["A"]!r}, trials=20)
assert agreement.measures
assert annotate.agree(annotate.read_records(Path({files["A"]!r}), Annotation), trials=20) == agreement
assert annotate.effort({files["A"]!r}, predictions).articles
assert len(annotate.explore_records([{files["GOLD"]!r}], "page.html")) == 1
assert annotate.audit_gold({files["GOLD"]!r}) == annotate.audit_gold(gold)
assert annotate.adjudicate({files["A"]!r}, "decided.jsonl").log and Path("decided.jsonl").exists()
annotate.diff({files["GOLD"]!r}, {files["GOLD"]!r}, html="diff.html")
annotate.build_artifacts(annotate.load_schema())
annotate.measures(), annotate.releases({str(ROOT / "gold")!r})
for name in annotate.__all__:
    getattr(annotate, name)
"""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr


def test_only_modules_of_one_purpose_import_an_extra_at_once(run: Run) -> None:
    code = """
import importlib, pkgutil, annotate
for found in pkgutil.walk_packages(annotate.__path__, "annotate."):
    try:
        importlib.import_module(found.name) if found.name != "annotate.__main__" else None
    except ModuleNotFoundError as error:
        print(found.name, error.name)
"""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    purposes = (
        "annotate.training.",
        "annotate.preannotate.news.component",
        "annotate.harness.pytest_plugin",
        "annotate.label_studio_server.django_settings",
    )
    assert not [line for line in done.stdout.splitlines() if not line.startswith(purposes)]


# ------------------------------------------------------------------------------------------- what it asks for

#: A command, the extra that its message has to name, and the extras that are installed.
ASKS: list[tuple[str, str, tuple[str, ...]]] = [
    ("demo", "studio", ()),
    ("demo", "studio", ("labelstudio", "preannotate", "release")),
    ("up", "studio", ()),
    ("up SEEDS", "studio", ("labelstudio", "preannotate")),
    ("down", "studio", ()),
    ("status", "studio", ()),
    ("preannotate SEEDS -o out.jsonl", "preannotate", ()),
    ("preannotate nowhere.jsonl -o out.jsonl", "preannotate", ()),
    ("transfer GOLD SEEDS -o out.jsonl", "preannotate", ()),
    ("preannotate SEEDS -o out.jsonl --preannotator rules", "preannotate", ()),
    ("preannotate SEEDS -o out.jsonl --preannotator spacy:en_core_web_sm", "preannotate", ()),
    ("preannotate SEEDS -o out.jsonl --preannotator trained:somewhere", "preannotate", ()),
    ("preannotate SEEDS -o out.jsonl --preannotator llm:some-model", "preannotate", ()),
    ("preannotate SEEDS -o out.jsonl --engine ray", "ray", ("preannotate",)),
    ("preannotate hf:some/news/train -o out.jsonl", "formats", ("preannotate",)),
    ("preannotate s3://bucket/articles.jsonl -o out.jsonl", "s3", ("preannotate",)),
    ("preannotate https://127.0.0.1:9/articles.jsonl -o out.jsonl", "s3", ("preannotate",)),
    ("push P --project News", "labelstudio", ()),
    ("pull --project News -o out.jsonl", "labelstudio", ()),
    ("doctor", "labelstudio", ()),
    ("invite", "labelstudio", ()),
    ("adjudicate A -o out.jsonl --push Review", "labelstudio", ()),
    ("audit GOLD --push Review -o out.jsonl", "labelstudio", ()),
    ("schema migrate --project News", "labelstudio", ()),
    ("backend", "backend", ()),
    ("backend --preannotator news", "backend", ("preannotate",)),
    ("train GOLD -o model", "train", ()),
    ("train GOLD -o model", "train", ("preannotate",)),
    ("release D --name mine --version 1.0.0", "release", ()),
    ("rehydrate GOLD SEEDS", "release", ()),
    ("publish GOLD --to hf:user/news", "publish", ()),
    ("publish GOLD --to hf:user/news --dry-run", "publish", ("s3",)),
    ("publish GOLD --to s3://bucket/gold", "s3", ()),
    ("publish GOLD --to s3://bucket/gold", "s3", ("publish",)),
    ("publish GOLD --to gs://bucket/gold", "publish", ()),
    ("export GOLD --to spacy -o out.spacy", "formats", ()),
    ("export GOLD --to conll -o out.conll", "formats", ()),
    ("export GOLD --to prodigy -o out.jsonl", "formats", ()),
    ("export GOLD --to hf -o out", "formats", ()),
    ("score P --from strings --gold GOLD", "formats", ()),
    ("score P --from spacy --gold GOLD", "formats", ()),
    ("score P --from hf --gold GOLD", "formats", ()),
    ("score --spacy en_core_web_sm --gold GOLD --html out.html", "preannotate", ()),
]


@pytest.mark.parametrize(("command", "extra", "installed"), ASKS)
def test_a_missing_extra_is_one_message_before_any_work(
    command: str, extra: str, installed: tuple[str, ...], run: Run, files: dict[str, str], tmp_path: Path
) -> None:
    done = run("-m", "annotate", *fill(command, files), extras=installed)
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    found = re.fullmatch(r"error: .+ needs (.+), not installed: pip install 'annotate-gold\[(\w+)\]'", line)
    assert found is not None, line
    assert found[2] == extra
    missing = set(found[1].split(", "))
    assert missing <= set(EXTRAS[extra]) & denied(*installed), "the extra would not bring what is missing"
    assert done.stdout == ""
    assert not [*(tmp_path / "work").iterdir(), *(tmp_path / "home").iterdir()]


def test_every_command_is_tried_without_extras() -> None:
    tried = {command.split()[0] for command in [*CORE, *(command for command, _, _ in ASKS)]}
    assert tried == set(COMMANDS) | set(GROUPS)


def test_every_format_runs_or_names_its_extra(run: Run, files: dict[str, str]) -> None:
    code = f"""
from pathlib import Path
import annotate
from annotate.errors import AnnotateError, MissingExtraError
from annotate.formats import WRITERS, read_predictions, write_format
gold = annotate.load_gold({files["GOLD"]!r})
for format in sorted(WRITERS):
    path = Path(f"out-{{format}}")
    try:
        write_format(gold, path, format)
    except MissingExtraError as error:
        print(format, "written", error.extra)
        assert not path.exists()
    try:
        read_predictions(path, format, texts=gold)
    except MissingExtraError as error:
        print(format, "read", error.extra)
    except AnnotateError:
        assert not path.exists()
"""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "conll written formats",
        "hf written formats",
        "hf read formats",
        "prodigy written formats",
        "spacy written formats",
        "spacy read formats",
        "strings read formats",
    ]
