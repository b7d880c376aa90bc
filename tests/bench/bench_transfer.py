"""What carrying annotations to copies is worth: against the copy's own gold, beside the draft alone.

    python -m tests.bench.bench_transfer [--drafts rules news] [--pool N]

In each corpus every article is tried as a copy of the others, found as `annotate transfer` finds them. The copy has
gold of its own, made without a look at the other. Printed for each corpus and layer: carried items, the share that has
the same extent as an item of the copy's gold, and that is the same in all; F1 of exact extents and the actions
(`annotate effort`: items to move, relabel, relink, delete or add) with the draft alone and with carried items.
`two golds` is the F1 of the two articles' golds with each other, on the words that both texts have: carrying cannot do
better.

PolNeAR's two golds of one text are of different annotators, and `news` was trained on these articles; the silver
entities are CoreNLP's, no gold. The seeds have no copies: there all pairs of the five papers' articles are tried.
`--pool N` also times a pool of N made articles.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from annotate.copies.carry import carry_items
from annotate.copies.transfer import merge_draft, transfer
from annotate.gold.load import load_gold
from annotate.items import identity_of, ranges_of
from annotate.jsonl import write_records
from annotate.preannotate import preannotate_articles
from annotate.records import LAYERS, Article, GoldRecord, Layer, Layers, annotated_layers, article_fields, get_layer
from annotate.release.grouping.run_index import RunIndex
from annotate.task_json.outcomes import compare_layers
from tests.support.corpora import CORPORA, read_corpus

GROUPS = (
    ("polnear_quotes.train", "polnear_quotes.dev"),
    ("polnear_silver_entities.train", "polnear_silver_entities.dev"),
    ("re3d_entities_named.dev",),
    ("re3d_entities_all.dev",),
    ("claims_news.train", "claims_news.dev"),
)


@dataclass
class Tally:
    """What was counted over all copies, for one layer; actions by draft, without and with carried items."""

    gold: int = 0
    carried: int = 0
    back: int = 0
    same_extent: int = 0
    same: int = 0
    matched: Counter[str] = field(default_factory=Counter)
    proposed: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)

    def f1(self, name: str) -> float:
        total = self.proposed[name] + self.gold
        return 2 * self.matched[name] / total if total else 0.0


def find_pairs(records: Sequence[GoldRecord]) -> Iterator[tuple[GoldRecord, GoldRecord]]:
    """Each article that has a copy among the others, behind the one that it would be carried from."""
    index = RunIndex(record.text or "" for record in records)
    for number, record in enumerate(records):
        others = [one.number for one in index.find(record.text or "") if one.number != number]
        if others:
            yield records[others[0]], record


def count(tally: Tally, layer: Layer, source: GoldRecord, copy: GoldRecord, drafts: dict[str, Layers]) -> None:
    text = copy.text or ""
    own = get_layer(copy, layer) or []
    places, identities = {ranges_of(item) for item in own}, {identity_of(item, text) for item in own}
    carried = carry_items(_only(source, layer), text)
    items = get_layer(carried.layers, layer) or []
    tally.gold += len(own)
    tally.carried += len(items)
    tally.same_extent += sum(ranges_of(item) in places for item in items)
    tally.same += sum(identity_of(item, text) in identities for item in items)
    tally.back += len(get_layer(carry_items(_only(copy, layer), source.text or "").layers, layer) or [])
    for name, draft in drafts.items():
        wanted = Layers(**{layer: get_layer(draft, layer) or []})
        merged, _ = merge_draft(Article(**article_fields(copy)), source, carried, wanted, name)
        for what, layers in ((name, wanted), (f"{name}+carried", merged)):
            proposed = get_layer(layers, layer) or []
            tally.proposed[what] += len(proposed)
            tally.matched[what] += len({ranges_of(item) for item in proposed} & places)
            tally.actions[what] += sum(
                pair.change != "unchanged" for pair in compare_layers(layers, _only(copy, layer))
            )


def _only(record: GoldRecord, layer: Layer) -> GoldRecord:
    return msgspec.structs.replace(record, **{other: None for other in LAYERS if other != layer})


def measure(title: str, pairs: Sequence[tuple[GoldRecord, GoldRecord]], names: Sequence[str]) -> None:
    """Print what carrying does on these pairs."""
    print(f"\n{title}: {len(pairs)} copies")
    if not pairs:
        return
    copies = list({copy.id: Article(**article_fields(copy)) for _, copy in pairs}.values())
    drafts = {
        name: {
            found.id: Layers(entities=found.entities, quotes=found.quotes, claims=found.claims)
            for found in preannotate_articles(copies, preannotator=name)
        }
        for name in names
    }
    for layer in annotated_layers(pairs[0][1]):
        tally = Tally()
        for source, copy in pairs:
            count(tally, layer, source, copy, {name: drafts[name][copy.id] for name in names})
        shares = [f"{right / max(tally.carried, 1):.3f}" for right in (tally.same_extent, tally.same)]
        both = 2 * tally.same_extent / max(tally.carried + tally.back, 1)
        print(
            f"{layer}: gold {tally.gold:,}, carried {tally.carried:,}, same extent {shares[0]}, same {shares[1]}, "
            f"two golds F1 {both:.3f}"
        )
        for name in names:
            alone, helped = tally.actions[name], tally.actions[f"{name}+carried"]
            print(
                f"  {name:<6} F1 {tally.f1(name):.3f} -> {tally.f1(f'{name}+carried'):.3f}, "
                f"actions {alone:,} -> {helped:,} ({(helped - alone) / max(alone, 1):+.0%})",
                flush=True,
            )


def time_pool(count: int) -> None:
    """Time and memory of a pool of so many articles of 300 words, one in a hundred of them a copy."""
    chance = random.Random(0)
    words = [f"word{number}" for number in range(50_000)]
    gold = [GoldRecord(id=f"g{n}", text=" ".join(chance.choices(words, k=300)), entities=[]) for n in range(500)]

    def make_texts() -> Iterator[str]:
        for n in range(count):
            yield " ".join(chance.choices(words, k=300)) if n % 100 else f"(AP) {gold[n // 100 % 500].text}"

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.jsonl"
        write_records(path, (Article(id=f"p{n}", text=text) for n, text in enumerate(make_texts())))
        start = time.perf_counter()
        report = transfer(gold, [str(path)], Path(folder) / "p.jsonl", draft="none")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{count:,} articles: {len(report.copies):,} copies, {time.perf_counter() - start:.0f} s, {peak:,.0f} MiB")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--drafts", nargs="*", default=["rules", "news"])
    parser.add_argument("--pool", type=int, default=0)
    options = parser.parse_args()
    if options.pool:
        time_pool(options.pool)
        return
    seeds = load_gold("news/0.1.0")
    measure("seeds, all pairs", list(itertools.permutations(seeds, 2)), options.drafts)
    print(f"copies that transfer finds among the seeds: {len(list(find_pairs(seeds)))}")
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: only the seeds were measured")
        return
    for names in GROUPS:
        gold = [record for name in names for record in read_corpus(CORPORA, name, GoldRecord)]
        measure(" + ".join(names), list(find_pairs(gold)), options.drafts)


if __name__ == "__main__":
    main()
