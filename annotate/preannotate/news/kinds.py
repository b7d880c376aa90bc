"""The kind of a claim: the network's scores, weighed with the words that the guidelines tell the kinds apart by.

The network reads what a claim is about; whether "demand" or "would" is among its words it sees less well than a list.
Weights are a multinomial logistic regression, fitted by `annotate.training.calibrate` on the articles that the network
learnt claims from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from annotate.preannotate.news.network import CLAIM_KINDS, Floats

#: Beginnings of words per kind, in the order of the guidelines' definitions; events are what is left.
_BEGINNINGS = {
    "commitment_or_prediction": (
        r"vow|pledg|promis|agree|will\b|would\b|shall\b|plan|expect|going to|set to|due to|to be|predict|forecast"
        r"|project|intend|aim|hope|likely|commit|next (?:year|month|week)|upcoming|scheduled|future|by 20\d\d|could\b"
        r"|may\b|might\b|prepar|guarantee"
    ),
    "position": (
        r"accus|reject|declin|refus|turn(?:s|ed|ing)? (?:down|away)|sp(?:eak|oke|oken)\w* out|challeng"
        r"|su(?:e|ed|ing|es)\b|call(?:s|ed|ing)? (?:for|on)\b|demand|urg|condemn|criticis|criticiz|blam|oppos|support"
        r"|recommend|den(?:y|ies|ied)\b|defend|describ|endors|welcom|hail|applaud|prais|back(?:s|ed|ing)\b|slam"
        r"|denounc|attack|ask|want|favou?r|advocat|lobb|disagre|disput|dismiss|protest|petition|object"
    ),
    "causal": (
        r"because|caus|due to|led to|lead(?:s|ing)? to|result|as a consequence|thanks to|spark|trigger|prompt|prevent"
        r"|depend|forc|help|allow|enabl|make|made\b|mean(?:s|t)\b|affect|impact|contribut|increas|reduc|damag|destroy"
        r"|kill|boost|driv|creat|bring|brought|put(?:s|ting)?\b|leav|left\b|after\b|following|since|so\b"
        r"|(?:by|from) \w+ing\b|influenc|inspir|responsible"
    ),
    "statistic": (
        r"\d|per ?cent|million|billion|thousand|hundred|dozen|half|third|quarter|majority|most\b|more than|less than"
        r"|fewer|average|number|largest|highest|lowest|biggest|rank|rates?\b|share|total|poll|survey|lead(?:s|ing)?\b"
        r"|points?\b|first|second|twice|double|triple|score|every\b|all\b|many|least"
    ),
    "other": (
        r"can\b|cannot|can['’]t|must\b|should|usually|often|generally|always|never|typically|any\b|every\b|are\b|is\b"
        r"|rule|law|allowed|possible|mean|if\b|when\b|may\b|require|consist|includ|contain|known|defin|common|tend"
    ),
}
_WORDS = tuple(re.compile(rf"\b(?:{words})", re.I) for words in _BEGINNINGS.values())

#: How many signs `signs_of` gives.
SIGNS = 3 * len(CLAIM_KINDS) + 3 * len(_WORDS)


def signs_of(text: str, scores: Floats) -> list[float]:
    """What speaks for one kind or another.

    Args:
        text: the claim's words.
        scores: the network's, of shape (words, kinds).

    Returns:
        Log-probabilities of the kinds for the mean of the words, the first word and the highest of each; then for each
        list of words whether one is there, how far into the claim the first is (0 to 1), and how many, at most three.

    >>> signs = signs_of("They demand a vote", np.zeros((4, 6), dtype=np.float32))
    >>> len(signs), [round(sign, 2) for sign in signs[21:24]]
    (33, [1.0, 0.28, 1.0])
    """
    signs: list[float] = []
    for row in (scores.mean(axis=0), scores[0], scores.max(axis=0)):
        signs += (row - np.logaddexp.reduce(row)).tolist()
    for words in _WORDS:
        places = [match.start() for match in words.finditer(text)]
        signs += (float(bool(places)), places[0] / len(text) if places else 1.0, float(min(len(places), 3)))
    return signs


class Kinds:
    """The regression: for each kind a weight per sign, and a bias.

    >>> kinds = Kinds({"event": [0.0, 1.0], "position": [2.0, 0.0]}, {"event": 0.5, "position": 0.0})
    >>> kinds.best([0.0, 1.0]), kinds.best([1.0, 0.0])
    ('event', 'position')
    """

    def __init__(self, weights: Mapping[str, Sequence[float]], biases: Mapping[str, float]) -> None:
        self._kinds = tuple(weights)
        self._weights = np.array([weights[kind] for kind in self._kinds])
        self._biases = np.array([biases[kind] for kind in self._kinds])

    def totals(self, signs: Sequence[float]) -> dict[str, float]:
        """How far the signs speak for each kind, as log-odds up to a constant."""
        return dict(zip(self._kinds, (self._weights @ np.array(signs) + self._biases).tolist(), strict=True))

    def best(self, signs: Sequence[float]) -> str:
        """The kind that the signs speak for most."""
        totals = self.totals(signs)
        return max(totals, key=totals.__getitem__)
