"""The training loop: one pass over everything is an epoch, cut into windows anew each time."""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed
import torch.nn.functional as functional
from torch import Tensor

from annotate.files import atomic_writer
from annotate.preannotate.news.network import CLAIM_KINDS, POINTERS, TAGS
from annotate.preannotate.news.passage import LONGEST_WINDOW, WordPieces, cut_windows, read_passage
from annotate.training.examples import UNKNOWN, Answers, Config, Document, make_answers, slice_answers
from annotate.training.gazetteers import Gazetteers
from annotate.training.model import Part, Trainable
from annotate.training.replace import replace_names

#: Outputs, beside the sequences, that have one answer per word, and those that have one per claim.
OF_WORDS = ("anchors", "speakers", "tags", "cuts")
OF_CLAIMS = ("kinds", "worth", "claimers")

#: The weight of the sequence losses against the others: as much as this many words of them.
SENTENCE = 5


@dataclass
class Window:
    """One window with its answers: `pieces` of each word, `features` (words, 4)."""

    pieces: list[tuple[int, ...]]
    features: np.ndarray[Any, Any]
    answers: Answers

    @property
    def length(self) -> int:
        return sum(len(word) for word in self.pieces) + 2


def make_windows(
    documents: list[Document], wordpieces: WordPieces, gazetteers: Gazetteers, config: Config, chance: random.Random
) -> Iterator[Window]:
    """Windows over all documents, with names replaced and writing changed at random."""
    augment = config["augment"]
    for document in documents:
        if chance.random() < augment["articles"]:
            document = replace_names(document, share=augment["names"], gazetteers=gazetteers, chance=chance)
        passage = read_passage(document.text, wordpieces)
        answers = make_answers(document, passage)
        first = chance.randint(40, LONGEST_WINDOW)
        for start, stop in cut_windows(passage, first=first):
            features = passage.features[start:stop].copy()
            if chance.random() < augment["hide_marks"]:
                features[:, 1:3] = 0
            if chance.random() < augment["rewrite"]:
                _rewrite(features, chance)
            yield Window(passage.pieces[start:stop], features, slice_answers(answers, start, stop))


def _rewrite(features: np.ndarray[Any, Any], chance: random.Random) -> None:
    """Pretends that the window is a headline, or all in lower or upper case; the pieces are uncased."""
    case, (writing, shape) = features[:, 0], chance.choice([(1, 2), (1, 2), (2, 3), (3, 1)])
    letters = (case >= 1) & (case <= 5)
    case[letters] = shape
    features[:, 3] = features[:, 3] // 4 * 4 + writing


def make_batches(windows: list[Window], pieces: int, chance: random.Random) -> list[list[Window]]:
    """Windows of like length together, at most `pieces` wordpieces per batch with padding, in random order."""
    chance.shuffle(windows)
    ordered = sorted(windows, key=lambda window: window.length + chance.randint(-8, 8))
    batches: list[list[Window]] = [[]]
    longest = 0
    for window in ordered:
        longest = max(longest, window.length)
        if batches[-1] and longest * (len(batches[-1]) + 1) > pieces:
            batches.append([])
            longest = window.length
        batches[-1].append(window)
    chance.shuffle(batches)
    return batches


def to_tensors(windows: list[Window], wordpieces: WordPieces) -> dict[str, Tensor]:
    """Input and answers of a batch, padded; words that are padding are not `present`."""
    length = max(window.length for window in windows)
    words = max(len(window.pieces) for window in windows)
    count = len(windows)
    pieces = torch.full((count, length), wordpieces.pad)
    attention = torch.zeros(count, length)
    features = torch.zeros(count, length, windows[0].features.shape[1], dtype=torch.long)
    first = torch.zeros(count, words, dtype=torch.long)
    present = torch.zeros(count, words, dtype=torch.bool)
    allowed = {name: torch.ones(count, words, len(tags), dtype=torch.bool) for name, tags in TAGS.items()}
    known = {name: torch.full((count, words), UNKNOWN) for name in (*OF_WORDS, "owners", "claimers")}
    known["worth"] = torch.full((count, words), float(UNKNOWN))
    known["kinds"] = torch.zeros(count, words, len(CLAIM_KINDS))
    for row, window in enumerate(windows):
        sizes = np.array([len(word) for word in window.pieces])
        flat = [wordpieces.first, *(piece for word in window.pieces for piece in word), wordpieces.last]
        size = len(window.pieces)
        pieces[row, : len(flat)] = torch.tensor(flat)
        attention[row, : len(flat)] = 1
        features[row, 1 : len(flat) - 1] = torch.from_numpy(np.repeat(window.features, sizes, axis=0))
        first[row, :size] = torch.from_numpy(np.cumsum(sizes) - sizes + 1)
        present[row, :size] = True
        for name, table in (*allowed.items(), *known.items()):
            table[row, :size] = torch.from_numpy(getattr(window.answers, name))
    return {
        "pieces": pieces, "attention": attention, "features": features, "words": first, "present": present,
        **allowed, **known,
    }  # fmt: skip


