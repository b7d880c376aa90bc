"""Temporary databases for what grows with the pool: ids and digests, sorted and looked up without being in memory."""

from __future__ import annotations

import sqlite3
from typing import Any

from annotate.errors import AnnotateError


class TemporaryDatabase(sqlite3.Connection):
    """A database with these tables in a nameless temporary file, which is gone with the process, however that ends.

    Memory holds about two MiB of it.

    >>> base = TemporaryDatabase("CREATE TABLE ids (id TEXT PRIMARY KEY)")
    >>> _ = base.executemany("INSERT INTO ids VALUES (?)", [("b",), ("a",)])
    >>> base.execute("SELECT id FROM ids ORDER BY id").fetchall()
    [('a',), ('b',)]

    Raises:
        AnnotateError: the temporary folder is full; so do `execute` and `executemany`.
    """

    def __init__(self, *tables: str) -> None:
        super().__init__("", isolation_level=None)  # without a name it is temporary
        for statement in ("PRAGMA journal_mode = OFF", *tables):
            self.execute(statement)

    def execute(self, *args: Any) -> sqlite3.Cursor:
        """As `sqlite3.Connection.execute`."""
        return self._explain(super().execute, *args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        """As `sqlite3.Connection.executemany`, all rows in one go; its rows may raise errors of their own."""
        return self._explain(super().executemany, *args)

    def _explain(self, call: Any, *args: Any) -> sqlite3.Cursor:
        try:
            cursor: sqlite3.Cursor = call(*args)
        except sqlite3.Error as error:
            raise AnnotateError(
                f"the pool cannot be kept in the temporary folder ({error}); set TMPDIR to a folder with more space"
            ) from error
        return cursor
