"""The network: a small BERT encoder with quotation marks and case added to its input, and heads on each word.

The encoder is all-MiniLM-L6-v2 (Wang et al. 2020; Reimers & Gurevych 2019), 6 layers of 384; its word embeddings stay
as they are, so a shipped vocabulary can be cut down without retraining. Heads: roles of quotes and names (each with a
conditional random field), the anchor that a word of a quote belongs to, the speaker that an anchor belongs to, and
coarse syntax, which is learnt only because the rest gains by it.

Claims have the last two layers to themselves (`Claims`): far fewer articles are read for claims than for quotes, and
trained on the same layers they cost names 2.7 points of F1. They see what quotes and names see in each word as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from annotate.preannotate.news.network import CLAIM_KINDS, CLAIM_TAGS, ENTITY_TAGS, ROLE_TAGS
from annotate.preannotate.news.passage import FEATURES
from annotate.training.crf import Crf
from annotate.training.examples import CUTS, SYNTAX_TAGS


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT encoder, and what its normalisation adds to the variance."""

    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    positions: int = 512


MINILM = Shape(width=384, layers=6, heads=12, inner=1536, epsilon=1e-12)
WIDTH = MINILM.width
POINTER_WIDTH = 128
FEATURE_WIDTH = 16

#: What is trained, or computed, of the network.
Part = Literal["all", "quotes and names", "claims"]
Apply: TypeAlias = Callable[[nn.Module, Tensor], Tensor]
#: How many of the encoder's last layers claims have a copy of.
CLAIM_LAYERS = 2


class Layer(nn.Module):  # type: ignore[misc]
    """One transformer layer, normalised after each part as in BERT."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.mix = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm_out = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm_down = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """`states` (windows, pieces, width); `mask` is added to the attention (windows, heads, pieces, pieces)."""
        windows, length, width = states.shape
        mixed = self.mix(states).view(windows, length, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        # No dropout on the attention weights: it costs the fused kernel and a tenth of the speed.
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask.to(query.dtype))
        mixed = self.out(mixed.transpose(1, 2).reshape(windows, length, width))
        states = self.norm_out(states + self.dropout(mixed))
        return self.norm_down(states + self.dropout(self.down(functional.gelu(self.up(states)))))


class Encoder(nn.Module):  # type: ignore[misc]
    """From pieces and their features to one vector per piece."""

    def __init__(self, vocabulary: int, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, shape.width)
        self.position = nn.Embedding(shape.positions, shape.width)
        self.feature = nn.ModuleList(nn.Embedding(size, shape.width) for size in FEATURES.values())
        for table in self.feature:
            nn.init.zeros_(table.weight)
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.dropout = nn.Dropout(dropout)
        self.word.weight.requires_grad_(False)

    def embed(self, pieces: Tensor, features: Tensor) -> Tensor:
        """The states before the first layer: `pieces` (..., pieces), `features` (..., pieces, 4)."""
        states = self.word(pieces) + self.position.weight[: pieces.shape[-1]]
        for column, table in enumerate(self.feature):
            states = states + table(features[..., column])
        return self.dropout(self.norm(states))


class Pointer(nn.Module):  # type: ignore[misc]
    """For each word a score of every word of its window as what it points to."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.source = nn.Linear(width, POINTER_WIDTH)
        self.target = nn.Linear(width, POINTER_WIDTH)
        self.self_bias = nn.Parameter(torch.zeros(1))

    def forward(self, words: Tensor, diagonal: Tensor) -> Tensor:
        scores = self.source(words) @ self.target(words).transpose(-2, -1) / POINTER_WIDTH**0.5
        return scores + self.self_bias * diagonal


class Words(nn.Module):  # type: ignore[misc]
    """From the states of the pieces, and the features once more, to one vector per word.

    `beside` is the width of what else is known of each word.
    """

    def __init__(self, width: int = WIDTH, beside: int = 0) -> None:
        super().__init__()
        self.again = nn.ModuleList(nn.Embedding(size, FEATURE_WIDTH) for size in FEATURES.values())
        for table in self.again:
            nn.init.normal_(table.weight, std=0.1)
        self.join = nn.Linear(width + FEATURE_WIDTH * len(FEATURES) + beside, width)

    def forward(self, states: Tensor, features: Tensor, words: Tensor, *beside: Tensor) -> Tensor:
        """`states` (..., pieces, width), `features` (..., pieces, 4), `words` (..., words): places of first pieces."""
        again = torch.cat([table(features[..., at]) for at, table in enumerate(self.again)], dim=-1)
        joined = torch.cat([states, again.to(states.dtype)], dim=-1)
        if joined.dim() == 2:
            of_words = torch.index_select(joined, 0, words)
        else:
            of_words = torch.gather(joined, 1, words.unsqueeze(-1).expand(-1, -1, joined.shape[-1]))
        return functional.gelu(self.join(torch.cat([of_words, *beside], dim=-1)))


