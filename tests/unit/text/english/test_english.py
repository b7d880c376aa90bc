"""Word lists: every one is read, holds no word twice, and those that published scores depend on stay as they are."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from annotate.text import english
from annotate.text.sentences import SPLITTER, split_sentences

FILES = sorted(path.stem for path in Path(english.__file__).parent.glob("*.toml"))


def lists_in(value: dict[str, Any] | str, place: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(place, value)]
    return [pair for key, inner in value.items() for pair in lists_in(inner, f"{place}.{key}")]


@pytest.mark.parametrize("name", FILES)
def test_every_list_has_words_and_none_twice(name: str) -> None:
    for place, text in lists_in(english.load_lists(name), name):
        words = english.split_names(text) if name == "titles" else text.split()
        assert words, place
        assert len(words) == len(set(words)), (place, sorted(word for word in words if words.count(word) > 1))


def test_an_abbreviation_is_in_one_list() -> None:
    words = english.load_words("abbreviations")
    assert len(words) == len(set(words))


def test_the_abbreviations_of_the_scores_splitter_are_those_that_its_name_stands_for() -> None:
    assert SPLITTER == "annotate-sentences-1"
    known = "Mr Mrs Ms Dr Prof Gen Col Lt Sgt Capt Maj Sen Rep Gov Rev Hon St Jr Sr vs Inc Corp Co Ltd No etc e.g i.e"
    known += " Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
    others = set(itertools.chain(english.load_words("abbreviations"), english.load_words("calendar"))) - set(
        known.split()
    )
    for word in known.split():
        assert len(split_sentences(f"Here {word}. Then more.")) == 1, word
    for word in others:
        assert len(split_sentences(f"Here {word}. Then more.")) == 2, word


def test_countries_have_their_everyday_name_first_and_nothing_behind_a_comma() -> None:
    names = english.list_country_names()
    assert len(names) > 240
    assert [len(found) for found in names if "Bolivia" in found or "Iraq" in found] == [1, 1]
    assert not [name for found in names for name in found if re.search(r",|^\s|\s$", name)]
