"""Trains the bundled pipeline from the pretrained encoder."""

from __future__ import annotations

import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotate.errors import AnnotateError
from annotate.files import load_toml, read_text, write_text
from annotate.preannotate.news.passage import WordPieces
from annotate.training.corpora import read_claim_articles, read_gold_names, read_other_articles, read_polnear
from annotate.training.examples import Config, Document
from annotate.training.facts import Facts, read_facts, write_facts
from annotate.training.gazetteers import Gazetteers
from annotate.training.loop import Trainer, save
from annotate.training.model import Network, load_encoder
from annotate.training.teacher import Teacher, read_claims
from annotate.training.weights import restore_network

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


def plan_passes(data: Path, config: Config) -> list[list[Document]]:
    """The documents of each pass: articles with quotes, and each corpus of names as often as asked."""
    gazetteers = Gazetteers(config["seed"])
    chance = random.Random(config["seed"])
    articles = read_polnear(data, "train", gazetteers)
    names = {name: list(read_gold_names(data / f"{name}.train.jsonl.gz", gazetteers)) for name in config["names"]}
    passes = []
    for _ in range(config["cycle"]["passes"]):
        documents = list(articles)
        for name, times in config["names"].items():
            whole = int(times)
            documents += names[name] * whole
            documents += [document for document in names[name] if chance.random() < times - whole]
        chance.shuffle(documents)
        passes.append(documents)
    return passes


def plan_claims(data: Path, config: Config, more: Sequence[Document] = ()) -> list[list[Document]]:
    """The articles with claims, for each pass over them, and with them the configured share of `more`."""
    chance = random.Random(config["seed"])
    documents = read_claim_articles(data, Gazetteers(config["seed"]))
    some = round(config["teacher"]["share"] * len(more))
    return [[*documents, *chance.sample(more, some)] for _ in range(config["claims"]["passes"])]


def read_vocabulary(file: Path) -> list[str]:
    """The wordpieces of a BERT model, one per line, in order of their number."""
    return read_text(file).rstrip("\n").split("\n")


def train_from_scratch(
    *,
    data: Path,
    encoder: Path,
    output: Path,
    start: Path | None = None,
    teacher: Path | None = None,
    config_file: Path = DEFAULT_CONFIG,
) -> Path:
    """Trains on the corpora in `data` from the encoder in `encoder`; gives the last checkpoint, written in `output`.

    Args:
        start: a model folder whose quotes and names are taken as they are, so that claims alone are trained.
        teacher: the folder of a larger encoder. It learns claims first, then reads more articles, which claims are
            learnt from as well. What it learnt is kept in `output` as `teacher.pt`; where that is there, it is taken.

    Raises:
        AnnotateError: the folder of an encoder lacks one of its files.
    """
    import torch.multiprocessing

    check_encoders(encoder=encoder, teacher=teacher)
    config = load_toml(config_file)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        meeting = f"file://{scratch}/meeting"
        settings = config, data, encoder, output, start, teacher, meeting
        torch.multiprocessing.spawn(_work, settings, nprocs=config["workers"])
    return output / "final.pt"


def check_encoders(**folders: Path | None) -> None:
    """Before hours of training: whether the folders, by the name of their option, hold what is needed of an encoder.

    Raises:
        AnnotateError: files are missing; all of them are named.
    """
    missing = [
        f"--{option} {folder}: no {file} there"
        for option, folder in folders.items()
        if folder is not None
        for file in ("model.safetensors", "vocab.txt")
        if not (folder / file).is_file()
    ]
    if missing:
        raise AnnotateError("\n".join([*missing, "docs/training.md says where to get both files"]))


