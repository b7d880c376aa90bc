"""Reports for reading: tables for a terminal, Markdown, JUnit XML. JSON is `Report.to_dict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from annotate.errors import AnnotateError
from annotate.records import Layer
from annotate.score.evaluate import Report, Score
from annotate.score.formulas import OUTCOMES
from annotate.score.measures import DEFINITIONS
from annotate.score.signature import write_signature

if TYPE_CHECKING:
    from rich.console import Console

UNDEFINED = "-"
_RATIOS = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column is words, the others are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_value(value: float | None) -> str:
    """A figure with three decimals, `-` where undefined.

    >>> write_value(0.5), write_value(None)
    ('0.500', '-')
    """
    return UNDEFINED if value is None else f"{value:.3f}"


def write_interval(score: Score) -> str:
    """The 95 % interval; a rule-of-three bound is marked with a star."""
    if score.low is None or score.high is None:
        return UNDEFINED
    return f"{score.low:.3f}-{score.high:.3f}{'*' if score.three else ''}"


def make_tables(report: Report) -> list[Table]:
    """The report as tables: by layer the matches, the accuracies, the labels; then the confusions."""
    tables: list[Table] = []
    people = bool(report.ceiling)
    for layer in report.layers:
        tables.append(_ratio_table(report, layer, people))
        if layer == "quotes":
            tables.append(_variant_table(report, people))
        single = _single_table(report, layer, people)
        if single.rows:
            tables.append(single)
        labels = _label_table(report, layer)
        if labels.rows:
            tables.append(labels)
    mistaken = [
        (gold or "(nothing)", predicted or "(missed)", n)
        for (gold, predicted), n in report.confusions.items()
        if gold != predicted
    ]
    if mistaken:
        mistaken.sort(key=lambda cell: (-cell[2], cell[:2]))
        tables.append(
            Table(
                f"entities: most frequent confusions (of {sum(n for *_, n in mistaken)} errors)",
                ("gold", "predicted", "n"),
                [(gold, predicted, str(n)) for gold, predicted, n in mistaken[:10]],
            )
        )
    return tables


def _find(report: Report, *parts: str) -> Score | None:
    return report.measures.get(":".join(parts))


_SHORT = {"correct": "COR", "incorrect": "INC", "partial": "PAR", "missing": "MIS", "spurious": "SPU"}


def _ratio_table(report: Report, layer: Layer, people: bool) -> Table:
    rows = []
    matches = dict.fromkeys(d.match for d in DEFINITIONS if d.layer == layer and d.metric == "f1" and d.on_layer)
    for match in matches:
        f1 = _find(report, "f1", match, layer)
        if f1 is None or match.startswith("end-to-end-"):
            continue
        outcomes = report.counts.get(layer, {}).get(match)
        row = _ratio_row(report, layer, match, f1, people)
        row += [str(outcomes[name]) if outcomes else "" for name in OUTCOMES]
        rows.append([*row, str(f1.n_gold), str(f1.n_pred)])
    columns = ("match", "P", "R", "F1", "95 % of F1", *(["people"] if people else []), *_SHORT.values())
    return Table(f"{layer}: {report.layers[layer]} articles", (*columns, "gold", "pred"), rows)


def _variant_table(report: Report, people: bool) -> Table:
    """The variants of end-to-end F1 for quotes."""
    rows = []
    for name, score in report.measures.items():
        match = name.split(":")[1]
        if name.startswith("f1:end-to-end-"):
            rows.append([match.removeprefix("end-to-end-"), *_ratio_row(report, "quotes", match, score, people)[1:]])
    columns = ("content-speaker", "P", "R", "F1", "95 % of F1", *(["people"] if people else []))
    return Table("quotes: end-to-end, variants (end-to-end above is overlap-head)", columns, rows)


def _ratio_row(report: Report, layer: str, match: str, f1: Score, people: bool) -> list[str]:
    sides = [_find(report, metric, match, layer) for metric in ("precision", "recall")]
    row = [match, *(write_value(side.value if side else None) for side in sides), write_value(f1.value)]
    ceiling = [write_value(report.ceiling.get(f"f1:{match}:{layer}"))] if people else []
    return [*row, write_interval(f1), *ceiling]


def _single_table(report: Report, layer: str, people: bool) -> Table:
    rows = []
    for definition in DEFINITIONS:
        score = report.measures.get(definition.name)
        if definition.layer != layer or definition.metric in _RATIOS or score is None:
            continue
        ceiling = [write_value(report.ceiling.get(definition.name))] if people else []
        rows.append(
            [
                f"{definition.metric} {definition.match}",
                write_value(score.value),
                write_interval(score),
                *ceiling,
                str(score.n_gold),
            ]
        )
    return Table(f"{layer}: further", ("measure", "value", "95 %", *(["people"] if people else []), "n"), rows)


def _label_table(report: Report, layer: str) -> Table:
    match = "strict" if layer == "entities" else "type"
    rows = []
    prefix = f"f1:{match}:{layer}/"
    for name, score in report.measures.items():
        if not name.startswith(prefix) or not score.n_gold + score.n_pred:
            continue
        label = name[len(prefix) :]
        sides = [report.measures[f"{metric}:{match}:{layer}/{label}"].value for metric in ("precision", "recall")]
        loose = report.measures.get(f"f1:type:{layer}/{label}") if layer == "entities" else None
        rows.append(
            [
                label,
                *(write_value(side) for side in sides),
                write_value(score.value),
                write_interval(score),
                *([write_value(loose.value)] if loose else []),
                str(score.n_gold),
                str(score.n_pred),
            ]
        )
    rows.sort(key=lambda row: -int(row[-2]))
    extra = ["type F1"] if layer == "entities" else []
    kind = "label, strict" if layer == "entities" else "type of quote, aligned pairs of one type"
    return Table(f"{layer}: by {kind}", ("label", "P", "R", "F1", "95 % of F1", *extra, "gold", "pred"), rows)


def print_report(report: Report, console: Console) -> None:
    """The report for people, on a console."""
    print_tables(make_tables(report), console)
    for line in make_notes(report):
        console.print(line, markup=False, soft_wrap=True)


def print_tables(tables: Iterable[Table], console: Console) -> None:
    """Tables on a console; plain words and spaces where it is no terminal."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    for table in tables:
        shown = RichTable(
            title=Text(table.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, title_style="bold"
        )
        for i, column in enumerate(table.columns):
            shown.add_column(Text(column), justify="right" if i else "left", no_wrap=True)
        for row in table.rows:
            shown.add_row(*(Text(cell) for cell in row))
        console.print(shown)


def make_notes(report: Report) -> list[str]:
    """Warnings, remarks, and the signature, one a line."""
    return [
        *(f"warning: {warning}" for warning in report.warnings),
        *(f"note: {remark}" for remark in report.remarks),
        f"signature: {write_signature(report.signature)}",
    ]


def to_markdown(tables: Iterable[Table], notes: Iterable[str]) -> str:
    """Tables and notes as Markdown.

    >>> to_markdown([Table("T", ("a", "b"), [("x", "1")])], ["n"]).splitlines()[2:5]
    ['| a | b |', '| --- | ---: |', '| x | 1 |']
    """
    parts = []
    for table in tables:
        rule = ["---", *["---:"] * (len(table.columns) - 1)]
        lines = [f"**{_escape(table.title)}**", ""]
        lines += [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in (table.columns, rule, *table.rows)]
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, *map(_escape, notes)])


