"""Fits the confidence in a span, on articles not trained on, and the kinds of claims, on those trained on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotate.files import read_text, write_text
from annotate.preannotate.news.network import CLAIM_KINDS
from annotate.preannotate.news.pipeline import Findings, NewsPipeline
from annotate.text.tokens import TOKEN
from annotate.training.corpora import ANNOTATED, PLACES, read_claim_articles, read_corpus
from annotate.training.examples import Document
from annotate.training.gazetteers import Gazetteers

#: Development corpora of names, none of which is trained on.
NAME_CORPORA = (
    "gum_names", "gum_news_entities", "uner_pud_entities", "re3d_entities_named", "uner_ewt_entities",
    "wikigold_entities",
)  # fmt: skip
QUOTE_CORPORA = ("polnear_quotes", "gum_news_quotes")
CLAIM_CORPUS = "claims_news"


@dataclass(frozen=True)
class Judged:
    """One predicted span: its features, its kind, whether it is right, and the article that it is from."""

    odds: tuple[float, ...]
    kind: str
    right: bool
    article: str


def judge_names(data: Path, find: Callable[[str], Findings]) -> Iterator[Judged]:
    """Every predicted name of a label that the corpus annotates; right with the same edges and label.

    Places count as one where the corpus does not tell them apart; what overlaps an ignored region is left out.
    """
    for corpus in NAME_CORPORA:
        for record in read_corpus(data / f"{corpus}.dev.jsonl.gz"):
            known = ANNOTATED.get(record["source_corpus"], frozenset({"PERSON", "ORG", *PLACES}))
            merge = corpus != "gum_names"
            gold = {
                (entity["start"], entity["end"], _merged(label, merge))
                for entity in record["entities"]
                for label in (entity["label"], *(entity.get("alt_labels") or ()))
            }
            regions = [(region["start"], region["end"]) for region in record.get("ignore") or ()]
            for name in find(record["text"]).entities:
                if name.label not in known:
                    continue
                right = (name.start, name.end, _merged(name.label, merge)) in gold
                if right or not any(name.start < end and start < name.end for start, end in regions):
                    yield Judged(name.odds, name.label, right, record["id"])


def _merged(label: str, merge: bool) -> str:
    return "LOC" if merge and label in PLACES else label


def judge_quotes(data: Path, find: Callable[[str], Findings]) -> Iterator[Judged]:
    """Every predicted quote; right where a gold quote shares at least half of the words that either has."""
    for corpus in QUOTE_CORPORA:
        for record in read_corpus(data / f"{corpus}.dev.jsonl.gz"):
            text = record["text"]
            gold = [
                _words(text, [(part["start"], part["end"]) for part in quote["content"]]) for quote in record["quotes"]
            ]
            for quote in find(text).quotes:
                words = _words(text, quote.content)
                right = any(_share_half(words, other) for other in gold)
                yield Judged(quote.odds, quote.type, right, record["id"])


def judge_claims(data: Path, find: Callable[[str], Findings]) -> tuple[list[Judged], list[Judged]]:
    """Every predicted claim, twice: whether a reader marked it, and of the marked ones whether it is worth checking.

    Marked is a claim where a reader's claim shares at least half of the words that either has.
    """
    found, worth = [], []
    for record in read_corpus(data / f"{CLAIM_CORPUS}.dev.jsonl.gz"):
        text = record["text"]
        gold = [(_words(text, [(claim["start"], claim["end"])]), claim["check_worthy"]) for claim in record["claims"]]
        for claim in find(text).claims:
            words = _words(text, [(claim.start, claim.end)])
            worthy = next((flag for other, flag in gold if _share_half(words, other)), None)
            found.append(Judged(claim.odds, claim.kind, worthy is not None, record["id"]))
            if worthy is not None:
                worth.append(Judged((claim.worth,), claim.kind, worthy, record["id"]))
    return found, worth


def _share_half(left: set[int], right: set[int]) -> bool:
    """Whether at least half of the words that either has are in both."""
    return len(left & right) >= 0.5 * len(left | right)


def _words(text: str, parts: list[tuple[int, int]]) -> set[int]:
    return {match.start() for start, end in parts for match in TOKEN.finditer(text, start, end)}


def fit(judged: list[Judged]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights for `confidence.json`, and how well they hold: measured over five folds of whole articles."""
    kinds = sorted({one.kind for one in judged})
    matrix = np.array([[*one.odds, *(float(one.kind == kind) for kind in kinds)] for one in judged])
    right = np.array([one.right for one in judged], dtype=float)
    articles = {name: number for number, name in enumerate(dict.fromkeys(one.article for one in judged))}
    folds = np.array([articles[one.article] % 5 for one in judged])
    held_out = np.zeros(len(judged))
    for fold in range(5):
        bias, weights = _regress(matrix[folds != fold], right[folds != fold])
        held_out[folds == fold] = 1 / (1 + np.exp(-(matrix[folds == fold] @ weights + bias)))
    bias, weights = _regress(matrix, right)
    size = len(judged[0].odds)
    table = {
        "weights": [round(float(weight), 4) for weight in weights[:size]],
        "biases": {
            "*": round(float(bias), 4),
            **{kind: round(float(bias + weight), 4) for kind, weight in zip(kinds, weights[size:], strict=True)},
        },
    }
    bins = np.minimum((held_out * 10).astype(int), 9)
    reliability = [
        {"said": _mean(held_out[bins == at]), "right": _mean(right[bins == at]), "n": int((bins == at).sum())}
        for at in range(10)
        if (bins == at).any()
    ]
    error = sum(abs(one["said"] - one["right"]) * one["n"] for one in reliability) / len(judged)
    return table, {
        "n": len(judged),
        "right": round(float(right.mean()), 3),
        "ece": round(error, 4),
        "bins": reliability,
    }


