"""How sure to be of a span: logistic regressions on the network's log-odds, fitted on articles not trained on."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from annotate.files import read_text


@dataclass(frozen=True)
class _Regression:
    weights: list[float]
    biases: dict[str, float]

    def __call__(self, kind: str, odds: tuple[float, ...]) -> float:
        total = self.biases.get(kind, self.biases["*"])
        total += sum(weight * value for weight, value in zip(self.weights, odds, strict=True))
        return round(1 / (1 + math.exp(-max(min(total, 30.0), -30.0))), 2)


class Confidence:
    """The fitted weights. `kinds` are labels of names, or types of quotes; an unknown kind has no bias of its own."""

    def __init__(self, file: Path) -> None:
        table = json.loads(read_text(file))
        self._names = _Regression(**table["names"])
        self._quotes = _Regression(**table["quotes"])

    def of_name(self, label: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that the name has these edges and this label."""
        return self._names(label, odds)

    def of_quote(self, kind: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that people would mark a quote of nearly this content."""
        return self._quotes(kind, odds)
