"""The registry of preannotators: a name, what it needs, and the function that builds it.

A preannotator is asked for by name: `rules`, `news`, or with an argument after a colon, `spacy:en_core_web_sm`.
Packages add their own under the entry point group `annotate.preannotators`: the entry point's name is the
preannotator's, its object a function from a schema to a `Preannotator`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate.errors import AnnotateError, PreannotatorError
from annotate.extras import require
from annotate.records import LAYERS, Article, Layer, Layers
from annotate.schema import Schema

ENTRY_POINTS = "annotate.preannotators"

#: Where the preannotators of this package register themselves; imported when one is asked for.
_BUILT_IN = {
    "rules": "annotate.preannotate.rules",
    "news": "annotate.preannotate.news",
    "trained": "annotate.preannotate.news",
    "spacy": "annotate.preannotate.spacy_pipeline",
    "llm": "annotate.preannotate.llm",
}


@dataclass(frozen=True)
class Preannotator:
    """Code that proposes layers. `pipe` yields one `Layers` per article, in order, offsets into the article's text."""

    name: str
    version: str
    layers: tuple[Layer, ...]
    pipe: Callable[[Iterable[Article]], Iterator[Layers]]

    @property
    def model(self) -> str:
        """The name that records carry, such as `rules-0.1.0`."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class _Entry:
    build: Callable[..., Preannotator]
    layers: tuple[Layer, ...]
    argument: str | None
    needs: tuple[str, ...]


_ENTRIES: dict[str, _Entry] = {}


def register(
    name: str, *, layers: Sequence[Layer] = LAYERS, argument: str | None = None, needs: Sequence[str] = ()
) -> Callable[[Callable[..., Preannotator]], Callable[..., Preannotator]]:
    """Decorator: this function builds the preannotator of that name.

    Args:
        name: what users type; no colon in it.
        layers: what it can propose.
        argument: what users type after a colon, for messages (`NAME_OR_PATH`); the function then takes it as its
            second argument, after the schema.
        needs: the modules of the extra `preannotate` that it needs.

    Raises:
        PreannotatorError: the name is taken.
    """

    def decorate(build: Callable[..., Preannotator]) -> Callable[..., Preannotator]:
        known = _ENTRIES.get(name)
        if known is not None and (known.build.__module__, known.build.__qualname__) != (
            build.__module__,
            build.__qualname__,
        ):
            raise PreannotatorError(f"preannotator {name!r} is registered twice, by {known.build.__module__} already")
        _ENTRIES[name] = _Entry(build, tuple(layers), argument, tuple(needs))
        return build

    return decorate


def list_preannotators() -> list[str]:
    """The names that `build` knows, those of plug-ins included; an argument to give is in capitals.

    >>> "rules" in list_preannotators()
    True
    """
    names = {*_BUILT_IN, *_ENTRIES, *_find_plug_ins()}
    return sorted(f"{name}:{entry.argument}" if (entry := _load(name)) and entry.argument else name for name in names)


def build(name: str, schema: Schema) -> Preannotator:
    """The preannotator of that name, ready to use; its layers are those that the schema has too.

    Raises:
        PreannotatorError: the name is unknown (the message lists the known ones), the argument is missing, or it
            cannot be built.
        MissingExtraError: packages that it needs are not installed.
    """
    require_installed(name)
    base, colon, argument = name.partition(":")
    entry = _find(name)
    if bool(argument) != bool(entry.argument) or (colon and not argument):
        expected = f"{base}:{entry.argument}" if entry.argument else base
        raise PreannotatorError(f"preannotator {name!r}: expected {expected}")
    try:
        return entry.build(schema, argument) if entry.argument else entry.build(schema)
    except AnnotateError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise PreannotatorError(f"preannotator {name!r} cannot be built: {error}") from error


def find_layers(name: str) -> tuple[Layer, ...]:
    """The layers that the preannotator can propose, without building it.

    Raises:
        PreannotatorError: the name is unknown.
    """
    return _find(name).layers


def require_installed(name: str) -> None:
    """Return if the preannotator is known and all that it needs is installed; nothing is loaded.

    Raises:
        PreannotatorError: the name is unknown.
        MissingExtraError: packages that it needs are not installed.
    """
    if needs := _find(name).needs:
        require("preannotate", f"preannotator {name}", *needs)


def default_preannotator() -> str:
    """`news` where its weights are packaged, else `rules`, which needs none."""
    weights = (Path(__file__).parent / "news").rglob("*.onnx")
    return "news" if next(weights, None) is not None else "rules"


def _find(name: str) -> _Entry:
    entry = _load(name.partition(":")[0])
    if entry is None:
        raise PreannotatorError(f"no preannotator {name!r}; expected one of {', '.join(list_preannotators())}")
    return entry


def _load(name: str) -> _Entry | None:
    if name not in _ENTRIES and name in _BUILT_IN:
        importlib.import_module(_BUILT_IN[name])
    elif name not in _ENTRIES and name in (plug_ins := _find_plug_ins()):
        try:
            register(name)(plug_ins[name].load())
        except (ImportError, AttributeError) as error:
            raise PreannotatorError(f"plug-in preannotator {name!r} cannot be loaded: {error}") from error
    return _ENTRIES.get(name)


def _find_plug_ins() -> dict[str, Any]:
    return {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
