"""What `annotate select` costs: seconds of one core and peak memory on pools of made articles.

    python -m tests.bench.bench_pool [--sizes 20000 100000] [--runs 1] [--repository DIR ...]

The articles are those of `bench_gold`: 300 words, 20 names in each, one in twenty a copy, one in five tells the story
of another one. Printed for each size and set of options: seconds, MiB, and a digest of the batch, which stays the same
as long as the same articles are chosen with the same probabilities. With several repositories (checkouts of this one),
their runs alternate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

OPTIONS = (
    "pool.jsonl --by publisher,month",
    "undated.jsonl",
    "pool.jsonl --order uncertain --predictions predictions.jsonl",
    "pool.jsonl --order diverse",
    "pool.jsonl --exclude annotated.jsonl",
)


def write_pool(folder: Path, count: int) -> None:
    """The pool, the same without dates, predictions on all of it, and a tenth of it as annotated."""
    import msgspec

    from annotate.jsonl import write_records
    from annotate.records import Article, GoldRecord, Prediction
    from tests.bench.bench_gold import make_articles

    chance = random.Random(5)
    publishers = [chance.choice(("AP", "BBC", "CNN", "DPA", "EFE")) for _ in range(count)]

    def make(dated: bool) -> Iterator[Article]:
        for record, publisher in zip(make_articles(count), publishers, strict=True):
            article = Article(id=record.id, text=record.text or "")
            yield msgspec.structs.replace(article, date=record.date, publisher=publisher) if dated else article

    def predict(record: GoldRecord) -> Prediction:
        entities = [msgspec.structs.replace(one, score=round(chance.random(), 2)) for one in record.entities or ()]
        return Prediction(id=record.id, entities=entities)

    write_records(folder / "pool.jsonl", make(True))
    write_records(folder / "undated.jsonl", make(False))
    write_records(folder / "annotated.jsonl", islice(make(True), 0, None, 10))
    write_records(folder / "predictions.jsonl", map(predict, make_articles(count)))


def run(repository: Path, options: Sequence[str], folder: Path) -> tuple[float, float, str]:
    """Seconds, MiB and the digest of the batch of one run."""
    command = [sys.executable, "-m", "annotate", "select", *options, "-n", "200", "-o", "batch.jsonl", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    process = subprocess.Popen(command, cwd=folder, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    rows = [json.loads(line) for line in (folder / "batch.jsonl").read_bytes().splitlines()]
    chosen = [(row["id"], row["meta"]["selection"]["probability"]) for row in rows]
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    digest = hashlib.sha256(repr(chosen).encode()).hexdigest()[:12]
    return used.ru_utime + used.ru_stime, used.ru_maxrss / unit, digest


def main() -> None:
    """Run everything."""
    here = Path(__file__).parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--repository", type=Path, nargs="+", default=[here])
    options = parser.parse_args()
    print(f"{'articles':>8} {'seconds':>8} {'MiB':>6}  {'batch':<12}  options")
    with tempfile.TemporaryDirectory() as name:
        for count in options.sizes:
            # in a process of its own: the peak of a child counts that of its parent
            writer = multiprocessing.get_context("spawn").Process(target=write_pool, args=(Path(name), count))
            writer.start()
            writer.join()
            for given in OPTIONS:
                for repository in options.repository * options.runs:
                    seconds, memory, digest = run(repository.resolve(), given.split(), Path(name))
                    where = f"  ({repository})" if len(options.repository) > 1 else ""
                    print(f"{count:>8,} {seconds:>8.1f} {memory:>6.1f}  {digest}  {given}{where}", flush=True)


if __name__ == "__main__":
    main()
