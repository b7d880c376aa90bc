"""The formats by name, and what their readers and writers are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from annotate.errors import AnnotateError
from annotate.extras import require
from annotate.formats.report import FormatReport
from annotate.records import LAYERS, Article, Layer, LayeredRecord, Layers, Prediction, Unplaced, get_layer, pick_layers
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
        part: which part of the file is wanted, where it holds several; what that can be is the format's.
        unplaced: what was predicted with words that are not in the text, by article.
        problems: sentences that make the file unreadable; raised together when the reader is through.
    """

    report: FormatReport
    schema: Schema
    texts: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Layer, ...] | None = None
    part: str | None = None
    unplaced: dict[str, list[Unplaced]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add_unplaced(self, article: str, layer: Layer | None, text: str, label: str | None) -> None:
        """Keep an item that has no place in the text, so that it counts as wrong; None = it is no item."""
        if layer is not None and (self.layers is None or layer in self.layers):
            self.unplaced.setdefault(article, []).append(Unplaced(layer, text, label))

    def explain_text(self, text: str) -> str:
        """Why no article has exactly this text.

        >>> from annotate.schema import load_schema
        >>> Reading(FormatReport("prodigy", "read"), load_schema(), {"a": "Go. Now."}).explain_text("Go.")
        'its text is a part of that of a; give whole articles, not sentences'
        """
        words = "".join(text.split())
        for article, whole in self._words.items():
            if words == whole:
                return f"its text has other white space than that of {article}; predict on that text as it is"
            if words and words in whole:
                return f"its text is a part of that of {article}; give whole articles, not sentences"
        return "its text is not one of the gold's"

    @cached_property
    def _words(self) -> dict[str, str]:
        """The texts without white space."""
        return {article: "".join(text.split()) for article, text in self.texts.items()}

    def with_layers(
        self, found: Iterable[tuple[Prediction, Layers]], *, named: Iterable[Layer] = ()
    ) -> Iterator[Prediction]:
        """The predictions with the layers that the file annotates: empty lists where one holds nothing.

        Most formats cannot distinguish "not annotated" from "nothing there"; a layer of which the file holds anything
        is taken as annotated in every article of it.

        Args:
            named: layers that the file says it annotates, whether it holds anything of them or not.
        """
        pairs = list(found)
        known = {*named, *(layer for layer in LAYERS if any(getattr(layers, layer) for _, layers in pairs))}
        present = tuple(layer for layer in LAYERS if layer in (known if self.layers is None else self.layers))
        for layer in sorted(known.difference(present)):
            for prediction, layers in pairs:
                self.leave_out(prediction.id, layer, get_layer(layers, layer))
        for prediction, layers in pairs:
            for layer in present:
                setattr(prediction, layer, getattr(layers, layer) or [])
            yield prediction

    def leave_out(self, article: str, layer: Layer, items: list[Any] | None) -> None:
        """Note the items of a layer that was not asked for."""
        if items:
            self.report.add_note(f"{layer} that were not asked for", article, len(items))


@dataclass
class Writing:
    """What a writer needs beside the records and the path, and where it reports what the format cannot hold."""

    report: FormatReport
    schema: Schema
    layers: tuple[Layer, ...] = LAYERS
    alignment: Alignment = "split"

    def pick(self, record: LayeredRecord) -> Layers:
        """The record's layers that are to be written."""
        return pick_layers(record, self.layers)

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
_PARTS: dict[str, str] = {}


def reads(name: str, *needs: str, parts: str | None = None) -> Callable[[Reader], Reader]:
    """Register the reader of a format.

    Args:
        needs: the modules of the extra `formats` without which it does not work.
        parts: what `NAME:PART` can choose, in words; None = the format has no parts.
    """
    _NEEDS[name, "read"] = needs
    if parts is not None:
        _PARTS[name] = parts
    return _register(READERS, name)


def writes(name: str, *needs: str) -> Callable[[Writer], Writer]:
    """Register the writer of a format, and the modules of the extra `formats` that it needs."""
    _NEEDS[name, "written"] = needs
    return _register(WRITERS, name)


def find_reader(spelled: str) -> tuple[Reader, str | None]:
    """The reader of the format, and the part that is wanted of a file: `conll:3` is column 3.

    Raises:
        AnnotateError: there is none of this name, or it has no parts.
        MissingExtraError: it needs packages that are not installed.
    """
    name, colon, part = spelled.partition(":")
    reader = _find(READERS, name, "read")
    if colon and (name not in _PARTS or not part):
        wanted = _PARTS.get(name, "nothing behind the name of this format")
        raise AnnotateError(f"format {spelled!r}: expected {wanted}")
    return reader, part or None


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
