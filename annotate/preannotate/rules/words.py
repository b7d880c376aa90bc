"""Word lists of the rules, as data files beside the code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from annotate.files import load_toml

_DATA = Path(__file__).parent / "data"


@cache
def load_lists(name: str) -> dict[str, Any]:
    """The content of one data file, such as `names`."""
    return load_toml(_DATA / f"{name}.toml")


def load_words(key: str) -> frozenset[str]:
    """One list of single words out of `words.toml`.

    >>> "al" in load_words("particles")
    True
    """
    return frozenset(load_lists("words")[key].split())


def split_names(text: str) -> list[str]:
    """Names separated by commas, over any number of lines.

    >>> split_names("Iraq,\\nUnited  Kingdom")
    ['Iraq', 'United Kingdom']
    """
    return [name for part in text.split(",") if (name := " ".join(part.split()))]


def list_countries() -> list[str]:
    """Short names of all countries, in the order of ISO 3166.

    >>> "Iraq" in list_countries(), "Bolivia" in list_countries()
    (True, True)
    """
    import pycountry

    return [getattr(country, "common_name", country.name).split(",")[0] for country in pycountry.countries]


def load_cues(key: str) -> frozenset[str]:
    """One list of single words out of `cues.toml`.

    >>> "said" in load_cues("speech")
    True
    """
    return frozenset(load_lists("cues")[key].split())
