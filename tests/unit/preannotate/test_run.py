"""From articles to predictions: order, processes, failures, resuming."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from annotate.errors import PreannotatorError, SchemaError
from annotate.ingest.articles import read_articles
from annotate.jsonl import read_records
from annotate.preannotate.prediction_file import preannotate_to_file
from annotate.preannotate.run import preannotate_articles
from annotate.preannotate.worker import Failure, to_prediction
from annotate.records import LAYERS, Article, Claim, Entity, Layers, Prediction, Quote, Span
from annotate.schema import load_schema
from tests.support.commands import run
from tests.support.preannotators import register

TEXTS = [f"Minister Anna Smith said on Monday that {n} troops would leave Iraq." for n in range(40)]
ARTICLES = [Article(id=f"a{n}", text=text, title=f"T{n}") for n, text in enumerate(TEXTS)]


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A preannotator that fails on texts with "13" and marks the first word of the others; lists what it read."""
    seen: list[str] = []

    def find(article: Article) -> Layers:
        seen.append(article.id)
        if "13" in article.text:
            raise ValueError("unlucky")
        score = len(article.text) % 2 / 2
        return Layers(entities=[Entity(0, 8, "PERSON", score=score), Entity(9, 13, "NOT_IN_SCHEMA")], claims=[])

    register(monkeypatch, "fragile", ("entities", "claims"), find)
    return seen


