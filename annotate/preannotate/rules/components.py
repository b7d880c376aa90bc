"""The spaCy components of the rules, registered as factories; each adds its layer to `doc._.layers`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from annotate.records import Layers


def register_extensions() -> None:
    """Give every `Doc` a `_.layers`, a `Layers` that components fill."""
    if not Doc.has_extension("layers"):
        Doc.set_extension("layers", default=None)


@Language.component("annotate_sentences")
def annotate_sentences(doc: Doc) -> Doc:
    """Set the sentence starts."""
    doc._.layers = Layers()
    return doc


@Language.component("annotate_entities")
def annotate_entities(doc: Doc) -> Doc:
    """Fill `doc._.layers.entities`."""
    doc._.layers.entities = []
    return doc


@Language.component("annotate_quotes")
def annotate_quotes(doc: Doc) -> Doc:
    """Fill `doc._.layers.quotes`."""
    doc._.layers.quotes = []
    return doc


@Language.component("annotate_claims")
def annotate_claims(doc: Doc) -> Doc:
    """Fill `doc._.layers.claims`."""
    doc._.layers.claims = []
    return doc
