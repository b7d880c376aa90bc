"""`CHANGES.md` and the least version, on small releases as they are built."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import GoldError
from annotate.gold.diff.diff import Diff, diff_releases
from annotate.gold.manifest import LeftOut
from annotate.printing import escape_markdown
from annotate.records import Claim, Entity, GoldRecord
from annotate.release import changes
from annotate.release.build import release_records
from annotate.release.changes import check_version, render_changes
from annotate.schema import load_schema

WORDS = "amber birch cedar delta ember flint grove heath inlet jetty knoll ledge marsh north ochre pearl quartz ridge"
build = partial(release_records, name="ports", names=True, shares={"train": 1})


def make(letter: str, **fields: Any) -> GoldRecord:
    """An article that no other is related to."""
    text = f"Ann saw {' '.join(f'{letter}{word}' for word in WORDS.split())}."
    return GoldRecord(**{"id": letter, "text": text, "annotators": ["ann"], "entities": [], **fields})


ANN = Entity(0, 3, "PERSON")
RECORDS = [make("a", entities=[ANN]), make("b"), make("c")]


def diff(tmp_path: Path, *after: GoldRecord, **options: Any) -> Diff:
    """The first release against one of these records, read to its end."""
    first = build(RECORDS, version="1.2.3", to=tmp_path / "one", licence="CC0-1.0")
    second = build(after, version="1.2.4", to=tmp_path / "two", **{"licence": "CC0-1.0", **options})
    found = diff_releases(first, second)
    for _ in found:
        pass
    return found


def refused(version: str, found: Diff) -> str:
    with pytest.raises(GoldError) as caught:
        check_version(version, found)
    return str(caught.value)


def test_a_correction_or_another_licence_or_schema_is_a_patch(tmp_path: Path) -> None:
    corrected = diff(tmp_path / "a", make("a", entities=[Entity(0, 3, "GPE")]), *RECORDS[1:])
    licence = diff(tmp_path / "b", *RECORDS, licence="CC-BY-4.0")
    schema = load_schema("news")
    schema.title = "Another title"
    titled = diff(tmp_path / "c", *RECORDS, schema=schema)
    assert not titled.meaning
    for found in (corrected, licence, titled):
        for version in ("1.2.4", "1.3.0", "2.0.0"):
            check_version(version, found)


def test_without_any_change_there_is_nothing_to_release(tmp_path: Path) -> None:
    assert refused("2.0.0", diff(tmp_path, *RECORDS)) == (
        "nothing changed against ports/1.2.3: there is nothing to release"
    )


@pytest.mark.parametrize(
    ("after", "what"),
    [([*RECORDS, make("d")], "articles added: 1, taken out: 0"), (RECORDS[1:], "articles added: 0, taken out: 1")],
)
def test_articles_that_come_or_go_are_a_minor_step(tmp_path: Path, after: list[GoldRecord], what: str) -> None:
    found = diff(tmp_path, *after)
    assert refused("1.2.9", found) == (f"version 1.2.9 is too small a step from 1.2.3: {what}; expected 1.3.0 or more")
    check_version("1.3.0", found)


def test_another_meaning_is_a_major_step_whatever_else_changed(tmp_path: Path) -> None:
    schema = load_schema("news")
    schema.general_rules = ["Everything nests."]
    found = diff(tmp_path, *RECORDS, make("d"), schema=schema)
    assert refused("1.99.0", found).endswith("; expected 2.0.0 or more")
    check_version("2.0.0", found)
    text = render_changes(found, ref="ports/2.0.0", left_out=[LeftOut("x_1", ["a"]), LeftOut("y", ["a"])])
    schema_part = text.partition("## Schema\n\n")[2].partition("\n\n")[0]
    assert found.meaning
    assert schema_part.split("\n") == [f"- {escape_markdown(sentence)}" for sentence in found.meaning]
    assert text.endswith("\n## Left out, because kin to articles in several splits\n\n- `x_1`\n- `y`\n")


def test_a_first_release_has_no_list_of_changes() -> None:
    assert render_changes(None, ref="ports/1.0.0", left_out=[]) == "# Changes in ports/1.0.0\n\nFirst release.\n"


def test_changes_are_counted_and_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after = [
        make("a", entities=[Entity(0, 3, "GPE")], title="Ann"),
        make("c", claims=[Claim(0, 3, True, "event")]),
        make("d", entities=[ANN, Entity(4, 7, "ORG")]),
        make("e"),
    ]
    found = diff(tmp_path, *after)
    text = render_changes(found, ref="ports/1.3.0", left_out=[])
    lines = text.split("\n")
    assert lines[:3] == ["# Changes in ports/1.3.0", "", "Against ports/1.2.3."]
    cells = {line.split("|")[1].strip(): line.replace(" ", "") for line in lines if line.startswith("| ")}
    assert cells["articles"] == "|articles|2|1||||2|"
    assert cells["entities"] == "|entities|2|0|0|1|0|0|"
    assert cells["claims"] == "|claims|1|0|0|0|0|0|"
    assert "Besides: claims annotated now in 1 article, title changed in 1 article." in lines
    listed = ["a` changed: entities relabelled 1, title changed", "b` removed"]
    listed += ["c` changed: claims added 1, claims annotated now", "d` added: entities added 2", "e` added"]
    assert [line for line in lines if line.startswith("- ")] == [f"- `{line}" for line in listed]
    monkeypatch.setattr(changes, "LISTED", 2)
    short = render_changes(found, ref="ports/1.3.0", left_out=[]).split("\n")
    assert [line for line in short if line.startswith("- ")][2:] == [
        "- ... and 3 more: `annotate diff ports/1.2.3 ports/1.3.0`"
    ]


def test_without_a_folder_a_release_goes_to_gold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert build(RECORDS, version="1.0.0") == Path("gold/ports/1.0.0")
    assert (tmp_path / "gold" / "ports" / "1.0.0" / "manifest.json").is_file()
