"""The release that the tests of publishing share."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.release.build import release_records
from tests.support.bridges import made_article


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bridges/1.0.0` of six articles."""
    home = tmp_path_factory.mktemp("gold")
    return release_records(map(made_article, range(6)), "bridges", "1.0.0", to=home, licence="CC-BY-4.0", names=True)
