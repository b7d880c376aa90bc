"""A tokenizer of letters, for what of the bundled network needs no weights."""

from __future__ import annotations

from annotate.preannotate.news.passage import WordPieces

PIECES = WordPieces(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefgh")]
)
