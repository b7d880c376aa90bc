"""Where a sentence falls into clauses that can be true each without the other, beyond the cuts that the network sees.

Signs are words that join (and, but, since, who, ", causing") with the parts of speech around them (Quirk et al. 1985,
chapters 13 to 15, on coordinate, relative and participle clauses); the parts of speech are the network's.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from annotate.preannotate.news.chain import Ints
from annotate.preannotate.news.layout import CUTS, SYNTAX_TAGS
from annotate.preannotate.news.windows import Passage

SENTENCE, CLAUSE = CUTS.index("sentence"), CUTS.index("clause")
FINITE = frozenset(SYNTAX_TAGS.index(tag) for tag in ("past", "present", "modal"))
SUBJECT = frozenset(SYNTAX_TAGS.index(tag) for tag in ("noun", "name", "pronoun", "number", "determiner", "wh"))
_ADVERB = SYNTAX_TAGS.index("adverb")
NOMINAL = frozenset(SYNTAX_TAGS.index(tag) for tag in ("noun", "name"))
_NOT_FINITE = frozenset(SYNTAX_TAGS.index(tag) for tag in ("base", "gerund", "participle", "to", "wh"))
_GERUND, _WH = SYNTAX_TAGS.index("gerund"), SYNTAX_TAGS.index("wh")

_SIGN = re.compile(
    r"\b(?:(?P<and>and|but|yet)|(?P<since>since|given|although|though|whereas|after))\b(?:\s+that\b)?"
    r"|(?:[,—–]\s+(?:[a-z]+\s+of\s+|(?P<place>(?:in|on|at|during|for|by|with|from|to)\s+))?(?P<which>which|whose)|\b(?P<who>who))\b"
    r"|,\s+(?:only\s+|thereby\s+|thus\s+)?(?P<result>causing|leading\s+to|resulting\s+in|killing|injuring|wounding|leaving"
    r"|forcing|prompting|triggering|sparking)\b"
    r"|,\s+(?P<with>with)\b"
    r"|,\s+(?P<pronoun>we|they|he|she|it|there|I|you)\b",
)  # fmt: skip

_SIGNS = ("and", "since", "which", "who", "result", "with", "pronoun")

#: "18 years after" and "shortly after" say when; what follows is not told as news.
_MEASURED = re.compile(r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|shortly|soon|just|long)\s+$")

#: In words: how far behind a joining word its verb is looked for; a few times that before it and for its end.
_REACH = 25


@dataclass
class Clauses:
    """What was found: words at which a clause without a subject of its own begins, and clauses set within others."""

    loose: set[int] = field(default_factory=set)
    inner: list[tuple[int, int]] = field(default_factory=list)


def cut_clauses(passage: Passage, syntax: Ints, cuts: Ints) -> Clauses:
    """Adds `CLAUSE` to `cuts` where a clause with its own subject and verb begins; gives the others."""
    found = Clauses()
    starts = passage.spans[:, 0]
    borders = np.flatnonzero(cuts).tolist()
    sentences = [*np.flatnonzero(cuts == SENTENCE).tolist(), len(passage)]
    begin = 0
    for match in _SIGN.finditer(passage.text):
        sign = next(name for name in _SIGNS if match.group(name))
        at = int(starts.searchsorted(match.start() + (match.group()[0] in ",—–")))
        after = int(starts.searchsorted(match.end()))
        stop = sentences[bisect_right(sentences, at)]
        if after >= stop:
            continue
        begin = max(borders[bisect_right(borders, at) - 1] if borders else 0, min(begin, at))
        before = syntax[max(begin, at - 3 * _REACH) : at].tolist()
        behind = syntax[after : min(stop, after + _REACH)].tolist()
        if _MEASURED.search(passage.text, max(match.start() - 12, 0), match.start()):
            continue
        has_verb = _has_main_verb(before)
        if sign in ("who", "which"):
            if not any(tag in FINITE for tag in behind) or (sign == "who" and not _follows_noun(passage, syntax, at)):
                continue
            near = min(stop, after + 2 * _REACH)
            commas = [place for place in range(after, near) if _is_comma(passage, place)]
            if has_verb and any(_has_subject_and_verb(syntax[place + 1 : near].tolist()) for place in commas):
                continue  # the main clause is still to come
            if has_verb:
                begin = after if match.group("place") else at
                found.loose.add(begin)
            elif commas:
                found.inner.append((at, commas[0]))
            continue
        if not has_verb:
            continue
        if sign == "with":
            # "with prices rising": a noun directly before the participle.
            if any(left in NOMINAL and right == _GERUND for left, right in itertools.pairwise(behind)):
                found.loose.add(after)
                begin = after
        elif sign == "result":
            found.loose.add(at)
            begin = at
        elif sign == "pronoun":
            if behind and behind[0] in FINITE:
                cuts[at] = max(cuts[at], CLAUSE)
                begin = at
        elif _has_subject_and_verb(behind):
            cuts[after] = max(cuts[after], CLAUSE)
            begin = after
        elif sign == "and" and next((tag for tag in behind if tag != _ADVERB), None) in FINITE:
            found.loose.add(after)
            begin = after
    return found


def _has_main_verb(tags: list[int]) -> bool:
    """Whether a finite verb stands there that is not the verb of a relative clause within the subject."""
    first = next((tag for tag in tags if tag in FINITE or tag == _WH), None)
    return first in FINITE


def _has_subject_and_verb(tags: list[int]) -> bool:
    verb = next((at for at, tag in enumerate(tags) if tag in FINITE or tag in _NOT_FINITE), None)
    return verb is not None and tags[verb] in FINITE and any(tag in SUBJECT for tag in tags[:verb])


def _follows_noun(passage: Passage, syntax: Ints, at: int) -> bool:
    return bool(at) and (int(syntax[at - 1]) in NOMINAL or _is_comma(passage, at - 1))


def _is_comma(passage: Passage, at: int) -> bool:
    return passage.text[passage.spans[at, 0]] == ","
