"""What kind of name a name must be by its form, where the network took it for another."""

from __future__ import annotations

import re
from functools import cache

from annotate.text.english import load_lists, load_names, split_names

PLACES = frozenset({"GPE", "LOC", "FAC"})

_NUMERAL = re.compile(r"I{1,3}|IV|VI{0,3}|IX|XI{0,3}|XIV")
_STATE = re.compile(r"(?:[A-Z][\w’']+ )*(?:Republic|Kingdom|Commonwealth|Emirate) of (?:the )?[A-Z]\S*(?: [A-Z]\S*)?")
_LAND = re.compile(r"[A-Z][a-z]{2,}(?:ia|land|stan|asus)")
#: People known by their initials.
_INITIALS = frozenset({"JFK", "FDR", "LBJ", "RFK", "AOC", "RBG", "MLK", "DSK", "OJ", "MBS"})


def label_by_form(text: str, start: int, end: int, label: str) -> str:
    """The label of the name `text[start:end]`: another than `label` where its form speaks against that.

    >>> label_by_form("Christopher Columbus sailed", 0, 20, "GPE"), label_by_form("Ann Chiang of DAB", 14, 17, "PERSON")
    ('PERSON', 'ORG')
    """
    form = text[start:end]
    if label in PLACES and _is_person(form, text[max(start - 6, 0) : start]):
        return "PERSON"
    if label == "ORG" and _STATE.fullmatch(form):
        return "GPE"
    if label == "NORP" and form not in ("Shia", "Islamophobia") and _LAND.fullmatch(form):
        return "GPE"
    if label == "PERSON" and 2 <= len(form) <= 4 and form.isupper() and form.isalpha() and form not in _INITIALS:
        return "ORG"
    return label


def _is_person(form: str, before: str) -> bool:
    """Whether what looks like a place is a ruler with a number, or begins with a first name and is no known place."""
    words = form.split()
    if len(words) == 2 and _NUMERAL.fullmatch(words[1]):
        return True
    if not 2 <= len(words) <= 3 or re.search(r"\b(?:in|at|from|near|to|of)\s+$", before, re.I):
        return False
    return words[0] in _first_names() and words[-1] not in _place_words()


@cache
def _first_names() -> frozenset[str]:
    """First names that are neither words nor parts of places' names."""
    words = (
        "Roman Art Sandy Virginia Victoria Florence Lincoln Charlotte Louis George Christian Dale Earl Dean Marine Wolf"
    )
    words += " Penny Crystal Dawn Joy Grace Rose Morgan Brooke Robin Rod Lee Al San Guy June April Rand Kirk Ross Troy"
    return frozenset(load_names("titles", "first_names")) - set(words.split())


@cache
def _place_words() -> frozenset[str]:
    """Words that end the name of a place or of an organisation."""
    return frozenset(word for words in load_lists("titles")["suffixes"].values() for word in split_names(words))
