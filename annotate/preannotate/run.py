"""From articles to predictions, one process or several, in order and with memory that does not grow."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Literal, TypeAlias

from annotate.errors import AnnotateError, PreannotatorError
from annotate.extras import require
from annotate.preannotate.registry import default_preannotator, find_layers, require_installed
from annotate.preannotate.worker import Failure, Settings, Worker, batched
from annotate.processes import in_worker, worker_pool
from annotate.records import Article, Layer, Prediction
from annotate.schema import Schema, load_schema

Engine: TypeAlias = Literal["local", "ray"]

#: Articles that travel together: enough to hide the cost of the trip, few enough to keep all processes busy.
BATCH = 16


def preannotate_articles(
    articles: Iterable[Article],
    *,
    preannotator: str | Sequence[str] | None = None,
    schema: Schema | str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    jobs: int = 1,
    engine: Engine = "local",
    min_score: float = 0.0,
    side_by_side: bool = False,
    failures: list[Failure] | None = None,
) -> Iterator[Prediction]:
    """Predictions for the articles, in their order, one by one.

    Args:
        articles: read as they are needed, a few batches ahead of what comes out.
        preannotator: a name that the registry knows, or several (merged, earlier ones win, each span says whose it
            is); None takes `news` where its weights are packaged, else `rules`.
        schema: None = `news`; labels that it does not have are not proposed.
        layers: what to propose; None = all that the schema and the preannotator have.
        jobs: how many processes; each loads the preannotator once. The output is the same for any number.
        engine: `local`, or `ray` for Ray Data on the cluster that Ray finds (extra `ray`).
        min_score: spans with a lower confidence in [0, 1] are left out.
        side_by_side: with several preannotators, keep also the spans that collide, for a person to choose from.
        failures: articles that a preannotator fails on are added here and the others go on; None raises instead.

    Raises:
        PreannotatorError: a preannotator is unknown, cannot be built or does not propose a wanted layer, or an
            article fails and `failures` is None.
        MissingExtraError: packages that a preannotator or the engine needs are not installed.
        SchemaError: the schema lacks a wanted layer.

    >>> article = Article(id="a", text="“It is over,” President Biden said in Baghdad.")
    >>> prediction = next(preannotate_articles([article], preannotator="rules"))
    >>> [(prediction.text[e.start:e.end], e.label) for e in prediction.entities]
    [('Biden', 'PERSON'), ('Baghdad', 'GPE')]
    """
    settings = make_settings(
        preannotator, schema=schema, layers=layers, engine=engine, min_score=min_score, side_by_side=side_by_side
    )
    return preannotate_with(Worker(settings), articles, jobs=jobs, engine=engine, failures=failures)


def make_settings(
    preannotator: str | Sequence[str] | None,
    *,
    schema: Schema | str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    engine: Engine = "local",
    min_score: float = 0.0,
    side_by_side: bool = False,
) -> Settings:
    """The settings of `preannotate_articles`, checked and with their defaults filled in; no model is loaded."""
    if engine == "ray":
        require("ray", "--engine ray")
    schema = load_schema(schema)
    names = choose_preannotators(preannotator)
    if layers is None:
        able = {layer for name in names for layer in find_layers(name)}
        layers = tuple(layer for layer in schema.layers if layer in able)
    schema.restrict(tuple(layers))
    return Settings(names, schema, tuple(layers), min_score, side_by_side)


def choose_preannotators(preannotator: str | Sequence[str] | None) -> tuple[str, ...]:
    """The preannotators' names, the default one for None; nothing is loaded, so that this can come before long work.

    Raises:
        PreannotatorError: a name is unknown.
        MissingExtraError: packages that one of them needs are not installed.
    """
    names = (preannotator,) if isinstance(preannotator, str) else tuple(preannotator or (default_preannotator(),))
    for name in names:
        require_installed(name)
    return names


def preannotate_with(
    worker: Worker,
    articles: Iterable[Article],
    *,
    jobs: int = 1,
    engine: Engine = "local",
    failures: list[Failure] | None = None,
) -> Iterator[Prediction]:
    """The same as `preannotate_articles`, with a worker made before; other processes make their own."""
    if engine == "ray":
        from annotate.preannotate.ray_engine import run_on_ray

        outcomes = run_on_ray(articles, worker.settings, jobs=jobs)
    elif jobs > 1:
        outcomes = _run_in_processes(articles, worker.settings, jobs=jobs)
    else:
        outcomes = (outcome for batch in batched(articles, BATCH) for outcome in worker.predict(batch))
    for outcome in outcomes:
        if isinstance(outcome, Prediction):
            yield outcome
        elif failures is None:
            raise PreannotatorError(f"article {outcome.id!r}: {outcome.reason}")
        else:
            failures.append(outcome)


# ------------------------------------------------------------------------------------------------------- processes

_worker: Worker | None = None


def _start_worker(settings: Settings) -> None:
    global _worker  # one per process: loading is the expensive part
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the cores already
    _worker = Worker(settings)


def _work(batch: list[Article]) -> list[Prediction | Failure]:
    assert _worker is not None  # noqa: S101 - the pool's initializer has run
    with in_worker():
        return _worker.predict(batch)


def _run_in_processes(articles: Iterable[Article], settings: Settings, *, jobs: int) -> Iterator[Prediction | Failure]:
    waiting: deque[Future[list[Prediction | Failure]]] = deque()
    try:
        with worker_pool(jobs, _start_worker, settings) as pool:
            for batch in batched(articles, BATCH):
                waiting.append(pool.submit(_work, batch))
                if len(waiting) > 3 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
    except RuntimeError as error:  # BrokenProcessPool: killed for memory, for instance
        raise AnnotateError(f"a worker process died ({error}); try fewer --jobs") from error
