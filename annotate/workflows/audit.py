"""Likely errors in gold, found, written down, and sent to a project where annotators can correct them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from annotate.audit import Finding, find_likely_errors, to_queue
from annotate.gold.load import load_gold
from annotate.jsonl import RecordSource, gather_records, write_records
from annotate.records import GoldRecord, Prediction
from annotate.schema import Schema, load_schema


def audit_gold(
    gold: str | Path | Iterable[GoldRecord],
    predictions: Iterable[RecordSource[Prediction]] = (),
    *,
    output: str | Path | None = None,
    push: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
) -> list[Finding]:
    """The places in gold that look wrong, the likeliest errors first.

    Args:
        gold: as for `load_gold`, or the records; with texts.
        predictions: of several systems, a JSON Lines file or the records of each; the checks on systems need two.
        output: where the findings go as JSON Lines (`-` = standard output); None writes nothing.
        push: the project that the articles with findings are sent to; see `push_predictions` for `url` and `api_key`.
        schema: the labels of that project; None = `news`.

    >>> from annotate.records import Entity
    >>> text = "Rome fell. Rome rose. Rome slept. Rome woke."
    >>> record = GoldRecord(id="a", text=text, entities=[Entity(start, start + 4, "GPE") for start in (0, 11, 22)])
    >>> [(found.check, found.start, found.reason) for found in audit_gold([record])]
    [('unmarked', 34, 'marked as GPE in 3 of 4 places')]

    Raises:
        GoldError: there is no such gold, or records have no text.
        RecordError: a file of predictions has problems.
        LabelStudioError: the server cannot be reached, or refuses.
        MissingExtraError: `push` is given, and the extra `labelstudio` is not installed.
    """
    if push is not None:
        from annotate.labelstudio.connection import require_client

        require_client()
    schema = load_schema(schema)
    records = load_gold(gold) if isinstance(gold, (str, Path)) else list(gold)
    systems = {
        f"{i}: {source}" if isinstance(source, (str, Path)) else f"{i}": gather_records(source, Prediction)
        for i, source in enumerate(predictions)
    }
    findings = find_likely_errors(records, systems)
    if push is not None and findings:
        from annotate.labelstudio.push.push import push_predictions

        push_predictions(to_queue(records, findings), push, url=url, api_key=api_key, schema=schema)
    if output is not None:
        write_records(Path(output), findings)
    return findings
