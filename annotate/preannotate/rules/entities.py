"""The entities layer of the rules: names and values together, flat."""

from __future__ import annotations

from annotate.preannotate.rules.names import find_names
from annotate.preannotate.rules.page import Page
from annotate.preannotate.rules.values import find_values
from annotate.records import Entity

_VALUE_SCORE = 0.9


def find_entities(page: Page) -> list[Entity]:
    """Entities in order; where a name and a value overlap the longer one stays.

    >>> from annotate.preannotate.rules.page import read_page
    >>> [(e.text, e.label) for e in find_entities(read_page("President Biden met two Iraqi generals on Monday."))]
    [('Biden', 'PERSON'), ('two', 'CARDINAL'), ('Iraqi', 'NORP'), ('Monday', 'DATE')]
    """
    found = [(start, end, label, _VALUE_SCORE) for start, end, label in find_values(page.text)]
    found += find_names(page)
    kept: list[tuple[int, int, str, float]] = []
    reach = 0
    for start, end, label, score in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= reach:
            kept.append((start, end, label, score))
            reach = end
        elif end - start > kept[-1][1] - kept[-1][0] and (len(kept) < 2 or kept[-2][1] <= start):
            kept[-1] = (start, end, label, score)
            reach = end
    return [Entity(start, end, label, text=page.text[start:end], score=score) for start, end, label, score in kept]
