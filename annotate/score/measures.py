"""The measures by name: what can be asked of a score, and what each measure means.

A measure is a small value. Its name, `metric:match:layer[/label]`, is how it is spelled on the command line and in
JSON; `str(Measure.parse(name))` gives the name back. `entities.py`, `quotes.py` and `claims.py`
compute them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from annotate.errors import AnnotateError
from annotate.records import LAYERS, Layer

DEFINITIONS_VERSION = "1"
"""Raised when a definition changes, so that values of two versions are never compared by mistake."""

ALIASES = {"end-to-end-overlap-head": "end-to-end"}
HEADLINES = ("f1:strict:entities", "f1:end-to-end:quotes", "f1:overlap:claims")
"""The one measure of each layer that is shown where there is room for one only."""


@dataclass(frozen=True, order=True)
class Measure:
    """One measure: `metric` under the notion of right that `match` names, on a layer or on one label of it.

    >>> Measure.parse("f1:strict:entities/PERSON").label
    'PERSON'
    >>> print(Measure("accuracy", "speaker-head", "quotes"))
    accuracy:speaker-head:quotes
    """

    metric: str
    match: str
    layer: Layer
    label: str | None = None

    @property
    def lower_is_better(self) -> bool:
        """Whether it measures errors: systems cannot be ranked by it, nor can it have a least value."""
        return self.metric == "ece"

    def __str__(self) -> str:
        return f"{self.metric}:{self.match}:{self.layer}" + (f"/{self.label}" if self.label is not None else "")

    @classmethod
    def parse(cls, name: str) -> Measure:
        """The measure of that name.

        Raises:
            AnnotateError: there is no such measure; the message lists what is near.
        """
        parts = name.split(":", 2)
        if len(parts) == 3:
            metric, match, rest = parts
            layer, slash, label = rest.partition("/")
            match = ALIASES.get(match, match)
            found = _catalogue().get((metric, match, layer))
            if found is not None and (found.on_labels if slash else found.on_layer) and (label or not slash):
                return cls(metric, match, found.layer, label if slash else None)
            near = [definition.name for definition in (*DEFINITIONS, *SCORE_DEFINITIONS) if definition.layer == layer]
        else:
            near = [definition.name for definition in DEFINITIONS if definition.metric == "f1"]
        raise AnnotateError(
            f"no measure {name!r}; names are metric:match:layer[/label], "
            f"such as {', '.join(near[:12]) or 'f1:strict:entities'}; `annotate measures` lists all"
        )

    @property
    def definition(self) -> Definition:
        """What the measure means."""
        return _catalogue()[self.metric, self.match, self.layer]


@dataclass(frozen=True)
class Definition:
    """What a measure means, and where the definition comes from; whether it exists for a layer, and for labels."""

    metric: str
    match: str
    layer: Layer
    meaning: str
    source: str = ""
    on_layer: bool = True
    on_labels: bool = False

    @property
    def name(self) -> str:
        """The measure's name, `/LABEL` at its end where it exists for a label only."""
        return f"{self.metric}:{self.match}:{self.layer}" + ("" if self.on_layer else "/LABEL")


_RATIOS = {
    "precision": "{num} / predicted {items}",
    "recall": "{num} / gold {items}",
    "f1": "2 x {num} / (predicted + gold {items})",
}

_MUC = "MUC-5 (Chinchor & Sundheim 1993); SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013)"

_CONLL = "CoNLL-2003 (Tjong Kim Sang & De Meulder 2003)"
_HALF = "pairs that share at least half of the tokens that either has"
_JACCARD = "token Jaccard of 0.5 or more"
_RIGHT = "aligned pairs with content right ({}) and speaker right ({})"
_CORE = "pairs with equal content but for punctuation and marks at the edges and a leading 'that'"
_WORTHY = "sentences with a check-worthy claim"
_CHECK_THAT = "CheckThat! from 2022; ClaimBuster (Hassan et al. 2017)"

# layer, match, numerator, items, source
_F_MEASURES: tuple[tuple[Layer, str, str, str, str], ...] = (
    ("entities", "strict", "same boundaries and label", "entities", f"{_MUC}; {_CONLL}"),
    ("entities", "exact", "same boundaries, any label", "entities", _MUC),
    ("entities", "partial", "same boundaries, plus half of the other overlapping pairs", "entities", _MUC),
    ("entities", "type", "overlapping pairs of one label", "entities", _MUC),
    ("quotes", "exact", "pairs with equal content", "quotes", "strict in Pareti et al. 2013"),
    ("quotes", "overlap", "aligned pairs (at least one shared token)", "quotes", ""),
    ("quotes", "half-overlap", _HALF, "quotes", _JACCARD),
    ("quotes", "core", _CORE, "quotes", "what guidelines for the edges of quotes differ in"),
    ("quotes", "dice", "summed Dice of the aligned pairs", "quotes", "phi-4 of CEAF (Luo 2005)"),
    ("quotes", "token", "tokens inside both gold and predicted content", "content tokens", ""),
    ("quotes", "end-to-end", "aligned pairs whose speakers have one head", "quotes", ""),
    *(
        ("quotes", f"end-to-end-{content}-{speaker}", _RIGHT.format(content, speaker), "quotes", "")
        for content in ("exact", "overlap")
        for speaker in ("exact", "overlap", "head")
        if (content, speaker) != ("overlap", "head")
    ),
    ("claims", "exact", "pairs with equal content", "claims", ""),
    ("claims", "overlap", "aligned pairs (token Dice of 0.5 or more)", "claims", ""),
    ("claims", "half-overlap", _HALF, "claims", _JACCARD),
    ("claims", "core", _CORE, "claims", "what guidelines for the edges of claims differ in"),
    ("claims", "sentence", "sentences with a claim on both sides", "sentences with a claim", ""),
    ("claims", "check-worthy", f"{_WORTHY} on both sides", _WORTHY, _CHECK_THAT),
)


