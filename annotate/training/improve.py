"""`annotate train`: goes on training the bundled pipeline on corrected articles, and reports whether it helped."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.errors import AnnotateError
from annotate.files import load_toml, write_text
from annotate.folders import check_folder, place_folder, scratch_beside
from annotate.gold.load import load_gold
from annotate.locks import lock_output
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.passage import WordPieces
from annotate.preannotate.news.pipeline import MODEL, NewsPipeline
from annotate.printing import format_count
from annotate.records import GoldRecord, Prediction
from annotate.score.evaluate import evaluate
from annotate.training import require_training
from annotate.training.examples import Config, Document, to_answers

if TYPE_CHECKING:
    from annotate.training.model import Network

CONFIG = Path(__file__).with_name("improve.toml")

#: What decides, layer by layer: the measures of `annotate score` whose mean has to rise.
MEASURES = {"entities": "f1:strict:entities", "quotes": "f1:overlap:quotes", "claims": "f1:overlap:claims"}


#: The files of a model folder as written here, and the keys of its `training.json`.
MODEL_FILES = {
    "network.onnx",
    "vocabulary.txt",
    "chains.json",
    "weights.safetensors",
    "confidence.json",
    "training.json",
}
SUMMARY_KEYS = {"before", "after", "trained_on", "held_out"}


@dataclass(frozen=True)
class Improvement:
    """Scores on the held-out articles before and after; `folder` is None where training did not help."""

    folder: Path | None
    before: dict[str, float]
    after: dict[str, float]
    trained_on: int
    held_out: int
    epochs: int


def train(
    gold: str | Path | Sequence[GoldRecord],
    output: str | Path,
    *,
    start: str | Path = MODEL,
    config_file: str | Path = CONFIG,
    report: Callable[[str], None] = lambda line: None,
) -> Improvement:
    """Train on gold, score on a held-out part of them, and write the best model to `output` if it is better.

    A record's own split decides where it has one: `train` trains, `test` takes no part, the others are held out. Where
    no record is held out so, and for records without a split, a hash of the story or id decides. Training stops when
    the held-out score has not risen for `patience` epochs.

    Args:
        gold: as for `load_gold`, or the records; with texts. All three layers are learnt.
        output: a new model folder, for `--preannotator trained:DIR`; one that this function wrote before is replaced.
        start: the model folder to go on from.
        config_file: rates, epochs, and how little gold is too little.
        report: called with one line per epoch.

    Raises:
        AnnotateError: `output` holds something else than an earlier result, there are too few articles or spans to tell
            whether training helps, or `start` cannot be trained further;
            nothing is written.
        MissingExtraError: the extra `train` is not installed.
    """
    require_training()
    output, start = Path(output), Path(start)
    check_folder(output, is_ours=is_trained_here, made_by="annotate train")
    records = load_gold(gold) if isinstance(gold, (str, Path)) else gold
    config = load_toml(Path(config_file))
    training, held_out = split_records(records, config["held_out"])
    check_enough(training, held_out, config["least"])
    from annotate.training.weights import restore_network

    pipeline = NewsPipeline(start)
    network = restore_network(start, dropout=config["optimiser"]["dropout"])
    before = score(pipeline, held_out)
    report(f"before: {_words(before)}")
    best, best_epoch = before, 0
    written = None
    with lock_output(output), scratch_beside(output) as scratch:
        for epoch, folder in enumerate(_epochs(network, training, start, scratch, config), 1):
            now = score(NewsPipeline(folder), held_out)
            report(f"epoch {epoch}: {_words(now)}")
            if _mean(now) > _mean(best):
                best, best_epoch = now, epoch
                shutil.rmtree(scratch / "best", ignore_errors=True)
                folder.rename(scratch / "best")
            elif epoch - best_epoch >= config["patience"]:
                break
        if best_epoch:
            summary = {"before": before, "after": best, "trained_on": len(training), "held_out": len(held_out)}
            write_text(scratch / "best" / "training.json", json.dumps(summary, indent=1) + "\n")
            check_folder(output, is_ours=is_trained_here, made_by="annotate train")
            place_folder(scratch / "best", output)
            written = output
    return Improvement(written, before, best, len(training), len(held_out), best_epoch)


def is_trained_here(folder: Path) -> bool:
    """Whether the folder is a model that `train` wrote, with nothing else in it.

    >>> is_trained_here(MODEL)
    False
    """
    entries = list(folder.iterdir())
    if {path.name for path in entries} != MODEL_FILES or any(
        path.is_symlink() or not path.is_file() for path in entries
    ):
        return False
    try:
        return set(json.loads((folder / "training.json").read_bytes())) == SUMMARY_KEYS
    except (OSError, ValueError, TypeError):
        return False


def split_records(records: Sequence[GoldRecord], share: float) -> tuple[list[GoldRecord], list[GoldRecord]]:
    """Records to train on and records to hold out; those of the split `test` are in neither.

    Articles of one story stay together.
    """
    train: list[GoldRecord] = []
    held_out: list[GoldRecord] = []
    given = any(record.split not in (None, "train", "test") for record in records)
    for record in records:
        if record.split == "test":
            continue
        if record.split == "train" and given:
            out = False
        elif record.split in (None, "train"):
            digest = hashlib.sha256((record.cluster or record.id).encode()).digest()
            out = int.from_bytes(digest[:4], "big") < share * 2**32
        else:
            out = True
        (held_out if out else train).append(record)
    return train, held_out


def check_enough(train: Sequence[GoldRecord], held_out: Sequence[GoldRecord], least: dict[str, int]) -> None:
    """Raises an error where the gold is too small to train on, or to tell whether training helped."""
    problems = []
    for name, part in (("train", train), ("held_out", held_out)):
        if len(part) < least[f"{name}_articles"]:
            problems.append(
                f"{format_count(len(part), 'article')} to {_PURPOSE[name]}, {least[f'{name}_articles']} needed: "
                f"{least[f'{name}_articles'] - len(part)} more"
            )
    items = sum(len(layer) for record in held_out for layer in (record.entities, record.quotes, record.claims) if layer)
    if items < least["held_out_items"]:
        problems.append(
            f"{format_count(items, 'item')} to score on, {least['held_out_items']} needed: "
            f"{least['held_out_items'] - items} more"
        )
    if problems:
        raise AnnotateError(
            f"too little gold to tell whether training helps: {'; '.join(problems)}; nothing was trained, annotate more"
        )


_PURPOSE = {"train": "train on", "held_out": "score on"}


def score(pipeline: NewsPipeline, records: Sequence[GoldRecord]) -> dict[str, float]:
    """The deciding measures of the layers that the records have."""
    predictions = []
    for record in records:
        layers = pipeline(record.text or "")
        predictions.append(
            Prediction(id=record.id, entities=layers.entities, quotes=layers.quotes, claims=layers.claims)
        )
    found = evaluate(records, predictions, trials=0)
    values = {measure: found.value(measure) for measure in MEASURES.values()}
    return {measure: round(value, 4) for measure, value in values.items() if value is not None}


def _mean(scores: dict[str, float]) -> float:
    return sum(scores.values()) / max(len(scores), 1)


def _words(scores: dict[str, float]) -> str:
    return ", ".join(f"{measure} {value:.3f}" for measure, value in scores.items())


def to_document(record: GoldRecord) -> Document:
    """What a record teaches; an absent layer is unknown, as are its ignored regions."""
    regions = [*(record.ignore or ()), *(record.excluded or ())]
    labels = frozenset(ENTITY_LABELS)
    entities = None
    if record.entities is not None:
        entities = [
            (one.start, one.end, labels & {one.label, *(one.alt_labels or ())})
            for one in record.entities
            if labels & {one.label, *(one.alt_labels or ())}
        ]
    quotes = None
    if record.quotes is not None:
        quotes = [
            {
                "content": [(part.start, part.end) for part in quote.content],
                "speaker": (quote.speaker.start, quote.speaker.end) if quote.speaker else None,
                "cue": (quote.cue.start, quote.cue.end) if quote.cue else None,
            }
            for quote in record.quotes
        ]
    return Document(
        record.text or "",
        quotes,
        entities,
        annotated=labels,
        unknown_entities=[(one.start, one.end, labels) for one in regions if one.layer in (None, "entities")],
        unknown_quotes=[(one.start, one.end) for one in regions if one.layer in (None, "quotes")],
        claims=None if record.claims is None else to_answers(record.claims),
        unknown_claims=[(one.start, one.end) for one in regions if one.layer in (None, "claims")],
    )


def _epochs(
    network: Network, train: Sequence[GoldRecord], start: Path, scratch: Path, config: Config
) -> Iterator[Path]:
    """Trains `network`, which was read from `start`, and yields the model folder after each epoch."""
    import torch

    from annotate.training.export import export_network
    from annotate.training.loop import Trainer
    from annotate.training.scratch import read_vocabulary

    torch.manual_seed(config["seed"])
    vocabulary = read_vocabulary(start / "vocabulary.txt")
    documents = [to_document(record) for record in train]
    trainer = Trainer(network, WordPieces(vocabulary), config, scratch)
    for checkpoint in trainer.train([documents] * config["cycle"]["passes"], config["cycle"]):
        folder = checkpoint.with_suffix("")
        export_network(network, vocabulary, folder, start=start)
        shutil.copy(start / "confidence.json", folder / "confidence.json")
        yield folder