def loss_of(
    network: Trainable, batch: dict[str, Tensor], weights: dict[str, float], half: bool, part: Part = "all"
) -> dict[str, Tensor]:
    """The parts of the loss, each already weighted; per word for the sequences, per answer for the rest."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        outputs = network(batch["pieces"], batch["attention"], batch["features"], batch["words"], part)
    outputs = {name: output.float() for name, output in outputs.items() if weights.get(name)}
    present = batch["present"]
    parts = {}
    for name, crf in network.chains().items():
        # A window of which nothing is known teaches nothing.
        known = ((~batch[name].all(dim=2)) & present).any(dim=1)
        if name in outputs and known.any():
            values = crf.loss(outputs[name][known], batch[name][known], present[known])
            parts[name] = values.sum() / present.sum() * SENTENCE
    for name in OF_WORDS:
        if name in outputs and (batch[name] != UNKNOWN).any():
            scores = outputs[name]
            if name in POINTERS:
                scores = scores.masked_fill(~present.unsqueeze(1), -1e4)
            parts[name] = functional.cross_entropy(scores.flatten(0, 1), batch[name].flatten(), ignore_index=UNKNOWN)
    parts |= _losses_of_claims(outputs, batch)
    return {name: value * weights[name] for name, value in parts.items()}


def _losses_of_claims(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The losses of kind, worth and claimer, each of the mean score over the words of a claim, as they are read."""
    inside = (batch["owners"] != UNKNOWN).nonzero()
    if not len(inside):
        return {}
    owner = batch["owners"][inside[:, 0], inside[:, 1]]
    places, claim, sizes = torch.unique(
        torch.stack([inside[:, 0], owner], dim=1), dim=0, return_inverse=True, return_counts=True
    )
    first = torch.zeros(len(places), dtype=torch.long).scatter_(0, claim, torch.arange(len(inside)))
    parts = {}
    for name in OF_CLAIMS:
        answers = batch[name][inside[first, 0], inside[first, 1]]
        known = answers.sum(dim=1) > 0 if name == "kinds" else answers != UNKNOWN
        if name not in outputs or not known.any():
            continue
        scores = outputs[name][inside[:, 0], inside[:, 1]]
        means = torch.zeros(len(places), scores.shape[1]).index_add_(0, claim, scores) / sizes[:, None]
        if name in POINTERS:
            means = means.masked_fill(~batch["present"][places[:, 0]], -1e4)
        means, answers = means[known], answers[known]
        if name == "worth":
            parts[name] = functional.binary_cross_entropy_with_logits(means[:, 0], answers)
        else:
            parts[name] = functional.cross_entropy(means, answers)
    return parts


def has_fast_bfloat16() -> bool:
    """Whether oneDNN has kernels for bfloat16 on this processor; elsewhere it is emulated, slower than float32."""
    able = torch.cpu.get_capabilities()
    of_avx512 = all(able.get(f"avx512_{part}") for part in ("f", "bw", "vl", "dq"))
    return torch.backends.mkldnn.is_available() and bool(of_avx512 or able.get("avx_ne_convert") or able.get("bf16"))


