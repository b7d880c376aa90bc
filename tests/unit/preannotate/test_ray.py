"""Ray: the same bytes as one process, from sources and from what an interruption left over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotate.ingest.articles import read_articles
from annotate.ingest.columns import ColumnMap
from annotate.preannotate.prediction_file import preannotate_to_file
from annotate.preannotate.run import preannotate_articles
from annotate.preannotate.worker import Failure

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two CPUs; two actors that took one each would leave nothing to read with."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def _sources(folder: Path) -> list[str]:
    names = []
    for part in range(3):
        path = folder / f"part{part}.jsonl"
        lines = (
            {"key": f"{part}-{n}", "body": f"Minister Anna Smith said on Monday that {n} troops would leave Iraq."}
            for n in range(100)
        )
        path.write_text("\n".join(map(json.dumps, lines)))
        names.append(str(path))
    (folder / "one.txt").write_text("Rain fell in Baghdad.")
    return [*names, str(folder / "one.txt")]


@pytest.mark.slow
def test_ray_writes_the_same_bytes(tmp_path: Path, cluster: None) -> None:
    articles = read_articles(_sources(tmp_path), columns=ColumnMap(id="", text="body"))
    assert [one.id for one in articles][99:101] == ["part0-100", "part1-1"]
    alone, together = tmp_path / "alone.jsonl", tmp_path / "together.jsonl"
    preannotate_to_file(articles, alone, preannotator="rules")
    outcome = preannotate_to_file(articles, together, preannotator="rules", engine="ray", jobs=2)
    assert outcome.predicted == 301
    assert together.read_bytes() == alone.read_bytes()

    failures: list[Failure] = []
    left_over = iter(list(articles)[250:])
    found = list(preannotate_articles(left_over, preannotator="rules", engine="ray", jobs=2, failures=failures))
    assert [one.id for one in found] == [one.id for one in list(articles)[250:]]
    assert failures == []
