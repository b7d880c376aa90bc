"""The formats by name, and what their readers and writers are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from annotate.errors import AnnotateError
from annotate.extras import require
from annotate.formats.report import FormatReport
from annotate.records import LAYERS, Article, Layer, LayeredRecord, Layers, Prediction
from annotate.schema import Schema

#: What happens to a span whose edge lies inside a token: the token is cut there, the span grows to the token's
#: edge, shrinks to it, or is left out.
Alignment: TypeAlias = Literal["split", "expand", "contract", "drop"]


@dataclass
class Reading:
    """What a reader needs beside the path, and where it reports what it met.

    Attributes:
        texts: the articles that the file is about, by id, in their order; for formats without text or offsets.
        layers: the layers that the file annotates; None = those of which it holds anything.
        problems: sentences that make the file unreadable; raised together when the reader is through.
    """

    report: FormatReport
    schema: Schema
    texts: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Layer, ...] | None = None
    problems: list[str] = field(default_factory=list)

    def with_layers(self, found: Iterable[tuple[Prediction, Layers]]) -> Iterator[Prediction]:
        """The predictions with the layers that the file annotates: empty lists where one holds nothing.

        Most formats cannot distinguish "not annotated" from "nothing there"; a layer of which the file holds anything
        is taken as annotated in every article of it.
        """
        pairs = list(found)
        present = self.layers
        if present is None:
            present = tuple(layer for layer in LAYERS if any(getattr(layers, layer) for _, layers in pairs))
        for prediction, layers in pairs:
            for layer in present:
                setattr(prediction, layer, getattr(layers, layer) or [])
            yield prediction


@dataclass
class Writing:
    """What a writer needs beside the records and the path, and where it reports what the format cannot hold."""

    report: FormatReport
    schema: Schema
    layers: tuple[Layer, ...] = LAYERS
    alignment: Alignment = "split"

    def pick(self, record: LayeredRecord) -> Layers:
        """The record's layers that are to be written."""
        return Layers(**{layer: getattr(record, layer) for layer in self.layers})

    def present(self, records: Iterable[LayeredRecord]) -> tuple[Layer, ...]:
        """The layers that any of the records has, among those to be written."""
        kept = list(records)
        return tuple(layer for layer in self.layers if any(getattr(record, layer) is not None for record in kept))


Reader: TypeAlias = Callable[[Path, Reading], Iterable[Prediction]]
Writer: TypeAlias = Callable[[Iterable[LayeredRecord], Path, Writing], None]
F = TypeVar("F")

READERS: dict[str, Reader] = {}
WRITERS: dict[str, Writer] = {}
_NEEDS: dict[tuple[str, str], tuple[str, ...]] = {}


def reads(name: str, *needs: str) -> Callable[[Reader], Reader]:
    """Register the reader of a format, and the modules of the extra `formats` that it needs."""
    _NEEDS[name, "read"] = needs
    return _register(READERS, name)


def writes(name: str, *needs: str) -> Callable[[Writer], Writer]:
    """Register the writer of a format, and the modules of the extra `formats` that it needs."""
    _NEEDS[name, "written"] = needs
    return _register(WRITERS, name)


def find_reader(name: str) -> Reader:
    """The reader of the format.

    Raises:
        AnnotateError: there is none of this name.
        MissingExtraError: it needs packages that are not installed.
    """
    return _find(READERS, name, "read")


def find_writer(name: str) -> Writer:
    """The writer of the format.

    Raises:
        AnnotateError: there is none of this name.
        MissingExtraError: it needs packages that are not installed.
    """
    return _find(WRITERS, name, "written")


def texts_by_id(records: Iterable[Article | LayeredRecord]) -> dict[str, str]:
    """The texts of the records that have one.

    >>> texts_by_id([Article(id="a-1", text="Go.")])
    {'a-1': 'Go.'}
    """
    return {record.id: record.text for record in records if record.text is not None}


def _register(table: dict[str, F], name: str) -> Callable[[F], F]:
    def keep(function: F) -> F:
        if name in table:
            raise ValueError(f"format {name!r} is registered twice")
        table[name] = function
        return function

    return keep


def _find(table: Mapping[str, F], name: str, action: str) -> F:
    if name not in table:
        raise AnnotateError(f"format {name!r} cannot be {action}; known: {', '.join(sorted(table))}")
    if needs := _NEEDS[name, action]:
        require("formats", f"format {name}", *needs)
    return table[name]
