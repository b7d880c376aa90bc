"""Articles as newsrooms have them, through the command line and the script of the documentation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import annotate
from tests.support.commands import run

ROOT = Path(__file__).parent.parent.parent
CMS = (
    "article_id;headline;published_at;body;desk\n"
    '7;Ferry;2021-05-03T10:00:00Z;"“We won,” said Ana Reis; she left.";city\n'
    "8;;2021-05-04 08:00;Rain fell.;\n"
)
COLUMNS = "id=article_id,text=body,title=headline,date=published_at"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def text_cases(hostile_cases: Path) -> Path:
    """The folder of files that real projects had trouble with."""
    folder = hostile_cases.parent / "texts-and-files"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


@pytest.fixture
def cms(tmp_path: Path) -> Path:
    path = tmp_path / "cms.csv"
    path.write_text(CMS, "utf-8-sig")
    return path


def test_the_export_of_a_content_system(cms: Path, tmp_path: Path) -> None:
    output = tmp_path / "P.jsonl"
    refused = run("preannotate", cms, "-o", output, "--preannotator", "rules", code=1)
    assert not output.exists()
    assert refused.stderr == (
        f"error: {cms}: no column 'id' and no column 'text'; found: article_id, headline, published_at, body, desk; "
        f"try --columns {COLUMNS}\n"
    )
    run("preannotate", cms, "-o", output, "--preannotator", "rules", "--columns", COLUMNS)
    prediction, second = read(output)
    assert (second["id"], second["date"], second.get("title")) == ("8", "2021-05-04", None)
    assert [prediction[field] for field in ("id", "title", "date", "meta")] == [
        "7", "Ferry", "2021-05-03", {"desk": "city"},
    ]  # fmt: skip
    assert "Ana Reis" in [entity["text"] for entity in prediction["entities"]]


@pytest.mark.parametrize("command", ["preannotate", "up", "rehydrate"])
def test_every_command_that_reads_articles_takes_columns(command: str, cms: Path, tmp_path: Path) -> None:
    arguments = {"preannotate": [cms, "-o", tmp_path / "P.jsonl"], "up": [cms], "rehydrate": ["news/0.1.0", cms]}
    wrong = run(command, *arguments[command], "--columns", "text=b,txt=c", code=1)
    assert "did you mean text?" in wrong.stderr


def test_a_mistake_in_the_columns_starts_no_server(cms: Path, tmp_path: Path) -> None:
    pytest.importorskip("label_studio")
    options = ("--columns", "id=article_id,text=bodi", "--dir", tmp_path / "studio", "--no-browser")
    assert f"try --columns {COLUMNS}" in run("up", cms, *options, code=1).stderr
    assert not (tmp_path / "studio").exists()


def test_texts_come_back_from_a_table(tmp_path: Path) -> None:
    release = annotate.load_gold("news/0.1.0")
    annotate.publish_release("news/0.1.0", str(tmp_path / "so"), stand_off=True, yes=True)
    (tmp_path / "cms.jsonl").write_text(
        "".join(json.dumps({"key": record.id, "body": record.text}) + "\n" for record in release), "utf-8"
    )
    stand_off = next((tmp_path / "so").rglob("manifest.json")).parent
    columns = annotate.ColumnMap(id="key", text="body")
    report = annotate.rehydrate(stand_off, [str(tmp_path / "cms.jsonl")], to=tmp_path / "back", columns=columns)
    assert (report.exact, report.missing) == (5, [])


def test_the_cases_of_input_files(text_cases: Path, tmp_path: Path) -> None:
    folder = text_cases / "18-input-files"
    expected = {
        "semicolon.csv": ["We won, said Ana Reis."],
        "utf16.csv": ["We won."],
        "tab.tsv": ["We won."],
        "lines.json": ["We won.", "We lost."],
        "iso-date.jsonl": ["We won."],
        "folder": ["Tom Hall spoke in York.", "Ana Reis spoke in Leeds."],
    }
    for name, texts in expected.items():
        output = tmp_path / f"{name}.out"
        run("preannotate", folder / name, "-o", output, "--preannotator", "rules")
        assert [record["text"] for record in read(output)] == texts, name
    assert read(tmp_path / "iso-date.jsonl.out")[0]["date"] == "2021-05-03"
    result = run("preannotate", folder / "dup-header.csv", "-o", tmp_path / "out", "--preannotator", "rules", code=1)
    assert "the column 'text' appears twice" in result.stderr


def test_the_cases_of_damaged_texts(text_cases: Path, tmp_path: Path) -> None:
    words = {
        "14-mojibake-and-entities": [
            "wrong decoding in 1 of 3",
            "HTML entities in 1 of 3",
            "literal escapes in 1 of 3",
        ],
        "11-invisible-characters": ["invisible characters in 3 of 3"],
    }
    for name, kinds in words.items():
        output = tmp_path / f"{name}.jsonl"
        source = text_cases / name / "articles.jsonl"
        result = run("preannotate", source, "-o", output, "--preannotator", "rules")
        warnings = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
        assert [kind in line for kind, line in zip(kinds, warnings, strict=True)] == [True] * len(kinds), warnings
        assert [record["text"] for record in read(output)] == [record["text"] for record in read(source)]


NITF = """<?xml version="1.0" encoding="ISO-8859-1"?>
<nitf><head><title>x</title><docdata><doc-id id-string="ag-1"/><date.issue norm="20210503T100000Z"/></docdata></head>
<body><body.head><hedline><hl1>Ferry to café</hl1></hedline></body.head>
<body.content><p>BERGEN — It   rained.</p><p>“Sun,” said <person>Ann Poe</person>.</p></body.content></body></nitf>"""
NEWSML = """<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet><newsItem guid="urn:ag:2" version="1">
<itemMeta><versionCreated>2021-05-04T09:00:00+02:00</versionCreated></itemMeta>
<contentMeta><headline>Sun</headline></contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title>
</head><body><p>The sun shone.</p></body></html></inlineXML></contentSet></newsItem></itemSet></newsMessage>"""


def test_the_script_for_the_xml_of_agencies(tmp_path: Path) -> None:
    [script] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "articles.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "agency.py").write_text(script, "utf-8")
    (tmp_path / "a.xml").write_bytes(NITF.encode("latin-1", "xmlcharrefreplace"))
    (tmp_path / "b.xml").write_text(NEWSML, "utf-8")
    refused = run("preannotate", tmp_path / "a.xml", "-o", tmp_path / "P.jsonl", "--preannotator", "rules", code=None)
    assert "docs/articles.md has a script" in refused.stderr
    done = subprocess.run(
        [sys.executable, "agency.py", "a.xml", "b.xml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    (tmp_path / "articles.jsonl").write_text(done.stdout, "utf-8")
    first, second = annotate.read_articles([str(tmp_path / "articles.jsonl")])
    assert (first.id, first.date, first.title) == ("ag-1", "2021-05-03", "Ferry to café")
    assert first.text == "BERGEN — It rained.\n\n“Sun,” said Ann Poe."
    assert (second.id, second.date, second.title, second.text) == ("urn:ag:2", "2021-05-04", "Sun", "The sun shone.")
