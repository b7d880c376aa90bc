"""A release with changed records under the same name: without its texts, or with them again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from annotate.artifacts.features import to_features, to_token_features
from annotate.files import read_text, write_text
from annotate.gold.contents import CARD, CHANGES, CROISSANT, SCHEMA
from annotate.gold.load import split_files
from annotate.gold.manifest import MANIFEST, Manifest, SplitEntry, encode_manifest, hash_files, read_manifest
from annotate.gold.parquet import ROWS_PER_FILE, iter_gold, table_names, write_rows
from annotate.gold.rows import hash_row, to_row
from annotate.records import GoldRecord
from annotate.release.card import STAND_OFF_NOTE, to_card
from annotate.release.counts import Counts
from annotate.release.papers import render_croissant
from annotate.release.tokens import RULE, TokenTable
from annotate.schema import Schema, load_schema

_NOTE = re.compile(r"<!-- stand-off -->.*?<!-- /stand-off -->\n\n", re.DOTALL)


def repack(
    source: Path,
    out: Path,
    change: Callable[[GoldRecord], GoldRecord],
    *,
    stand_off: bool,
    made_from: str | None,
    add: Callable[[Path], dict[str, int]] = lambda folder: {},
) -> Manifest:
    """Write the release in `source`, each record changed, into the empty folder `out`; returns the new manifest.

    A signature does not come along, since the bytes are others. With unchanged records, `stand_off=False` and
    `made_from=None` this gives the bytes of the release itself.

    Args:
        stand_off: leave the config `tokens` out, which is text.
        made_from: the digest of the release that this one comes from; None if it is that release again.
        add: writes further files and returns the rows of those that are tables.
    """
    manifest = read_manifest(source)
    schema = load_schema(source / SCHEMA)
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
    for name in (SCHEMA, CHANGES):
        shutil.copyfile(source / name, out / name)
    rows.update(add(out))
    reports = {layer: msgspec.to_builtins(table.reports[layer]) for layer in schema.layers}
    manifest = msgspec.structs.replace(
        manifest,
        stand_off=stand_off,
        made_from=made_from,
        counts=counts.to_dict(),
        provenance=counts.provenance(),
        splits=splits,
        tokens={} if stand_off else {"rule": RULE, "layers": reports},
        files=hash_files(out, rows),
    )
    write_text(out / CROISSANT, render_croissant(manifest, schema))
    write_text(out / CARD, _make_card(source, manifest, schema))
    manifest.files = hash_files(out, rows)
    write_text(out / MANIFEST, encode_manifest(manifest))
    return manifest


def _make_card(source: Path, manifest: Manifest, schema: Schema) -> str:
    if manifest.format > 1:
        return to_card(manifest, schema)
    # toolkit 0.1 kept the user's part of the card nowhere else
    return change_card(read_text(source / CARD), stand_off=manifest.stand_off, note=STAND_OFF_NOTE)


def change_card(card: str, *, stand_off: bool, note: str) -> str:
    """The card of a release by toolkit 0.1 for a release with other contents.

    Args:
        stand_off: without the config `tokens` in the header and with the note above the text; else the other way.

    >>> card = "---\\nconfigs:\\n- config_name: default\\n  path: data/a\\n---\\n\\n# news 1.0.0\\n\\nText.\\n"
    >>> full = change_card(card, stand_off=False, note="No texts.")
    >>> change_card(change_card(full, stand_off=True, note="No texts."), stand_off=False, note="") == full
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
    if stand_off:
        body = re.sub(
            r"^# .*\n\n",
            lambda heading: f"{heading[0]}<!-- stand-off -->\n{note.strip()}\n<!-- /stand-off -->\n\n",
            body,
            count=1,
            flags=re.MULTILINE,
        )
    return front.rstrip("\n") + divider + body
