"""Words of a text, their wordpieces and their case: the encoder's input before any numbers are learnt.

A word is a run of letters and digits, or one other visible character. Splitting is this fine so that every
span that people mark begins and ends at a word; the wordpieces are BERT's (Devlin et al. 2019, section 3),
uncased, which is why the case of each word is kept beside them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from annotate.text.tokens import FINE_TOKEN, find_tokens

CASES = ("mark", "lower", "capital", "upper", "initial", "mixed", "number", "other")

#: A longer word is one unknown piece, as in BERT's own tokenizer.
LONGEST_WORD = 100


def split_words(text: str) -> list[tuple[int, int]]:
    """The words of `text` as half-open `(start, end)` offsets in code points, in order.

    >>> [("Don't!")[start:end] for start, end in split_words("Don't!")]
    ['Don', "'", 't', '!']
    """
    return find_tokens(text, FINE_TOKEN)


def case_of(word: str) -> int:
    """The index in `CASES` that describes how `word` is written.

    >>> [CASES[case_of(word)] for word in ("NATO", "Said", "said", "J", "iPhone", "2nd", ",")]
    ['upper', 'capital', 'lower', 'initial', 'mixed', 'number', 'mark']
    """
    first = word[0]
    if not first.isalnum():
        return 0
    if first.isdigit():
        return 6
    if word.islower():
        return 1
    if word.isupper():
        return 3 if len(word) > 1 else 4
    if first.isupper() and word[1:].islower():
        return 2
    if any(letter.isupper() for letter in word):
        return 5
    return 7


class WordPieces:
    """Turns words into the numbers of their wordpieces, by longest match from the left.

    `vocabulary` lists the pieces in order of their number and must hold `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]`.

    >>> pieces = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "par", "##is", "##h"])
    >>> [pieces("Paris"), pieces("PARISH"), pieces("Rome")]
    [(4, 5), (4, 5, 6), (1,)]
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self._number = {piece: number for number, piece in enumerate(self.vocabulary)}
        self.pad, self.unknown, self.first, self.last = (
            self._number[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
        )
        self._known: dict[str, tuple[int, ...]] = {}

    def __call__(self, word: str) -> tuple[int, ...]:
        """The numbers of the pieces of `word`, at least one."""
        found = self._known.get(word)
        if found is None:
            found = self._cut(word) if len(word) <= LONGEST_WORD else (self.unknown,)
            if len(self._known) < 500_000:
                self._known[word] = found
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        letters = "".join(
            letter for letter in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(letter) != "Mn"
        )
        pieces: list[int] = []
        start = 0
        while start < len(letters):
            for end in range(len(letters), start, -1):
                piece = self._number.get(("##" if start else "") + letters[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return (self.unknown,)
        return tuple(pieces) or (self.unknown,)
