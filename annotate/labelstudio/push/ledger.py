"""What a push leaves behind: the ledger of what was pushed, on this machine, and a receipt on the server.

Everyone who may annotate may also edit the tasks on the server, their hashes and the project's description. So `pull`
compares what comes back with the ledger, or with the file of predictions itself. The receipt is a line in the
project's description, with which the next push need not read all tasks.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import LabelStudioError
from annotate.records import Layer
from annotate.task_json.tasks import ARTICLE_FIELDS, Task, TaskInfo, digest_prediction, read_info

STATE_VARIABLE = "ANNOTATE_STATE_DIR"
LOCK_TIMEOUT_S = 60.0

_RECEIPT = re.compile(r"annotate push: (\d+) tasks, (\d+) predictions, ([0-9a-f]{16}), last change (\S+)")

_TABLES = """
CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, text_sha256 TEXT NOT NULL, data BLOB NOT NULL,
    info BLOB NOT NULL, blind INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS predictions (article TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (article, digest)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_digest ON predictions (digest);
CREATE TABLE IF NOT EXISTS pushes (fingerprint TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What was pushed for one article.

    `data` holds title, date, publisher and url where the article has them; `info` what the toolkit noted in the task.
    `blind` is None where it is not known whether the prediction was withheld. `predictions` are the digests of all
    predictions that were pushed for this text.
    """

    text_sha256: str
    data: dict[str, Any]
    info: TaskInfo
    blind: bool | None
    predictions: frozenset[str]


def state_dir() -> Path:
    """Where the toolkit keeps ledgers and locks: `ANNOTATE_STATE_DIR`, else a folder among the user's data."""
    named = os.environ.get(STATE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("annotate")


class Ledger:
    """What was pushed to one project. Use it as a context manager, or call `close`.

    Args:
        path: an SQLite file, created readable for its owner only; None = in memory.
        create: False for a file that exists, to which nothing is added that those of older versions lack.

    Raises:
        LabelStudioError: the file cannot be used; so do all methods.
    """

    def __init__(self, path: Path | None = None, *, create: bool = True) -> None:
        self.path = path
        with self._explained():
            if path is not None and create:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._base = sqlite3.connect(path or ":memory:", timeout=LOCK_TIMEOUT_S)
            if create:
                self._base.executescript(_TABLES)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def record(self, tasks: Iterable[Task], *, sent: bool = True) -> None:
        """Note tasks, all or none; earlier predictions for the same text stay known.

        Args:
            tasks: as `build_task` makes them.
            sent: False for tasks that the server had already: whether they are blind is not known, and what was
                noted when they were sent stays.
        """
        encode = msgspec.json.encode
        with self._explained(), self._base as base:
            for task in tasks:
                data, info = task["data"], read_info(task)
                article = data["doc_id"]
                base.execute(
                    "DELETE FROM predictions WHERE article = ?1 AND NOT EXISTS "
                    "(SELECT 1 FROM articles WHERE id = ?1 AND text_sha256 = ?2)",
                    (article, data["text_sha256"]),
                )
                base.execute(
                    "INSERT INTO articles VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                    "text_sha256 = excluded.text_sha256, data = excluded.data, info = excluded.info, "
                    "blind = excluded.blind WHERE ? OR articles.text_sha256 != excluded.text_sha256",
                    (
                        article,
                        data["text_sha256"],
                        encode({name: data[name] for name in ARTICLE_FIELDS if name in data}),
                        encode(info),
                        int(info.blind) if sent else None,
                        sent,
                    ),
                )
                for entry in task["predictions"]:
                    self._add(base, article, digest_prediction(entry))

    def add_prediction(self, article: str, digest: str) -> None:
        """Note that a stored prediction of the article reads otherwise now, as after a renaming of labels."""
        with self._explained(), self._base as base:
            self._add(base, article, digest)

    def _add(self, base: sqlite3.Connection, article: str, digest: str) -> None:
        base.execute("INSERT OR IGNORE INTO predictions VALUES (?, ?)", (article, digest))

    def take_predictions(self, other: Ledger) -> None:
        """Note the predictions that another ledger has for the texts of this one."""
        with self._explained(), self._base as base:
            for article, digest, text_sha256 in other._base.execute(
                "SELECT article, digest, text_sha256 FROM predictions JOIN articles ON id = article"
            ):
                known = base.execute("SELECT 1 FROM articles WHERE id = ? AND text_sha256 = ?", (article, text_sha256))
                if known.fetchone():
                    self._add(base, article, digest)

    def get(self, article: str) -> Pushed | None:
        """What was pushed for the article, or None."""
        with self._explained():
            row = self._base.execute(
                "SELECT text_sha256, data, info, blind FROM articles WHERE id = ?", (article,)
            ).fetchone()
            if row is None:
                return None
            found = self._base.execute("SELECT digest FROM predictions WHERE article = ?", (article,))
            return Pushed(
                text_sha256=row[0],
                data=msgspec.json.decode(row[1]),
                info=msgspec.json.decode(row[2], type=TaskInfo),
                blind=None if row[3] is None else bool(row[3]),
                predictions=frozenset(digest for (digest,) in found),
            )

    def find_owner(self, digest: str) -> str | None:
        """An article that a prediction with the digest was pushed for, or None."""
        with self._explained():
            row = self._base.execute("SELECT article FROM predictions WHERE digest = ? LIMIT 1", (digest,)).fetchone()
            return None if row is None else str(row[0])

    def articles(self) -> Iterator[str]:
        """The ids of all articles that were pushed."""
        with self._explained():
            for (article,) in self._base.execute("SELECT id FROM articles ORDER BY id"):
                yield article

    def layers(self) -> frozenset[Layer]:
        """The layers that were pushed, of all articles."""
        with self._explained():
            rows = self._base.execute("SELECT DISTINCT info FROM articles")
            return frozenset(layer for (info,) in rows for layer in msgspec.json.decode(info, type=TaskInfo).layers)

    def is_empty(self) -> bool:
        """Whether nothing is noted, as where the first push was killed before it had made its tables."""
        with self._explained():
            table = self._base.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles'").fetchone()
        return table is None or next(self.articles(), None) is None

    def has_push(self, fingerprint: str) -> bool:
        """Whether a complete push of exactly these predictions is noted."""
        with self._explained():
            found = self._base.execute("SELECT 1 FROM pushes WHERE fingerprint = ?", (fingerprint,))
            return found.fetchone() is not None

    def finish_push(self, fingerprint: str) -> None:
        """Note that all of these predictions are noted."""
        with self._explained(), self._base as base:
            base.execute("INSERT OR IGNORE INTO pushes VALUES (?)", (fingerprint,))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, msgspec.MsgspecError) as error:
            raise LabelStudioError(
                f"{self.path}: the record of what was pushed cannot be used ({error}); make its folder writable or set "
                f"{STATE_VARIABLE} to another one. If the file is damaged, move it away and push again"
            ) from error


def ledger_path(project: dict[str, Any]) -> Path:
    """The file for the project: known by its number and the time of its creation, whatever address it is reached at.

    Neither can be changed on the server, and two servers do not create a project of one number in one microsecond.
    """
    created = hashlib.sha256(str(project["created_at"]).encode()).hexdigest()[:16]
    return state_dir() / "pushed" / f"{project['id']}-{created}.sqlite3"


def find_ledger(project: dict[str, Any]) -> Ledger | None:
    """The ledger of the project, or None where this machine has pushed nothing to it."""
    path = ledger_path(project)
    if not path.exists():
        return None
    ledger = Ledger(path, create=False)
    if ledger.is_empty():
        ledger.close()
        return None
    return ledger


class Receipt(msgspec.Struct, frozen=True):
    """What a complete push notes in the project's description, so that the next one need not read every task."""

    tasks: int
    predictions: int
    fingerprint: str
    last_change: str

    def __str__(self) -> str:
        return (
            f"annotate push: {self.tasks} tasks, {self.predictions} predictions, {self.fingerprint}, "
            f"last change {self.last_change}"
        )


def read_receipt(project: dict[str, Any]) -> Receipt | None:
    """The receipt in the project's description, if there is one."""
    found = _RECEIPT.search(project.get("description") or "")
    return Receipt(int(found[1]), int(found[2]), found[3], found[4]) if found else None


def write_receipt(description: str, receipt: Receipt | None) -> str:
    """The description with this receipt instead of any former one; the users' own words stay.

    >>> write_receipt("Pilot.", Receipt(3, 3, "0" * 16, "2026-11-21T13:00:00Z"))
    'Pilot.\\nannotate push: 3 tasks, 3 predictions, 0000000000000000, last change 2026-11-21T13:00:00Z'
    """
    kept = _RECEIPT.sub("", description).rstrip()
    if receipt is None:
        return kept
    return f"{kept}\n{receipt}" if kept else str(receipt)
