"""Checks, before any command begins, that it does not write to what it reads."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from annotate.errors import AnnotateError

#: The options that name what a command writes.
WRITTEN = {"output", "html", "log", "certificate", "to", "board"}


class CheckedCommand(TyperCommand):
    """A command whose outputs are compared with its inputs before it runs."""

    def invoke(self, ctx: Any) -> Any:
        """The command's result.

        Raises:
            AnnotateError: see `check_outputs`.
        """
        outputs: dict[str, Path | None] = {}
        inputs: dict[str, Any] = {}
        for option in self.params:
            value = ctx.params.get(option.name)
            shown = option.metavar or option.opts[0] if option.param_type_name == "argument" else option.opts[0]
            if is_written(option):
                outputs[shown] = None if value is None else Path(value)
                if takes_file(option) and value is not None and Path(value).is_dir():
                    raise AnnotateError(f"{shown} {value}: is a folder; give the name of a file to write")
            elif is_read(option):
                inputs[shown] = value
        check_outputs(outputs, inputs)
        return super().invoke(ctx)


def is_written(option: Any) -> bool:
    """Whether the option names a file or folder that the command writes; `--to` may also name a format."""
    return option.name in WRITTEN and option.metavar != "FORMAT"


def is_read(option: Any) -> bool:
    """Whether the option or argument names something that the command reads, or may name it."""
    if is_written(option):
        return False
    named = any(kind in (option.metavar or "").upper() for kind in ("FILE", "GOLD", "JSONL", "RELEASE", "DIR", "KEY"))
    return named or option.param_type_name == "argument" or option.name == "preannotator"


def takes_file(option: Any) -> bool:
    """Whether an option for an output takes a file only."""
    return not any(kind in (option.metavar or "") for kind in ("DIR", "PATH"))


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Any]) -> None:
    """Return if no output is an input, another output, or inside a release, whatever the spelling and behind links.

    Args:
        outputs: paths to be written, by the option's name for the message; None = not given.
        inputs: paths that are read, as text, path, or list of these; whatever else is in it is passed over.

    Raises:
        AnnotateError: the first output that is one.
    """
    seen: dict[str, Path] = {}
    for option, output in outputs.items():
        if output is None or str(output) == "-":
            continue
        for name, value in inputs.items():
            for path in _paths(value):
                if _is_same(output, path):
                    raise AnnotateError(f"{option} {output}: is also read ({name}); choose another output")
        for name, other in seen.items():
            if _is_same(output, other):
                raise AnnotateError(f"{option} {output}: is also written by {name}; choose another file")
        seen[option] = output
        release = _find_release_around(output)
        if release is not None:
            raise AnnotateError(f"{option} {output}: is in the release {release}, which is never changed")


def _paths(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield Path("/dev/stdin") if str(value) == "-" else value
    elif isinstance(value, str) and value:
        yield Path("/dev/stdin") if value == "-" else Path(value.removeprefix("trained:"))
    elif isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        for each in value:
            yield from _paths(each)


def _is_same(one: Path, other: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        if one.exists() and other.exists():
            return not _is_device(one) and one.samefile(other)
        return os.path.realpath(one) == os.path.realpath(other)
    return False


def _is_device(path: Path) -> bool:
    return not path.is_file() and not path.is_dir()


def _find_release_around(path: Path) -> Path | None:
    real = Path(os.path.realpath(path))
    for folder in (real, *real.parents):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if str(json.loads((folder / "manifest.json").read_bytes()).get("toolkit")).startswith("annotate-gold "):
                return folder
    return None
