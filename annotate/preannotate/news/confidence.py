"""How sure to be of a span: logistic regressions on the network's log-odds, fitted on articles it was not trained on."""

from __future__ import annotations

import json
import math
from pathlib import Path

from annotate.files import read_text


class Confidence:
    """The fitted weights. `kinds` are labels of names, or types of quotes; an unknown kind has no bias of its own."""

    def __init__(self, file: Path) -> None:
        table = json.loads(read_text(file))
        self._names: dict[str, dict[str, float] | list[float]] = table["names"]
        self._quotes: dict[str, dict[str, float] | list[float]] = table["quotes"]

    def of_name(self, label: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that the name has these edges and this label."""
        return _apply(self._names, label, odds)

    def of_quote(self, kind: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that people would mark a quote of nearly this content."""
        return _apply(self._quotes, kind, odds)


def _apply(table: dict[str, dict[str, float] | list[float]], kind: str, odds: tuple[float, ...]) -> float:
    weights, biases = table["weights"], table["biases"]
    assert isinstance(weights, list)
    assert isinstance(biases, dict)
    total = biases.get(kind, biases["*"]) + sum(weight * value for weight, value in zip(weights, odds, strict=True))
    return round(1 / (1 + math.exp(-max(min(total, 30.0), -30.0))), 2)
