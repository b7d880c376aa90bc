"""`python -m tests.mutants`: change the code in one place at a time, and list the changes that no test notices.

mutmut makes the mutants of items, score, agreement and release, and runs for each the tests of `groups.py` that call
the changed function. A mutant that only changes the words of a message is left out. Of a module with more mutants than
`--sample`, a seeded sample is run.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.mutation.diff_apply import generated_function_names
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name, orig_function_and_class_names_from_key

from tests.mutants.groups import GROUPS, Group

ROOT = Path(__file__).parents[2]
#: What the tests of the groups read.
COPIED = ("annotate", "gold", "schemas", "seeds", "tests")
CONFIG = """
[tool.mutmut]
source_paths = ["annotate"]
only_mutate = {files}
also_copy = ["conftest.py", "gold", "schemas", "seeds", "README.md", "CHANGELOG.md", "LICENSE"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {selection}
timeout_multiplier = 2.0
timeout_constant = 5.0
track_dependencies = false
use_git_change_detection = false
"""
#: The examples in docstrings, as tests: pytest would also collect those of every mutant's copy.
EXAMPLES = """
import doctest, importlib
import pytest

@pytest.mark.parametrize("name", {names})
def test_example(name):
    module, _, function = name.rpartition(".")
    found = importlib.import_module(module)
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(found, function), name, False, vars(found))
    assert not doctest.DocTestRunner().run(example).failed
"""
#: Quick files first, as a mutant's first failure ends its run; the tests of a file stay together and share fixtures.
CONFTEST = """
import json
from collections import Counter
from pathlib import Path

def pytest_collection_modifyitems(items):
    stats = Path("mutmut-stats.json")
    if stats.is_file():
        taken = Counter()
        for test, seconds in json.loads(stats.read_text())["duration_by_test"].items():
            taken[test.partition("::")[0]] += seconds
        items.sort(key=lambda item: (taken[item.nodeid.partition("::")[0]], item.nodeid.partition("::")[0]))
