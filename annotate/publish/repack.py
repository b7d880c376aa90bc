"""A release with changed records under the same name: without its texts, or with them again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from annotate.artifacts.features import to_features, to_token_features
from annotate.files import read_text, write_text
from annotate.gold.load import split_files
from annotate.gold.manifest import MANIFEST, Manifest, SplitEntry, encode_manifest, hash_files, read_manifest
from annotate.gold.parquet import ROWS_PER_FILE, iter_gold, table_names, write_rows
from annotate.gold.rows import hash_row, to_row
from annotate.records import GoldRecord
from annotate.release.counts import Counts
from annotate.release.croissant import to_croissant
from annotate.release.tokens import RULE, TokenTable
from annotate.schema import load_schema

_NOTE = re.compile(r"<!-- stand-off -->.*?<!-- /stand-off -->\n\n", re.DOTALL)


def repack(
    source: Path,
    out: Path,
    change: Callable[[GoldRecord], GoldRecord],
    *,
    stand_off: bool,
    note: str = "",
    add: Callable[[Path], dict[str, int]] = lambda folder: {},
) -> Manifest:
    """Write the release in `source`, each record changed, into the empty folder `out`; returns the new manifest.

    With unchanged records and `stand_off=False` this gives the bytes of the release itself.

    Args:
        stand_off: leave the config `tokens` out, which is text.
        note: Markdown for the card, above its first heading's text.
        add: writes further files and returns the rows of those that are tables.
    """
    manifest = read_manifest(source)
    schema = load_schema(source / "schema.toml")
    counts, table = Counts(), TokenTable(schema)
    features, token_features = to_features(schema), to_token_features(schema)
    splits: dict[str, SplitEntry] = {}
    rows: dict[str, int] = {}

    def records(path: Path, hashes: list[str]) -> Iterator[GoldRecord]:
        for record in iter_gold(path):
            changed = change(record)
            counts.add(changed)
            hashes.append(hash_row(changed))
            yield changed

    for split, entry in manifest.splits.items():
        hashes: list[str] = []
        names = zip(
            split_files(source, manifest, split),
            table_names("data", split, entry.articles),
            table_names("tokens", split, entry.articles),
            strict=True,
        )
        for n, (path, data, tokens) in enumerate(names):
            write_rows(out / data, map(to_row, records(path, hashes)), features)
            rows[data] = min(ROWS_PER_FILE, entry.articles - n * ROWS_PER_FILE)
            if not stand_off:
                write_rows(out / tokens, map(table.to_row, iter_gold(out / data)), token_features)
                rows[tokens] = rows[data]
        splits[split] = msgspec.structs.replace(entry, row_hashes=hashes)
    shutil.copyfile(source / "schema.toml", out / "schema.toml")
    manifest.files = hash_files(out, rows)
    write_text(
        out / "croissant.json",
        to_croissant(
            name=manifest.name,
            version=manifest.version,
            description=schema.description,
            licence=manifest.licence or "not stated",
            date=manifest.date,
            files=manifest.files,
            configs={"data": features, **({} if stand_off else {"tokens": token_features})},
        ),
    )
    shutil.copyfile(source / "CHANGES.md", out / "CHANGES.md")
    write_text(out / "README.md", change_card(read_text(source / "README.md"), stand_off=stand_off, note=note))
    rows.update(add(out))
    reports = {layer: msgspec.to_builtins(table.reports[layer]) for layer in schema.layers}
    manifest = msgspec.structs.replace(
        manifest,
        stand_off=stand_off,
        counts=counts.to_dict(),
        provenance=counts.provenance(),
        splits=splits,
        tokens={} if stand_off else {"rule": RULE, "layers": reports},
        agreement=_without_examples(manifest.agreement) if stand_off else manifest.agreement,
        files=hash_files(out, rows),
    )
    write_text(out / MANIFEST, encode_manifest(manifest))
    return manifest


def change_card(card: str, *, stand_off: bool, note: str = "") -> str:
    """The card with or without the config `tokens` in its header, and with the note or without any.

    >>> card = "---\\nconfigs:\\n- config_name: default\\n  path: data/a\\n---\\n\\n# news 1.0.0\\n\\nText.\\n"
    >>> full = change_card(card, stand_off=False)
    >>> change_card(change_card(full, stand_off=True, note="No texts."), stand_off=False) == full
    True
    """
    card = _NOTE.sub("", card)
    front, divider, body = card.partition("\n---\n")
    front = re.sub(r"^- config_name: tokens\n(?:  .*\n?|- (?!config_name).*\n?)*", "", front + "\n", flags=re.MULTILINE)
    if not stand_off:
        block = re.search(r"^- config_name: default\n(?:  .*\n)*", front, re.MULTILINE)
        if block:
            tokens = block[0].replace("config_name: default", "config_name: tokens").replace(" data/", " tokens/")
            front = front.replace(block[0], block[0] + re.sub(r"^  default: true\n", "", tokens, flags=re.MULTILINE))
    if note:
        body = re.sub(
            r"^# .*\n\n",
            lambda heading: f"{heading[0]}<!-- stand-off -->\n{note.strip()}\n<!-- /stand-off -->\n\n",
            body,
            count=1,
            flags=re.MULTILINE,
        )
    return front.rstrip("\n") + divider + body


def _without_examples(agreement: dict[str, object] | None) -> dict[str, object] | None:
    """Agreement without the examples of its patterns, which quote the articles."""
    if agreement is None or not isinstance(agreement.get("patterns"), list):
        return agreement
    patterns = [
        {key: value for key, value in pattern.items() if key != "examples"}
        for pattern in agreement["patterns"]  # type: ignore[attr-defined]
    ]
    return {**agreement, "patterns": patterns}
