"""The command `plan`: how many more articles, of which strata, until an interval is narrow enough, and how many hours.

The variance of a value with n articles of N in each stratum is the sum of W^2 S^2 (1 / n - 1 / N): W is the stratum's
share of the pool, S the spread of the articles' influence on the value within it, by the jackknife (Wolter 2007).
Articles are added one by one where they take most off it for the words that they cost: W^2 S^2 / (n (n + 1)) / words,
which is the best allocation in whole numbers (Wright 2012; Neyman's in the limit). What is annotated already stays, so
the batch of the answer contains it.
"""

from __future__ import annotations

import bisect
import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from annotate.errors import AnnotateError, ScoreError
from annotate.files import read_text, write_text
from annotate.gold.manifest import read_manifest
from annotate.harness.sources import GoldSource, open_gold, open_predictions
from annotate.jsonl import RecordSource
from annotate.printing import Block, Table, format_count, format_value
from annotate.records import Annotation
from annotate.score.compare import count_systems
from annotate.score.distributions import t_quantile
from annotate.score.formulas import Formula, Once
from annotate.score.measures import HEADLINES, Measure
from annotate.score.options import ScoreOptions
from annotate.score.problems import Problems
from annotate.score.resampling import CONFIDENCE, MIN_ARTICLES, jackknife
from annotate.score.sample import Sample, make_sample, weigh
from annotate.score.significance import LEVEL, POWER
from annotate.score.tables import read_gold, read_system
from annotate.score.weights import choose_sample
from annotate.selected import Order, Selected
from annotate.selection.sampling import Reals

#: degrees of freedom that the spread of all strata together is worth in a stratum's own
PRIOR = 4
#: More articles than this are never planned where the pool's size is unknown.
MOST = 1_000_000


class Target(msgspec.Struct, kw_only=True):
    """What `select --plan` takes: the articles of each stratum, and the options of the batch that they go on with."""

    strata: dict[str, int]
    pool_sha256: str
    by: list[str] = []
    shares: Literal["proportional", "equal"] = "proportional"
    order: Order = "random"
    chance: float = 0.5
    per_story: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Stratum:
    """One stratum: its share of the pool, the articles that are annotated, how many more, and the spread in it."""

    name: str
    share: float
    spread: float
    annotated: int
    more: int


