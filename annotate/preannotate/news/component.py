"""The pipeline as a spaCy component, so that a saved pipeline folder works with `spacy.load` alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from annotate.preannotate.news.pipeline import MODEL, NewsPipeline
from annotate.preannotate.spacy_pipeline import register_extension


class NewsComponent:
    """Fills `doc._.layers`, `doc.ents`, and the span groups `quotes` and `claims` of `doc.spans`.

    The offsets of `doc._.layers` are exact; spaCy's own spans are widened to its tokens.
    """

    def __init__(self) -> None:
        self._pipeline: NewsPipeline | None = None
        self._folder = MODEL

    def __call__(self, doc: Doc) -> Doc:
        if self._pipeline is None:
            self._pipeline = NewsPipeline(self._folder)
        layers = self._pipeline(doc.text)
        doc._.layers = layers
        entities = [_to_span(doc, one.start, one.end, one.label) for one in layers.entities or ()]
        doc.ents = filter_spans([span for span in entities if span is not None])
        parts = [(part, quote.type) for quote in layers.quotes or () for part in quote.content]
        doc.spans["quotes"] = _to_spans(doc, ((part.start, part.end, kind) for part, kind in parts))
        doc.spans["claims"] = _to_spans(doc, ((one.start, one.end, one.kind) for one in layers.claims or ()))
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Copies the model folder to `path`."""
        shutil.copytree(self._folder, path, dirs_exist_ok=True)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> NewsComponent:
        """Takes the model folder at `path`; it is loaded when the first text comes."""
        self._folder, self._pipeline = Path(path), None
        return self


def _to_span(doc: Doc, start: int, end: int, label: str) -> Span | None:
    return doc.char_span(start, end, label=label, alignment_mode="expand")


def _to_spans(doc: Doc, ranges: Iterable[tuple[int, int, str]]) -> list[Span]:
    spans = (_to_span(doc, start, end, label) for start, end, label in ranges)
    return [span for span in spans if span is not None]


@Language.factory("annotate_news")  # type: ignore[untyped-decorator]
def make_news(nlp: Language, name: str) -> NewsComponent:
    """The component with the bundled weights."""
    return NewsComponent()


def load_spacy() -> Language:
    """A blank English pipeline with the component; `to_disk` writes a folder for `spacy.load`."""
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("annotate_news")
    return nlp


register_extension()
