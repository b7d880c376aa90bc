"""Where predictions come from: a program within limits, and a token classifier that is made here."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from annotate import extras
from annotate.errors import AnnotateError, MissingExtraError, RecordWarning, ScoreError
from annotate.harness import score_predictions
from annotate.harness.sources import RunLimits, run_hf_pipeline, run_program
from annotate.jsonl import write_records
from annotate.records import Entity, GoldRecord
from tests.support.commands import run

GOLD = [GoldRecord(id=f"a{i}", text="Ann Lee flew to Oslo.", entities=[]) for i in range(4)]


def program(folder: Path, source: str) -> str:
    path = folder / "extractor.py"
    path.write_text(f"import json, os, subprocess, sys, time\n{source}")
    return f"{sys.executable} {path}"


def is_running(pid: int) -> bool:
    """Whether a process is alive and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ended(pid: int) -> bool:
    """Whether the process ends soon: the system takes a moment to bury it."""
    until = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        os.sched_yield()
    return not is_running(pid)


ANSWER = "for line in sys.stdin: print(json.dumps({'id': json.loads(line)['id'], 'entities': []}), flush=True)\n"


def test_a_program_within_its_limits(tmp_path: Path) -> None:
    found, loss = run_program(program(tmp_path, ANSWER), GOLD, RunLimits(timeout_s=60, most_bytes=1 << 20))
    assert loss is None
    assert [prediction.id for prediction in found] == ["a0", "a1", "a2", "a3"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc: which processes are alive is not seen")
def test_a_program_that_takes_too_long_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = f"""
print(json.dumps({{'id': json.loads(sys.stdin.readline())['id'], 'entities': []}}), flush=True)
started = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({str(child)!r}, 'w').write(f'{{os.getpid()}} {{started.pid}}')
print('loading the model', file=sys.stderr, flush=True)
time.sleep(600)
"""
    began = time.monotonic()
    with pytest.raises(ScoreError) as caught:
        run_program(program(tmp_path, source), GOLD, RunLimits(timeout_s=3))
    assert time.monotonic() - began < 30
    assert "stopped after 3 s (--run-timeout); 1 of 4 articles answered: loading the model" in str(caught.value)
    assert [ended(int(pid)) for pid in child.read_text().split()] == [True, True]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_that_writes_too_much_is_stopped(tmp_path: Path, stream: str) -> None:
    source = f"while True: sys.{stream}.write('x' * 65536)\n"
    with pytest.raises(ScoreError, match=r"stopped after 1 MiB of output \(--run-limit\); 0 of 4 articles answered"):
        run_program(program(tmp_path, source), GOLD, RunLimits(timeout_s=60, most_bytes=1 << 20))


def test_a_quick_program_that_writes_too_much_is_found_too(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="MiB of output"):
        run_program(program(tmp_path, "print('x' * 5000)\n"), GOLD, RunLimits(timeout_s=60, most_bytes=1000))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc: which processes are alive is not seen")
def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = f"""{ANSWER}
started = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({str(child)!r}, 'w').write(str(started.pid))
"""
    assert len(run_program(program(tmp_path, source), GOLD)[0]) == 4
    assert ended(int(child.read_text()))


STRINGS = """
for line in sys.stdin:
    id = json.loads(line)['id']
    entities = [{'text': 'Ann Lee', 'label': 'PERSON'}, {'text': 'Bergen', 'label': 'GPE'}]
    print(json.dumps({'id': id, 'entities': entities, 'quotes': []}))
"""


def test_a_program_may_answer_in_strings(tmp_path: Path) -> None:
    found, loss = run_program(program(tmp_path, STRINGS), GOLD, format="strings")
    assert found[0].entities == [Entity(0, 7, "PERSON")]
    assert loss is not None
    assert loss.lost == 4


def test_what_is_no_prediction_is_named_by_its_line(tmp_path: Path) -> None:
    for format in (None, "strings"):
        with pytest.raises(ScoreError, match=r"^--run .*: line 1 of the output: "):
            run_program(program(tmp_path, "print('hello')"), GOLD, format=format)


def test_the_file_that_holds_the_output_is_not_named(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"^--run .*: the output: expected a folder with \.txt and \.ann files$"):
        run_program(program(tmp_path, "print('T1')"), GOLD, format="brat")
    answer = '{"id": "a0", "entities": [["Nowhere Town", "GPE"]]}'
    with pytest.raises(ScoreError, match="nothing in it can be read") as caught:
        run_program(program(tmp_path, f"print({answer!r})"), GOLD, format="strings")
    assert "strings that are not in the text: 1" in caught.value.__notes__[0]
    with pytest.warns(RecordWarning, match=r"^--run .*: line 1 of the output: the key 'entitites' is no key"):
        run_program(program(tmp_path, 'print(\'{"id": "a0", "entitites": []}\')'), GOLD)


def test_a_pipeline_has_no_format(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="--from conll is the format of a file or of --run"):
        score_predictions(None, tmp_path / "gold.jsonl", format="conll", spacy="en")


def test_what_a_reader_lost_is_told_where_scoring_fails(tmp_path: Path) -> None:
    write_records(tmp_path / "gold.jsonl", GOLD)
    name = (GOLD[0].text or "").split()[0]
    answer = {"id": "a0", "entities": [{"text": text, "label": "GPE"} for text in (name, "Bergen")]}
    (tmp_path / "p.jsonl").write_text(json.dumps(answer) + "\n")
    with pytest.raises(ScoreError, match="missing") as caught:
        score_predictions(tmp_path / "p.jsonl", tmp_path / "gold.jsonl", format="strings")
    assert "strings that are not in the text: 1" in caught.value.__notes__[0]
    done = run("score", tmp_path / "p.jsonl", "--gold", tmp_path / "gold.jsonl", "--from", "strings", code=1)
    assert "strings that are not in the text: 1" in done.stderr


def test_an_empty_command_is_a_message() -> None:
    with pytest.raises(ScoreError, match="cannot be started"):
        run_program("", GOLD)


# --- a token classifier

LABELS = ["O", "B-PER", "I-PER", "B-LOC"]
PIECES = {"ann": 1, "lee": 2, "os": 3, "##lo": 0}
"""The pieces of words that mean a label; that of the second piece of a word is not to be believed."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A BERT of three layers of nothing, which labels every piece by itself; 32 tokens at a time."""
    reason = "no transformers: score --hf-pipeline is NOT tested; pip install transformers"
    transformers = pytest.importorskip("transformers", reason=reason)
    torch = pytest.importorskip("torch", reason=reason)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "flew", "to", *PIECES]
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(words))
    tokenizer = transformers.BertTokenizerFast(vocab=dict(zip(words, range(len(words)), strict=True)))
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=32,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )
    network = transformers.BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for name, parameter in network.named_parameters():
            if "LayerNorm.weight" in name:
                parameter.fill_(1)
        for number, word in enumerate(words):
            network.bert.embeddings.word_embeddings.weight[number, PIECES.get(word, 0)] = 1
        for label in range(len(LABELS)):
            network.classifier.weight[label, label] = 4
    folder = tmp_path / "tiny"
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_token_classifier_predicts_words_with_scores(model: Path) -> None:
    [found, empty] = run_hf_pipeline(str(model), [GOLD[0], GoldRecord(id="b", text="  \n")])
    assert [(e.start, e.end, e.label) for e in found.entities or ()] == [(0, 7, "PER"), (16, 20, "LOC")]
    assert all(entity.score is not None and 0.5 < entity.score <= 1 for entity in found.entities or ())
    assert (found.model, empty.entities) == (str(model), [])