@dataclass
class Plan:
    """How many `more` articles a goal takes; None where the pool has not enough, or it is never reached.

    `now` is the width of the 95 % interval with what is annotated (in a comparison without `width`, the difference that
    would be detected in four of five cases), `goal` what it is to become. `hours` is for one annotator; None where no
    time is on record. `target` is for `select --plan`, None where gold does not say how it was selected.
    """

    measure: str
    value: float
    articles: int
    now: float
    goal: float
    more: int | None
    hours: float | None
    strata: list[Stratum] = field(default_factory=list)
    target: Target | None = None
    compared: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON holds it."""
        return {**asdict(self), "target": msgspec.to_builtins(self.target)}


def plan(
    gold: str | Path,
    predictions: str | Path | None = None,
    *,
    compare: tuple[str | Path, str | Path] | None = None,
    width: float | None = None,
    measure: str | None = None,
    effort: RecordSource[Annotation] | None = None,
    output: str | Path | None = None,
    schema: str | Path | None = None,
) -> Plan:
    """How many more articles until an interval is so wide, or until two systems can be told apart; and the hours.

    Args:
        gold: as for `score`; a release knows how long its annotators took.
        predictions: of one system, on gold's articles: the interval of its value is to become `width` wide.
        compare: of two systems: the difference that is observed is to be shown in four of five cases at 5 %; with
            `width`, its interval is to become so wide.
        measure: of which value; None = the first headline measure that is scored.
        effort: annotations, for the time that 100 words take; None = as the release has it.
        output: where what `select --plan` takes goes; None writes nothing.

    Raises:
        ScoreError: problems on either side, or fewer than five articles.
        AnnotateError: options that do not go together, or a file that cannot be written.
    """
    if (predictions is None) == (compare is None):
        raise AnnotateError("plan needs one of: --predictions P with --width W, --compare P1 P2")
    if compare is None and width is None:
        raise AnnotateError("--predictions needs --width W: how wide the interval is to be, such as 0.04")
    if width is not None and not width > 0:
        raise AnnotateError(f"--width {width}: expected more than 0")
    problems = Problems()
    source = open_gold(gold, problems, schema=schema)
    influence = _measure(source, [predictions] if compare is None else list(compare), measure, problems)
    goal = influence.value if width is None else width
    found = _find_articles(influence, abs(goal), detect=width is None)
    annotated = len(influence.words)
    pace = _find_pace(gold, effort, float(influence.words.mean()))
    more = None if found is None else sum(found) - annotated
    added = [0] * len(influence.names) if found is None else [a - b for a, b in zip(found, influence.have, strict=True)]
    words = sum(n * float(size) for n, size in zip(added, influence.cost, strict=True))
    result = Plan(
        measure=influence.measure,
        value=influence.value,
        articles=annotated,
        now=_reach(influence, influence.have, detect=width is None),
        goal=abs(goal),
        more=more,
        hours=None if pace is None or more is None else words / 100 * pace / 3600,
        strata=[
            Stratum(*row)
            for row in zip(
                influence.names,
                influence.share.tolist(),
                influence.spread.tolist(),
                influence.have,
                added,
                strict=True,
            )
        ],
        target=None if found is None else _to_target(influence, found),
        compared=compare is not None,
    )
    if output is not None:
        if result.target is None:
            raise AnnotateError(
                f"{gold}: nothing to write for select --plan: "
                + ("the pool has not enough articles" if found is None else "gold has no meta.selection of one batch")
            )
        write_text(Path(output), msgspec.json.format(msgspec.json.encode(result.target), indent=1).decode() + "\n")
    return result


def read_target(path: Path) -> Target:
    """What `plan` wrote for `select`.

    Raises:
        AnnotateError: the file cannot be read, or is not that.
    """
    try:
        return msgspec.json.decode(read_text(path), type=Target)
    except msgspec.MsgspecError as error:
        raise AnnotateError(f"{path}: not what annotate plan -o writes ({error})") from error


@dataclass(frozen=True)
class _Influence:
    """What each stratum adds to the variance of a value; lists have one entry a stratum."""

    measure: str
    value: float
    names: list[str]
    share: Reals
    spread: Reals
    have: list[int]
    size: list[int | None]
    room: list[int | None]
    cost: Reals
    words: Reals
    selected: Sequence[Selected | None]


def _measure(
    source: GoldSource, paths: Sequence[str | Path | None], name: str | None, problems: Problems
) -> _Influence:
    records = list(source.records)
    table = read_gold(records, source.schema, problems)
    systems = {}
    for path in paths:
        found, _ = open_predictions(Path(path or "-"), problems, schema=source.schema)
        systems[str(path)] = read_system(found, table, problems, side=str(path), extra="ignore")
    by_system, _ = count_systems(table, systems, problems, ScoreOptions())
    counted = [by_system[str(path)] for path in paths]
    shared = set.intersection(*({*found} for found in counted))
    headlines = (measure for measure in map(Measure.parse, HEADLINES) if measure.layer in shared)
    wanted = Measure.parse(name) if name else next(headlines, None)
    if wanted is None or not all(wanted.layer in here and wanted in here[wanted.layer].formulas for here in counted):
        raise ScoreError([f"{name or 'no headline measure'} cannot be computed on this gold and these predictions"])
    articles = counted[0][wanted.layer].articles
    if len(articles) < MIN_ARTICLES:
        raise ScoreError(
            [f"{format_count(len(articles), 'article')}; planning needs {MIN_ARTICLES} or more that are annotated"]
        )
    sample = choose_sample(table, ScoreOptions()) or _alike(table.size)
    part = sample.take(articles)
    weights = np.zeros(table.size)
    weights[articles] = part.weights
    formulas: list[Formula] = [weigh(found[wanted.layer].formulas[wanted], weights) for found in counted]
    once = Once(table.size)
    values = [float(formula.values(once)[0]) for formula in formulas]
    without = jackknife(formulas, articles, table.size)
    value = values[0] if len(values) == 1 else values[0] - values[1]
    left = without[0] if len(values) == 1 else without[0] - without[1]
    if math.isnan(value):
        raise ScoreError([f"{wanted} is undefined on this gold; choose another --measure"])
    total = part.weights.sum()
    residual = np.nan_to_num(value - left) * (total - part.weights) / part.weights
    strata = np.array([one.stratum if one else "all" for one in part.selected])
    groups = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    words = np.array([len(text.split()) for text in table.texts], float)[articles]
    squares = [float(((residual[g] - residual[g].mean()) ** 2).sum()) for g in groups]
    pooled = sum(squares) / max(1, len(articles) - len(groups))
    spread = [
        math.sqrt((PRIOR * pooled + square) / (PRIOR + len(g) - 1)) for g, square in zip(groups, squares, strict=True)
    ]
    first = [part.selected[int(g[0])] for g in groups]
    return _Influence(
        measure=str(wanted),
        value=value,
        names=[one.stratum if one else "all" for one in first],
        share=np.array([part.weights[g].sum() / total for g in groups]),
        spread=np.array(spread),
        have=[len(g) for g in groups],
        size=[one.articles or one.pool if one else None for one in first],
        room=[one.units or one.articles or one.pool if one else None for one in first],
        cost=np.array([words[g].mean() for g in groups]),
        words=words,
        selected=part.selected,
    )


def _alike(size: int) -> Sample:
    sample = make_sample([1.0] * size, [None] * size)
    assert sample is not None  # noqa: S101 - every article has a weight
    return sample


def _variance(found: _Influence, articles: Sequence[int]) -> tuple[float, float]:
    """The variance of the value, and its degrees of freedom by Satterthwaite (1946), as intervals have them."""
    parts = [
        max(0.0, (share * spread) ** 2 * (1 / n - (1 / size if size else 0)))
        for share, spread, n, size in zip(
            found.share.tolist(), found.spread.tolist(), articles, found.size, strict=True
        )
    ]
    variance = math.fsum(parts)
    uncertain = math.fsum(part**2 / max(1, n - 1) for part, n in zip(parts, articles, strict=True))
    freedom = variance**2 / uncertain if uncertain > 0 else sum(articles) - len(articles)
    return variance, max(1.0, round(freedom, 1))  # rounded: quantiles are cached


def _reach(found: _Influence, articles: Sequence[int], *, detect: bool) -> float:
    """The width of the interval; or the difference that is shown with 80 % power at 5 %."""
    variance, freedom = _variance(found, articles)
    error = math.sqrt(variance)
    if detect:
        return (t_quantile(1 - LEVEL / 2, freedom) + t_quantile(POWER, freedom)) * error
    return 2 * t_quantile((1 + CONFIDENCE) / 2, freedom) * error


def _find_articles(found: _Influence, goal: float, *, detect: bool) -> list[int] | None:
    """The articles of each stratum with which the goal is reached; None where it is not, with the whole pool."""
    added = _Added(found)

    def reaches(n: int) -> bool:
        return _reach(found, added.count(n), detect=detect) <= goal

    # every article that is added narrows the interval, so that the first that is enough can be bisected
    enough = 0
    while not reaches(enough):
        if enough > len(added.strata) or enough > MOST:
            return None
        enough = 2 * enough + 1
    few = enough // 2
    return added.count(bisect.bisect_left(range(few, enough), True, key=reaches) + few)


class _Added:
    """The strata of the articles that are added, in the order in which they are; as long as was asked for."""

    def __init__(self, found: _Influence) -> None:
        self.strata: list[int] = []
        self._found = found
        self._articles = list(found.have)
        self._waiting: list[tuple[float, int]] = []
        for s in range(len(found.have)):
            self._wait(s)

    def count(self, n: int) -> list[int]:
        """The articles of each stratum when n are added, or as many as there are."""
        while len(self.strata) < n and self._waiting:
            _, s = heapq.heappop(self._waiting)
            self._articles[s] += 1
            self.strata.append(s)
            self._wait(s)
        more = np.bincount(self.strata[:n], minlength=len(self._found.have)).tolist()
        return [have + added for have, added in zip(self._found.have, more, strict=True)]

    def _wait(self, s: int) -> None:
        """Put the next article of the stratum among those that may be added, unless the pool has no more."""
        found, n, room = self._found, self._articles[s], self._found.room[s]
        if room is None or n < room:
            gain = float((found.share[s] * found.spread[s]) ** 2 / (n * (n + 1)) / found.cost[s])
            heapq.heappush(self._waiting, (-gain, s))


def _to_target(found: _Influence, articles: Sequence[int]) -> Target | None:
    """The batch that goes on with the one that gold was selected by; None where there is not exactly one."""
    designs = {one.design if one else None for one in found.selected}
    first = found.selected[0]
    if len(designs) > 1 or first is None:
        return None
    return Target(
        strata=dict(zip(found.names, articles, strict=True)),
        pool_sha256=first.pool_sha256,
        by=first.by,
        shares="equal" if first.shares == "equal" else "proportional",
        order=first.order,
        chance=first.chance,
        per_story=first.per_story,
        seed=first.seed,
    )


def _find_pace(gold: str | Path, effort: RecordSource[Annotation] | None, words: float) -> float | None:
    """The seconds that 100 words take: by annotations, or by what a release has of its annotators' work."""
    if effort is not None:
        return find_pace(effort)
    from annotate.gold.load import find_release  # loads pyarrow, which select does not need

    path = Path(gold)
    if path.is_file() or str(gold) == "-":
        return None
    work = read_manifest(find_release(gold)[0]).work.values()
    timed = [(one["median_seconds"], one["articles"]) for one in work if one["median_seconds"]]
    articles = sum(n for _, n in timed)
    return sum(seconds * n for seconds, n in timed) / articles / words * 100 if articles else None


