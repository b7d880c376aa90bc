"""Sources made to hurt: each ends in articles or in one clear problem, not in a traceback, a hang or a silent loss."""

from __future__ import annotations

import gzip
import json
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.errors import RecordError
from annotate.ingest import articles as ingest
from annotate.ingest.articles import read_articles
from annotate.jsonl import MAX_LINE
from tests.support.sources import find_problems, write_source


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "id,text\n1,Rain.\n".encode("utf-16-le"), "UTF-16 without a byte order mark; convert it: iconv"),
        ("a.jsonl", '{"id": "a", "text": "Rain."}'.encode("utf-16-be"), "iconv -f UTF-16BE"),
        ("a.txt", "Rain.".encode("utf-16-le"), "iconv -f UTF-16LE"),
        ("a.txt", "Rain.".encode("utf-16")[:-1], "not UTF-16, as its byte order mark says"),
        ("a.txt", "The café opened".encode("cp1252"), "'café' in Windows-1252?); if so, convert it: iconv"),
        ("a.txt", "The café — opened ".encode() + b"\xe9t\xe9", "the rest is UTF-8, so something damaged the file"),
        ("a.txt", b"\x81 \x8d", "not UTF-8 at byte 0; convert the file to UTF-8"),
        ("a.csv", b"id,text\na,Rain.\nb,caf\xe9\nc,caf\xe9\n", ":3: not UTF-8 at byte 5"),
        ("a.csv", b"id,text\na,Rain.\nb,caf\xe9\nc,caf\xe9\n", "; the same in 1 more line"),
        ("a.jsonl", b'{"id": "a", "text": "caf\xe9"}\n' * 3, "; the same in 2 more lines"),
        ("a.csv", b"id,text\na,One\ntwo\n", ":3: 1 cell, the header has 2; put a cell that holds a line break"),
        ("a.csv", b'id,text\na,"One\n', "a quotation mark opens a cell here and nothing closes it"),
        ("a.csv", b'id,text\na,"One" two\n', "put the whole cell in quotation marks and double the marks inside it"),
        ("a.tsv", b"id\ttext\na\tOne\ttwo\n", "put a cell that holds a tab in quotation marks"),
        ("a.csv", b"PK\x03\x04...", "a ZIP archive, as Excel and Word write too"),
        ("a.jsonl", b"\x1f\x8b...", "gzip data; add .gz to its name"),
        ("a.html", b"<p>Rain.</p>", "trafilatura"),
        ("a.HTM", b"<p>Rain.</p>", "trafilatura"),
        ("a.warc.gz", b"", "a web archive; take the texts out first"),
        ("a.xml", b"<nitf/>", "NITF or NewsML-G2"),
        ("a.xlsx", b"PK", "a spreadsheet; save it as CSV UTF-8"),
        (
            "a.jsonl",
            b'[\n{"id": "a", "text": "Rain."}\n]\n',
            "a list or an object over several lines",
        ),
        (
            "a.json",
            b'{"status": "ok", "articles": [{"id": 1, "text": "x"}]}',
            "in the list 'articles'; give a file with",
        ),
        ("a.jsonl", b'{"id": "a\\tb", "text": "Rain."}', "id has the control character '\\t' at 1; remove it"),
        ("a.csv", b"id,text\n,Rain.\n ,Sun.\n", "2 of 2 rows have no id, the first is"),
        ("a.csv", b"id,text\ra,Rain\r", "lines end with a carriage return alone"),
        ("a.csv", b"id,id,text\na,b,Rain.\n", "the column 'id' appears twice; rename one"),
        ("a.csv", b"ID,Text\na,Rain.\nb,Sun.\n", "no column 'id' and no column 'text'; found: ID, Text; try"),
        ("a.csv", b"ID,Text\na,Rain.\n", "try --columns id=ID,text=Text"),
        ("a.json", b"7", "expected an object with id and text, found 7"),
        ("a.jsonl", b'{"id": "a", "id": "b", "text": "x"}', "the key 'id' appears twice"),
        ("a.jsonl", b'{"id": "a", "text": "x", "v": NaN}', "NaN is not a JSON number"),
        ("a.jsonl", b'{"id": "a", "text": "x", "v": 1e400}', "does not fit into 64 bits"),
        ("a.jsonl", b'{"id": "a", "text": "x", "v": 18446744073709551616}', "does not fit into 64 bits"),
        ("a.jsonl", b'{"id": "a", "text": "\\ud800"}', "unpaired surrogate"),
        ("a.jsonl", b'{"id": "a", "text": "x", "v": ' + b"[" * 300 + b"]" * 300 + b"}", "nested more than 100"),
        ("a.jsonl", b'{"id": "a", "text": "x", "v": ' + b"[" * 99999, "nested more than 100"),
        ("a.jsonl", b'{"id": [1], "text": "x"}', "id is [1]; expected text or a whole number"),
        ("a.csv", b'id,text,meta\na,x,"{""v"": 1e999}"\n', "meta: a number that does not fit"),
        ("a.jsonl.gz", b"no gzip", "cannot be read (Not a gzipped file"),
        ("a.jsonl.gz", gzip.compress(b'{"id": "a", "text": "Rain."}\n' * 9, mtime=0)[:-12], "cannot be read"),
        ("a.parquet", b"PAR1" * 9, "not Parquet"),
        ("a.txt", b"   \n", "empty text"),
    ],
)
def test_a_bad_file_is_one_problem_with_its_cure(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (problem,) = find_problems(write_source(tmp_path, name, content))
    assert problem.startswith(f"{tmp_path / name}")
    assert words in problem


def test_a_byte_order_mark_at_the_start_of_a_file_is_skipped(tmp_path: Path) -> None:
    for name, content in {
        "a.jsonl": '\ufeff{"id": "a", "text": "Rain."}',
        "b.json": '\ufeff[{"id": "b", "text": "Rain."}]',
        "c.csv": "\ufeffid,text\nc,Rain.\n",
        "d.txt": "\ufeffRain.",
    }.items():
        (article,) = read_articles([write_source(tmp_path, name, content.encode())])
        assert (article.id, article.text) == (name[0], "Rain.")


def test_compressed_files_are_read(tmp_path: Path) -> None:
    lines = b'{"id": "a", "text": "Rain."}\n{"id": "b", "text": "Sun."}\n'
    assert [one.id for one in read_articles([write_source(tmp_path, "a.jsonl.gz", gzip.compress(lines, mtime=0))])] == [
        "a",
        "b",
    ]
    assert len(read_articles([write_source(tmp_path, "a.csv.gz", gzip.compress(b"id,text\na,Rain.\n", mtime=0))])) == 1


def test_what_a_folder_holds_beside_texts_is_named_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_source(tmp_path, "A.TXT", b"Rain.")
    write_source(tmp_path, "b.txt", b"Sun.")
    write_source(tmp_path, "notes.md", b"")
    write_source(tmp_path, ".hidden", b"")
    (tmp_path / "more").mkdir()
    assert [one.id for one in read_articles([str(tmp_path)])] == ["A", "b"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        f"{tmp_path}: 2 skipped, only .txt files are read in a folder: more, notes.md; "
        "name other files and folders one by one\n"
    )


def test_folders_that_hold_no_article(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").mkdir()
    write_source(tmp_path / "x.jsonl", "a.csv", b"")
    (problem,) = find_problems(str(tmp_path / "x.jsonl"))
    assert "a folder without .txt files" in problem
    assert "a.csv" in problem


@pytest.mark.parametrize("name", ["f.jsonl", "f.txt", "f.csv", "f.json", "f.parquet", "f"])
def test_a_pipe_is_no_source(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    (problem,) = find_problems(str(tmp_path / name))
    assert "a pipe or device" in problem


def test_a_pipe_in_a_folder_is_a_problem_of_its_own(tmp_path: Path) -> None:
    write_source(tmp_path, "a.txt", b"Rain.")
    os.mkfifo(tmp_path / "f.txt")
    (problem,) = find_problems(str(tmp_path))
    assert problem.startswith(f"{tmp_path / 'f.txt'}: a pipe or device")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "an empty name"),
        ("/dev/zero", "a pipe or device"),
        ("/dev/stdin", "- for JSON Lines on standard input"),
        ("a\0b.jsonl", "null"),
        ("x" * 5000 + ".txt", "name too long"),
        ("foo://bucket/articles.jsonl", "foo://bucket/articles.jsonl: cannot be read (Protocol not known"),
        ("webhdfs3://host/articles.csv", "webhdfs3://host/articles.csv: cannot be read (Protocol not known"),
        ("hf:/", "expected hf:NAME"),
        ("http://127.0.0.1:9/x.jsonl", "cannot be read"),
    ],
)
def test_names_that_are_no_files(source: str, words: str) -> None:
    (problem,) = find_problems(source)
    assert words in problem


