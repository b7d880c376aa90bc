"""How checkable and how worth checking a sentence is: two logistic regressions over features and hashed n-grams.

Trained on US political debates and addresses (see MODEL_CARD.md), so its probabilities rank the claims of a news
article; they are not the share of such claims that a fact-checker would pick.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotate.text.english import load_words
from annotate.text.tokens import LETTERS

Floats = npt.NDArray[np.float32]

BUCKETS = 1 << 15

_TOKEN = re.compile(r"[^\W_]+|[%$€£?!]")
_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join(load_words('numbers', 'units'))}|ten|(?:dozen|{'|'.join(load_words('numbers', 'scales'))})s?"
    r"|half|third|quarter|percent|double[ds]?|tripled?)\b",
    re.I,
)
_MEASURES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.I))
    for name, pattern in (
        ("money", r"[$€£]|\b(?:dollars?|euros?|pounds?|taxes|debt|deficit|budget)\b"),
        ("percent", r"%|\bper ?cent"),
        ("year", r"\b(?:19|20)\d\d\b"),
        ("compares", r"\b(?:more|less|fewer|higher|lower|larger|smaller|most|least|than|only|every|never|first)\b"),
        (
            "changes",
            r"\b(?:rose|risen|fell|fallen|increas\w+|decreas\w+|declin\w+|grew|grown|cut|doubled|gained|lost)\b",
        ),
        ("past", r"\b(?:was|were|had|did|has been|have been|voted|passed|signed|killed|spent|created|said|\w{3,}ed)\b"),
        ("future", r"\b(?:will|would|shall|going to|'ll|’ll|plans? to)\b"),
        ("opinion", r"\b(?:think|believe|hope|feel|should|must|want|need|love|proud|maybe|perhaps|great|wonderful)\b"),
        ("speaker", r"\b(?:I|me|my|mine|we|us|our)\b"),
        ("hearer", r"\b(?:you|your)\b"),
        ("thanks", r"\b(?:thank|thanks|please|welcome|good evening|applause|god bless)\b"),
        ("negates", r"\b(?:not|no|n't|n’t|nobody|nothing|none)\b"),
        ("causes", r"\b(?:because|caus\w+|led to|result\w*|due to)\b"),
        ("asks", r"\?\s*[\"”’']?$"),
    )
)

FEATURES = ("words", "short", "numbers", "names", *(name for name, _ in _MEASURES))


def describe(sentence: str) -> list[float]:
    """The features of one sentence or clause, in the order of `FEATURES`; each about in [0, 2].

    >>> dict(zip(FEATURES, describe("We lost 300,000 jobs in 2008.")))["year"]
    1.0
    """
    words = LETTERS.findall(sentence)
    names = sum(word[0].isupper() for word in words[1:])
    return [
        min(len(words), 40) / 20,
        float(len(words) < 6),
        min(len(_NUMBER.findall(sentence)), 6) / 3,
        min(names, 6) / 3,
        *(float(bool(pattern.search(sentence))) for _, pattern in _MEASURES),
    ]


def hash_ngrams(sentence: str) -> list[int]:
    """The buckets of the words and word pairs of `sentence`, each once; digits read as 0."""
    tokens = [re.sub(r"\d", "0", token.lower()) for token in _TOKEN.findall(sentence)]
    pairs = [f"{left} {right}" for left, right in zip(["^", *tokens], [*tokens, "$"], strict=True)]
    return sorted({zlib.crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS for gram in [*tokens, *pairs]})


class WorthModel:
    """The trained weights; each head gives a probability for each sentence."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as weights:
            self._ngrams: Floats = weights["ngrams"].astype(np.float32)
            self._features: Floats = weights["features"].astype(np.float32)
            self._bias: Floats = weights["bias"].astype(np.float32)

    def __call__(self, sentences: Sequence[str]) -> Floats:
        """Shape (sentences, 2): the probability of being checkable, and of being worth checking."""
        scores = np.zeros((len(sentences), 2), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            grams = hash_ngrams(sentence)
            ngrams = self._ngrams[:, grams].sum(axis=1) / np.sqrt(max(len(grams), 1))
            scores[row] = ngrams + self._features @ np.array(describe(sentence), dtype=np.float32) + self._bias
        odds: Floats = (1 / (1 + np.exp(-scores))).astype(np.float32)
        return odds
