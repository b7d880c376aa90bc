"""The preannotator `rules`: entities, quotes and claims by hand-written rules and word lists, without a model.

`find_layers(text)` applies them. `page` reads a text into words and sentences, `entities`, `quotes` and `claims` each
find one layer in it; the other modules are parts of these, `data/` holds the word lists.
"""

from annotate.preannotate.rules.preannotator import build_rules, find_layers

__all__ = ["build_rules", "find_layers"]
