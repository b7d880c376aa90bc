"""What a release without its texts, or with them again, keeps of the release that it was made from."""

from __future__ import annotations

import re
from pathlib import Path

from annotate.files import read_text
from annotate.gold.contents import CARD, CHANGES, SCHEMA
from annotate.gold.manifest import Manifest
from annotate.release.card import STAND_OFF_NOTE
from annotate.release.writer import ReleaseWriter

_NOTE = re.compile(r"<!-- stand-off -->.*?<!-- /stand-off -->\n\n", re.DOTALL)


def finish_copy(writer: ReleaseWriter, source: Path, manifest: Manifest) -> Manifest:
    """Write everything but the tables of a release made from the one in `source`; returns the new manifest.

    A signature is not copied, since the bytes are others. With the tables of the release itself and its manifest this
    gives the bytes of the release.

    Args:
        manifest: that of `source`, with what the copy changes.
    """
    for name in (SCHEMA, CHANGES):
        writer.add_file(name, read_text(source / name))
    card = None
    if manifest.format == 1:  # toolkit 0.1 kept the user's part of the card nowhere else
        card = change_card(read_text(source / CARD), stand_off=manifest.stand_off, note=STAND_OFF_NOTE)
    return writer.finish(manifest, card=card)


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