class Trainer:
    """One of `workers` processes that train one network together, each on its share of the documents.

    Single-threaded processes that add up their gradients use the cores better than threads do: measured on two
    cores, 1,500 wordpieces a second on one, 2,100 on two as threads, and far less where the cores are shared.
    """

    def __init__(
        self,
        network: Trainable,
        wordpieces: WordPieces,
        config: Config,
        folder: Path,
        rank: int = 0,
        part: Part = "all",
    ) -> None:
        self.network, self.wordpieces, self.config, self.folder, self.rank = network, wordpieces, config, folder, rank
        self.workers = config["workers"]
        #: Passes done since `train` began, parts of passes included.
        self.passes = 0.0
        self.chance = random.Random(config["seed"] + rank)
        self.gazetteers = Gazetteers(config["seed"] + rank)
        self.part = part
        self.parameters = network.trained(part)
        trained = [value for values in self.parameters.values() for value in values]
        for value in network.parameters():
            value.requires_grad_(False)
        # All gradients in one piece, and behind them the minutes used, which the processes have to agree on.
        self.shared = torch.zeros(sum(value.numel() for value in trained) + 1)
        at = 0
        for value in trained:
            value.requires_grad_(True)
            value.grad = self.shared[at : at + value.numel()].view_as(value)
            at += value.numel()

    def train(self, epochs: list[list[Document]], cycle: Config) -> Iterator[Path]:
        """One pass over each list of documents in turn, yielding the checkpoint after each.

        The rates of `cycle` fall to zero at the end of the last, or when its minutes are used up. What it gives no
        weight in its `loss` is not learnt.
        """
        config = self.config["optimiser"]
        groups = [{"params": values, "lr": 0.0, "top": cycle[name]} for name, values in self.parameters.items()]
        optimiser = torch.optim.AdamW(groups, weight_decay=config["decay"], fused=True)
        half = has_fast_bfloat16()
        started, step, total, done, minutes = time.monotonic(), 0, 0, 0.0, 0.0
        saved = started
        for number, documents in enumerate(epochs, 1):
            mine = documents[self.rank :: self.workers]
            windows = list(make_windows(mine, self.wordpieces, self.gazetteers, self.config, self.chance))
            batches = make_batches(windows, cycle["pieces"] // self.workers, self.chance)
            batches = batches[: self._least(len(batches))]
            total = total or len(batches) * len(epochs)
            self.network.train()
            running: dict[str, float] = {}
            for at, members in enumerate(batches, 1):
                self.shared.zero_()
                parts = loss_of(self.network, to_tensors(members, self.wordpieces), cycle["loss"], half, self.part)
                torch.stack(list(parts.values())).sum().backward()
                self.shared[-1] = (time.monotonic() - started) / 60
                if self.workers > 1:
                    torch.distributed.all_reduce(self.shared)
                    self.shared /= self.workers
                minutes = float(self.shared[-1])
                done = max(step / total, minutes / cycle["minutes"])
                if done >= 1:
                    break
                self._clip()
                for group in optimiser.param_groups:
                    group["lr"] = group["top"] * min((step + 1) / cycle["warm_up"], 1.0) * (1 - done)
                optimiser.step()
                step += 1
                self.passes = number - 1 + at / len(batches)
                for name, value in parts.items():
                    running[name] = running.get(name, float(value.detach())) * 0.98 + float(value.detach()) * 0.02
                if at % 25 == 0 and self.rank == 0:
                    report = " ".join(f"{name} {value:.3f}" for name, value in running.items())
                    print(f"pass {number} {at}/{len(batches)} {minutes:.1f} min {done:.3f} {report}", file=sys.stderr)
                if time.monotonic() - saved > 300:
                    saved = time.monotonic()
                    self._save("last.pt")
            yield self._save(f"pass-{number}.pt")
            if done >= 1:
                return  # the minutes are used up

    def _least(self, value: int) -> int:
        if self.workers == 1:
            return value
        shared = torch.tensor(value)
        torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MIN)
        return int(shared)

    def _clip(self) -> None:
        gradients = self.shared[:-1]
        gradients *= min(1.0, self.config["optimiser"]["clip"] / (float(gradients.norm()) + 1e-6))

    def _save(self, name: str) -> Path:
        path = self.folder / name
        if self.rank == 0:
            save(self.network.state_dict(), path)
        return path


def save(content: dict[str, Any], path: Path) -> None:
    """Writes tensors and values as torch does, whole or not at all."""
    written = io.BytesIO()  # torch's own writer answers a full disk with a RuntimeError
    torch.save(content, written)
    with atomic_writer(path) as file:
        file.write(written.getbuffer())
