"""The spaCy components of the rules, registered as factories; each adds its layer to `doc._.layers`.

They read the text, not the tokens, so that they work behind any tokenizer and in any pipeline.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from annotate.preannotate.rules.claims import find_claims
from annotate.preannotate.rules.entities import find_entities
from annotate.preannotate.rules.page import Page, read_page
from annotate.preannotate.rules.quotes import find_quotes
from annotate.records import Entity, Layers

_PAGE = "annotate_page"


class PageTokenizer:
    """Turns a text into a `Doc` whose tokens are the words of `rules.page` and the white space between them."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        page = read_page(text)
        words: list[str] = []
        spaces: list[bool] = []
        reach = 0
        for start, end in zip([*page.starts, len(text)], [*page.ends, len(text)], strict=True):
            gap = text[reach:start]
            if gap and words and gap[0] == " ":
                spaces[-1] = True
                gap = gap[1:]
            if gap:
                words.append(gap)
                spaces.append(False)
            if start < end:
                words.append(text[start:end])
                spaces.append(False)
            reach = end
        doc = Doc(self.vocab, words=words, spaces=spaces)
        doc.user_data[_PAGE] = page
        return doc

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing: the tokenizer has no settings."""
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> PageTokenizer:
        """The tokenizer itself."""
        return self


def register_extensions() -> None:
    """Give every `Doc` a `_.layers`, a `Layers` that components fill."""
    if not Doc.has_extension("layers"):
        Doc.set_extension("layers", default=None)


def _page_of(doc: Doc) -> Page:
    if _PAGE not in doc.user_data:
        doc.user_data[_PAGE] = read_page(doc.text)
    page: Page = doc.user_data[_PAGE]
    return page


def _set_layer(doc: Doc, **layer: Any) -> None:
    """Put a layer beside those that the document has; the old `Layers` stay as they are, they may be shared."""
    doc._.layers = msgspec.structs.replace(doc._.layers or Layers(), **layer)


def annotate_sentences(doc: Doc) -> Doc:
    """Set the sentence starts of the tokens."""
    page = _page_of(doc)
    starts = {page.starts[first] for first, _ in page.sentences}
    flags = [1 if token.idx in starts or token.i == 0 else -1 for token in doc]
    if flags:  # at once: the setter of a token takes time linear in the text
        doc.from_array([SENT_START], numpy.array(flags, dtype="int64").astype("uint64"))
    return doc


def annotate_entities(doc: Doc) -> Doc:
    """Fill `doc._.layers.entities`: from `doc.ents` where another component has set them, else by rule."""
    entities = [Entity(ent.start_char, ent.end_char, ent.label_, ent.text) for ent in doc.ents]
    _set_layer(doc, entities=entities or find_entities(_page_of(doc)))
    return doc


def annotate_quotes(doc: Doc) -> Doc:
    """Fill `doc._.layers.quotes`."""
    _set_layer(doc, quotes=find_quotes(_page_of(doc)))
    return doc


def annotate_claims(doc: Doc) -> Doc:
    """Fill `doc._.layers.claims`; with entities and quotes, where they stand before it in the pipeline."""
    layers: Layers = doc._.layers or Layers()
    _set_layer(doc, claims=find_claims(_page_of(doc), layers.entities or [], layers.quotes or []))
    return doc


for component in (annotate_sentences, annotate_entities, annotate_quotes, annotate_claims):
    Language.component(component.__name__, func=component)
