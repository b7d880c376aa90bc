"""Where gold and predictions come from: releases, JSON Lines, foreign formats, programs, pipelines, functions."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from annotate.errors import AnnotateError, ScoreError
from annotate.jsonl import STDIO, stream_records, write_records
from annotate.records import Article, GoldRecord, Layer, LayeredRecord, Layers, Prediction
from annotate.schema import Schema, load_schema
from annotate.score.options import ScoreOptions
from annotate.score.problems import Problems

if TYPE_CHECKING:
    from annotate.formats import FormatReport

TRAIN = "train"
Extractor: TypeAlias = Callable[[str], Layers | Mapping[str, Any]]
R = TypeVar("R", bound=LayeredRecord)


@dataclass
class GoldSource:
    """Gold to be read once: what it is called, its records, its schema, what annotators reach on it."""

    name: str
    records: Iterable[GoldRecord]
    schema: Schema
    ceiling: dict[str, float] = field(default_factory=dict)
    train: Callable[[], Iterable[GoldRecord]] | None = None
    """Reads the training part of the same release, where it has one and is not itself scored."""

    def complete(self, options: ScoreOptions) -> ScoreOptions:
        """The options with this gold's schema, name and ceiling."""
        return replace(options, schema=self.schema, gold_name=self.name, ceiling=self.ceiling)

    def seen_surfaces(self) -> frozenset[str] | None:
        """The names in the training part, lower-case; None where there is none."""
        if self.train is None:
            return None
        return frozenset(
            (record.text or "")[entity.start : entity.end].lower()
            for record in self.train()
            for entity in record.entities or ()
        )


def open_gold(source: str | Path, problems: Problems, *, schema: str | Path | None = None) -> GoldSource:
    """Gold by release folder, `name/version[/split]`, or JSON Lines file; read as it is iterated over.

    Args:
        problems: what is wrong with single records is added here.
        schema: that declares the labels; default: the release's own, else `news`.

    Raises:
        GoldError: there is no such gold, or it was changed since it was released.
    """
    from annotate.gold.load import find_release, is_record_file, load_manifest, stream_release

    path = Path(source)
    if is_record_file(path):
        name = "standard input" if path == STDIO else path.name
        return GoldSource(name, _stream(path, GoldRecord, "gold", problems), load_schema(schema))
    folder, split = find_release(source)
    manifest = load_manifest(folder)
    own = load_schema(schema if schema is not None else folder / "schema.toml")
    ceiling = {name: value for name, value in manifest.ceiling.items() if value is not None}
    name = f"{manifest.ref}/{split}" if split else manifest.ref
    train = None
    if split not in (None, TRAIN) and TRAIN in manifest.splits:
        train = partial(stream_release, folder, TRAIN)
    return GoldSource(name, stream_release(folder, split), own, ceiling, train)


def open_predictions(
    path: Path,
    problems: Problems,
    *,
    format: str | None = None,
    gold: Sequence[GoldRecord] = (),
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
) -> tuple[Iterable[Prediction], FormatReport | None]:
    """Predictions in a file, and what was lost where it is in a foreign format.

    Args:
        format: a name of `annotate.formats.READERS`; None = our JSON Lines, read as it is iterated over.
        gold: whose texts foreign formats are aligned to.

    Raises:
        RecordError: a foreign file has problems (all together).
    """
    if format is None or format == "jsonl":
        return _stream(path, Prediction, "prediction", problems), None
    from annotate.formats import read_predictions

    chosen = tuple(layers) if layers is not None else None
    return read_predictions(path, format, texts=gold, schema=schema, layers=chosen)


def _stream(path: Path, kind: type[R], side: str, problems: Problems) -> Iterator[R]:
    found: list[str] = []
    yield from stream_records(path, kind, problems=found)
    problems.sentences += [f"{side} {sentence}" for sentence in found]
    problems.unreadable = problems.unreadable or bool(found)


def to_article(record: GoldRecord) -> Article:
    """What an extractor may see of a gold record: everything but the answers."""
    return Article(
        id=record.id,
        text=record.text or "",
        title=record.title,
        date=record.date,
        publisher=record.publisher,
        url=record.url,
    )


def run_program(command: str, gold: Sequence[GoldRecord]) -> list[Prediction]:
    """What a program predicts: it reads articles, one JSON object per line, and writes predictions in the same way.

    Args:
        command: as in a shell, but run without one.

    Raises:
        ScoreError: the program cannot be started or fails; the message has the end of what it said.
        RecordError: it writes something else than predictions.
    """
    with tempfile.TemporaryDirectory(prefix="annotate-run-") as folder:
        asked, answered = Path(folder, "articles.jsonl"), Path(folder, "predictions.jsonl")
        write_records(asked, (to_article(record) for record in gold))
        try:
            with asked.open("rb") as source, answered.open("wb") as target:
                done = subprocess.run(
                    shlex.split(command), stdin=source, stdout=target, stderr=subprocess.PIPE, check=False
                )
        except (OSError, ValueError) as error:
            raise ScoreError([f"--run {command}: cannot be started ({error})"]) from error
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-5:]
            raise ScoreError([f"--run {command}: exit code {done.returncode}: {' / '.join(words) or 'no message'}"])
        problems: list[str] = []
        predictions = list(stream_records(answered, Prediction, problems=problems))
        if problems:
            raise ScoreError([f"--run {command}: output {problem.partition(':')[2]}" for problem in problems])
        return predictions


def run_preannotator(name: str, gold: Sequence[GoldRecord], layers: Sequence[Layer] | None = None) -> list[Prediction]:
    """What a registered preannotator (`rules`, `news`, `spacy:PIPELINE`, ...) predicts for gold's articles.

    Raises:
        PreannotatorError: it is unknown, cannot be built, or fails on an article.
    """
    from annotate.preannotate import preannotate_articles

    return list(preannotate_articles(map(to_article, gold), preannotator=name, layers=layers))


def run_function(function: Extractor, gold: Iterable[GoldRecord]) -> Iterator[Prediction]:
    """What a function from a text to layers predicts, article by article.

    The function returns `Layers`, or a mapping such as `{"entities": [{"start": 0, "end": 5, "label": "ORG"}]}`.

    >>> gold = [GoldRecord(id="a", text="Reuters said so.")]
    >>> answer = {"entities": [{"start": 0, "end": 7, "label": "ORG"}]}
    >>> next(run_function(lambda text: answer, gold)).entities[0].label
    'ORG'

    Raises:
        ScoreError: the function returns something else; the message names the article.
    """
    for record in gold:
        layers = function(record.text or "")
        if not isinstance(layers, Layers):
            try:
                layers = msgspec.convert(layers, Layers)
            except msgspec.ValidationError as error:
                raise ScoreError([f"prediction {record.id}: the extractor returned no layers: {error}"]) from error
        yield Prediction(
            id=record.id,
            entities=layers.entities,
            quotes=layers.quotes,
            claims=layers.claims,
            model=getattr(function, "__name__", None),
        )


def parse_threshold(text: str) -> tuple[str, float]:
    """The measure's name and the least value in `MEASURE=X`.

    >>> parse_threshold("f1:strict:entities=0.8")
    ('f1:strict:entities', 0.8)

    Raises:
        AnnotateError: no such measure, or no number.
    """
    from annotate.score.measures import Measure

    name, equals, number = text.rpartition("=")
    try:
        least = float(number)
    except ValueError:
        equals = ""
    if not equals or not 0 <= least <= 1:
        raise AnnotateError(f"--fail-under {text}: expected MEASURE=X with X in [0, 1], as in f1:strict:entities=0.8")
    return str(Measure.parse(name)), least