_CALIBRATION = "Guo et al. 2017"


def _definitions() -> Iterator[Definition]:
    for layer, match, num, items, source in _F_MEASURES:
        for metric, formula in _RATIOS.items():
            meaning = formula.format(num=f"({num})", items=items)
            if (layer, metric) == ("quotes", "recall") and match in ("half-overlap", "core"):
                yield Definition(metric, match, layer, f"{meaning}; /TYPE: of gold's type", source, on_labels=True)
                continue
            yield Definition(metric, match, layer, meaning, source, on_labels=layer == "entities")
        if layer == "entities":
            yield Definition(
                "macro-f1", match, layer, "mean of the labels' F1, over labels in gold or prediction", source
            )
    soft = "Johansson & Moschitti 2010, 2013, against the union of the other side"
    yield Definition(
        "precision", "proportional", "quotes", "mean share of a predicted quote's tokens that gold quotes cover", soft
    )
    yield Definition(
        "recall", "proportional", "quotes", "mean share of a gold quote's tokens that predicted quotes cover", soft
    )
    yield Definition("f1", "proportional", "quotes", "2PR / (P + R) of the two shares", soft)
    for metric, formula in _RATIOS.items():
        meaning = formula.format(num="(aligned pairs, both of this type)", items="quotes of this type")
        yield Definition(metric, "type", "quotes", meaning, on_layer=False, on_labels=True)
    yield Definition("accuracy", "type", "quotes", "aligned pairs of one type / aligned pairs")
    known = "aligned pairs with a gold speaker"
    given = "attribution given the quote (O'Keefe et al. 2012; Newell et al. 2018)"
    for how, what in {"exact": "equal speakers", "overlap": "speakers that share a token", "head": "one head"}.items():
        yield Definition("accuracy", f"speaker-{how}", "quotes", f"{what} / {known}", given)
    found = "pairs of half-overlap with a gold speaker"
    yield Definition("accuracy", "speaker-half-overlap", "quotes", f"speakers that share a token / {found}", given)
    yield Definition(
        "accuracy", "speaker-null", "quotes", "no speaker predicted / aligned pairs without a gold speaker"
    )
    yield Definition(
        "ap",
        "check-worthy",
        "claims",
        "average precision of the sentences, ranked by the best score of their claims; tied scores share a threshold",
        "CheckThat! 2018 to 2020",
    )
    for match, what in {"kind": "one kind", "check-worthy": "one answer on check-worthiness"}.items():
        yield Definition("accuracy", match, "claims", f"aligned pairs with {what} / aligned pairs")
        yield Definition("kappa", match, "claims", f"Cohen's kappa of {match} over the aligned pairs", "Cohen 1960")
    for how, what in {
        "exact": "equal claimers",
        "overlap": "claimers that share a token",
        "head": "claimers with one head",
    }.items():
        meaning = f"{what} / aligned pairs; the article's own voice on both sides is right"
        yield Definition("accuracy", f"claimer-{how}", "claims", meaning)


def _score_definitions() -> Iterator[Definition]:
    right = {
        "entities": ("strict", "same boundaries and label"),
        "quotes": ("overlap", "aligned"),
        "claims": ("overlap", "aligned; by confidence"),
    }
    for layer in LAYERS:
        match, what = right[layer]
        ranked = f"average precision of the predictions ranked by score, over all gold items (right: {what})"
        yield Definition("ap", match, layer, ranked)
        error = f"expected calibration error in ten bins: |mean score - share right| (right: {what}); lower is better"
        yield Definition("ece", match, layer, error, _CALIBRATION)
    yield Definition(
        "ece",
        "check-worthy",
        "claims",
        "expected calibration error of claims' scores over the aligned pairs, ten bins; lower is better",
        _CALIBRATION,
    )


DEFINITIONS: tuple[Definition, ...] = tuple(
    sorted(_definitions(), key=lambda definition: LAYERS.index(definition.layer))
)


SCORE_DEFINITIONS: tuple[Definition, ...] = tuple(_score_definitions())
"""The measures of what predictions' scores are worth: only predictions with scores have them."""


@cache
def _catalogue() -> dict[tuple[str, str, str], Definition]:
    return {
        (definition.metric, definition.match, definition.layer): definition
        for definition in (*DEFINITIONS, *SCORE_DEFINITIONS)
    }


def measures(*, of_scores: bool = False) -> tuple[Definition, ...]:
    """Every measure with its definition, by layer.

    Args:
        of_scores: whether to add those of what the scores of predictions are worth.

    >>> [definition.name for definition in measures(of_scores=True)][-1]
    'ece:check-worthy:claims'
    >>> len({definition.name for definition in measures()}) == len(measures())
    True
    """
    return DEFINITIONS + SCORE_DEFINITIONS if of_scores else DEFINITIONS
