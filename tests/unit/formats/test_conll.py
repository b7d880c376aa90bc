"""Columns of other tools: comments, headers, marks of order, white space, styles of tags, several columns of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annotate.errors import AnnotateError, RecordError
from annotate.formats import FormatReport, read_predictions, write_format
from annotate.records import Article, Entity, GoldRecord, Prediction

GOLD = [
    Article(id="a", text="Maria Lopez of Acme left . Oslo waits # 5 ."),
    Article(id="b", text="Ana met Acme Corp ."),
]
_FIRST = ("Maria B-PERSON", "Lopez I-PERSON", "of O", "Acme B-ORG", "left O", ". O", "")
ROWS = (
    (*_FIRST, "Oslo B-GPE", "waits O", "# O", "5 O", ". O", ""),
    ("Ana B-PERSON", "met O", "Acme B-ORG", "Corp I-ORG", ". O", ""),
)
FOUND = [
    ("a", ["Maria Lopez PERSON", "Acme ORG", "Oslo GPE"]),
    ("b", ["Ana PERSON", "Acme Corp ORG"]),
]
STREAM = "\n".join([*ROWS[0], *ROWS[1]])
NAMED = "\n".join(["# newdoc id = a", *ROWS[0], "# newdoc id = b", *ROWS[1]])


def read(
    path: Path, content: str, *, part: str = "", texts: list[Article] = GOLD
) -> tuple[list[Prediction], FormatReport]:
    path = path / "x.conll"
    path.write_bytes(content.encode())
    return read_predictions(path, f"conll{part}", texts=texts)


def shown(predictions: list[Prediction]) -> list[tuple[str, list[str]]]:
    return [(p.id, [f"{(p.text or '')[e.start : e.end]} {e.label}" for e in p.entities or ()]) for p in predictions]


def numbered(rows: tuple[str, ...], *comments: str) -> list[str]:
    """The rows as CoNLL-U has them, each sentence after the comments."""
    lines, n = list(comments), 0
    for row in rows:
        n = n + 1 if row else 0
        token, _, tag = row.partition(" ")
        lines += [f"{n}\t{token}\t{tag}\t_\t_"] if row else ["", *comments]
    return lines[: -len(comments) or None]


CONTENTS = {
    "tabs": NAMED.replace(" B", "\tB").replace(" I", "\tI").replace(" O", "\tO"),
    "blanks": NAMED,
    "blanks before and behind": NAMED.replace(" B-", "   B-").replace("\nAcme", "\n Acme").replace(" O\n", "  O \n"),
    "CRLF": NAMED.replace("\n", "\r\n"),
    "CR": NAMED.replace("\n", "\r"),
    "byte order mark": "\ufeff" + NAMED.replace("\n", "\r\n"),
    "no mark between articles": STREAM,
    "newdoc without id": NAMED.replace(" id = a", "").replace(" id = b", ""),
    "newdoc, other spacing": NAMED.replace("# newdoc id = ", "#newdoc  id= "),
    "docstart": NAMED.replace("# newdoc id = a", "-DOCSTART- -X- O\n").replace("# newdoc id = b", "-DOCSTART- O\n"),
    "docstart with id": NAMED.replace("# newdoc id = a", "-DOCSTART- (a)").replace("# newdoc id = b", "-DOCSTART- (b)"),
    "OntoNotes": "\n".join(
        ["#begin document (a); part 000", *ROWS[0], "#end document", "#begin document (b); part 000", *ROWS[1]]
    ),
    "comments before sentences": NAMED.replace("Maria", "# sentence1\nMaria").replace("Ana", "#sentence 2\nAna"),
    "CoNLL-U": "\n".join(
        [
            *("# newdoc id = a", "# newpar", *numbered(ROWS[0], "# checked by hand", "# sent_id = 1", "# text = O O")),
            *("# newdoc id = b", "# newpar id = p2", *numbered(ROWS[1], "# a tag: O")),
        ]
    ),
    "a first line of names": "Token\tTag\n" + NAMED.replace(" B", "\tB").replace(" I", "\tI").replace(" O", "\tO"),
    "a first line of names, blanks": "word ner_tags\n" + NAMED,
    "underscores": NAMED.replace("B-", "B_").replace("I-", "I_"),
    "lower case": NAMED.replace("B-", "b-").replace("I-", "i-"),
    "prefix behind": re.sub(r" ([BI])-(\S+)", r" \2-\1", NAMED),
    "M for inside": NAMED.replace("Lopez I-", "Lopez M-").replace("Corp I-", "Corp M-"),
    "tags first": "\n".join(
        " ".join(reversed(line.split())) if line and not line.startswith("# new") else line
        for line in NAMED.split("\n")
    ),
    "named columns": "# global.columns = NER FORM\n"
    + "\n".join(
        "\t".join(reversed(line.split())) if line and not line.startswith("# new") else line
        for line in NAMED.split("\n")
    ),
    "no last newline": NAMED.rstrip("\n"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_every_spelling_of_one_file_is_read_alike(name: str, tmp_path: Path) -> None:
    predictions, report = read(tmp_path, CONTENTS[name])
    assert shown(predictions) == FOUND
    assert report.lost == 0


def test_words_of_several_tokens_are_no_tokens(tmp_path: Path) -> None:
    lines = ["1\tAna\tB-PERSON\t_", "2-3\tdidn't\t_\t_", "2\tdid\tO\t_", "3\tn't\tO\t_", "3.1\tgo\t_\t_", "4\tgo\tO\t_"]
    predictions, report = read(tmp_path, "\n".join(lines), texts=[Article(id="c", text="Ana didn't go")])
    assert shown(predictions) == [("c", ["Ana PERSON"])]
    assert {reason: note.count for reason, note in report.notes.items()} == {
        "lines of CoNLL-U without a token of their own": 2
    }


def test_a_no_break_space_does_not_part_columns(tmp_path: Path) -> None:
    text = "Oslo 10\u00a0000 fans"
    lines = ["Oslo B-GPE", "10\u00a0000 B-CARDINAL", "\u00a0 O", "\u200b O", "fans O"]
    predictions, report = read(tmp_path, "\n".join(lines), texts=[Article(id="c", text=text)])
    assert shown(predictions) == [("c", ["Oslo GPE", "10\u00a0000 CARDINAL"])]
    assert (report.lost, list(report.notes)) == (0, ["tokens of white space"])


# ---------------------------------------------------------------------------------------------- several columns


def columns(*tags: str) -> str:
    """Four tokens of b, each with the tags of its column."""
    tokens = ["Ana", "met", "Acme", "Corp"]
    return "\n".join(" ".join(row) for row in zip(tokens, *(column.split() for column in tags), strict=True))


NER, OTHER, NONE, CHUNKS = "B-PERSON O B-ORG I-ORG", "B-ORG O O O", "O O O O", "B-NP B-VP B-NP I-NP"


@pytest.mark.parametrize(
    ("tags", "part", "found", "lost"),
    [
        ((CHUNKS, NER), "", ["Ana PERSON", "Acme Corp ORG"], 0),
        ((NER, CHUNKS), "", ["Ana PERSON", "Acme Corp ORG"], 0),
        ((OTHER, NER), "", ["Ana PERSON", "Acme Corp ORG"], 1),
        ((NER, OTHER), "", ["Ana ORG"], 3),
        ((OTHER, NER), ":2", ["Ana ORG"], 0),
        ((NER, CHUNKS), ":3", ["Ana NP", "met VP", "Acme Corp NP"], 0),
    ],
)
def test_which_column_of_tags_was_read_is_said_and_can_be_chosen(
    tags: tuple[str, ...], part: str, found: list[str], lost: int, tmp_path: Path
) -> None:
    predictions, report = read(tmp_path, columns(*tags), part=part, texts=GOLD[1:])
    assert shown(predictions) == [("b", found)]
    assert report.lost == lost
    assert len([reason for reason in report.notes if reason.startswith("tags are those of column")]) == 1
    assert "which was not read; --from conll:" in " ".join([*report.losses, *report.notes])


def test_an_empty_column_behind_a_full_one_is_no_score_of_zero(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"nothing in it .* tags in column 2, which was not read; --from conll:2"):
        read(tmp_path, columns(NER, NONE), texts=GOLD[1:])
    predictions, _ = read(tmp_path, columns(NER, NONE), part=":3", texts=GOLD[1:])
    assert [prediction.entities for prediction in predictions] == [[]]


def test_columns_can_be_chosen_by_their_name(tmp_path: Path) -> None:
    content = "token gold_tag pred_tag\n" + columns(NER, OTHER)
    for part, found in ((":gold_tag", ["Ana PERSON", "Acme Corp ORG"]), (":PRED_TAG", ["Ana ORG"])):
        predictions, _ = read(tmp_path, content, part=part, texts=GOLD[1:])
        assert shown(predictions) == [("b", found)]
    with pytest.raises(RecordError, match=r"column pos is none of tags; those of tags are 2 \(gold_tag\), 3 "):
        read(tmp_path, content, part=":pos", texts=GOLD[1:])


def test_no_tag_anywhere_is_a_prediction_of_nothing(tmp_path: Path) -> None:
    predictions, _ = read(tmp_path, columns(NONE), texts=GOLD[1:])
    assert [prediction.entities for prediction in predictions] == [[]]


# ----------------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Acme B-ORG", "Acme ORG", "x.conll:5: no column of tags: 'ORG' in column 2 is none; expected tags such as O"),
        ("Acme B-ORG", "Acme B", "x.conll:5: no column of tags: 'B' in column 2 is a tag without a label"),
        ("of O", "of", "x.conll:4: columns: 1; most lines have 2"),
        ("of O", "of O extra", "x.conll:4: columns: 3; most lines have 2"),
        (" O", " 0", "x.conll:4: no column of tags: '0' in column 2 is the digit zero; the tag of a token"),
        (" ", ",", "no column of tags: its columns are parted by commas"),
        (" ", ";", "no column of tags: its columns are parted by semicolons"),
    ],
)
def test_the_first_line_that_spoils_the_file_is_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    content = NAMED.replace(old, new).replace("#,newdoc,id,=,", "# newdoc id = ").replace("#;newdoc;id;=;", "# newdoc ")
    with pytest.raises(AnnotateError) as caught:
        read(tmp_path, content)
    assert words in str(caught.value)
    assert len(str(caught.value).split("\n")) == 1


def test_numbers_in_place_of_tags_are_named(tmp_path: Path) -> None:
    content = NAMED.replace(" O", " 0")
    for tag in {cell for line in content.split("\n") for cell in line.split()[1:] if cell[1:2] == "-"}:
        content = content.replace(f" {tag}", " 1")
    with pytest.raises(RecordError, match="no column of tags: column 2 has only 0 and 1, which name no label"):
        read(tmp_path, content)


def test_many_lines_of_another_width_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"x.conll:4: columns: 1; most lines have 2 \(more such lines: 3\)"):
        read(tmp_path, NAMED.replace("of O", "of").replace(". O", "."))


# ---------------------------------------------------------------------------------------------------- articles


def test_articles_in_another_order_are_refused_by_their_words(tmp_path: Path) -> None:
    texts = [Article(id=name, text=f"{place} beat Bergen today and all fans were happy") for name, place in
             (("a", "Oslo"), ("b", "Moss"))]  # fmt: skip
    one, two = (["-DOCSTART- O", "", f"{place} B-GPE", *(f"{word} O" for word in text.text.split()[1:]), ""]
                for place, text in zip(("Oslo", "Moss"), texts, strict=True))  # fmt: skip
    predictions, _ = read(tmp_path, "\n".join(one + two), texts=texts)
    assert shown(predictions) == [("a", ["Oslo GPE"]), ("b", ["Moss GPE"])]
    with pytest.raises(RecordError, match="document 1 is not a, as its place says, but b by its words"):
        read(tmp_path, "\n".join(two + one), texts=texts)


def test_ids_that_are_not_those_given_are_noted_where_the_order_decides(tmp_path: Path) -> None:
    predictions, report = read(tmp_path, NAMED.replace("id = ", "id = x"))
    assert shown(predictions) == FOUND
    assert report.notes["articles by their order, whose ids are not those given"].examples == ["xa as a", "xb as b"]


def test_spans_that_lose_a_token_are_counted(tmp_path: Path) -> None:
    predictions, report = read(tmp_path, NAMED.replace("Lopez", "Gonzalez"))
    assert shown(predictions)[0][1][0] == "Maria PERSON"
    assert report.losses["spans read without tokens that are not in the text"].of == "items"


@pytest.mark.parametrize("article", ["a\tb", "a\nb", "a\r\nb%", "50%", "a%09b", " a ", "newdoc", "# id = x"])
def test_ids_of_any_characters_come_back(article: str, tmp_path: Path) -> None:
    record = GoldRecord(id=article, text="Ana Reis spoke.", entities=[Entity(0, 8, "PERSON")])
    other = GoldRecord(id="c", text="Tom Hall spoke.", entities=[Entity(0, 8, "PERSON")], quotes=[])
    report = write_format([record, other], tmp_path / "x", "conll")
    read_back, _ = read_predictions(tmp_path / "x", "conll", texts=[record, other])
    assert [(r.id, r.entities) for r in read_back] == [(r.id, r.entities) for r in (record, other)]
    assert bool(report.notes) == bool({"\t", "\n"} & set(article))


@pytest.mark.parametrize("names", ["FORM PRED GOLD", "FORM predicted gold_tag", "token system_ner ner"])
def test_a_column_that_is_named_as_predictions_is_read(names: str, tmp_path: Path) -> None:
    other = columns(NER, NONE)
    for content in (f"# global.columns = {names}\n{other}", f"{names.lower()}\n{other}"):
        predictions, _ = read(tmp_path, content, texts=GOLD[1:])
        assert shown(predictions) == [("b", ["Ana PERSON", "Acme Corp ORG"])]


def test_parts_of_one_document_are_one_article(tmp_path: Path) -> None:
    rows = [*ROWS[0]]
    parts = ["#begin document (a); part 000", *rows[:7], "#end document", "#begin document (a); part 001", *rows[7:]]
    predictions, report = read(tmp_path, "\n".join([*parts, "#end document"]), texts=GOLD[:1])
    assert (shown(predictions), report.lost) == (FOUND[:1], 0)


OURS = (
    "# global.columns = FORM {names}\n# newdoc id = b\nAna\t{first}\n"
    "met\tO{more}\nAcme\tO{more}\nCorp\tO{more}\n.\tO{more}\n"
)


@pytest.mark.parametrize(
    ("names", "first", "problem"),
    [
        ("ANNOTATE:ENTITIES", "PERSON", r":3: ANNOTATE:ENTITIES is 'PERSON'; expected O, B-LABEL or I-LABEL"),
        ("ANNOTATE:ENTITIES", "_", r":3: ANNOTATE:ENTITIES is '_'; expected .*, or _ in the whole article"),
        ("ANNOTATE:FRAMES", "B-X", "global.columns: ANNOTATE:FRAMES; expected ANNOTATE:ENTITIES, ANNOTATE:QUOTES"),
        ("ANNOTATE:QUOTES", "B-direct", "global.columns has ANNOTATE:QUOTES without ANNOTATE:QUOTES_ITEM"),
        ("ANNOTATE:ENTITIES ANNOTATE:QUOTES_ITEM", "B-X\t1", "ANNOTATE:QUOTES_ITEM without ANNOTATE:QUOTES"),
        ("ANNOTATE:ENTITIES ANNOTATE:ENTITIES", "B-X\tB-Y", "global.columns: ANNOTATE:ENTITIES appears twice"),
        ("ANNOTATE:QUOTES ANNOTATE:QUOTES_ITEM", "B-direct\t_", ":3: ANNOTATE:QUOTES_ITEM is '_' beside B-direct; exp"),
        ("ANNOTATE:QUOTES ANNOTATE:QUOTES_ITEM", "O\t1", ":3: ANNOTATE:QUOTES_ITEM is '1' beside O; expected _"),
        ("ANNOTATE:ENTITIES2", "B-X", "global.columns has ANNOTATE:ENTITIES2 without ANNOTATE:ENTITIES"),
    ],
)
def test_columns_of_ours_that_say_nothing_are_refused(names: str, first: str, problem: str, tmp_path: Path) -> None:
    more = "\t_" if " " in names else ""
    if names.endswith("ENTITIES ANNOTATE:ENTITIES"):
        more = "\tO"
    with pytest.raises(RecordError, match=problem):
        read(tmp_path, OURS.format(names=names, first=first, more=more))


def test_columns_of_ours_need_one_of_tokens(tmp_path: Path) -> None:
    content = OURS.format(names="ANNOTATE:ENTITIES", first="B-PERSON", more="").replace("FORM", "WORD")
    with pytest.raises(RecordError, match=r"global\.columns has no FORM, the tokens"):
        read(tmp_path, content)


def test_brackets_of_conll_2012_are_named(tmp_path: Path) -> None:
    rows = ["Ana (PERSON)", "met *", "Acme (ORG*", "Corp *)", ". *"]
    content = "".join(f"b 0 {i} {row} -\n" for i, row in enumerate(rows))
    with pytest.raises(RecordError, match=r"column 5 has brackets such as '\(PERSON\)', as in CoNLL-2012; expected"):
        read(tmp_path, content)
