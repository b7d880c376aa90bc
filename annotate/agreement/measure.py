"""How far annotators agree: scores against each other, chance-corrected coefficients, and what they disagree about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from annotate.agreement.matched import (
    Compared,
    align_articles,
    count_outcomes,
    measure_alpha,
    measure_alpha_u,
    measure_kappa,
)
from annotate.agreement.patterns import Pattern, find_patterns
from annotate.agreement.scores import Interval, score_pairs
from annotate.agreement.versions import group_submitted
from annotate.display import Displayed
from annotate.errors import RecordError
from annotate.items import ATTRIBUTES
from annotate.jsonl import RecordSource
from annotate.label_map import LabelMap, Relabelling, find_unused
from annotate.printing import format_count, format_value, short_repr
from annotate.records import Annotation
from annotate.schema import Schema, load_schema
from annotate.score.measures import HEADLINES
from annotate.score.options import Weighting
from annotate.score.resampling import MIN_ARTICLES, Reweighted, reweigh
from annotate.score.sample import Sample, make_sample
from annotate.selected import find_selected

PATTERNS = 25


class Figure(msgspec.Struct, kw_only=True):
    """One coefficient: null where undefined; `low` and `high` are its 95 % interval over articles; `n` the items."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class PairAgreement(msgspec.Struct, kw_only=True):
    """Two annotators: the articles that both annotated, and their values by measure."""

    annotators: tuple[str, str]
    articles: int
    measures: dict[str, float | None]


