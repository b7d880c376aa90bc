"""Brings a model folder back as a network that can be trained further: 8-bit weights become floats again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from annotate.errors import AnnotateError
from annotate.files import read_text
from annotate.training.model import Network


def restore_network(folder: Path, *, dropout: float) -> Network:
    """The network of `network.onnx` and `chains.json` in `folder`; within rounding to 8 bits what was exported.

    Raises:
        AnnotateError: a weight of the network is missing there.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(folder / "network.onnx"))
    found = {tensor.name.removeprefix("network."): numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    vocabulary = len(read_text(folder / "vocabulary.txt").splitlines())
    network = Network(vocabulary, dropout)
    state: dict[str, torch.Tensor] = {}
    for name, value in network.state_dict().items():
        if "_crf." in name:
            continue
        array = _find(found, name)
        if array is None or value.numel() != array.size:
            raise AnnotateError(f"{folder}: network.onnx holds no weight {name}; was it written by annotate?")
        state[name] = torch.from_numpy(np.array(array, dtype=np.float32, order="C")).reshape(value.shape)
    for name, chain in json.loads(read_text(folder / "chains.json"))["chains"].items():
        prefix = "role_crf" if name == "roles" else "entity_crf"
        state[f"{prefix}.moves"] = torch.tensor(chain["moves"])
        state[f"{prefix}.first"] = torch.tensor(chain["first"])
    network.load_state_dict(state)
    return network


def _find(found: dict[str, np.ndarray[Any, Any]], name: str) -> np.ndarray[Any, Any] | None:
    if name in found:
        return found[name]
    quantized = found.get(f"{name}_quantized")
    if quantized is None:
        return None
    scale, zero = found[f"{name}_scale"], found[f"{name}_zero_point"]
    values: np.ndarray[Any, Any] = (quantized.astype(np.float32) - zero.astype(np.float32)) * scale
    # A table of vectors keeps its shape; the weights of a layer are stored turned, one scale a column.
    return values.T if scale.ndim else values
