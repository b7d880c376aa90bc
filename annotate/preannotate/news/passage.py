"""A text as the network reads it: words with their wordpieces and features, and windows that together cover every word.

A word is a run of letters and digits, or one other visible character. Splitting is this fine so that every
span that annotators mark begins and ends at a word; the wordpieces are BERT's (Devlin et al. 2019, section 3),
uncased, which is why the case of each word is kept beside them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotate.text.quotation import find_paragraphs, find_stretches
from annotate.text.tokens import FINE_TOKEN, find_tokens

Ints = npt.NDArray[np.int64]
#: Half-open, of words or of code points.
Range = tuple[int, int]

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


#: Columns of `Passage.features` and how many values each takes.
FEATURES = {"case": 8, "mark": 5, "stretch": 6, "paragraph": 12}

#: The most wordpieces of one window. Longer ones measured worse on quotes (384: exact F1 down 4 points).
LONGEST_WINDOW = 254


@dataclass(frozen=True)
class Passage:
    """The words of one text: `spans` of shape (words, 2), `pieces` per word, `features` of shape (words, 4).

    `paragraphs` and `sentences` hold, for each word, the number of its paragraph and of its rough sentence.
    """

    text: str
    spans: Ints
    pieces: list[tuple[int, ...]]
    features: Ints
    paragraphs: Ints
    sentences: Ints

    def __len__(self) -> int:
        return len(self.pieces)

    def words_in(self, start: int, end: int) -> Range:
        """The half-open range of words that share a code point with `[start, end)`."""
        starts, ends = self.spans[:, 0], self.spans[:, 1]
        return int(ends.searchsorted(start, side="right")), int(starts.searchsorted(end))

    def range_of(self, first: int, last: int) -> Range:
        """The code points that the words `[first, last)` cover, which must not be empty."""
        return int(self.spans[first, 0]), int(self.spans[last - 1, 1])


def read_passage(text: str, wordpieces: WordPieces) -> Passage:
    """The words of `text` with their pieces and features; any text is accepted, an empty one too."""
    spans = split_words(text)
    words = [text[start:end] for start, end in spans]
    count = len(words)
    # By columns: searching a strided column would copy it every time.
    offsets = np.asfortranarray(np.array(spans, dtype=np.int64).reshape(count, 2))
    features = np.zeros((count, len(FEATURES)), dtype=np.int64)
    features[:, 0] = [case_of(word) for word in words]
    for start, end, closed in find_stretches(text):
        first, last = np.searchsorted(offsets[:, 0], (start, end))
        if last <= first:
            continue
        length = int(last - first)
        features[first:last, 1] = 2 if closed else 4
        features[first, 1] = 1
        if closed:
            features[last - 1, 1] = 3
        features[first:last, 2] = 1 + sum(length > bound for bound in (4, 8, 16, 32))
    paragraphs = np.zeros(count, dtype=np.int64)
    for number, (start, end) in enumerate(find_paragraphs(text)):
        first, last = np.searchsorted(offsets[:, 0], (start, end))
        paragraphs[first:last] = number
        features[first:last, 3] = 4 * min(number, 2) + _writing_of(features[first:last, 0])
    starts_sentence = np.zeros(count, dtype=np.int64)
    for at in range(1, count):
        if words[at - 1] in _ENDS and offsets[at, 0] > offsets[at - 1, 1] and not words[at].islower():
            starts_sentence[at] = 1
    return Passage(
        text, offsets, [wordpieces(word) for word in words], features, paragraphs, np.cumsum(starts_sentence)
    )


_ENDS = frozenset(".?!\"”'’)")


def _writing_of(cases: Ints) -> int:
    """How a paragraph is written: 0 as a sentence, 1 mostly capitals at word starts, 2 all upper, 3 all lower."""
    lower = int(np.sum(cases == 1))
    upper = int(np.sum(cases == 3))
    capital = int(np.sum(cases == 2))
    if upper > 2 and lower + capital <= upper // 4:
        return 2
    if lower + capital + upper > 4 and capital + upper == 0:
        return 3
    return 1 if capital + upper > 1.5 * lower and capital + upper > 3 else 0


def cut_windows(passage: Passage, *, longest: int = LONGEST_WINDOW, first: int | None = None) -> list[tuple[int, int]]:
    """Half-open ranges of words, in order and without gaps, each at most `longest` pieces.

    A range ends at the last paragraph end that fits, else at the last sentence end, else where it must. `first`
    is a smaller limit for the first range only, which moves all the later cuts.

    >>> wordpieces = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    >>> cut_windows(read_passage("one two\\n\\nthree four\\n\\nfive", wordpieces), longest=4)
    [(0, 4), (4, 5)]
    """
    ends = np.cumsum([0, *(len(pieces) for pieces in passage.pieces)])
    count = len(passage)
    windows = []
    start = 0
    while start < count:
        limit = longest if start or first is None else first
        stop = int(np.searchsorted(ends, ends[start] + limit, side="right")) - 1
        stop = max(stop, start + 1)
        if stop < count:
            stop = _best_cut(passage, start, stop)
        windows.append((start, stop))
        start = stop
    return windows


def _best_cut(passage: Passage, start: int, stop: int) -> int:
    for groups in (passage.paragraphs, passage.sentences):
        begins = int(np.searchsorted(groups[start:stop], groups[stop], side="left")) + start
        if begins > start:
            return begins
    return stop