def _work(
    rank: int,
    config: Config,
    data: Path,
    encoder: Path,
    output: Path,
    start: Path | None,
    teacher: Path | None,
    meeting: str,
) -> None:
    """One of the processes that train together."""
    import torch
    import torch.distributed

    torch.set_num_threads(1)
    if config["workers"] > 1:
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=config["workers"])
    torch.manual_seed(config["seed"])
    vocabulary = read_vocabulary(encoder / "vocab.txt")
    network = Network(len(vocabulary), config["optimiser"]["dropout"])
    wordpieces = WordPieces(vocabulary)
    began = time.monotonic()
    planned, done = 0, 0.0
    if start is None:
        load_encoder(network, encoder / "model.safetensors")
    else:
        load_quotes_and_names(network, start)
    torch.manual_seed(config["seed"] + rank)
    if start is None:
        trainer = Trainer(network, wordpieces, config, output, rank, "quotes and names")
        passes = plan_passes(data, config)
        deque(trainer.train(passes, config["cycle"]), maxlen=0)
        planned, done = len(passes), round(trainer.passes, 2)
    network.claims.begin(network)
    more: list[Document] = []
    taught = 0.0
    if teacher is not None:
        network.eval()
        larger = Teacher(network, vocabulary, teacher, config["optimiser"]["dropout"])
        taught = _teach(larger, wordpieces, config, data, output, rank)
        more = _read_more(larger, wordpieces, config, data, rank)
    trainer = Trainer(network, wordpieces, config, output, rank, "claims")
    *_, checkpoint = trainer.train(plan_claims(data, config, more), config["claims"])
    if rank == 0:
        checkpoint.replace(output / "final.pt")
        facts = Facts(
            config["seed"], config["workers"], str(torch.__version__), planned, done,
            config["claims"]["passes"], round(trainer.passes, 2), round((time.monotonic() - began) / 60, 1), taught,
        )  # fmt: skip
        write_facts(output, facts)
    if config["workers"] > 1:
        torch.distributed.destroy_process_group()


def _teach(teacher: Teacher, wordpieces: WordPieces, config: Config, data: Path, output: Path, rank: int) -> float:
    """Trains the teacher on the articles with claims, or takes what an earlier training left; gives the passes."""
    import torch

    file = output / "teacher.pt"
    if file.exists():
        found = torch.load(file, weights_only=True)
        teacher.load_state_dict(found["weights"])
        return float(found["passes"])
    trainer = Trainer(teacher, wordpieces, config, output, rank, "claims")
    articles = read_claim_articles(data, Gazetteers(config["seed"]))
    deque(trainer.train([articles] * config["teacher"]["passes"], config["teacher"]), maxlen=0)
    passes = round(trainer.passes, 2)
    if rank == 0:
        save({"weights": teacher.state_dict(), "passes": passes}, file)
    return passes


def _read_more(teacher: Teacher, wordpieces: WordPieces, config: Config, data: Path, rank: int) -> list[Document]:
    """The articles that nobody read for claims, as the teacher reads them; each process reads its share."""
    import torch.distributed

    workers = config["workers"]
    articles = read_other_articles(data, Gazetteers(config["seed"]))
    mine = list(read_claims(teacher, articles[rank::workers], wordpieces))
    if workers == 1:
        return mine
    shares: list[list[Document]] = [[]] * workers
    torch.distributed.all_gather_object(shares, mine)
    return [document for share in shares for document in share]


def load_quotes_and_names(network: Network, folder: Path) -> None:
    """Fills all of the network but what claims have to themselves from the weights of a model folder."""
    found = restore_network(folder, dropout=0.0).state_dict()
    own = {name: value for name, value in network.state_dict().items() if name.startswith("claims.")}
    network.load_state_dict({**found, **own})


def finish_model(
    checkpoint: Path,
    *,
    data: Path,
    encoder: Path,
    output: Path,
    start: Path | None = None,
    config_file: Path = DEFAULT_CONFIG,
) -> dict[str, Any]:
    """Exports a checkpoint to the model folder `output` and fits the confidence; `start` as in training.

    Gives the reliability of the confidence, as `calibrate` reports it.
    """
    import torch

    from annotate.preannotate.news.pipeline import NewsPipeline
    from annotate.training.calibrate import calibrate
    from annotate.training.export import export_network

    config = load_toml(config_file)
    vocabulary = read_vocabulary(encoder / "vocab.txt")
    network = Network(len(vocabulary), config["optimiser"]["dropout"])
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    export_network(network, vocabulary, output, start=start)
    write_text(output / "confidence.json", UNFITTED)
    if facts := read_facts(checkpoint.parent):
        write_facts(output, facts)
    return calibrate(data, lambda: NewsPipeline(output), output)


#: The confidence before it is fitted: the probability of the edges as the network gives it.
UNFITTED = """{"names": {"weights": [1, 1, 1], "biases": {"*": 0}},
 "quotes": {"weights": [1, 1, 1, 0, 0], "biases": {"*": 0}},
 "claims": {"weights": [1, 1, 1], "biases": {"*": 0}},
 "worth": {"weights": [1], "biases": {"*": 0}}}
"""