class ClaimHeads(nn.Module):  # type: ignore[misc]
    """What is asked of each word about claims.

    Where claims are (with a conditional random field), their kind, how worth checking they are, and the claimer that a
    word of a claim points to: the claim's own first word where there is none.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.spans = nn.Linear(width, len(CLAIM_TAGS))
        self.kinds = nn.Linear(width, len(CLAIM_KINDS))
        self.worth = nn.Linear(width, 1)
        self.claimer = Pointer(width)
        self.crf = Crf(CLAIM_TAGS)
        self.dropout = nn.Dropout(dropout)

    def answer(self, vectors: Tensor) -> dict[str, Tensor]:
        """The scores by name, from the vectors of the words (..., words, width); shapes as in `Network.forward`."""
        vectors = self.dropout(vectors)
        return {
            "claims": self.spans(vectors), "kinds": self.kinds(vectors), "worth": self.worth(vectors),
            "claimers": self.claimer(vectors, _diagonal(vectors)),
        }  # fmt: skip


class Claims(ClaimHeads):
    """What reads claims: the encoder's last layers once more, and heads on each word of theirs."""

    def __init__(self, dropout: float) -> None:
        super().__init__(WIDTH, dropout)
        self.layers = nn.ModuleList(Layer(MINILM, dropout) for _ in range(CLAIM_LAYERS))
        self.words = Words(beside=WIDTH)

    def begin(self, network: Network) -> None:
        """Takes over what quotes and names have learnt."""
        for own, layer in zip(self.layers, network.encoder.layers[-CLAIM_LAYERS:], strict=True):
            own.load_state_dict(layer.state_dict())
        self.words.again.load_state_dict(network.words.again.state_dict())
        with torch.no_grad():
            self.words.join.weight[:, : network.words.join.in_features].copy_(network.words.join.weight)
            self.words.join.bias.copy_(network.words.join.bias)


class Trainable(nn.Module):  # type: ignore[misc]
    """A network that can be trained: called with a batch it gives scores by name, as `Network.forward` says."""

    def chains(self) -> dict[str, Crf]:
        """The conditional random fields by the sequence that they score."""
        raise NotImplementedError

    def trained(self, part: Part) -> dict[str, list[nn.Parameter]]:
        """The parameters that are trained with one part: of the `encoder`'s layers, and of the `heads`."""
        raise NotImplementedError


