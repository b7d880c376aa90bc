"""A larger network that learns claims first and then reads more articles for them, for the bundled one to learn from.

The encoder is all-mpnet-base-v2 (Song et al. 2020; Reimers & Gurevych 2019), 12 layers of 768 with one table of
relative positions for all; its word embeddings and its first layers stay as they are. A word's vector is joined with
what the bundled network sees in it for quotes and names. To learn from a network's probabilities instead of from its
choices is Hinton et al. 2015. What it costs and gains is in docs/training.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from annotate.files import read_text
from annotate.preannotate.news.network import CLAIM_TAGS, Chain, Floats, find_spans
from annotate.preannotate.news.passage import Passage, Range, WordPieces, cut_windows, read_passage
from annotate.training.crf import Crf
from annotate.training.examples import ClaimAnswer, Document, make_answers, slice_answers
from annotate.training.loop import OF_CLAIMS, Window, has_fast_bfloat16, to_tensors
from annotate.training.model import WIDTH, ClaimHeads, Encoder, Layer, Network, Part, Shape, Trainable, Words, fill

MPNET = Shape(width=768, layers=12, heads=12, inner=3072, epsilon=1e-5)
#: Its first layers, which are not trained: a third less time.
FIXED_LAYERS = 4
#: Relative positions are told apart one by one up to half of these to either side, farther ones by their logarithm.
BUCKETS, FARTHEST = 32, 128
#: Its names of the pieces that BERT calls otherwise.
_NAMES = {"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}
#: A word whose best tag is less likely than this is left open for the network that learns from the readings.
SURE = 0.6
#: How many windows are read at once.
WINDOWS = 8


class Teacher(ClaimHeads, Trainable):
    """Reads claims; `forward` takes and gives what `Network` takes and gives for the part `claims`.

    `folder` holds `model.safetensors` and `vocab.txt` of the encoder, `vocabulary` the pieces of `network`.
    """

    pieces: Tensor

    def __init__(self, network: Network, vocabulary: list[str], folder: Path, dropout: float) -> None:
        super().__init__(MPNET.width, dropout)
        own = read_text(folder / "vocab.txt").rstrip("\n").split("\n")
        numbers = {piece: number for number, piece in enumerate(own)}
        of_network = torch.tensor([numbers[_NAMES.get(piece, piece)] for piece in vocabulary])
        self.register_buffer("pieces", of_network, persistent=False)
        self.encoder = Encoder(len(own), MPNET, dropout)
        self.relative = nn.Embedding(BUCKETS, MPNET.heads)
        self.words = Words(MPNET.width, beside=WIDTH)
        # In a tuple, since it is no part of this network: it is neither trained nor saved with it.
        self._network = (network,)
        self._load(folder / "model.safetensors")

    def forward(
        self, pieces: Tensor, attention: Tensor, features: Tensor, words: Tensor, part: Part = "claims"
    ) -> dict[str, Tensor]:
        """The scores for every word by name; shapes as in `Network.forward`."""
        padding = ((attention - 1.0) * 1e4)[:, None, None, :]
        (network,) = self._network
        with torch.no_grad():
            seen = network.see(pieces, padding, features, words)
        place = torch.arange(pieces.shape[1])
        distances = self.relative(bucket_of(place[None, :] - place[:, None])).permute(2, 0, 1)
        states = self.encoder.embed(self.pieces[pieces], features)
        for layer in self.encoder.layers:
            states = layer(states, distances + padding)
        return self.answer(self.words(states, features, words, seen))

    def chains(self) -> dict[str, Crf]:
        """The conditional random field by the sequence that it scores."""
        return {"claims": self.crf}

    def trained(self, part: Part) -> dict[str, list[nn.Parameter]]:
        """The parameters that are trained: of the `encoder`'s last layers, and of the `heads`."""
        layers = [value for layer in self.encoder.layers[FIXED_LAYERS:] for value in layer.parameters()]
        others = {id(value) for value in (*self.encoder.parameters(), *self.relative.parameters())}
        return {"encoder": layers, "heads": [value for value in self.parameters() if id(value) not in others]}

    def _load(self, weights: Path) -> None:
        from safetensors.torch import load_file

        found = load_file(str(weights))
        encoder = self.encoder
        with torch.no_grad():
            encoder.word.weight.copy_(found["embeddings.word_embeddings.weight"])
            # Its positions are counted from 2.
            encoder.position.weight.copy_(found["embeddings.position_embeddings.weight"][2:])
            fill(encoder.norm, found, "embeddings.LayerNorm")
            self.relative.weight.copy_(found["encoder.relative_attention_bias.weight"])
            for number, layer in enumerate(encoder.layers):
                assert isinstance(layer, Layer)
                name = f"encoder.layer.{number}"
                fill(layer.mix, found, *(f"{name}.attention.attn.{which}" for which in "qkv"))
                fill(layer.out, found, f"{name}.attention.attn.o")
                fill(layer.norm_out, found, f"{name}.attention.LayerNorm")
                fill(layer.up, found, f"{name}.intermediate.dense")
                fill(layer.down, found, f"{name}.output.dense")
                fill(layer.norm_down, found, f"{name}.output.LayerNorm")


