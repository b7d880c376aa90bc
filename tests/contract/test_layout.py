"""The tests lie as the code does: `tests/unit` has the folders of `annotate`, and no test executes another's file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT, PACKAGE = ROOT / "tests" / "unit", ROOT / "annotate"
FOLDERS = sorted({path.parent.relative_to(UNIT) for path in UNIT.rglob("test_*.py")})
MODULES = sorted(path.relative_to(UNIT) for path in UNIT.rglob("test_*.py"))


def imported(path: Path) -> set[str]:
    """The dotted names that a file imports, within functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_every_folder_is_a_package(folder: Path) -> None:
    assert (PACKAGE / folder / "__init__.py").is_file(), f"tests/unit/{folder}: annotate has no such package"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_tests_the_package_of_its_folder(module: Path) -> None:
    package = ".".join(("annotate", *module.parent.parts))
    found = imported(UNIT / module)
    assert any(name == package or name.startswith(f"{package}.") for name in found), f"{module}: no import of {package}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_named_after_code_lies_where_that_code_is(module: Path) -> None:
    name = module.stem.removeprefix("test_")
    places = [path.parent for path in PACKAGE.rglob(f"{name}.py")]
    places += [path for path in PACKAGE.rglob(name) if (path / "__init__.py").is_file()]
    allowed = [place.relative_to(PACKAGE) for place in places]
    assert not allowed or module.parent in allowed, f"{module}: {name} is in annotate/{', '.join(map(str, allowed))}"


def test_helpers_are_imported_and_no_test_executes_another() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
        assert not used & {"runpy.run_path", "importlib.util.spec_from_file_location"}, path
        assert not [name for name in imported(path) if name.startswith("tests.") and ".test_" in name], path