"""
#: What mutmut calls an outcome; all others are ways to fail. `no tests`: no test calls the function.
OUTCOMES = {"survived": "survived", "no tests": "survived", "timeout": "timeout"}
#: A string of the code and what it begins with.
STRING = re.compile(r"""([a-z]*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
HEADER = f"{'module':<32}{'mutants':>9}{'run':>6}{'killed':>8}{'survived':>10}{'timeout':>9}"


@dataclass
class Found:
    """What became of the mutants of one module."""

    module: str
    mutants: int
    results: Counter[str] = field(default_factory=Counter)
    survivors: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Line, name, and the lines before and after the change, by line."""

    def row(self) -> str:
        """One row of the table."""
        killed, survived, timeout = (self.results[name] for name in ("killed", "survived", "timeout"))
        return f"{self.module:<32}{self.mutants:>9}{self.results.total():>6}{killed:>8}{survived:>10}{timeout:>9}"


def find_files(group: Group, wanted: list[str]) -> list[Path]:
    """The files of a group, relative to the checkout: of all its modules, or of those whose names begin as wanted."""
    files: list[Path] = []
    for name in group.modules:
        path = ROOT / "annotate" / name.replace(".", "/")
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    chosen = [path.relative_to(ROOT) for path in files if path.name != "__init__.py"]
    return [path for path in chosen if not wanted or name_of(path).startswith(tuple(wanted))]


def name_of(path: Path) -> str:
    """The module without `annotate.`."""
    return ".".join(path.with_suffix("").parts[1:])


def open_work(folder: Path, group: Group, files: list[Path]) -> None:
    """A folder that mutmut takes for the checkout; it copies what it changes to `mutants/` below."""
    folder.mkdir()
    for name in (*COPIED, "README.md", "CHANGELOG.md", "LICENSE"):
        (folder / name).symlink_to(ROOT / name)
    examples = [example for file in files for example in find_examples(file)]
    (folder / "test_examples.py").write_text(EXAMPLES.format(names=examples), "utf-8")
    (folder / "conftest.py").write_text(CONFTEST, "utf-8")
    selection = [*group.tests, "test_examples.py"]
    if group.without:
        selection += ["-k", f"not ({' or '.join(group.without)})"]
    config = CONFIG.format(files=[str(path) for path in files], selection=selection)
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8") + config, "utf-8")


def find_examples(file: Path) -> list[str]:
    """The functions of the module whose docstrings have examples."""
    functions = [node for node in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    return [f"annotate.{name_of(file)}.{node.name}" for node in functions if ">>> " in (ast.get_docstring(node) or "")]


def draw(file: Path, sample: int, seed: int) -> tuple[int, list[str]]:
    """How many mutants the module has, without those of wording alone, and the names of those to run."""
    mutated = mutate_file_contents(str(file), file.read_text("utf-8"))
    lines = mutated.code.splitlines(keepends=True)

    def read(name: str) -> list[str]:
        span = mutated.line_span_by_function_name[name]
        return to_lines("".join(lines[span.start - 1 : span.end]))

    names = []
    for name in mutated.mutant_names:
        if not changes_words(*map(read, generated_function_names(name))):
            names.append(get_mutant_name(file, name))
    names.sort()
    drawn = names if len(names) <= sample else random.Random(f"{seed} {file}").sample(names, sample)
    return len(names), sorted(drawn)


def changes_words(original: list[str], changed: list[str]) -> bool:
    """Whether the lines of two functions differ in nothing but a text with a space in it."""
    return len(original) == len(changed) and list(map(hide, original)) == list(map(hide, changed))


def to_lines(source: str) -> list[str]:
    """The lines of a function that mutmut wrote, from `def` on, without the name that it gave it."""
    source = source[source.index("def ") :]
    return [f"def {source[source.index('(') :]}".splitlines()[0], *source.splitlines()[1:]]


def hide(line: str) -> str:
    """The line without its texts that a reader reads; f-strings stay, as there is code in them."""
    return STRING.sub(lambda found: '""' if " " in found[0] and "f" not in found[1] else found[0], line)


def run_group(group: Group, files: list[Path], folder: Path, sample: int, seed: int) -> Iterator[Found]:
    """Run the mutants of the files, and return what became of them, module by module.

    Raises:
        RuntimeError: mutmut stopped, because the tests of the group fail without any mutant.
    """
    open_work(folder, group, files)
    with chdir(folder):
        drawn = {file: draw(file, sample, seed) for file in files}
        names = [name for _, chosen in drawn.values() for name in chosen]
        if names:
            command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names]
            with Path("log.txt").open("wb") as log:
                done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT)
            if done.returncode:
                raise RuntimeError(f"mutmut stopped:\n{Path('log.txt').read_text('utf-8')[-3000:]}")
        for file, (mutants, chosen) in drawn.items():
            found = Found(name_of(file), mutants)
            data = SourceFileMutationData(path=file)
            data.load()
            for name in chosen:
                status = OUTCOMES.get(status_by_exit_code[data.exit_code_by_key[name]], "killed")
                found.results[status] += 1
                if status == "survived":
                    found.survivors.append(describe(file, name))
            found.survivors.sort()
            yield found


def describe(file: Path, name: str) -> tuple[int, str, str, str]:
    """Where a mutant is, its name, and the lines before and after."""
    spans = MutantLineSpans.load(file)
    assert spans is not None
    before, after = map(to_lines, spans.read_function_sources(generated_function_names(name)))
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    start, end, first, last = next((a, b, c, d) for kind, a, b, c, d in blocks if kind != "equal")
    line = find_function(file, name) + start
    return line, name, " ".join(map(str.strip, before[start:end])), " ".join(map(str.strip, after[first:last]))


def find_function(file: Path, name: str) -> int:
    """The line on which the function or method of a mutant begins."""
    function, owner = orig_function_and_class_names_from_key(name)
    body: list[ast.stmt] = ast.parse(file.read_text("utf-8")).body
    if owner is not None:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner)
    return next(node.lineno for node in body if isinstance(node, ast.FunctionDef) and node.name == function)


def main() -> int:
    """Run the mutants, print the table and the survivors, and return 0 whatever survives: some mutants change nothing.

    1 where the tests of a group fail without any mutant.
    """
    options = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    options.add_argument("modules", nargs="*", help="only modules whose names begin so, such as score.entities")
    options.add_argument("--sample", type=int, default=12, help="mutants to run for each module (12)")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    if not any(find_files(group, chosen.modules) for group in GROUPS.values()):
        options.error(f"no module in tests/mutants/groups.py begins with {' or '.join(chosen.modules)}")
    os.environ.setdefault("ANNOTATE_SHARED", str(ROOT / "shared"))
    started = time.monotonic()
    results: list[Found] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="annotate-mutants-") as folder:
        for name, group in GROUPS.items():
            if files := find_files(group, chosen.modules):
                try:
                    for found in run_group(group, files, Path(folder, name), chosen.sample, chosen.seed):
                        print(found.row(), file=sys.stderr, flush=True)
                        results.append(found)
                except RuntimeError as error:
                    failed.append(f"error: {name}: {error}")
                shutil.rmtree(Path(folder, name))
    print(HEADER)
    for found in results:
        print(found.row())
    total = Found("all", sum(found.mutants for found in results), sum((found.results for found in results), Counter()))
    print(total.row())
    print(f"seed {chosen.seed}, at most {chosen.sample} a module, {(time.monotonic() - started) / 60:.0f} min\n")
    for found in results:
        for line, _, before, after in found.survivors:
            print(f"annotate/{found.module.replace('.', '/')}.py:{line}\n  - {before}\n  + {after}")
    for sentence in failed:
        print(sentence, file=sys.stderr)
    return 1 if failed else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
