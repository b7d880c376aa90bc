"""Quotes by the definition in which figures on PolNeAR are compared: the model card's own, beside `annotate score`.

A predicted quote stands for at most one of gold's, by the assignment with the largest sum of token Jaccard plus one
for each pair of identical contents. Gold's quote is *found* where its partner's Jaccard is 0.5 or more or the content
is identical. *Exact* leaves aside what guidelines and annotators handle in different ways: quotation marks and
punctuation at the edges, then a leading "that". The speaker is *right* where it shares a token with gold's, asked of
the quotes found for which gold has a speaker. Predictions in excluded regions count neither for nor against.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotate.records import Quote, Region, Span
from annotate.score.bootstrap import MIN_DOCUMENTS, Resamples, expanded_interval, rule_of_three
from annotate.score.evaluate import Score
from annotate.score.figures import Once, Ratio, prf
from annotate.score.texts import TOKEN_PATTERN

LEAST_JACCARD = 0.5
TRIALS, SEED = 1000, 0

_TOKEN = re.compile(TOKEN_PATTERN)
_EDGES = frozenset(".,;:!?\"“”'’‘-—–")


@dataclass(frozen=True)
class Outcome:
    """What became of one gold quote; `speaker_right` is None where it was not found or gold has no speaker."""

    found: bool
    exact: bool = False
    speaker_right: bool | None = None


@dataclass(frozen=True)
class MatchedArticle:
    """The outcomes of gold's quotes, in gold's order, and how many predictions stand for none of them."""

    outcomes: list[Outcome]
    spurious: int


def match_quotes(
    text: str, gold: Sequence[Quote], predicted: Sequence[Quote], excluded: Sequence[Region] = ()
) -> MatchedArticle:
    """Gold's quotes and the predicted ones, paired one to one.

    >>> text = 'He said that it rained. She said it was dry.'
    >>> gold = [Quote("indirect", [Span(8, 23)], speaker=Span(0, 2)), Quote("indirect", [Span(33, 44)])]
    >>> found = match_quotes(text, gold, [Quote("indirect", [Span(13, 22)], speaker=Span(24, 27))])
    >>> found.outcomes[0], found.outcomes[1].found, found.spurious
    (Outcome(found=True, exact=True, speaker_right=False), False, 0)
    """
    from scipy.optimize import linear_sum_assignment

    left_out = _tokens(text, excluded)
    predicted = [quote for quote in predicted if not left_out & _tokens(text, quote.content)]
    of_gold = [_tokens(text, quote.content) for quote in gold]
    of_predicted = [_tokens(text, quote.content) for quote in predicted]
    cores = [_core(tokens) for tokens in of_gold], [_core(tokens) for tokens in of_predicted]
    likeness = np.zeros((len(gold), len(predicted)))
    for i, ours in enumerate(of_gold):
        for j, theirs in enumerate(of_predicted):
            if ours & theirs:
                likeness[i, j] = len(ours & theirs) / len(ours | theirs) + (cores[0][i] == cores[1][j])
    outcomes = [Outcome(found=False)] * len(gold)
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    pairs = [pair for pair in zip(rows, columns, strict=True) if likeness[pair] >= LEAST_JACCARD]
    for i, j in pairs:
        outcomes[i] = Outcome(True, cores[0][i] == cores[1][j], _compare_speakers(text, gold[i], predicted[j]))
    return MatchedArticle(outcomes, len(predicted) - len(pairs))


def _tokens(text: str, spans: Sequence[Span] | Sequence[Region]) -> frozenset[tuple[int, str]]:
    """The tokens inside the spans with their offsets; one that an edge cuts through counts with what is inside."""
    return frozenset(
        (match.start(), match.group()) for span in spans for match in _TOKEN.finditer(text, span.start, span.end)
    )


def _core(tokens: frozenset[tuple[int, str]]) -> list[tuple[int, str]]:
    """The tokens in order, without marks at the edges and without a leading "that"."""
    core = sorted(tokens)
    while core and core[0][1] in _EDGES:
        core = core[1:]
    while core and core[-1][1] in _EDGES:
        core = core[:-1]
    return core[1:] if core and core[0][1].lower() == "that" else core


def _compare_speakers(text: str, gold: Quote, predicted: Quote) -> bool | None:
    if gold.speaker is None:
        return None
    return predicted.speaker is not None and bool(_tokens(text, [gold.speaker]) & _tokens(text, [predicted.speaker]))


def score_matched(articles: Sequence[MatchedArticle], kept: Sequence[Sequence[bool]] | None = None) -> dict[str, Score]:
    """`f1:found`, `f1:exact`, `recall:found`, `recall:exact` and `speaker`, with 95 % intervals over articles.

    Args:
        kept: by article, which of gold's quotes to ask about. The others count neither for nor against, and neither
            do the predictions that found them; where a kind of quotes is kept, spurious predictions of every kind
            stay in F1, so that recall is the figure to read.
    """
    rows = np.zeros((len(articles), 6))
    for at, article in enumerate(articles):
        flags = kept[at] if kept is not None else [True] * len(article.outcomes)
        outcomes = [outcome for outcome, flag in zip(article.outcomes, flags, strict=True) if flag]
        found = sum(outcome.found for outcome in outcomes)
        asked = [outcome.speaker_right for outcome in outcomes if outcome.speaker_right is not None]
        exact = sum(outcome.exact for outcome in outcomes)
        rows[at] = len(outcomes), found + article.spurious, found, exact, len(asked), sum(asked)
    gold, predicted, found_by_article, exact_by_article, asked_by_article, right = rows.T.copy()
    n_asked = int(asked_by_article.sum())
    figures = {
        f"{metric}:{match}": figure
        for match, credit in (("found", found_by_article), ("exact", exact_by_article))
        for metric, figure in prf(credit, gold, predicted).items()
        if metric != "precision"
    }
    return add_intervals({**figures, "speaker": Ratio(right, asked_by_article, n_asked, n_asked)}, len(articles))


def add_intervals(figures: Mapping[str, Ratio], n_articles: int) -> dict[str, Score]:
    """Each figure with its interval, as `annotate score` computes it; none below five articles."""
    resamples = None
    if n_articles >= MIN_DOCUMENTS:
        resamples = Resamples(figures.values(), np.arange(n_articles), n_articles, TRIALS, SEED)
    scores = {}
    for name, figure in figures.items():
        value = float(figure.values(Once(n_articles))[0])
        interval = resamples and expanded_interval(figure.values(resamples), n_articles)
        three = rule_of_three(value, figure.n_gold) if interval else None
        low, high = three or interval or (None, None)
        scores[name] = Score(
            None if np.isnan(value) else value, low, high, figure.n_gold, figure.n_pred, three is not None
        )
    return scores
