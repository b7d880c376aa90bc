"""One loaded preannotator, or several, applied to batches of articles: the unit that every engine runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from annotate.errors import AnnotateError, PreannotatorError
from annotate.files import sha256_text
from annotate.items import confidence_of, iter_items, label_of, sort_items
from annotate.preannotate.merge import merge_layers
from annotate.preannotate.registry import Preannotator, build
from annotate.printing import format_count
from annotate.records import Article, Layer, Layers, Prediction, article_fields, get_layer
from annotate.schema import Schema, find_label_problems
from annotate.spans import find_span_problems


@dataclass(frozen=True)
class Settings:
    """What a worker needs to know; it travels to other processes.

    Attributes:
        preannotators: names for `annotate.preannotate.registry.build`; where spans collide, the earlier one wins.
        layers: the layers that are wanted.
        min_score: spans with a lower confidence are left out; those without one stay.
        side_by_side: keep what collides.
    """

    preannotators: tuple[str, ...]
    schema: Schema
    layers: tuple[Layer, ...]
    min_score: float = 0.0
    side_by_side: bool = False


class Failure(msgspec.Struct, frozen=True):
    """An article that no prediction could be made for, and why."""

    id: str
    reason: str


class Worker:
    """Turns articles into predictions; what goes wrong with one article stays with that article.

    Raises:
        PreannotatorError: a preannotator is unknown or cannot be built, or none proposes a wanted layer.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._preannotators = [build(name, settings.schema) for name in settings.preannotators]
        unable = [layer for layer in settings.layers if not any(layer in one.layers for one in self._preannotators)]
        if unable:
            names = ", ".join(settings.preannotators)
            raise PreannotatorError(f"{names} cannot propose {', '.join(unable)}; leave that out of --layers")

    @property
    def model(self) -> str:
        """What records carry: `rules-0.1.0`, several names joined by `+`, with the settings that change the spans."""
        names = "+".join(preannotator.model for preannotator in self._preannotators)
        if self.settings.side_by_side:
            names += "[side-by-side]"
        least = self.settings.min_score
        return f"{names}[min-score={least:g}]" if least else names

    def predict(self, articles: Sequence[Article]) -> list[Prediction | Failure]:
        """One prediction or failure per article, in order."""
        proposed = [self._propose(preannotator, articles) for preannotator in self._preannotators]
        return [self._finish(article, [layers[index] for layers in proposed]) for index, article in enumerate(articles)]

    def _propose(self, preannotator: Preannotator, articles: Sequence[Article]) -> list[Layers | str]:
        try:
            found = list(preannotator.pipe(articles))
        except AnnotateError:
            raise
        except Exception as error:  # any code may be behind a preannotator: find the article that it fails on
            if len(articles) == 1:
                return [f"{preannotator.name} failed: {type(error).__name__}: {error}"]
            return list(itertools.chain.from_iterable(self._propose(preannotator, [one]) for one in articles))
        if len(found) != len(articles):
            raise PreannotatorError(
                f"preannotator {preannotator.name!r} returned {format_count(len(found), 'result')} "
                f"for {format_count(len(articles), 'article')}"
            )
        return list(found)

    def _finish(self, article: Article, proposed: Sequence[Layers | str]) -> Prediction | Failure:
        reasons = [layers for layers in proposed if isinstance(layers, str)]
        if reasons:
            return Failure(article.id, "; ".join(reasons))
        named = [
            (preannotator.name, self._select(layers))
            for preannotator, layers in zip(self._preannotators, proposed, strict=True)
            if isinstance(layers, Layers)
        ]
        layers = named[0][1] if len(named) == 1 else merge_layers(named, side_by_side=self.settings.side_by_side)
        problems = [*find_span_problems(layers, article.text), *find_label_problems(layers, self.settings.schema)]
        if problems:
            return Failure(article.id, f"the preannotator's output is wrong: {problems[0]}")
        return to_prediction(article, layers, model=self.model, schema=self.settings.schema)

    def _select(self, layers: Layers) -> Layers:
        """The wanted layers, sorted, without labels that the schema does not have and spans below the least score."""
        schema, least = self.settings.schema, self.settings.min_score
        known = {"entities": schema.entity_labels, "quotes": schema.quote_types, "claims": schema.claim_kinds}
        kept = Layers()
        for layer in self.settings.layers:
            if (items := get_layer(layers, layer)) is not None:
                fitting = [item for item in items if label_of(item) in known[layer]]
                setattr(kept, layer, [one for one in fitting if (sure := confidence_of(one)) is None or sure >= least])
        return sort_items(kept)


def batched(articles: Iterable[Article], size: int) -> Iterator[list[Article]]:
    """Lists of `size` articles, the last one perhaps shorter.

    >>> [len(batch) for batch in batched([Article(id=str(i), text="x") for i in range(5)], 2)]
    [2, 2, 1]
    """
    rest = iter(articles)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def to_prediction(article: Article, layers: Layers, *, model: str, schema: Schema) -> Prediction:
    """The record of what was proposed for an article; its score is the mean confidence of its spans."""
    scores = [score for _, item in iter_items(layers) if (score := confidence_of(item)) is not None]
    return Prediction(
        **article_fields(article),
        text_sha256=sha256_text(article.text),
        schema=schema.ref,
        entities=layers.entities,
        quotes=layers.quotes,
        claims=layers.claims,
        model=model,
        score=round(sum(scores) / len(scores), 4) if scores else None,
    )