class Network(Trainable):
    """Encoder and heads; `forward` gives scores for every word, its loss is in `loop`."""

    def __init__(self, vocabulary: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = Encoder(vocabulary, MINILM, dropout)
        self.words = Words()
        self.roles = nn.Linear(WIDTH, len(ROLE_TAGS))
        self.entities = nn.Linear(WIDTH, len(ENTITY_TAGS))
        self.tags = nn.Linear(WIDTH, len(SYNTAX_TAGS))
        self.cuts = nn.Linear(WIDTH, len(CUTS))
        self.anchor = Pointer(WIDTH)
        self.speaker = Pointer(WIDTH)
        self.role_crf = Crf(ROLE_TAGS)
        self.entity_crf = Crf(ENTITY_TAGS)
        self.claims = Claims(dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, pieces: Tensor, attention: Tensor, features: Tensor, words: Tensor, part: Part = "all"
    ) -> dict[str, Tensor]:
        """The scores of every output of the part, by name: (windows, words, answers), pointers (windows, words, words).

        `pieces` and `attention` (windows, pieces); `features` (windows, pieces, 4); `words` (windows, words) is the
        place of each word's first piece. `tags` and `cuts` are learnt but not used.
        """
        mask = ((attention - 1.0) * 1e4)[:, None, None, :]
        return self.read(pieces, features, words, lambda layer, states: layer(states, mask), part)

    def read(
        self, pieces: Tensor, features: Tensor, words: Tensor, apply: Apply, part: Part = "all"
    ) -> dict[str, Tensor]:
        """As `forward`, with or without a dimension of windows; `apply` is what a layer does to its states."""
        states, vectors = self._see(pieces, features, words, apply)
        found: dict[str, Tensor] = {}
        if part != "claims":
            found |= self._answer_quotes_and_names(self.dropout(vectors))
        if part != "quotes and names":
            of_claims = _through(self.claims.layers, states, apply)
            # Claims see what quotes and names see, and do not change it.
            found |= self.claims.answer(self.claims.words(of_claims, features, words, vectors.detach()))
        return found

    def see(self, pieces: Tensor, mask: Tensor, features: Tensor, words: Tensor) -> Tensor:
        """What quotes and names are told by: a vector for each word; `mask` as in `Layer.forward`."""
        return self._see(pieces, features, words, lambda layer, states: layer(states, mask))[1]

    def _see(self, pieces: Tensor, features: Tensor, words: Tensor, apply: Apply) -> tuple[Tensor, Tensor]:
        """The states before the layers that claims have a copy of, and the vectors of the words behind all layers."""
        states = _through(self.encoder.layers[:-CLAIM_LAYERS], self.encoder.embed(pieces, features), apply)
        return states, self.words(_through(self.encoder.layers[-CLAIM_LAYERS:], states, apply), features, words)

    def _answer_quotes_and_names(self, vectors: Tensor) -> dict[str, Tensor]:
        diagonal = _diagonal(vectors)
        return {
            "roles": self.roles(vectors), "entities": self.entities(vectors),
            "tags": self.tags(vectors), "cuts": self.cuts(vectors),
            "anchors": self.anchor(vectors, diagonal), "speakers": self.speaker(vectors, diagonal),
        }  # fmt: skip

    def chains(self) -> dict[str, Crf]:
        """The conditional random fields by the sequence that they score."""
        return {"roles": self.role_crf, "entities": self.entity_crf, "claims": self.claims.crf}

    def trained(self, part: Part) -> dict[str, list[nn.Parameter]]:
        """The parameters that are trained with one part: of the `encoder`'s layers, and of the `heads`."""
        own = {id(value) for value in self.claims.parameters()}
        layers = {id(value) for value in (*self.encoder.parameters(), *self.claims.layers.parameters())}
        found: dict[str, list[nn.Parameter]] = {"encoder": [], "heads": []}
        for value in self.parameters():
            if value is self.encoder.word.weight or (part != "all" and (id(value) in own) != (part == "claims")):
                continue
            found["encoder" if id(value) in layers else "heads"].append(value)
        return found


def _through(layers: Iterable[nn.Module], states: Tensor, apply: Apply) -> Tensor:
    for layer in layers:
        states = apply(layer, states)
    return states


def _diagonal(vectors: Tensor) -> Tensor:
    """Shape (words, words): 1 where a word meets itself."""
    place = torch.arange(vectors.shape[-2])
    return (place.unsqueeze(0) == place.unsqueeze(1)).to(vectors.dtype)


def load_encoder(network: Network, weights: Path) -> None:
    """Fills the encoder from the safetensors file of a BERT model of this shape."""
    from safetensors.torch import load_file

    found = load_file(str(weights))
    encoder = network.encoder
    with torch.no_grad():
        encoder.word.weight.copy_(found["embeddings.word_embeddings.weight"])
        # There is one kind of segment here, so its vector is added to the positions for good.
        position = found["embeddings.position_embeddings.weight"] + found["embeddings.token_type_embeddings.weight"][0]
        encoder.position.weight.copy_(position)
        fill(encoder.norm, found, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layers):
            assert isinstance(layer, Layer)
            name = f"encoder.layer.{number}"
            fill(layer.mix, found, *(f"{name}.attention.self.{which}" for which in ("query", "key", "value")))
            fill(layer.out, found, f"{name}.attention.output.dense")
            fill(layer.norm_out, found, f"{name}.attention.output.LayerNorm")
            fill(layer.up, found, f"{name}.intermediate.dense")
            fill(layer.down, found, f"{name}.output.dense")
            fill(layer.norm_down, found, f"{name}.output.LayerNorm")


def fill(module: nn.Linear | nn.LayerNorm, found: dict[str, Tensor], *names: str) -> None:
    """Copies weights and biases of these names to the module, one below the other."""
    module.weight.copy_(torch.cat([found[f"{name}.weight"] for name in names]))
    module.bias.copy_(torch.cat([found[f"{name}.bias"] for name in names]))
