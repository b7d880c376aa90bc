"""What we write is read by the tools themselves, and what others write is read by us."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import msgspec
import pytest

from annotate.errors import AnnotateError, RecordError
from annotate.formats import read_predictions, write_format
from annotate.records import Article, Claim, Entity, GoldRecord, Quote, Span
from tests.support.spans import range_of

TEXT = (
    "Ministers of the European Union met. 😀 “We will leave,” Iraqi Prime Minister Mustafa al-Kadhimi said,\n"
    "“and soon.” There are 2,500 troops in Iraq, he said."
)
at = partial(range_of, TEXT)

HE = Span(at("he said")[0], at("he said")[0] + 2)

GOLD = GoldRecord(
    id="a-1",
    text=TEXT,
    annotators=["x"],
    entities=[
        Entity(*at("European Union"), "ORG"),
        Entity(*at("European"), "NORP"),  # nested
        Entity(*at("Iraqi"), "NORP"),
        Entity(*at("Mustafa al-Kadhimi"), "PERSON"),
        Entity(*at("2,500"), "CARDINAL"),
        Entity(*at("Iraq", 1), "GPE"),
    ],
    quotes=[
        Quote(
            "direct",
            [Span(*at("“We will leave,”")), Span(*at("“and soon.”"))],
            Span(*at("Iraqi Prime Minister Mustafa al-Kadhimi")),
            Span(*at("said")),
        ),
        Quote("indirect", [Span(*at("There are 2,500 troops in Iraq"))], HE, Span(*at("said", 1))),
    ],
    claims=[Claim(*at("There are 2,500 troops in Iraq"), True, "statistic", HE, score=0.75)],
)
FLAT = GoldRecord(id="a-1", text=TEXT, entities=[e for e in GOLD.entities or () if at("European") != (e.start, e.end)])


def test_spacy_reads_entities_and_spans(tmp_path: Path) -> None:
    import spacy
    from spacy.tokens import DocBin

    write_format([GOLD], tmp_path / "gold.spacy", "spacy")
    nlp = spacy.blank("en")
    [doc] = DocBin().from_disk(tmp_path / "gold.spacy").get_docs(nlp.vocab)
    assert doc.text == TEXT
    flat = [(e.start, e.end, e.label) for e in FLAT.entities or ()]
    assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == flat
    assert {(s.start_char, s.end_char) for s in doc.spans["entities"]} == {
        (e.start, e.end) for e in GOLD.entities or ()
    }
    assert [s.text for s in doc.spans["quotes"] if s.id_ == "quote0"] == ["“We will leave,”", "“and soon.”"]
    assert [s.label_ for s in doc.spans["claims"]] == ["statistic"]


def test_spacys_own_corpus_reader_and_scorer_take_the_file(tmp_path: Path) -> None:
    import spacy
    from spacy.scorer import Scorer
    from spacy.training import Corpus

    write_format([GOLD], tmp_path / "gold.spacy", "spacy")
    examples = list(Corpus(tmp_path / "gold.spacy")(spacy.blank("en")))
    for example in examples:
        example.predicted.ents = [
            example.predicted.char_span(e.start, e.end, label=e.label) for e in FLAT.entities or ()
        ]
    assert Scorer().score(examples)["ents_f"] == 1.0


def test_nltk_reads_the_columns_strictly(tmp_path: Path) -> None:
    from nltk import Tree
    from nltk.chunk import conlltags2tree

    write_format([FLAT], tmp_path / "x.conll", "conll", layers=("entities",))
    sentences: list[list[tuple[str, str, str]]] = [[]]
    for line in (tmp_path / "x.conll").read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            continue
        if line:
            token, tag = line.split("\t")
            assert token in TEXT
            sentences[-1].append((token, "", tag))
        elif sentences[-1]:
            sentences.append([])
    sentences.pop()
    assert len(sentences) > 1
    trees = [conlltags2tree(sentence, strict=True) for sentence in sentences]
    chunks = [
        (chunk.label(), [word for word, _ in chunk]) for tree in trees for chunk in tree if isinstance(chunk, Tree)
    ]
    assert [label for label, _ in chunks] == [entity.label for entity in FLAT.entities or ()]
    for (_, words), entity in zip(chunks, FLAT.entities or (), strict=True):
        assert "".join(words) == TEXT[entity.start : entity.end].replace(" ", "")
    with pytest.raises(ValueError, match="Bad conll tag sequence"):  # it does judge
        conlltags2tree([("Iraq", "", "I-GPE")], strict=True)


def test_datasets_reads_the_saved_dataset(tmp_path: Path) -> None:
    import datasets

    write_format([GOLD], tmp_path / "ds", "hf")
    [row] = datasets.load_from_disk(str(tmp_path / "ds"))
    assert row["quotes"][0]["content"][1]["start"] == at("“and soon.”")[0]
    assert TEXT[row["claims"][0]["claimer"]["start"] :].startswith("he")
    [read], report = read_predictions(tmp_path / "ds", "hf")
    assert report.lost == 0
    assert (read.entities, read.quotes, read.claims) == (GOLD.entities, GOLD.quotes, GOLD.claims)


def test_an_address_on_the_hub_without_a_split_is_refused_before_anything_is_asked_for() -> None:
    with pytest.raises(AnnotateError, match=r"^hf:news: expected hf:NAME\[:CONFIG\]/SPLIT, such as hf:"):
        read_predictions("hf:news", "hf")


def test_columns_end_a_sentence_behind_a_full_stop_but_not_behind_an_abbreviation(tmp_path: Path) -> None:
    text = "Mr. Kadhimi left. He met Sen. Lee."
    record = GoldRecord(id="a", text=text, entities=[])
    write_format([record], tmp_path / "a.conll", "conll")
    sentences = (tmp_path / "a.conll").read_text("utf-8").partition("= a\n")[2].strip("\n").split("\n\n")
    words = [[line.split("\t")[0] for line in sentence.split("\n")] for sentence in sentences]
    assert [" ".join(sentence) for sentence in words] == ["Mr. Kadhimi left .", "He met Sen. Lee ."]


def test_datasets_with_tag_columns_are_aligned(tmp_path: Path) -> None:
    import datasets

    labels = datasets.ClassLabel(names=["O", "B-PERSON", "I-PERSON"])
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "tokens": datasets.List(datasets.Value("string")),
            "ner_tags": datasets.List(labels),
        }
    )
    row = {"id": "a-1", "tokens": ["Minister", "Mustafa", "al-Kadhimi", "said"], "ner_tags": [0, 1, 2, 0]}
    datasets.Dataset.from_list([row], features=features).save_to_disk(str(tmp_path / "ds"))
    [read], _ = read_predictions(tmp_path / "ds", "hf", texts=[GOLD])
    assert [(e.start, e.end, e.label) for e in read.entities or ()] == [(*at("Mustafa al-Kadhimi"), "PERSON")]


def check_as_brats_server_does(text: str, ann: str) -> dict[str, str]:
    """The checks of brat's server on opening a document, by its own rules; returns the type of each id."""
    types: dict[str, str] = {}
    for line in ann.splitlines():  # as the server iterates: U+2028 and the like end a line too
        key, data, *rest = line.split("\t")
        assert re.fullmatch(r"[TRA]\d+|#\d+", key), line
        assert key not in types, line
        kind = data.split(" ")[0]
        assert re.fullmatch(r"[A-Za-z0-9_-]+", kind), line
        types[key] = kind
        if key.startswith("T"):
            spans = [tuple(map(int, pair.split(" "))) for pair in data.split(" ", 1)[1].split(";")]
            seen: list[tuple[int, ...]] = []
            for start, end in spans:
                assert 0 <= start < end <= len(text)
                assert not any(end >= a and start < b for a, b in seen)
                seen.append((start, end))
            assert rest == [" ".join(text[start:end] for start, end in spans)]
        elif key.startswith("R"):
            _, one, two = data.split(" ")
            assert one.startswith("Arg1:")
            assert two.startswith("Arg2:")
            assert types[one[5:]]
            assert types[two[5:]]
        else:
            assert data.split(" ")[1] in types
    return types


