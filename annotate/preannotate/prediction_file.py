"""The file of predictions: what is in it already is kept, and interrupted work resumes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from annotate.errors import AnnotateError, PreannotatorError
from annotate.files import atomic_writer, is_stream
from annotate.ingest import Articles, ColumnMap, read_articles
from annotate.jsonl import STDIO, write_records
from annotate.locks import lock_output
from annotate.preannotate.run import Engine, make_settings, preannotate_with
from annotate.preannotate.worker import Failure, Settings, Worker
from annotate.printing import format_count
from annotate.records import LAYERS, Article, Layer, Prediction
from annotate.schema import Schema


@dataclass
class Outcome:
    """What `preannotate_to_file` did.

    Attributes:
        model: the name that the predictions carry.
        articles: how many articles there are.
        predicted: how many articles were predicted now.
        reused: how many predictions were kept from before.
        failures: the articles that could not be predicted, and why.
    """

    model: str
    articles: int
    predicted: int = 0
    reused: int = 0
    failures: list[Failure] = field(default_factory=list)

    def __str__(self) -> str:
        """What was done, in a few words.

        >>> print(Outcome("rules-1", 3, predicted=1, reused=2))
        1 article predicted by rules-1, 2 kept from an earlier run
        """
        reused = f", {self.reused} kept from an earlier run" if self.reused else ""
        return f"{format_count(self.predicted, 'article')} predicted by {self.model}{reused}"

    def raise_failures(self, consequence: str) -> None:
        """Return if no article failed.

        Raises:
            PreannotatorError: some did; the message says which, why, and the consequence for the others.
        """
        if self.failures:
            failed = [f"article {failure.id!r}: {failure.reason}" for failure in self.failures[:20]]
            articles = format_count(self.articles, "article")
            raise PreannotatorError("\n".join([f"{len(self.failures)} of {articles} failed; {consequence}", *failed]))


def preannotate_to_file(
    sources: Sequence[str] | Articles,
    output: str | Path,
    *,
    preannotator: str | Sequence[str] | None = None,
    schema: Schema | str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    jobs: int = 1,
    engine: Engine = "local",
    min_score: float = 0.0,
    side_by_side: bool = False,
    normalize: bool = False,
    columns: ColumnMap | None = None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Outcome:
    """Write one prediction per article to a JSON Lines file, in the order of the articles.

    An article is not predicted again when the file holds a prediction for it, of the same text, model, schema and
    layers; that line is kept byte by byte. New predictions are collected in `.NAME.partial` beside the file, which is
    replaced in one step at the end; when the work is interrupted, the next call goes on from there. For the other
    arguments see `preannotate_articles`.

    Args:
        sources: what `annotate.read_articles` takes, or the articles that it gives.
        output: the file; `-` is standard output. That, a pipe and a device are only written to, without resuming.
        normalize, columns: of the sources, see `annotate.read_articles`.
        progress: called with the number of articles that are done, and of all.

    Raises:
        SourceError: the sources have problems, all together.
        AnnotateError: the file cannot be written, another run writes it, or the preannotator cannot be built.
        MissingExtraError: packages that the preannotator or the engine needs are not installed.
    """
    settings = make_settings(
        preannotator, schema=schema, layers=layers, engine=engine, min_score=min_score, side_by_side=side_by_side
    )
    articles = (
        sources if isinstance(sources, Articles) else read_articles(sources, normalize=normalize, columns=columns)
    )
    output = Path(output)
    worker = Worker(settings)
    outcome = Outcome(model=worker.model, articles=len(articles))

    def predict(wanted: Iterable[Article]) -> Iterator[Prediction]:
        run = preannotate_with(worker, wanted, jobs=jobs, engine=engine, failures=outcome.failures)
        for outcome.predicted, prediction in enumerate(run, 1):
            yield prediction
            progress(outcome.predicted + outcome.reused, outcome.articles)

    if output == STDIO or is_stream(output):
        write_records(output, predict(articles))
        return outcome
    if output.is_dir():
        raise AnnotateError(f"{output}: is a folder; give the name of a file to write")
    with lock_output(output):
        _resume(articles, output, settings, outcome, predict, progress)
    return outcome


def _resume(
    articles: Articles,
    output: Path,
    settings: Settings,
    outcome: Outcome,
    predict: Callable[[Iterable[Article]], Iterator[Prediction]],
    progress: Callable[[int, int], object],
) -> None:
    """Predict what neither the file nor its `.partial` holds, and replace the file by all of it, in order."""
    partial = output.parent / f".{output.name}.partial"
    lines = _Lines(settings, outcome.model, [output, partial])
    resuming = len(lines) > 0
    order = bytearray()  # the keys of all articles; nothing is kept in memory where nothing is kept from before

    def missing() -> Iterator[Article]:
        for article in articles:
            key = _key(article)
            order.extend(key)
            if key in lines:
                outcome.reused += 1
                progress(outcome.predicted + outcome.reused, outcome.articles)
            else:
                yield article

    encoder = msgspec.json.Encoder()
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("ab") as file:
            if file.tell():
                file.write(b"\n")  # ends a line that an interruption cut short
            first = place = file.tell()
            for prediction in predict(missing() if resuming else articles):
                if resuming:
                    lines.add(_key(prediction), partial, place)
                place += file.write(encoder.encode(prediction) + b"\n")
    except OSError as error:
        if error.filename not in (None, str(partial), str(partial.parent)):
            raise
        raise AnnotateError(f"{partial}: cannot be written ({error.strerror or error})") from error
    with atomic_writer(output) as target:
        if resuming:
            written = lines.copy(order, target)
        else:
            written = outcome.predicted
            with partial.open("rb") as source:
                source.seek(first)
                shutil.copyfileobj(source, target, 1 << 20)
        if written + len(outcome.failures) != len(articles):
            raise AnnotateError(
                f"{output}: {format_count(written, 'prediction')} for {format_count(len(articles), 'article')}; "
                "did the sources change?"
            )
    partial.unlink()


class _Identity(msgspec.Struct):
    """What a line must share with an article and the settings to be kept; its layers are not decoded."""

    id: str
    text: str | None = None
    title: str | None = None
    date: str | None = None
    publisher: str | None = None
    url: str | None = None
    meta: dict[str, Any] = {}
    model: str | None = None
    schema: str | None = None
    entities: msgspec.Raw = msgspec.Raw(b"null")
    quotes: msgspec.Raw = msgspec.Raw(b"null")
    claims: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in LAYERS if bytes(getattr(self, layer)) != b"null")


class _Lines:
    """Where the lines of the wanted model, schema and layers are: by the key of the article, a file and an offset."""

    def __init__(self, settings: Settings, model: str, paths: Sequence[Path]) -> None:
        self._wanted = (model, settings.schema.ref, settings.layers)
        self._places: dict[bytes, tuple[Path, int]] = {}
        for path in paths:
            if path.exists():
                self._read(path)

    def _read(self, path: Path) -> None:
        decoder = msgspec.json.Decoder(_Identity)
        place = 0
        with path.open("rb") as file:
            for line in file:
                try:
                    found = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    found = None  # a line that an interruption cut short; its article is predicted again
                if (
                    found is not None
                    and found.text is not None
                    and line.endswith(b"\n")
                    and (found.model, found.schema, found.layers) == self._wanted
                ):
                    self.add(_key(found), path, place)
                place += len(line)

    def add(self, key: bytes, path: Path, place: int) -> None:
        self._places[key] = (path, place)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def copy(self, order: bytearray, target: IO[bytes]) -> int:
        """Write the lines of the articles whose keys follow each other in `order`; returns how many there are."""
        count = 0
        files = {path: path.open("rb") for path in {path for path, _ in self._places.values()}}
        try:
            for at in range(0, len(order), _KEY_BYTES):
                found = self._places.get(bytes(order[at : at + _KEY_BYTES]))
                if found is not None:
                    path, place = found
                    files[path].seek(place)
                    target.write(files[path].readline())
                    count += 1
        finally:
            for file in files.values():
                file.close()
        return count


_KEY_BYTES = 16


def _key(record: Article | Prediction | _Identity) -> bytes:
    """A hash of the article that a record is about: of its text and of all that is known about it."""
    article = [record.id, record.text, record.title, record.date, record.publisher, record.url, record.meta]
    return hashlib.blake2b(msgspec.json.encode(article, order="deterministic"), digest_size=_KEY_BYTES).digest()
