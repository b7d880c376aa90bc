"""Training of the bundled `news` pipeline; nothing here is needed to run it."""

from __future__ import annotations

import importlib.util

from annotate.errors import MissingExtraError


def require_training() -> None:
    """Raises an error that says what to install, unless everything that training imports is there."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "onnx", "safetensors", "sklearn", "faker")):
        raise MissingExtraError("train", "annotate train")
