"""Records come back from tables as they went in, and their written form does not depend on the order of spans."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.artifacts.features import to_features
from annotate.gold.parquet import TableWriter, iter_gold
from annotate.gold.rows import hash_row, normalize_record, to_row
from annotate.jsonl import find_record_problems
from annotate.records import LAYERS, GoldRecord
from annotate.release.writer import to_toml
from annotate.schema import load_schema
from tests.support.strategies import SCHEMA, gold_records


@settings(max_examples=50)
@given(st.lists(gold_records(), max_size=4))
def test_records_to_parquet_to_records_is_identity(records: list[GoldRecord]) -> None:
    records = [normalize_record(record) for record in records]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        with TableWriter(path, to_features(SCHEMA)) as table:
            for record in records:
                table.add(to_row(record))
        assert list(iter_gold(path)) == records


@settings(max_examples=50)
@given(gold_records(), st.randoms(use_true_random=False))
def test_the_order_of_spans_leaves_no_trace(record: GoldRecord, rng: random.Random) -> None:
    shuffled = {
        layer: rng.sample(items, len(items)) for layer in LAYERS if (items := getattr(record, layer)) is not None
    }
    other = msgspec.structs.replace(record, annotators=record.annotators[::-1], **shuffled)
    assert hash_row(normalize_record(other)) == hash_row(normalize_record(record))


@given(gold_records())
def test_the_written_form_is_valid_and_final(record: GoldRecord) -> None:
    written = normalize_record(record)
    assert not list(find_record_problems(written))
    assert normalize_record(written) == written


def test_the_schema_file_reads_back_equal(tmp_path: Path) -> None:
    schema = load_schema("news")
    for part in (schema, schema.restrict(("claims",)), schema.restrict(("entities",))):
        path = tmp_path / "schema.toml"
        path.write_text(to_toml(part), encoding="utf-8")
        assert load_schema(path).digest == part.digest
