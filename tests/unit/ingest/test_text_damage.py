"""Damaged texts are found, and honest ones are left in peace."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ingest.articles import read_articles
from annotate.ingest.text_damage import find_damage

SENTENCES = [
    "“We won’t raise the fare,” Marie Dupont said in Zürich.",
    "Les élèves étaient à l’école.",
    "Der Bürgermeister von Österreich grüßte.",
    "O Ministério da Educação não respondeu.",
    "Řeka Vltava a město Plzeň",
    "Železnice v Łodzi",
    "Президент приехал в Москву.",
    "Η Αθήνα είναι μεγάλη.",
    "Great news 😀",
]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf_8_read_as_something_else(sentence: str, encoding: str) -> None:
    wrong = sentence.encode().decode(encoding, "ignore")
    assert "wrong decoding" in find_damage(wrong), wrong
    assert find_damage(sentence) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It is lost: caf\ufffd.", "wrong decoding"),
        ("ï»¿The first word", "wrong decoding"),
        ("Marks &amp; Spencer", "HTML entities"),
        ("&#8217;s and &#x2019;s", "HTML entities"),
        ("a&nbsp;b", "HTML entities"),
        ("<p>Rain fell.</p>", "tags"),
        ("Rain<br/>Sun", "tags"),
        ('see <a href="http://x">here</a>', "tags"),
        ("<!-- advert --> Rain", "tags"),
        ("<!DOCTYPE html><HTML>", "tags"),
        (r"One.\n\nTwo.", "literal escapes"),
        (r"One.\nand two", "literal escapes"),
        (r"\u201cWe won\u2019t", "literal escapes"),
        (r"He said \"no\"", "literal escapes"),
        ("u201cWe won, u201d he said", "literal escapes"),
        ("Sa\u00adrah Klein", "invisible characters"),
        ("Sa\u200brah Klein", "invisible characters"),
        ("met \ufeffBarclays", "invisible characters"),
        ("page\x0cbreak", "invisible characters"),
        ("nul\0", "invisible characters"),
    ],
)
def test_one_kind_each(text: str, kind: str) -> None:
    assert find_damage(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "AT&T; R&D; Q&A; Barnes & Noble; profit &loss;",
        "x < y and y > z; a<b; <unknown>; I <3 you; 5 <p and q",
        r"C:\Users\new\temp and C:\readme and the path D:\news\today",
        "NAÇÃO, SÃO PAULO, “IRMÔ, AÇÕES, BÂTIMENT, ÂGE, ÅLESUND, PÅ, ÄRZTE, MÜLLER, ÑANDÚ, Ísland, Ðað",
        "«PÅ» and „SÃ“; 20 °C, £5, ½, © 2021, naïve café",
        "👨\u200d👩\u200d👧 family, می\u200cخواهم, line one\nline two\tend",
        "Price: 5€; “5 €”; l’été; ‘90s; eu2018; menu2019",
        "Fish & chips – “good” … ok — yes",
    ],
)
def test_an_honest_text_is_not_damaged(text: str) -> None:
    assert find_damage(text) == []


def test_honest_corpora_are_hardly_ever_damaged() -> None:
    texts = [path.read_text("utf-8") for path in sorted(Path("seeds").glob("*.txt"))]
    assert texts
    kinds = [kind for text in texts for kind in find_damage(text)]
    assert kinds.count("wrong decoding") + kinds.count("literal escapes") <= len(texts) // 100, kinds


@given(
    st.text(st.characters(max_codepoint=127, exclude_categories=["Cc"])).filter(
        lambda text: re.search("[&<>\"']", text)
    )
)
def test_escaped_html_is_found(text: str) -> None:
    assert "HTML entities" in find_damage(html.escape(text))


@pytest.mark.parametrize("piece", [" ", "<a ", "<p", "&a", "\\", "Ã", "ÐÐ", "<!-", "&#12345678", "u201"])
def test_floods_take_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    find_damage(text)
    assert time.process_time() - start < 5


def test_one_line_a_kind_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": f"a{n}", "text": "Marks &amp; Spencer" if n % 3 else "Rain fell."} for n in range(30)]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    articles = read_articles([str(tmp_path / "x.jsonl")])
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"{articles.warnings[0]}\n")
    assert shown.err == (
        "warning: HTML entities in 20 of 30 articles, such as '&amp;' in 'a1'; texts are kept as they are, so clean "
        "them before you annotate: decode them with html.unescape\n"
    )
    assert next(iter(articles)).text == "Rain fell."
    assert "&amp;" in list(articles)[1].text


def test_what_a_terminal_would_act_on_is_shown_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({"id": "a", "text": "Rain\x1b[2J"}))
    read_articles([str(tmp_path / "x.jsonl")])
    assert r"such as '\x1b' in 'a'" in capsys.readouterr().err
