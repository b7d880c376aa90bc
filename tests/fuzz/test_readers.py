"""Whatever is in a file, reading it ends in a result or in one AnnotateError, in every format and kind of source.

Files are damaged in two ways: bytes of a good file are changed, and parts of good JSON are replaced by other JSON.
`ANNOTATE_FUZZ` is the number of damaged files for each test.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import gzip
import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from annotate.copies.transfer import transfer
from annotate.errors import AnnotateError
from annotate.explore import read_versions
from annotate.files import resource_dir
from annotate.formats import read_predictions, write_format
from annotate.ingest.articles import read_articles
from annotate.jsonl import read_records, write_records
from annotate.records import Annotation, Article, Claim, Entity, GoldRecord, Prediction, Quote, Span
from annotate.schema import Schema, load_schema
from annotate.text.tokens import load_blank

pytestmark = pytest.mark.slow

TEXT = "Mayor Ann Lee said “Rain fell” in Oslo. It did."
RECORDS = [
    GoldRecord(
        id=name,
        text=TEXT + name,
        date="2021-07-26",
        meta={"k": [1, {"v": 2}]},
        annotators=["x"],
        entities=[Entity(6, 13, "PERSON", score=0.5), Entity(34, 38, "GPE")],
        quotes=[Quote("direct", [Span(19, 24), Span(25, 30)], Span(0, 13), Span(14, 18))],
        claims=[Claim(20, 29, True, "event", Span(6, 13))],
    )
    for name in "ab"
]
FUZZ = settings(
    max_examples=int(os.environ.get("ANNOTATE_FUZZ", "50")),
    deadline=datetime.timedelta(seconds=30),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW = settings(FUZZ, max_examples=max(20, FUZZ.max_examples // 5))

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 60)
    | st.sampled_from([2**63, -(2**63), 1e308, 0.5, "1", "a", "PERSON", "direct", "", "\0", {}, [], [[]], [{}], [1]])
    | st.text(max_size=4)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))


def choose_key(value: dict[str, Any] | list[Any]) -> st.SearchStrategy[Any]:
    """A key or an index of a value that is not empty."""
    return st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value)))


@st.composite
def other_json(draw: st.DrawFn, good: Any) -> Any:
    """The value with one to three parts replaced, repeated or left out, near the top as often as deep inside."""
    value = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        if not value:
            break
        parent, key = value, draw(choose_key(value))
        while isinstance(parent[key], dict | list) and parent[key] and draw(st.integers(0, 3)):
            parent = parent[key]
            key = draw(choose_key(parent))
        change = draw(st.sampled_from(["replace", "replace", "replace", "leave out", "repeat"]))
        if change == "replace":
            parent[key] = copy.deepcopy(draw(values))
        elif isinstance(parent, dict) or change == "leave out":
            del parent[key]
        else:
            parent.append(copy.deepcopy(parent[key]))
    return value


pieces = st.binary(max_size=6) | st.sampled_from(
    [b"\n", b"\r", b"\t", b'"', b"\\", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"9" * 5000, b"[" * 2000, b"B-X", b"T1\t"]
)


@st.composite
def other_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    """The bytes with one to four stretches replaced."""
    data = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        data = data[:start] + draw(pieces) + data[start + draw(st.integers(0, 12)) :]
    return data


def survive(read: Callable[[], Any]) -> None:
    """Call it; an AnnotateError is as good as a result."""
    with contextlib.suppress(AnnotateError):
        read()


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture(scope="module")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A good file, or a folder of them, in every format."""
    folder = tmp_path_factory.mktemp("good")
    paths = {}
    for format in ("jsonl", "prodigy", "strings", "labelstudio", "conll", "spacy", "brat", "hf"):
        paths[format] = folder / format
        write_format(RECORDS, paths[format], format)
    return paths


@pytest.mark.parametrize("format", ["jsonl", "prodigy", "strings", "labelstudio"])
@FUZZ
@given(data=st.data())
def test_json_with_other_parts(good_files: dict[str, Path], tmp_path: Path, format: str, data: st.DataObject) -> None:
    content = good_files[format].read_text("utf-8")
    path = tmp_path / "x"
    if format == "labelstudio":
        path.write_bytes(dump(data.draw(other_json(json.loads(content)))))
    else:
        first, second = map(json.loads, content.splitlines())
        path.write_bytes(dump(data.draw(other_json(first))) + b"\n" + dump(second))
    survive(lambda: read_predictions(path, format, texts=RECORDS))


def foreign_task(kind: str, data: dict[str, Any], **value: Any) -> dict[str, Any]:
    region = {"id": "r", "from_name": "label", "type": kind, "value": {kind: ["PERSON", "QUOTE"], **value}}
    relation = {"type": "relation", "from_id": "r", "to_id": "r", "labels": ["speaker"], "direction": "left"}
    who = {"id": 1, "email": "ana@example.com"}
    entry = {"id": 1, "completed_by": who, "result": [region, relation], "updated_at": "2024-01-01"}
    return {"id": 1, "data": data, "annotations": [entry], "predictions": [{**entry, "model_version": "m"}]}


