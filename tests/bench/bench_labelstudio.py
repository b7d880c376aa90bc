"""Push and pull against the bare SDK, on the same server in one run: the ratios are the result, not the seconds.

    python -m tests.bench.bench_labelstudio [ARTICLES [WORDS]]

Also the second push of the same (a no-op) against the first, and the memory that push and pull need themselves.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotate.artifacts.label_config import to_label_config
from annotate.jsonl import write_records
from annotate.label_studio_server import start_studio, stop_studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.pull.pull import Pull
from annotate.labelstudio.push.push import BATCH_TASKS, PredictionFile, push_predictions
from annotate.schema import load_schema
from annotate.task_json.tasks import build_task
from tests.support.made_articles import make_predictions

REGIONS = 30


def timed(what: str, work: Callable[[], Any]) -> float:
    """Seconds that the work takes, printed; with those of this process alone, which other load does not change."""
    start, own = time.perf_counter(), time.process_time()
    work()
    seconds = time.perf_counter() - start
    print(f"{what:<42} {seconds:8.1f} s, of which this process {time.process_time() - own:6.2f} s", flush=True)
    return seconds


def main(articles: int = 2000, words: int = 500) -> None:
    """Print the values."""
    folder = Path(tempfile.mkdtemp())
    os.environ["ANNOTATE_STATE_DIR"] = str(folder / "state")
    studio = start_studio(folder / "studio")
    try:
        access = {"url": studio.url, "api_key": studio.api_key}
        server, schema = connect(studio.url, studio.api_key), load_schema()
        path = folder / "predictions.jsonl"
        write_records(path, make_predictions(articles, words=words, regions=REGIONS))
        print(f"{articles} articles x {REGIONS} regions, {words} words; batches of {BATCH_TASKS}")
        ready = [build_task(record, schema) for record in make_predictions(articles, words=words, regions=REGIONS)]
        for task in ready:  # annotated, so that the pull has something to bring
            task["annotations"] = [{"result": task["predictions"][0]["result"]}]
        bare = server.create_project(title="Annotated", label_config=to_label_config(schema))["id"]
        for start in range(0, articles, BATCH_TASKS):
            server.import_tasks(bare, ready[start : start + BATCH_TASKS])
        for task in ready:
            del task["annotations"]
        target = server.create_project(title="Bare", label_config=to_label_config(schema))["id"]

        def import_bare() -> None:
            for start in range(0, articles, BATCH_TASKS):
                server.sdk.projects.import_tasks(
                    id=target, request=ready[start : start + BATCH_TASKS], request_options={"max_retries": 0}
                )

        import_s = timed("SDK: import_tasks of ready-made tasks", import_bare)
        first_s = timed("push", lambda: push_predictions(PredictionFile(path), "Pushed", **access))
        second_s = timed("push again", lambda: push_predictions(PredictionFile(path), "Pushed", **access))
        export_s = timed("SDK: exports.as_json", lambda: server.sdk.projects.exports.as_json(bare, timeout=1800))
        pull_s = timed("pull", lambda: write_records(folder / "a.jsonl", Pull("Annotated", **access)))
        print(f"push / import_tasks      {first_s / import_s:5.2f}  (to be at most 1.15)")
        print(f"second push / first      {second_s / first_s:5.2f}  (to be at most 0.10)")
        print(f"pull / exports.as_json   {pull_s / export_s:5.2f}  (to be at most 1.15)")
        tracemalloc.start()
        push_predictions(PredictionFile(path), "Pushed again", **access)
        pushed = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        write_records(folder / "a.jsonl", Pull("Annotated", **access))
        pulled = tracemalloc.get_traced_memory()[1]
        print(f"peak of Python's memory  push {pushed / 2**20:.0f} MiB, pull {pulled / 2**20:.0f} MiB")
    finally:
        stop_studio(folder / "studio")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
