"""The figures of the model card: its definition of a quote found, and that the command measures and fills the card."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from jinja2 import UndefinedError

from annotate.errors import AnnotateError
from annotate.files import sha256_file
from annotate.preannotate.news.pipeline import MODEL
from annotate.records import Quote, Region, Span
from annotate.training.facts import Cycle, Facts, read_facts, write_facts
from annotate.training.report import fill_card, main
from annotate.training.report_measure import NAME_CORPORA
from annotate.training.report_quotes import MatchedArticle, Outcome, match_quotes, score_matched

TEXT = "Ann said that red green blue “black” won. Bob Ray denied it all, he said. “Yes,” Eve said."


def span(words: str) -> Span:
    return Span(TEXT.index(words), TEXT.index(words) + len(words))


def quote(words: str, speaker: str | None = None) -> Quote:
    return Quote("indirect", [span(words)], speaker=span(speaker) if speaker else None)


@pytest.mark.parametrize(
    ("gold", "predicted", "found", "exact"),
    [
        ("red green blue “", "red green", True, False),  # 2 of 4 tokens: half is enough
        ("red green blue", "red", False, False),  # 1 of 3
        ("that red green blue “black”", "red green blue “black", True, True),  # "that" and marks at the edges
        ("red green blue “black” won.", "red green blue “black” won", True, True),
        ("red green blue “black” won", "red green blue", False, False),  # 3 of 7: marks are tokens
        ("“Yes,”", "Yes", True, True),  # 1 of 4 tokens, and yet the same content
    ],
)
def test_found_at_half_of_the_tokens_and_exact_without_edges(
    gold: str, predicted: str, found: bool, exact: bool
) -> None:
    matched = match_quotes(TEXT, [quote(gold)], [quote(predicted)])
    assert (matched.outcomes[0].found, matched.outcomes[0].exact) == (found, exact)
    assert matched.spurious == (not found)


def test_each_prediction_stands_for_one_quote_in_any_order() -> None:
    gold = [quote("red green"), quote("red green blue")]
    predicted = [quote("red green blue"), quote("red green"), quote("red green")]
    for order in (predicted, predicted[::-1]):
        matched = match_quotes(TEXT, gold, order)
        assert [outcome.exact for outcome in matched.outcomes] == [True, True]
        assert matched.spurious == 1


def test_a_speaker_is_right_with_one_word_and_asked_only_where_gold_has_one() -> None:
    content = "denied it all"
    for gold, predicted, right in (("Bob Ray", "Ray", True), ("Bob Ray", "Eve", False), ("Bob Ray", None, False)):
        assert (
            match_quotes(TEXT, [quote(content, gold)], [quote(content, predicted)]).outcomes[0].speaker_right is right
        )
    assert match_quotes(TEXT, [quote(content)], [quote(content, "Eve")]).outcomes[0].speaker_right is None


def test_predictions_in_excluded_regions_do_not_count() -> None:
    region = Region(span("Yes").start, span("Yes").end)
    assert match_quotes(TEXT, [], [quote("“Yes,”"), quote("red")], [region]) == MatchedArticle([], 1)


def test_quotes_left_aside_take_what_found_them_with_them() -> None:
    article = MatchedArticle([Outcome(True, True, True), Outcome(True, False, False), Outcome(False)], spurious=1)
    everything = score_matched([article])
    assert everything["f1:found"].value == pytest.approx(2 * 2 / (3 + 3))
    assert everything["f1:exact"].value == pytest.approx(2 * 1 / (3 + 3))
    assert everything["speaker"].value == 0.5
    kept = score_matched([article], [[True, False, True]])
    assert kept["f1:found"].value == pytest.approx(2 * 1 / (2 + 2))
    assert kept["recall:found"].value == 0.5
    assert kept["speaker"].value == 1.0
    assert kept["recall:found"].low is None  # one article says nothing about others


def test_intervals_are_over_articles() -> None:
    good, bad = MatchedArticle([Outcome(True, True)] * 9, 0), MatchedArticle([Outcome(False)], 1)
    found = score_matched([good, bad] * 10)["recall:found"]
    assert found.value == 0.9
    assert found.low is not None
    assert found.high is not None
    assert 0.7 < found.low < 0.9 < found.high < 1


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
        "excluded": [],
    }
    nothing: dict[str, Any] = {"entities": [], "quotes": [], "excluded": []}
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
    for name in (*trained, "crossner_politics_entities", "claims_claimbuster", "claims_policlaim"):
        write_corpus(folder, f"{name}.train", stories(name))
    lines = ["Thank you all.", "We lost 300,000 jobs in 2008."]
    text = " ".join(lines)
    sentences = [
        {"start": text.index(line), "end": text.index(line) + len(line), "label": label}
        for line, label in zip(lines, (0, 1), strict=True)
    ]
    for name, answers in (("claims_claimbuster.dev", ("No", "Yes")), ("claims_clef2019.train", (0, 1))):
        judged = [{**one, "label": answers[one["label"]]} for one in sentences]
        write_corpus(folder, name, [{"id": "a", "text": text, "sentences": judged}])
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
    write_facts(model, Facts(seed=7, workers=2, torch="2.0", cycles=[Cycle(planned=6, done=1.84, minutes=61.2)]))
    assert main(["--data", str(corpora), "--model", str(model), "--card"]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("| ")]
    # Found with marks and all, but spurious in every other article: 2 x 5 / (5 + 10).
    assert any(row.startswith("| all | 5 | 0.667 (") for row in rows)
    assert any(row.startswith("| direct | 5 | 1.000") for row in rows)
    assert any(row.startswith("| f1:exact:quotes | 0.667 (") for row in rows)
    assert any(row.startswith("| ClaimBuster dev, the debates it learnt from | 2 | 1 | 1.000 | 1.000") for row in rows)
    card = (model / "MODEL_CARD.md").read_text("utf-8")
    assert [row for row in rows if row not in card] == []
    assert "cycle 1 made 1.8 of 6 planned passes over the quotes;" in card
    assert "made in 61 minutes" in card
    assert sha256_file(model / "network.onnx")[:12] in card


def test_a_missing_corpus_is_named_and_the_card_left_alone(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--model", str(model), "--card"]) == 1
    assert "polnear_quotes.dev.jsonl.gz: no such corpus" in capsys.readouterr().err
    assert not (model / "MODEL_CARD.md").exists()


def test_facts_come_back_and_those_of_annotate_train_are_not_taken_for_these(tmp_path: Path) -> None:
    assert read_facts(tmp_path) is None
    facts = Facts(seed=7, workers=2, torch="2.0", cycles=[Cycle(planned=6, done=1.84, minutes=61.2)])
    write_facts(tmp_path, facts)
    assert read_facts(tmp_path) == facts
    (tmp_path / "training.json").write_text('{"before": {}, "after": {}}')
    assert read_facts(tmp_path) is None
    (tmp_path / "training.json").write_text('{"cycles": [{"planned": 6}]}')
    with pytest.raises(AnnotateError, match=r"training\.json: not the facts"):
        read_facts(tmp_path)


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        fill_card("{{ tables.none }}", {"tables": {}})


def test_the_bundled_card_belongs_to_the_bundled_weights() -> None:
    assert sha256_file(MODEL / "network.onnx")[:12] in (MODEL / "MODEL_CARD.md").read_text("utf-8")
