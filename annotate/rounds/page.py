"""The progress of a campaign as one HTML page: the curves by round, the last two rounds compared, the labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from annotate.agreement.measure import Figure
from annotate.html import read_asset, render_page
from annotate.printing import Table, format_interval, format_value
from annotate.rounds.report import conclude, describe_progress, list_headlines
from annotate.rounds.trends import TIME, Progress

# the drawing, in pixels: the frame of the curves within it
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 260, 52, 624, 14, 222


def to_page(found: Progress) -> str:
    """The HTML text of the page."""
    plots = [
        _plot(
            f"{layer}: {measure}",
            found,
            {
                "agreement": [one.agreement.get(measure) for one in found.rounds],
                "draft": [one.draft.get(measure) for one in found.rounds],
            },
            top=1.0,
        )
        for layer, measure in list_headlines(found)
    ]
    times = [one.seconds for one in found.rounds]
    if any(times):
        plots.append(_plot(TIME, found, {"time": times}))
    tables = [_table(block) for block in describe_progress(found) if isinstance(block, Table)]
    return render_page(
        f"Progress: {found.rounds[0].name} to {found.rounds[-1].name}",
        read_asset("annotate.rounds", "page.html"),
        {
            "conclusions": list(conclude(found)),
            "remarks": found.remarks,
            "plots": plots,
            "tables": tables,
            "margin": f"{found.margin:g}",
        },
        style=read_asset("annotate.rounds", "page.css"),
    )


def _table(table: Table) -> dict[str, Any]:
    rows = [[{"words": cell, "number": i not in table.words} for i, cell in enumerate(row)] for row in table.rows]
    columns = [{"words": cell, "number": i not in table.words} for i, cell in enumerate(table.columns)]
    return {"title": table.title, "columns": columns, "rows": rows}


def _plot(
    title: str, found: Progress, series: dict[str, Sequence[Figure | None]], *, top: float | None = None
) -> dict[str, Any]:
    """One drawing: a line for each series, with the interval of each round, on an axis that holds them all."""
    ends = [
        end
        for figures in series.values()
        for figure in figures
        if figure is not None
        for end in (figure.value, figure.low, figure.high)
        if end is not None
    ]
    ticks = _ticks(min(ends, default=0.0), max(ends, default=1.0), top)
    bottom, ceiling = ticks[0], ticks[-1]

    def down(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - bottom) / (ceiling - bottom), 1)

    step = (RIGHT - LEFT) / len(found.rounds)
    drawn: list[dict[str, Any]] = []
    for place, (name, figures) in enumerate(series.items()):
        points = []
        for number, (one, figure) in enumerate(zip(found.rounds, figures, strict=True)):
            if figure is None or figure.value is None:
                continue
            interval = format_interval(figure.low, figure.high)
            points.append(
                {
                    "x": round(LEFT + step * (number + 0.5) + 10 * (place - (len(series) - 1) / 2), 1),
                    "y": down(figure.value),
                    "low": None if figure.low is None else down(figure.low),
                    "high": None if figure.high is None else down(figure.high),
                    "about": f"{one.name}, {name}: {format_value(figure.value)} (95 %: {interval})",
                }
            )
        if points:
            line = " ".join(f"{point['x']},{point['y']}" for point in points)
            drawn.append({"name": name, "points": points, "line": line})
    return {
        "title": title,
        "series": drawn,
        "ticks": [{"y": down(tick), "label": f"{tick:g}"} for tick in ticks],
        "rounds": [
            {"x": round(LEFT + step * (number + 0.5), 1), "label": _shorten(one.name, step)}
            for number, one in enumerate(found.rounds)
        ],
        "about": "; ".join(point["about"] for line in drawn for point in line["points"]),
    }


def _ticks(low: float, high: float, top: float | None) -> list[float]:
    """Round numbers from below the lowest end to above the highest; never above `top`.

    >>> _ticks(0.62, 0.97, 1.0), _ticks(21.0, 64.0, None)
    ([0.6, 0.7, 0.8, 0.9, 1.0], [20.0, 30.0, 40.0, 50.0, 60.0, 70.0])
    """
    reach = max(high - low, 1e-6 * max(abs(high), 1.0))
    step = 10.0 ** math.floor(math.log10(reach))
    step = next(step * factor for factor in (0.2, 0.5, 1, 2, 5) if reach / (step * factor) <= 6)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks: list[float] = [round(step * number, 10) for number in range(first, max(last, first + 1) + 1)]
    if top is None or ticks[-1] <= top:
        return ticks
    return [*(tick for tick in ticks if tick < top), top]


def _shorten(name: str, room: float) -> str:
    most = max(4, int(room / 8))
    return name if len(name) <= most else f"{name[: most - 1]}…"
