"""A pipe, a socket or a folder in the place of a file that a command reads: an answer, and never a wait without end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from annotate import files
from annotate.cli.app import app
from tests.faults.cases import write_records_and_release

GOLD = "gold/news/1.0.0"
#: Each command with a place where it reads a file.
COMMANDS = {
    "preannotate": ["preannotate", "ODD", "-o", "p.jsonl", "--preannotator", "rules"],
    "push": ["push", "ODD", "--project", "News"],
    "agree": ["agree", "ODD"],
    "adjudicate": ["adjudicate", "ODD", "-o", "d.jsonl"],
    "release": ["release", "ODD", "--name", "news", "--version", "2.0.0"],
    "release --annotations": [
        *("release", "decided.jsonl", "--name", "news", "--version", "2.0.0", "--annotations", "ODD")
    ],
    "release --about": ["release", "decided.jsonl", "--name", "news", "--version", "2.0.0", "--about", "ODD"],
    "check": ["check", "ODD"],
    "check --signers": ["check", GOLD, "--signers", "ODD"],
    "diff": ["diff", GOLD, "ODD"],
    "audit": ["audit", "ODD"],
    "publish": ["publish", "ODD", "--to", "there"],
    "rehydrate": ["rehydrate", "ODD", "decided.jsonl"],
    "export": ["export", "ODD", "--to", "conll", "-o", "g.conll"],
    "explore": ["explore", "ODD", "-o", "e.html"],
    "score": ["score", "ODD", "--gold", GOLD],
    "score --gold": ["score", "decided.jsonl", "--gold", "ODD"],
    "score --from labelstudio": ["score", "ODD", "--gold", GOLD, "--from", "labelstudio"],
    "score --from conll": ["score", "ODD", "--gold", GOLD, "--from", "conll"],
    "score --from brat": ["score", "ODD", "--gold", GOLD, "--from", "brat"],
    "score --from spacy": ["score", "ODD", "--gold", GOLD, "--from", "spacy"],
    "score --from hf": ["score", "ODD", "--gold", GOLD, "--from", "hf"],
    "score --from prodigy": ["score", "ODD", "--gold", GOLD, "--from", "prodigy"],
    "score --schema": ["score", "decided.jsonl", "--gold", GOLD, "--schema", "ODD"],
    "compare": ["compare", "ODD", "decided.jsonl", "--gold", GOLD],
    "train": ["train", "ODD", "-o", "model"],
}
KINDS: dict[str, Callable[[socket.socket], None]] = {
    "pipe": lambda made: os.mkfifo("odd.jsonl"),
    "socket": lambda made: made.bind("odd.jsonl"),
    "folder": lambda made: os.mkdir("odd.jsonl"),  # noqa: PTH102
    "endless": lambda made: os.symlink("/dev/zero", "odd.jsonl"),  # noqa: PTH211
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_records_and_release(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file_is_one_message(
    command: str, kind: str, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    shutil.copytree(inputs, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(files, "PIPE_WAIT_S", 0.1)
    monkeypatch.setattr(sys, "argv", ["annotate"])
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            KINDS[kind](made)
            with pytest.raises(SystemExit) as ended:
                app([word.replace("ODD", "odd.jsonl") for word in COMMANDS[command]])
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    shown = capsys.readouterr().err
    assert ended.value.code == 1, shown
    assert shown.count("error:") == 1, shown
    assert "Traceback" not in shown


def give_up(number: int, frame: FrameType | None) -> None:
    """The end of a wait without end."""
    raise AssertionError("it waits")


@pytest.mark.slow
def test_records_may_come_through_a_pipe(inputs: Path) -> None:
    """As the shell gives them: `annotate score <(extractor) --gold <(gold)`."""
    command = f"{sys.executable} -m annotate score <(cat decided.jsonl) --gold <(cat decided.jsonl) --trials 0"
    done = subprocess.run(["bash", "-c", command], cwd=inputs, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "entities: 60 articles" in done.stdout
