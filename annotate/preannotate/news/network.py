"""The trained network: the tags that it gives, the best sequence of them, and a text read window by window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.errors import PreannotatorError
from annotate.files import read_text
from annotate.preannotate.news.passage import Ints, Passage, WordPieces, cut_windows
from annotate.text.bio import from_tags

Floats = npt.NDArray[np.float32]

#: OntoNotes' eighteen (Weischedel et al. 2013); the order is part of the weights.
ENTITY_LABELS = (
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE",
    "DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL",
)  # fmt: skip

ENTITY_TAGS = ("O", *(f"{place}-{label}" for label in ENTITY_LABELS for place in "BI"))

ROLE_TAGS = ("O", *(f"{place}-{role}" for role in ("content", "speaker", "cue") for place in "BI"))

CLAIM_TAGS = ("O", "B-claim", "I-claim")

#: In the order of the weights.
CLAIM_KINDS = ("commitment_or_prediction", "position", "causal", "statistic", "other", "event")

#: The outputs with a score per word of the window that the word points to.
POINTERS = ("anchors", "speakers", "claimers")

#: What the network gives for the words of a window, in the order in which it gives it: a score per tag or kind, one
#: score for worth, and the pointers.
OUTPUTS = ("roles", "entities", "claims", "kinds", "worth", *POINTERS)

#: The tags of the sequences among them.
TAGS = {"roles": ROLE_TAGS, "entities": ENTITY_TAGS, "claims": CLAIM_TAGS}

#: What a model folder was written for: another layout of the weights is another network.
LAYOUT = {**TAGS, "kinds": CLAIM_KINDS}

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
        shortest = int(lengths.min())
        state = scores[:, 0] + self.first
        came_from = np.empty((longest, count, tags), dtype=np.int64)
        stay = np.arange(tags)
        for at in range(1, longest):
            options = state[:, :, None] + self.moves
            came_from[at] = options.argmax(axis=1)
            following = options.max(axis=1) + scores[:, at]
            if at < shortest:
                state = following
            else:
                over = at >= lengths
                came_from[at, over] = stay
                state = np.where(over[:, None], state, following)
        path = np.empty((longest, count), dtype=np.int64)
        path[-1] = state.argmax(axis=1)
        rows = np.arange(count)
        for at in range(longest - 1, 0, -1):
            path[at - 1] = came_from[at, rows, path[at]]
        return [path[:length, row] for row, length in enumerate(lengths)]

    def probabilities(self, windows: list[Floats]) -> list[Floats]:
        """The probability of each tag at each word, of shape (words, tags), by the forward-backward algorithm.

        Backward is forward on the turned windows with the turned moves: both run in one loop.
        """
        turned = [window[::-1] for window in windows]
        weights = np.stack([np.exp(_lowered(_pad(side)[0])) + 1e-20 for side in (windows, turned)])
        moves = np.exp(np.stack([self.moves, self.moves.T]).astype(np.float64))
        sums = np.empty_like(weights)
        state = weights[:, :, 0].copy()
        state[0] *= np.exp(self.first)
        sums[:, :, 0] = state
        for at in range(1, weights.shape[2]):
            state = (state @ moves) * weights[:, :, at]
            if at % _STEPS == 0:
                state /= state.sum(axis=2, keepdims=True)
            sums[:, :, at] = state
        found = []
        for row, window in enumerate(windows):
            length = len(window)
            joint = sums[0, row, :length] * sums[1, row, length - 1 :: -1] / weights[0, row, :length]
            found.append((joint / joint.sum(axis=1, keepdims=True)).astype(np.float32))
        return found


#: How many steps a sum goes without being brought back to 1, and stays within what a float can hold.
_STEPS = 4


def _lowered(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The scores of each word with 0 for the best tag."""
    lowered: npt.NDArray[np.float64] = scores - scores.max(axis=2, keepdims=True)
    return lowered


def _pad(windows: list[Floats]) -> tuple[npt.NDArray[np.float64], Ints]:
    lengths = np.array([len(window) for window in windows])
    scores = np.zeros((len(windows), int(lengths.max()), windows[0].shape[1]))
    for row, window in enumerate(windows):
        scores[row, : len(window)] = window
    return scores, lengths


