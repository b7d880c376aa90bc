"""Reports for reading: tables, notes, JUnit XML. JSON is `Report.to_dict`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree

from annotate.errors import AnnotateError
from annotate.printing import Table, format_count, format_interval, format_value
from annotate.records import Layer
from annotate.score.evaluate import Report, Score
from annotate.score.formulas import OUTCOMES
from annotate.score.measures import DEFINITIONS
from annotate.score.signature import write_signature

_RATIOS = ("precision", "recall", "f1")


def write_interval(score: Score) -> str:
    """The 95 % interval; a rule-of-three bound is marked with a star."""
    return format_interval(score.low, score.high) + ("*" if score.three else "")


def make_tables(report: Report) -> list[Table]:
    """The report as tables: by layer the matches, the accuracies, the labels; then the confusions."""
    tables: list[Table] = []
    ceiling = bool(report.ceiling)
    for layer in report.layers:
        tables += [_ratio_table(report, layer, ceiling), _outcome_table(report, layer)]
        if layer == "quotes":
            tables.append(_variant_table(report, ceiling))
        single = _single_table(report, layer, ceiling)
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
                [(gold, predicted, f"{n:,}") for gold, predicted, n in mistaken[:10]],
                words=(0, 1),
            )
        )
    return tables


def _find(report: Report, *parts: str) -> Score | None:
    return report.measures.get(":".join(parts))


def _ratio_table(report: Report, layer: Layer, ceiling: bool) -> Table:
    rows = []
    for match, f1 in _iter_matches(report, layer):
        rows.append([*_ratio_row(report, layer, match, f1, ceiling), f"{f1.n_gold:,}", f"{f1.n_pred:,}"])
    columns = ("match", "P", "R", "F1", "95 % of F1", *(["annotators"] if ceiling else []), "gold", "pred")
    effective = "" if report.sample is None else f", effective size {report.sample['effective'][layer]:.1f}"
    return Table(f"{layer}: {format_count(report.layers[layer], 'article')}{effective}", columns, rows)


def _outcome_table(report: Report, layer: Layer) -> Table:
    counts = report.counts.get(layer, {})
    rows = [
        [match, *(f"{counts[match][name]:,}" for name in OUTCOMES)]
        for match, _ in _iter_matches(report, layer)
        if counts.get(match)
    ]
    return Table(f"{layer}: outcomes", ("match", *OUTCOMES), rows)


def _iter_matches(report: Report, layer: Layer) -> Iterator[tuple[str, Score]]:
    """The matches of the layer with their F1, without the variants of end-to-end."""
    matches = dict.fromkeys(d.match for d in DEFINITIONS if d.layer == layer and d.metric == "f1" and d.on_layer)
    for match in matches:
        f1 = _find(report, "f1", match, layer)
        if f1 is not None and not match.startswith("end-to-end-"):
            yield match, f1


def _variant_table(report: Report, ceiling: bool) -> Table:
    """The variants of end-to-end F1 for quotes."""
    rows = []
    for name, score in report.measures.items():
        match = name.split(":")[1]
        if name.startswith("f1:end-to-end-"):
            rows.append([match.removeprefix("end-to-end-"), *_ratio_row(report, "quotes", match, score, ceiling)[1:]])
    columns = ("content-speaker", "P", "R", "F1", "95 % of F1", *(["annotators"] if ceiling else []))
    return Table("quotes: end-to-end, variants (end-to-end above is overlap-head)", columns, rows)


def _ratio_row(report: Report, layer: str, match: str, f1: Score, ceiling: bool) -> list[str]:
    sides = [_find(report, metric, match, layer) for metric in ("precision", "recall")]
    row = [match, *(format_value(side.value if side else None) for side in sides), format_value(f1.value)]
    reached = [format_value(report.ceiling.get(f"f1:{match}:{layer}"))] if ceiling else []
    return [*row, write_interval(f1), *reached]


def _single_table(report: Report, layer: str, ceiling: bool) -> Table:
    rows = []
    for definition in DEFINITIONS:
        score = report.measures.get(definition.name)
        if definition.layer != layer or definition.metric in _RATIOS or score is None:
            continue
        reached = [format_value(report.ceiling.get(definition.name))] if ceiling else []
        rows.append(
            [
                f"{definition.metric} {definition.match}",
                format_value(score.value),
                write_interval(score),
                *reached,
                str(score.n_gold),
            ]
        )
    return Table(f"{layer}: further", ("measure", "value", "95 %", *(["annotators"] if ceiling else []), "n"), rows)


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
                *(format_value(side) for side in sides),
                format_value(score.value),
                write_interval(score),
                *([format_value(loose.value)] if loose else []),
                str(score.n_gold),
                str(score.n_pred),
            ]
        )
    rows.sort(key=lambda row: -int(row[-2]))
    extra = ["type F1"] if layer == "entities" else []
    kind = "label, strict" if layer == "entities" else "type of quote, aligned pairs of one type"
    return Table(f"{layer}: by {kind}", ("label", "P", "R", "F1", "95 % of F1", *extra, "gold", "pred"), rows)


def make_notes(report: Report) -> list[str]:
    """Warnings, remarks, and the signature, one per line."""
    return [
        *(f"warning: {warning}" for warning in report.warnings),
        *(f"note: {remark}" for remark in report.remarks),
        f"signature: {write_signature(report.signature)}",
    ]


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
    """JUnit XML: one test case per threshold; without thresholds, one passed case per measure of a layer."""
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
        output.text = f"{format_value(score.value)} {write_interval(score)}" if score else "not scored"
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
