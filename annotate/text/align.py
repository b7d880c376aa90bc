"""Tokens without offsets, back to their places in the text."""

from __future__ import annotations

import bisect
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from annotate.text.grounding import fold

# how the Penn Treebank writes brackets, and subword models the beginning or inside of a word
_ESCAPES = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"'}
_BEFORE = ("##", "▁", "Ġ")
_BEHIND = "@@"

# how far ahead a token may be when the tokens leave out a piece of the text (a headline, a byline)
_REACH = 2000


@dataclass
class AlignedTokens:
    """Where each token is in the text (None = nowhere), how much text no token covers, and where the tokens end.

    `blank` counts the tokens of white space and characters without width, which are nowhere and lose nothing;
    `first_missing` is the first of the others that is nowhere (-1 = none).
    """

    ranges: list[tuple[int, int] | None]
    changed: int = 0
    skipped: int = 0
    used: int = 0
    blank: int = 0
    first_missing: int = -1

    @property
    def missing(self) -> int:
        """How many visible tokens are nowhere in the text."""
        return self.ranges.count(None) - self.blank


def align_tokens(tokens: Sequence[str], text: str, *, whole: bool = True) -> AlignedTokens:
    """Each token's range in the text, in order; typography, white space and Penn Treebank escapes may differ.

    Args:
        whole: the tokens are this text's; else stop where the text ends, `used`: after how many tokens.

    >>> align_tokens(["``", "Go", "!", "''", "-LRB-", "he", ")"], "“Go!” (he)").ranges
    [(0, 1), (1, 3), (3, 4), (4, 5), (6, 7), (7, 9), (9, 10)]
    """
    folded, origin = _without_spaces(text)
    result = AlignedTokens([])
    at = 0
    for i, token in enumerate(tokens):
        while at < len(text) and text[at].isspace():
            at += 1
        if not whole and at >= len(text):
            break
        result.used = i + 1
        if token and text.startswith(token, at):
            result.ranges.append((at, at + len(token)))
            at += len(token)
            continue
        here = bisect.bisect_left(origin, at)
        forms = _forms(token)
        if not any(forms):
            result.blank += 1
            result.ranges.append(None)
            continue
        found, wanted = _find(folded, here, forms, _forms(tokens[i + 1]) if i + 1 < len(tokens) else [""])
        if found < 0 or not wanted:
            result.first_missing = i if result.first_missing < 0 else result.first_missing
            result.ranges.append(None)
            continue
        start, end = origin[found], origin[found + len(wanted) - 1] + 1
        while end < len(text) and unicodedata.category(text[end]) == "Mn":
            end += 1
        result.skipped += found - here
        result.changed += text[start:end] != token
        result.ranges.append((start, end))
        at = end
    if whole:
        result.skipped += len(folded) - bisect.bisect_left(origin, at)
    return result


def _forms(token: str) -> list[str]:
    """The token without spaces, as it is and, where it looks like a subword, without its mark."""
    forms = [_without_spaces(_ESCAPES.get(token, token))[0]]
    forms += [_without_spaces(token.removeprefix(mark))[0] for mark in _BEFORE if token.startswith(mark)]
    forms += [_without_spaces(token.removesuffix(_BEHIND))[0]] if token.endswith(_BEHIND) else []
    return forms


def _find(folded: str, at: int, forms: list[str], following: list[str]) -> tuple[int, str]:
    """Where in the folded text one of the forms is, and which; -1 for nowhere."""
    for form in forms:
        if form and folded.startswith(form, at):
            return at, form
    # further on, if the next token follows directly: a lone "the" would be found anywhere
    found = [
        (place, form)
        for form in forms
        for after in following
        if form and (place := folded.find(form + after, at, at + _REACH)) >= 0
    ]
    return min(found, default=(-1, ""))


def _without_spaces(text: str) -> tuple[str, list[int]]:
    folded, origin = fold(text)
    kept = [i for i, char in enumerate(folded) if char != " "]
    return "".join(folded[i] for i in kept), [origin[i] for i in kept]
