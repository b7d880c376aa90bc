"""Encodings: declared ones are read, the others are named; nothing is guessed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import SourceError
from annotate.ingest.articles import read_articles
from annotate.ingest.encodings import as_utf8, find_no_text, read_head

UNICODE = st.text(st.characters(exclude_categories=["Cs"]))


@given(UNICODE, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(1, 100))
def test_a_declared_encoding_gives_the_same_text(text: str, encoding: str, size: int) -> None:
    if encoding == "utf-16" and text.startswith("\0"):
        return  # its first bytes are those that declare UTF-32
    file = io.BytesIO(text.encode(encoding))
    decoded = as_utf8(file, read_head(file))
    assert b"".join(iter(lambda: decoded.read(size), b"")).decode() == text


@pytest.mark.parametrize("order", ["be", "le"])
def test_both_orders_of_bytes(tmp_path: Path, order: str) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffdate 2021-05-03 Café — “yes” 😀\r\n".encode(f"utf-16-{order}"))
    (article,) = read_articles([str(tmp_path / "a.txt")])
    assert (article.date, article.text) == ("2021-05-03", "Café — “yes” 😀")


def test_lines_longer_than_a_block(tmp_path: Path) -> None:
    text = "Café " * 100_000
    (tmp_path / "a.csv").write_bytes(f'id;text\n1;"{text}"\n2;b\n'.encode("utf-16"))
    assert [one.text for one in read_articles([str(tmp_path / "a.csv")])] == [text, "b"]


def test_standard_input_in_utf_16() -> None:
    code = "from annotate import read_articles; print([one.text for one in read_articles(['-'])])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input='{"id": 1, "text": "Café"}'.encode("utf-16"),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == "['Café']"


@given(UNICODE.filter(lambda text: "\0" not in text))
def test_utf_8_is_never_taken_for_something_else(text: str) -> None:
    head = b"x" + text.encode()
    assert find_no_text(head) is None


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman", "cp437", "shift-jis", "gbk", "cp1251"])
def test_other_encodings_are_never_read(tmp_path: Path, encoding: str) -> None:
    text = {"shift-jis": "日本語の記事", "gbk": "中文文章", "cp1251": "Статья"}.get(encoding, "the café in Zürich")
    for name, content in {
        "a.txt": text,
        "a.csv": f"id,text\n1,{text}\n",
        "a.jsonl": f'{{"id": 1, "text": "{text}"}}',
    }.items():
        (tmp_path / name).write_bytes(content.encode(encoding))
        with pytest.raises(SourceError, match="not UTF-8 at byte"):
            read_articles([str(tmp_path / name)])
