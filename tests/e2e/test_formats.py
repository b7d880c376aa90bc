"""A system's predictions score the same whatever format they are handed in as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.jsonl import write_records
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Span
from tests.support.commands import run
from tests.support.spans import range_of

FORMATS = ("spacy", "conll", "brat", "prodigy", "labelstudio", "hf", "jsonl")
SCORES_LOST = ("conll", "brat")


def made_text(n: int) -> str:
    return (
        f"Teachers of school {n} met in the old hall. 😀 “We want {n + 3} more rooms,” Ana O’Neill of Oslo said,\n"
        f"“and soon.” The mayor’s office says that {n + 20} rooms stand empty. Norway paid $2.5bn in 200{n}."
    )


def at(n: int, string: str) -> tuple[int, int]:
    return range_of(made_text(n), string)


def layers(n: int) -> dict[str, Any]:
    return {
        "entities": [
            Entity(*at(n, "Ana O’Neill"), "PERSON"),
            Entity(*at(n, "Oslo"), "GPE"),
            Entity(*at(n, "Norway"), "GPE"),
            Entity(*at(n, "$2.5bn"), "MONEY"),
            Entity(*at(n, f"200{n}"), "DATE"),
        ],
        "quotes": [
            Quote(
                "direct",
                [Span(*at(n, f"“We want {n + 3} more rooms,”")), Span(*at(n, "“and soon.”"))],
                Span(*at(n, "Ana O’Neill of Oslo")),
                Span(*at(n, "said")),
            ),
            Quote("indirect", [Span(*at(n, f"{n + 20} rooms stand empty"))], Span(*at(n, "The mayor’s office"))),
        ],
        "claims": [
            Claim(*at(n, f"{n + 20} rooms stand empty"), True, "statistic", Span(*at(n, "The mayor’s office"))),
            Claim(*at(n, f"Norway paid $2.5bn in 200{n}"), False, "event"),
        ],
    }


def predicted(n: int) -> Prediction:
    """Wrong in every way that a score can tell: missing, spurious, boundary, label, type, speaker, worth."""
    found = layers(n)
    found["entities"][1] = Entity(*at(n, "Oslo"), "ORG")
    found["entities"][3] = Entity(*at(n, "$2.5"), "MONEY", score=0.5)
    found["entities"].append(Entity(*at(n, "old hall"), "FAC"))
    if n % 2:
        found["quotes"][1] = Quote("mixed", [Span(*at(n, "rooms stand empty"))], Span(*at(n, "mayor")))
        found["claims"].pop()
    found["claims"][0] = Claim(*at(n, "rooms stand empty"), bool(n % 3), "event", score=0.1 * n)
    return Prediction(id=f"school-{n}", text=made_text(n), model="made-1", **found)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    gold = [GoldRecord(id=f"school-{n}", text=made_text(n), annotators=["ada"], **layers(n)) for n in range(6)]
    write_records(folder / "gold.jsonl", gold)
    write_records(folder / "p.jsonl", [predicted(n) for n in range(6)])
    return folder


def score(file: Path, files: Path, *options: str) -> dict[str, Any]:
    found = run("score", file, "--gold", files / "gold.jsonl", "--format", "json", "--trials", "0", *options).stdout
    measures: dict[str, Any] = json.loads(found)["measures"]
    return measures


@pytest.mark.parametrize("name", FORMATS)
def test_every_measure_is_the_same_by_way_of_another_format(name: str, files: Path, tmp_path: Path) -> None:
    run("export", files / "p.jsonl", "--to", name, "-o", tmp_path / "out")
    direct, by_way = score(files / "p.jsonl", files), score(tmp_path / "out", files, "--from", name)
    if name in SCORES_LOST:  # as the export's report says; claims are ranked by their scores
        direct.pop("ap:check-worthy:claims")
        by_way.pop("ap:check-worthy:claims")
    assert by_way == direct
    assert 0 < direct["f1:strict:entities"]["value"] < 1
    assert 0 < direct["f1:exact:quotes"]["value"] < 1


@pytest.mark.parametrize("name", FORMATS)
def test_other_labels_score_the_same_by_way_of_another_format(name: str, files: Path, tmp_path: Path) -> None:
    """Predictions that were written with CoNLL's labels, against gold with its own, under the map."""
    run("export", files / "p.jsonl", "--to", name, "-o", tmp_path / "out", "--map", "conll")
    chosen = ("--map", "conll", "--layers", "entities")
    direct, by_way = score(files / "p.jsonl", files, *chosen), score(tmp_path / "out", files, "--from", name, *chosen)
    assert by_way == direct
    assert 0 < direct["f1:strict:entities"]["value"] < 1


def test_strings_score_as_offsets_do(files: Path, tmp_path: Path) -> None:
    """As a language model would answer: no offsets, plain quotation marks, one word changed, one invented."""
    answers = []
    for n in range(6):
        text = made_text(n)
        prediction = predicted(n)
        entities = [{"text": text[e.start : e.end], "label": e.label} for e in prediction.entities or ()]
        entities.append({"text": "Nowhere Town", "label": "GPE"})
        quotes = [
            {
                "type": q.type,
                "content": [text[f.start : f.end].replace("“", '"').replace("”", '"') for f in q.content],
                "speaker": text[q.speaker.start : q.speaker.end].replace("’", "'") if q.speaker else None,
                "cue": text[q.cue.start : q.cue.end] if q.cue else None,
            }
            for q in prediction.quotes or ()
        ]
        answers.append({"id": prediction.id, "entities": entities, "quotes": quotes})
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    direct = score(files / "p.jsonl", files, "--layers", "entities,quotes")
    chosen = ("--layers", "entities,quotes")
    assert score(tmp_path / "answers.jsonl", files, "--from", "strings:found", *chosen) == direct
    with_invented = score(tmp_path / "answers.jsonl", files, "--from", "strings", *chosen)
    for name in ("precision:strict:entities", "recall:strict:entities"):
        drop = 6 if name.startswith("precision") else 0
        assert with_invented[name]["n_pred"] == direct[name]["n_pred"] + 6
        assert with_invented[name]["value"] == pytest.approx(
            direct[name]["value"] * direct[name]["n_pred"] / (direct[name]["n_pred"] + drop)
        )


def test_the_report_of_losses_goes_to_stderr(files: Path, tmp_path: Path) -> None:
    result = run("export", files / "p.jsonl", "--to", "conll", "-o", tmp_path / "x", "--alignment", "expand")
    assert result.stdout == ""
    assert "conll: 6 articles written; 36 entities, 12 quotes, 9 claims" in result.stderr
    assert "not held: score of spans: " in result.stderr
    assert "not held: model of articles: 6" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--to", "xml", "-o", "x"], 1, "--to 'xml': expected one of brat, conll"),
        (["--to", "conll", "-o", "x", "--alignment", "maybe"], 2, "'split', 'expand', 'contract', 'drop'"),
    ],
)
def test_wrong_choices_are_one_message(options: list[str], code: int, message: str, files: Path) -> None:
    assert message in run("export", files / "p.jsonl", *options, code=code).stderr
