"""The `rules` preannotator as a spaCy pipeline: sentences, then one component a layer, results in `doc._.layers`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from annotate.preannotate.registry import Preannotator, register
from annotate.records import LAYERS, Article, Layers
from annotate.schema import Schema

if TYPE_CHECKING:
    from spacy.language import Language

VERSION = "0.1.0"


@register("rules", layers=LAYERS)
def build_rules(schema: Schema) -> Preannotator:
    """The rule pipeline as a preannotator."""
    nlp = load_pipeline()

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            yield nlp(article.text)._.layers

    return Preannotator("rules", VERSION, schema.layers, pipe)


def load_pipeline() -> Language:
    """A blank English pipeline with the components of the rules; `nlp(text)._.layers` holds all three layers."""
    import spacy

    from annotate.preannotate.rules import components

    components.register_extensions()
    nlp = spacy.blank("en")
    nlp.tokenizer = components.PageTokenizer(nlp.vocab)
    nlp.max_length = 1 << 40  # memory is linear in the text: no need to refuse a long one
    for name in ("annotate_sentences", "annotate_entities", "annotate_quotes", "annotate_claims"):
        nlp.add_pipe(name)
    return nlp
