"""Agreement, draft and time by round, and whether the last two rounds still differ.

Each value has its interval over articles, by the scorer's resampling. The interval of the difference of two rounds,
which share no article, follows from the two intervals (MOVER: Zou & Donner 2008). A difference is `steady` where its
whole interval is within the margin (the test of equivalence by two one-sided tests: Schuirmann 1987), `rising` or
`falling` where the interval has no 0 in it, and else `unclear`: there are too few articles to tell.

No resample of articles differs where annotators agree on every item. The interval of such a value is the exact one of
a proportion, n of n items (Clopper & Pearson 1934), so that agreement without a flaw can be steady too: by itself in
both rounds, within 0.05, from 72 items on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from annotate.agreement.measure import Figure, agree
from annotate.display import Displayed
from annotate.errors import DataProblems
from annotate.gold.load import find_release, is_record_file, load_manifest
from annotate.items import trim_annotation
from annotate.jsonl import gather_records
from annotate.printing import format_count, short_repr
from annotate.records import LAYERS, Annotation, GoldRecord, Layers, Prediction, get_layer
from annotate.schema import Schema
from annotate.score.evaluate import evaluate
from annotate.score.measures import HEADLINES
from annotate.score.resampling import (
    CONFIDENCE,
    MIN_ARTICLES,
    MIN_LABEL_SPANS,
    NO_WIDTH,
    draw_with_point,
    read_interval,
)

What: TypeAlias = Literal["agreement", "draft", "time"]
Verdict: TypeAlias = Literal["steady", "rising", "falling", "unclear", "unknown"]

MARGIN = 0.05
TIME = "seconds per 100 words"
#: the measures that have a value for each label
LABELLED = ("f1:strict:entities", "f1:type:quotes")


class Round(msgspec.Struct, kw_only=True):
    """One round: the articles that no earlier round has.

    `annotations` are those of these articles, `shared` the articles that two annotators or more submitted. `agreement`
    is between annotators, `draft` scores what annotators were shown against what they submitted; both by measure.
    `seconds` is the time per 100 words with the draft on the page. A release has what its manifest holds,
    earlier articles included (`cumulative`).
    """

    name: str
    articles: int
    shared: int
    annotations: int
    agreement: dict[str, Figure] = {}
    draft: dict[str, Figure] = {}
    seconds: Figure | None = None
    cumulative: bool = False


class Trend(msgspec.Struct, kw_only=True):
    """The last round against the one before: the difference with its 95 % interval, and what follows.

    `needed`: about how many articles in each of the two rounds would give a verdict, where there is none; None where
    nothing can be said.
    """

    what: What
    measure: str
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    needed: int | None = None


class Progress(Displayed, msgspec.Struct, kw_only=True):
    """The rounds in their order, and the trends of the last two; differences up to `margin` do not count."""

    rounds: list[Round]
    trends: list[Trend] = []
    margin: float = MARGIN
    trials: int = 0
    seed: int = 0
    remarks: list[str] = []

    def __repr__(self) -> str:
        heads = (f"{one.measure} {one.verdict}" for one in self.trends if one.what == "agreement" and not _label(one))
        return short_repr(self, format_count(len(self.rounds), "round"), *heads)

    def find(self, what: What, measure: str) -> Trend | None:
        """The trend of one measure; None where one of the two rounds does not have it."""
        return next((one for one in self.trends if (one.what, one.measure) == (what, measure)), None)

    @property
    def done(self) -> list[str]:
        """The measures of labels whose agreement is steady."""
        return [
            one.measure for one in self.trends if one.what == "agreement" and _label(one) and one.verdict == "steady"
        ]

    def to_dict(self) -> dict[str, Any]:
        """The progress as JSON values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found | {"done": self.done}


