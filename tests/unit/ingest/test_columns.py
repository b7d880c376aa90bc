"""Columns by other names: given, missing, misspelt, and what is proposed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import AnnotateError
from annotate.ingest.articles import read_articles
from annotate.ingest.columns import FIELDS, ColumnMap
from tests.support.sources import find_problems, write_source

ROWS = [
    {
        "article_id": 7,
        "headline": "Rain",
        "published_at": "2021-05-03T10:00:00Z",
        "body": "It rained.",
        "text": "teaser",
    },
    {"article_id": 8, "headline": None, "published_at": None, "body": "Sun, at last.", "text": None},
]
COLUMNS = ColumnMap.parse("id=article_id,text=body,title=headline,date=published_at")


@pytest.fixture(params=["csv", "tsv", "json", "jsonl", "parquet", "saved", "hf"])
def source(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The rows in each kind of source."""
    kind = request.param
    if kind in ("csv", "tsv"):
        mark = "," if kind == "csv" else "\t"
        lines = [[json.dumps(cell) if cell is not None else "" for cell in row.values()] for row in ROWS]
        return write_source(tmp_path, f"x.{kind}", "\n".join(mark.join(line) for line in [list(ROWS[0]), *lines]))
    if kind == "json":
        return write_source(tmp_path, "x.json", json.dumps(ROWS, indent=1))
    if kind == "jsonl":
        return write_source(tmp_path, "x.jsonl", "\n".join(map(json.dumps, ROWS)))
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "x.parquet")
        return str(tmp_path / "x.parquet")
    if kind == "saved":
        datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
        return str(tmp_path / "saved")
    (tmp_path / "set" / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "set" / "data" / "train-00000-of-00001.parquet")
    return f"hf:{tmp_path}/set/train"


def test_columns_by_name_in_every_kind_of_source(source: str) -> None:
    first, second = read_articles([source], columns=COLUMNS)
    assert (first.id, first.text, first.title, first.date) == ("7", "It rained.", "Rain", "2021-05-03")
    assert first.meta == {"text": "teaser"}, "a column that no field is taken from goes to meta, whatever its name"
    assert (second.id, second.text, second.title, second.date, second.meta) == ("8", "Sun, at last.", None, None, {})


def test_without_the_names_one_message_has_them(source: str) -> None:
    (problem,) = find_problems(source, columns=ColumnMap.parse("text=bodyy,id=article_ID"))
    assert problem.startswith(f"{source}: no column 'article_ID' and no column 'bodyy'; found: article_id, headline")
    assert problem.endswith("; try --columns id=article_id,text=body,title=headline,date=published_at")


def test_the_proposal_works(source: str) -> None:
    (problem,) = find_problems(source, columns=ColumnMap.parse("id=article,text=bodys"))
    proposal = problem.rpartition("--columns ")[2]
    assert [one.id for one in read_articles([source], columns=ColumnMap.parse(proposal))] == ["7", "8"]


@pytest.mark.parametrize(
    ("names", "proposal"),
    [
        ("ID,Text,Title", "id=ID,text=Text,title=Title"),
        ("id,content", "text=content"),
        ("id,article,source,link", "text=article,publisher=source,url=link"),
        ("url,title,maintext,date_publish", "id=,text=maintext,date=date_publish"),
        ("uuid,cms_body_en,cms_body", "id=uuid,text=cms_body"),
        ("id,txet", "text=txet"),
        ("id,texto", "text=texto"),
        ("docid,Full Text", "'id=docid,text=Full Text'"),
    ],
)
def test_what_is_proposed(tmp_path: Path, names: str, proposal: str) -> None:
    row = ",".join(str(number) for number, _ in enumerate(names.split(",")))
    (problem,) = find_problems(write_source(tmp_path, "x.csv", f"{names}\n{row}\n"))
    assert f"try --columns {proposal}" in problem, problem
    assert problem.partition(f"try --columns {proposal}")[2] in ("", "; id= makes ids of the file's name and the row")


def test_a_column_of_an_unknown_name_is_the_text_by_its_length(tmp_path: Path) -> None:
    rows = [{"a": "short", "b": "A long text with many words.", "id": "1"}]
    (problem,) = find_problems(write_source(tmp_path, "x.json", json.dumps(rows)))
    assert "no column 'text'; found: a, b, id; try --columns text=b" in problem


def test_a_table_without_a_header(tmp_path: Path) -> None:
    (problem,) = find_problems(write_source(tmp_path, "x.csv", "1,Rain fell on Monday.\n2,Sun shone.\n"))
    assert "found: 1, Rain fell on Monday.; these look like values, not like names of columns" in problem


def test_a_name_that_nothing_is_like(tmp_path: Path) -> None:
    (problem,) = find_problems(
        write_source(tmp_path, "x.csv", "id,text\n1,Rain.\n"), columns=ColumnMap.parse("date=published")
    )
    assert "found: id, text; name another column, or leave date out of --columns" in problem


def test_very_many_columns_take_bounded_time(tmp_path: Path) -> None:
    rows = "".join(json.dumps({f"key{number}": number}) + "\n" for number in range(20_000))
    start = time.process_time()
    (problem,) = find_problems(write_source(tmp_path, "x.jsonl", rows))
    assert "key199 and 19,800 more; name the column with the text" in problem
    assert time.process_time() - start < 20


def test_nothing_that_could_be_a_text(tmp_path: Path) -> None:
    (problem,) = find_problems(write_source(tmp_path, "x.json", '[{"id": 1, "n": 2}]'))
    assert "name the column with the text: --columns text=NAME" in problem


