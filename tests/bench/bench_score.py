"""Speed of scoring, beside its peers in one run: 10,000 articles of 40 mentions with 12 labels.

    python tests/bench/bench_score.py [--articles N] [--no-peers]

CPU seconds, best of three for what is short. Prints one line for each target of the score command, with its limit.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LABELS = ("PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "DATE", "TIME", "MONEY", "EVENT", "LAW", "PRODUCT")
Spans = list[tuple[int, int, str]]


def make_articles(n_articles: int, mentions: int = 40, words: int = 500) -> list[tuple[str, Spans, Spans]]:
    """Texts of `words` words with flat gold and flat predictions on word bounds: a fifth is wrong in some way."""
    chance = random.Random(7)
    articles = []
    for _ in range(n_articles):
        lengths = [chance.randint(2, 9) for _ in range(words)]
        starts = [0]
        for length in lengths:
            starts.append(starts[-1] + length + 1)
        text = " ".join("x" * length for length in lengths)
        gold: Spans = []
        predicted: Spans = []
        for slot in range(mentions):
            first = slot * (words // mentions) + chance.randint(0, 4)
            last = first + chance.randint(1, 3)
            label = chance.choice(LABELS)
            gold.append((starts[first], starts[last] - 1, label))
            luck = chance.random()
            if luck < 0.05:
                continue
            if luck < 0.10:
                last += 1
            elif luck < 0.15:
                label = chance.choice(LABELS)
            elif luck < 0.2:
                first, last = last + 2, last + 4
            predicted.append((starts[first], starts[last] - 1, label))
        articles.append((text, gold, predicted))
    return articles


def cpu(function: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The least CPU seconds of several runs, and the last result."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        before = time.process_time()
        result = function()
        best = min(best, time.process_time() - before)
    return best, result


def say(what: str, seconds: float, limit: str) -> None:
    print(f"{what:<66} {seconds:9.3f} s   {limit}", flush=True)


def write_jsonl(folder: Path, articles: list[tuple[str, Spans, Spans]]) -> tuple[Path, Path]:
    paths = folder / "gold.jsonl", folder / "predictions.jsonl"
    for side, path in enumerate(paths, 1):
        with path.open("w") as file:
            for i, article in enumerate(articles):
                entities = [{"start": s, "end": e, "label": name} for s, e, name in article[side]]
                file.write(json.dumps({"id": f"a{i:06}", "text": article[0], "entities": entities}) + "\n")
    return paths


def bench_records(articles: list[tuple[str, Spans, Spans]]) -> tuple[float, Any]:
    from annotate.records import Entity, GoldRecord, Prediction
    from annotate.score import evaluate

    gold = [
        GoldRecord(id=f"a{i:06}", text=text, entities=[Entity(*span) for span in spans])
        for i, (text, spans, _) in enumerate(articles)
    ]
    predictions = [
        Prediction(id=f"a{i:06}", entities=[Entity(*span) for span in spans])
        for i, (_, _, spans) in enumerate(articles)
    ]
    return cpu(lambda: evaluate(gold, predictions, trials=0))


def bench_intervals(articles: list[tuple[str, Spans, Spans]]) -> float:
    import numpy as np

    from annotate.records import Entity, GoldRecord, Prediction
    from annotate.schema import load_schema
    from annotate.score.evaluate import count_layers
    from annotate.score.measures import Measure
    from annotate.score.problems import Problems
    from annotate.score.resampling import Resamples, expanded_interval
    from annotate.score.tables import read_gold, read_system

    table = read_gold(
        (GoldRecord(id=f"a{i:06}", text=t, entities=[Entity(*s) for s in g]) for i, (t, g, _) in enumerate(articles)),
        load_schema(),
        Problems(),
    )
    system = read_system(
        (Prediction(id=f"a{i:06}", entities=[Entity(*s) for s in p]) for i, (_, _, p) in enumerate(articles)),
        table,
        Problems(),
    )
    found = count_layers(table, system, ["entities"])["entities"].formulas
    measures = [
        Measure(metric, match, "entities")
        for metric in ("precision", "recall", "f1")
        for match in ("strict", "exact", "partial", "type")
    ]
    wanted = {measure: found[measure] for measure in measures}

    def resample() -> None:
        resamples = Resamples(wanted, np.arange(table.size), table.size, 1000, 0)
        for measure in wanted:
            expanded_interval(resamples.values(measure), table.size)

    return cpu(resample)[0]


def bench_files(gold: Path, predictions: Path) -> tuple[float, float]:
    """CPU seconds and peak MiB of the command in a process of its own."""
    code = (
        "import sys; from annotate.cli.app import app; "
        f"app(['score', {str(predictions)!r}, '--gold', {str(gold)!r}, '--format', 'json'], standalone_mode=False)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1024


def bench_long(spans: int) -> float:
    """One article of that many overlapping spans of mixed labels on each side."""
    from annotate.records import Entity, GoldRecord, Prediction
    from annotate.score import evaluate

    chance = random.Random(3)
    size = spans * 10

    def draw() -> list[Entity]:
        found = {(s := chance.randrange(size), s + chance.randint(1, 60), chance.choice(LABELS)) for _ in range(spans)}
        return [Entity(s, min(e, size), name) for s, e, name in found]

    gold = [GoldRecord(id="a", text="x" * size, entities=draw())]
    predictions = [Prediction(id="a", entities=draw())]
    return cpu(lambda: evaluate(gold, predictions, trials=0), 1)[0]


def bench_nervaluate(articles: list[tuple[str, Spans, Spans]]) -> tuple[float, float]:
    from nervaluate.evaluator import Evaluator

    sides = [
        [[{"label": name, "start": s, "end": e - 1} for s, e, name in article[side]] for article in articles]
        for side in (1, 2)
    ]
    seconds, result = cpu(lambda: Evaluator(*sides, tags=list(LABELS), loader="dict").evaluate(), 1)
    return seconds, result["overall"]["strict"].f1


def bench_spacy(articles: list[tuple[str, Spans, Spans]]) -> tuple[float, float]:
    import spacy
    from spacy.scorer import Scorer
    from spacy.tokens import Doc, Span
    from spacy.training import Example

    vocab = spacy.blank("en").vocab
    examples = []
    for text, *both in articles:
        words = text.split(" ")
        sides = []
        for spans in both:
            doc = Doc(vocab, words)
            index = {word.idx: word.i for word in doc} | {len(text) + 1: len(words)}
            doc.set_ents([Span(doc, index[start], index[end + 1], name) for start, end, name in spans])
            sides.append(doc)
        examples.append(Example(sides[1], sides[0]))
    seconds, result = cpu(lambda: Scorer.score_spans(examples, "ents"), 1)
    return seconds, result["ents_f"]


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    articles = make_articles(options.articles)
    ours, report = bench_records(articles)
    say(f"records, four schemes and per label, {options.articles} articles", ours, "")
    half, _ = bench_records(articles[: options.articles // 2])
    say("  the same, half of the articles", half, "about half")
    say("1,000 resamples, 12 measures", bench_intervals(articles), "limit 0.5 s")
    with tempfile.TemporaryDirectory() as folder:
        paths = write_jsonl(Path(folder), articles)
        seconds, memory = bench_files(*paths)
    say(f"two JSONL files, all validation, intervals ({memory:.0f} MiB, limit 450)", seconds, "limit 3.5 s")
    for spans in (1000, 2000, 4000):
        say(f"one article, {spans} overlapping spans per side", bench_long(spans), "")
    if options.no_peers:
        return
    tenth = articles[: options.articles // 10]
    ours, report = bench_records(tenth)
    say(f"records again, {len(tenth)} articles, for the peers", ours, "")
    value = report.value("f1:strict:entities")
    for name, bench, times in (("nervaluate", bench_nervaluate, 10), ("spaCy's ents_f", bench_spacy, 25)):
        seconds, theirs = bench(tenth)
        agrees = "same strict F1" if abs(theirs - value) < 1e-9 else f"strict F1 {theirs:.6f}, ours {value:.6f}"
        say(f"{name} ({agrees})", seconds, f"{seconds / ours:.0f} times ours, target {times}")


if __name__ == "__main__":
    main()