def _mean(values: np.ndarray[Any, Any]) -> float:
    return round(float(values.mean()), 3)


def _regress(matrix: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, max_iter=1000).fit(matrix, right)
    return float(model.intercept_[0]), model.coef_[0]


def fit_kinds(articles: Iterable[Document], find: Callable[[str], Findings]) -> dict[str, Any]:
    """The weights of `Kinds`, fitted on the claims found in `articles` that share half of the words with gold's."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signs, kinds = [], []
    for article in articles:
        gold = [(_words(article.text, [(one.start, one.end)]), one.kinds) for one in article.claims or ()]
        for claim in find(article.text).claims:
            words = _words(article.text, [(claim.start, claim.end)])
            if known := next((odds for other, odds in gold if _share_half(words, other)), None):
                signs.append(claim.signs)
                kinds.append(CLAIM_KINDS[int(np.argmax(known))])
    # Strong regularisation: the network knows these articles better than it knows new ones.
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=3000)).fit(np.array(signs), kinds)
    scaler, regression = model[0], model[-1]
    weights = regression.coef_ / scaler.scale_
    biases = regression.intercept_ - weights @ scaler.mean_
    return {
        "weights": {
            str(kind): [round(float(weight), 4) for weight in row]
            for kind, row in zip(regression.classes_, weights, strict=True)
        },
        "biases": {str(kind): round(float(bias), 4) for kind, bias in zip(regression.classes_, biases, strict=True)},
    }


def calibrate(data: Path, load: Callable[[], NewsPipeline], output: Path) -> dict[str, Any]:
    """Writes `confidence.json` to the folder `output`, which `load` reads; gives the reliability of the confidences.

    Kinds of claims are fitted first, on the articles trained on, since confidences depend on the kind.
    """
    kinds = {"kinds": fit_kinds(read_claim_articles(data, Gazetteers(0)), load().find)}
    file = output / "confidence.json"
    write_text(file, json.dumps(json.loads(read_text(file)) | kinds, indent=1) + "\n")
    fitted = {name: fit(judged) for name, judged in judge_all(data, load().find).items()}
    table = {name: weights for name, (weights, _) in fitted.items()}
    write_text(file, json.dumps(table | kinds, indent=1) + "\n")
    return {name: reliability for name, (_, reliability) in fitted.items()}


def judge_all(data: Path, find: Callable[[str], Findings]) -> dict[str, list[Judged]]:
    """All that is fitted: `names`, `quotes`, `claims`, and the `worth` of claims."""
    claims, worth = judge_claims(data, find)
    return {
        "names": list(judge_names(data, find)),
        "quotes": list(judge_quotes(data, find)),
        "claims": claims,
        "worth": worth,
    }
