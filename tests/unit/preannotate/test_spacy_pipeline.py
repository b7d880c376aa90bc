"""Installed spaCy pipelines as preannotators, and long texts in windows."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from annotate.errors import PreannotatorError
from annotate.preannotate import spacy_pipeline
from annotate.preannotate.run import preannotate_articles
from annotate.preannotate.spacy_pipeline import register_extension
from annotate.preannotate.text_windows import join_windows, split_windows
from annotate.records import Article, Layers, Quote, Span


def _pipeline(folder: Path, label: str) -> str:
    nlp = spacy.blank("en")
    nlp.meta["name"] = "tiny"
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": "Mosul"}])  # type: ignore[attr-defined]
    nlp.to_disk(folder / "tiny")
    return str(folder / "tiny")


def test_entities_are_the_pipelines_and_the_rest_is_ours(tmp_path: Path) -> None:
    text = "“It fell,” said Anna Smith in Mosul."
    name = _pipeline(tmp_path, "LOCATION")
    (one,) = preannotate_articles([Article(id="a", text=text)], preannotator=f"spacy:{name}")
    assert [(e.text, e.label) for e in one.entities or ()] == [("Mosul", "LOC")]
    assert one.quotes is not None
    assert one.quotes[0].speaker is not None
    assert one.quotes[0].speaker.text == "Anna Smith"
    assert one.model == "spacy:en_tiny-0.0.0"


def test_claims_see_the_entities_of_the_pipeline(tmp_path: Path) -> None:
    text = "The long war in Mosul killed many."
    (one,) = preannotate_articles([Article(id="a", text=text)], preannotator=f"spacy:{_pipeline(tmp_path, 'CARDINAL')}")
    assert [claim.kind for claim in one.claims or ()] == ["statistic"]


@Language.component("test_two_layers")  # type: ignore[untyped-decorator]
def _two_layers(doc: Doc) -> Doc:
    doc._.layers = Layers(quotes=[Quote("direct", [Span(0, 4)])], claims=[])
    return doc


def test_layers_that_the_pipeline_finds_itself_are_kept(tmp_path: Path) -> None:
    register_extension()
    nlp = spacy.load(_pipeline(tmp_path, "GPE"))
    nlp.add_pipe("test_two_layers")
    nlp.to_disk(tmp_path / "own")
    text = "“It fell to the men in five days,” said Anna Smith in Mosul."
    (one,) = preannotate_articles([Article(id="a", text=text)], preannotator=f"spacy:{tmp_path / 'own'}")
    assert [(e.text, e.label) for e in one.entities or ()] == [("Mosul", "GPE")]
    assert [quote.content for quote in one.quotes or ()] == [[Span(0, 4)]]
    assert one.claims == []


def test_a_pipeline_of_other_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PreannotatorError, match="none of the entity labels"):
        next(preannotate_articles([Article(id="a", text="x")], preannotator=f"spacy:{_pipeline(tmp_path, 'GENE')}"))
    with pytest.raises(PreannotatorError, match="cannot be loaded"):
        next(preannotate_articles([Article(id="a", text="x")], preannotator="spacy:no_such_pipeline"))


def test_long_articles_are_not_truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacy_pipeline, "_WINDOW", 50)
    text = "Mosul fell in June, he said.\n" * 20
    (one,) = preannotate_articles([Article(id="a", text=text)], preannotator=f"spacy:{_pipeline(tmp_path, 'GPE')}")
    assert [e.start for e in one.entities or ()] == [at for at in range(len(text)) if text.startswith("Mosul", at)]


@given(text=st.text(alphabet="ab .\n", max_size=200), size=st.integers(2, 40))
def test_windows_cover_every_character_once(text: str, size: int) -> None:
    windows = split_windows(text, size)
    assert "".join(text[start:end] for start, end in windows) == text
    assert all(0 < end - start <= size for start, end in windows) or not text
    join_windows(text, [(window, Layers()) for window in windows])
    if len(windows) > 1:
        with pytest.raises(PreannotatorError, match="do not cover"):
            join_windows(text, [(window, Layers()) for window in windows[1:]])
