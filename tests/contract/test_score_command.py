"""`annotate score`, `compare`, `measures` and the pytest plugin as their users meet them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from annotate.jsonl import read_records, write_records
from annotate.records import Annotation, Entity, GoldRecord, Prediction, Quote, Span
from tests.support.commands import run

pytest_plugins = ["pytester"]

TEXT = "“We won,” Ann Lee said in Oslo. 🎉 Bob cheered."
RIGHT = [Entity(10, 17, "PERSON"), Entity(26, 30, "GPE"), Entity(34, 37, "PERSON")]
QUOTE = Quote("direct", [Span(0, 9)], Span(10, 17), Span(18, 22))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Gold of eight articles, a good and a poor system."""
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("gold", "good", "poor")}
    ids = [f"a{i}" for i in range(8)]
    write_records(paths["gold"], [GoldRecord(id=i, text=TEXT, entities=RIGHT, quotes=[QUOTE]) for i in ids])
    write_records(paths["good"], [Prediction(id=i, entities=RIGHT, quotes=[QUOTE], model="good-1") for i in ids])
    write_records(
        paths["poor"],
        [
            Prediction(
                id=i, text=TEXT, entities=RIGHT[: 1 + n % 2], quotes=[Quote("direct", [Span(0, 9)])], model="poor-1"
            )
            for n, i in enumerate(ids)
        ],
    )
    return paths


def test_json_has_the_agreed_form(files: dict[str, Path]) -> None:
    found = json.loads(run("score", files["poor"], "--gold", files["gold"], "--format", "json").stdout)
    assert found["documents"] == 8
    measure = found["measures"]["recall:strict:entities"]
    assert set(measure) == {"value", "low", "high", "n_gold", "n_pred"}
    assert (measure["value"], measure["n_gold"], measure["n_pred"]) == (0.5, 24, 12)
    assert measure["low"] < 0.5 < measure["high"]
    assert found["counts"]["entities"]["strict"] == {
        "correct": 12,
        "incorrect": 0,
        "partial": 0,
        "missing": 12,
        "spurious": 0,
    }
    assert found["counts"]["quotes"]["end-to-end"]["incorrect"] == 8
    assert found["measures"]["f1:strict:entities/GPE"]["n_gold"] == 8
    signature = found["signature"]
    assert signature["gold"] == "gold.jsonl"
    assert {"gold_sha256", "schema", "definitions", "trials", "seed", "missing", "extra", "layers"} <= set(signature)


def test_a_table_and_markdown_and_their_signature(files: dict[str, Path]) -> None:
    shown = run("score", files["poor"], "--gold", files["gold"]).stdout
    assert "strict" in shown
    assert "signature: gold:gold.jsonl@" in shown
    text = run("score", files["poor"], "--gold", files["gold"], "--format", "markdown").stdout
    assert "| match | P | R | F1 |" in text


def test_a_measure_below_its_threshold_fails(files: dict[str, Path]) -> None:
    gold = ("--gold", files["gold"])
    run("score", files["good"], *gold, "--fail-under", "f1:strict:entities=1.0", "--fail-under", "f1:exact:quotes=0.9")
    failed = run("score", files["poor"], *gold, "--fail-under", "recall:strict:entities=0.6", code=1)
    assert "recall:strict:entities is 0.5000" in failed.stderr
    missing = run("score", files["poor"], *gold, "--fail-under", "f1:exact:claims=0.5", code=1)
    assert "was not scored" in missing.stderr
    assert "no measure" in run("score", files["poor"], *gold, "--fail-under", "f1:x:entities=0.5", code=1).stderr
    assert "MEASURE=X" in run("score", files["poor"], *gold, "--fail-under", "f1:strict:entities", code=1).stderr


def test_thresholds_are_tests_in_junit(files: dict[str, Path]) -> None:
    result = run(
        *("score", files["poor"], "--gold", files["gold"], "--format", "junit"),
        *("--fail-under", "recall:strict:entities=0.6", "--fail-under", "precision:strict:entities=0.6"),
        code=1,
    )
    suite = ElementTree.fromstring(result.stdout).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert suite.find("testcase[@name='recall:strict:entities']/failure") is not None
    assert "signature" in {item.get("name") for item in suite.iter("property")}


