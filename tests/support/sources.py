"""Sources of articles: a file to write, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.errors import SourceError
from annotate.ingest.articles import read_articles


def write_source(folder: Path, name: str, content: str | bytes) -> str:
    """The path of a new file in the folder."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder / name)


def find_problems(*sources: object, **options: Any) -> list[str]:
    """The problems for which the sources are refused."""
    with pytest.raises(SourceError) as caught:
        read_articles(list(map(str, sources)), **options)
    return caught.value.problems
