"""The definitions, literally and by exhaustive search: slow, independent of the package's algorithms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

TOKEN = re.compile(r"\w+|[^\w\s]")
Pairs = list[tuple[int, int]]


def matchings(edges: Sequence[tuple[int, int]]) -> Iterator[Pairs]:
    """Every one-to-one matching, the empty one included."""
    if not edges:
        yield []
        return
    (i, j), rest = edges[0], edges[1:]
    yield from matchings(rest)
    for more in matchings([(a, b) for a, b in rest if a != i and b != j]):
        yield [(i, j), *more]


def overlaps(a: Any, b: Any) -> bool:
    return len(set(range(a[0], a[1])) & set(range(b[0], b[1]))) > 0


def entity_outcomes(gold: Sequence[Any], predicted: Sequence[Any], regions: Sequence[Any] = ()) -> dict[str, Any]:
    """Scheme -> (correct, incorrect, partial, missing, spurious); spans are (start, end, {right labels} or label)."""
    edges = [(i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted) if overlaps(g, p)]
    ignorable = [any(overlaps(p, region) for region in regions) for p in predicted]
    result = {}
    for scheme in ("strict", "exact", "partial", "type"):

        def correct(i: int, j: int, scheme: str = scheme) -> bool:
            same = gold[i][:2] == predicted[j][:2]
            right = predicted[j][2] in gold[i][2]
            return {"strict": same and right, "exact": same, "partial": same, "type": right}[scheme]

        best = max(
            matchings(edges),
            key=lambda pairs: (
                sum(correct(i, j) for i, j in pairs),
                len(pairs),
                sum(not ignorable[j] for _, j in pairs),
            ),
        )
        cor = sum(correct(i, j) for i, j in best)
        other = len(best) - cor
        used = {j for _, j in best}
        spurious = sum(j not in used and not ignorable[j] for j in range(len(predicted)))
        inc, par = (0, other) if scheme == "partial" else (other, 0)
        result[scheme] = (cor, inc, par, len(gold) - len(best), spurious)
    return result


def points(text: str, ranges: Sequence[tuple[int, int]]) -> frozenset[int]:
    return frozenset(i for start, end in ranges for i in range(start, end) if not text[i].isspace())


def tokens(text: str, ranges: Sequence[tuple[int, int]]) -> frozenset[int]:
    covered = {i for start, end in ranges for i in range(start, end)}
    return frozenset(n for n, m in enumerate(TOKEN.finditer(text)) if covered & set(range(*m.span())))


def head(text: str, span: tuple[int, int] | None) -> int | None:
    if span is None:
        return None
    words = TOKEN.findall(text)
    found = None
    for token in sorted(tokens(text, [span])):
        word = words[token]
        if found is not None and word in (
            *",(–—:;",
            *["of", "from", "in", "at", "for", "with", "on", "to", "by", "who", "whom", "which", "that", "whose"],
        ):
            break
        if re.fullmatch(r"\w+", word) and word != "s":
            found = token
    return found


def core(text: str, ranges: Sequence[tuple[int, int]]) -> list[int]:
    words = TOKEN.findall(text)
    kept = [(n, words[n]) for n in sorted(tokens(text, ranges))]
    coded = "".join(
        "t" if word.lower() == "that" else "." if word in ".,;:!?…-–—\"'`“”‘’«»" else "w" for _, word in kept
    )
    match = re.fullmatch(r"\.*(?:t\.*)?(.*?)\.*", coded)
    assert match is not None
    return [n for n, _ in kept[match.start(1) : match.end(1)]]


def half_sums(text: str, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, int]:
    """Pairs that share half of their tokens, those with one core, those with the right speaker. Over one article."""
    tg, tp = [tokens(text, g[0]) for g in gold], [tokens(text, p[0]) for p in predicted]

    def jaccard(i: int, j: int) -> Fraction:
        return Fraction(len(tg[i] & tp[j]), len(tg[i] | tp[j])) if tg[i] else Fraction(0)

    def same(i: int, j: int) -> bool:
        return core(text, gold[i][0]) == core(text, predicted[j][0])

    def right(i: int, j: int) -> bool:
        return speaker_right(text, gold[i][2], predicted[j][2])["overlap"]

    edges = [(i, j) for i in range(len(gold)) for j in range(len(predicted)) if jaccard(i, j) >= Fraction(1, 2)]
    best = max(
        matchings(edges),
        key=lambda pairs: tuple(sum(rate(i, j) for i, j in pairs) for rate in (same, jaccard, right)),
    )
    return {
        "half": len(best),
        "core": sum(same(i, j) for i, j in best),
        "speakers": sum(gold[i][2] is not None for i, _ in best),
        "right": sum(right(i, j) for i, j in best if gold[i][2] is not None),
    }


def speaker_right(text: str, g: Any, p: Any) -> dict[str, bool]:
    if g is None or p is None:
        return dict.fromkeys(("exact", "overlap", "head"), g is None and p is None)
    return {
        "exact": points(text, [g]) == points(text, [p]),
        "overlap": bool(tokens(text, [g]) & tokens(text, [p])),
        "head": head(text, g) is not None and head(text, g) == head(text, p),
    }


def quote_sums(text: str, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
    """Quotes are (ranges, type, speaker, cue). Sums over one article."""
    tg, tp = [tokens(text, g[0]) for g in gold], [tokens(text, p[0]) for p in predicted]
    edges = [(i, j) for i in range(len(gold)) for j in range(len(predicted)) if tg[i] & tp[j]]

    def exact(i: int, j: int) -> bool:
        return points(text, gold[i][0]) == points(text, predicted[j][0])

    def dice(i: int, j: int) -> Fraction:
        return Fraction(2 * len(tg[i] & tp[j]), len(tg[i]) + len(tp[j]))

    def key(pairs: Pairs) -> tuple[Any, ...]:
        right = [speaker_right(text, gold[i][2], predicted[j][2]) for i, j in pairs]
        return (
            sum(exact(i, j) for i, j in pairs),
            sum(dice(i, j) for i, j in pairs),
            sum(r["overlap"] for r in right),
            sum(gold[i][1] == predicted[j][1] for i, j in pairs),
            sum(r["head"] for r in right),
            sum(r["exact"] for r in right),
            sum(speaker_right(text, gold[i][3], predicted[j][3])["overlap"] for i, j in pairs),
        )

    best = max(matchings(edges), key=key)
    all_gold = frozenset[int]().union(*tg)
    all_predicted = frozenset[int]().union(*tp)
    right = [speaker_right(text, gold[i][2], predicted[j][2]) for i, j in best]
    return {
        "gold": len(gold),
        "predicted": len(predicted),
        "pairs": len(best),
        "exact": sum(exact(i, j) for i, j in best),
        "dice": float(sum(dice(i, j) for i, j in best)),
        "type": sum(gold[i][1] == predicted[j][1] for i, j in best),
        "token": (len(all_gold & all_predicted), len(all_gold), len(all_predicted)),
        "soft": (
            sum(len(t & all_gold) / len(t) for t in tp if t),
            sum(len(t & all_predicted) / len(t) for t in tg if t),
        ),
        "speaker": {
            how: sum(r[how] for r, (i, _) in zip(right, best, strict=True) if gold[i][2] is not None)
            for how in ("exact", "overlap", "head")
        },
        "speakers": sum(gold[i][2] is not None for i, _ in best),
        "end-to-end": sum(r["head"] for r in right),
        "end-to-end-exact-exact": sum(r["exact"] and exact(i, j) for r, (i, j) in zip(right, best, strict=True)),
    }


def claim_sums(text: str, gold: Sequence[Any], predicted: Sequence[Any], sentences: Sequence[Any]) -> dict[str, Any]:
    """Claims are (start, end, check_worthy, kind, claimer, score). Sums over one article."""
    tg, tp = [tokens(text, [g[:2]]) for g in gold], [tokens(text, [p[:2]]) for p in predicted]

    def dice(i: int, j: int) -> Fraction:
        return Fraction(2 * len(tg[i] & tp[j]), max(1, len(tg[i]) + len(tp[j])))

    def exact(i: int, j: int) -> bool:
        return points(text, [gold[i][:2]]) == points(text, [predicted[j][:2]])

    edges = [(i, j) for i in range(len(gold)) for j in range(len(predicted)) if dice(i, j) >= Fraction(1, 2)]

    def key(pairs: Pairs) -> tuple[Any, ...]:
        right = [speaker_right(text, gold[i][4], predicted[j][4]) for i, j in pairs]
        return (
            sum(exact(i, j) for i, j in pairs),
            sum(dice(i, j) for i, j in pairs),
            sum(gold[i][3] == predicted[j][3] for i, j in pairs),
            sum(gold[i][2] == predicted[j][2] for i, j in pairs),
            sum(r["overlap"] for r in right),
            sum(r["head"] for r in right),
            sum(r["exact"] for r in right),
        )

    best = max(matchings(edges), key=key)

    def home(claim: Any) -> int | None:
        shared = [len(set(range(claim[0], claim[1])) & set(range(*s))) for s in sentences]
        most = max(shared, default=0)
        return shared.index(most) if most else None

    def where(claims: Sequence[Any]) -> set[int | None]:
        return {home(claim) for claim in claims} - {None}

    worthy = [where([c for c in side if c[2]]) for side in (gold, predicted)]
    ranked = [
        (max([p[5] or 0.0 for p in predicted if home(p) == n], default=0.0), n in worthy[0])
        for n in range(len(sentences))
    ]
    return {
        "gold": len(gold),
        "predicted": len(predicted),
        "pairs": len(best),
        "exact": sum(exact(i, j) for i, j in best),
        "kind": sum(gold[i][3] == predicted[j][3] for i, j in best),
        "check-worthy": sum(gold[i][2] == predicted[j][2] for i, j in best),
        "claimer": sum(speaker_right(text, gold[i][4], predicted[j][4])["overlap"] for i, j in best),
        "sentence": (len(where(gold) & where(predicted)), len(where(gold)), len(where(predicted))),
        "worthy": (len(worthy[0] & worthy[1]), len(worthy[0]), len(worthy[1])),
        "ranked": ranked,
    }