def bucket_of(distances: Tensor) -> Tensor:
    """The row of the table of relative positions for each distance (Raffel et al. 2020, section 2.1).

    >>> bucket_of(torch.tensor([0, -1, -7, -20, -500, 1, 20])).tolist()
    [0, 1, 7, 10, 15, 17, 26]
    """
    half, exact = BUCKETS // 2, BUCKETS // 4
    far = distances.abs().clamp(min=1)
    steps = torch.log(far.float() / exact) / math.log(FARTHEST / exact) * (half - exact)
    rows = torch.where(far < exact, distances.abs(), (exact + steps.long()).clamp(max=half - 1))
    return rows + (distances > 0).long() * half


def read_claims(teacher: Teacher, documents: Iterable[Document], wordpieces: WordPieces) -> Iterator[Document]:
    """The documents with the claims that the teacher finds; their quotes and syntax are unknown.

    Kinds and worth are its probabilities. Words that it is not sure of are left open.
    """
    teacher.eval()
    moves, first = teacher.crf.moves.detach().numpy(), teacher.crf.first.detach().numpy()
    chain = Chain.of(CLAIM_TAGS, moves, first)
    for document in documents:
        passage = read_passage(document.text, wordpieces)
        claims: list[ClaimAnswer] = []
        unsure: list[Range] = []
        for start, found in _read_windows(teacher, passage, wordpieces):
            [tags], [odds] = chain.best([found["claims"]]), chain.probabilities([found["claims"]])
            for first_word, last_word, _, _ in find_spans(tags, odds, CLAIM_TAGS):
                means = {name: found[name][first_word:last_word].mean(axis=0) for name in OF_CLAIMS}
                pointed = int(means["claimers"].argmax())
                own = first_word <= pointed < last_word
                claims.append(
                    ClaimAnswer(
                        *passage.range_of(start + first_word, start + last_word),
                        kinds=tuple(np.exp(means["kinds"] - np.logaddexp.reduce(means["kinds"])).tolist()),
                        worth=float(1 / (1 + np.exp(-means["worth"][0]))),
                        claimer=None if own else passage.range_of(start + pointed, start + pointed + 1),
                    )
                )
            for word in np.flatnonzero(odds[np.arange(len(tags)), tags] < SURE).tolist():
                unsure.append(passage.range_of(start + word, start + word + 1))
        yield replace(document, quotes=None, syntax=None, claims=claims, unknown_claims=unsure)


def _read_windows(
    teacher: Teacher, passage: Passage, wordpieces: WordPieces
) -> Iterator[tuple[int, dict[str, Floats]]]:
    """The first word of each window of the passage, and the teacher's scores for its words by name."""
    nothing = make_answers(Document(passage.text), passage)
    windows = cut_windows(passage)
    for at in range(0, len(windows), WINDOWS):
        rows = windows[at : at + WINDOWS]
        batch = to_tensors(
            [
                Window(passage.pieces[start:stop], passage.features[start:stop], slice_answers(nothing, start, stop))
                for start, stop in rows
            ],
            wordpieces,
        )
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_fast_bfloat16()):
            outputs = teacher(batch["pieces"], batch["attention"], batch["features"], batch["words"])
        for row, (start, stop) in enumerate(rows):
            scores = {name: output[row, : stop - start].float().numpy() for name, output in outputs.items()}
            scores["claimers"] = scores["claimers"][:, : stop - start]
            yield start, scores
