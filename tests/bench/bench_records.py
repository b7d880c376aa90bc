"""Reading 10,000 articles of 40 entities with validation: msgspec, which the toolkit uses, against pydantic."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import msgspec
from pydantic import BaseModel, StrictInt

from annotate.records import Prediction


class PydanticEntity(BaseModel):
    """An entity as pydantic would validate it."""

    start: StrictInt
    end: StrictInt
    label: str


class PydanticPrediction(BaseModel):
    """A prediction as pydantic would validate it."""

    id: str
    text: str | None = None
    entities: list[PydanticEntity] | None = None


def make_lines(articles: int, entities: int) -> list[bytes]:
    """JSON lines of predictions with texts of 3,000 characters."""
    rng = random.Random(0)
    lines = []
    for i in range(articles):
        starts = [rng.randrange(2990) for _ in range(entities)]
        spans = [{"start": start, "end": start + 5, "label": "PERSON"} for start in starts]
        lines.append(json.dumps({"id": str(i), "text": "word " * 600, "entities": spans}).encode())
    return lines


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print both times and their ratio."""
    lines = make_lines(10_000, 40)
    decode = msgspec.json.Decoder(Prediction).decode
    ours = cpu_seconds(lambda: [decode(line) for line in lines])
    theirs = cpu_seconds(lambda: [PydanticPrediction.model_validate_json(line) for line in lines])
    print(f"10,000 articles x 40 entities: msgspec {ours:.2f} s, pydantic {theirs:.2f} s, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
