"""What every preannotator keeps: valid spans on any text, no exception, the checked-in list of names."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.preannotate.registry import default_preannotator, list_preannotators
from annotate.preannotate.rules import find_layers
from annotate.records import Layers
from annotate.schema import find_label_problems, load_schema
from annotate.spans import find_span_problems, overlap

NAMES = ["llm:MODEL", "news", "rules", "spacy:NAME_OR_PATH", "trained:DIR"]

WORDS = st.sampled_from([
    "“", "”", '"', "''", "``", "‘", "’", "'", "«", "»", ".", ",", ":", ";", "?", "!", "…", "—", "-", "(", ")", "\n",
    "\n\n", "\u2028", "\x00", "\ufeff", "said", "told", "that", "according", "to", "Biden", "U.S.", "Mr.", "he",
    "al", "-", "Iraq", "2,500", "$5", "percent", "May", "1", "Monday", "one", "year", "🌞", "שלום", "مرحبا", "é",
    "said.", "and,", ",”", ".”", "vowed", "to", "who",
])  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=60).map("".join)
)


def check(layers: Layers, text: str) -> None:
    assert list(find_span_problems(layers, text)) == []
    assert list(find_label_problems(layers, load_schema())) == []
    assert layers.entities is not None
    assert layers.quotes is not None
    assert layers.claims is not None
    for left, right in zip(layers.entities, layers.entities[1:], strict=False):
        assert overlap(left, right) == 0, "entities are flat"
    for span in layers.entities + layers.claims:
        assert not text[span.start].isspace()
        assert not text[span.end - 1].isspace()


def test_the_names_are_the_checked_in_ones() -> None:
    assert list_preannotators() == NAMES
    assert default_preannotator() in ("news", "rules")


@given(text=TEXTS)
def test_rules_never_raise_and_always_fit(text: str) -> None:
    check(find_layers(text), text)


@pytest.mark.parametrize(
    "piece",
    [
        "a", ".", "“", "'", "''", "a.b,c", "a'", "A.", "A", "1", "1,", "one ", "May ", '"a" ', "he said ", "A b, ",
        "U.S. ", " ", "\n", "-a", "A-", "\x00", "שלום", "🌞", "that, he said, ",
    ],
)  # fmt: skip
def test_rules_take_time_linear_in_any_text(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        check(find_layers(text), text)
        return time.process_time() - start

    # not a timing of the machine: ten times the text must not take a hundred times the time
    small = max(seconds(2_000), 0.005)
    assert seconds(20_000) < 40 * small


def test_rules_on_a_megabyte_without_a_space_give_valid_layers() -> None:
    text = "x" * 1_000_000
    check(find_layers(text), text)
