"""Where gold contradicts itself: one surface under two labels, marked here and not there, labels used once, cut words.

The consistency of equal strings as a sign of annotation errors follows Dickinson & Meurers (2003, "Detecting Errors
in Part-of-Speech Annotation"), here with the label's share among all occurrences as the evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from annotate.audit.finding import Finding, make_finding
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
    for found in entities.values():
        counts = Counter(entity.label for _, entity in found)
        label, most = counts.most_common(1)[0]
        if len(counts) < 2 or most / len(found) < MIN_SHARE:
            continue
        for record, entity in found:
            if entity.label == label or label in (entity.alt_labels or ()):
                continue
            reason = f"{label} in {most} of {len(found)} places"
            other = Entity(entity.start, entity.end, label)
            score = round(most / len(found), 3)
            yield make_finding(record, "labels", score, entity, reason, label=entity.label, proposed=other)
    for claims_found in claims.values():
        answers = Counter((claim.kind, claim.check_worthy) for _, claim in claims_found)
        (kind, worthy), most = answers.most_common(1)[0]
        for record, claim in claims_found:
            if (claim.kind, claim.check_worthy) != (kind, worthy):
                said = f"{kind}, {'check-worthy' if worthy else 'not check-worthy'}"
                reason = f"the same words are {said} in {most} of {len(claims_found)} places"
                yield make_finding(record, "labels", most / len(claims_found), claim, reason, label=claim.kind)


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
            yield make_finding(record, "unmarked", round(share, 3), entity, reason, label=None, proposed=entity)


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
            yield make_finding(record, "lone", 0.3, entity, reason, label=label)


def find_bad_edges(gold: Sequence[GoldRecord]) -> Iterator[Finding]:
    """Mentions with white space at an edge, or whose edge cuts a word."""
    for record in gold:
        text = record.text or ""
        for entity in record.entities or ():
            surface = _surface(record, entity)
            if surface != surface.strip():
                yield make_finding(record, "edges", 0.95, entity, "white space at its edge", label=entity.label)
            elif _cuts_word(text, entity.start) or _cuts_word(text, entity.end):
                yield make_finding(record, "edges", 0.8, entity, "its edge cuts a word", label=entity.label)


def _cuts_word(text: str, offset: int) -> bool:
    before, after = text[offset - 1 : offset] if offset else "", text[offset : offset + 1]
    # scripts without spaces between words have no case; there an edge inside a run of letters is no problem
    return before.isalpha() and after.isalpha() and (before.lower() != before.upper())


def _surface(record: GoldRecord, span: Entity | Claim) -> str:
    return (record.text or "")[span.start : span.end]
