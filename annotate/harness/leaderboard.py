"""Leaderboards: systems ranked with their differences, as tables, Markdown, HTML and JSON; and one that lasts.

The lasting one is a file beside the release. For each system it has the values, their signature, the hash of the
predictions, and the counts by article behind the headline measures, so that systems which were scored on different
days are compared as if they were scored together. Values whose signatures do not agree are refused.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from annotate.errors import AnnotateError
from annotate.files import resource_dir, sha256_file, sha256_text, write_text
from annotate.harness.report import make_notes
from annotate.harness.scoring import score_predictions
from annotate.html import draw_blocks, render_page, wrap_output
from annotate.jsonl import STDIO, decode_json
from annotate.label_map import LabelMap
from annotate.locks import lock_output
from annotate.printing import (
    Table,
    format_count,
    format_interval,
    format_value,
    print_blocks,
    print_data,
    print_json,
    shorten,
    to_markdown,
    to_text,
)
from annotate.problems import cannot_read
from annotate.records import LAYERS, Layer
from annotate.score.compare import Comparison, Difference, SystemCounts, compare_counts
from annotate.score.formulas import Column, Formula, Ratio
from annotate.score.measures import HEADLINES, Measure
from annotate.score.options import COMPARE_OPTIONS, ScoreOptions
from annotate.score.report import Report
from annotate.score.sample import Sample, effective_size
from annotate.version import __version__


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The counts of one measure by article, or by story: F1 = 2 * right / (gold + predicted)."""

    right: list[float]
    gold: list[float]
    predicted: list[float]


class Sampled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the articles, or stories, of a layer were sampled: weight, stratum and spread of each, as in `Sample`."""

    weights: list[float]
    strata: list[int]
    spread: list[float]

    def to_sample(self) -> Sample:
        """The sample from which they are resampled."""
        strata = np.array(self.strata, np.int64)
        return Sample(np.array(self.weights), strata, np.array(self.spread), [None] * len(self.weights))


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One system: its predictions (name and SHA-256 of the file), its values by measure, and what they rest on.

    `counts` are of weighted articles where gold's weights are used; `samples` then says by layer how they were sampled.
    """

    system: str
    added: str
    predictions: str
    sha256: str
    signature: dict[str, Any]
    measures: dict[str, dict[str, float | None]]
    counts: dict[str, Columns]
    samples: dict[Layer, Sampled] = {}

    def formulas(self) -> dict[str, Ratio]:
        """The headline measures that the system was scored on."""
        return {
            name: Ratio(np.array(found.right), np.array(found.gold), 0, 0, other_denominator=np.array(found.predicted))
            for name, found in self.counts.items()
        }


class _Boards(msgspec.Struct, forbid_unknown_fields=True):
    """What the file holds: the entries by split; "" is gold as a whole."""

    annotate: str
    boards: dict[str, list[Entry]] = {}


@dataclass(frozen=True)
class Leaderboard:
    """The systems that were scored on one gold, and their comparison; None where there is no system yet."""

    gold: str
    path: Path
    entries: Sequence[Entry]
    comparison: Comparison | None
    changed: bool = False
    """Whether this run changed the file."""