def compare_rounds(
    rounds: Sequence[str | Path | Sequence[Annotation]], *, margin: float, schema: Schema, trials: int, seed: int
) -> Progress:
    """What `progress` returns.

    Raises:
        DataProblems, RecordError, GoldError, ScoreError: see `progress`.
    """
    if len(rounds) < 2:
        raise DataProblems([f"{format_count(len(rounds), 'round')}; progress needs two or more, the oldest first"])
    found = Progress(rounds=[], margin=margin, trials=trials, seed=seed)
    earlier: dict[str, set[str]] = {}
    for number, source in enumerate(rounds, 1):
        if isinstance(source, str | Path) and not is_record_file(Path(source)):
            found.rounds.append(_read_release(source))
            continue
        name = Path(source).stem if isinstance(source, str | Path) else f"round {number}"
        records = [one for one in gather_records(source, Annotation) if one.status == "submitted"]
        fresh = _leave_out_earlier(records, earlier)
        if not fresh:
            seen = f"; all {len(records)} are in earlier rounds" if records else ""
            raise DataProblems([f"{name}: no submitted annotation of its own{seen}"])
        if len(fresh) < len(records):
            left = format_count(len(records) - len(fresh), "annotation")
            found.remarks.append(f"{name}: {left} of earlier rounds left out")
        found.rounds.append(_measure_round(name, fresh, schema, trials, seed))
    found.trends = list(_find_trends(found))
    if any(one.cumulative for one in found.rounds[-2:]):
        found.remarks.append("a release holds the articles of earlier ones too: no verdict")
    return found


def subtract(later: Figure, earlier: Figure) -> tuple[float | None, float | None, float | None]:
    """The difference of two values of independent samples, and its interval from theirs (Zou & Donner 2008).

    >>> a, b = Figure(value=0.8, low=0.77, high=0.83, n=9), Figure(value=0.7, low=0.66, high=0.74, n=9)
    >>> [round(x, 3) for x in subtract(a, b)]
    [0.1, 0.05, 0.15]
    """
    if later.value is None or earlier.value is None:
        return None, None, None
    difference = later.value - earlier.value
    if later.low is None or later.high is None or earlier.low is None or earlier.high is None:
        return difference, None, None
    down = math.hypot(later.value - later.low, earlier.high - earlier.value)
    up = math.hypot(later.high - later.value, earlier.value - earlier.low)
    return difference, difference - down, difference + up


def bound_perfect(figure: Figure) -> Figure:
    """A perfect value with its exact interval, which resampling has not; any other figure as it is.

    >>> perfect = Figure(value=1.0, low=None, high=None, n=100)
    >>> round(bound_perfect(perfect).low, 3), bound_perfect(Figure(value=0.9, low=None, high=None, n=100)).low
    (0.964, None)
    """
    if figure.value is None or figure.value < 1 - NO_WIDTH or figure.low is not None or not figure.n:
        return figure
    return msgspec.structs.replace(figure, low=((1 - CONFIDENCE) / 2) ** (1 / figure.n), high=1.0)


def judge(low: float | None, high: float | None, margin: float) -> Verdict:
    """What an interval of a difference says.

    >>> [judge(*interval, 0.05) for interval in ((-0.01, 0.02), (0.01, 0.2), (-0.3, -0.1), (-0.1, 0.2))]
    ['steady', 'rising', 'falling', 'unclear']
    """
    if low is None or high is None:
        return "unknown"
    if -margin <= low and high <= margin:
        return "steady"
    return "rising" if low > 0 else "falling" if high < 0 else "unclear"


def _label(trend: Trend) -> str:
    return trend.measure.partition("/")[2]


def _leave_out_earlier(records: Sequence[Annotation], earlier: dict[str, set[str]]) -> list[Annotation]:
    """The annotations of articles that no earlier round had with all their annotators; notes them as seen."""
    here: dict[str, set[str]] = {}
    for record in records:
        here.setdefault(record.id, set()).add(record.annotator)
    known = {article for article, people in here.items() if people <= earlier.get(article, set())}
    shared = {article for article, people in earlier.items() if len(people) > 1}
    fresh = [record for record in records if record.id not in known | shared]
    for article, people in here.items():
        earlier.setdefault(article, set()).update(people)
    return fresh


def _measure_round(name: str, records: Sequence[Annotation], schema: Schema, trials: int, seed: int) -> Round:
    agreement = agree(records, schema=schema, trials=trials, seed=seed)
    shown = [trim_annotation(record) for record in records if record.predicted is not None]
    return Round(
        name=name,
        articles=len({record.id for record in records}),
        shared=agreement.articles,
        annotations=len(records),
        agreement={measure: figure for measure, figure in agreement.measures.items() if _is_shown(measure)},
        draft=_score_draft(shown, schema, trials, seed),
        seconds=_measure_time(shown, trials, seed),
    )


def _is_shown(measure: str) -> bool:
    head, slash, _ = measure.partition("/")
    return measure in HEADLINES or bool(slash and head in LABELLED)


