"""Writes a trained network as a model folder: ONNX with 8-bit weights and a table to run it, weights to train it on."""

from __future__ import annotations

import io
import json
import logging
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from annotate.files import write_text
from annotate.preannotate.news.network import LAYOUT, OUTPUTS, POINTERS
from annotate.training.model import WIDTH, Layer, Network
from annotate.training.weights import write_weights


class OneWindow(nn.Module):  # type: ignore[misc]
    """The network as it runs: one window, no padding and so no mask; `pieces` (pieces,), `words` (words,)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pieces: Tensor, features: Tensor, words: Tensor) -> tuple[Tensor, ...]:
        found = self.network.read(pieces, features, words, _apply)
        return tuple(found[name] for name in OUTPUTS)


def _apply(layer: Layer, states: Tensor) -> Tensor:
    """A layer without batch and mask, with attention spelled out: the exporter keeps it in operators that fuse."""
    length, size = states.shape[0], WIDTH // layer.heads
    query, key, value = layer.mix(states).view(length, 3, layer.heads, size).permute(1, 2, 0, 3).unbind(0)
    weights = torch.softmax(query @ key.transpose(1, 2) / size**0.5, dim=-1)
    mixed = layer.out((weights @ value).transpose(0, 1).reshape(length, WIDTH))
    states = layer.norm_out(states + mixed)
    return layer.norm_down(states + layer.down(nn.functional.gelu(layer.up(states))))


def export_network(
    network: Network, vocabulary: list[str], folder: Path, *, start: Path | None = None, quantize: bool = True
) -> None:
    """Writes `network.onnx`, `vocabulary.txt`, `chains.json` and `weights.safetensors` to `folder`.

    The first three are what runs, the last is what `annotate train` goes on from. The weights in `network.onnx` are
    8-bit per channel where `quantize` holds; the tables of word pieces too, one scale per table. `start` is the model
    folder that training began with, if any (see `write_weights`).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    network.eval()
    example = (torch.tensor([0, 1, 2, 3]), torch.zeros(4, 4, dtype=torch.long), torch.tensor([1, 2]))
    content = io.BytesIO()  # the exporter's own writer answers a full disk with a RuntimeError
    with tempfile.TemporaryDirectory() as scratch:
        exact = Path(scratch) / "exact.onnx"
        torch.onnx.export(
            OneWindow(network).eval(),
            example,
            content,
            input_names=["pieces", "features", "words"],
            output_names=list(OUTPUTS),
            dynamic_axes={
                "pieces": {0: "pieces"}, "features": {0: "pieces"}, "words": {0: "words"},
                **{name: {0: "words", **({1: "words"} if name in POINTERS else {})} for name in OUTPUTS},
            },
            opset_version=17,
            dynamo=False,
        )  # fmt: skip
        exact.write_bytes(content.getbuffer())
        target = folder / "network.onnx"
        if quantize:
            root = logging.getLogger()
            level = root.level
            root.setLevel(logging.ERROR)  # it advises a preparation that changes nothing here
            try:
                quantize_dynamic(
                    exact,
                    target,
                    op_types_to_quantize=["MatMul", "Gemm", "Gather"],
                    per_channel=True,
                    weight_type=QuantType.QInt8,
                )
            finally:
                root.setLevel(level)
        else:
            target.write_bytes(exact.read_bytes())
    write_text(folder / "vocabulary.txt", "\n".join(vocabulary) + "\n")
    chains = {
        name: {"moves": _rounded(crf.moves), "first": _rounded(crf.first)} for name, crf in network.chains().items()
    }
    write_text(folder / "chains.json", json.dumps({"layout": LAYOUT, "chains": chains}) + "\n")
    write_weights(network, folder, start=start)


def _rounded(values: Tensor) -> list[float] | list[list[float]]:
    rounded: list[float] | list[list[float]] = torch.round(values.detach(), decimals=4).tolist()
    return rounded
