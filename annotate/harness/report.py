"""Reports for reading: tables, notes, JUnit XML. JSON is `Report.to_dict`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree

from annotate.errors import AnnotateError
from annotate.html import draw_blocks, wrap_output
from annotate.printing import (
    Table,
    escape_markdown,
    format_count,
    format_interval,
    format_value,
    markdown_code,
    markdown_table,
    to_markdown,
)
from annotate.records import Layer
from annotate.score.compare import Comparison
from annotate.score.formulas import OUTCOMES
from annotate.score.measures import DEFINITIONS, HEADLINES, SCORE_DEFINITIONS, Measure
from annotate.score.report import Report, Score
from annotate.score.signature import write_signature

_RATIOS = ("precision", "recall", "f1")


def write_interval(score: Score) -> str:
    """The 95 % interval; a rule-of-three bound is marked with a star."""
    return format_interval(score.low, score.high) + ("*" if score.three else "")


def make_tables(report: Report) -> list[Table]:
    """The report as tables: by layer the matches, the accuracies, the labels; then the confusions."""
    tables: list[Table] = []
    for layer in report.layers:
        tables += [_ratio_table(report, layer), _outcome_table(report, layer)]
        if layer == "quotes":
            tables.append(_variant_table(report))
        tables += [table for table in (_single_table(report, layer), _label_table(report, layer)) if table.rows]
        tables += _ranked_tables(report, layer)
    mistaken = [
        (gold or "(nothing)", predicted or "(missed)", n)
        for (gold, predicted), n in report.confusions.items()
        if gold != predicted
    ]
    if mistaken:
        mistaken.sort(key=lambda cell: (-cell[2], cell[:2]))
        tables.append(
            Table(
                f"entities: most frequent confusions (of {format_count(sum(n for *_, n in mistaken), 'error')})",
                ("gold", "predicted", "n"),
                [(gold, predicted, f"{n:,}") for gold, predicted, n in mistaken[:10]],
                words=(0, 1),
            )
        )
    return tables


def show_report(report: Report) -> str:
    """The report as the output of a cell of a notebook: the headlines, then all tables in a part that opens."""
    tables = f"<details><summary>all tables</summary>{draw_blocks(make_tables(report))}</details>"
    return wrap_output(draw_blocks(make_headlines(report)), tables, draw_blocks(make_notes(report)))


def write_prf(report: Report, match: str, target: str) -> list[str]:
    """Precision, recall and F1 of one match.

    Args:
        target: a layer, or a label of it: `layer/label`.
    """
    scores = (report.measures.get(f"{metric}:{match}:{target}") for metric in _RATIOS)
    return [format_value(score.value if score else None) for score in scores]


def iter_labels(report: Report, layer: Layer) -> Iterator[tuple[str, Score, list[str]]]:
    """The labels of a layer that occur, those with most gold first: the label, its F1, and all three values as text.

    They are those of strict entities, and of quotes whose type is right; claims have none.
    """
    match = "strict" if layer == "entities" else "type"
    prefix = f"f1:{match}:{layer}/"
    found = {name.removeprefix(prefix): f1 for name, f1 in report.measures.items() if name.startswith(prefix)}
    for label, f1 in sorted(found.items(), key=lambda entry: (-entry[1].n_gold, entry[0])):
        if f1.n_gold + f1.n_pred:
            yield label, f1, write_prf(report, match, f"{layer}/{label}")


def _reached(report: Report, measure: str) -> list[str]:
    """What annotators reach by the measure, where anything is known of them: a cell of the column `annotators`."""
    return [format_value(report.ceiling.get(measure))] if report.ceiling else []


def _annotators(report: Report) -> list[str]:
    return ["annotators"] if report.ceiling else []


def _ratio_table(report: Report, layer: Layer) -> Table:
    rows = [
        [match, *_ratio_cells(report, match, layer, f1), f"{f1.n_gold:,}", f"{f1.n_pred:,}"]
        for match, f1 in _iter_matches(report, layer)
    ]
    columns = ("match", "P", "R", "F1", "95 % of F1", *_annotators(report), "gold", "pred")
    effective = "" if report.sample is None else f", effective size {report.sample['effective'][layer]:.1f}"
    return Table(f"{layer}: {count_units(report, layer)}{effective}", columns, rows)


def _ratio_cells(report: Report, match: str, layer: Layer, f1: Score) -> list[str]:
    return [*write_prf(report, match, layer), write_interval(f1), *_reached(report, f"f1:{match}:{layer}")]


def count_units(report: Report, layer: Layer) -> str:
    """How many articles were scored on the layer, and of how many stories where these count."""
    articles = format_count(report.layers[layer], "article")
    stories = report.stories.get(layer)
    return articles if stories is None else f"{format_count(stories, 'story')} in {articles}"


def _ranked_tables(report: Report, layer: Layer) -> list[Table]:
    """What is left at and above some scores, and how far scores can be taken as probabilities."""
    tables = []
    for name, found in report.ranked.items():
        match, _, of = name.partition(":")
        if of != layer:
            continue
        if found["curve"]:
            rows = [
                [f"{point['score']:.3f}", f"{point['n']:,}", *(format_value(point[side]) for side in _RATIOS)]
                for point in pick_points(found["curve"])
            ]
            title = f"{layer}: {match}, of the predictions with this score or more (last line: all that have one)"
            tables.append(Table(title, ("score", "n", "P", "R", "F1"), rows))
        if found["reliability"]:
            rows = [
                [
                    f"{bin['low']:.1f} to {bin['high']:.1f}",
                    f"{bin['n']:,}",
                    *(format_value(bin[k]) for k in ("score", "right")),
                ]
                for bin in found["reliability"]
            ]
            tables.append(Table(f"{layer}: {match}, reliability of scores", ("score", "n", "mean", "right"), rows))
    return tables


def pick_points(curve: Sequence[Mapping[str, float]], most: int = 10) -> list[Mapping[str, float]]:
    """Points of a curve that are about equally far apart in n, and the one with the best F1.

    >>> curve = [{"score": 1 / n, "n": n, "f1": n % 7} for n in range(1, 101)]
    >>> [point["n"] for point in pick_points(curve, 5)]
    [6, 20, 40, 60, 80, 100]
    """
    total = curve[-1]["n"]
    chosen = {max(range(len(curve)), key=lambda i: (curve[i]["f1"], -i))}
    for step in range(1, most + 1):
        chosen.add(next(i for i, point in enumerate(curve) if point["n"] >= total * step / most))
    return [curve[i] for i in sorted(chosen)]


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
        f1 = report.measures.get(f"f1:{match}:{layer}")
        if f1 is not None and not match.startswith("end-to-end-"):
            yield match, f1


def _variant_table(report: Report) -> Table:
    """The variants of end-to-end F1 for quotes."""
    variants = {
        name.split(":")[1]: score for name, score in report.measures.items() if name.startswith("f1:end-to-end-")
    }
    rows = [
        [match.removeprefix("end-to-end-"), *_ratio_cells(report, match, "quotes", f1)]
        for match, f1 in variants.items()
    ]
    columns = ("content-speaker", "P", "R", "F1", "95 % of F1", *_annotators(report))
    return Table("quotes: end-to-end, variants (end-to-end above is overlap-head)", columns, rows)


def _single_table(report: Report, layer: Layer) -> Table:
    rows = []
    for definition in (*DEFINITIONS, *SCORE_DEFINITIONS):
        name, score = definition.name, report.find(definition.name)
        if definition.layer == layer and definition.metric not in _RATIOS and score is not None:
            cells = [format_value(score.value), write_interval(score), *_reached(report, name), str(score.n_gold)]
            rows.append([f"{definition.metric} {definition.match}", *cells])
    return Table(f"{layer}: further", ("measure", "value", "95 %", *_annotators(report), "n"), rows)


def _label_table(report: Report, layer: Layer) -> Table:
    rows = []
    for label, f1, values in iter_labels(report, layer):
        loose = report.measures.get(f"f1:type:{layer}/{label}") if layer == "entities" else None
        further = [format_value(loose.value)] if loose else []
        rows.append([label, *values, write_interval(f1), *further, str(f1.n_gold), str(f1.n_pred)])
    extra = ["type F1"] if layer == "entities" else []
    kind = "label, strict" if layer == "entities" else "type of quote, aligned pairs of one type"
    return Table(f"{layer}: by {kind}", ("label", "P", "R", "F1", "95 % of F1", *extra, "gold", "pred"), rows)


def make_notes(found: Report | Comparison) -> list[str]:
    """Warnings, remarks, and the signature, one per line."""
    return [
        *(f"warning: {warning}" for warning in found.warnings),
        *(f"note: {remark}" for remark in found.remarks),
        f"signature: {write_signature(found.signature)}",
    ]


def make_headlines(report: Report) -> list[str]:
    """One line a layer: its headline measure with interval, precision and recall, and what was compared."""
    lines = []
    for name in HEADLINES:
        score = report.measures.get(name)
        if score is None:
            continue
        _, match, layer = name.split(":")
        precision, recall, f1 = write_prf(report, match, layer)
        interval = f" ({write_interval(score)})" if score.low is not None else ""
        ceiling = f", annotators {format_value(report.ceiling[name])}" if name in report.ceiling else ""
        lines.append(
            f"{layer}: {match} F1 {f1}{interval}, P {precision}, R {recall}{ceiling}; "
            f"{score.n_gold:,} gold, {score.n_pred:,} predicted"
        )
    return lines


def to_github(report: Report, thresholds: Sequence[tuple[str, float]]) -> str:
    """A summary for a pull request in GitHub's Markdown: verdict, headlines, warnings; the tables folded away."""
    failures = find_failures(report, thresholds)
    system = f"{report.model} on {report.gold}" if report.model and report.gold else report.model or report.gold
    lines = [f"### annotate score: {escape_markdown(system or 'predictions')}"]
    if thresholds:
        verdict = f":x: {format_count(len(failures), 'measure')} below the threshold"
        lines.append(verdict if failures else ":white_check_mark: every threshold is met")
        least = dict(thresholds)
        failed = {failure.partition(" ")[0] for failure in failures}
        rows = []
        for name, x in least.items():
            score = report.find(name)
            shown = (format_value(score.value), write_interval(score)) if score else ("not scored", "")
            rows.append([name, *shown, f"{x:g}", "below" if name in failed else "met"])
        lines.append(_markdown_rows(("measure", "value", "95 %", "at least", "result"), rows, words=(0, 4)))
    heads = []
    for name in HEADLINES:
        if name in report.measures:
            f1 = report.measures[name]
            _, match, layer = name.split(":")
            values = [*write_prf(report, match, layer), write_interval(f1)]
            heads.append([layer, match, *values, f"{f1.n_gold:,}", f"{f1.n_pred:,}"])
    columns = ("layer", "match", "P", "R", "F1", "95 % of F1", "gold", "pred")
    lines.append(_markdown_rows(columns, heads, words=(0, 1)))
    notes = make_notes(report)
    lines += [f"- {escape_markdown(note)}" for note in notes if not note.startswith("signature: ")]
    lines.append(f"<details><summary>All tables</summary>\n\n{to_markdown(make_tables(report))}\n\n</details>")
    lines.append(markdown_code(write_signature(report.signature)))
    return "\n\n".join(lines)


def _markdown_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], *, words: tuple[int, ...]) -> str:
    return markdown_table(columns, [[escape_markdown(cell) for cell in row] for row in rows], words=words)


def parse_threshold(text: str) -> tuple[str, float]:
    """The measure's name and the least value in `MEASURE=X`.

    >>> parse_threshold("f1:strict:entities=0.8")
    ('f1:strict:entities', 0.8)

    Raises:
        AnnotateError: no such measure, one of which less is better, or no number.
    """
    name, equals, number = text.rpartition("=")
    try:
        least = float(number)
    except ValueError:
        equals = ""
    if not equals or not 0 <= least <= 1:
        raise AnnotateError(f"--fail-under {text}: expected MEASURE=X with X in [0, 1], as in f1:strict:entities=0.8")
    measure = Measure.parse(name)
    if measure.lower_is_better:
        raise AnnotateError(f"--fail-under {text}: {measure} is better the lower it is; choose another measure")
    return str(measure), least


def find_failures(report: Report, thresholds: Sequence[tuple[str, float]]) -> list[str]:
    """One sentence for each measure that is below its threshold, or undefined."""
    failures = []
    for name, least in thresholds:
        score = report.find(name)
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
        score = report.find(name)
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
