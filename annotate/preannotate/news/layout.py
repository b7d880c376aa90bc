"""The answers that the network gives, in the order in which its outputs hold them."""

from __future__ import annotations

#: OntoNotes' eighteen (Weischedel et al. 2013); the order is part of the weights.
ENTITY_LABELS = (
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE",
    "DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL",
)  # fmt: skip

ENTITY_TAGS = ("O", *(f"{place}-{label}" for label in ENTITY_LABELS for place in "BI"))

ROLE_TAGS = ("O", *(f"{place}-{role}" for role in ("content", "speaker", "cue") for place in "BI"))

#: Parts of speech, as coarse as the splitting of claims needs them.
SYNTAX_TAGS = (
    "noun", "name", "pronoun", "past", "present", "base", "modal", "gerund", "participle", "adjective", "adverb",
    "preposition", "determiner", "conjunction", "wh", "number", "to", "other",
)  # fmt: skip

#: What begins at a word: nothing, a sentence, a clause with its own subject and verb.
CUTS = ("none", "sentence", "clause")
