"""Values that a shell completes: releases, projects, measures and names.

A completion never fails and never loads anything heavy: what cannot be found out at once is left out.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_PATIENCE = 1.0  # seconds that a server has to name its projects


def _never_failing(find: Callable[[str], Iterable[str]]) -> Callable[[str], list[str]]:
    @functools.wraps(find)
    def complete(incomplete: str) -> list[str]:
        found: dict[str, None] = {}
        # a half-typed line is no place for a message; what was found before stays
        with contextlib.suppress(Exception):
            for value in find(incomplete):
                if value.startswith(incomplete):
                    found[value] = None
        return list(found)

    return complete


@_never_failing
def complete_release(incomplete: str) -> Iterator[str]:
    """Releases below `gold/` here and of the toolkit, `NAME/latest`, and folders and files of records."""
    from annotate.files import resource_dir
    from annotate.gold.names import find_versions

    for home in (Path("gold"), resource_dir("gold")):
        for folder in sorted(home.iterdir()) if home.is_dir() else []:
            versions = find_versions(folder)
            yield from (f"{folder.name}/{version}" for version in reversed(versions))
            if versions:
                yield f"{folder.name}/latest"
    yield from _find_files(incomplete)


def _find_files(incomplete: str) -> Iterator[str]:
    folder, _, start = incomplete.rpartition("/")
    before = f"{folder}/" if "/" in incomplete else ""
    for entry in sorted(Path(before or ".").iterdir()):
        if entry.name.startswith(start) and (entry.name.startswith(".") <= start.startswith(".")):
            if entry.is_dir():
                yield f"{before}{entry.name}/"
            elif entry.suffix in (".jsonl", ".json"):
                yield f"{before}{entry.name}"


@_never_failing
def complete_project(incomplete: str) -> Iterator[str]:
    """Titles of the projects on the server that the environment names, or on the embedded one."""
    url, key = os.environ.get("LABEL_STUDIO_URL"), os.environ.get("LABEL_STUDIO_API_KEY")
    if not url:
        from annotate.label_studio_server.state import read_state, studio_dir

        state = read_state(studio_dir(None))
        if state is None or state.port is None:
            return
        url, key = f"http://127.0.0.1:{state.port}", state.api_key
    if not url.startswith(("http://", "https://")):
        return
    request = urllib.request.Request(  # noqa: S310 - http and https only
        f"{url.rstrip('/')}/api/projects?page_size=100", headers={"Authorization": f"Token {key}"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        yield from (project["title"] for project in json.load(answer)["results"])


@_never_failing
def complete_measure(incomplete: str) -> Iterator[str]:
    """Names of measures."""
    # loaded without its package, which loads numpy
    spec = importlib.util.spec_from_file_location(
        "annotate_measures", Path(__file__).parents[1] / "score" / "measures.py"
    )
    if spec is None or spec.loader is None:
        return
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield from (definition.name for definition in module.measures(of_scores=True))


@_never_failing
def complete_format(incomplete: str) -> Iterable[str]:
    """Names of the formats that are written, which are read too."""
    from annotate.formats import WRITERS

    return sorted(WRITERS)


@_never_failing
def complete_preannotator(incomplete: str) -> Iterable[str]:
    """Names of preannotators that need no more than a name, and the beginnings of the others."""
    return ("news", "rules", "spacy:", "llm:", "trained:")


@_never_failing
def complete_map(incomplete: str) -> Iterable[str]:
    """Presets of label maps."""
    from annotate.label_map import PRESETS

    return PRESETS


@_never_failing
def complete_layers(incomplete: str) -> Iterator[str]:
    """Layers, after those that are there already."""
    from annotate.records import LAYERS

    before, comma, _ = incomplete.rpartition(",")
    return (f"{before}{comma}{layer}" for layer in LAYERS if layer not in before.split(","))