def test_texts_longer_than_the_model_reads_are_read_to_the_end(model: Path) -> None:
    text = "🎉 Ann Lee flew to Oslo. " * 40
    [found] = run_hf_pipeline(str(model), [GoldRecord(id="a", text=text)])
    expected = [(at + a, at + b) for at in range(0, len(text), 24) for a, b in ((2, 9), (18, 22))]
    assert [(e.start, e.end) for e in found.entities or ()] == expected
    assert {text[e.start : e.end] for e in found.entities or ()} == {"Ann Lee", "Oslo"}


def test_the_command_scores_a_token_classifier(model: Path, tmp_path: Path) -> None:
    from annotate.label_map import LabelMap
    from annotate.score import ScoreOptions

    gold = [GoldRecord(id=r.id, text=r.text, entities=[Entity(0, 7, "PERSON"), Entity(16, 20, "GPE")]) for r in GOLD]
    write_records(tmp_path / "gold.jsonl", gold)
    options = ScoreOptions(label_map=LabelMap.parse("conll"))
    report, _ = score_predictions(None, tmp_path / "gold.jsonl", options, hf_pipeline=str(model))
    assert report.value("f1:strict:entities") == 1
    assert report.value("ap:strict:entities") == 1


def test_what_is_no_token_classifier_is_refused(model: Path, tmp_path: Path) -> None:
    import transformers

    config = transformers.BertConfig.from_pretrained(model)
    transformers.BertModel(config).save_pretrained(tmp_path / "bare")
    transformers.AutoTokenizer.from_pretrained(model).save_pretrained(tmp_path / "bare")
    with pytest.raises(AnnotateError, match=r"is no token classifier \(BertModel\)"):
        run_hf_pipeline(str(tmp_path / "bare"), GOLD)
    (tmp_path / "empty").mkdir()
    with pytest.raises(AnnotateError, match="cannot be loaded"):
        run_hf_pipeline(str(tmp_path / "empty"), GOLD)


def test_without_transformers_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "is_installed", lambda name: name != "transformers")
    with pytest.raises(MissingExtraError, match=r"--hf-pipeline.*annotate-gold\[hf\]"):
        run_hf_pipeline("any", GOLD)
