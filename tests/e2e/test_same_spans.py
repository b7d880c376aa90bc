"""The same spans score the same from every format, through the command line, however the format is spelled."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.jsonl import write_records
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Span
from tests.support.commands import run

WORDS = ["Ana", "Reis", "met", "Acme", "Corp", "in", "Leeds", "😀", "on", "Monday", "over", "tea", "twice", "today"]
LABELS = ("PERSON", "ORG", "GPE", "VERB", "PER")  # the last two are not in the schema: they count as wrong
Found = list[tuple[int, int, str]]


@st.composite
def flat(draw: st.DrawFn) -> Found:
    """Spans of whole words that do not overlap, as [first, last) words with a label."""
    edges = sorted(draw(st.sets(st.integers(0, len(WORDS)), min_size=0, max_size=8)))
    labels = st.sampled_from(LABELS)
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(first, last, draw(labels)) for first, last in pairs]


class Article:
    """A text of all words in an order of its own, and the two sides' spans by word."""

    def __init__(self, number: int, gold: Found, predicted: Found) -> None:
        self.id = f"a-{number}"
        self.words = [*WORDS[number:], *WORDS[:number]]
        self.text = " ".join(self.words)
        self.starts = [sum(len(word) + 1 for word in self.words[:n]) for n in range(len(self.words))]
        self.gold = [span for span in gold if span[2] in LABELS[:3]]
        self.predicted = predicted

    def place(self, first: int, last: int) -> tuple[int, int]:
        """The characters of the words [first, last)."""
        return self.starts[first], self.starts[last - 1] + len(self.words[last - 1])

    def entities(self, spans: Found) -> list[Entity]:
        return [Entity(*self.place(first, last), label) for first, last, label in spans]

    def tags(self) -> list[str]:
        tags = ["O"] * len(self.words)
        for first, last, label in self.predicted:
            tags[first:last] = [f"B-{label}", *[f"I-{label}"] * (last - first - 1)]
        return tags


# ------------------------------------------------------------------------- the same predictions, as others write them


def in_columns(articles: list[Article], row: Callable[[int, str, str], str], *heads: str) -> str:
    lines: list[str] = []
    for article in articles:
        lines += [head.format(article.id) for head in heads]
        lines += [row(n, *pair) for n, pair in enumerate(zip(article.words, article.tags(), strict=True), 1)]
        lines.append("")
    return "\n".join(lines)


def conll(path: Path, articles: list[Article]) -> None:
    path.write_text(in_columns(articles, lambda _, word, tag: f"{word} {tag}", "-DOCSTART- -X- O", ""))


def conllu(path: Path, articles: list[Article]) -> None:
    heads = ("# newdoc id = {}", "# newpar", "# checked by hand")
    path.write_text("\ufeff" + in_columns(articles, lambda n, word, tag: f"{n}\t{word}\t{tag}\t_\r", *heads))


def suffixes(path: Path, articles: list[Article]) -> None:
    def row(_: int, word: str, tag: str) -> str:
        prefix, _, label = tag.partition("-")
        return f"{word}\t{label}-{prefix}" if label else f"{word}\tO"

    path.write_text("token\tpred_tag\n" + in_columns(articles, row, "# newdoc id = {}"))


def brat(path: Path, articles: list[Article], conf: str | None = None) -> None:
    path.mkdir()
    for article in articles:
        lines = []
        for n, entity in enumerate(article.entities(article.predicted), 1):
            words = article.text[entity.start : entity.end]
            lines.append(f"T{n}\t{entity.label} {entity.start} {entity.end}\t{words}\n")
        lines.append("T99\tMeet 0 3\t" + article.text[:3] + "\nE1\tMeet:T99\n#1\tAnnotatorNotes E1\tsure\n")
        (path / f"{article.id}.txt").write_text(article.text)
        (path / f"{article.id}.ann").write_text("".join(lines))
    if conf is not None:
        (path / "annotation.conf").write_text(conf)


def brat_of_old(path: Path, articles: list[Article]) -> None:
    brat(path, articles, "[spans]\r\n!Thing\r\n PERSON|Person\r\n----\r\nORG\r\n[events]\r\nMeet\r\n")


