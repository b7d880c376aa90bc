"""The ledger of what was pushed: reading it changes nothing, not even in one that an older version wrote."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from annotate.labelstudio.push.ledger import Ledger, find_ledger, ledger_path
from annotate.records import Entity, Prediction
from annotate.schema import load_schema
from annotate.task_json.tasks import to_task

PROJECT = {"id": 7, "created_at": "2026-01-02T03:04:05.678901Z"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTATE_STATE_DIR", str(tmp_path))
    return ledger_path(PROJECT)


def test_reading_an_older_ledger_writes_nothing(path: Path) -> None:
    task = to_task(Prediction(id="a", text="Rome fell.", entities=[Entity(0, 4, "GPE")]), load_schema())
    with Ledger(path) as ledger:
        ledger.record([task])
    base = sqlite3.connect(path)
    base.executescript("DROP INDEX by_digest; DROP TABLE pushes")
    base.close()
    path.chmod(0o400)
    before = path.read_bytes()
    found = find_ledger(PROJECT)
    assert found is not None
    with found:
        pushed = found.get("a")
        assert pushed is not None
        [digest] = pushed.predictions
        assert found.find_owner(digest) == "a"
        assert found.layers() == {"entities"}
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["", "CREATE TABLE articles (id TEXT)"])
def test_a_ledger_whose_first_push_was_killed_is_none(path: Path, statement: str) -> None:
    path.parent.mkdir(parents=True)
    base = sqlite3.connect(path)
    base.executescript(statement)
    base.close()
    path.touch()
    assert find_ledger(PROJECT) is None
