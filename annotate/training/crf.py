"""A linear-chain conditional random field whose answers may be partly unknown, in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

IMPOSSIBLE = -1e4


def forbidden_moves(tags: tuple[str, ...]) -> Tensor:
    """Shape (tags, tags): `IMPOSSIBLE` where the column may not follow the row, as I-x after anything but B-x or I-x.

    >>> forbidden_moves(("O", "B-a", "I-a")).tolist()
    [[0.0, 0.0, -10000.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    moves = torch.zeros(len(tags), len(tags))
    for row, before in enumerate(tags):
        for column, after in enumerate(tags):
            if after.startswith("I-") and before[1:] != after[1:]:
                moves[row, column] = IMPOSSIBLE
    return moves


class Crf(nn.Module):  # type: ignore[misc]
    """Scores sequences of tags; `loss` is the negative log-likelihood of the set of allowed sequences."""

    moves: Tensor
    forbidden: Tensor
    forbidden_first: Tensor

    def __init__(self, tags: tuple[str, ...]) -> None:
        super().__init__()
        self.moves = nn.Parameter(torch.zeros(len(tags), len(tags)))
        self.first = nn.Parameter(torch.zeros(len(tags)))
        self.register_buffer("forbidden", forbidden_moves(tags), persistent=False)
        inside = torch.tensor([IMPOSSIBLE if tag.startswith("I-") else 0.0 for tag in tags])
        self.register_buffer("forbidden_first", inside, persistent=False)

    def loss(self, scores: Tensor, allowed: Tensor, present: Tensor) -> Tensor:
        """One value per window. `scores` (windows, words, tags), `allowed` likewise, `present` (windows, words)."""
        count = len(scores)
        wanted = scores.masked_fill(~allowed, IMPOSSIBLE)
        total = self._log_total(torch.cat([scores, wanted]), torch.cat([present, present]))
        return total[:count] - total[count:]

    def _log_total(self, scores: Tensor, present: Tensor) -> Tensor:
        moves = (self.moves + self.forbidden).unsqueeze(0)
        state = scores[:, 0] + self.first + self.forbidden_first
        for at in range(1, scores.shape[1]):
            following = torch.logsumexp(state.unsqueeze(2) + moves, dim=1) + scores[:, at]
            state = torch.where(present[:, at].unsqueeze(1), following, state)
        return torch.logsumexp(state, dim=1)
