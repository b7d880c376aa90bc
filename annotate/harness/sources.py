"""Where gold and predictions come from: releases, JSON Lines, foreign formats, programs, pipelines, functions."""

from __future__ import annotations

import shlex
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from annotate.errors import AnnotateError, RecordError, ScoreError
from annotate.extras import require
from annotate.jsonl import STDIO, stream_records, write_records
from annotate.printing import format_count
from annotate.problems import cannot_read
from annotate.processes import run_limited
from annotate.records import Article, Entity, GoldRecord, Layer, LayeredRecord, Layers, Prediction
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

    def read_all(self, problems: Problems) -> list[GoldRecord]:
        """All records at once.

        Args:
            problems: those that the source was opened with.

        Raises:
            ScoreError: a record cannot be read.
        """
        records = list(self.records)
        problems.raise_any()
        return records

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
        RecordError: a foreign file has problems (all together), or its format is not named.
        AnnotateError: the file cannot be read.
    """
    if format is None:
        _check_format(path)
    if format is None or format == "jsonl":
        return _stream(path, Prediction, "prediction", problems), None
    from annotate.formats import read_predictions

    chosen = tuple(layers) if layers is not None else None
    return read_predictions(path, format, texts=gold, schema=schema, layers=chosen)


def _check_format(path: Path) -> None:
    from annotate.formats.guess import guess_format

    try:
        format = guess_format(path)
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error
    if format is not None:
        raise RecordError([f"{path}: no predictions in our JSON Lines; it looks like {format}: add --from {format}"])


def _stream(path: Path, kind: type[R], side: str, problems: Problems) -> Iterator[R]:
    found: list[str] = []
    yield from stream_records(path, kind, problems=found)
    problems.add_unreadable(side, found)


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


@dataclass(frozen=True)
class RunLimits:
    """How long a program may run, in seconds, and how many bytes it may write, on all gold articles together."""

    timeout_s: float = 3600
    most_bytes: int = 1 << 30


def run_program(
    command: str,
    gold: Sequence[GoldRecord],
    limits: RunLimits | None = None,
    *,
    format: str | None = None,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
) -> tuple[list[Prediction], FormatReport | None]:
    """What a program predicts, and what was lost where it answers in a foreign format.

    It reads articles, one JSON object per line, and writes predictions in the same way, or in another format of one
    file (a language model answers in `strings`).

    Args:
        command: as in a shell, but run without one.
        limits: where they are passed, the program and all that it started are stopped; default: an hour, 1 GiB.
        format: of its output, see `open_predictions`.

    Raises:
        ScoreError: the program cannot be started, fails, passes a limit, or writes something else than
            predictions; the message has the last lines of its standard error.
    """
    limits = limits or RunLimits()
    with tempfile.TemporaryDirectory(prefix="annotate-run-") as folder:
        asked, answered = Path(folder, "articles.jsonl"), Path(folder, "predictions.jsonl")
        write_records(asked, (to_article(record) for record in gold))
        try:
            with asked.open("rb") as source:
                done = run_limited(
                    shlex.split(command), source, answered, timeout_s=limits.timeout_s, most_bytes=limits.most_bytes
                )
        except (OSError, ValueError, IndexError) as error:
            raise ScoreError([f"--run {command}: cannot be started ({error})"]) from error
        words = " / ".join(done.words.splitlines()[-5:]) or "no message"
        if done.stopped is not None:
            lines = answered.read_bytes().count(b"\n")
            passed = (
                f"{limits.timeout_s:g} s (--run-timeout)"
                if done.stopped == "time"
                else f"{limits.most_bytes / (1 << 20):,.0f} MiB of output (--run-limit)"
            )
            answers = f"{lines:,} of {format_count(len(gold), 'article')} answered"
            raise ScoreError([f"--run {command}: stopped after {passed}; {answers}: {words}"])
        if done.code:
            raise ScoreError([f"--run {command}: exit code {done.code}: {words}"])
        problems = Problems()
        notes: list[str] = []
        with warnings.catch_warnings(record=True) as caught:
            try:
                found, loss = open_predictions(
                    answered, problems, format=format, gold=gold, schema=schema, layers=layers
                )
                predictions = list(found)
            except AnnotateError as error:
                problems.sentences += error.problems if isinstance(error, RecordError) else [str(error)]
                notes = getattr(error, "__notes__", notes)
        for warning in caught:
            words = f"--run {command}: {_name_line(str(warning.message), answered)}"
            warnings.warn(words, warning.category, stacklevel=2)
        if problems.sentences:
            failed = ScoreError([f"--run {command}: {_name_line(one, answered)}" for one in problems.sentences])
            for note in notes:
                failed.add_note(note)
            raise failed
        return predictions, loss


def _name_line(problem: str, answered: Path) -> str:
    """The problem with the line of the output in place of the temporary file's name.

    >>> _name_line("/tmp/x/p.jsonl:12: no id", Path("/tmp/x/p.jsonl")), _name_line("no id", Path("/tmp/x/p.jsonl"))
    ('line 12 of the output: no id', 'the output: no id')
    """
    place, _, sentence = problem.partition(f"{answered}:")[2].partition(":")
    if place.isdigit():
        return f"line {place} of the output:{sentence}"
    return f"the output: {problem.removeprefix(f'{answered}:').strip()}"


def run_preannotator(name: str, gold: Sequence[GoldRecord], layers: Sequence[Layer] | None = None) -> list[Prediction]:
    """What a registered preannotator (`rules`, `news`, `spacy:PIPELINE`, ...) predicts for gold's articles.

    Raises:
        PreannotatorError: it is unknown, cannot be built, or fails on an article.
    """
    from annotate.preannotate import preannotate_articles

    return list(preannotate_articles(map(to_article, gold), preannotator=name, layers=layers))


def run_hf_pipeline(name: str, gold: Sequence[GoldRecord]) -> list[Prediction]:
    """What a token classifier of `transformers` predicts: entities with scores, of texts of any length.

    Tokens are joined to words where the tokenizer marks their pieces (as BERT's does), because then labels are trained
    on the first piece of a word; else tokens of one label in a row are joined. Long texts are read in parts that
    overlap by a quarter.

    Args:
        name: of a model on this machine or on the Hub, or the folder of one.

    Raises:
        MissingExtraError: the extra `hf` is not installed.
        AnnotateError: the model cannot be loaded or is no token classifier.
    """
    require("hf", "--hf-pipeline")
    from transformers import pipeline

    try:
        classify = pipeline("token-classification", model=name)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise AnnotateError(f"--hf-pipeline {name}: cannot be loaded ({reason})") from error
    tokenizer, config = classify.tokenizer, classify.model.config
    if not any("TokenClassification" in architecture for architecture in config.architectures or ()):
        found = ", ".join(config.architectures or ()) or "nothing known"
        raise AnnotateError(f"--hf-pipeline {name}: is no token classifier ({found}); its labels would be random")
    if not tokenizer.is_fast:
        raise AnnotateError(f"--hf-pipeline {name}: its tokenizer has no offsets; save it as a fast tokenizer")
    longest = getattr(config, "max_position_embeddings", None)
    if longest:  # RoBERTa and its kin count positions from 2
        tokenizer.model_max_length = min(tokenizer.model_max_length, longest - 2)
    pieces = getattr(tokenizer.backend_tokenizer.model, "continuing_subword_prefix", None)
    options: dict[str, Any] = {"aggregation_strategy": "first" if pieces else "simple"}
    if tokenizer.model_max_length < _ENDLESS:
        options["stride"] = tokenizer.model_max_length // 4
    predictions = []
    for record in gold:
        text = record.text or ""
        entities = []
        for found in classify(text, **options) if text.strip() else ():
            start, end = int(found["start"]), int(found["end"])
            start, end = (
                start + len(text[start:end]) - len(text[start:end].lstrip()),
                start + len(text[start:end].rstrip()),
            )
            if start < end:
                entities.append(Entity(start, end, str(found["entity_group"]), score=float(found["score"])))
        predictions.append(Prediction(id=record.id, entities=entities, model=name))
    return predictions


_ENDLESS = 1 << 20
"""`transformers` gives a larger number of tokens for a model whose limit is not known."""


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
