"""Pre-annotation on Ray Data: read tasks feed a pool of actors, each with one loaded preannotator.

Sources are read where Ray runs, one read task per source, so that they can be anywhere that fsspec reads. Actors
ask for a fraction of a CPU: where they hold every CPU, the tasks that read and write wait forever.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from annotate.errors import AnnotateError
from annotate.ingest.articles import Articles, check_rows, choose_columns
from annotate.ingest.columns import ColumnMap
from annotate.preannotate.worker import Failure, Settings, Worker, batched
from annotate.records import Article, Prediction

if TYPE_CHECKING:
    import pyarrow

#: Of a CPU, for each actor: reading and writing need the rest.
_ACTOR_CPUS = 0.5
_BLOCK = 64


def run_on_ray(articles: Iterable[Article], settings: Settings, *, jobs: int) -> Iterator[Prediction | Failure]:
    """One prediction or failure per article, in order, made by `jobs` actors.

    Args:
        articles: `Articles` are read by Ray from their sources, with constant memory; any other iterable (standard
            input, what is left of an interrupted run) goes through Ray's object store.

    Raises:
        AnnotateError: Ray cannot start, or an actor dies.
    """
    import ray
    import ray.data

    started = _start(ray)
    try:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        dataset = _read(articles).map_batches(
            _make_actor(settings),
            compute=ray.data.ActorPoolStrategy(size=jobs),
            num_cpus=_ACTOR_CPUS,
            batch_size=_BLOCK,
            batch_format="pyarrow",
        )
        for row in dataset.iter_rows():
            kind: type[Prediction] | type[Failure] = Failure if row["failed"] else Prediction
            yield msgspec.json.decode(row["outcome"], type=kind)
    except ray.exceptions.RayError as error:
        raise AnnotateError(f"Ray: {str(error).strip().splitlines()[-1]}") from error
    finally:
        if started:
            ray.shutdown()


def _start(ray: Any) -> bool:
    """Join the cluster of `RAY_ADDRESS`, or start Ray on this machine; whether it was started or joined here."""
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    local = {} if os.environ.get("RAY_ADDRESS") else {"include_dashboard": False}
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", **local)
    except Exception as error:  # Ray raises bare exceptions where a node does not start in time
        raise AnnotateError(f"Ray cannot start: {error}") from error
    return True


def _make_actor(settings: Settings) -> type:
    """The class of the actors, which carries the settings: Ray cannot restart an actor whose arguments are gone."""

    class Actor:
        """A worker in a Ray actor: a table of articles in, a table of outcomes out."""

        def __init__(self) -> None:
            os.environ["OMP_NUM_THREADS"] = "1"  # the actors share the cores already
            self._worker = Worker(settings)

        def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
            import pyarrow

            articles = [msgspec.json.decode(line, type=Article) for line in table["article"].to_pylist()]
            outcomes = self._worker.predict(articles)
            return pyarrow.table(
                {
                    "failed": [isinstance(outcome, Failure) for outcome in outcomes],
                    "outcome": pyarrow.array(map(msgspec.json.encode, outcomes), pyarrow.large_binary()),
                }
            )

    return Actor


def _read(articles: Iterable[Article]) -> Any:
    """The articles as a Ray dataset with one column, `article`: JSON."""
    import ray.data
    from ray.data import Datasource, ReadTask
    from ray.data.block import BlockMetadata

    if not isinstance(articles, Articles) or "-" in articles.sources:
        return ray.data.from_arrow([_to_table(block) for block in batched(articles, _BLOCK)] or [_to_table([])])
    sources, normalize, columns = articles.sources, articles.normalize, articles.columns

    class Sources(Datasource):  # type: ignore[misc]
        """One read task for each source."""

        def get_name(self) -> str:
            return "articles"

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
            unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
            return [ReadTask(_reader(source, normalize, columns), unknown) for source in sources]

    return ray.data.read_datasource(Sources(), override_num_blocks=len(sources))


def _reader(source: str, normalize: bool, columns: ColumnMap) -> Callable[[], Iterator[pyarrow.Table]]:
    def read() -> Iterator[pyarrow.Table]:
        for block in batched(_read_checked(source, normalize, columns), _BLOCK):
            yield _to_table(block)

    return read


def _read_checked(source: str, normalize: bool, columns: ColumnMap) -> Iterator[Article]:
    """The articles of a source that was checked before the run began."""
    for row in check_rows(source, normalize=normalize, columns=choose_columns(source, columns)):
        if row.article is None:
            raise AnnotateError(f"{row.place}: changed while it was being read")
        yield row.article


def _to_table(articles: list[Article]) -> pyarrow.Table:
    import pyarrow

    return pyarrow.table({"article": pyarrow.array(map(msgspec.json.encode, articles), pyarrow.large_binary())})