def _score_draft(records: Sequence[Annotation], schema: Schema, trials: int, seed: int) -> dict[str, Figure]:
    """What annotators were shown, scored against each of them; an article counts once, however many annotated it."""
    gold, predicted = [], []
    for record in records:
        draft = record.predicted or Layers()
        layers = [one for one in LAYERS if get_layer(record, one) is not None and get_layer(draft, one) is not None]
        if not layers:
            continue
        key = f"{record.id} by {record.annotator}"
        ours: dict[str, Any] = {layer: get_layer(record, layer) for layer in layers}
        theirs: dict[str, Any] = {layer: get_layer(draft, layer) for layer in layers}
        gold.append(GoldRecord(id=key, text=record.text, cluster=record.id, **ours))
        predicted.append(Prediction(id=key, text=record.text, **theirs))
    if not gold:
        return {}
    report = evaluate(gold, predicted, schema=schema, trials=trials, seed=seed, by="story")
    return {
        name: Figure(value=score.value, low=score.low, high=score.high, n=score.n_gold)
        for name, score in report.measures.items()
        if _is_shown(name)
    }


def _measure_time(records: Sequence[Annotation], trials: int, seed: int) -> Figure | None:
    spent: dict[str, tuple[float, int]] = {}
    for record in records:
        if record.lead_time_s is not None:
            seconds, words = spent.get(record.id, (0.0, 0))
            spent[record.id] = seconds + record.lead_time_s, words + len((record.text or "").split())
    if not sum(words for _, words in spent.values()):
        return None
    seconds, words = np.array(list(spent.values())).T
    rows = draw_with_point(len(spent), trials, seed)
    value, low, high = read_interval(100 * (rows @ seconds) / np.maximum(rows @ words, 1), len(spent))
    return Figure(value=value, low=low, high=high, n=len(spent))


def _read_release(source: str | Path) -> Round:
    """A release by its manifest: agreement with its intervals, and the draft that most articles were shown with."""
    manifest = load_manifest(find_release(source)[0])
    agreement = manifest.agreement or {}
    parts = [kinds["draft shown"] for kinds in manifest.preannotators.values() if "draft shown" in kinds]
    draft: Mapping[str, Any] = max(parts, key=lambda part: part["articles"])["measures"] if parts else {}
    return Round(
        name=manifest.ref,
        articles=manifest.counts["articles"],
        shared=agreement.get("articles", 0),
        annotations=sum(work["articles"] for work in manifest.work.values()),
        agreement={
            name: msgspec.convert(figure, Figure)
            for name, figure in agreement.get("measures", {}).items()
            if _is_shown(name)
        },
        draft={name: Figure(value=value, low=None, high=None, n=0) for name, value in draft.items() if _is_shown(name)},
        cumulative=True,
    )


def _find_trends(found: Progress) -> Iterator[Trend]:
    earlier, later = found.rounds[-2:]
    size = min(earlier.shared, later.shared)
    for measure, figure in later.agreement.items():
        if measure in earlier.agreement:
            yield _compare(found, "agreement", measure, figure, earlier.agreement[measure], size)
    size = min(earlier.articles, later.articles)
    for measure, figure in later.draft.items():
        if measure in earlier.draft:
            yield _compare(found, "draft", measure, figure, earlier.draft[measure], size)
    if earlier.seconds is not None and later.seconds is not None:
        yield _compare(found, "time", TIME, later.seconds, earlier.seconds, size)


def _compare(found: Progress, what: What, measure: str, later: Figure, earlier: Figure, size: int) -> Trend:
    if what == "agreement" and found.trials and size >= MIN_ARTICLES:
        later, earlier = bound_perfect(later), bound_perfect(earlier)
    difference, low, high = subtract(later, earlier)
    few = "/" in measure and min(later.n, earlier.n) < MIN_LABEL_SPANS
    if few or any(one.cumulative for one in found.rounds[-2:]):
        low = high = None
    margin = found.margin * (earlier.value or 0) if what == "time" else found.margin
    verdict = judge(low, high, margin)
    needed = None
    if verdict == "unclear" and difference is not None and low is not None and high is not None and margin > 0:
        # the half width at which the interval leaves 0, or fits into the margin; widths shrink with the root of n
        wanted = max(abs(difference), margin - abs(difference))
        needed = max(size + 1, math.ceil(size * ((high - low) / 2 / wanted) ** 2))
    return Trend(what=what, measure=measure, difference=difference, low=low, high=high, verdict=verdict, needed=needed)
