"""Tables: what is between columns, broken rows, and the same articles from every kind of file."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.ingest.articles import read_articles
from annotate.ingest.columns import ColumnMap
from annotate.ingest.tables import read_csv
from annotate.records import Article
from tests.support.sources import find_problems

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


def read(content: str | bytes, *, usual: str = ",", names: tuple[str, ...] = ("id", "text")) -> list[Any]:
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return [row for _, row in read_csv("x.csv", file, usual=usual, names=names)]


# ---------------------------------------------------------------------------------------------------------- round trips

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1).filter(
    lambda text: bool(text.strip()) and not text.startswith("\ufeff")
)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(
    lambda text: bool(text.strip())
)
ARTICLES = st.lists(
    st.builds(
        Article,
        id=WORDS,
        text=TEXTS,
        title=st.none() | TEXTS,
        date=st.none() | st.dates().map(lambda day: day.isoformat()),
        url=st.none() | WORDS,
        meta=st.fixed_dictionaries({}, optional={"desk; news, more": TEXTS}),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda article: article.id,
)
NAMES = {"id": "article_id", "text": "body", "title": "head, line", "date": "date", "url": "link|url"}


def to_row(article: Article, names: dict[str, str]) -> dict[str, Any]:
    fields = {name: getattr(article, field) for field, name in names.items()}
    return fields | {"desk; news, more": article.meta.get("desk; news, more")}


def write_table(rows: list[dict[str, Any]], columns: list[str], **dialect: Any) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(articles=ARTICLES, data=st.data())
def test_the_same_articles_from_every_kind_of_file(
    tmp_path: Path, articles: list[Article], data: st.DataObject
) -> None:
    names = data.draw(st.sampled_from([NAMES, {field: field for field in NAMES}]))
    kind = data.draw(st.sampled_from(["csv", "tsv", "CSV", "json", "jsonl", "ndjson", "lines.json", "parquet"]))
    rows = [to_row(article, names) for article in articles]
    path = tmp_path / f"x.{kind}"
    if kind == "parquet":
        schema = pa.schema([(name, pa.string()) for name in rows[0]])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    else:
        ascii_only = data.draw(st.booleans())
        if kind in ("csv", "tsv", "CSV"):
            content = write_table(
                rows,
                data.draw(st.permutations(list(rows[0]))),
                delimiter=data.draw(st.sampled_from([*DELIMITERS.values()])),
                quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
                lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
            )
        elif kind == "json":
            indent = data.draw(st.sampled_from([None, 1]))
            content = json.dumps(rows, indent=indent, ensure_ascii=ascii_only)
        else:
            content = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
        encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
        packed = data.draw(st.booleans())
        path = path.with_name(path.name + data.draw(st.sampled_from([".gz", ".GZ"]))) if packed else path
        path.write_bytes(gzip.compress(content.encode(encoding), 1, mtime=0) if packed else content.encode(encoding))
    columns = None if names["id"] == "id" else ColumnMap(**{**names, "date": None})
    assert list(read_articles([str(path)], columns=columns)) == articles
    path.unlink()


@given(rows=st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4), max_size=4), mark=st.sampled_from(",;\t|"))
def test_any_table_is_rows_or_problems(rows: list[list[str]], mark: str) -> None:
    content = "\n".join(mark.join(row) for row in rows).encode("utf-8", "replace")
    for row in read(content):
        assert isinstance(row, str | dict)


# ------------------------------------------------------------------------------------------------------ what is between


@pytest.mark.parametrize("mark", DELIMITERS.values(), ids=list(DELIMITERS))
@pytest.mark.parametrize("usual", [",", "\t"])
def test_what_is_between_columns_is_found(mark: str, usual: str) -> None:
    header, row = mark.join(["id", "title", "text"]), mark.join(["1", "a", '"One; two, three | four\t."'])
    assert read(f"{header}\n{row}\n", usual=usual) == [{"id": "1", "title": "a", "text": "One; two, three | four\t."}]


def test_a_name_with_many_marks_does_not_mislead() -> None:
    assert read("id;text;a,b,c,d,e\n1;x;y\n") == [{"id": "1", "text": "x", "a,b,c,d,e": "y"}]
    assert read('"a;b;c;d",n,m\nx,y,z\n') == [{"a;b;c;d": "x", "n": "y", "m": "z"}]
    assert read("key|body|a,b,c,d,e\n1|x|y\n", names=("key", "body")) == [{"key": "1", "body": "x", "a,b,c,d,e": "y"}]


def test_excel_tells_in_the_first_line() -> None:
    assert read("sep=;\nid;text\n1;a,b\n") == [{"id": "1", "text": "a,b"}]
    assert read("\ufeffsep=#\r\nid#text\r\n1#a\r\n") == [{"id": "1", "text": "a"}]


def test_a_table_of_one_column() -> None:
    assert read("text\nRain.\nSun.\n") == [{"text": "Rain."}, {"text": "Sun."}]
    (problem,) = read("text\nRain, and sun.\n")
    assert "1 more cell than the header has columns (1)" in problem


def test_names_of_columns_lose_the_blanks_around_them() -> None:
    assert read(" id , text\n1,Rain.\n") == [{"id": "1", "text": "Rain."}]


def test_columns_without_a_name() -> None:
    assert read(",id,text,\n0,1,Rain.,\n") == [{"column 1": "0", "id": "1", "text": "Rain.", "column 4": ""}]


def test_rows_without_content_are_no_articles() -> None:
    assert read("\n\nid,text\n\n1,Rain.\n,\n\n") == [{"id": "1", "text": "Rain."}]


def test_a_header_over_two_lines(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('id,"head\nline",text\n1,a,"x\ny"\n2,b\n')
    assert find_problems(tmp_path / "x.csv") == [
        f"{tmp_path}/x.csv:5: 2 cells, the header has 3; put a cell that holds a line break in quotation marks, and "
        "write empty cells too"
    ]


def test_a_mark_that_is_never_closed_takes_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotate.ingest.tables.MAX_LINE", 10_000)
    (tmp_path / "x.csv").write_text('id,text\n1,"Rain.\n' + "2,Sun.\n" * 5_000)
    (problem,) = find_problems(tmp_path / "x.csv")
    assert problem.startswith(f"{tmp_path}/x.csv:2: not CSV: a quotation mark opens a cell here")


def test_problems_of_a_large_file_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text,date\n" + "".join(f"{n},Rain.,3 May\n" for n in range(5_000)))
    problems = find_problems(tmp_path / "x.csv")
    assert len(problems) == 1001
    assert problems[-1] == f"{tmp_path}/x.csv: 4,000 more rows with problems"


def test_two_things_wrong_with_a_row_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": "a", "text": " ", "date": "May"}\n')
    (problem,) = find_problems(tmp_path / "x.jsonl")
    assert "'a': empty text" in problem
    assert "; date is 'May'" in problem


@pytest.mark.parametrize("delimiter", DELIMITERS.values())
@pytest.mark.parametrize("header", ["i\rd{}text\n", '"a"\rb{}text\n', "id{}text\r\r\n"])
def test_a_carriage_return_in_the_header_is_no_crash(header: str, delimiter: str) -> None:
    assert all(isinstance(row, (str, dict)) for row in read(header.format(delimiter) + f"a{delimiter}Rain fell.\n"))