def test_standard_input_and_programs(files: dict[str, Path], tmp_path: Path) -> None:
    direct = run("score", files["poor"], "--gold", files["gold"], "--format", "json").stdout
    piped = run(
        "score", "-", "--gold", files["gold"], "--format", "json", input=files["poor"].read_text(encoding="utf-8")
    )
    assert piped.stdout == direct
    program = tmp_path / "extract.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    article = json.loads(line)\n"
        "    assert 'entities' not in article\n"
        "    at = article['text'].index('Oslo')\n"
        "    found = [{'start': at, 'end': at + 4, 'label': 'GPE'}]\n"
        "    print(json.dumps({'id': article['id'], 'entities': found}))\n"
    )
    command = f"{sys.executable} {program}"
    found = json.loads(run("score", "--run", command, "--gold", files["gold"], "--format", "json").stdout)
    assert found["measures"]["f1:strict:entities/GPE"]["value"] == 1.0
    broken = run(
        "score", "--run", f"{sys.executable} -c 'import sys; sys.exit(\"no model\")'", "--gold", files["gold"], code=1
    )
    assert "exit code 1: no model" in broken.stderr
    assert "cannot be started" in run("score", "--run", "no-such-program-x", "--gold", files["gold"], code=1).stderr
    assert "exactly one of" in run("score", "--gold", files["gold"], code=1).stderr


def test_broken_files_are_told_apart_by_side_line_and_place(files: dict[str, Path], tmp_path: Path) -> None:
    lines = files["poor"].read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[2])
    record["entities"][0]["start"] = True
    lines[2] = json.dumps(record)
    record = json.loads(lines[4])
    del record["entities"][0]["end"]
    lines[4] = json.dumps(record)
    record = json.loads(lines[5])
    record["entities"][0]["end"] = 999
    lines[5] = json.dumps(record)
    path = tmp_path / "broken.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    said = run("score", path, "--gold", files["gold"], code=1).stderr
    assert "3 problems" in said
    assert f"prediction {path}:3: a2: entities[0].start" in said.replace("[...]", "[0]")
    assert f"prediction {path}:5: a4:" in said
    assert "prediction a5: entities[0] is [10, 999)" in said
    assert "missing; predict" not in said  # the records are there, they only cannot be read
    assert "no release or file called" in run("score", files["poor"], "--gold", tmp_path / "none", code=1).stderr


def test_compare_ranks_systems_and_tests_their_difference(files: dict[str, Path], tmp_path: Path) -> None:
    arguments = ("compare", files["poor"], files["good"], "--gold", files["gold"])
    found = json.loads(run(*arguments, "--format", "json").stdout)
    assert [standing["system"] for standing in found["standings"]][:2] == ["good", "poor"]
    assert found["measures"] == ["f1:strict:entities", "f1:end-to-end:quotes"]
    assert found["differences"][0]["p"] == 2 / 2**8
    assert found["groups"] == [["good"], ["poor"]]
    assert "good    poor" in run(*arguments).stdout
    markdown = run(*arguments, "--format", "markdown", "--measure", "recall:type:entities").stdout
    assert "recall:type:entities" in markdown
    page = tmp_path / "board.html"
    run(*arguments, "--format", "html", "-o", page)
    assert "<title>Comparison on gold" in page.read_text()
    assert "named twice" in run("compare", files["poor"], files["poor"], "--gold", files["gold"], code=1).stderr


def test_measures_lists_every_definition() -> None:
    shown = run("measures").stdout
    assert "f1:end-to-end:quotes" in shown
    assert all(json.loads(line)["meaning"] for line in run("measures", "--format", "json").stdout.splitlines())


def test_the_pytest_plugin(files: dict[str, Path], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        GOLD = {str(files["gold"])!r}

        def find_oslo(text):
            at = text.index("Oslo")
            return {{"entities": [{{"start": at, "end": at + 4, "label": "GPE"}}]}}

        def test_good_enough(score_on_gold):
            scores = score_on_gold(find_oslo, GOLD)
            scores.assert_at_least({{"f1:strict:entities/GPE": 1.0}})
            assert scores.value("recall:strict:entities") == 8 / 24

        def test_not_good_enough(score_on_gold):
            score_on_gold(find_oslo, GOLD).assert_at_least({{"recall:strict:entities": 0.9}})

        def test_file(score_on_gold):
            score_on_gold({str(files["good"])!r}, GOLD).assert_at_least({{"f1:end-to-end:quotes": 1}})

        def test_other_labels(score_on_gold):
            scores = score_on_gold(find_oslo, GOLD, map=["PLACE=GPE"])
            scores.assert_at_least({{"f1:strict:entities/PLACE": 1.0}})
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["*recall:strict:entities is 0.3333*expected at least 0.9*", "*signature: gold:gold.jsonl@*"]
    )


