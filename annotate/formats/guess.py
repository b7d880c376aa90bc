"""Which foreign format a file seems to be in, for the message about a file that is not in ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotate.files import open_input
from annotate.jsonl import decode_json
from annotate.problems import BOM
from annotate.records import LAYERS
from annotate.text.bio import TAG

_SUFFIXES = {
    **dict.fromkeys((".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes"), "conll"),
    ".spacy": "spacy",
    ".parquet": "hf",
    ".arrow": "hf",
    ".ann": "brat",
}
_HEAD = 1 << 20  # bytes; no more of a file is looked at
_LINES = 50


def guess_format(path: Path) -> str | None:
    """The foreign format that the file or folder seems to be in; None where it may be in ours, or nothing is certain.

    Only regular files and folders are looked at: what is in a pipe can be read once.

    Raises:
        OSError: the file cannot be read.
    """
    if path.is_dir():
        if next(path.rglob("*.ann"), None):
            return "brat"
        return "hf" if any((path / name).exists() for name in ("dataset_info.json", "state.json")) else None
    if not path.is_file():
        return None
    with open_input(path) as file:
        head = file.read(_HEAD).removeprefix(BOM).lstrip()
    if head.startswith(b"PAR1"):
        return "hf"
    if head.startswith(b"x\x9c"):  # zlib, by which a DocBin is packed
        return "spacy"
    if head.startswith(b"["):
        return "labelstudio" if any(key in head for key in (b'"annotations"', b'"predictions"')) else None
    if head.startswith(b"{"):
        try:
            return _guess_by_keys(decode_json(head.partition(b"\n")[0]))
        except ValueError:
            return None
    return _SUFFIXES.get(path.suffix.lower()) or ("conll" if _has_tags(head) else None)


def _guess_by_keys(found: dict[str, Any]) -> str | None:
    """The format whose keys the first object has.

    >>> _guess_by_keys({"text": "Go.", "spans": []}), _guess_by_keys({"id": "a", "entities": [["Mosul", "GPE"]]})
    ('prodigy', 'strings')
    """
    layers = [found[layer] for layer in LAYERS if found.get(layer) is not None]
    if not layers:
        if isinstance(found.get("data"), dict) and ("annotations" in found or "predictions" in found):
            return "labelstudio"
        return "prodigy" if "text" in found and "spans" in found else None
    for items in layers:
        if not isinstance(items, list):
            return "strings"
        for item in items:
            content = item.get("content") if isinstance(item, dict) else None
            if not isinstance(item, dict) or isinstance(content, str):
                return "strings"
            has_offsets = "start" in item or any(isinstance(piece, dict) for piece in content or ())
            if not has_offsets and ("text" in item or content):
                return "strings"
    return None


def _has_tags(head: bytes) -> bool:
    """Whether the first lines are columns, and most of them have a tag.

    >>> _has_tags(b"Ana B-PERSON\\nmet O\\n"), _has_tags(b"O, no. It was Ana who met them.")
    (True, False)
    """
    lines = [line.split() for line in head.decode("utf-8", "replace").split("\n")[:_LINES]]
    rows = [cells for cells in lines if cells and not cells[0].startswith("#")]
    tagged = sum(any(map(TAG.fullmatch, cells[1:])) for cells in rows)
    return tagged > len(rows) // 2