def test_many_rows_are_one_message_a_file(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_source(tmp_path, name, "article_id,body\n" + "1,Rain.\n" * 3000)
    paths = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    assert [problem.partition(": ")[0] for problem in find_problems(*paths)] == paths


def test_rows_of_json_that_lack_a_key_are_counted(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "Rain."}, {"id": 2}, {"id": 3, "text": None}, {"text": "Sun."}]
    problems = find_problems(write_source(tmp_path, "x.jsonl", "\n".join(map(json.dumps, rows))))
    assert problems == [
        f"{tmp_path}/x.jsonl: 2 of 4 rows have no text, the first is {tmp_path}/x.jsonl:2; "
        "every article needs id and text",
        f"{tmp_path}/x.jsonl:4: no id; every article needs id and text, found: text",
    ]


def test_a_column_that_need_not_be_there_must_be_there_once_it_is_named(tmp_path: Path) -> None:
    source = write_source(
        tmp_path, "x.jsonl", '{"id": 1, "text": "Rain.", "headline": "H"}\n{"id": 2, "text": "Sun."}\n'
    )
    (problem,) = find_problems(source, columns=ColumnMap.parse("title=headlines"))
    assert problem == (f"{source}: no column 'headlines'; found: id, text, headline; try --columns title=headline")
    first, second = read_articles([source], columns=ColumnMap(title="headline"))
    assert (first.title, second.title) == ("H", None)


def test_ids_are_made_of_the_file_and_the_row(tmp_path: Path) -> None:
    source = write_source(tmp_path, "cms export.csv", "id,text\n7,Rain.\n7,Sun.\n")
    articles = list(read_articles([source], columns=ColumnMap(id="")))
    assert [(one.id, one.meta) for one in articles] == [
        ("cms export-1", {"id": "7"}),
        ("cms export-2", {"id": "7"}),
    ]


def test_one_column_for_two_fields(tmp_path: Path) -> None:
    source = write_source(tmp_path, "x.csv", "link,text\nhttp://x/1,Rain.\n")
    (article,) = read_articles([source], columns=ColumnMap.parse("id=link,url=link"))
    assert (article.id, article.url, article.meta) == ("http://x/1", "http://x/1", {})


def test_a_field_left_out_stays_in_meta(tmp_path: Path) -> None:
    source = write_source(tmp_path, "x.csv", "id,text,date\n1,Rain.,3 May 2021\n")
    assert "date= in --columns" in find_problems(source)[0]
    (article,) = read_articles([source], columns=ColumnMap.parse("date="))
    assert (article.date, article.meta) == (None, {"date": "3 May 2021"})


def test_text_files_have_no_columns(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write_source(tmp_path / "folder", "A.TXT", "Rain.")
    table = write_source(tmp_path, "x.csv", "key,body\n1,Sun.\n")
    articles = read_articles([str(tmp_path / "folder"), table], columns=ColumnMap.parse("id=key,text=body"))
    assert [(one.id, one.text) for one in articles] == [("A", "Rain."), ("1", "Sun.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("body", "'body' is not FIELD=NAME; expected such as id=article_id"),
        ("txt=body", "did you mean text?"),
        ("id=a,id=b", "id appears twice"),
        ("meta=x", "with the fields id, text, title, date, publisher, url"),
        ("text=", "an article needs a text"),
        ("", "is not FIELD=NAME"),
        ("id=a,", "expected"),
    ],
)
def test_columns_spelt_wrong(text: str, words: str) -> None:
    if text == "id=a,":
        assert ColumnMap.parse(text).id == "a,", "a comma may be in a name"
        return
    with pytest.raises(AnnotateError, match="--columns") as caught:
        ColumnMap.parse(text)
    assert words in str(caught.value)


NAMES = (
    st.text(st.characters(exclude_characters="=", exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)
)


@given(st.dictionaries(st.sampled_from(FIELDS), NAMES, min_size=1))
def test_what_is_spelt_is_parsed(columns: dict[str, str]) -> None:
    assert ColumnMap.parse(",".join(f"{field}={name}" for field, name in columns.items())) == ColumnMap(**columns)


@given(
    st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.lists(st.integers())),
    st.dictionaries(st.sampled_from(FIELDS), NAMES),
)
def test_every_column_goes_somewhere_once(row: dict[str, object], named: dict[str, str]) -> None:
    columns = ColumnMap(**named)
    fields, rest = columns.take(row)
    used = {columns.column(field) for field in FIELDS}
    assert set(rest) == set(row) - used
    assert all(fields[field] == row[columns.column(field)] for field in fields)
    explained = columns.explain_absent(row.keys(), row)
    assert (explained is None) == (not columns.find_absent(row.keys()))


@pytest.mark.parametrize(
    ("row", "proposed"),
    [
        (
            {
                "story_ref": "S1",
                "hed": "Rain ends",
                "pubdate": "2026-01-02",
                "outlet": "AP",
                "copy": "Rain fell. It ended.",
            },
            "id=story_ref,text=copy,title=hed,date=pubdate,publisher=outlet",
        ),
        ({"story_ref": "S1", "words": "Rain fell in Oslo. It ended."}, "id=story_ref,text=words"),
        ({"storyNo": 7, "text_length": 20, "main": "Rain fell in Oslo. It ended."}, "id=storyNo,text=main"),
        ({"paid": "yes", "lead": "Rain.", "story": "Rain fell. It ended."}, "id=,text=story"),
    ],
)
def test_the_proposal_looks_at_what_the_columns_hold(row: dict[str, object], proposed: str) -> None:
    explained = ColumnMap().explain_absent(row.keys(), row)
    assert explained is not None
    assert f"; try --columns {proposed}" in explained