def test_brats_rules_hold(tmp_path: Path) -> None:
    write_format([GOLD], tmp_path / "brat", "brat")
    text = (tmp_path / "brat/a-1.txt").read_text(encoding="utf-8")
    types = check_as_brats_server_does(text, (tmp_path / "brat/a-1.ann").read_text(encoding="utf-8"))
    conf = (tmp_path / "brat/annotation.conf").read_text()
    assert re.findall(r"^\[(\w+)\]$", conf, re.MULTILINE) == ["entities", "relations", "events", "attributes"]
    for kind in types.values():
        assert re.search(rf"^{kind}\b", conf, re.MULTILINE), kind


def test_prodigys_tasks_point_at_their_tokens(tmp_path: Path) -> None:
    write_format([GOLD], tmp_path / "x.jsonl", "prodigy")
    task = json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8"))
    for token in task["tokens"]:
        assert task["text"][token["start"] : token["end"]] == token["text"]
        assert token["ws"] == (task["text"][token["end"] : token["end"] + 1] == " ")
    for span in task["spans"]:
        assert task["tokens"][span["token_start"]]["start"] == span["start"]
        assert task["tokens"][span["token_end"]]["end"] == span["end"]
    for relation in task["relations"]:
        assert relation["head"] == relation["head_span"]["token_end"]
        assert relation["label"] in ("speaker", "cue", "claimer", "continues")


