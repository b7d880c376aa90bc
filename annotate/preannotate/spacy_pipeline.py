"""The preannotator `spacy:NAME_OR_PATH`: an installed pipeline's entities, with our quotes and claims beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from annotate.errors import PreannotatorError
from annotate.preannotate.long_texts import join_windows, split_windows
from annotate.preannotate.registry import Preannotator, register
from annotate.records import LAYERS, Article, Entity, Layers
from annotate.schema import Schema

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

#: Code points; pipelines with a parser or a transformer need memory that grows faster than the text.
_WINDOW = 100_000

#: What pipelines trained on CoNLL 2003 and its kin call the labels of OntoNotes 5; their LOC holds GPE too.
_OTHER_NAMES = {"PER": "PERSON", "ORGANIZATION": "ORG", "LOCATION": "LOC"}


@register("spacy", layers=LAYERS, argument="NAME_OR_PATH", needs=("spacy",))
def build_spacy(schema: Schema, name: str) -> Preannotator:
    """An installed spaCy pipeline, or one in a folder, as a preannotator.

    A pipeline that fills `doc._.layers` itself is taken at its word. Otherwise entities are `doc.ents`, and quotes
    and claims come from the rules.

    Raises:
        PreannotatorError: there is no such pipeline, it has no entities, or none of its labels is in the schema.
    """
    import spacy

    from annotate.preannotate.rules.components import register_extensions

    register_extensions()
    try:
        nlp = spacy.load(name)
    except (OSError, ValueError) as error:
        raise PreannotatorError(f"spaCy pipeline {name!r} cannot be loaded: {str(error).splitlines()[0]}") from error
    _check_labels(nlp, schema, name)
    nlp.max_length = max(nlp.max_length, _WINDOW)
    for component in ("annotate_quotes", "annotate_claims"):
        if not nlp.has_pipe(component):
            nlp.add_pipe(component)

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            windows = split_windows(article.text, _WINDOW)
            docs = nlp.pipe(article.text[start:end] for start, end in windows)
            yield join_windows(
                article.text, [(window, _to_layers(doc)) for window, doc in zip(windows, docs, strict=True)]
            )

    return Preannotator(f"spacy:{nlp.meta['lang']}_{nlp.meta['name']}", nlp.meta["version"], schema.layers, pipe)


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
    layers: Layers = doc._.layers
    if layers.entities is not None:
        return layers
    entities = [
        Entity(ent.start_char, ent.end_char, _OTHER_NAMES.get(ent.label_, ent.label_), ent.text)
        for ent in doc.ents
        if ent.text.strip()
    ]
    return msgspec.structs.replace(layers, entities=entities)
