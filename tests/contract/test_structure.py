"""The structure: imports point one way, nothing heavy loads before it is needed, every command explains itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import annotate
from annotate.cli.app import COMMANDS, GROUPS

PACKAGE = Path(annotate.__file__).parent
#: Packages and modules from the ground up: each imports only what stands on a line before its own.
ORDER = [
    [
        "version", "errors", "problems", "extras", "display", "files", "folders", "locks", "processes", "printing",
        "records", "spans", "items", "differences", "jsonl", "disjoint", "schema", "label_map", "selected", "practice",
    ],
    ["text", "ingest", "artifacts", "html", "label_studio_server"],
    ["task_json", "score"],
    ["gold"],
    ["formats"],
    ["preannotate", "agreement"],
    ["adjudication"],
    ["audit"],
    ["labelstudio", "release"],
    ["publish", "harness", "explore", "rounds"],
    ["selection", "copies"],
    ["training", "workflows"],
    ["cli"],
]  # fmt: skip
HEAVY = ["label_studio_sdk", "spacy", "datasets", "torch", "ray", "pandas", "pyarrow", "onnxruntime", "numpy", "rich"]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph() -> dict[str, set[str]]:
    """Which of our modules each of them imports, lazily or not; imports for type checkers only are left out."""
    names = {module_name(path) for path in PACKAGE.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        targets: set[str] = set()
        tree = ast.parse(path.read_text("utf-8"))
        skipped = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    targets.add(full if full in names else node.module)
        graph[module_name(path)] = {target for target in targets if target in names} - {module_name(path), "annotate"}
    return graph


def test_imports_make_no_circle() -> None:
    graph = import_graph()
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_a_package_imports_only_what_stands_below_it() -> None:
    level = {name: number for number, names in enumerate(ORDER) for name in names}
    for name, targets in import_graph().items():
        if name in ("annotate", "annotate.__main__"):
            continue
        room = name.split(".")[1]
        assert room in level, f"{name}: give it a place in ORDER"
        for target in targets:
            below = target.split(".")[1]
            ground = level[room] == level[below] == 0
            assert room == below or ground or level[below] < level[room], f"{name} imports {target}"


def test_modules_stay_small() -> None:
    long = {str(path): n for path in PACKAGE.rglob("*.py") if (n := len(path.read_text("utf-8").splitlines())) > 600}
    assert not long


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, json; from annotate.cli.app import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        f"print('LOADED', json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(out.rpartition("LOADED ")[2]) == []


def find_public_function(command: str) -> str:
    """`annotate.COMMAND`; where a package of ours is called like the command, `annotate.COMMAND_OBJECT`."""
    if command in annotate.__all__:
        return command
    packages = {path.parent.name for path in PACKAGE.rglob("__init__.py")}
    assert command in packages, f"annotate.{command} does not exist"
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(inspect.getsource(command_function(command))))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "annotate"
    }
    [name] = [name for name in called if name.startswith(f"{command}_")]
    return name


def command_function(command: str) -> Callable[..., None]:
    function: Callable[..., None] = getattr(importlib.import_module(f"annotate.cli.{COMMANDS[command][0]}"), command)
    return function


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one_public_function(command: str) -> None:
    name = find_public_function(command)
    function = getattr(annotate, name)
    assert inspect.isfunction(function)
    assert name in annotate.__all__
    source = inspect.getsource(command_function(command))
    assert f"annotate.{name}(" in source, f"annotate {command} does not call annotate.{name}"
    assert not re.search(r"\bopen\(|Outputs\(|lock_output\(|write_(text|records|lines)\(", source)
    assert inspect.getdoc(function), f"annotate.{name} is not documented"


CONTRACT = [
    "demo", "up", "down", "status", "preannotate", "push", "pull", "doctor", "agree", "adjudicate", "release", "check",
    "diff", "releases", "publish", "score", "compare", "explore", "export", "rehydrate", "backend", "train",
    "select", "plan", "transfer",
]  # fmt: skip


def test_every_command_of_the_contract_is_there() -> None:
    assert set(CONTRACT) <= set(COMMANDS)
    assert "schema" in GROUPS