@pytest.fixture
def confident(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preannotator that proposes three items per layer: just below 0.6, at 0.6, and without a score."""
    scores = [(0, 0.59), (9, 0.6), (14, None)]
    found = Layers(
        entities=[Entity(at, at + 4, "PERSON", score=score) for at, score in scores],
        quotes=[Quote("direct", [Span(at, at + 4)], score=score) for at, score in scores],
        claims=[Claim(at, at + 4, True, "event", score=0.1, confidence=score) for at, score in scores],
    )
    register(monkeypatch, "confident", LAYERS, lambda article: found)


def _jsonl(tmp_path: Path, articles: list[Article] = ARTICLES) -> str:
    path = tmp_path / "articles.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(article) for article in articles))
    return str(path)


@pytest.mark.slow
def test_processes_change_neither_order_nor_content() -> None:
    alone = list(preannotate_articles(ARTICLES, preannotator="rules"))
    together = list(preannotate_articles(ARTICLES, preannotator="rules", jobs=2))
    assert [one.id for one in alone] == [one.id for one in ARTICLES]
    assert msgspec.json.encode(together) == msgspec.json.encode(alone)


def test_one_bad_article_stays_alone(fragile: list[str]) -> None:
    failures: list[Failure] = []
    found = list(preannotate_articles(ARTICLES, preannotator="fragile", failures=failures))
    assert [failure.id for failure in failures] == ["a13"]
    assert "unlucky" in failures[0].reason
    assert len(found) == 39
    assert {entity.label for one in found for entity in one.entities or ()} == {"PERSON"}
    with pytest.raises(PreannotatorError, match="a13"):
        list(preannotate_articles(ARTICLES, preannotator="fragile"))


def test_articles_are_read_as_needed() -> None:
    read: list[str] = []

    def endless() -> Iterator[Article]:
        n = 0
        while True:
            read.append(str(n))
            yield Article(id=str(n), text="Rain fell.")
            n += 1

    next(preannotate_articles(endless(), preannotator="rules"))
    assert len(read) < 100


def test_only_wanted_layers_and_scores(fragile: list[str]) -> None:
    (one,) = preannotate_articles(ARTICLES[:1], preannotator="fragile", layers=["entities"], min_score=0.6)
    assert (one.entities, one.claims, one.quotes) == ([], None, None)
    assert one.model == "fragile-1[min-score=0.6]"
    with pytest.raises(PreannotatorError, match="cannot propose quotes"):
        list(preannotate_articles(ARTICLES, preannotator="fragile", layers=["quotes"]))
    with pytest.raises(SchemaError):
        preannotate_articles(ARTICLES, preannotator="fragile", layers=["verses"])  # type: ignore[list-item]


def _score(layers: Layers) -> float | None:
    article = Article(id="a", text="Anna Smith said that rents fell.")
    return to_prediction(article, layers, model="m", schema=load_schema()).score


def test_the_score_of_an_article_is_the_mean_confidence_of_its_items() -> None:
    entities = [Entity(0, 4, "PERSON", score=0.2), Entity(5, 10, "PERSON", score=0.9), Entity(0, 10, "PERSON")]
    quotes = [Quote("indirect", [Span(21, 31)], score=0.5)]
    claims = [Claim(21, 31, True, "event", score=0.99, confidence=0.3), Claim(21, 26, True, "event", score=1.0)]
    assert _score(Layers(entities=entities)) == 0.55, "an entity without a score does not count"
    assert _score(Layers(claims=claims)) == 0.3, "the confidence of a claim, not its check-worthiness"
    assert _score(Layers(entities=entities, quotes=quotes, claims=claims)) == 0.475, "of all layers together"
    assert _score(Layers(entities=[*entities, Entity(5, 10, "ORG", score=0.2)])) == 0.4333, "four decimals"
    assert _score(Layers(entities=entities[2:], quotes=[])) is None


def test_the_least_score_is_kept_and_what_has_none_too(confident: None) -> None:
    (one,) = preannotate_articles(ARTICLES[:1], preannotator="confident", min_score=0.6)
    assert [entity.score for entity in one.entities or ()] == [0.6, None]
    assert [quote.score for quote in one.quotes or ()] == [0.6, None]
    assert [claim.confidence for claim in one.claims or ()] == [0.6, None]


def test_several_preannotators_say_whose_span_it_is(fragile: list[str]) -> None:
    article = Article(id="a", text="Minister Anna Smith met Bob Jones.")
    (one,) = preannotate_articles([article], preannotator=["rules", "fragile"], layers=["entities"])
    assert [(article.text[e.start : e.end], e.preannotator) for e in one.entities or ()] == [
        ("Minister", "fragile"),
        ("Anna Smith", "rules"),
        ("Bob Jones", "rules"),
    ]
    assert one.model == "rules-0.1.0+fragile-1"


def test_side_by_side_keeps_what_collides(fragile: list[str]) -> None:
    article = Article(id="a", text="Anna Smith met Bob Jones.")
    both = ["rules", "fragile"]
    (merged,) = preannotate_articles([article], preannotator=both, layers=["entities"])
    (kept,) = preannotate_articles([article], preannotator=both, layers=["entities"], side_by_side=True)
    assert [(article.text[e.start : e.end], e.preannotator) for e in kept.entities or ()] == [
        ("Anna Smith", "rules"),
        ("Anna Smi", "fragile"),
        ("Bob Jones", "rules"),
    ]
    assert [e.preannotator for e in merged.entities or ()] == ["rules", "rules"]
    assert kept.model == "rules-0.1.0+fragile-1[side-by-side]"


def test_resumes_from_what_is_done(tmp_path: Path, fragile: list[str]) -> None:
    output = tmp_path / "p.jsonl"
    good = [article for article in ARTICLES if article.id != "a13"]
    articles = read_articles([_jsonl(tmp_path, good)])

    def interrupt(done: int, total: int) -> None:
        if len(fragile) > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preannotate_to_file(articles, output, preannotator="fragile", progress=interrupt)
    assert not output.exists()
    before = len(fragile)
    partial = tmp_path / ".p.jsonl.partial"
    partial.write_bytes(partial.read_bytes()[:-20])  # killed in the middle of a line
    outcome = preannotate_to_file(articles, output, preannotator="fragile")
    assert outcome.reused > 0
    assert outcome.predicted + outcome.reused == len(good)
    assert len(fragile) == before + outcome.predicted
    first = output.read_bytes()
    assert [one.id for one in read_records(output, Prediction)] == [one.id for one in good]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles.jsonl", "p.jsonl"]

    again = preannotate_to_file(articles, output, preannotator="fragile")
    assert (again.predicted, again.reused, output.read_bytes()) == (0, len(good), first)
    other = preannotate_to_file(articles, output, preannotator="rules")
    assert (other.predicted, other.reused) == (len(good), 0)

    edited = [msgspec.structs.replace(good[0], text="Other words here."), *good[1:]]
    changed = preannotate_to_file(read_articles([_jsonl(tmp_path, edited)]), output, preannotator="rules")
    assert (changed.predicted, changed.reused) == (1, len(good) - 1)


def test_what_is_kept_is_copied_byte_by_byte(tmp_path: Path, fragile: list[str]) -> None:
    output = tmp_path / "p.jsonl"
    articles = read_articles([_jsonl(tmp_path, ARTICLES[:5])])
    preannotate_to_file(articles, output, preannotator="fragile")
    lines = output.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"text":', b'"note": "mine", "text":  ').replace(b'"score":0.5', b'"score": 0.50')
    lines[3] = lines[3].replace(b'"model":"fragile-1"', b'"model":"fragile-0"')
    output.write_bytes(b"".join(lines))
    fragile.clear()
    outcome = preannotate_to_file(articles, output, preannotator="fragile")
    assert (outcome.predicted, outcome.reused, fragile) == (1, 4, ["a3"])
    after = output.read_bytes().splitlines(keepends=True)
    assert after[:3] + after[4:] == lines[:3] + lines[4:]
    assert msgspec.json.decode(after[3], type=Prediction).model == "fragile-1"


def test_kept_lines_follow_the_articles_of_today(tmp_path: Path, fragile: list[str]) -> None:
    output = tmp_path / "p.jsonl"
    preannotate_to_file(read_articles([_jsonl(tmp_path, ARTICLES[:15])]), output, preannotator="fragile")
    today = [ARTICLES[20], *ARTICLES[14:9:-1], ARTICLES[21], ARTICLES[0]]
    outcome = preannotate_to_file(read_articles([_jsonl(tmp_path, today)]), output, preannotator="fragile")
    assert (outcome.predicted, outcome.reused, [one.id for one in outcome.failures]) == (2, 5, ["a13"])
    ids = [one.id for one in read_records(output, Prediction)]
    assert ids == ["a20", "a14", "a12", "a11", "a10", "a21", "a0"]


def test_command_writes_the_good_and_reports_the_bad(tmp_path: Path, fragile: list[str]) -> None:
    output = tmp_path / "p.jsonl"
    result = run("preannotate", _jsonl(tmp_path), "-o", output, "--preannotator", "fragile", code=1)
    assert "a13" in result.stderr
    assert len(read_records(output, Prediction)) == 39


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--preannotator", "nobody"], 1, "expected one of"),
        (["--preannotator", "rules:x"], 1, "expected rules"),
        (["--layers", "verses"], 1, "expected some of"),
        (["--jobs", "0"], 2, "jobs"),
        (["--schema", "gone.toml"], 1, "gone.toml"),
    ],
)
def test_command_says_what_is_wrong(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    output = tmp_path / "p.jsonl"
    assert words in run("preannotate", _jsonl(tmp_path), "-o", output, *arguments, code=code).stderr
    assert not output.exists()


def test_command_to_standard_output(tmp_path: Path) -> None:
    result = run("preannotate", _jsonl(tmp_path), "-o", "-", "--preannotator", "rules")
    assert len(result.stdout.splitlines()) == len(ARTICLES)
