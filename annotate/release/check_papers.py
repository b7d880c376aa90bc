"""Whether a release's card, `CHANGES.md` and `croissant.json` follow from its manifest, schema and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from annotate.errors import AnnotateError, GoldError
from annotate.files import read_text
from annotate.gold.contents import CARD, CHANGES, CROISSANT, ORIGIN, read_origin
from annotate.gold.diff.diff import diff_releases
from annotate.gold.manifest import MANIFEST, Manifest
from annotate.release.card import front_matter, spell, to_card
from annotate.release.changes import render_changes
from annotate.release.croissant import render_croissant
from annotate.schema import Schema


def find_paper_problems(folder: Path, manifest: Manifest, schema: Schema, parent: Path | None) -> Iterator[str]:
    """A sentence for each of these files that does not follow from the manifest, the schema and the tables.

    Args:
        manifest: its counts already compared with the tables.
        parent: the folder of the parent release, if it is there and is the one that the manifest names.
    """
    try:
        card, changes, croissant = (read_text(folder / name) for name in (CARD, CHANGES, CROISSANT))
    except AnnotateError as error:
        yield str(error)
        return
    if croissant != render_croissant(manifest, schema):
        yield f"{CROISSANT} does not describe the tables and {MANIFEST}"
    if manifest.format == 1:
        yield from _find_old_card_problems(card, manifest, schema)
    elif card != to_card(manifest, schema):
        yield f"{CARD} is not the card of this {MANIFEST}: {_first_difference(card, to_card(manifest, schema))}"
    yield from _find_changes_problems(folder, changes, manifest, parent)
    if ORIGIN in manifest.files:
        yield from _find_origin_problems(folder, manifest)


def _find_origin_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    try:
        origin = read_origin(folder)
    except AnnotateError as error:
        yield str(error)
        return
    articles = {split: entry.articles for split, entry in manifest.splits.items()}
    if {split: len(hashes) for split, hashes in origin.rows.items()} != articles:
        yield f"{ORIGIN} has other splits or articles than {MANIFEST}"
    if manifest.format > 1 and origin.digest != manifest.made_from:
        yield f"{ORIGIN} is of another release than {MANIFEST} was made from"


def _find_old_card_problems(card: str, manifest: Manifest, schema: Schema) -> Iterator[str]:
    """Toolkit 0.1 kept the user's part of the card in the card alone; header, heading, numbers and licence follow."""
    head, _, body = card.removeprefix("---\n").partition("\n---\n")
    found, expected = head.split("\n"), list(front_matter(manifest, schema))
    if not card.startswith("---\n") or len(found) != len(expected) or not all(map(_same_yaml, found, expected)):
        yield f"{CARD}: its header does not follow from {MANIFEST}"
    lines = set(body.split("\n"))
    counts = manifest.counts
    rows = [
        f"# {manifest.name} {manifest.version}",
        *(
            f"| {' | '.join([split, *(str(has.get(key, 0)) for key in ('articles', *counts['layers']))])} |"
            for split, has in counts["splits"].items()
        ),
        f"Annotations: {manifest.licence or 'no licence stated; ask before you pass them on'}.",
    ]
    yield from (f"{CARD}: expected the line {row!r}" for row in rows if row not in lines)


def _same_yaml(found: str, expected: str) -> bool:
    """Whether two lines are the same apart from how their scalar is quoted."""
    if found == expected:
        return True
    match = re.fullmatch(r"((?: *- )?(?: *\w+: )?)'(.*)'", found)
    return match is not None and expected == match[1] + spell(match[2].replace("''", "'"))


def _find_changes_problems(folder: Path, changes: str, manifest: Manifest, parent: Path | None) -> Iterator[str]:
    head = [f"# Changes in {manifest.ref}", "", "First release."]
    if manifest.parent is not None:
        head[-1] = f"Against {manifest.name}/{manifest.parent.version}."
    if changes.split("\n")[:3] != head:
        yield f"{CHANGES}: expected to begin with {head[0]!r} and {head[-1]!r}"
        return
    # with other texts than the release was built from, the comparison would come out otherwise
    if manifest.format == 1 or manifest.stand_off or manifest.made_from:
        return
    if manifest.parent is not None and parent is None:
        return
    try:
        diff = None if parent is None else diff_releases(parent, folder)
        expected = render_changes(diff, ref=manifest.ref, left_out=manifest.left_out)
    except GoldError as error:
        yield str(error)
        return
    if changes != expected:
        yield f"{CHANGES} does not list what changed against {'nothing' if parent is None else parent}"


def _first_difference(found: str, expected: str) -> str:
    pairs = zip([*found.split("\n"), None], [*expected.split("\n"), None], strict=False)
    for number, (have, want) in enumerate(pairs, 1):
        if have != want:
            return f"line {number} is {_short(have)}, expected {_short(want)}"
    return "it has other bytes"


def _short(line: str | None) -> str:
    return "missing" if line is None else repr(line if len(line) <= 60 else f"{line[:60]}...")
