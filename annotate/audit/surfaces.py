"""Where gold contradicts itself: one surface under two labels, marked here and not there, labels used once, cut words.

The consistency of equal strings as a sign of annotation errors follows Dickinson & Meurers (2003, "Detecting Errors
in Part-of-Speech Annotation"), here with the label's share among all occurrences as the evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from annotate.audit.finding import Finding, propose
from annotate.records import Claim, Entity, GoldRecord
from annotate.text.tokens import TOKEN

MIN_MARKED = 3
"""A surface must be marked so often before its unmarked occurrences are suspicious."""
MIN_SHARE = 0.7
"""Of a surface's labels or occurrences so many must agree before the others are suspicious."""


def find_label_conflicts(gold: Sequence[GoldRecord]) -> Iterator[Finding]:
    """Mentions and claims whose words carry another label nearly everywhere else."""
    entities: dict[str, list[tuple[GoldRecord, Entity]]] = defaultdict(list)
    claims: dict[str, list[tuple[GoldRecord, Claim]]] = defaultdict(list)
    for record in gold:
        for entity in record.entities or ():
            entities[_surface(record, entity)].append((record, entity))
        for claim in record.claims or ():
            claims[_surface(record, claim)].append((record, claim))
    for surface, found in entities.items():
        counts = Counter(entity.label for _, entity in found)
        label, most = counts.most_common(1)[0]
        if len(counts) < 2 or most / len(found) < MIN_SHARE:
            continue
        for record, entity in found:
            if entity.label == label or label in (entity.alt_labels or ()):
                continue
            reason = f"{label} in {most} of {len(found)} places"
            other = Entity(entity.start, entity.end, label)
            yield _finding(record, "labels", most / len(found), entity, surface, reason, entity.label, other)
    for surface, claims_found in claims.items():
        answers = Counter((claim.kind, claim.check_worthy) for _, claim in claims_found)
        (kind, worthy), most = answers.most_common(1)[0]
        for record, claim in claims_found:
            if (claim.kind, claim.check_worthy) != (kind, worthy):
                said = f"{kind}, {'check-worthy' if worthy else 'not check-worthy'}"
                reason = f"the same words are {said} in {most} of {len(claims_found)} places"
                yield Finding(
                    id=record.id,
                    check="labels",
                    score=most / len(claims_found),
                    layer="claims",
                    start=claim.start,
                    end=claim.end,
                    text=surface,
                    reason=reason,
                    label=claim.kind,
                )


def find_unmarked(gold: Sequence[GoldRecord]) -> Iterator[Finding]:
    """Words that are an entity nearly everywhere, and are not marked here.

    Only surfaces with a capital letter: for the others context decides. An occurrence inside or across a marked
    mention is not unmarked.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for record in gold:
        for entity in record.entities or ():
            surface = _surface(record, entity)
            if any(character.isupper() for character in surface):
                labels[surface][entity.label] += 1
    wanted = {surface for surface, counts in labels.items() if counts.total() >= MIN_MARKED}
    if not wanted:
        return
    # one pass a text: a pattern of first words finds candidates, whatever the number of surfaces
    by_first: dict[str, list[str]] = defaultdict(list)
    for surface in sorted(wanted, key=len, reverse=True):
        match = TOKEN.match(surface)
        if match:
            by_first[match[0]].append(surface)
    bare: dict[str, list[tuple[GoldRecord, int]]] = defaultdict(list)
    for record in gold:
        if record.entities is not None and record.text is not None:
            for surface, start in _occurrences(record.text, by_first):
                end = start + len(surface)
                taken = [*record.entities, *(record.ignore or ()), *(record.excluded or ())]
                if not any(span.start < end and start < span.end for span in taken):
                    bare[surface].append((record, start))
    for surface, places in bare.items():
        marked = labels[surface].total()
        share = marked / (marked + len(places))
        if share < MIN_SHARE:
            continue
        label = labels[surface].most_common(1)[0][0]
        reason = f"marked as {label} in {marked} of {marked + len(places)} places"
        for record, start in places:
            entity = Entity(start, start + len(surface), label)
            yield _finding(record, "unmarked", share, entity, surface, reason, None, entity)


def _occurrences(text: str, by_first: dict[str, list[str]]) -> Iterator[tuple[str, int]]:
    """(surface, start) of the longest surface at each word of the text, on word borders."""
    for match in TOKEN.finditer(text):
        for surface in by_first.get(match[0], ()):
            end = match.start() + len(surface)
            if text.startswith(surface, match.start()) and not text[end : end + 1].isalnum():
                yield surface, match.start()
                break


def find_lone_labels(gold: Sequence[GoldRecord]) -> Iterator[Finding]:
    """Labels that the whole gold uses once: a rare thing, or a slip of the finger."""
    uses: dict[str, list[tuple[GoldRecord, Entity]]] = defaultdict(list)
    for record in gold:
        for entity in record.entities or ():
            uses[entity.label].append((record, entity))
    total = sum(map(len, uses.values()))
    for label, found in uses.items():
        if len(found) == 1 and total >= 20:
            record, entity = found[0]
            reason = f"the only {label} among {total} mentions"
            yield _finding(record, "lone", 0.3, entity, _surface(record, entity), reason, label)


def find_bad_edges(gold: Sequence[GoldRecord]) -> Iterator[Finding]:
    """Mentions with white space at an edge, or whose edge cuts a word."""
    for record in gold:
        text = record.text or ""
        for entity in record.entities or ():
            surface = _surface(record, entity)
            if surface != surface.strip():
                yield _finding(record, "edges", 0.95, entity, surface, "white space at its edge", entity.label)
            elif _cuts_word(text, entity.start) or _cuts_word(text, entity.end):
                yield _finding(record, "edges", 0.8, entity, surface, "its edge cuts a word", entity.label)


def _cuts_word(text: str, offset: int) -> bool:
    before, after = text[offset - 1 : offset] if offset else "", text[offset : offset + 1]
    # scripts without spaces between words have no case; there an edge inside a run of letters is no problem
    return before.isalpha() and after.isalpha() and (before.lower() != before.upper())


def _surface(record: GoldRecord, span: Entity | Claim) -> str:
    return (record.text or "")[span.start : span.end]


def _finding(
    record: GoldRecord,
    check: str,
    score: float,
    entity: Entity,
    surface: str,
    reason: str,
    label: str | None,
    proposed: Entity | None = None,
) -> Finding:
    return Finding(
        id=record.id,
        check=check,  # type: ignore[arg-type]
        score=round(score, 3),
        layer="entities",
        start=entity.start,
        end=entity.end,
        text=surface,
        reason=reason,
        label=label,
        proposed=None if proposed is None else propose(proposed),
    )
