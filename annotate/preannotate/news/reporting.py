"""Which of the quotes that the network finds report what somebody said, as annotators are told to mark them.

The network learnt from PolNeAR, where beliefs, plans and deeds count as well as words (Newell et al. 2018). Left out
are those that the guidelines exclude and that PolNeAR's annotators marked seldom, so that its development articles lose
next to none.
"""

from __future__ import annotations

import re

from annotate.preannotate.news.decode import Range
from annotate.records import QuoteType

_TELL = (
    "say|tell|provide|disclose|reveal|specify|comment|answer|elaborate|discuss|address|explain|detail|give|identify|"
    "confirm|mention|speculate|clarify|state|indicate|respond|release"
)
#: Kept to themselves: "would not say", "declined to disclose".
_WITHHELD = re.compile(
    rf"(?:\bnot|\bnever|n['’]t)(?:\s+\w+)?\s+(?:{_TELL})\b|\b(?:declin|refus)\w*\s+to\s+(?:{_TELL})\b", re.I
)
#: Held by nobody in particular: "is expected", "could be seen".
_HELD = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\b(?:\s+\w+)?\s+(?:expected|regarded|seen|viewed|considered|thought|believed|"
    r"hoped|feared|assumed|perceived|observed|known|meant|intended|planned)\b",
    re.I,
)
#: Done, not said: the last verb of the cue decides.
_DEED = re.compile(
    r"\b(?:(?:sign|pass|enact|launch|focus)(?:es|s|ed|ing)?|impos(?:e|es|ed|ing))"
    r"(?:\s+(?:on|a|an|the|agreement|deal|resolution|bill|law))*$|^to\s+(?:support|help|fight|assist)$",
    re.I,
)


def tells_what_was_said(
    text: str, kind: QuoteType, content: list[Range], cue: Range | None, speaker: Range | None
) -> bool:
    """Whether somebody said or wrote it: false for indirect quotes without words that report or with such as do not.

    >>> text = "He declined to say why. She said no."
    >>> tells_what_was_said(text, "indirect", [(19, 22)], (3, 18), (0, 2))
    False
    >>> tells_what_was_said(text, "indirect", [(33, 35)], (28, 32), (24, 27))
    True
    """
    if kind != "indirect":
        return True
    if cue is None:
        return False
    words = text[cue[0] : cue[1]]
    # "declined | to disclose how many": the words that tell what was kept back may stand in the content.
    whole = text[cue[0] : content[0][0] + 25] if content[0][0] >= cue[1] else words
    if _WITHHELD.match(whole.strip()) or _WITHHELD.search(words):
        return False
    return not (speaker is None and _HELD.search(words)) and _DEED.search(words) is None
