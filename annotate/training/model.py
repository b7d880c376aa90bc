"""The network: a small BERT encoder with quotation marks and case added to its input, and heads on each word.

The encoder is all-MiniLM-L6-v2 (Wang et al. 2020; Reimers & Gurevych 2019), 6 layers of 384; its word embeddings stay
as they are, so a shipped vocabulary can be cut down without retraining. Heads: roles of quotes and names (each with a
conditional random field), the anchor that a word of a quote belongs to, the speaker that an anchor belongs to, and
coarse syntax, which is learnt only because the rest gains by it.

Claims have the last layers of the encoder to themselves (`Claims`): far fewer articles are read for claims than for
quotes, and trained on the same layers they cost names 2.7 points of F1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from annotate.preannotate.news.network import CLAIM_KINDS, CLAIM_TAGS, ENTITY_TAGS, ROLE_TAGS
from annotate.preannotate.news.passage import FEATURES
from annotate.training.crf import Crf
from annotate.training.examples import CUTS, SYNTAX_TAGS

WIDTH, LAYERS, ATTENTION_HEADS, INNER, POSITIONS = 384, 6, 12, 1536, 512
POINTER_WIDTH = 128
FEATURE_WIDTH = 16

#: What is trained, or computed, of the network.
Part = Literal["all", "quotes and names", "claims"]
Apply: TypeAlias = Callable[[nn.Module, Tensor], Tensor]
#: How many of the encoder's last layers claims have a copy of.
CLAIM_LAYERS = 3


class Layer(nn.Module):  # type: ignore[misc]
    """One transformer layer, normalised after each part as in BERT."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm_out = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm_down = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        windows, length, _ = states.shape
        size = WIDTH // ATTENTION_HEADS
        query, key, value = self.mix(states).view(windows, length, 3, ATTENTION_HEADS, size).permute(2, 0, 3, 1, 4)
        # No dropout on the attention weights: it costs the fused kernel and a tenth of the speed.
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask.to(query.dtype))
        mixed = self.out(mixed.transpose(1, 2).reshape(windows, length, WIDTH))
        states = self.norm_out(states + self.dropout(mixed))
        return self.norm_down(states + self.dropout(self.down(functional.gelu(self.up(states)))))


class Encoder(nn.Module):  # type: ignore[misc]
    """From pieces and their features to one vector per piece."""

    def __init__(self, vocabulary: int, dropout: float) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, WIDTH)
        self.position = nn.Embedding(POSITIONS, WIDTH)
        self.feature = nn.ModuleList(nn.Embedding(size, WIDTH) for size in FEATURES.values())
        for table in self.feature:
            nn.init.zeros_(table.weight)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
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
    """From the states of the pieces, and the features once more, to one vector per word."""

    def __init__(self) -> None:
        super().__init__()
        self.again = nn.ModuleList(nn.Embedding(size, FEATURE_WIDTH) for size in FEATURES.values())
        for table in self.again:
            nn.init.normal_(table.weight, std=0.1)
        self.join = nn.Linear(WIDTH + FEATURE_WIDTH * len(FEATURES), WIDTH)

    def forward(self, states: Tensor, features: Tensor, words: Tensor) -> Tensor:
        """`states` (..., pieces, width), `features` (..., pieces, 4), `words` (..., words): places of first pieces."""
        again = torch.cat([table(features[..., at]) for at, table in enumerate(self.again)], dim=-1)
        joined = torch.cat([states, again.to(states.dtype)], dim=-1)
        if joined.dim() == 2:
            return functional.gelu(self.join(torch.index_select(joined, 0, words)))
        index = words.unsqueeze(-1).expand(-1, -1, joined.shape[-1])
        return functional.gelu(self.join(torch.gather(joined, 1, index)))


