"""Releases by name: a version, a split, and `latest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.errors import GoldError
from annotate.gold.load import find_release
from annotate.records import Entity, GoldRecord
from annotate.release.build import release_records

TEXT = "Ann Lee voted."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `gold/own` in three versions, the newest not the last in the alphabet."""
    monkeypatch.chdir(tmp_path)
    for number, version in enumerate(("1.2.0", "1.9.0", "1.10.0")):
        records = [
            GoldRecord(id=f"a{i}", text=f"{TEXT} {i}", annotators=["ada"], entities=[Entity(0, 7, "PERSON")])
            for i in range(number + 1)
        ]
        release_records(records, "own", version, to=tmp_path / "gold", names=True)
    return tmp_path


@pytest.mark.parametrize("spelled", ["own/latest", "gold/own/latest", "gold/own/latest/"])
def test_latest_is_the_newest_version(home: Path, spelled: str) -> None:
    folder, split = find_release(spelled)
    assert (folder.resolve(), split) == (home / "gold/own/1.10.0", None)


@pytest.mark.parametrize("spelled", ["own/latest/test", "gold/own/latest/test"])
def test_latest_with_a_split(home: Path, spelled: str) -> None:
    folder, split = find_release(spelled)
    assert (folder.resolve(), split) == (home / "gold/own/1.10.0", "test")


def test_latest_of_the_releases_of_the_toolkit_and_of_those_here(home: Path) -> None:
    assert find_release("news/latest")[0].parts[-2:] == ("news", "1.0.0")
    release_records(
        [GoldRecord(id="a", text=TEXT, annotators=["ada"], entities=[])], "news", "0.0.1", to=home / "gold", names=True
    )
    assert find_release("news/latest")[0].parts[-2:] == ("news", "1.0.0")


@pytest.mark.parametrize("spelled", ["nowhere/latest", "latest", "gold/latest", "own/newest", "own/latest/dev/x"])
def test_what_is_not_there_is_a_message_with_what_is(home: Path, spelled: str) -> None:
    with pytest.raises(GoldError, match=r"no release or file called .*own/1\.10\.0"):
        find_release(spelled)


def test_a_folder_called_latest_is_that_folder(home: Path) -> None:
    (home / "gold/own/1.2.0").rename(home / "gold/own/latest")
    assert find_release("gold/own/latest")[0] == Path("gold/own/latest")
