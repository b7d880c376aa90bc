"""A text as the rules see it: words, sentences and quoted stretches, found in time linear in its length.

Words are split at hyphens, as OntoNotes 5 does ("US-led": US is a GPE). spaCy's tokenizer is not used: it needs
quadratic time on a run of quotation marks, and its exceptions serve models that are not used here.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from annotate.preannotate.rules.words import load_words
from annotate.text import english
from annotate.text.quotation import find_paragraphs, find_stretches
from annotate.text.tokens import ONTONOTES_TOKEN, find_tokens

#: A name follows: never the end of a sentence.
_BEFORE_NAMES = frozenset(
    word.lower() for word in english.load_words("abbreviations", "titles", "rarer_titles", "places")
)
#: The end of a sentence only where a word follows that could only start one.
_ABBREVIATIONS = frozenset(
    word.lower()
    for word in (
        *english.load_words("abbreviations", "generations", "companies", "rarer_companies", "references"),
        *english.load_words("abbreviations", "rarer_references", "states"),
        *english.load_words("calendar", "short_months", "short_weekdays"),
    )
)
_SENTENCE_STARTERS = load_words("sentence_starters")
#: In words; what goes on longer is no sentence, and is cut so that no rule needs more than linear time.
_LONGEST_SENTENCE = 300
_END = re.compile(r"[.!?…]+[\"”’'»)\]]*(?=\s|$)")


@dataclass
class Page:
    """Words as parallel lists, sentences as ranges of words, quoted stretches as ranges of code points.

    Attributes:
        starts, ends: offsets of the words in `text`.
        words, lowers: the words as written, and in lower case.
        sentences: half-open ranges of word indices, which together hold every word once.
        stretches: `(start, end, closed)` of quoted stretches, marks included; see `quotation.find_stretches`.
    """

    text: str
    starts: list[int]
    ends: list[int]
    words: list[str]
    lowers: list[str]
    sentences: list[tuple[int, int]] = field(default_factory=list)

    @cached_property
    def stretches(self) -> list[tuple[int, int, bool]]:
        """Quoted stretches in order; one that is never closed ends at the next mark of its kind, if there is one."""
        found = []
        for start, end, closed in find_stretches(self.text):
            mark = self.text[start : start + 2] if self.text.startswith(("''", "``"), start) else self.text[start]
            other = -1 if closed or mark in "‘'`" else self.text.find(mark, start + len(mark), end)
            found.append((start, end, closed) if other < 0 else (start, other + len(mark), True))
        return found

    @cached_property
    def quoted(self) -> bytearray:
        """For each word, 1 where it is in a quoted stretch, marks included."""
        flags = bytearray(len(self.words))
        for start, end, _ in self.stretches:
            for at in range(self.word_at(start), min(self.word_at(end - 1) + 1, len(self.words))):
                flags[at] = 1
        return flags

    @cached_property
    def sentence_of(self) -> list[int]:
        """The index of the sentence of each word."""
        return [index for index, (first, last) in enumerate(self.sentences) for _ in range(first, last)]

    def word_at(self, offset: int) -> int:
        """The index of the first word that ends after the offset; the number of words where none does."""
        return bisect_right(self.ends, offset)

    def range_of(self, first: int, last: int) -> tuple[int, int]:
        """The offsets of words `first` up to but not including `last`, which must not be empty."""
        return self.starts[first], self.ends[last - 1]

    def is_title_case(self, first: int, last: int) -> bool:
        """Whether words `first` up to but not including `last` are those of a headline: most begin with a capital."""
        words = [word for word in self.words[first:last] if len(word) > 3 and word[0].isalpha()]
        return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def read_page(text: str) -> Page:
    """The words and sentences of a text.

    >>> page = read_page("Mr. Biden met U.S. troops. “We won’t,” he said.")
    >>> page.words[:6], [page.text[slice(*page.range_of(*words))] for words in page.sentences]
    (['Mr', '.', 'Biden', 'met', 'U.S.', 'troops'], ['Mr. Biden met U.S. troops.', '“We won’t,” he said.'])
    """
    spans = find_tokens(text, ONTONOTES_TOKEN)
    words = [text[start:end] for start, end in spans]
    page = Page(text, [start for start, _ in spans], [end for _, end in spans], words, [word.lower() for word in words])
    page.sentences = _find_sentences(page)
    return page


def _find_sentences(page: Page) -> list[tuple[int, int]]:
    """Ranges of words. Unlike `text.sentences`, whose sentences measures depend on, it looks at the word that follows.

    "U.S. He" is two sentences, "U.S. Army" is one, a line that is broken in a sentence goes on.
    """
    cuts = {0, len(page.words)}
    text = page.text
    previous = None
    for start, end in find_paragraphs(text):
        # a line broken in the middle of a sentence goes on in lower case
        if not (previous is not None and text[start].islower() and text[previous - 1] not in ".!?:;\"”'’"):
            cuts.add(page.word_at(start))
        previous = end
        for match in _END.finditer(text, start, end):
            following = page.word_at(match.end())
            if following < len(page.words) and page.starts[following] < end and _ends_sentence(page, match, following):
                cuts.add(following)
    ordered = sorted(cuts)
    return [
        (start, min(start + _LONGEST_SENTENCE, last))
        for first, last in itertools.pairwise(ordered)
        for start in range(first, last, _LONGEST_SENTENCE)
    ]


def _ends_sentence(page: Page, match: re.Match[str], following: int) -> bool:
    following_word = page.words[following]
    opening = following_word in "“\"‘'``''(["
    if opening and following + 1 < len(page.words):
        following_word = page.words[following + 1]
    if following_word[0].islower():
        return False
    mark = match.group()
    if mark[0] in "!?" and len(mark) > 1 and following_word[0].isupper():
        return following_word.lower() in _SENTENCE_STARTERS or not mark[-1].isalnum()
    last = page.word_at(match.start())
    if not 0 <= last < len(page.words):
        return True
    word = page.words[last]
    if "." in word[:-1] or (len(word) == 1 and word.isalpha() and word.isupper()):  # U.S. or an initial
        return page.lowers[following] in _SENTENCE_STARTERS or opening
    before = page.lowers[last - 1] if word == "." and last else ""
    if mark == "." and page.starts[last] == match.start() and last:
        if len(before) == 1 and before.isalpha() and page.words[last - 1].isupper() and before != "i":
            return page.lowers[following] in _SENTENCE_STARTERS
        if before in _BEFORE_NAMES:
            return False
        if before in _ABBREVIATIONS:
            return page.lowers[following] in _SENTENCE_STARTERS
    return True