def find_pace(annotations: RecordSource[Annotation]) -> float:
    """The seconds that 100 words took in earlier rounds.

    Raises:
        AnnotateError: no annotation says how long it took.
    """
    from annotate.labelstudio.effort import effort

    times = effort(annotations).times
    if not times:
        raise AnnotateError("--effort: no annotation has a time (lead_time_s), so no hours can be expected")
    return max(times, key=lambda row: (row.annotator == "*", row.articles)).per_100_words_s


def describe_plan(found: Plan, written: str | Path | None = None) -> Iterator[Block]:
    """The plan as lines and a table for reading.

    Args:
        written: the file that it was written to, for `select`.
    """
    what = "difference in " if found.compared else ""
    now = "the interval is" if not _detects(found) else "detectable is"
    yield f"{what}{found.measure} is {found.value:.3f} on {format_count(found.articles, 'article')}"
    goal = f"{found.goal:g}" if found.goal < 0.001 else format_value(found.goal)
    yield f"{now} {format_value(found.now)} now, and is to be {goal}"
    if found.more is None:
        yield "the pool has not enough articles for that"
        return
    if not found.more:
        yield "no more articles are needed"
        return
    hours = "" if found.hours is None else f", about {found.hours:,.1f} hours for one annotator"
    yield f"{format_count(found.more, 'more article')}{hours}"
    rows = [
        [row.name, f"{row.share:.1%}", f"{row.spread:.3f}", f"{row.annotated:,}", f"{row.more:,}"]
        for row in found.strata
    ]
    yield Table("Where", ("stratum", "of the pool", "spread", "annotated", "more"), rows)
    if found.target is None:
        yield f"next: annotate select SOURCES -n {found.more} --exclude GOLD -o batch.jsonl"
    elif written is not None:
        yield f"next: annotate select SOURCES --plan {written} -o batch.jsonl"
    else:
        yield "next: the same with -o PLAN.json, then annotate select SOURCES --plan PLAN.json -o batch.jsonl"


def _detects(found: Plan) -> bool:
    return found.compared and found.goal == abs(found.value)