@pytest.fixture
def conll(tmp_path: Path) -> Path:
    """What a system with CoNLL's labels predicts for the articles of `files`: all right."""
    path = tmp_path / "conll.jsonl"
    entities = [Entity(10, 17, "PER"), Entity(26, 30, "LOC"), Entity(34, 37, "PER")]
    write_records(path, [Prediction(id=f"a{i}", entities=entities) for i in range(8)])
    return path


def test_other_labels_are_mapped(files: dict[str, Path], conll: Path, tmp_path: Path) -> None:
    plain = run("score", conll, "--gold", files["gold"], "--trials", 0)
    assert "--map conll would bring both sides to the same labels" in plain.stdout
    rules = tmp_path / "m.toml"
    rules.write_text('[entities]\nLOC = ["GPE"]\n')
    for chosen in (
        ["--map", "conll"],
        ["--map", "PERSON=PER", "--map", rules],
        ["--map", "PERSON=PER", "--map", "LOC=GPE"],
    ):
        found = json.loads(run("score", conll, "--gold", files["gold"], "--format", "json", *chosen).stdout)
        assert found["measures"]["f1:strict:entities"]["value"] == 1
        assert found["signature"]["map"]
    ranked = run("compare", conll, files["poor"], "--gold", files["gold"], "--map", "conll", "--format", "json")
    assert json.loads(ranked.stdout)["standings"][0] == {
        "system": "conll",
        "measure": "f1:strict:entities",
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
        "letters": "a",
    }
    page = tmp_path / "errors.html"
    run("score", conll, "--gold", files["gold"], "--map", "conll", "--html", page)
    assert "PERSON" in page.read_text()
    assert ">PER<" not in page.read_text()
    assert "expected NEW=OLD" in run("score", conll, "--gold", files["gold"], "--map", "conl", code=1).stderr


