"""The bundled pipeline with its weights: what it finds, that any text is safe, and that it is a spaCy pipeline."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.pipeline import MODEL, NewsPipeline
from annotate.preannotate.registry import build, default_preannotator
from annotate.records import Article
from annotate.schema import load_schema
from annotate.spans import find_span_problems

TEXT = (
    "Iraqi Prime Minister Mustafa al-Kadhimi said on Monday that 2,500 U.S. troops remain in Iraq.\n\n"
    "“There is no need for any foreign combat forces on Iraqi soil,” he told the Associated Press."
)

pieces = st.sampled_from([
    "“", "”", '"', "'", "''", "‘", "’", "«", "\n\n", " ", ". ", "said", "Biden", "the U.S.", "2,500", "\0", "😀",
    "שלום", "e\u0301", "\u200f", "\r\n",
])  # fmt: skip
odd_text = st.one_of(st.text(max_size=300), st.lists(pieces, max_size=80).map("".join))


@pytest.fixture(scope="module")
def news() -> NewsPipeline:
    return NewsPipeline(threads=1)


def test_finds_names_quotes_speakers_and_claims(news: NewsPipeline) -> None:
    layers = news(TEXT)
    names = {(TEXT[one.start : one.end], one.label) for one in layers.entities or ()}
    assert {
        ("Mustafa al-Kadhimi", "PERSON"),
        ("Iraqi", "NORP"),
        ("Monday", "DATE"),
        ("2,500", "CARDINAL"),
        ("Iraq", "GPE"),
    } <= names
    said, told = layers.quotes or ()
    assert [TEXT[part.start : part.end] for part in said.content] == ["2,500 U.S. troops remain in Iraq"]
    assert said.type == "indirect"
    assert said.speaker is not None
    assert TEXT[said.speaker.start : said.speaker.end].endswith("Mustafa al-Kadhimi")
    assert told.type == "direct"
    assert told.speaker_name == "Mustafa al-Kadhimi"
    claims = [(TEXT[one.start : one.end], one.kind, one.check_worthy) for one in layers.claims or ()]
    assert ("2,500 U.S. troops remain in Iraq", "statistic", True) in claims


def test_scores_are_probabilities(news: NewsPipeline) -> None:
    layers = news(TEXT)
    scores = [one.score for one in [*(layers.entities or ()), *(layers.quotes or ()), *(layers.claims or ())]]
    assert scores
    assert all(score is not None and 0 <= score <= 1 for score in scores)


@given(odd_text)
@settings(max_examples=150)
def test_any_text_gives_valid_flat_layers(news: NewsPipeline, text: str) -> None:
    layers = news(text)
    assert not list(find_span_problems(layers, text))
    entities = sorted(layers.entities or (), key=lambda one: one.start)
    assert all(before.end <= after.start for before, after in itertools.pairwise(entities))
    assert all(one.label in ENTITY_LABELS for one in entities)


@pytest.mark.parametrize(
    "text", ["", " \n", "x" * 1_000_000, "." * 50_000, "“" * 5_000, "'" * 5_000 + "a", "\0" * 10], ids=len
)
def test_extreme_texts_do_no_harm(news: NewsPipeline, text: str) -> None:
    assert not list(find_span_problems(news(text), text))


def test_a_long_article_is_read_to_its_end(news: NewsPipeline) -> None:
    filler = "The committee met again and talked about the budget for a while. " * 12 + "\n\n"
    text = filler * 12 + "Angela Merkel said that Germany would help."
    layers = news(text)
    assert any(text[one.start : one.end] == "Angela Merkel" for one in layers.entities or ())
    assert any(text[quote.content[-1].end - 4 : quote.content[-1].end] == "help" for quote in layers.quotes or ())


def test_is_the_default_and_fits_the_schema() -> None:
    assert default_preannotator() == "news"
    schema = load_schema()
    preannotator = build("news", schema)
    assert preannotator.layers == schema.layers
    (layers,) = preannotator.pipe([Article(id="a", text=TEXT)])
    assert {one.label for one in layers.entities or ()} <= set(schema.entity_labels)
    assert {one.kind for one in layers.claims or ()} <= set(schema.claim_kinds)


def test_the_same_in_threads_or_alone(news: NewsPipeline) -> None:
    assert NewsPipeline(threads=2)(TEXT) == news(TEXT)


def test_without_torch_nothing_is_raised() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from annotate.preannotate.news import NewsPipeline; NewsPipeline()('A b')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_saved_folder_loads_with_spacy_alone(tmp_path: Path, news: NewsPipeline) -> None:
    from annotate.preannotate.news.component import load_spacy

    load_spacy().to_disk(tmp_path / "news")
    code = (
        "import spacy, sys; doc = spacy.load(sys.argv[1])(sys.argv[2]);"
        "print([(e.text, e.label_) for e in doc.ents]); print(len(doc.spans['quotes']), len(doc._.layers.claims))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "news"), TEXT], check=True, capture_output=True, text=True
    )
    layers = news(TEXT)
    assert "('Mustafa al-Kadhimi', 'PERSON')" in done.stdout
    assert done.stdout.split()[-2:] == [
        str(sum(len(one.content) for one in layers.quotes or ())),
        str(len(layers.claims or ())),
    ]


def test_the_weights_stay_small_and_have_a_card() -> None:
    size = {file.name: file.stat().st_size for file in MODEL.iterdir()}
    assert size.pop("weights.safetensors") < 31e6  # read by training only
    assert sum(size.values()) < 31e6
    assert "PolNeAR states no licence" in " ".join((MODEL / "MODEL_CARD.md").read_text("utf-8").split())
