"""The command's function: which articles of a pool are copies, what becomes of drafts, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from annotate.copies.transfer import Transfer, describe_transfer, transfer
from annotate.errors import AnnotateError, RecordError
from annotate.gold.load import load_gold
from annotate.jsonl import read_records, write_records
from annotate.printing import to_text
from annotate.records import Annotation, Article, Entity, GoldRecord, Layers, Prediction, Quote, Span
from tests.support.preannotators import register
from tests.support.spans import range_of

TEXT = (
    "Mayor Ann Lee said on Monday that the bridge over the river would close for a week in May. "
    "“We waited too long,” she told the council in Oslo, which paid for the last repair ten years ago."
)
GOLD = [
    GoldRecord(
        id="wire",
        text=TEXT,
        entities=[Entity(*range_of(TEXT, "Ann Lee"), "PERSON"), Entity(*range_of(TEXT, "Oslo"), "GPE")],
        quotes=[Quote("direct", [Span(*range_of(TEXT, "“We waited too long,”"))], Span(*range_of(TEXT, "she")))],
    ),
    GoldRecord(id="other", text="A quite different report of the weather in the north of the country.", entities=[]),
]
COPY = "(AP) " + TEXT.replace("in May", "in June")
POOL = [
    Article(id="paper", text=COPY, meta={"desk": "city"}),
    Article(id="wire", text=TEXT),
    Article(id="alone", text="Nothing in this short report was ever said by any other paper."),
    Article(id="tail", text=TEXT.partition(". ")[2]),
]


def write_pool(folder: Path, articles: Iterable[Article] = POOL) -> list[str]:
    write_records(folder / "pool.jsonl", articles)
    return [str(folder / "pool.jsonl")]


def read(path: Path) -> dict[str, Prediction]:
    return {record.id: record for record in read_records(path, Prediction)}


def test_copies_get_the_items_and_say_where_they_are_from(tmp_path: Path) -> None:
    output = tmp_path / "p.jsonl"
    report = transfer(GOLD, write_pool(tmp_path), output, draft="none")
    assert (report.pool, report.already, report.alone) == (4, 1, 1)
    found = read(output)
    assert list(found) == ["paper", "tail"]
    paper = found["paper"]
    assert [COPY[one.start : one.end] for one in paper.entities or ()] == ["Ann Lee", "Oslo"]
    assert {one.preannotator for one in paper.entities or ()} == {"transfer"}
    assert (paper.quotes or [])[0].speaker is not None
    assert paper.claims is None
    assert paper.model == "transfer"
    assert paper.meta["desk"] == "city"
    noted = paper.meta["transfer"]
    assert (noted["source"], noted["carried"], noted["dropped"]) == ("wire", {"entities": 2, "quotes": 1}, {})
    assert 0.9 < noted["aligned"] < 1
    assert [one.label for one in found["tail"].entities or ()] == ["GPE"]
    assert found["tail"].meta["transfer"]["dropped"] == {"words": 1}


def test_the_same_input_gives_the_same_bytes_and_again_changes_nothing(tmp_path: Path) -> None:
    pool = write_pool(tmp_path)
    transfer(GOLD, pool, tmp_path / "a.jsonl", draft="rules")
    before = (tmp_path / "a.jsonl").read_bytes()
    transfer(GOLD, pool, tmp_path / "a.jsonl", draft="rules")
    assert (tmp_path / "a.jsonl").read_bytes() == before


def make_draft(folder: Path, model: str = "mine-1") -> Path:
    drafts = {
        "paper": [
            Entity(*range_of(COPY, "Mayor Ann Lee"), "PERSON"),  # meets a carried one
            Entity(*range_of(COPY, "Oslo"), "GPE"),  # is the same as a carried one
            Entity(*range_of(COPY, "Monday"), "DATE"),  # annotators saw the word and left it
            Entity(*range_of(COPY, "June"), "DATE"),  # is new
            Entity(*range_of(COPY, "AP"), "ORG"),
        ],
        "alone": [Entity(0, 7, "ORG")],
    }
    predictions = [
        Prediction(id=one.id, text=one.text, entities=drafts.get(one.id, []), claims=[], model=model) for one in POOL
    ]
    write_records(folder / "draft.jsonl", predictions)
    return folder / "draft.jsonl"


def test_a_draft_gives_way_to_what_is_carried_and_to_what_annotators_left(tmp_path: Path) -> None:
    output = tmp_path / "p.jsonl"
    report = transfer(GOLD, write_pool(tmp_path), output, draft=make_draft(tmp_path))
    one = report.copies[0]
    assert (one.draft, one.met, one.seen) == (2, 1, 1)
    paper = read(output)["paper"]
    assert [(COPY[e.start : e.end], e.preannotator) for e in paper.entities or ()] == [
        ("AP", "mine-1"),
        ("Ann Lee", "transfer"),
        ("June", "mine-1"),
        ("Oslo", "transfer+mine-1"),
    ]
    assert paper.claims == []
    assert paper.model == report.model == "transfer+mine-1"


def test_all_also_writes_the_articles_without_a_copy_with_one_model(tmp_path: Path) -> None:
    output = tmp_path / "p.jsonl"
    transfer(GOLD, write_pool(tmp_path), output, draft=make_draft(tmp_path), all=True)
    found = read(output)
    assert list(found) == ["paper", "alone", "tail"]
    assert {record.model for record in found.values()} == {"transfer+mine-1"}
    assert [one.label for one in found["alone"].entities or ()] == ["ORG"]
    assert found["alone"].meta == {}


def test_layers_that_are_not_wanted_stay_out(tmp_path: Path) -> None:
    output = tmp_path / "p.jsonl"
    transfer(GOLD, write_pool(tmp_path), output, draft=make_draft(tmp_path), layers=["quotes"])
    paper = read(output)["paper"]
    assert (paper.entities, paper.claims, len(paper.quotes or ())) == (None, None, 1)


def test_the_pre_annotator_drafts_and_its_failures_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(article: Article) -> Layers:
        if article.id == "paper":
            raise ValueError("no")
        return Layers(entities=[Entity(0, 4, "ORG")])

    register(monkeypatch, "fragile", ("entities",), find)
    output = tmp_path / "p.jsonl"
    report = transfer(GOLD, write_pool(tmp_path), output, draft="fragile", all=True)
    assert [failure.id for failure in report.failures] == ["paper"]
    found = read(output)
    assert [one.preannotator for one in found["paper"].entities or ()] == ["transfer", "transfer"]
    assert [one.preannotator for one in found["alone"].entities or ()] == ["fragile-1"]
    assert "failed on 1 article" in to_text(describe_transfer(report))


def annotation(annotator: str, entities: list[Entity], id: str = "wire") -> Annotation:
    return Annotation(id=id, text=TEXT, annotator=annotator, entities=entities)


def test_annotations_are_decided_first_and_disputes_carry_nothing(tmp_path: Path) -> None:
    person, place = GOLD[0].entities or []
    path = tmp_path / "a.jsonl"
    write_records(path, [annotation(name, [person, place]) for name in ("ann", "bob", "cyd")])
    output = tmp_path / "p.jsonl"
    transfer(str(path), write_pool(tmp_path), output, draft="none")
    assert len(read(output)["paper"].entities or ()) == 2
    write_records(path, [annotation("ann", [person]), annotation("bob", [place])])
    report = transfer(str(path), write_pool(tmp_path), output, draft="none")
    assert (report.disputed, report.copies, report.already) == (["wire"], [], 1)
    assert "disagree on: wire" in to_text(describe_transfer(report))


def test_the_closest_annotated_article_is_the_source(tmp_path: Path) -> None:
    older = GoldRecord(id="older", text=TEXT.partition(". ")[2], entities=[])
    report = transfer([older, *GOLD], write_pool(tmp_path), None, draft="none")
    assert [(one.id, one.source) for one in report.copies] == [("paper", "wire"), ("tail", "older")]


def test_a_release_is_read_with_its_own_schema(tmp_path: Path) -> None:
    seed = load_gold("news/0.1.0")[0]
    pool = write_pool(tmp_path, [Article(id="copy", text=f"(Reuters) {seed.text}")])
    output = tmp_path / "p.jsonl"
    report = transfer("news/0.1.0", pool, output, draft="none")
    [found] = read(output).values()
    assert report.copies[0].source == seed.id
    assert found.schema is not None
    assert found.claims


def test_the_report_fits_a_terminal_and_shows_nothing_raw(tmp_path: Path) -> None:
    pool = [Article(id=f"paper {n} [bold]{'x' * 40}", text=f"{COPY} {n}") for n in range(30)]
    report = transfer(GOLD, write_pool(tmp_path, pool), None, draft="rules")
    text = to_text(describe_transfer(report))
    assert max(map(len, text.splitlines())) <= 80
    assert "[bold]" in text
    assert "and 10 more" in text
    assert len(report.copies) == 30


def test_an_empty_report_reads_well() -> None:
    assert to_text(describe_transfer(Transfer("transfer", 1, [], 2, alone=2))).startswith("2 articles in the pool")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "no annotated article"),
        ([GoldRecord(id="a", entities=[])], "no text; annotate rehydrate"),
        ([GoldRecord(id="a", text="Oslo", entities=[Entity(0, 9, "GPE")])], r"\[0, 9\)"),
        ([GoldRecord(id="a", text="Oslo", entities=[Entity(0, 4, "TOWN")])], "TOWN"),
    ],
)
def test_records_that_cannot_be_carried_are_named(tmp_path: Path, records: list[GoldRecord], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        transfer(records, write_pool(tmp_path), None, draft="none")


def test_predictions_are_no_gold(tmp_path: Path) -> None:
    path = make_draft(tmp_path)
    with pytest.raises(AnnotateError, match="holds predictions; expected gold or annotations"):
        transfer(path, write_pool(tmp_path), None, draft="none")


def test_drafts_that_do_not_fit_are_named(tmp_path: Path) -> None:
    pool = write_pool(tmp_path)
    path = make_draft(tmp_path)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(map(json.dumps, lines[1:])), "utf-8")
    with pytest.raises(RecordError, match="no prediction for 1 article, such as paper"):
        transfer(GOLD, pool, None, draft=path)
    path.write_text("\n".join(json.dumps({**line, "text": "Mayor Ann Lee."}) for line in lines[1:]), "utf-8")
    with pytest.raises(RecordError):
        transfer(GOLD, pool, None, draft=path)
    other = [{**line, "text": f"{line['text']} More."} for line in lines]
    path.write_text("\n".join(map(json.dumps, other)), "utf-8")
    with pytest.raises(RecordError, match="paper: is of another text"):
        transfer(GOLD, pool, None, draft=path)
    bare = [{key: value for key, value in line.items() if key != "text"} for line in json.loads(json.dumps(lines))]
    bare[0]["entities"][0]["end"] = 9999
    path.write_text("\n".join(map(json.dumps, bare)), "utf-8")
    with pytest.raises(RecordError, match="9999"):
        transfer(GOLD, pool, None, draft=path)
    for number, line in enumerate(lines):
        line["model"] = f"m{number}"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with pytest.raises(RecordError, match="of 2 models"):
        transfer(GOLD, pool, None, draft=path)
    with pytest.raises(AnnotateError, match=r"gone\.jsonl"):
        transfer(GOLD, pool, None, draft="gone.jsonl")
    with pytest.raises(AnnotateError, match="no preannotator 'nobody'"):
        transfer(GOLD, pool, None, draft="nobody")
