"""How much of what a preannotator proposes on the seed articles an annotator has to touch, against the released gold.

    python -m tests.bench.bench_seeds [PREANNOTATOR ...]

Touched: spurious, missing, or with another extent, label, type, kind, speaker, cue or claimer than gold; provenance,
scores and the name of the speaker do not count. The rules of `news` were written with these articles in view.
"""

from __future__ import annotations

import sys
from collections import Counter

import msgspec

from annotate.differences import compare_items
from annotate.files import resource_dir
from annotate.gold.load import load_gold
from annotate.ingest.articles import read_articles
from annotate.preannotate.registry import default_preannotator
from annotate.preannotate.run import preannotate_articles
from annotate.records import LAYERS, GoldRecord, Layer, get_layer


class Touched(msgspec.Struct):
    """One layer's counts; `changes` says what an annotator does to what is touched, an item counts once."""

    gold: int = 0
    proposed: int = 0
    changes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def share(self) -> float:
        """Touched items of all that a person looks at: gold's and the spurious ones."""
        return self.changes.total() / (self.gold + self.changes["removed"])


def count_touched(preannotator: str) -> dict[Layer, Touched]:
    """Per layer, over the five seed articles."""
    gold = {record.id: record for record in load_gold("news/1.0.0")}
    counts = {layer: Touched() for layer in LAYERS}
    for found in preannotate_articles(read_articles([str(resource_dir("seeds"))]), preannotator=preannotator):
        decided = gold[found.id]
        proposed = GoldRecord(
            id=found.id, text=decided.text, entities=found.entities, quotes=found.quotes, claims=found.claims
        )
        for layer in LAYERS:
            counts[layer].gold += len(get_layer(decided, layer) or ())
            counts[layer].proposed += len(get_layer(proposed, layer) or ())
        for change in compare_items(proposed, decided):
            if change.changes != ("revised",):
                counts[change.layer].changes[change.changes[0]] += 1
    return counts


def main(names: list[str] | None = None) -> None:
    """Print one line per layer."""
    for name in names or dict.fromkeys([default_preannotator(), "rules"]):
        for layer, found in count_touched(name).items():
            told = ", ".join(f"{count} {change}" for change, count in sorted(found.changes.items()))
            print(
                f"{name:<6} {layer:<9} gold {found.gold:>4}, proposed {found.proposed:>4}, "
                f"touched {found.changes.total():>4}, one in {1 / found.share if found.share else 0:.1f} ({told})",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