def region(entity: Entity, control: str, kind: str, **more: Any) -> dict[str, Any]:
    value = {"start": entity.start, "end": entity.end, kind: [entity.label], **more}
    return {"id": f"r{entity.start}", "from_name": control, "to_name": "text", "type": kind, "value": value}


def label_studio(path: Path, articles: list[Article]) -> None:
    tasks = [
        {
            "id": n,
            "data": {"article": article.text},
            "annotations": [{"result": [region(e, "label", "labels") for e in article.entities(article.predicted)]}],
        }
        for n, article in enumerate(articles)
    ]
    path.write_text(json.dumps(tasks))


def hypertext(path: Path, articles: list[Article]) -> None:
    tasks = []
    for article in articles:
        result = []
        for entity in article.entities(article.predicted):
            item = region(entity, "ner", "hypertextlabels", globalOffsets={"start": entity.start, "end": entity.end})
            item["value"] |= {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]"}
            result.append(item)
        tasks.append(
            {"data": {"text": f"<p>{article.text}</p>", "doc_id": article.id}, "predictions": [{"result": result}]}
        )
    path.write_text(json.dumps(tasks))


def paragraphs(path: Path, articles: list[Article]) -> None:
    tasks = []
    for article in articles:
        pieces = [{"author": "A", "text": word} for word in article.words]
        result = []
        for first, last, label in article.predicted:
            entity = Entity(*article.place(first, last), label)
            ends = {"startOffset": 0, "endOffset": len(article.words[last - 1])}
            item = region(entity, "ner", "paragraphlabels", **ends)
            item["value"] |= {"start": str(first), "end": str(last - 1)}
            result.append(item)
        tasks.append({"data": {"dialogue": pieces, "doc_id": article.id}, "annotations": [{"result": result}]})
    path.write_text(json.dumps(tasks))


def json_min(path: Path, articles: list[Article]) -> None:
    entries = []
    for n, article in enumerate(articles):
        regions = [region(e, "ner", "labels")["value"] for e in article.entities(article.predicted)]
        entries.append({"id": n, "text": article.text, "ner": regions, "annotator": 1, "annotation_id": n})
    path.write_text(json.dumps(entries))


def prodigy(path: Path, articles: list[Article]) -> None:
    tasks = [
        {
            "text": article.text,
            "spans": [{"start": e.start, "end": e.end, "label": e.label} for e in article.entities(article.predicted)],
        }
        for article in articles
    ]
    path.write_text("\n".join(map(json.dumps, tasks)))


def spacy(path: Path, articles: list[Article]) -> None:
    from spacy.tokens import Doc, DocBin
    from spacy.tokens import Span as Tokens
    from spacy.vocab import Vocab

    docs, vocab = [], Vocab()
    for article in articles:
        doc = Doc(vocab, words=article.words, spaces=[True] * (len(article.words) - 1) + [False])
        doc.set_ents([Tokens(doc, *span) for span in article.predicted])
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)


def hf(path: Path, articles: list[Article]) -> None:
    import datasets

    rows = [{"id": article.id, "tokens": article.words, "ner_tags": article.tags()} for article in articles]
    datasets.Dataset.from_list(rows).save_to_disk(path)


def strings(path: Path, articles: list[Article]) -> None:
    answers = []
    for article in articles:
        pairs = [[article.text[e.start : e.end], e.label] for e in article.entities(article.predicted)]
        answers.append({"id": article.id, "entities": pairs})
    path.write_text("\n".join(map(json.dumps, answers)))


FOREIGN: dict[str, tuple[str, Callable[[Path, list[Article]], None]]] = {
    "columns with blanks": ("conll", conll),
    "CoNLL-U": ("conll", conllu),
    "columns with a first line of names": ("conll", suffixes),
    "brat": ("brat", brat),
    "brat of old": ("brat", brat_of_old),
    "Label Studio's own template": ("labelstudio", label_studio),
    "Label Studio, HTML": ("labelstudio", hypertext),
    "Label Studio, paragraphs": ("labelstudio", paragraphs),
    "Label Studio, JSON-MIN": ("labelstudio", json_min),
    "Prodigy": ("prodigy", prodigy),
    "spaCy": ("spacy", spacy),
    "a dataset of tokens": ("hf", hf),
    "strings": ("strings", strings),
}