def test_an_endless_file_ends(tmp_path: Path) -> None:
    for name in ("z.txt", "z.jsonl", "z.json", "z.csv"):
        (tmp_path / name).symlink_to("/dev/zero")
        (problem,) = find_problems(str(tmp_path / name))
        assert "a pipe or device" in problem


def test_endless_standard_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/zero").open("rb") as zero:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": zero}))
        with pytest.raises(RecordError, match="standard input:1: a line of more than 64 MiB"):
            read_articles(["-"])


def test_a_line_of_100_megabytes_ends_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "a", "text": "Rain."}\n{"id": "b", "text": "')
        for _ in range(100):
            file.write(b"word " * 200_000)
        file.write(b'"}\n')
    assert path.stat().st_size > MAX_LINE
    start = time.monotonic()
    (problem,) = find_problems(str(path))
    assert problem.startswith(f"{path}:2: a line of more than 64 MiB")
    assert time.monotonic() - start < 20


def test_a_text_longer_than_any_article(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ingest, "MAX_TEXT", 1000)
    (problem,) = find_problems(write_source(tmp_path, "a.txt", b"word " * 300))
    assert "text has 1,499 characters" in problem


# ------------------------------------------------------------------------------------------------------ Parquet


def parquet(folder: Path, **columns: Any) -> str:
    path = folder / "x.parquet"
    pq.write_table(pa.table({"id": ["a"], "text": ["Rain."], **columns}), path)
    return str(path)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1], pa.timestamp("ns")), "1970-01-01T00:00:00"),
        (pa.array([2**62], pa.timestamp("us")), 2**62),
        (pa.array([2**30], pa.date32()), 2**30),
        (pa.array([2**62], pa.duration("s")), 2**62),
        (pa.array([0], pa.timestamp("us", "Mars/Olympus")), 0),
        (pa.array([0], pa.timestamp("us", "Europe/Rome")), "1970-01-01T01:00:00+01:00"),
        (pa.array([Decimal("1.23")]), "1.23"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), [["k", 1]]),
        (pa.array([b"\xff\x00"]), "/wA="),
        (pa.array([float("nan")]), None),
    ],
    ids=["ns", "far", "far day", "duration", "zone", "known zone", "decimal", "map", "bytes", "nan"],
)
def test_columns_for_meta_never_refuse_an_article(tmp_path: Path, column: pa.Array, expected: Any) -> None:
    (article,) = read_articles([parquet(tmp_path, x=column)])
    assert article.meta.get("x") == expected
    json.dumps(article.meta, allow_nan=False)