FOREIGN_TASKS = [
    foreign_task("labels", {"body": TEXT, "doc_id": "a"}, start=6, end=13, text="Ann Lee"),
    foreign_task(
        "hypertextlabels",
        {"html": f"<p>{TEXT}</p>", "doc_id": "a"},
        **{"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 6, "endOffset": 13},
        globalOffsets={"start": 6, "end": 13},
    ),
    foreign_task(
        "paragraphlabels",
        {"dialogue": [{"author": "A", "text": TEXT}, {"author": "B", "text": "No."}]},
        **{"start": "0", "end": "1", "startOffset": 6, "endOffset": 2},
    ),
    {"id": 1, "text": TEXT, "ner": [{"start": 6, "end": 13, "labels": ["ORG"]}], "annotation_id": 2, "annotator": 3},
]


@pytest.mark.parametrize("kind", range(len(FOREIGN_TASKS)))
@FUZZ
@given(data=st.data())
def test_tasks_of_other_projects(tmp_path: Path, kind: int, data: st.DataObject) -> None:
    path = tmp_path / "x"
    path.write_bytes(dump([data.draw(other_json(FOREIGN_TASKS[kind])), FOREIGN_TASKS[kind]]))
    for part in ("", ":annotations=1", ":predictions"):
        survive(lambda part=part: read_predictions(path, f"labelstudio{part}", texts=RECORDS))  # type: ignore[misc]


@pytest.mark.parametrize("format", ["jsonl", "prodigy", "strings", "labelstudio", "conll", "spacy"])
@FUZZ
@given(data=st.data())
def test_files_with_other_bytes(good_files: dict[str, Path], tmp_path: Path, format: str, data: st.DataObject) -> None:
    path = tmp_path / "x"
    path.write_bytes(data.draw(other_bytes(good_files[format].read_bytes())))
    survive(lambda: read_predictions(path, format, texts=RECORDS))


@pytest.mark.parametrize("name", ["a.ann", "a.txt", "annotation.conf"])
@FUZZ
@given(data=st.data())
def test_brat(good_files: dict[str, Path], tmp_path: Path, name: str, data: st.DataObject) -> None:
    for path in good_files["brat"].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(data.draw(other_bytes((good_files["brat"] / name).read_bytes())))
    survive(lambda: read_predictions(tmp_path, "brat", texts=RECORDS))


@FEW
@given(data=st.data())
def test_saved_datasets(good_files: dict[str, Path], tmp_path: Path, data: st.DataObject) -> None:
    kept = {path.name: path.read_bytes() for path in good_files["hf"].iterdir()}
    name = data.draw(st.sampled_from(sorted(kept)))
    for other, content in kept.items():
        (tmp_path / other).write_bytes(data.draw(other_bytes(content)) if other == name else content)
    survive(lambda: read_predictions(tmp_path, "hf", texts=RECORDS))
    survive(lambda: read_articles([str(tmp_path)]))


# Documents of spaCy are damaged part by part: nearly all changed bytes fail already when the file is unpacked.
@FUZZ
@given(data=st.data())
def test_spacy_documents_with_other_user_data(tmp_path: Path, data: st.DataObject) -> None:
    doc = load_blank("en")(TEXT)
    good = {"record": {"id": "a", "meta": {}}, "items": {"entity0": {"values": {}, "extras": {"score": 0.5}}}}
    doc.user_data = data.draw(other_json({"annotate": good, "id": "a"}))
    doc.spans["entities"] = [doc.char_span(6, 13, "PERSON", span_id="entity0")]
    doc.spans["claims"] = [doc.char_span(6, 13, "event", span_id="claim0")]
    try:
        DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
    except Exception:  # msgpack cannot hold it, so that no file can
        return
    survive(lambda: read_predictions(tmp_path / "x.spacy", "spacy", texts=RECORDS))


# ------------------------------------------------------------------------------------------------------ sources


@pytest.fixture(scope="module")
def good_sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good file of every kind of source, by the end of its name."""
    folder = tmp_path_factory.mktemp("sources")
    columns = {"id": ["a", "b"], "text": ["Rain.", "Sun."], "at": [datetime.datetime(2021, 7, 26)] * 2, "v": [[1], [2]]}
    pq.write_table(pa.table(columns), folder / "x.parquet")
    write_records(folder / "x.jsonl", RECORDS)
    lines = (folder / "x.jsonl").read_bytes()
    return {
        ".txt": b"date 2021-07-26 " + TEXT.encode(),
        ".jsonl": lines,
        ".jsonl.gz": gzip.compress(lines),
        ".json": b"[" + b",".join(lines.splitlines()) + b"]",
        ".csv": b'id,text,date,meta\na,"Rain,\n""fell"".",2021-07-26,"{""k"": 1}"\nb,Sun.,,\n',
        ".tsv": 'sep=;\nid;"text"\na;"Rain, é"\n'.encode("utf-16"),
        ".lines.json": b"\xef\xbb\xbf" + lines,
        ".parquet": (folder / "x.parquet").read_bytes(),
    }


def copy_articles(source: Path, output: Path, *, normalize: bool = False) -> None:
    """What can be read can be written, and reads again as the same."""
    articles = read_articles([str(source)], normalize=normalize)
    assert write_records(output, articles) == len(articles)
    assert list(read_articles([str(output)])) == list(articles)


@pytest.mark.parametrize("kind", [".txt", ".jsonl", ".jsonl.gz", ".json", ".lines.json", ".csv", ".tsv", ".parquet"])
@FUZZ
@given(data=st.data(), normalize=st.booleans())
def test_sources(
    good_sources: dict[str, bytes], tmp_path: Path, kind: str, data: st.DataObject, normalize: bool
) -> None:
    path = tmp_path / f"x{kind}"
    path.write_bytes(data.draw(other_bytes(good_sources[kind])))
    survive(lambda: copy_articles(path, tmp_path / "out.jsonl", normalize=normalize))


@FUZZ
@given(data=st.data())
def test_sources_with_other_parts(tmp_path: Path, good_sources: dict[str, bytes], data: st.DataObject) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(dump(data.draw(other_json(json.loads(good_sources[".json"])))))
    survive(lambda: copy_articles(path, tmp_path / "out.jsonl"))


@FUZZ
@given(st.text(max_size=12) | st.sampled_from(["hf:", "hf:/", "hf:a:b/", "://", "foo://a.csv", "..", "/", "\0", "~"]))
def test_names_of_sources(source: str) -> None:
    if source != "-":
        survive(lambda: read_articles([source]))


# ------------------------------------------------------------------------------------------------------ records


@pytest.mark.parametrize("kind", [Prediction, Annotation, GoldRecord])
@FUZZ
@given(data=st.data())
def test_records(tmp_path: Path, kind: type[Prediction], data: st.DataObject) -> None:
    write_records(tmp_path / "good", RECORDS)
    good = [json.loads(line) for line in (tmp_path / "good").read_bytes().splitlines()]
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(dump(data.draw(other_json({**record, "annotator": "x"}))) for record in good))

    def copy_records() -> None:
        records = read_records(path, kind)
        write_records(tmp_path / "out.jsonl", records)
        assert read_records(tmp_path / "out.jsonl", kind) == records

    survive(copy_records)
    survive(lambda: read_versions([str(path)]))


@pytest.mark.parametrize("part", ["gold", "pool", "draft"])
@FUZZ
@given(data=st.data())
def test_what_is_carried_to_a_copy(tmp_path: Path, part: str, data: st.DataObject) -> None:
    """What comes out of damaged gold, pools and drafts fits its texts, or nothing comes out."""
    copies = [Article(id=f"copy-{one.id}", text=f"(AP) {one.text}") for one in RECORDS]
    drafts = [Prediction(id=one.id, text=one.text, entities=[Entity(0, 4, "ORG")], model="m") for one in copies]
    for name, records in (("gold", RECORDS), ("pool", copies), ("draft", drafts)):
        write_records(tmp_path / f"{name}.jsonl", records)
    path = tmp_path / f"{part}.jsonl"
    first, second = map(json.loads, path.read_bytes().splitlines())
    if data.draw(st.booleans()):
        path.write_bytes(dump(data.draw(other_json(first))) + b"\n" + dump(second))
    else:
        path.write_bytes(data.draw(other_bytes(path.read_bytes())))
    output = tmp_path / "p.jsonl"
    output.unlink(missing_ok=True)
    pool = [str(tmp_path / "pool.jsonl")]
    survive(lambda: transfer(tmp_path / "gold.jsonl", pool, output, draft=tmp_path / "draft.jsonl", all=True))
    if output.exists():
        read_records(output, Prediction)


# ------------------------------------------------------------------------------------------------------- schema

NEWS = (resource_dir("schemas") / "news.toml").read_bytes()


def to_toml(value: Any) -> str:
    """A JSON value as TOML, tables inline; null, which TOML does not have, as a string."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {to_toml(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return json.dumps("null" if value is None else value)


@FUZZ
@given(data=st.data())
def test_schemas_with_other_parts(tmp_path: Path, data: st.DataObject) -> None:
    value = data.draw(other_json(tomllib.loads(NEWS.decode())))
    path = tmp_path / "x.toml"
    path.write_text("\n".join(f"{json.dumps(key)} = {to_toml(child)}" for key, child in value.items()), "utf-8")

    def load() -> None:
        assert isinstance(load_schema(path), Schema)

    survive(load)


@FUZZ
@given(data=st.data())
def test_schemas_with_other_bytes(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data.draw(other_bytes(NEWS)))
    survive(lambda: load_schema(path))
