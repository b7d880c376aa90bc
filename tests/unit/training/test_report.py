"""The values of the model card: what its quotes are counted by, and that the command measures and fills the card."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from jinja2 import UndefinedError

from annotate.errors import AnnotateError
from annotate.files import sha256_file
from annotate.preannotate.news.pipeline import MODEL
from annotate.records import GoldRecord, Prediction, Quote
from annotate.score.evaluate import evaluate
from annotate.training.facts import Facts, read_facts, write_facts
from annotate.training.report import FOUND, fill_card, main
from annotate.training.report_measure import NAME_CORPORA, leave_aside
from tests.support.spans import span_of

TEXT = "Ann said that red green blue “black” won. Bob Ray denied it all, he said. “Yes,” Eve said."
span = partial(span_of, TEXT)


def quote(words: str, speaker: str | None = None) -> Quote:
    return Quote("indirect", [span(words)], speaker=span(speaker) if speaker else None)


def score_one(gold: Quote, predicted: Quote) -> dict[str, float | None]:
    report = evaluate([GoldRecord(id="a", text=TEXT, quotes=[gold])], [Prediction(id="a", quotes=[predicted])])
    return {measure: report.value(measure) for measure in FOUND}


@pytest.mark.parametrize(
    ("gold", "predicted", "found", "exact"),
    [
        ("red green blue “", "red green", 1, 0),  # 2 of 4 tokens: half is enough
        ("red green blue", "red", 0, 0),  # 1 of 3
        ("red green blue “black” won", "red green blue", 0, 0),  # 3 of 7: marks are tokens
        ("that red green blue “black”", "red green blue “black", 1, 1),  # "that" and marks at the edges
        ("red green blue “black” won.", "red green blue “black” won", 1, 1),
        ("“Yes,”", "Yes", 0, 0),  # 1 of 4
    ],
)
def test_found_at_half_of_the_tokens_and_exact_without_edges(gold: str, predicted: str, found: int, exact: int) -> None:
    half, core, _ = score_one(quote(gold), quote(predicted)).values()
    assert (half, core) == (found, exact)


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [("Bob Ray", "Ray", 1.0), ("Bob Ray", "Eve", 0.0), ("Bob Ray", None, 0.0), (None, "Eve", None)],
)
def test_a_speaker_is_right_with_one_word_and_asked_only_where_gold_has_one(
    gold: str | None, predicted: str | None, right: float | None
) -> None:
    assert score_one(quote("denied it all", gold), quote("denied it all", predicted))[FOUND[2]] == right


def test_quotes_left_aside_take_what_found_them_with_them() -> None:
    parts = {words: span(words) for words in ("red green", "denied it all", "Yes", "Eve said")}
    quotes = [
        {"type": "indirect", "content": [{"start": part.start, "end": part.end}], "cue_class": kind}
        for part, kind in zip(parts.values(), ("speech", "other", "speech"), strict=False)
    ]
    record = {"id": "a", "text": TEXT, "quotes": quotes}
    found = [Quote("indirect", [parts[words]]) for words in ("red green", "denied it all", "Eve said")]
    everything, reported = (
        evaluate([leave_aside(record, keep)], [Prediction(id="a", quotes=found)]).value("f1:half-overlap:quotes")
        for keep in (lambda quote: True, lambda quote: quote["cue_class"] == "speech")
    )
    assert everything == pytest.approx(2 * 2 / (3 + 3))
    assert reported == pytest.approx(2 * 1 / (2 + 2))


# -- the command, on corpora of a few sentences

STORY = "Angela Merkel met Joe Biden in Paris. “We need more troops,” Merkel told reporters on Monday."


def write_corpus(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def part(words: str) -> dict[str, Any]:
    return {"start": STORY.index(words), "end": STORY.index(words) + len(words), "text": words}


def stories(corpus: str) -> list[dict[str, Any]]:
    """Ten articles; gold marks everything in every other one, so that half of what is found there is right."""
    everything = {
        "entities": [{**part("Angela Merkel"), "label": "PERSON"}, {**part("Paris"), "label": "GPE"}],
        "quotes": [
            {
                "type": "direct",
                "content": [part("“We need more troops,”")],
                "speaker": part("Merkel told") | {"end": STORY.index(" told"), "text": "Merkel"},
                "cue": part("told"),
                "cue_class": "speech",
            }
        ],
        "claims": [
            {**part("Angela Merkel met Joe Biden in Paris"), "kind": "event", "check_worthy": False, "claimer": None}
        ],
        "excluded": [],
    }
    nothing: dict[str, Any] = {"entities": [], "quotes": [], "claims": [], "excluded": []}
    return [
        {"id": f"{corpus}-{n}", "source_corpus": corpus, "text": STORY, **(nothing if n % 2 else everything)}
        for n in range(10)
    ]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("polnear_quotes", "gum_news_quotes", *NAME_CORPORA):
        write_corpus(folder, f"{name}.dev", stories("gum" if name == "gum_names" else name))
    trained = ("polnear_quotes", "polnear_silver_entities", "gum_names", "btc_news_entities", "wnut17_entities")
    for name in (*trained, "crossner_politics_entities", "claims_news"):
        write_corpus(folder, f"{name}.train", stories(name))
    read = stories("re3d")
    for n, record in enumerate(read):
        record["claims"] = [{**claim, "check_worthy": n % 4 == 0} for claim in record["claims"]]
    write_corpus(folder, "claims_news.dev", read)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The bundled weights without card and facts."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in MODEL.iterdir():
        if file.name not in ("MODEL_CARD.md", "training.json"):
            (folder / file.name).symlink_to(file)
    return folder


def test_the_command_measures_and_fills_the_card(
    corpora: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_facts(
        model,
        Facts(seed=7, workers=2, torch="2.0", planned=6, done=1.84, claims_planned=12, claims_done=3.5, minutes=61.2),
    )
    assert main(["--data", str(corpora), "--model", str(model), "--card"]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("| ")]
    # Found with marks and all, but spurious in every other article: 2 x 5 / (5 + 10).
    assert any(row.startswith("| all | 5 | 0.667 (") for row in rows)
    assert any(row.startswith("| direct | 5 | 1.000") for row in rows)
    assert any(row.startswith("| f1:exact:quotes | 0.667 (") for row in rows)
    assert any(row.startswith("| re3d (news and government text) | 5 | 0.") for row in rows)
    card = (model / "MODEL_CARD.md").read_text("utf-8")
    assert [row for row in rows if row not in card] == []
    assert "1.8 of 6 planned passes over the quotes, then 3.5 of 12 over the claims." in card
    assert "made in 61 minutes" in card
    assert sha256_file(model / "network.onnx")[:12] in card


def test_a_missing_corpus_is_named_and_the_card_left_alone(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--model", str(model), "--card"]) == 1
    assert ".dev.jsonl.gz: no such corpus" in capsys.readouterr().err
    assert not (model / "MODEL_CARD.md").exists()


def test_facts_come_back_and_those_of_annotate_train_are_not_taken_for_these(tmp_path: Path) -> None:
    assert read_facts(tmp_path) is None
    facts = Facts(
        seed=7, workers=2, torch="2.0", planned=6, done=1.84, claims_planned=12, claims_done=3.5, minutes=61.2
    )
    write_facts(tmp_path, facts)
    assert read_facts(tmp_path) == facts
    (tmp_path / "training.json").write_text('{"before": {}, "after": {}}')
    assert read_facts(tmp_path) is None
    (tmp_path / "training.json").write_text('{"planned": 6}')
    with pytest.raises(AnnotateError, match=r"training\.json: not the facts"):
        read_facts(tmp_path)


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        fill_card("{{ tables.none }}", {"tables": {}})


def test_the_bundled_card_belongs_to_the_bundled_weights() -> None:
    assert sha256_file(MODEL / "network.onnx")[:12] in (MODEL / "MODEL_CARD.md").read_text("utf-8")
