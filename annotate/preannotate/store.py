"""Predictions on their way to a file: what is there already is kept, what is interrupted resumes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from annotate.errors import AnnotateError
from annotate.extras import require
from annotate.files import atomic_writer, is_stream
from annotate.ingest.articles import Articles
from annotate.jsonl import STDIO, write_records
from annotate.locks import lock_output
from annotate.preannotate.pipeline import Engine, make_settings, preannotate_with
from annotate.preannotate.worker import Failure, Settings, Worker
from annotate.records import Article, Layer, Prediction, annotated_layers
from annotate.schema import Schema


@dataclass
class Outcome:
    """What `preannotate_to_file` did: articles predicted now, taken over from an earlier run, failed; the model."""

    model: str
    predicted: int = 0
    reused: int = 0
    failures: list[Failure] = field(default_factory=list)


def preannotate_to_file(
    articles: Articles,
    output: Path,
    *,
    preannotator: str | Sequence[str] | None = None,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
    jobs: int = 1,
    engine: Engine = "local",
    min_score: float = 0.0,
    side_by_side: bool = False,
    advance: Callable[[int], object] = lambda count: None,
) -> Outcome:
    """Write one prediction an article to a JSON Lines file, in the order of the articles.

    Articles whose prediction by the same model and schema stands in the file already are not predicted again. New
    predictions are collected in `.NAME.partial` beside the file, which replaces it in one step at the end; when the
    work is interrupted, the next call goes on from there. For the other arguments see `preannotate_articles`.

    Args:
        output: the file; `-` is standard output, without resuming.
        advance: called with the number of articles that are done since the last call.

    Raises:
        AnnotateError: the file cannot be written, or the preannotator cannot be built.
        MissingExtraError: packages that the preannotator or the engine needs are not installed.
    """
    if engine == "ray":
        require("ray", "--engine ray")
    settings = make_settings(preannotator, schema=schema, layers=layers, min_score=min_score, side_by_side=side_by_side)
    worker = Worker(settings)
    outcome = Outcome(model=worker.model)

    def predict(wanted: Iterable[Article]) -> Iterator[Prediction]:
        run = preannotate_with(worker, wanted, jobs=jobs, engine=engine, failures=outcome.failures)
        for outcome.predicted, prediction in enumerate(run, 1):
            yield prediction
            advance(1)

    if output == STDIO or is_stream(output):
        write_records(output, predict(articles))
        return outcome
    if output.is_dir():
        raise AnnotateError(f"{output}: is a folder; give the name of a file to write")
    with lock_output(output):
        _resume(articles, output, settings, outcome, predict, advance)
    return outcome


def _resume(
    articles: Articles,
    output: Path,
    settings: Settings,
    outcome: Outcome,
    predict: Callable[[Iterable[Article]], Iterator[Prediction]],
    advance: Callable[[int], object],
) -> None:
    """Predict what is in neither the output nor the partial file, and write the output from both."""
    partial = output.parent / f".{output.name}.partial"
    known = _Index(settings, outcome.model, [output, partial])

    def missing() -> Iterator[Article]:
        for article in articles:
            if known.holds(article):
                outcome.reused += 1
                advance(1)
            else:
                yield article

    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("ab") as file:
            if file.tell():
                file.write(b"\n")  # ends a line that an interruption cut short
            for prediction in predict(missing() if len(known) else articles):
                file.write(msgspec.json.encode(prediction) + b"\n")
    except OSError as error:
        if error.filename not in (None, str(partial), str(partial.parent)):
            raise
        raise AnnotateError(f"{partial}: cannot be written ({error.strerror or error})") from error
    known.read(partial)
    with atomic_writer(output) as target:
        written = known.copy(articles, target)
        if written + len(outcome.failures) != len(articles):
            raise AnnotateError(
                f"{output}: {written} predictions for {len(articles)} articles; did the sources change?"
            )
    partial.unlink()


class _Index:
    """Where in the files the prediction of each article stands; sixteen bytes and a place an article."""

    def __init__(self, settings: Settings, model: str, paths: Sequence[Path]) -> None:
        self._wanted = (model, settings.schema.ref, settings.layers)
        self._places: dict[bytes, tuple[Path, int]] = {}
        for path in paths:
            if path.exists():
                self.read(path)

    def read(self, path: Path) -> None:
        decoder = msgspec.json.Decoder(Prediction)
        place = 0
        with path.open("rb") as file:
            for line in file:
                try:
                    record = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    record = None  # a line that an interruption cut short; its article is predicted again
                if record is not None and line.endswith(b"\n") and record.text is not None:
                    found = (record.model, record.schema, annotated_layers(record))
                    if found == self._wanted:
                        self._places[_key(record)] = (path, place)
                place += len(line)

    def __len__(self) -> int:
        return len(self._places)

    def holds(self, article: Article) -> bool:
        return _key(article) in self._places

    def copy(self, articles: Articles, target: IO[bytes]) -> int:
        """Write the predictions that are there, in the order of the articles; returns how many."""
        count = 0
        files = {path: path.open("rb") for path in {path for path, _ in self._places.values()}}
        try:
            for article in articles:
                place = self._places.get(_key(article))
                if place is not None:
                    source = files[place[0]]
                    source.seek(place[1])
                    target.write(source.readline())
                    count += 1
        finally:
            for file in files.values():
                file.close()
        return count


def _key(record: Article | Prediction) -> bytes:
    """A digest of the article that a record is about: of its text and of all that is known about it."""
    article = [record.id, record.text, record.title, record.date, record.publisher, record.url, record.meta]
    return hashlib.blake2b(msgspec.json.encode(article, order="deterministic"), digest_size=16).digest()
