"""The command `select`: a batch of articles out of a pool, with the plan that says what it will cost and show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from annotate.errors import AnnotateError
from annotate.ingest import Articles, ColumnMap, read_articles
from annotate.jsonl import RecordSource, write_records
from annotate.locks import lock_output
from annotate.printing import Block, Table, format_count
from annotate.records import Annotation, Article, Prediction
from annotate.score.distributions import t_quantile
from annotate.score.resampling import MIN_ARTICLES
from annotate.score.sample import effective_size
from annotate.selected import KEY, Order, Selected
from annotate.selection.chances import Predicted, diverse_sizes, read_predicted, uncertain_sizes
from annotate.selection.exclusion import read_excluded
from annotate.selection.plan import Target, find_pace, read_target
from annotate.selection.pool import OTHER, Excluded, Pool, read_pool
from annotate.selection.sampling import (
    LEAST,
    Draw,
    Numbers,
    Reals,
    award_seats,
    choose_members,
    draw,
    join_strata,
    random_numbers,
)

Shares: TypeAlias = Literal["proportional", "equal"]

#: With proportional shares, strata with less than this share of the articles are put together.
LEAST_SHARE = 0.02
#: Where a batch is as precise as this share of it, a remark says what to do about it.
WASTEFUL = 0.75


@dataclass(frozen=True)
class StratumPlan:
    """One stratum: its articles in the pool, the stories that can be drawn, and the articles of the batch."""

    name: str
    articles: int
    stories: int
    selected: int


@dataclass(frozen=True)
class Expected:
    """How exactly something will be known: its value (by the predictions, or the worst case) and half the interval."""

    what: str
    value: float
    half_width: float


@dataclass(frozen=True)
class SelectionPlan:
    """What a batch will cost and show, before anybody annotates it.

    `pool` articles are left after `excluded` (themselves excluded, or of an excluded one's story); they tell `stories`
    stories, the largest in `largest_story` articles. `effective` is the size of an equally weighted sample that would
    be as precise. `hours` is for one annotator, None without earlier annotations.
    """

    pool: int
    excluded: tuple[int, int]
    stories: int
    largest_story: int
    strata: list[StratumPlan]
    articles: int
    words: int
    effective: float
    hours: float | None
    expected: list[Expected]
    sha256: str


@dataclass
class Selection:
    """A batch: its articles, each with `meta.selection`, in the order in which a growing batch takes them; its plan."""

    plan: SelectionPlan
    articles: list[Article] = field(repr=False)


def select(
    sources: Sequence[str] | Articles,
    output: str | Path | None = None,
    *,
    n: int | None = None,
    plan: str | Path | None = None,
    by: Sequence[str] = (),
    shares: Shares = "proportional",
    predictions: str | Path | Iterable[Prediction] | None = None,
    order: Order = "random",
    chance: float = 0.5,
    exclude: Sequence[str] | Excluded = (),
    per_story: int = 1,
    seed: int = 0,
    effort: RecordSource[Annotation] | None = None,
    normalize: bool = False,
    columns: ColumnMap | None = None,
    url: str | None = None,
    api_key: str | None = None,
    report: Callable[[SelectionPlan], object] | None = None,
) -> Selection:
    """Choose n articles out of a pool so that what is annotated speaks for all of it.

    The same pool, options and seed give the same batch, in any order of the sources; a larger n contains the smaller,
    and the batch is in that order: whoever stops after m articles has annotated the batch of size m. Every article of
    the pool has a known probability above 0, noted in `meta.selection`.

    Args:
        sources: as for `read_articles`, or what it returned.
        output: where the batch goes as JSON Lines (`-` = standard output); None writes nothing.
        n: how many articles; or else `plan`.
        plan: what `annotate.plan` wrote: how many articles of each stratum, and the options of the batch that this one
            contains; they count instead of those given here.
        by: fields that make strata: publisher, month, year, date, or keys of `meta`. Each stratum gets two
            articles or more.
        shares: of the strata: `proportional` to their articles (those below 2 % are put together as `other`), or
            `equal`.
        predictions: of every article of the pool; for `uncertain`, and for what the plan expects.
        order: `random`: all articles alike. `uncertain`: likelier where the predictions are unsure. `diverse`:
            likelier where few articles are of the same kind.
        chance: the share of chance in the mixture with uncertainty or diversity, above 0.
        exclude: JSON Lines files, releases, or titles of Label Studio projects whose articles, with all of their
            stories, are left out; the batch speaks for the rest.
        per_story: the most articles of one story; which member is taken is left to chance; 0 = any number.
        seed: of all that is left to chance.
        effort: annotations of earlier rounds, for the hours that the plan expects.
        normalize, columns: of the sources, see `annotate.read_articles`.
        report: called with the plan before the batch is written.

    >>> articles = read_articles(["seeds"])
    >>> batch = select(articles, n=2, per_story=0)
    >>> [article.meta["selection"]["probability"] for article in batch.articles], batch.plan.pool
    ([0.4, 0.4], 5)
    >>> {article.id for article in batch.articles} <= {one.id for one in select(articles, n=3, per_story=0).articles}
    True

    Raises:
        SourceError: the sources have problems, or fields of `by` that no article has.
        RecordError: files of predictions, annotations or excluded records have problems.
        AnnotateError: options that do not fit each other or the pool, or a file that cannot be written.
    """
    target = None if plan is None else read_target(Path(plan))
    if (n is None) == (target is None):
        raise AnnotateError("select needs one of: -n N, --plan PLAN.json")
    if target is not None:
        by, shares, order, chance = target.by, target.shares, target.order, target.chance
        per_story, seed = target.per_story, target.seed
        n = sum(target.strata.values())
    if n is None or n < 1:
        raise AnnotateError(f"-n {n}: expected 1 or more")
    if not 0 < chance <= 1:
        raise AnnotateError(f"--chance {chance}: expected more than 0, so that every article has one, and at most 1")
    if order == "uncertain" and predictions is None:
        raise AnnotateError("--order uncertain needs --predictions P.jsonl, made of the pool by annotate preannotate")
    pace = None if effort is None else find_pace(effort)
    excluded = exclude if isinstance(exclude, Excluded) else read_excluded(exclude, url=url, api_key=api_key)
    articles = (
        sources if isinstance(sources, Articles) else read_articles(sources, normalize=normalize, columns=columns)
    )
    pool = read_pool(articles, by=by, excluded=excluded)
    predicted = None if predictions is None else read_predicted(predictions, pool)
    strata, stratum = pool.name_strata(LEAST_SHARE if shares == "proportional" else 0)
    if per_story:
        stratum = join_strata(stratum, pool.story)
    counts = np.bincount(stratum, minlength=len(strata))
    size = _find_sizes(pool, order, chance, predicted)
    units = choose_members(random_numbers(pool.iter_ids(), seed), pool.story, size, stratum, per_story=per_story)
    room = np.bincount(units.stratum, minlength=len(strata))
    if target is None:
        _check_size(n, len(units.article), strata, by)
        sizes = counts.tolist() if shares == "proportional" else [1.0] * len(strata)
        seats = award_seats(sizes, room.tolist(), n)
    else:
        wanted = _check_target(target, pool, strata, room.tolist())
        seats = award_seats(wanted, wanted, n)
    drawn = draw(units, seats, len(strata))
    expected = SelectionPlan(
        pool=len(pool),
        excluded=pool.left_out,
        stories=int(pool.story.max()) + 1,
        largest_story=int(np.bincount(pool.story).max()),
        strata=[
            StratumPlan(name, int(counts[i]), int(room[i]), int((stratum[drawn.taken] == i).sum()))
            for i, name in enumerate(strata)
        ],
        articles=n,
        words=int(pool.words[drawn.taken].sum()),
        effective=effective_size(1 / drawn.probability),
        hours=None if pace is None else float(pool.words[drawn.taken].sum()) / 100 * pace / 3600,
        expected=list(_expect(drawn, len(strata), predicted)),
        sha256=pool.sha256,
    )
    if report is not None:
        report(expected)
    about = {
        "pool": len(pool),
        "pool_sha256": pool.sha256,
        "seed": seed,
        "n": n,
        "order": order,
        "chance": 1.0 if order == "random" else chance,
        "by": list(by),
        "shares": shares,
        "per_story": per_story,
        "drawn": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    batch = list(_take(pool, drawn, strata, stratum, room, about))
    if output is not None:
        with lock_output(Path(output)):
            write_records(output, batch)
    return Selection(expected, batch)


def _find_sizes(pool: Pool, order: Order, chance: float, predicted: Predicted | None) -> Reals:
    if order == "uncertain" and predicted is not None:
        return uncertain_sizes(predicted.spread, chance)
    return diverse_sizes(pool.names, chance) if order == "diverse" else np.ones(len(pool))


def _check_size(n: int, units: int, strata: Sequence[str], by: Sequence[str]) -> None:
    if n > units:
        raise AnnotateError(
            f"-n {n}: the pool has only {format_count(units, 'article')} to choose from, counting stories once"
        )
    if len(strata) > 1 and n < LEAST * len(strata):
        raise AnnotateError(
            f"-n {n}: --by {','.join(by)} makes {len(strata)} strata, and each needs {LEAST} articles, so "
            f"that intervals can be given; choose {LEAST * len(strata)} or more, or coarser fields"
        )


def _check_target(target: Target, pool: Pool, strata: Sequence[str], room: Sequence[int]) -> list[int]:
    """How many articles of each stratum the plan wants.

    Raises:
        AnnotateError: it is the plan of another pool, or wants more of a stratum than can be drawn.
    """
    if target.pool_sha256 != pool.sha256:
        raise AnnotateError(
            f"--plan: made for the pool with sha256 {target.pool_sha256[:12]}, but this one has {pool.sha256[:12]}; "
            "give the same SOURCES and --exclude as for the batch that is annotated"
        )
    problems = [
        f"--plan: {format_count(target.strata[name], 'article')} of stratum {name}; the pool has {have} to draw from; "
        "plan again with a wider --width"
        for name, have in zip(strata, room, strict=True)
        if target.strata.get(name, 0) > have
    ]
    problems += [f"--plan: no stratum {name} in the pool" for name in target.strata if name not in strata]
    if problems:
        raise AnnotateError("\n".join(problems))
    return [target.strata.get(name, min(LEAST, have)) for name, have in zip(strata, room, strict=True)]


def _take(
    pool: Pool, drawn: Draw, strata: Sequence[str], stratum: Numbers, room: Numbers, about: Mapping[str, Any]
) -> Iterator[Article]:
    counts, members = np.bincount(stratum), np.bincount(pool.story)
    for number, probability in zip(drawn.taken.tolist(), drawn.probability.tolist(), strict=True):
        article = pool[number]
        noted = Selected(
            probability=probability,
            stratum=strata[stratum[number]],
            articles=int(counts[stratum[number]]),
            story=int(members[pool.story[number]]),
            units=int(room[stratum[number]]),
            **about,
        )
        yield msgspec.structs.replace(article, meta={**article.meta, KEY: msgspec.to_builtins(noted)})


def _expect(drawn: Draw, strata: int, predicted: Predicted | None) -> Iterator[Expected]:
    """How wide intervals will be: of a share of articles in the worst case, and of items by the predictions.

    The share's is Wilson's (1927), which stays within 0 and 1 with few articles too.
    """
    freedom = len(drawn.taken) - strata
    if freedom < 1 or len(drawn.taken) < MIN_ARTICLES:
        return
    left = math.sqrt(max(0.0, 1 - float(drawn.probability.mean())) / effective_size(1 / drawn.probability))
    reach = t_quantile(0.975, freedom) * left
    yield Expected("a share of articles, if it is one half", 0.5, 0.5 * reach / math.hypot(1, reach))
    for layer, items in (predicted.items if predicted is not None else {}).items():
        yield Expected(f"{layer} in an article, as predicted", float(items.mean()), float(items.std()) * reach)


def describe_plan(plan: SelectionPlan) -> Iterator[Block]:
    """The plan as lines and tables for reading."""
    left = format_count(plan.excluded[0], "article")
    others = f", {plan.excluded[1]:,} more for their stories" if plan.excluded[1] else ""
    yield f"pool: {format_count(plan.pool, 'article')} (sha256 {plan.sha256[:12]}), {left} left out{others}"
    largest = format_count(plan.largest_story, "article")
    yield f"{format_count(plan.stories, 'story')}, the largest of {largest}; members are taken by chance"
    rows = [
        [stratum.name, f"{stratum.articles:,}", f"{stratum.stories:,}", f"{stratum.selected:,}"]
        for stratum in plan.strata
    ]
    yield Table("Strata", ("stratum", "articles", "to draw from", "selected"), rows)
    if any(stratum.name.split(" / ")[-1] == OTHER for stratum in plan.strata):
        yield f"{OTHER}: what would be strata of less than {LEAST_SHARE:.0%} of the pool, put together"
    hours = "hours unknown (--effort A.jsonl)"
    if plan.hours is not None:
        hours = f"about {plan.hours:,.1f} hours for one annotator"
    yield f"batch: {format_count(plan.articles, 'article')}, {plan.words:,} words, {hours}"
    yield f"as precise as {plan.effective:,.1f} articles of equal weight"
    at_least = sum(stratum.selected <= LEAST for stratum in plan.strata)
    if 2 * at_least > len(plan.strata) > 1 and plan.effective < WASTEFUL * plan.articles:
        yield f"most strata have the least of {LEAST} articles: more articles, or coarser --by, would be more precise"
    if plan.expected:
        rows = [[found.what, f"{found.value:,.2f}", f"± {found.half_width:,.3f}"] for found in plan.expected]
        yield Table("Expected 95 % intervals", ("of", "value", "half width"), rows)
    else:
        yield f"too few for 95 % intervals: {MIN_ARTICLES} articles or more are needed, and more than one in a stratum"
