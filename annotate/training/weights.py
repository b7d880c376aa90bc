"""`weights.safetensors` of a model folder: the network's weights under our own names, to train it further.

Weights of linear layers and the table of word pieces are 8-bit integers `NAME` of shape (rows, columns), with a float32
`NAME.scale` and an 8-bit `NAME.zero`, each of shape (rows,): a weight is (integer - zero) * scale. The zero is for rows
with one longer side: the row of `[CLS]` goes from -.15 to 1.05 and is in every window. All other weights are float32.
The moves of the conditional random fields are in `chains.json`: prediction reads them and must not need this file.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from annotate.errors import AnnotateError
from annotate.files import atomic_writer, read_text
from annotate.training.model import Network

FILE = "weights.safetensors"
#: Where the conditional random field of each sequence is in the network.
CHAINS = {"roles": "role_crf", "entities": "entity_crf", "claims": "claims.crf"}


def write_weights(network: Network, folder: Path, *, start: Path | None = None) -> None:
    """Writes `weights.safetensors` to `folder`; a weight changes by at most half a step of 8 bits.

    What training left as it is in the model folder `start` is written as it is there: rounding it once more would move
    it.
    """
    from safetensors.torch import load_file, save

    coarse = _coarse_names(network)
    before = {} if start is None else load_file(str(start / FILE))
    stored: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        if name in coarse:
            parts = tuple(before[part] for part in (name, f"{name}.scale", f"{name}.zero") if part in before)
            if len(parts) < 3 or parts[0].shape != value.shape or not torch.equal(_to_floats(*parts), value):
                parts = _to_integers(value)
            stored[name], stored[f"{name}.scale"], stored[f"{name}.zero"] = parts
        elif name.rpartition(".")[0] not in CHAINS.values():
            stored[name] = value.float().contiguous()
    with atomic_writer(folder / FILE) as file:
        file.write(save(stored))


def restore_network(folder: Path, *, dropout: float) -> Network:
    """The network of `weights.safetensors`, `chains.json` and `vocabulary.txt` in `folder`.

    Raises:
        AnnotateError: `weights.safetensors` is missing, is broken or belongs to another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = folder / FILE
    if not file.is_file():
        raise AnnotateError(
            f"{folder}: {FILE} is missing, so this model cannot be trained further; annotate writes it since 0.2.0: "
            "train the model again"
        )
    try:
        stored = load_file(str(file))
    except SafetensorError as error:
        raise AnnotateError(f"{file}: not a safetensors file ({error}); train the model again") from error
    network = Network(len(read_text(folder / "vocabulary.txt").splitlines()), dropout)
    coarse = _coarse_names(network)
    state: dict[str, Tensor] = {}
    for name, chain in json.loads(read_text(folder / "chains.json"))["chains"].items():
        state[f"{CHAINS[name]}.moves"] = torch.tensor(chain["moves"])
        state[f"{CHAINS[name]}.first"] = torch.tensor(chain["first"])
    for name, wanted in network.state_dict().items():
        if name in state:
            continue
        parts = [stored.get(name)]
        if name in coarse:
            parts += [stored.get(f"{name}.scale"), stored.get(f"{name}.zero")]
        shapes = [wanted.shape, wanted.shape[:1], wanted.shape[:1]]
        if any(part is None or part.shape != shape for part, shape in zip(parts, shapes, strict=False)):
            raise AnnotateError(
                f"{file}: no weight {name} of shape {tuple(wanted.shape)}; it was written for another version of "
                "annotate: train the model again"
            )
        state[name] = _to_floats(*parts) if name in coarse else stored[name]
    network.load_state_dict(state)
    return network


def _coarse_names(network: Network) -> set[str]:
    linear = {f"{name}.weight" for name, module in network.named_modules() if isinstance(module, nn.Linear)}
    return linear | {"encoder.word.weight"}


def _to_integers(value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Integers of the value's shape (rows, columns), and scale and zero of each row; 0 is always among the steps."""
    value = value.float()
    low, high = value.amin(dim=1).clamp(max=0), value.amax(dim=1).clamp(min=0)
    scale = ((high - low) / 255).clamp(min=1e-12)
    zero = torch.round(-128 - low / scale)
    integers = torch.round(value / scale[:, None]) + zero[:, None]
    return integers.clamp(-128, 127).to(torch.int8), scale, zero.to(torch.int8)


def _to_floats(integers: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return (integers.float() - zero.float()[:, None]) * scale[:, None]
