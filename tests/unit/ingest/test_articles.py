"""Ingest: every kind of source, every kind of problem, all of them together."""

from __future__ import annotations

import datetime
import io
import json
import subprocess
import sys
from pathlib import Path

import datasets
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.files import sha256_text
from annotate.ingest.articles import read_articles, to_article
from annotate.ingest.sources import normalize_text
from tests.support.sources import find_problems, write_source

ROWS = [
    {"id": "a", "text": "Rain fell.", "title": "Rain", "date": "2021-07-26", "publisher": "P", "url": "http://x"},
    {"id": "b", "text": "  \u00a0Sun 🌞\n\nשלום ", "title": None, "date": None, "section": "weather"},
]


def test_folder_of_text_files(tmp_path: Path) -> None:
    write_source(tmp_path, "b.txt", "\ufeff date 2021-07-26 Rain.\r\nSun.\r\n")
    write_source(tmp_path, "a.txt", "No date 2021-07-26 here")
    write_source(tmp_path, ".hidden.txt", "")
    write_source(tmp_path, "notes.md", "")
    articles = list(read_articles([str(tmp_path)]))
    assert [(one.id, one.date, one.text) for one in articles] == [
        ("a", None, "No date 2021-07-26 here"),
        ("b", "2021-07-26", "Rain.\nSun."),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "saved", "saved-dict", "hf", "release-like"])
def test_structured_sources_keep_text_verbatim(tmp_path: Path, kind: str) -> None:
    if kind == "jsonl":
        source = write_source(tmp_path, "x.jsonl", "\n\n".join(json.dumps(row) for row in ROWS))
    elif kind == "json":
        source = write_source(tmp_path, "x.json", json.dumps(ROWS, indent=1))
    elif kind == "parquet":
        source = str(tmp_path / "x.parquet")
        pq.write_table(pa.Table.from_pylist([{"section": None, **row} for row in ROWS]), source)
    elif kind == "saved":
        source = str(tmp_path / "saved")
        datasets.Dataset.from_list([{"section": None, **row} for row in ROWS]).save_to_disk(source)
    elif kind == "saved-dict":
        source = str(tmp_path / "saved")
        rows = datasets.Dataset.from_list([{"section": None, **row} for row in ROWS])
        datasets.DatasetDict(train=rows.select([0]), test=rows.select([1])).save_to_disk(source)
    else:
        (tmp_path / "set" / "data").mkdir(parents=True)
        file = tmp_path / "set" / "data" / "train-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist([{"section": None, **row} for row in ROWS]), file)
        source = f"hf:{tmp_path}/set/train" if kind == "hf" else str(tmp_path / "set")
    articles = read_articles([source])
    assert len(articles) == 2
    first, second = articles
    assert (first.id, first.text, first.title, first.date, first.url, first.meta) == (
        "a",
        "Rain fell.",
        "Rain",
        "2021-07-26",
        "http://x",
        {},
    )
    assert (second.text, second.date, second.meta) == (ROWS[1]["text"], None, {"section": "weather"})
    assert [one.id for one in articles] == ["a", "b"], "a second pass reads the same"


def test_csv_with_bom_quotes_and_long_cells(tmp_path: Path) -> None:
    long = "x" * 200_000
    source = write_source(
        tmp_path, "x.csv", f'\ufeffid,text,desk,meta\n1,"He said ""no"".\nThen left.",city,\n2,{long},,"{{""k"":1}}"\n'
    )
    first, second = read_articles([source])
    assert (first.id, first.text, first.meta) == ("1", 'He said "no".\nThen left.', {"desk": "city"})
    assert (second.text, second.meta) == (long, {"k": 1})


def test_standard_input_serves_any_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b'{"id": "a", "text": "Rain."}\n')

    monkeypatch.setattr("sys.stdin", Stdin)
    articles = read_articles(["-"])
    assert [one.id for one in articles] == [one.id for one in articles] == ["a"]


def test_a_source_is_read_once(tmp_path: Path) -> None:
    source = write_source(tmp_path, "x.jsonl", "\n".join(json.dumps(row) for row in ROWS))
    articles = read_articles([source])
    Path(source).unlink()
    assert len(articles) == 2
    first, second = articles
    assert list(articles) == [first, second]
    assert (second.id, second.text, second.meta) == ("b", ROWS[1]["text"], {"section": "weather"})


def test_iterations_do_not_disturb_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotate.ingest.articles._BLOCK", 100)
    rows = [{"id": str(number), "text": "Rain. " * 9} for number in range(50)]
    articles = read_articles([write_source(tmp_path, "x.json", json.dumps(rows))])
    slow = iter(articles)
    seen = [next(slow).id]
    for article in articles:
        seen += [one.id for one in [next(slow, None)] if one]
        assert article.text == rows[0]["text"]
    assert seen == [row["id"] for row in rows]