def test_prodigys_own_tasks_are_read_without_our_keys(tmp_path: Path) -> None:
    """As Prodigy's relation view saves them: spans and relations by token, no ids, rejected tasks among them."""
    start, end = at("“We will leave,”")
    who = at("Mustafa al-Kadhimi")
    task = {
        "text": TEXT,
        "spans": [
            {"start": start, "end": end, "token_start": 9, "token_end": 14, "label": "QUOTE"},
            {"start": who[0], "end": who[1], "token_start": 18, "token_end": 21, "label": "SPEAKER"},
            {"start": who[0], "end": who[1], "token_start": 18, "token_end": 21, "label": "PERSON"},
        ],
        "relations": [{"head": 14, "child": 21, "label": "speaker", "head_span": None, "child_span": None}],
        "answer": "accept",
    }
    task["relations"][0]["child_span"] = {"start": who[0], "end": who[1], "label": "SPEAKER"}  # type: ignore[index]
    lines = [json.dumps(task), json.dumps({**task, "answer": "reject", "meta": {"id": "a-2"}})]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    [read], report = read_predictions(tmp_path / "x.jsonl", "prodigy", texts=[GOLD])
    assert read.id == "a-1"
    [quote] = read.quotes or ()
    assert quote.speaker is not None
    assert (quote.type, quote.speaker.start) == ("direct", who[0])
    assert [entity.label for entity in read.entities or ()] == ["PERSON"]
    assert "tasks that were not accepted" in report.losses


CONLL_2003 = """-DOCSTART- -X- -X- O

Ministers NNS B-NP O
of IN B-PP O
the DT B-NP O
European NNP I-NP I-ORG
Union NNP I-NP I-ORG

Iraqi JJ B-NP I-MISC
Prime NNP I-NP O
Minister NNP I-NP O
Mustafa NNP I-NP I-PER
al-Kadhimi NNP I-NP I-PER
said VBD B-VP O
"""


