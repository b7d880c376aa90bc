"""Word lists that only the rules need, as data files beside the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotate.text import english

_DATA = Path(__file__).parent / "data"


def load_lists(name: str) -> dict[str, Any]:
    """The content of one data file, such as `names`."""
    return english.load_lists(name, _DATA)


def load_words(key: str) -> frozenset[str]:
    """One list of single words out of `words.toml`.

    >>> "al" in load_words("particles")
    True
    """
    return frozenset(load_lists("words")[key].split())


def load_cues(key: str) -> frozenset[str]:
    """One list of single words out of `cues.toml`.

    >>> "said" in load_cues("speech")
    True
    """
    return frozenset(load_lists("cues")[key].split())