@pytest.mark.parametrize("missing", [10_000_000, 50], ids=["large", "within the last buffer"])
def test_articles_that_do_not_fit_into_the_temporary_folder(tmp_path: Path, missing: int) -> None:
    rows = [*({"id": one, "text": "Rain. " * 1_000_000} for one in "abc"), {"id": "d", "text": "Rain. " * 40}]
    source = write_source(tmp_path, "x.json", json.dumps(rows))
    space = sum(len(msgspec.json.encode(article)) + 1 for article in read_articles([source])) - missing
    code = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({space}, {space}))
from annotate.errors import AnnotateError
from annotate.ingest.articles import read_articles
try:
    read_articles([{source!r}])
except AnnotateError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "set TMPDIR to a folder with more space" in done.stdout


def test_records_serve_without_their_layers(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "text": "Rain.",
        "text_sha256": sha256_text("Rain."),
        "entities": [],
        "model": "m",
        "meta": {"k": 1},
    }
    (article,) = read_articles([write_source(tmp_path, "p.jsonl", json.dumps(record))])
    assert article.meta == {"k": 1}
    (problem,) = find_problems(write_source(tmp_path, "q.jsonl", json.dumps({**record, "text": "Edited."})))
    assert "text_sha256 is not the hash" in problem


def test_all_problems_of_all_sources_together(tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "text": "fine"}',
        '{"id": "a", "text": "again"}',
        '{"id": "c", "text": " \\n "}',
        "{broken",
        '{"id": "d", "text": "x", "date": "2021-02-30"}',
        '{"id": "e", "text": "a\\r\\nb"}',
        '{"id": "f", "text": "\\ufeffx"}',
        '{"text": "no id"}',
        '{"id": "g"}',
        "[1]",
        '{"id": "h", "text": "x", "title": 3}',
        '{"id": "i", "text": "x", "meta": 3}',
    ]
    jsonl = write_source(tmp_path, "x.jsonl", "\n".join(lines).encode() + b'\n{"id": "j", "text": "\xff"}')
    text = write_source(tmp_path, "latin.txt", "a\nb\ncafé".encode("latin-1"))
    empty = write_source(tmp_path, "empty.jsonl", "")
    (tmp_path / "nothing").mkdir()
    problems = find_problems(
        jsonl,
        text,
        empty,
        str(tmp_path / "nothing"),
        str(tmp_path / "gone.csv"),
        write_source(tmp_path, "x.pdf", "x"),
        "hf:x",
        write_source(tmp_path, "bad.parquet", "x"),
        write_source(tmp_path, "bad.json", "{"),
        write_source(tmp_path, "bad.csv", b"id,text\n1,ok,extra\n2,\xff\n"),
    )
    expected = [
        (":2:", "a second article with id 'a'"),
        (":3:", "empty text"),
        (":4:", "not a JSON object"),
        (":5:", "YYYY-MM-DD"),
        (":6:", "--normalize"),
        (":7:", "--normalize"),
        (":8:", "no id"),
        (":9:", "no text"),
        (":10:", "expected an object"),
        (":11:", "title"),
        (":12:", "meta"),
        (":13:", "not UTF-8"),
        ("latin.txt:3", "not UTF-8"),
        ("empty.jsonl", "no articles"),
        ("nothing", "without .txt files"),
        ("gone.csv", "no such file"),
        ("x.pdf", "a PDF; take the text out first"),
        ("hf:x", "expected hf:"),
        ("bad.parquet", "not Parquet"),
        ("bad.json", "not JSON"),
        ("bad.csv:2", "1 more cell than the header has columns (2)"),
        ("bad.csv:3", "not UTF-8"),
    ]
    assert len(problems) == len(expected), problems
    for problem, (place, words) in zip(problems, expected, strict=True):
        assert place in problem
        assert words in problem


def test_normalize_mends_structured_text(tmp_path: Path) -> None:
    source = write_source(tmp_path, "x.jsonl", '{"id": "a", "text": "\\ufeff a\\r\\nb\\rc "}')
    (article,) = read_articles([source], normalize=True)
    assert article.text == "a\nb\nc"


def test_an_unpaired_surrogate_is_a_problem() -> None:
    assert "surrogate" in to_article({"id": "a", "text": "\ud800"})[1][0]


def test_dates_from_other_types() -> None:
    article, problems = to_article(
        {"id": "a", "text": "x", "date": datetime.datetime(2021, 7, 26, 3), "seen": datetime.date(2022, 1, 1)}
    )
    assert article is not None
    assert (article.date, article.meta, problems) == ("2021-07-26", {"seen": "2022-01-01"}, [])


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize_text(text)
    assert normalize_text(once) == once
    assert "\r" not in once
    assert once == once.strip()


@given(
    st.dictionaries(
        st.sampled_from(["id", "text", "date", "title", "meta", "x"]),
        st.none() | st.text() | st.integers() | st.lists(st.integers()),
    )
)
def test_any_row_is_an_article_or_a_problem(row: dict[str, object]) -> None:
    article, problems = to_article(row)
    assert (article is None) == bool(problems)
    if article is not None:
        assert article.text == row["text"]