def find_spans(tags: Ints, odds: Floats, names: tuple[str, ...]) -> Iterator[tuple[int, int, str, tuple[float, ...]]]:
    """The spans of a BIO sequence, with log-odds of their start, inside and end."""
    spans, _ = from_tags([names[tag] for tag in tags])
    for first, last, label in spans:
        inside = names.index(f"I-{label}")
        middle = odds[first + 1 : last, inside]
        stop = 1.0 - float(odds[last, inside]) if last < len(tags) else 1.0
        values = (float(odds[first, tags[first]]), float(middle.min()) if len(middle) else 1.0, stop)
        yield first, last, label, tuple(float(np.log(max(value, 1e-6))) for value in values)


@dataclass(frozen=True)
class Reading:
    """The network's answers for one window, the words `[start, stop)` of a passage.

    Best tag and probabilities of the roles, the names and the claims; `kinds` (words, kinds) and `worth` (words,) are
    scores, to be averaged over the words of a claim; so are `claimers` (words, words). `anchors` and `speakers`:
    (words, words), log-probabilities that the row's word points to the column's.
    """

    start: int
    stop: int
    roles: Ints
    role_odds: Floats
    entities: Ints
    entity_odds: Floats
    claims: Ints
    claim_odds: Floats
    kinds: Floats
    worth: Floats
    anchors: Floats
    speakers: Floats
    claimers: Floats


class NewsNetwork:
    """The network of one model folder. `threads` 0 leaves the number of threads to onnxruntime."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        import onnxruntime

        self.folder = folder
        table = json.loads(read_text(folder / "chains.json"))
        if any(tuple(table["layout"][name]) != tags for name, tags in LAYOUT.items()):
            raise PreannotatorError(f"{folder}: written for another version of annotate; train it again")
        self._chains = {
            name: Chain.of(
                TAGS[name], np.array(chain["moves"], dtype=np.float32), np.array(chain["first"], dtype=np.float32)
            )
            for name, chain in table["chains"].items()
        }
        self.wordpieces = WordPieces(read_text(folder / "vocabulary.txt").rstrip("\n").split("\n"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "network.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def read(self, passage: Passage) -> Iterator[Reading]:
        """The readings of the windows of `passage`, in order; windows without a letter or digit are left out.

        Every other word is in exactly one window, however long the text is.
        """
        windows = [(start, stop) for start, stop in cut_windows(passage) if passage.features[start:stop, 0].any()]
        for at in range(0, len(windows), 32):
            yield from self._read_windows(passage, windows[at : at + 32])

    def _read_windows(self, passage: Passage, windows: list[tuple[int, int]]) -> list[Reading]:
        outputs = [self._run(passage, start, stop) for start, stop in windows]
        best = {name: self._chains[name].best([output[name] for output in outputs]) for name in TAGS}
        odds = {name: self._chains[name].probabilities([output[name] for output in outputs]) for name in TAGS}
        return [
            Reading(
                start, stop,
                roles=best["roles"][at], role_odds=odds["roles"][at],
                entities=best["entities"][at], entity_odds=odds["entities"][at],
                claims=best["claims"][at], claim_odds=odds["claims"][at],
                kinds=output["kinds"], worth=output["worth"][:, 0],
                anchors=_log_softmax(output["anchors"]), speakers=_log_softmax(output["speakers"]),
                claimers=output["claimers"],
            )
            for at, ((start, stop), output) in enumerate(zip(windows, outputs, strict=True))
        ]  # fmt: skip

    def _run(self, passage: Passage, start: int, stop: int) -> dict[str, npt.NDArray[Any]]:
        words = passage.pieces[start:stop]
        sizes = np.array([len(word) for word in words])
        flat = [self.wordpieces.first, *(piece for word in words for piece in word), self.wordpieces.last]
        features = np.zeros((len(flat), passage.features.shape[1]), dtype=np.int64)
        features[1:-1] = np.repeat(passage.features[start:stop], sizes, axis=0)
        first = np.cumsum(sizes) - sizes + 1
        outputs = self._session.run(
            list(OUTPUTS),
            {"pieces": np.array(flat, dtype=np.int64), "features": features, "words": first.astype(np.int64)},
        )
        return dict(zip(OUTPUTS, outputs, strict=True))


def _log_softmax(scores: npt.NDArray[Any]) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