def _escape(text: str) -> str:
    for character in "\\|<*_`[":
        text = text.replace(character, "\\" + character) if character != "<" else text.replace("<", "&lt;")
    return text.replace("\n", " ")


def find_failures(report: Report, thresholds: Sequence[tuple[str, float]]) -> list[str]:
    """One sentence for each measure that is below its threshold, or undefined."""
    failures = []
    for name, least in thresholds:
        score = report.measures.get(name)
        if score is None:
            failures.append(f"{name} was not scored; expected at least {least:g}")
        elif score.value is None:
            failures.append(f"{name} is undefined (nothing on either side); expected at least {least:g}")
        elif score.value < least:
            interval = f", 95 % {write_interval(score)}" if score.low is not None else ""
            failures.append(f"{name} is {score.value:.4f}{interval}; expected at least {least:g}")
    return failures


def to_junit(report: Report, thresholds: Sequence[tuple[str, float]]) -> str:
    """JUnit XML: one test case a threshold; without thresholds one passed case a measure of a whole layer."""
    names = [name for name, _ in thresholds] or [name for name in report.measures if "/" not in name]
    failures = {failure.partition(" ")[0]: failure for failure in find_failures(report, thresholds)}
    suite = ElementTree.Element(
        "testsuite",
        name="annotate score",
        tests=str(len(names)),
        failures=str(len(failures)),
        errors="0",
        skipped="0",
    )
    properties = ElementTree.SubElement(suite, "properties")
    settings: Mapping[str, object] = {"signature": write_signature(report.signature), "documents": report.articles}
    for name, value in settings.items():
        ElementTree.SubElement(properties, "property", name=name, value=str(value))
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", classname="annotate.score", name=name, time="0")
        score = report.measures.get(name)
        if name in failures:
            ElementTree.SubElement(case, "failure", message=failures[name]).text = failures[name]
        output = ElementTree.SubElement(case, "system-out")
        output.text = f"{write_value(score.value)} {write_interval(score)}" if score else "not scored"
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode")


def check_thresholds(report: Report, thresholds: Sequence[tuple[str, float]]) -> None:
    """Nothing, where every threshold is met.

    Raises:
        AnnotateError: at least one is not; the message lists them.
    """
    failures = find_failures(report, thresholds)
    if failures:
        raise AnnotateError("below the threshold:\n" + "\n".join(failures))
