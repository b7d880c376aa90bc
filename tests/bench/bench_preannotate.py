"""Words a second of each preannotator, raw text to records, on one and two processes, beside peers.

Run: python tests/bench/bench_preannotate.py [ARTICLES.jsonl] [--copies N] [--many N]
`--many N` also streams N short articles through `--jobs 2` and through Ray, and prints the peak memory of the
process that feeds them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from annotate.files import resource_dir
from annotate.ingest.articles import read_articles
from annotate.preannotate.prediction_file import preannotate_to_file
from annotate.preannotate.registry import default_preannotator
from annotate.preannotate.run import Engine, preannotate_articles
from annotate.records import Article


def _copies(articles: list[Article], copies: int) -> list[Article]:
    return [
        msgspec.structs.replace(article, id=f"{article.id}-{copy}") for copy in range(copies) for article in articles
    ]


def _measure(name: str, words: int, run: Callable[[], object]) -> float:
    """Words a second, printed."""
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    print(f"{name:<52} {words / seconds:>10,.0f} words/s   {seconds:6.1f} s", flush=True)
    return words / seconds


def _drain(items: Iterable[object]) -> None:
    for _ in items:
        pass


def _split_with_spacy(articles: list[Article]) -> None:
    """Peer: spaCy's own tokens and sentences, and nothing else."""
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    _drain(nlp.pipe(article.text for article in articles))


def _textacy_quotes(articles: list[Article]) -> int:
    """Peer: textacy's direct quotations, a paragraph at a time; returns how many paragraphs it raises on."""
    import spacy
    from textacy.extract import direct_quotations

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    raised = 0
    for article in articles:
        for paragraph in article.text.split("\n"):
            try:
                _drain(direct_quotations(nlp(paragraph)))
            except ValueError:
                raised += 1
    return raised


def _short_articles(count: int, folder: Path) -> list[str]:
    names = []
    for part in range(4):
        path = folder / f"part{part}.jsonl"
        with path.open("wb") as file:
            for n in range(count // 4):
                text = f"Minister Anna Smith said on Monday that {n} troops would leave Iraq. “We won,” she said."
                file.write(msgspec.json.encode(Article(id=f"{part}-{n}", text=text)) + b"\n")
        names.append(str(path))
    return names


def main(arguments: Sequence[str] = ()) -> None:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=[str(resource_dir("seeds"))])
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--many", type=int, default=0)
    options = parser.parse_args(arguments)

    articles = _copies(list(read_articles(options.sources)), options.copies)
    words = sum(len(article.text.split()) for article in articles)
    print(f"{len(articles)} articles, {words:,} words")
    os.environ["OMP_NUM_THREADS"] = "1"  # as every worker process has it: one job, one core
    for preannotator in dict.fromkeys(["rules", default_preannotator()]):
        speeds = []
        for jobs in (1, 2):
            # the first articles pay for loading, which is not the question
            run: Iterator[object] = preannotate_articles(
                itertools.chain(_copies(articles[:1], 64), articles), preannotator=preannotator, jobs=jobs
            )
            _drain(itertools.islice(run, 64))
            name = f"{preannotator}, {jobs} process{'es' if jobs > 1 else ''}, one core each"
            speeds.append(_measure(name, words, lambda run=run: _drain(run)))
        print(f"{preannotator}, two cores / one core {speeds[1] / speeds[0]:.2f}")
    _measure("spaCy, tokens and sentences only", words, lambda: _split_with_spacy(articles))
    _measure("textacy direct_quotations (quotes only)", words, lambda: _textacy_quotes(articles))

    if options.many:
        engines: tuple[Engine, ...] = ("local", "ray")
        for engine in engines:
            with tempfile.TemporaryDirectory() as folder:
                many = read_articles(_short_articles(options.many, Path(folder)))
                output = Path(folder) / "predictions.jsonl"
                start = time.perf_counter()
                preannotate_to_file(many, output, preannotator="rules", jobs=2, engine=engine)
                seconds = time.perf_counter() - start
                peaks = [
                    resource.getrusage(who).ru_maxrss // 1024
                    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
                ]
                print(
                    f"{len(many):,} short articles, {engine}, 2 jobs: {seconds:.0f} s, peak {peaks[0]} MiB, "
                    f"of the largest child so far {peaks[1]} MiB",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:])
