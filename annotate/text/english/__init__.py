"""Word lists of English, as data files beside this one, each read once.

The files are `abbreviations`, `calendar`, `capitals`, `lines`, `numbers`, `products` and `titles`. Lists that only one
pre-annotator needs are beside its code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from annotate.files import load_toml

_FOLDER = Path(__file__).parent


@cache
def load_lists(name: str, folder: Path = _FOLDER) -> dict[str, Any]:
    """The content of one file of lists, such as `titles`; each list is one string."""
    return load_toml(folder / f"{name}.toml")


def load_words(name: str, *keys: str) -> tuple[str, ...]:
    """The single words of one file's lists with these keys, in order; of all its lists where no key is given.

    >>> load_words("calendar", "weekdays")[:2]
    ('Monday', 'Tuesday')
    """
    lists = load_lists(name)
    return tuple(word for key in keys or lists for word in lists[key].split())


def split_names(text: str) -> list[str]:
    """Names separated by commas, over any number of lines.

    >>> split_names("Iraq,\\nUnited  Kingdom")
    ['Iraq', 'United Kingdom']
    """
    return [name for part in text.split(",") if (name := " ".join(part.split()))]


def load_names(name: str, key: str) -> tuple[str, ...]:
    """One list of names or phrases of a file, in order.

    >>> "prime minister" in load_names("titles", "before_names")
    True
    """
    return tuple(split_names(load_lists(name)[key]))


@cache
def list_country_names() -> tuple[tuple[str, ...], ...]:
    """The names of each country in the order of ISO 3166, the everyday one first; without what follows a comma.

    >>> [names for names in list_country_names() if "Vietnam" in names]
    [('Vietnam', 'Viet Nam')]
    """
    import pycountry

    return tuple(
        tuple(dict.fromkeys(name.partition(",")[0] for name in (getattr(one, "common_name", one.name), one.name)))
        for one in pycountry.countries
    )


def list_countries() -> list[str]:
    """The everyday names of all countries.

    >>> "Iraq" in list_countries(), "Bolivia" in list_countries()
    (True, True)
    """
    return [names[0] for names in list_country_names()]