def test_export_and_agreement_under_a_map(files: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    done = run("export", files["gold"], "--to", "jsonl", "-o", target, "--map", "-=PERSON", "--map", "PLACE=GPE,FAC")
    assert "items lost or changed: entities left out by --map: 16 (PERSON" in done.stderr
    assert "note: labels of --map that no entity has: 1 (FAC)" in done.stderr
    assert [entity.label for entity in read_records(target, GoldRecord)[0].entities or ()] == ["PLACE"]
    annotations = tmp_path / "a.jsonl"
    write_records(
        annotations,
        [
            Annotation(id="a1", text=TEXT, annotator=name, entities=[Entity(26, 30, label)])
            for name, label in (("ann", "GPE"), ("bo", "LOC"))
        ],
    )
    strict = [
        json.loads(run("agree", annotations, "--format", "json", *chosen).stdout)["ceiling"]["f1:strict:entities"]
        for chosen in ([], ["--map", "conll"])
    ]
    assert strict == [0, 1]
    assert "labels as --map conll reads them" in run("agree", annotations, "--map", "conll").stdout


def test_stories_count_once(tmp_path: Path) -> None:
    gold, poor = tmp_path / "stories.jsonl", tmp_path / "p.jsonl"
    ids = [f"a{i}" for i in range(8)]
    stories = ["wire"] * 5 + ["b", "c", "d"]
    write_records(
        gold, [GoldRecord(id=i, text=TEXT, entities=RIGHT, cluster=s) for i, s in zip(ids, stories, strict=True)]
    )
    plain = tmp_path / "plain.jsonl"
    write_records(plain, [GoldRecord(id=i, text=TEXT, entities=RIGHT) for i in ids])
    found = [RIGHT if story == "wire" else [] for story in stories]
    write_records(poor, [Prediction(id=i, entities=e) for i, e in zip(ids, found, strict=True)])
    values = [
        json.loads(run("score", poor, "--gold", gold, "--format", "json", *by).stdout)["measures"][
            "recall:strict:entities"
        ]
        for by in ([], ["--by", "story"])
    ]
    assert [value["value"] for value in values] == pytest.approx([5 / 8, 1 / 4])
    assert "entities: 4 stories in 8 articles" in run("score", poor, "--gold", gold, "--by", "story").stdout
    assert "no gold record has a story" in run("score", poor, "--gold", plain, "--by", "story", code=1).stderr


def test_a_leaderboard_grows_and_is_rendered(files: dict[str, Path], tmp_path: Path) -> None:
    gold = files["gold"]
    assert "no system yet; add one: annotate leaderboard gold.jsonl add" in run("leaderboard", gold, code=1).stderr
    done = run("leaderboard", gold, "add", files["poor"], "--system", "poor 1")
    assert "wrote" in done.stderr
    assert "poor 1" in done.stdout
    assert "nothing changed" in run("leaderboard", gold, "add", files["poor"], "--system", "poor 1").stderr
    run("leaderboard", gold, "add", files["good"], "--system", "<b>good")
    refused = run("leaderboard", gold, "add", files["good"], "--system", "again", "--seed", 1, code=1)
    assert "seed: 0, here 1" in refused.stderr
    assert "expected add P or show behind" in run("leaderboard", gold, "remove", files["good"], code=2).stderr
    found = json.loads(run("leaderboard", gold, "show", "--format", "json").stdout)
    assert [s["system"] for s in found["standings"][:2]] == ["<b>good", "poor 1"]
    assert [s["letters"] for s in found["standings"][:2]] == ["a", "b"]
    assert len(found["entries"][0]["sha256"]) == 64
    assert "| 1 | <b>good |" not in run("leaderboard", gold, "show", "--format", "markdown").stdout
    page = tmp_path / "board.html"
    run("leaderboard", gold, "show", "--format", "html", "-o", page)
    assert "Leaderboard of gold.jsonl" in page.read_text()
    assert "&lt;b&gt;good" in page.read_text()


def test_the_report_ends_with_one_line_a_layer(files: dict[str, Path]) -> None:
    shown = run("score", files["poor"], "--gold", files["gold"]).stdout.splitlines()
    assert shown[-3].strip() == ""
    assert shown[-2].startswith("entities: strict F1 0.667 (0.")
    assert shown[-2].endswith("), P 1.000, R 0.500; 24 gold, 12 predicted")
    assert shown[-1].startswith("quotes: end-to-end F1 0.000")
    assert shown[-4].startswith("signature: ")


def test_a_summary_for_a_pull_request(files: dict[str, Path]) -> None:
    thresholds = ["--fail-under", "f1:strict:entities=0.6", "--fail-under", "f1:end-to-end:quotes=0.5"]
    done = run("score", files["poor"], "--gold", files["gold"], "--format", "github", *thresholds, code=1)
    text = done.stdout
    assert text.startswith("### annotate score: poor-1 on gold.jsonl\n\n:x: 1 measure below the threshold\n")
    assert "| f1:strict:entities | 0.667 |" in text
    assert "| 0.6 | met |" in text
    assert "| 0.5 | below |" in text
    assert "| entities | strict | 1.000 | 0.500 | 0.667 |" in text
    folded = text.partition("<details><summary>All tables</summary>\n\n")[2].partition("</details>")
    assert "**quotes: outcomes**" in folded[0]
    assert "gold:gold.jsonl@" in folded[2]
    good = run("score", files["good"], "--gold", files["gold"], "--format", "github", *thresholds).stdout
    assert ":white_check_mark: every threshold is met" in good
    plain = run("score", files["good"], "--gold", files["gold"], "--format", "github").stdout
    assert "threshold" not in plain


def test_a_hostile_model_name_stays_text_in_a_summary(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    name = "<img src=x> | `a`\n# b"
    write_records(path, [Prediction(id=f"a{i}", entities=RIGHT, model=name) for i in range(8)])
    first = run("score", path, "--gold", files["gold"], "--format", "github").stdout.splitlines()[0]
    assert first.startswith("### annotate score: ")
    assert "<img" not in first
    assert first.endswith("on gold.jsonl")


def test_a_program_has_limits(files: dict[str, Path]) -> None:
    command = f"{sys.executable} -c 'import time; time.sleep(600)'"
    stopped = run("score", "--run", command, "--gold", files["gold"], "--run-timeout", 1, code=1)
    assert "stopped after 1 s (--run-timeout); 0 of 8 articles answered: no message" in stopped.stderr
    command = f"{sys.executable} -c 'print(chr(120) * (2 << 20))'"
    stopped = run("score", "--run", command, "--gold", files["gold"], "--run-limit", 1, code=1)
    assert "stopped after 1 MiB of output (--run-limit); " in stopped.stderr
