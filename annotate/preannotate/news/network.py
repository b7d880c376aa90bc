"""Runs the trained network on a text, window by window, with onnxruntime."""

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
from annotate.preannotate.news.chain import Chain, Floats, Ints
from annotate.preannotate.news.layout import CUTS, ENTITY_TAGS, ROLE_TAGS, SYNTAX_TAGS
from annotate.preannotate.news.windows import Passage, cut_windows
from annotate.preannotate.news.words import WordPieces

_TAGS = {"roles": ROLE_TAGS, "entities": ENTITY_TAGS, "tags": SYNTAX_TAGS, "cuts": CUTS}


@dataclass(frozen=True)
class Reading:
    """What the network says of one window, the words `[start, stop)` of a passage.

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