def test_nanoseconds_in_the_date_are_a_day(tmp_path: Path) -> None:
    (article,) = read_articles([parquet(tmp_path, date=pa.array([1627257600 * 10**9 + 1], pa.timestamp("ns")))])
    assert article.date == "2021-07-26"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"date": pa.array([2**30], pa.date32())}, "row 1: column date: a value that cannot be read"),
        ({"x": pa.array([float("inf")])}, "row 1: 'a': meta: the number inf"),
        ({"text": pa.array([b"Rain."])}, "text is b'Rain.'; expected text"),
        ({"text": pa.array([["Rain."]])}, "text is ['Rain.']; expected text"),
        ({"id": pa.array([1.5])}, "id is 1.5; expected text or a whole number"),
        ({"text": pa.array([None], pa.string())}, "'a': no text; every article needs id and text, found: id, text"),
    ],
)
def test_columns_that_an_article_needs(tmp_path: Path, columns: dict[str, pa.Array], words: str) -> None:
    (problem,) = find_problems(parquet(tmp_path, **columns))
    assert words in problem


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array(["Rain."])], ["id", "id", "text"])
    pq.write_table(table, tmp_path / "x.parquet")
    (problem,) = find_problems(str(tmp_path / "x.parquet"))
    assert "the column 'id' appears twice" in problem


def test_a_table_without_rows(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}), tmp_path / "x.parquet"
    )
    (problem,) = find_problems(str(tmp_path / "x.parquet"))
    assert "no articles in it" in problem


def test_text_that_is_not_utf8_is_a_problem_of_its_row(tmp_path: Path) -> None:
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0"), pa.py_buffer(b"caf\xe9")])
    (problem,) = find_problems(parquet(tmp_path, text=text))
    assert "row 1: column text: text that is not UTF-8" in problem


def test_other_sources_are_checked_when_one_fails(tmp_path: Path) -> None:
    good = write_source(tmp_path, "b.jsonl", b'{"id": "b", "text": ""}')
    problems = find_problems("foo://x.jsonl", good)
    assert len(problems) == 2
    assert "empty text" in problems[1]
