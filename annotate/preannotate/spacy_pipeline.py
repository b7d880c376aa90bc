"""The preannotator `spacy:NAME_OR_PATH`: an installed pipeline's entities, with the quotes and claims of `rules`.

It is also where every `Doc` gets its `_.layers`, for components that find layers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from annotate.errors import PreannotatorError
from annotate.items import sort_key
from annotate.preannotate.registry import Preannotator, register
from annotate.preannotate.rules.claims import find_claims
from annotate.preannotate.rules.page import read_page
from annotate.preannotate.rules.quotes import find_quotes
from annotate.preannotate.text_windows import join_windows, split_windows
from annotate.records import LAYERS, Article, Entity, Layers
from annotate.schema import Schema

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

#: Code points; pipelines with a parser or a transformer need memory that grows faster than the text.
_WINDOW = 100_000

#: What pipelines trained on CoNLL 2003 and similar corpora call the labels of OntoNotes 5; their LOC holds GPE too.
_OTHER_NAMES = {"PER": "PERSON", "ORGANIZATION": "ORG", "LOCATION": "LOC"}


@register("spacy", layers=LAYERS, argument="NAME_OR_PATH", needs=("spacy",))
def build_spacy(schema: Schema, name: str) -> Preannotator:
    """An installed spaCy pipeline, or one in a folder, as a preannotator.

    Layers that the pipeline puts into `doc._.layers` are kept. Of the others, entities are `doc.ents`, and quotes and
    claims come from the rules.

    Raises:
        PreannotatorError: there is no such pipeline, it has no entities, or none of its labels is in the schema.
    """
    import spacy

    register_extension()
    try:
        nlp = spacy.load(name)
    except (OSError, ValueError) as error:
        raise PreannotatorError(f"spaCy pipeline {name!r} cannot be loaded: {str(error).splitlines()[0]}") from error
    _check_labels(nlp, schema, name)
    nlp.max_length = max(nlp.max_length, _WINDOW)

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            windows = split_windows(article.text, _WINDOW)
            docs = nlp.pipe(article.text[start:end] for start, end in windows)
            yield join_windows(
                article.text, [(window, _to_layers(doc)) for window, doc in zip(windows, docs, strict=True)]
            )

    return Preannotator(f"spacy:{nlp.meta['lang']}_{nlp.meta['name']}", nlp.meta["version"], schema.layers, pipe)


def register_extension() -> None:
    """Give every `Doc` a `_.layers`: None, or the `Layers` that a component has found."""
    from spacy.tokens import Doc

    if not Doc.has_extension("layers"):
        Doc.set_extension("layers", default=None)


def _check_labels(nlp: Language, schema: Schema, name: str) -> None:
    """Raise unless the pipeline can propose entities that the schema knows."""
    if schema.entities is None:
        return
    labels = {label for labels in nlp.pipe_labels.values() for label in labels}
    finders = {"ner", "entity_ruler", "span_ruler"} & {nlp.get_pipe_meta(pipe).factory for pipe in nlp.pipe_names}
    if finders and not {_OTHER_NAMES.get(label, label) for label in labels} & set(schema.entity_labels):
        raise PreannotatorError(
            f"spaCy pipeline {name!r} has none of the entity labels of schema {schema.ref} "
            f"({', '.join(schema.entity_labels)})"
        )


def _to_layers(doc: Doc) -> Layers:
    found: Layers = doc._.layers or Layers()
    page = read_page(doc.text)
    entities = found.entities
    if entities is None:
        entities = [
            Entity(ent.start_char, ent.end_char, _OTHER_NAMES.get(ent.label_, ent.label_), ent.text)
            for ent in doc.ents
            if ent.text.strip()
        ]
    quotes = find_quotes(page) if found.quotes is None else found.quotes
    claims = find_claims(page, sorted(entities, key=sort_key), quotes) if found.claims is None else found.claims
    return Layers(entities=entities, quotes=quotes, claims=claims)