def score(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("score", *arguments, "--format", "json", "--trials", 0).stdout)
    return {name: found[name] for name in ("measures", "counts", "label_counts", "confusions")}


@given(spans=st.lists(st.tuples(flat(), flat()), min_size=1, max_size=3).filter(lambda s: any(p for _, p in s)))
@settings(max_examples=5)
def test_the_same_spans_score_the_same_from_files_of_others(spans: list[tuple[Found, Found]]) -> None:
    articles = [Article(n, *sides) for n, sides in enumerate(spans)]
    with tempfile.TemporaryDirectory() as folder:
        gold, ours = Path(folder, "gold.jsonl"), Path(folder, "p.jsonl")
        write_records(gold, [GoldRecord(id=a.id, text=a.text, entities=a.entities(a.gold)) for a in articles])
        write_records(ours, [Prediction(id=a.id, entities=a.entities(a.predicted)) for a in articles])
        expected = score(ours, "--gold", gold)
        for name, (format, write) in FOREIGN.items():
            write(Path(folder, name), articles)
            assert score(Path(folder, name), "--from", format, "--gold", gold) == expected, name


# ------------------------------------------------------------------------------- all layers, as our own export writes

ALL = ("spacy", "conll", "brat", "prodigy", "labelstudio", "hf", "jsonl")


@st.composite
def layers(draw: st.DrawFn, article: Article) -> dict[str, Any]:
    """Entities, quotes and claims of whole words; the links may be missing."""
    n = len(WORDS)
    one = st.tuples(st.integers(0, n - 1), st.integers(1, 4)).map(lambda r: article.place(r[0], min(r[0] + r[1], n)))
    part = st.none() | one.map(lambda r: Span(*r))
    kinds: Any = st.sampled_from(["direct", "indirect", "mixed"])
    quotes = st.builds(lambda kind, r, who, cue: Quote(kind, [Span(*r)], who, cue), kinds, one, part, part)
    claim_kinds = st.sampled_from(["statistic", "event", "rumour"])
    claims = st.builds(lambda r, worthy, kind, who: Claim(*r, worthy, kind, who), one, st.booleans(), claim_kinds, part)
    return {
        "entities": article.entities(draw(flat())),
        "quotes": draw(st.lists(quotes, max_size=2, unique_by=lambda q: (q.content[0].start, q.content[0].end))),
        "claims": draw(st.lists(claims, max_size=2, unique_by=lambda c: (c.start, c.end))),
    }


@given(data=st.data())
@settings(max_examples=5)
def test_all_layers_score_the_same_by_way_of_every_format(data: st.DataObject) -> None:
    articles = [Article(n, [], []) for n in range(2)]
    known = {a.id: data.draw(layers(a)) for a in articles}
    found = {a.id: data.draw(layers(a)) for a in articles}
    for side in known.values():
        side["entities"] = [entity for entity in side["entities"] if entity.label in LABELS[:3]]
        side["claims"] = [claim for claim in side["claims"] if claim.kind != "rumour"]
    with tempfile.TemporaryDirectory() as folder:
        gold, ours = Path(folder, "gold.jsonl"), Path(folder, "p.jsonl")
        write_records(gold, [GoldRecord(id=a.id, text=a.text, annotators=["x"], **known[a.id]) for a in articles])
        write_records(ours, [Prediction(id=a.id, text=a.text, **found[a.id]) for a in articles])
        expected = score(ours, "--gold", gold)
        in_schema = all(entity.label in LABELS[:3] for side in found.values() for entity in side["entities"]) and all(
            claim.kind != "rumour" for side in found.values() for claim in side["claims"]
        )
        for name in ALL:
            result = run("export", ours, "--to", name, "-o", Path(folder, name), code=None)
            if name == "labelstudio" and result.exit_code and not in_schema:
                assert "has label" in result.stderr or "rumour" in result.stderr
                continue  # labels and kinds that a project's interface does not have cannot be shown there
            assert result.exit_code == 0, result.output
            assert score(Path(folder, name), "--from", name, "--gold", gold) == expected, name
