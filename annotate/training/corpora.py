"""Reads the training corpora into `Document`s: which layers each one has, and how its labels map to ours.

The corpora are described in docs/training.md. All are JSON Lines with one article per line, gzipped.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError
from annotate.files import sha256_text
from annotate.gold.load import load_gold
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.records import GoldRecord
from annotate.text.tokens import WORD
from annotate.training.examples import Document, to_answers
from annotate.training.gazetteers import Gazetteers

ALL = frozenset(ENTITY_LABELS)
PLACES = frozenset({"GPE", "LOC", "FAC"})
#: What CoreNLP's and CrossNER's MISC may be: nationalities, events, works, laws, products, languages.
MISCELLANEOUS = frozenset({"NORP", "EVENT", "WORK_OF_ART", "PRODUCT", "LAW", "LANGUAGE"})
RARE = frozenset({"FAC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE", "NORP"})

ANNOTATED: dict[str, frozenset[str]] = {
    "gum": ALL,
    "btc": frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC"}),
    "wnut17": frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "PRODUCT", "WORK_OF_ART"}),
    "crossner_politics": frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "EVENT"}),
    "uner_pud": frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC"}),
    "polnear": ALL - {"QUANTITY"},
}

#: Articles of these corpora that were read for claims once more, without their texts.
CLAIMS_RELEASE = "news-claims/0.3.0"
#: Where the texts of both are; the first has quotes, the others names.
TEXTS_OF_CLAIMS = (
    "polnear_quotes.train.jsonl.gz", "gum_names.train.jsonl.gz", "uner_pud_entities.dev.jsonl.gz",
    "crossner_politics_entities.train.jsonl.gz",
)  # fmt: skip

_UNIT = re.compile(
    r"[ -](?:square |cubic |metric )?(?:miles?|kilomet(?:er|re)s?|km|met(?:er|re)s?|feet|foot|ft|inch(?:es)?|yards?"
    r"|acres?|hectares?|tons?|tonnes?|pounds?|lbs?|kilos?|kilograms?|kg|ounces?|gallons?|barrels?|lit(?:er|re)s?|degrees?|mph|watts?|megawatts?)\b"
)


def read_corpus(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one gzipped JSON Lines file."""
    if not path.exists():
        raise AnnotateError(f"{path}: no such corpus; give the folder that holds all of them as --data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_gold_names(path: Path, gazetteers: Gazetteers) -> Iterator[Document]:
    """The documents of a corpus of names; quotes are unknown in them."""
    for record in read_corpus(path):
        corpus = record["source_corpus"]
        entities = []
        unknown = [(region["start"], region["end"], ALL) for region in record.get("ignore", ())]
        for entity in record["entities"]:
            labels = _labels_of(entity, gazetteers)
            if labels is None:
                unknown.append((entity["start"], entity["end"], MISCELLANEOUS))
            else:
                entities.append((entity["start"], entity["end"], labels))
        yield Document(record["text"], None, entities, ANNOTATED[corpus], unknown)


def _labels_of(entity: dict[str, Any], gazetteers: Gazetteers) -> frozenset[str] | None:
    """The labels that the entity may have here; None where even that is unknown."""
    label, text = entity["label"], entity["text"]
    if label == "MISC":
        return frozenset({"NORP"}) if gazetteers.is_norp(text) else None
    if label == "LOC" and entity.get("orig_label", "LOC") != "place":
        if gazetteers.is_polity(text):
            return frozenset({"GPE"})
        labels = PLACES
    else:
        labels = frozenset({label})
    return labels | frozenset(entity.get("alt_labels") or ()) & ALL


def read_polnear(data: Path, split: str, gazetteers: Gazetteers) -> list[Document]:
    """PolNeAR's articles: attributions by annotators, names and syntax by CoreNLP, the names repaired where we can."""
    names = {record["id"]: record for record in read_corpus(data / f"polnear_silver_entities.{split}.jsonl.gz")}
    syntax = {record["id"]: record for record in read_corpus(data / f"polnear_syntax.{split}.jsonl.gz")}
    documents = []
    for record in read_corpus(data / f"polnear_quotes.{split}.jsonl.gz"):
        text = record["text"]
        document = Document(text, [_quote_of(text, quote) for quote in record["quotes"]])
        document.unknown_quotes = [(region["start"], region["end"]) for region in record.get("excluded", ())]
        if record["id"] in names:
            document.annotated = ANNOTATED["polnear"]
            _add_silver_names(document, names[record["id"]]["entities"], gazetteers)
        if record["id"] in syntax:
            document.syntax = _syntax_of(syntax[record["id"]])
        documents.append(document)
    return documents


def read_claim_articles(data: Path, gazetteers: Gazetteers) -> list[Document]:
    """The articles that were read for claims, with the names that they have elsewhere, which can be replaced.

    They are those of the corpus `claims_news` and of the train split of our stand-off release, whose texts are in the
    corpora.

    Raises:
        AnnotateError: a corpus is missing, or does not hold an article of the release.
    """
    claims = {record.id: record.claims or () for record in _read_records(data / "claims_news.train.jsonl.gz")}
    released = {record.id: record for record in load_gold(CLAIMS_RELEASE) if record.split == "train"}
    claims |= {id_: record.claims or () for id_, record in released.items()}
    documents = []
    for file in TEXTS_OF_CLAIMS:
        for id_, document in _read_texts(data / file, gazetteers):
            known = released.pop(id_, None)
            if known and known.text_sha256 != sha256_text(document.text):
                raise AnnotateError(f"{data / file}: {id_} has another text than in {CLAIMS_RELEASE}")
            if id_ in claims:
                documents.append(replace(document, quotes=None, syntax=None, claims=to_answers(claims[id_])))
    if released:
        raise AnnotateError(f"{data}: no text of {', '.join(sorted(released)[:5])}, which {CLAIMS_RELEASE} was read in")
    return documents


def read_other_articles(data: Path, gazetteers: Gazetteers) -> list[Document]:
    """The articles of the same corpora that nobody read for claims, of their splits `train`.

    Raises:
        AnnotateError: a corpus is missing.
    """
    read = {document.text for document in read_claim_articles(data, gazetteers)}
    files = [file for file in TEXTS_OF_CLAIMS if ".train." in file]
    return [
        document for file in files for _, document in _read_texts(data / file, gazetteers) if document.text not in read
    ]


def _read_texts(file: Path, gazetteers: Gazetteers) -> Iterator[tuple[str, Document]]:
    """The articles of one of `TEXTS_OF_CLAIMS`, with their ids."""
    if file.name.startswith("polnear"):
        documents = read_polnear(file.parent, "train", gazetteers)
    else:
        documents = list(read_gold_names(file, gazetteers))
    return zip((record["id"] for record in read_corpus(file)), documents, strict=True)


def _read_records(path: Path) -> list[GoldRecord]:
    return [msgspec.convert(record, GoldRecord) for record in read_corpus(path)]


def _quote_of(text: str, quote: dict[str, Any]) -> dict[str, Any]:
    content = [(part["start"], part["end"]) for part in quote["content"]]
    if quote["type"] == "indirect":
        # The guidelines leave "that" and closing punctuation out; the corpus keeps them in one case of seven.
        start, end = content[0]
        match = re.match(r"that\s+", text[start:end])
        content[0] = (start + (match.end() if match else 0), end)
        start, end = content[-1]
        content[-1] = (start, start + len(text[start:end].rstrip(" ,.;:")))
    return {
        "content": content,
        "speaker": (quote["speaker"]["start"], quote["speaker"]["end"]) if quote["speaker"] else None,
        "cue": (quote["cue"]["start"], quote["cue"]["end"]) if quote["cue"] else None,
    }


def _add_silver_names(document: Document, entities: list[dict[str, Any]], gazetteers: Gazetteers) -> None:
    text = document.text
    head_end = text.find("\n") if "\n" in text else 0
    document.entities = []
    seen: dict[str, frozenset[str]] = {}
    for entity in entities:
        start, end = entity["start"], entity["end"]
        if end <= head_end:
            continue
        labels = _labels_of(entity, gazetteers)
        unit = _UNIT.match(text, end)
        if labels is None or (entity["label"] == "CARDINAL" and unit):
            doubtful = MISCELLANEOUS if labels is None else frozenset({"CARDINAL", "QUANTITY"})
            document.unknown_entities.append((start, unit.end() if unit else end, doubtful))
            continue
        document.entities.append((start, end, labels))
        if entity["label"] in ("PERSON", "ORG", "LOC"):
            seen.setdefault(text[start:end], labels)
            if entity["label"] == "PERSON":
                seen.setdefault(text[start:end].split()[-1], labels)
    _add_headline_names(document, head_end, seen)
    # A capitalised word outside every span may be one of the labels that CoreNLP does not have.
    covered = sorted((start, end) for start, end, _ in document.entities)
    document.unknown_entities.extend(_uncovered_capitals(text, head_end, covered))


def _add_headline_names(document: Document, head_end: int, seen: dict[str, frozenset[str]]) -> None:
    """Names of the body are names in the headline; its other capitals are unknown, CoreNLP errs on them."""
    assert document.entities is not None
    headline = document.text[:head_end]
    taken: list[tuple[int, int]] = []
    for name in sorted(seen, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", headline):
            if all(match.end() <= start or match.start() >= end for start, end in taken):
                taken.append(match.span())
                document.entities.append((*match.span(), seen[name]))
    for match in WORD.finditer(headline):
        if not match.group().islower() and all(match.end() <= start or match.start() >= end for start, end in taken):
            document.unknown_entities.append((*match.span(), ALL))


def _uncovered_capitals(
    text: str, head_end: int, covered: list[tuple[int, int]]
) -> Iterator[tuple[int, int, frozenset[str]]]:
    at = 0
    for match in re.finditer(r"(?<=[a-z,] )[A-Z]\w+(?: [A-Z]\w+)*", text[head_end:]):
        start, end = match.start() + head_end, match.end() + head_end
        while at < len(covered) and covered[at][1] <= start:
            at += 1
        if at == len(covered) or covered[at][0] >= end:
            yield start, end, RARE


_TAGS = {
    "NN": "noun", "NNS": "noun", "NNP": "name", "NNPS": "name", "PRP": "pronoun", "EX": "pronoun", "VBD": "past",
    "VBZ": "present", "VBP": "present", "VB": "base", "MD": "modal", "VBG": "gerund", "VBN": "participle",
    "JJ": "adjective", "JJR": "adjective", "JJS": "adjective", "RB": "adverb", "RBR": "adverb", "RBS": "adverb",
    "IN": "preposition", "DT": "determiner", "PDT": "determiner", "PRP$": "determiner", "CC": "conjunction",
    "WDT": "wh", "WP": "wh", "WP$": "wh", "WRB": "wh", "CD": "number", "TO": "to",
}  # fmt: skip

_CONTRASTS = frozenset({"while", "although", "though", "whereas", "but", "because", "since"})


def _syntax_of(record: dict[str, Any]) -> dict[int, tuple[str, int]]:
    heads, deps, lemmas, starts = record["head"], record["dep"], record["lemma"], record["start"]
    cuts = [0] * len(starts)
    for first, last in record["sents"]:
        children: dict[int, list[int]] = {}
        for at in range(first, last):
            children.setdefault(heads[at], []).append(at)
        for at in range(first, last):
            if deps[at] in ("conj", "parataxis", "ccomp", "advcl"):
                _mark_clause(at, children, deps, lemmas, cuts)
        if first < last:
            cuts[first] = 1
    return {start: (_TAGS.get(tag, "other"), cut) for start, tag, cut in zip(starts, record["tag"], cuts, strict=True)}


def _mark_clause(at: int, children: dict[int, list[int]], deps: list[str], lemmas: list[str], cuts: list[int]) -> None:
    mine = children.get(at, [])
    if not any(deps[child] in ("nsubj", "nsubjpass", "expl", "csubj") for child in mine):
        return
    marks = [lemmas[child].lower() for child in mine if deps[child] == "mark"]
    if deps[at] == "advcl" and not _CONTRASTS.intersection(marks):
        return
    skip = {child for child in mine if deps[child] in ("mark", "cc", "punct")}
    words = {at}
    todo = [child for child in mine if child not in skip]
    while todo:
        word = todo.pop()
        if word not in words:
            words.add(word)
            todo.extend(children.get(word, ()))
    start = min(words)
    if not cuts[start]:
        cuts[start] = 2
