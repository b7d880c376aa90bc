"""The best sequence of tags and the probability of each tag, for windows of words, in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_IMPOSSIBLE = -1e4


@dataclass(frozen=True)
class Chain:
    """A linear-chain conditional random field: `moves[i, j]` scores tag j after tag i, `first[j]` a first tag j."""

    moves: Floats
    first: Floats

    @classmethod
    def of(cls, tags: tuple[str, ...], moves: Floats, first: Floats) -> Chain:
        """The chain with the moves that BIO forbids ruled out.

        >>> zeros = np.zeros((3, 3), dtype=np.float32)
        >>> chain = Chain.of(("O", "B-a", "I-a"), zeros, zeros[0])
        >>> chain.best([np.array([[0, 0, 9], [1, 0, 9]], dtype=np.float32)])[0].tolist()
        [1, 2]
        """
        moves, first = moves.copy(), first.copy()
        for column, after in enumerate(tags):
            if after.startswith("I-"):
                first[column] = _IMPOSSIBLE
                moves[[before[1:] != after[1:] for before in tags], column] = _IMPOSSIBLE
        return cls(moves, first)

    def best(self, windows: list[Floats]) -> list[Ints]:
        """The best tag of each word, for windows of shape (words, tags)."""
        scores, lengths = _pad(windows)
        count, longest, tags = scores.shape
        state = scores[:, 0] + self.first
        came_from = np.zeros((longest, count, tags), dtype=np.int64)
        stay = np.arange(tags)
        for at in range(1, longest):
            options = state[:, :, None] + self.moves
            present = (at < lengths)[:, None]
            came_from[at] = np.where(present, options.argmax(axis=1), stay)
            following = options.max(axis=1) + scores[:, at]
            state = np.where(present, following, state)
        path = np.empty((longest, count), dtype=np.int64)
        path[-1] = state.argmax(axis=1)
        rows = np.arange(count)
        for at in range(longest - 1, 0, -1):
            path[at - 1] = came_from[at, rows, path[at]]
        return [path[:length, row] for row, length in enumerate(lengths)]

    def probabilities(self, windows: list[Floats]) -> list[Floats]:
        """The probability of each tag at each word, of shape (words, tags), by the forward-backward algorithm."""
        scores, lengths = _pad(windows)
        longest = scores.shape[1]
        weights = np.exp(scores - scores.max(axis=2, keepdims=True)) + 1e-20
        moves = np.exp(self.moves)
        forward = np.empty_like(weights)
        backward = np.empty_like(weights)
        state = weights[:, 0] * np.exp(self.first)
        forward[:, 0] = state / state.sum(axis=1, keepdims=True)
        for at in range(1, longest):
            state = (forward[:, at - 1] @ moves) * weights[:, at]
            forward[:, at] = state / state.sum(axis=1, keepdims=True)
        backward[:, -1] = 1.0
        turned = np.ascontiguousarray(moves.T)
        for at in range(longest - 1, 0, -1):
            state = (backward[:, at] * weights[:, at]) @ turned
            state /= state.sum(axis=1, keepdims=True)
            backward[:, at - 1] = np.where((at < lengths)[:, None], state, 1.0)
        joint = forward * backward
        joint /= joint.sum(axis=2, keepdims=True)
        return [joint[row, :length].astype(np.float32) for row, length in enumerate(lengths)]


def _pad(windows: list[Floats]) -> tuple[npt.NDArray[np.float64], Ints]:
    lengths = np.array([len(window) for window in windows])
    scores = np.zeros((len(windows), int(lengths.max()), windows[0].shape[1]))
    for row, window in enumerate(windows):
        scores[row, : len(window)] = window
    return scores, lengths
