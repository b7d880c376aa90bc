"""The progress of a campaign as tables and lines for reading."""

from __future__ import annotations

from collections.abc import Iterator

from annotate.agreement.measure import Figure
from annotate.agreement.report import format_items
from annotate.html import draw_blocks, wrap_output
from annotate.printing import UNDEFINED, Block, Table, format_count, format_interval, format_value
from annotate.records import LAYERS, Layer
from annotate.rounds.trends import LABELLED, TIME, Progress, Trend
from annotate.score.measures import HEADLINES


def show_progress(found: Progress) -> str:
    """The progress as the output of a cell of a notebook."""
    return wrap_output(draw_blocks(describe_progress(found)))


def describe_progress(found: Progress) -> Iterator[Block]:
    """By layer the values of each round; then the last two rounds compared, the labels, and what follows."""
    for layer, measure in list_headlines(found):
        yield _layer_table(found, layer, measure)
    times = [[one.name, *_write_times(one.seconds)] for one in found.rounds if one.seconds is not None]
    if times:
        yield Table(f"{TIME}, with the draft on the page", ("round", "value", "95 %"), times)
    last, before = found.rounds[-1].name, found.rounds[-2].name
    rows = [[_name(one), *_change(one)] for one in found.trends if "/" not in one.measure]
    if rows:
        yield Table(f"{last} against {before}", ("what", "change", "95 %", "verdict", "articles"), rows, words=(0, 3))
    for measure in LABELLED:
        rows = list_labels(found, measure)
        if rows:
            title = f"labels: agreement ({measure}) in {last} against {before}"
            yield Table(title, ("label", "items", "value", "change", "95 %", "verdict"), rows, words=(0, 5))
    yield from conclude(found)
    yield from found.remarks


def list_headlines(found: Progress) -> Iterator[tuple[Layer, str]]:
    """The layers that some round has, each with the measure it is judged by."""
    for layer, measure in zip(LAYERS, HEADLINES, strict=True):
        if any(measure in one.agreement or measure in one.draft for one in found.rounds):
            yield layer, measure


def list_labels(found: Progress, measure: str) -> list[list[str]]:
    """A row for each label that annotators used in the last round, the most frequent first."""
    rows = []
    for name, figure in sorted(found.rounds[-1].agreement.items(), key=lambda pair: (-pair[1].n, pair[0])):
        head, _, label = name.partition("/")
        if head != measure or not label or figure.value is None:
            continue
        trend = found.find("agreement", name)
        change = _change(trend)[:3] if trend else [UNDEFINED, UNDEFINED, "unknown"]
        rows.append([label, format_items(figure.n), format_value(figure.value), *change])
    return rows


def conclude(found: Progress) -> Iterator[str]:
    """What follows for the next round, a line for each layer, and the labels that are done."""
    for layer, measure in list_headlines(found):
        agreement, draft = found.find("agreement", measure), found.find("draft", measure)
        drafts = f"; the draft is {_say(draft)}" if draft is not None else ""
        if agreement is None or agreement.verdict == "unknown":
            yield f"{layer}: nothing can be said about agreement{drafts}"
        elif agreement.verdict == "steady":
            stop = draft is None or draft.verdict == "steady"
            hint = ": one more round like the last would change little" if stop else ""
            yield f"{layer}: agreement is steady (within {found.margin:g}){drafts}{hint}"
        elif agreement.verdict == "rising":
            yield f"{layer}: agreement is still rising{drafts}: go on"
        elif agreement.verdict == "falling":
            yield f"{layer}: agreement is falling{drafts}: see `annotate agree` for what annotators disagree about"
        else:
            yield f"{layer}: agreement is {_say(agreement)}{drafts}"
    labels = [measure.partition("/")[2] for measure in found.done]
    if any("/" in one.measure for one in found.trends):
        yield f"labels that are done (agreement steady within {found.margin:g}): {', '.join(labels) or 'none yet'}"


def _say(trend: Trend) -> str:
    if trend.verdict != "unclear":
        return trend.verdict
    return (
        f"unclear, about {format_count(trend.needed, 'article')} in each round would tell"
        if trend.needed
        else "unclear"
    )


def _layer_table(found: Progress, layer: Layer, measure: str) -> Table:
    rows = [
        [one.name, f"{one.shared:,}", *_cells(one.agreement.get(measure)), *_cells(one.draft.get(measure))]
        for one in found.rounds
    ]
    columns = ("round", "shared", "agreement", "95 %", "draft", "95 %")
    return Table(f"{layer} ({measure})", columns, rows)


def _cells(figure: Figure | None) -> list[str]:
    if figure is None:
        return [UNDEFINED, UNDEFINED]
    return [format_value(figure.value), format_interval(figure.low, figure.high)]


def _write_times(figure: Figure) -> list[str]:
    interval = UNDEFINED if figure.low is None or figure.high is None else f"{figure.low:.1f} to {figure.high:.1f}"
    return [UNDEFINED if figure.value is None else f"{figure.value:.1f}", interval]


def _name(trend: Trend) -> str:
    return trend.measure if trend.what == "time" else f"{trend.measure.rpartition(':')[2]} {trend.what}"


def _change(trend: Trend) -> list[str]:
    digits = 1 if trend.what == "time" else 3
    change = UNDEFINED if trend.difference is None else f"{trend.difference:+.{digits}f}"
    interval = UNDEFINED
    if trend.low is not None and trend.high is not None:
        interval = f"{trend.low:+.{digits}f} to {trend.high:+.{digits}f}"
    return [change, interval, trend.verdict, UNDEFINED if trend.needed is None else f"{trend.needed:,}"]