class Claims(nn.Module):  # type: ignore[misc]
    """What reads claims: the encoder's last layers once more, and heads on each word of theirs.

    Heads: where claims are (with a conditional random field), their kind, how worth checking they are, and the claimer
    that a word of a claim points to: the claim's own first word where there is none.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(CLAIM_LAYERS))
        self.words = Words()
        self.spans = nn.Linear(WIDTH, len(CLAIM_TAGS))
        self.kinds = nn.Linear(WIDTH, len(CLAIM_KINDS))
        self.worth = nn.Linear(WIDTH, 1)
        self.claimer = Pointer(WIDTH)
        self.crf = Crf(CLAIM_TAGS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, features: Tensor, words: Tensor) -> dict[str, Tensor]:
        """The scores by name, from the states behind its own layers; shapes as in `Network.forward`."""
        vectors = self.dropout(self.words(states, features, words))
        return {
            "claims": self.spans(vectors), "kinds": self.kinds(vectors), "worth": self.worth(vectors),
            "claimers": self.claimer(vectors, _diagonal(vectors)),
        }  # fmt: skip

    def begin(self, network: Network) -> None:
        """Takes over what quotes and names have learnt."""
        for own, layer in zip(self.layers, network.encoder.layers[-CLAIM_LAYERS:], strict=True):
            own.load_state_dict(layer.state_dict())
        self.words.load_state_dict(network.words.state_dict())


class Network(nn.Module):  # type: ignore[misc]
    """Encoder and heads; `forward` gives scores for every word, its loss is in `loop`."""

    def __init__(self, vocabulary: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = Encoder(vocabulary, dropout)
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
        states = _through(self.encoder.layers[:-CLAIM_LAYERS], self.encoder.embed(pieces, features), apply)
        found: dict[str, Tensor] = {}
        if part != "claims":
            own = _through(self.encoder.layers[-CLAIM_LAYERS:], states, apply)
            found |= self._read_quotes_and_names(own, features, words)
        if part != "quotes and names":
            found |= self.claims(_through(self.claims.layers, states, apply), features, words)
        return found

    def _read_quotes_and_names(self, states: Tensor, features: Tensor, words: Tensor) -> dict[str, Tensor]:
        vectors = self.dropout(self.words(states, features, words))
        diagonal = _diagonal(vectors)
        return {
            "roles": self.roles(vectors), "entities": self.entities(vectors),
            "tags": self.tags(vectors), "cuts": self.cuts(vectors),
            "anchors": self.anchor(vectors, diagonal), "speakers": self.speaker(vectors, diagonal),
        }  # fmt: skip


def _through(layers: Iterable[nn.Module], states: Tensor, apply: Apply) -> Tensor:
    for layer in layers:
        states = apply(layer, states)
    return states


def _diagonal(vectors: Tensor) -> Tensor:
    """Shape (words, words): 1 where a word meets itself."""
    place = torch.arange(vectors.shape[-2])
    return (place.unsqueeze(0) == place.unsqueeze(1)).to(vectors.dtype)


def parameters_of(network: Network, part: Part) -> dict[str, list[nn.Parameter]]:
    """The parameters that are trained with one part of the network: of the `encoder`'s layers, and of the `heads`."""
    own = {id(value) for value in network.claims.parameters()}
    layers = {id(value) for value in (*network.encoder.parameters(), *network.claims.layers.parameters())}
    fixed = {id(network.encoder.word.weight)}
    found: dict[str, list[nn.Parameter]] = {"encoder": [], "heads": []}
    for value in network.parameters():
        if id(value) in fixed or (part != "all" and (id(value) in own) != (part == "claims")):
            continue
        found["encoder" if id(value) in layers else "heads"].append(value)
    return found


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
        _copy(encoder.norm, found, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layers):
            assert isinstance(layer, Layer)
            name = f"encoder.layer.{number}"
            for part in ("weight", "bias"):
                mixed = [found[f"{name}.attention.self.{which}.{part}"] for which in ("query", "key", "value")]
                getattr(layer.mix, part).copy_(torch.cat(mixed))
            _copy(layer.out, found, f"{name}.attention.output.dense")
            _copy(layer.norm_out, found, f"{name}.attention.output.LayerNorm")
            _copy(layer.up, found, f"{name}.intermediate.dense")
            _copy(layer.down, found, f"{name}.output.dense")
            _copy(layer.norm_down, found, f"{name}.output.LayerNorm")


def _copy(module: nn.Linear | nn.LayerNorm, found: dict[str, Tensor], name: str) -> None:
    module.weight.copy_(found[f"{name}.weight"])
    module.bias.copy_(found[f"{name}.bias"])