def leaderboard(
    gold: str | Path,
    action: Literal["add", "show"] = "show",
    predictions: str | Path | None = None,
    options: ScoreOptions | None = None,
    *,
    system: str | None = None,
    format: str | None = None,
    schema: str | Path | None = None,
    board: str | Path | None = None,
    replace: bool = False,
) -> Leaderboard:
    """The leaderboard of a release or a split, after a system was added or as it is.

    Args:
        gold: release folder, `name/version[/split]`, or JSON Lines file.
        action: `add` scores predictions and keeps the result, `show` reads.
        predictions: a file, with `add`.
        options: how to score, see `ScoreOptions`; the same for all systems of a board, gold's weights included.
        system: what the predictions are called; default: the name of their file.
        format: of the file, a name of `annotate.formats.READERS`; None = our JSON Lines.
        board: where the board is; default: beside the release, `VERSION.leaderboard.json`, or beside the file.
        replace: whether other predictions of a system that is there take the place of the old ones.

    Raises:
        AnnotateError: a board that is no board, a system that is there with other predictions, or a signature that does
            not agree with that of the others.
        ScoreError: problems with gold or predictions.
    """
    place = find_board(gold, board)
    if action == "show":
        if predictions is not None:
            raise AnnotateError(f"leaderboard {gold} show takes no predictions; to add them: {gold} add {predictions}")
        return _read_board(place)
    if predictions is None or str(predictions) == str(STDIO):
        raise AnnotateError("leaderboard add needs a file of predictions, whose hash it keeps")
    digest = hash_predictions(Path(predictions))
    report, _ = score_predictions(predictions, gold, options, format=format, schema=schema)
    if hash_predictions(Path(predictions)) != digest:
        raise AnnotateError(f"{predictions}: was changed while it was scored; nothing was added")
    entry = _make_entry(report, Path(predictions), digest, system or Path(predictions).stem)
    with lock_output(place.path):
        boards = _read_boards(place.path)
        entries = boards.boards.setdefault(place.split, [])
        changed = _add_entry(entries, entry, replace=replace)
        if changed:
            boards.annotate = __version__
            text = json.dumps(msgspec.to_builtins(boards), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            write_text(place.path, text + "\n")
    return dataclasses.replace(_read_board(place), changed=changed)


@dataclass(frozen=True)
class BoardPlace:
    """The file of a board, the split ("" for all of gold), what gold is called, and what annotators reach on it."""

    path: Path
    split: str
    gold: str
    ceiling: Mapping[str, float] = dataclasses.field(default_factory=dict)


def find_board(gold: str | Path, board: str | Path | None = None) -> BoardPlace:
    """Where the board of some gold is.

    Raises:
        GoldError: there is no such gold.
        AnnotateError: gold is standard input, and no board is named.
    """
    path = Path(gold)
    if path == STDIO or path.is_file():
        if board is None and path == STDIO:
            raise AnnotateError("leaderboard -: gold from standard input has no place; name the board with --board")
        return BoardPlace(Path(board) if board else path.with_name(f"{path.stem}.leaderboard.json"), "", path.name)
    from annotate.gold.load import find_release
    from annotate.gold.manifest import read_manifest

    folder, split = find_release(gold)
    manifest = read_manifest(folder)
    name = f"{manifest.ref}/{split}" if split else manifest.ref
    if board is None:
        packaged = folder.is_relative_to(resource_dir("gold"))  # those that come with the toolkit are not ours to write
        home = Path("gold", manifest.name) if packaged else folder.parent
        board = home / f"{manifest.version}.leaderboard.json"
    ceiling = {measure: value for measure, value in manifest.ceiling.items() if value is not None}
    return BoardPlace(Path(board), split or "", name, ceiling)


def hash_predictions(path: Path) -> str:
    """The SHA-256 of a file, or of the names and hashes of all files of a folder.

    Raises:
        AnnotateError: it cannot be read.
    """
    try:
        if not path.is_dir():
            return sha256_file(path)
        files = sorted(each for each in path.rglob("*") if each.is_file())
        return sha256_text("".join(f"{sha256_file(each)}  {each.relative_to(path).as_posix()}\n" for each in files))
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error


def _read_boards(path: Path) -> _Boards:
    if not path.exists():
        return _Boards(__version__)
    try:
        return msgspec.convert(decode_json(path.read_bytes()), _Boards)
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error
    except (ValueError, msgspec.ValidationError) as error:
        raise AnnotateError(f"{path}: not a leaderboard of annotate ({error}); move it away") from error


def _read_board(place: BoardPlace) -> Leaderboard:
    entries = _read_boards(place.path).boards.get(place.split, [])
    comparison = _compare_entries(entries, place.ceiling) if entries else None
    return Leaderboard(place.gold, place.path, entries, comparison)


def _compare_entries(entries: Sequence[Entry], ceiling: Mapping[str, float]) -> Comparison:
    """All systems against each other, measure by measure, from the counts that were kept."""
    samples = {layer: sampled for entry in entries for layer, sampled in entry.samples.items()}
    counts: dict[str, SystemCounts] = {}
    for measure in HEADLINES:
        formulas: dict[str, Formula] = {
            entry.system: entry.formulas()[measure] for entry in entries if measure in entry.counts
        }
        if formulas:
            n = max(len(entry.counts[measure].gold) for entry in entries if measure in entry.counts)
            sampled = samples.get(Measure.parse(measure).layer)
            counts[measure] = SystemCounts(formulas, np.arange(n), n, None if sampled is None else sampled.to_sample())
    first = entries[0].signature
    layers = [layer for layer in LAYERS if any(layer in entry.signature["layers"] for entry in entries)]
    label_map = LabelMap.from_dict(first["map"]) if "map" in first else None
    options = dataclasses.replace(
        COMPARE_OPTIONS, seed=first["seed"], ceiling=ceiling, label_map=label_map, by=first.get("by", "article")
    )
    comparison = compare_counts(counts, {**first, "layers": layers}, options)
    if first.get("weights") == "none":
        comparison.remarks.append("gold's weights are not used: all articles count alike")
    comparison.remarks += [
        f"{layer}: weighted by gold, as precise as {effective_size(np.array(sampled.weights)):.1f} of equal weight"
        for layer, sampled in samples.items()
    ]
    versions = sorted({entry.signature["annotate"] for entry in entries})
    if len(versions) > 1:
        comparison.remarks.append(f"scored by {', '.join(versions)} of annotate, by the same definitions")
    return comparison


def _make_entry(report: Report, predictions: Path, digest: str, system: str) -> Entry:
    def plain(column: Column) -> list[float]:
        return [int(value) if value == int(value) else float(value) for value in column.tolist()]

    counts = {}
    for name, formula in report.headlines.items():
        right, gold, predicted = map(plain, formula.columns())
        counts[name] = Columns(right, gold, predicted)
    kept = {**report.measures, **report.of_scores}
    return Entry(
        system=system,
        added=datetime.now(UTC).strftime("%Y-%m-%d"),
        predictions=predictions.name,
        sha256=digest,
        signature=report.signature,
        measures={name: score.to_dict() for name, score in kept.items() if "/" not in name},
        counts=counts,
        samples={
            layer: Sampled(sample.weights.tolist(), sample.stratum.tolist(), sample.spread.tolist())
            for layer, sample in report.samples.items()
        },
    )


def _add_entry(entries: list[Entry], entry: Entry, *, replace: bool) -> bool:
    """Whether the entries have changed."""
    others = [other for other in entries if other.system != entry.system]
    for other in others:
        differing = compare_signatures(other.signature, entry.signature)
        if differing:
            raise AnnotateError(
                f"{entry.system} cannot be added, its values are not comparable with those of {other.system}: "
                f"{'; '.join(differing)}. Score all systems of a board in the same way, or use another --board"
            )
        if any(other.samples[layer] != entry.samples[layer] for layer in other.samples.keys() & entry.samples.keys()):
            raise AnnotateError(
                f"{entry.system} cannot be added: gold's articles were in other strata, or had other chances, when "
                f"{other.system} was scored. Score all systems of a board on the same gold, or use another --board"
            )
    present = next((other for other in entries if other.system == entry.system), None)
    if present is not None:
        same = present.sha256 == entry.sha256 and not compare_signatures(present.signature, entry.signature)
        if same and present.signature["layers"] == entry.signature["layers"]:
            return False
        if not replace:
            what = "scored in another way" if present.sha256 == entry.sha256 else "with other predictions"
            raise AnnotateError(
                f"{entry.system} is on the board since {present.added}, {what}; choose another --system, or --replace"
            )
    entries[:] = sorted([*others, entry], key=lambda entry: entry.system)
    return True


def compare_signatures(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Why values under two signatures cannot be compared: `key: one, here other`; empty where they can.

    Systems may have been scored on different layers: then only what concerns shared ones is compared. The version of
    the toolkit plays no part, that of the definitions does.

    >>> compare_signatures({"seed": 0, "layers": []}, {"seed": 1, "layers": []})
    ['seed: 0, here 1']
    """
    shared = set(one["layers"]) & set(other["layers"])
    of_layers = {"tokens", "claim_threshold", "sentences"}
    # gold's labels, and so its counts, its hash and that of its schema, follow from the map
    of_map = {"gold_sha256", "gold_spans", "documents", "schema_sha256"}
    differing = []
    for key in sorted({*one, *other} - {"layers", "annotate"}):
        ours, theirs = one.get(key), other.get(key)
        if key in of_map and one.get("map") != other.get("map"):
            continue
        if key in ("documents", "gold_spans"):
            ours, theirs = (
                {layer: side[layer] for layer in side if layer in shared} for side in (ours, theirs) if side
            )
        if ours != theirs and not (key in of_layers and (ours is None or theirs is None)):
            differing.append(f"{key}: {_shorten(key, ours)}, here {_shorten(key, theirs)}")
    return differing


def _shorten(key: str, value: Any) -> str:
    if value is None:
        return "none"
    if key == "map":
        return str(LabelMap.from_dict(value))
    return shorten(value[:12] if isinstance(value, str) and len(value) == 64 else str(value), 80)


def write_board(board: Leaderboard, path: Path, format: str) -> None:
    """The leaderboard in a file (`-` = standard output) as table, markdown, html or json."""
    if board.comparison is None:
        raise AnnotateError(f"{board.path}: no system yet; add one: annotate leaderboard {board.gold} add P.jsonl")
    rows = [[entry.system, entry.predictions, entry.sha256[:12], entry.added] for entry in board.entries]
    entries = [msgspec.to_builtins(entry) for entry in board.entries]
    further = {"entries": [{key: value for key, value in entry.items() if key != "counts"} for entry in entries]}
    write_comparison(
        board.comparison,
        path,
        format,
        title=f"Leaderboard of {board.gold}",
        tables=[Table("systems", ("system", "predictions", "sha256", "added"), rows, words=(0, 1))],
        further=further,
    )


def make_comparison_tables(comparison: Comparison) -> list[Table]:
    """For each measure the leaderboard; then the differences, and what this gold can show."""
    tables = [_leaderboard(comparison, measure) for measure in comparison.measures]
    for measure in comparison.measures:
        found = [difference for difference in comparison.differences if difference.measure == measure]
        tables += [_differences(measure, found), _power(measure, found)] if found else []
    return tables


def show_comparison(comparison: Comparison) -> str:
    """The comparison as the output of a cell of a notebook."""
    return wrap_output(draw_blocks([*make_comparison_tables(comparison), *make_notes(comparison)]))


def _leaderboard(comparison: Comparison, measure: str) -> Table:
    standings = [standing for standing in comparison.standings if standing.measure == measure]
    rows = [
        [str(rank), row.system, format_value(row.value), format_interval(row.low, row.high), row.letters]
        for rank, row in enumerate(standings, 1)
    ]
    if measure in comparison.ceiling:
        rows.append(["", "annotators", format_value(comparison.ceiling[measure]), "", ""])
    count = comparison.articles[measure]
    n = format_count(count, "story" if comparison.signature.get("by") == "story" else "article")
    title = f"{measure}: {n}; systems that share a letter do not differ significantly"
    return Table(title, ("#", "system", "value", "95 % interval", "group"), rows, words=(1,))


def _differences(measure: str, differences: list[Difference]) -> Table:
    rows = [
        [
            found.better,
            found.worse,
            f"{found.difference:+.3f}",
            format_interval(found.low, found.high),
            _p(found.p),
            _p(found.p_holm),
            "yes" if found.significant else "no",
        ]
        for found in differences
    ]
    columns = ("better", "worse", "by", "95 % interval", "p", "p, Holm", "significant")
    return Table(f"{measure}: differences, paired", columns, rows, words=(0, 1))


def _power(measure: str, differences: list[Difference]) -> Table:
    rows = [[found.better, found.worse, format_value(found.detectable), _more(found)] for found in differences]
    columns = ("better", "worse", "detectable", "more articles needed")
    return Table(f"{measure}: the smallest difference that this gold can show", columns, rows, words=(0, 1, 3))


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _more(found: Difference) -> str:
    if found.significant:
        return "none"
    if found.more_articles is None:
        return "not known"
    return f"about {found.more_articles:,}" if found.more_articles else "a larger gold should do"


_PAGE = """
{% for table in tables %}
<h2>{{ table.title }}</h2>
<table>
<thead><tr>
{% for column in table.columns %}
<th scope="col"{% if loop.index0 not in table.words %} class="number"{% endif %}>{{ column }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for row in table.rows %}
<tr>
{% for cell in row %}<td{% if loop.index0 not in table.words %} class="number"{% endif %}>{{ cell }}</td>{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
{% endfor %}
{% for note in notes %}<p>{{ note }}</p>{% endfor %}
"""


def write_comparison(
    comparison: Comparison,
    path: Path,
    format: str,
    *,
    title: str | None = None,
    tables: Sequence[Table] = (),
    further: Mapping[str, Any] | None = None,
) -> None:
    """The comparison in a file (`-` = standard output) as table, markdown, html or json.

    Args:
        title: of the page; None names the gold that was compared on.
        tables: to be shown behind those of the comparison.
        further: what JSON has beside the comparison.
    """
    tables, notes = [*make_comparison_tables(comparison), *tables], make_notes(comparison)
    if path == STDIO and format == "table":
        print_blocks([*tables, *notes])
        return
    if format == "json":
        text = json.dumps({**comparison.to_dict(), **(further or {})}, ensure_ascii=False, allow_nan=False, indent=2)
        if path == STDIO:
            print_json(text)
            return
        text += "\n"
    elif format == "markdown":
        text = to_markdown([*tables, *notes]) + "\n"
    elif format == "html":
        title = title or f"Comparison on {comparison.signature.get('gold') or 'gold'}"
        text = render_page(title, _PAGE, {"tables": list(map(dataclasses.asdict, tables)), "notes": notes})
    else:
        text = to_text([*tables, *notes]) + "\n"
    if path == STDIO:
        print_data(text)
    else:
        write_text(path, text)