class Agreement(Displayed, msgspec.Struct, kw_only=True):
    """How far annotators agree.

    `articles` were annotated by two annotators or more, `single` by one. `measures` are named
    metric:match:layer[/label]: those of the scorer, and kappa, alpha (nominal) and alpha_u (unitising). `outcomes` has
    per layer how positions came out, boundaries and attributes apart; `patterns` the costliest disagreements; `map`
    what labels were compared as, where it was chosen.
    """

    annotators: dict[str, int]
    articles: int
    single: int
    measures: dict[str, Figure] = {}
    pairs: list[PairAgreement] = []
    outcomes: dict[str, dict[str, Any]] = {}
    patterns: list[Pattern] = []
    remarks: list[str] = []
    trials: int = 0
    seed: int = 0
    map: dict[str, Any] | None = None

    def __repr__(self) -> str:
        values = (f"{name} {format_value(self.measures[name].value)}" for name in HEADLINES if name in self.measures)
        return short_repr(self, format_count(self.articles, "article"), *values)

    @property
    def ceiling(self) -> dict[str, float]:
        """What annotators reach against each other, by the scorer's measure names; undefined ones left out."""
        return {
            name: figure.value
            for name, figure in self.measures.items()
            if figure.value is not None
            and (name.startswith(("f1:", "macro-f1:", "accuracy:")) or name in _SCORED_KAPPAS)
        }

    def to_dict(self) -> dict[str, Any]:
        """The agreement as JSON values, the ceiling included."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        if self.map is None:
            del found["map"]
        return found | {"ceiling": self.ceiling}


_SCORED_KAPPAS = ("kappa:kind:claims", "kappa:check-worthy:claims")


def agree(
    annotations: RecordSource[Annotation],
    *,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    trials: int = 1000,
    label_map: LabelMap | None = None,
    weights: Weighting | None = None,
) -> Agreement:
    """How far the annotators agree on the articles that two or more of them annotated.

    Args:
        annotations: a JSON Lines file as `pull` writes it, or the records; with their text. Skipped ones and drafts
            are left out.
        schema: declares the labels; the packaged `news` if not given.
        trials: resamples of articles for the intervals; 0 = none. Below five articles there is none either.
        label_map: what the labels of all annotators read as; None = they are compared as they are.
        weights: `gold`: articles count as `meta.selection` has it; `none`: all alike; None = `gold` where every article
            has it.

    >>> from annotate.records import Entity
    >>> rome, oslo = Entity(0, 4, "GPE"), Entity(9, 13, "GPE")
    >>> a = Annotation(id="a1", text="Rome and Oslo", annotator="a", entities=[rome])
    >>> b = Annotation(id="a1", text="Rome and Oslo", annotator="b", entities=[rome, oslo])
    >>> agreement = agree([a, b])
    >>> round(agreement.ceiling["f1:strict:entities"], 3), agreement.outcomes["entities"]["alone"]
    (0.667, 1)

    Raises:
        RecordError: annotations without text, on different texts, or twice by one annotator.
        ScoreError: labels that the schema does not declare.
    """
    mapping = Relabelling(label_map, "annotations")
    articles = {article: list(mapping.records(versions)) for article, versions in group_submitted(annotations).items()}
    people = Counter(version.annotator for versions in articles.values() for version in versions)
    shared = {article: articles[article] for article in sorted(articles) if len(articles[article]) > 1}
    agreement = Agreement(
        annotators=dict(sorted(people.items())),
        articles=len(shared),
        single=len(articles) - len(shared),
        trials=trials,
        seed=seed,
        map=None if label_map is None else label_map.to_dict(),
    )
    unused = find_unused([mapping])
    agreement.remarks += [found for found in (mapping.describe(), unused) if found is not None]
    if not shared:
        agreement.remarks.append("no article was annotated by two annotators, so there is no agreement to measure")
        return agreement
    sample = _choose_sample(shared, weights)
    rows = reweigh(len(shared), trials, seed, sample)
    if sample is not None:
        effective = f"as precise as {sample.effective:.1f} of equal weight"
        agreement.remarks.append(
            f"weighted by how they were selected: {format_count(agreement.articles, 'article')}, {effective}"
        )
    aligned, compared = align_articles(shared)
    _add_scores(agreement, shared, mapping.schema(load_schema(schema)), rows, compared)
    for layer in dict.fromkeys(found.layer for found in compared):
        here = [found for found in compared if found.layer == layer]
        together = [found for found in aligned if found.layer == layer]
        agreement.outcomes[layer] = count_outcomes(here)
        for field in ATTRIBUTES[layer]:
            name = field.replace("_", "-")
            _add(agreement, f"kappa:{name}:{layer}", measure_kappa(here, field, rows))
            _add(agreement, f"alpha:{name}:{layer}", measure_alpha(together, field, rows))
        for label, found_ in measure_alpha_u(shared, layer, rows).items():
            _add(agreement, f"alpha_u:extent:{layer}" + (f"/{label}" if label else ""), found_)
    agreement.patterns = find_patterns(compared)[:PATTERNS]
    _add_remarks(agreement)
    return agreement


def _choose_sample(shared: Mapping[str, Sequence[Annotation]], weights: Weighting | None) -> Sample | None:
    """How the articles weigh, by the probabilities with which they were selected; None where all are alike.

    Raises:
        RecordError: weights are asked for, and some article was not selected with a probability.
    """
    if weights == "none":
        return None
    found = {article: find_selected(versions[0]) for article, versions in shared.items()}
    broken = [f"{article}: {problem}" for article, (_, problem) in found.items() if problem is not None]
    missing = [article for article, (how, _) in found.items() if how is None]
    if weights == "gold" and missing:
        broken += [f"{article}: no meta.selection, so no weight; use --weights none" for article in missing]
    if broken:
        raise RecordError(broken)
    how = [selected for selected, _ in found.values()]
    return make_sample([one.weight if one else None for one in how], how)


def _add_scores(
    agreement: Agreement,
    shared: Mapping[str, Sequence[Annotation]],
    schema: Schema,
    rows: Reweighted,
    compared: Sequence[Compared],
) -> None:
    scores = score_pairs(shared, schema, rows)
    for name, found in scores.pooled.items():
        _add(agreement, name, found)
    for pair, values in scores.by_pair.items():
        articles = {found.article for found in compared if found.pair == pair}
        agreement.pairs.append(PairAgreement(annotators=pair, articles=len(articles), measures=values))


def _add(agreement: Agreement, name: str, found: tuple[Interval, int]) -> None:
    (value, low, high), n = found
    agreement.measures[name] = Figure(value=value, low=low, high=high, n=n)


def _add_remarks(agreement: Agreement) -> None:
    if agreement.trials and agreement.articles < MIN_ARTICLES:
        agreement.remarks.append(
            f"{format_count(agreement.articles, 'article')} with two annotators; no interval below {MIN_ARTICLES}"
        )
    if agreement.single:
        agreement.remarks.append(f"{format_count(agreement.single, 'article')} with one annotator left out")
