"""A pre-annotator that is registered for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from annotate.preannotate import registry
from annotate.records import Article, Layer, Layers
from annotate.schema import Schema


def copy_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test registers is forgotten after it; the built-in ones are loaded for good before."""
    registry.list_preannotators()
    monkeypatch.setattr(registry, "_ENTRIES", dict(registry._ENTRIES))


def register(
    monkeypatch: pytest.MonkeyPatch, name: str, layers: Sequence[Layer], find: Callable[[Article], Layers]
) -> None:
    """Register `NAME-1`, which finds in each article what `find` returns."""

    def build(schema: Schema) -> registry.Preannotator:
        def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
            for article in articles:
                yield find(article)

        return registry.Preannotator(name, "1", tuple(layers), pipe)

    copy_registry(monkeypatch)
    registry.register(name, layers=tuple(layers))(build)
