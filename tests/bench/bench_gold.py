"""Building and checking a release of 100,000 articles: seconds and peak memory; the stories are made up.

`python -m tests.bench gold`, or with another number of articles: `python tests/bench/bench_gold.py 10000`.
"""

from __future__ import annotations

import itertools
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from annotate.gold.load import stream_release
from annotate.gold.manifest import read_manifest
from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from annotate.release.build import release_records
from annotate.release.check import check_release

COPIES, TELLINGS = 0.05, 0.2  # shares of articles that copy an earlier one, or tell its story in other words


def make_articles(count: int) -> Iterator[GoldRecord]:
    """Articles of about 300 words over a year, with 20 entities, 3 quotes and 2 claims each."""
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(20_000)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(words))))
    names = ["".join(rng.choices(letters, k=rng.randint(4, 9))).capitalize() for _ in range(40_000)]
    name_weights = list(itertools.accumulate(1 / (rank + 30) for rank in range(len(names))))
    last: tuple[list[str], list[str], int] | None = None
    for number in range(count):
        luck = rng.random()
        if last is None or luck > COPIES + TELLINGS:
            cast = rng.choices(names, cum_weights=name_weights, k=20)
            body, day = rng.choices(words, cum_weights=weights, k=280), rng.randrange(365)
        else:
            body, cast, day = last
            if luck < COPIES:
                body = [*body[:-10], *rng.choices(words, cum_weights=weights, k=10)]
            else:
                cast = [*cast[:-6], *rng.choices(names, cum_weights=name_weights, k=6)]
                body = rng.choices(words, cum_weights=weights, k=280)
        last = (body, cast, day)
        yield _write(number, body, cast, day)


def _write(number: int, body: list[str], cast: list[str], day: int) -> GoldRecord:
    pieces, length = [], 0
    entities = []
    for place, word in enumerate(body):
        if place % 14 == 7:
            name = cast[place // 14]
            entities.append(
                Entity(length, length + len(name), "PERSON", origin="prediction", preannotator="rules-0.1.0")
            )
            pieces.append(name)
            length += len(name) + 1
        pieces.append(word)
        length += len(word) + 1
    text = " ".join(pieces)
    quotes = [
        Quote(
            "direct", [Span(start, start + 60)], speaker=Span(start + 70, start + 80), cue=Span(start + 62, start + 66)
        )
        for start in (100, 500, 900)
    ]
    claims = [Claim(start, start + 70, True, "event") for start in (300, 700)]
    return GoldRecord(
        id=f"article-{number:07d}",
        text=text,
        date=time.strftime("%Y-%m-%d", time.gmtime((18_628 + day) * 86_400)),
        annotators=["a", "b"],
        decided_by="majority",
        model="rules-0.1.0",
        entities=entities,
        quotes=quotes,
        claims=claims,
    )


def timed(what: str, count: int, work: Callable[[], Any]) -> Any:
    """Run the work and print how long it took, and the highest memory so far."""
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:<26} {seconds:7.1f} s ({cpu:.1f} s CPU) {count / seconds:8,.0f} articles/s, peak {peak:,.0f} MiB",
        flush=True,
    )
    return result


def main(count: int = 100_000) -> None:
    """Print time and memory of each step."""
    home = Path(tempfile.mkdtemp())
    try:
        timed("making them", count, lambda: sum(1 for _ in make_articles(count)))
        folder = timed(
            "release_records, all of it", count, lambda: release_records(make_articles(count), "b", "1.0.0", to=home)
        )
        timed("reading it back", count, lambda: sum(1 for _ in stream_release(folder)))
        report = timed("check_release", count, lambda: check_release(folder))
        manifest = read_manifest(folder)
        size = sum(entry.bytes for entry in manifest.files.values()) / 1e6
        shares = ", ".join(f"{name} {split.share:.4f}" for name, split in manifest.splits.items())
        print(f"{manifest.counts['clusters']:,} stories; {report.kin:,} pairs of kin; {shares}; {size:,.0f} MB")
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
