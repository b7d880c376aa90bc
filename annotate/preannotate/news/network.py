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

#: Parts of speech, as coarse as the splitting of claims needs them.
SYNTAX_TAGS = (
    "noun", "name", "pronoun", "past", "present", "base", "modal", "gerund", "participle", "adjective", "adverb",
    "preposition", "determiner", "conjunction", "wh", "number", "to", "other",
)  # fmt: skip

#: What begins at a word: nothing, a sentence, a clause with its own subject and verb.
CUTS = ("none", "sentence", "clause")

_TAGS = {"roles": ROLE_TAGS, "entities": ENTITY_TAGS, "tags": SYNTAX_TAGS, "cuts": CUTS}

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

    Best tag and probabilities of the roles and the names; `syntax` and `cuts`: the best answer of each word;
    `anchors` and `speakers`: (words, words), log-probabilities that the row's word points to the column's.
    """

    start: int
    stop: int
    roles: Ints
    role_odds: Floats
    entities: Ints
    entity_odds: Floats
    syntax: Ints
    cuts: Ints
    anchors: Floats
    speakers: Floats


class NewsNetwork:
    """The network of one model folder. `threads` 0 leaves the number of threads to onnxruntime."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        import onnxruntime

        self.folder = folder
        table = json.loads(read_text(folder / "chains.json"))
        if any(tuple(table["layout"][name]) != tags for name, tags in _TAGS.items()):
            raise PreannotatorError(f"{folder}: written for another version of annotate; train it again")
        self._chains = {
            name: Chain.of(
                _TAGS[name], np.array(chain["moves"], dtype=np.float32), np.array(chain["first"], dtype=np.float32)
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
        roles, entities = ([output[at] for output in outputs] for at in (0, 1))
        role_chain, entity_chain = self._chains["roles"], self._chains["entities"]
        decoded = zip(
            role_chain.best(roles), role_chain.probabilities(roles),
            entity_chain.best(entities), entity_chain.probabilities(entities), strict=True,
        )  # fmt: skip
        return [
            Reading(
                start, stop, *best, syntax=output[2].argmax(axis=1), cuts=output[3].argmax(axis=1),
                anchors=_log_softmax(output[4]), speakers=_log_softmax(output[5]),
            )
            for (start, stop), output, best in zip(windows, outputs, decoded, strict=True)
        ]  # fmt: skip

    def _run(self, passage: Passage, start: int, stop: int) -> list[npt.NDArray[Any]]:
        words = passage.pieces[start:stop]
        sizes = np.array([len(word) for word in words])
        flat = [self.wordpieces.first, *(piece for word in words for piece in word), self.wordpieces.last]
        features = np.zeros((len(flat), passage.features.shape[1]), dtype=np.int64)
        features[1:-1] = np.repeat(passage.features[start:stop], sizes, axis=0)
        first = np.cumsum(sizes) - sizes + 1
        outputs: list[npt.NDArray[Any]] = self._session.run(
            None, {"pieces": np.array(flat, dtype=np.int64), "features": features, "words": first.astype(np.int64)}
        )
        return outputs


def _log_softmax(scores: npt.NDArray[Any]) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
