"""Trains the two regressions that estimate how checkable and how worth checking a sentence is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from annotate.files import atomic_writer
from annotate.preannotate.news.worth import BUCKETS, describe, hash_ngrams
from annotate.training.corpora import read_corpus


def read_sentences(data: Path, split: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Sentences with two labels each, shape (sentences, 2): checkable, worth checking; -1 where it was not judged.

    ClaimBuster's three classes give both; a sentence that is worth checking is checkable; PoliClaim gives the first.
    """
    texts: list[str] = []
    labels: list[tuple[int, int]] = []
    for record in read_corpus(data / f"claims_claimbuster.{split}.jsonl.gz"):
        for sentence in record["sentences"]:
            worthy = int(sentence["label"] == "Yes")
            known = sentence.get("class")
            checkable = 1 if worthy else -1 if known is None else int(known != "NFS")
            texts.append(record["text"][sentence["start"] : sentence["end"]])
            labels.append((checkable, worthy))
    if split == "train":
        for record in read_corpus(data / "claims_policlaim.train.jsonl.gz"):
            for sentence in record["sentences"]:
                texts.append(record["text"][sentence["start"] : sentence["end"]])
                labels.append((int(sentence["label"]), -1))
    return texts, np.array(labels)


def make_matrix(texts: list[str]) -> Any:
    """The sparse matrix of features and n-grams, one row per text."""
    from scipy import sparse

    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        grams = hash_ngrams(text)
        rows += [row] * len(grams)
        columns += grams
        values += [1 / np.sqrt(max(len(grams), 1))] * len(grams)
    ngrams = sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))
    return sparse.hstack([ngrams, sparse.csr_matrix(np.array([describe(text) for text in texts]))]).tocsr()


def train_worth(data: Path, output: Path) -> None:
    """Writes the weights of both heads to `output`, a compressed numpy archive."""
    from sklearn.linear_model import LogisticRegression

    texts, labels = read_sentences(data, "train")
    matrix = make_matrix(texts)
    ngrams, features, bias = [], [], []
    for head in range(labels.shape[1]):
        known = labels[:, head] >= 0
        # Unbalanced on purpose: the probabilities are to stay probabilities on such sentences.
        model = LogisticRegression(C=2.0, max_iter=400).fit(matrix[known], labels[known, head])
        ngrams.append(model.coef_[0, :BUCKETS])
        features.append(model.coef_[0, BUCKETS:])
        bias.append(model.intercept_[0])
    with atomic_writer(output) as file:
        np.savez_compressed(
            file,
            ngrams=np.array(ngrams).astype(np.float16),
            features=np.array(features).astype(np.float32),
            bias=np.array(bias).astype(np.float32),
        )
