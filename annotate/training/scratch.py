"""Trains the bundled pipeline from the pretrained encoder."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from annotate.files import load_toml, read_text, write_text
from annotate.preannotate.news.passage import WordPieces
from annotate.training.corpora import read_gold_names, read_polnear
from annotate.training.examples import Config, Document
from annotate.training.facts import Facts, read_facts, write_facts
from annotate.training.gazetteers import Gazetteers
from annotate.training.loop import Trainer
from annotate.training.model import Network, load_encoder

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


def read_vocabulary(file: Path) -> list[str]:
    """The wordpieces of a BERT model, one per line, in order of their number."""
    return read_text(file).rstrip("\n").split("\n")


def train_from_scratch(*, data: Path, encoder: Path, output: Path, config_file: Path = DEFAULT_CONFIG) -> Path:
    """Trains on the corpora in `data` from the encoder in `encoder`; gives the last checkpoint, written in `output`."""
    import torch.multiprocessing

    config = load_toml(config_file)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        meeting = f"file://{scratch}/meeting"
        torch.multiprocessing.spawn(_work, (config, data, encoder, output, meeting), nprocs=config["workers"])
    return output / "final.pt"


def _work(rank: int, config: Config, data: Path, encoder: Path, output: Path, meeting: str) -> None:
    """One of the processes that train together."""
    import torch
    import torch.distributed

    torch.set_num_threads(1)
    if config["workers"] > 1:
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=config["workers"])
    torch.manual_seed(config["seed"])
    vocabulary = read_vocabulary(encoder / "vocab.txt")
    network = Network(len(vocabulary), config["optimiser"]["dropout"])
    load_encoder(network, encoder / "model.safetensors")
    torch.manual_seed(config["seed"] + rank)
    trainer = Trainer(network, WordPieces(vocabulary), config, output, rank)
    passes = plan_passes(data, config)
    started = time.monotonic()
    *_, checkpoint = trainer.train(passes, config["cycle"])
    if rank == 0:
        checkpoint.replace(output / "final.pt")
        minutes = round((time.monotonic() - started) / 60, 1)
        done = round(trainer.passes, 2)
        write_facts(
            output, Facts(config["seed"], config["workers"], str(torch.__version__), len(passes), done, minutes)
        )
    if config["workers"] > 1:
        torch.distributed.destroy_process_group()


def finish_model(
    checkpoint: Path, *, data: Path, encoder: Path, output: Path, config_file: Path = DEFAULT_CONFIG
) -> dict[str, Any]:
    """Exports a checkpoint to the model folder `output`, trains the claim ranker, and fits the confidence.

    Gives the reliability of the confidence, as `calibrate` reports it.
    """
    import torch

    from annotate.preannotate.news.pipeline import NewsPipeline
    from annotate.training.calibrate import calibrate
    from annotate.training.export import export_network
    from annotate.training.worth import train_worth

    config = load_toml(config_file)
    vocabulary = read_vocabulary(encoder / "vocab.txt")
    network = Network(len(vocabulary), config["optimiser"]["dropout"])
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    export_network(network, vocabulary, output)
    train_worth(data, output / "worth.npz")
    write_text(output / "confidence.json", UNFITTED)
    if facts := read_facts(checkpoint.parent):
        write_facts(output, facts)
    return calibrate(data, NewsPipeline(output).find, output)


#: The confidence before it is fitted: the probability of the edges as the network gives it.
UNFITTED = """{"names": {"weights": [1, 1, 1], "biases": {"*": 0}},
 "quotes": {"weights": [1, 1, 1, 0, 0], "biases": {"*": 0}}}
"""