@pytest.mark.parametrize(
    ("name", "content", "labels"),
    [
        ("CoNLL-2003", CONLL_2003, ["ORG", "MISC", "PER"]),
        ("BILOU", "European\tB-ORG\nUnion\tL-ORG\nIraqi\tU-NORP\n", ["ORG", "NORP"]),
        ("BIOES, CRLF", "European B-ORG\r\nUnion E-ORG\r\n\r\nIraqi S-NORP\r\n", ["ORG", "NORP"]),
        ("numbered", "# newdoc id = a-1\n1\tEuropean\tB-ORG\t_\n2\tUnion\tI-ORG\t_\n", ["ORG"]),
        ("word pieces", "Eu\tB-ORG\n##ropean\tI-ORG\nUnion\tI-ORG\n", ["ORG"]),
        ("escapes", "``\tO\nWe\tO\nwill\tO\nleave\tO\n,\tO\n''\tO\nIraqi\tB-NORP\n", ["NORP"]),
    ],
)
def test_columns_of_other_tools_find_their_places(name: str, content: str, labels: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_bytes(content.encode())
    [read], report = read_predictions(tmp_path / "x.conll", "conll", texts=[GOLD])
    assert [entity.label for entity in read.entities or ()] == labels
    expected = {"ORG": "European Union", "NORP": "Iraqi", "MISC": "Iraqi", "PER": "Mustafa al-Kadhimi"}
    for entity in read.entities or ():
        assert TEXT[entity.start : entity.end] == expected[entity.label]
    assert "characters that no token covers" in report.notes
    assert report.lost == 0


def test_one_stream_of_tokens_is_cut_where_the_texts_end(tmp_path: Path) -> None:
    texts = [Article(id="a", text="Biden left. Iraq"), Article(id="b", text="Iraq stayed.")]
    content = "Biden\tB-PERSON\nleft\tO\n.\tO\nIraq\tB-GPE\nIraq\tB-GPE\nstayed\tO\n.\tO\n"
    (tmp_path / "x").write_text(content)
    found, _ = read_predictions(tmp_path / "x", "conll", texts=texts)
    assert [(p.id, [(e.start, e.end) for e in p.entities or ()]) for p in found] == [
        ("a", [(0, 5), (12, 16)]),
        ("b", [(0, 4)]),
    ]


def test_tokens_of_another_article_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("# newdoc id = a-1\nNobody\tO\nhere\tO\nwrote\tO\nthat\tB-GPE\n")
    with pytest.raises(RecordError, match="is it this article"):
        read_predictions(tmp_path / "x", "conll", texts=[GOLD])


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("spacy", b"not a docbin"),
        ("conll", b"a\tX\nb\n"),
        ("prodigy", b'{"spans": []}\n[]\n'),
        ("labelstudio", b'{"a": 1}'),
        ("strings", b'{"id": "a-1"}\nnonsense\n'),
        ("jsonl", b'{"entities": []}\n'),
    ],
)
def test_broken_files_give_one_message(format: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(AnnotateError) as caught:
        read_predictions(tmp_path / "x", format, texts=[GOLD])
    assert str(tmp_path / "x") in str(caught.value)


@pytest.mark.studio
def test_label_studio_imports_the_tasks_and_gives_them_back(studio, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from label_studio_sdk import LabelStudio

    from annotate.artifacts.label_config import to_label_config
    from annotate.schema import load_schema

    prediction = msgspec.structs.replace(GOLD, annotators=[])
    write_format([GOLD, msgspec.structs.replace(prediction, id="a-2")], tmp_path / "tasks.json", "labelstudio")
    client = LabelStudio(base_url=studio.url, api_key=studio.api_key)
    project = client.projects.create(title="format test", label_config=to_label_config(load_schema()))
    try:
        tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
        client.projects.import_tasks(id=project.id, request=tasks, request_options={"max_retries": 0})
        export = client.projects.exports.create(
            id=project.id, title="all", serialization_options={"predictions": {"only_id": False}}
        )
        while client.projects.exports.get(id=project.id, export_pk=export.id).status not in ("completed", "failed"):
            pass
        content = b"".join(client.projects.exports.download(project.id, export.id, export_type="JSON"))
        (tmp_path / "back.json").write_bytes(content)
    finally:
        client.projects.delete(id=project.id)
    read, report = read_predictions(tmp_path / "back.json", "labelstudio")
    assert report.lost == 0
    assert [r.id for r in read] == ["a-1", "a-2"]
    for record in read:
        assert {(e.start, e.end, e.label) for e in record.entities or ()} == {
            (e.start, e.end, e.label) for e in GOLD.entities or ()
        }
        assert [[(f.start, f.end) for f in q.content] for q in record.quotes or ()] == [
            [(f.start, f.end) for f in q.content] for q in GOLD.quotes or ()
        ]
        assert [c.claimer and c.claimer.start for c in record.claims or ()] == [HE.start]
