"""Releases as earlier toolkits wrote them: they always pass `check`, and the same records still give the same bytes.

`released/format-N` has two versions of a small made-up release and the newer one without its texts, as the toolkit of
manifest format N wrote them. They are never written again. For a new format, record a folder of its own once:
`python tests/contract/test_released.py`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from annotate.errors import GoldError
from annotate.files import resource_dir
from annotate.gold.load import load_gold
from annotate.gold.manifest import FORMAT, read_manifest
from annotate.publish.stand_off import write_stand_off
from annotate.records import Annotation, Claim, Entity, GoldRecord, Layers, Prediction, Quote, Region, Span
from annotate.release.build import release_records
from annotate.release.check import check_release
from annotate.schema import Schema, load_schema

HOME = Path(__file__).parent / "released"
FORMATS = sorted(HOME.glob("format-*"))
PLACES = ("ports/0.1.0", "ports/0.2.0", "stand-off/ports/0.2.0")
RULE = (
    "{name} of a release of manifest format {format} would come out differently now, and `annotate check` compares it, "
    "so that every release of that format would be called forged. To change the text of README.md, CHANGES.md or "
    f"croissant.json, or how counts and hashes are made, raise FORMAT in annotate/gold/manifest.py (now {FORMAT}), "
    "keep the old form for older manifests, and record the new format: python tests/contract/test_released.py"
)


def make_record(number: int) -> GoldRecord:
    """An article about a port of its own, with nested and discontinuous spans, a name in it and an emoji."""
    port = ("Varna", "Gdansk", "Dakar", "Busan", "Natal", "Split", "Izmir")[number]
    text = (
        f"Crane {number} at {port} is back at work. ⚓ “We lost {number + 2} days,” said Dora Lind of the Port of "
        f"{port}, “and {number + 11},000 crates.” The shipping line {port} Lines fears that winter storms will "
        f"close berth {number} again, which engineer {port[::-1].title()} {port}sen denies in letter {number * 7919}."
    )

    def at(words: str) -> tuple[int, int]:
        start = text.index(words)
        return start, start + len(words)

    return GoldRecord(
        id=f"port-{number}",
        text=text,
        title=f"Crane {number}",
        date=f"2025-{number + 1:02d}-03",
        url=f"https://news.example/{number}",
        licence=None if number == 4 else "CC-BY-4.0",
        meta={"desk": number},
        annotators=["ada@example.org", "ben"],
        decided_by="majority, review:ada@example.org" if number == 2 else "majority",
        model=None if number == 3 else "rules-0.1.0",
        guideline="news/1.0.0",
        entities=[
            Entity(*at(port), "GPE", origin="prediction", preannotator="rules-0.1.0"),
            Entity(*at(f"Port of {port}"), "ORG", origin="manual", note="nested"),
            Entity(*at("Dora Lind"), "PERSON", origin="prediction-changed", preannotator="rules-0.1.0"),
            Entity(*at("Lind"), "PERSON", origin="manual"),
            Entity(*at("etter"), "WORK_OF_ART", origin="manual"),
        ],
        quotes=[
            Quote(
                "direct",
                [Span(*at(f"“We lost {number + 2} days,”")), Span(*at(f"“and {number + 11},000 crates.”"))],
                Span(*at(f"Dora Lind of the Port of {port}")),
                Span(*at("said")),
            )
        ],
        claims=None
        if number == 1
        else [
            Claim(*at(f"We lost {number + 2} days"), True, "statistic"),
            Claim(*at("winter storms will close berth"), False, "commitment_or_prediction", Span(*at("shipping line"))),
        ],
        ignore=[Region(*at("letter"))],
        sentences=[Span(*at(f"Crane {number} at {port} is back at work."))],
    )


def make_annotations(records: list[GoldRecord]) -> list[Annotation]:
    """What two annotators submitted: the second one missed the first entity of every other article."""
    found = []
    for number, record in enumerate(records):
        draft = Layers(entities=(record.entities or [])[:1], quotes=[], claims=[])
        for name in record.annotators:
            missed = name == "ben" and number % 2 == 0
            found.append(
                Annotation(
                    id=record.id,
                    text=record.text,
                    annotator=name,
                    entities=(record.entities or [])[1 if missed else 0 :],
                    quotes=record.quotes,
                    claims=record.claims,
                    model=record.model,
                    predicted=None if record.model is None else draft,
                    lead_time_s=60.0 + 10 * number,
                    updated_at="2025-08-01T10:00:00Z",
                )
            )
    return found


def make_releases(home: Path, schema: Schema) -> None:
    """`ports/0.1.0`; its successor, with articles added, removed, corrected and left out; and that without texts."""
    records = [make_record(number) for number in range(6)]
    predictions = [Prediction(id=r.id, model="rules-0.1.0", entities=(r.entities or [])[:1]) for r in records]
    shares = {"train": 0.5, "test": 0.5}
    release_records(
        records,
        "ports",
        "0.1.0",
        to=home,
        annotations=make_annotations(records),
        predictions=predictions,
        schema=schema,
        licence="CC-BY-4.0",
        shares=shares,
        about="Two dockers, *paid by the hour*.",
        annotator_map=home / "annotators.json",
    )
    splits = {record.id: record.split for record in load_gold(home / "ports" / "0.1.0")}
    one, other = (next(r for r in records if splits[r.id] == split) for split in shares)
    words = [(record.text or "").split() for record in (one, other)]
    bridge = " ".join([*words[0], *words[1]])
    changed = msgspec.structs.replace(records[1], entities=[*(records[1].entities or []), Entity(0, 5, "PRODUCT")])
    between = GoldRecord(id="port-bridge", text=bridge, annotators=["ben"], entities=[])
    later = [records[0], changed, *records[2:5], make_record(6), between]
    release_records(
        later, "ports", "0.2.0", to=home, schema=schema, shares=shares, annotator_map=home / "annotators.json"
    )
    write_stand_off(home / "ports" / "0.2.0", home / "stand-off")


def test_the_present_format_is_recorded() -> None:
    assert (HOME / f"format-{FORMAT}").is_dir(), (
        f"no release of manifest format {FORMAT} is recorded; record it: python tests/contract/test_released.py"
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("home", FORMATS, ids=lambda home: home.name)
def test_a_release_of_every_format_passes_check(home: Path, place: str) -> None:
    try:
        check_release(home / place)
    except GoldError as error:
        pytest.fail(f"{RULE.format(name=place, format=home.name.removeprefix('format-'))}\n{error}")


def test_the_same_records_give_the_same_release(tmp_path: Path) -> None:
    """Papers and rows are the same everywhere, tables to the byte where the same version of pyarrow writes them."""
    recorded = HOME / f"format-{FORMAT}"
    make_releases(tmp_path, load_schema(recorded / "ports" / "0.1.0" / "schema.toml"))
    for place in PLACES:
        old, new = (read_manifest(home / place) for home in (recorded, tmp_path))
        tables = [name for name in old.files if name.endswith(".parquet")]
        writers = {pq.read_metadata(home / place / name).created_by for home in (recorded, tmp_path) for name in tables}
        if len(writers) == 1:
            assert {name: new.files.get(name) for name in tables} == {name: old.files[name] for name in tables}, place
        assert {name: entry.row_hashes for name, entry in new.splits.items()} == {
            name: entry.row_hashes for name, entry in old.splits.items()
        }, place
        for name in ("README.md", "CHANGES.md", "schema.toml"):
            expected, found = ((home / place / name).read_text("utf-8") for home in (recorded, tmp_path))
            assert found == expected, RULE.format(name=f"{place}/{name}", format=FORMAT)


def test_the_first_release_still_gives_its_bytes(tmp_path: Path) -> None:
    """`news/0.1.0`, which comes with the toolkit, built again from its own records."""
    first = resource_dir("gold") / "news" / "0.1.0"
    again = release_records(
        load_gold(first), "news", "0.1.0", to=tmp_path, schema=first / "schema.toml", names=True, licence="CC-BY-4.0"
    )
    old, new = read_manifest(first), read_manifest(again)
    assert new.splits["test"].row_hashes == old.splits["test"].row_hashes
    for name in ("data/test-00000-of-00001.parquet", "tokens/test-00000-of-00001.parquet"):
        if pq.read_metadata(first / name).created_by == pq.read_metadata(again / name).created_by:
            assert (again / name).read_bytes() == (first / name).read_bytes()


@pytest.mark.parametrize(
    "folder",
    sorted(Path(__file__).parents[2].joinpath("gold").glob("*/*.*.*")),
    ids=lambda folder: f"{folder.parent.name}-{folder.name}",
)
def test_the_releases_that_come_with_the_toolkit_are_intact(folder: Path) -> None:
    """Among them is one without texts beside its parent, whose texts are left out as well."""
    check_release(folder)


if __name__ == "__main__":
    new = HOME / f"format-{FORMAT}"
    if new.exists():
        raise SystemExit(f"{new}: exists; what was recorded is never written again")
    make_releases(new, load_schema())
    (new / "annotators.json").unlink()
    print(f"recorded {new}")
