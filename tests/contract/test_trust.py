"""What a release cannot be made to say: forgeries with a recomputed manifest, other places, other kinds of files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.artifacts.features import to_features, to_token_features
from annotate.errors import AnnotateError, GoldError
from annotate.files import resource_dir, sha256_text
from annotate.gold.manifest import (
    LeftOut,
    Manifest,
    ParentEntry,
    Placed,
    read_manifest,
    spell_digest,
)
from annotate.gold.parquet import iter_gold, iter_rows
from annotate.gold.rows import hash_row, normalize_record, to_row
from annotate.publish.stand_off import write_stand_off
from annotate.records import Annotation, Claim, Entity, GoldRecord, Quote, Span
from annotate.release.build import release_records
from annotate.release.card import to_card
from annotate.release.check import check_release
from annotate.release.croissant import render_croissant
from annotate.schema import load_schema
from tests.support.forgery import forge, hash_files, write_rows

DEV = "data/dev-00000-of-00001.parquet"


def make_records() -> list[GoldRecord]:
    records = []
    for n in range(12):
        words = " ".join(f"{chr(97 + n)}word{chr(97 + i)}" for i in range(30))
        text = f"Ann Lee 👩 said that {words}."
        records.append(
            GoldRecord(
                id=f"a{n:02d}",
                text=text,
                date="2021-07-26",
                publisher="The Paper",
                annotators=["ada", "ben"],
                decided_by="majority",
                entities=[Entity(0, 7, "PERSON", annotators=["ada"])],
                quotes=[Quote("indirect", [Span(20, len(text) - 1)], Span(0, 7), Span(10, 14))],
                claims=[Claim(20, len(text) - 1, True, "other")],
            )
        )
    return records


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = make_records()
    annotations = [
        Annotation(id=r.id, text=r.text, annotator=name, entities=r.entities, quotes=r.quotes, claims=r.claims)
        for r in records
        for name in ("ada", "ben")
    ]
    return release_records(
        records,
        "news",
        "1.0.0",
        to=tmp_path_factory.mktemp("gold"),
        annotations=annotations,
        licence="CC-BY-4.0",
        about="Two students, [the lab](https://lab.example).",
    )


@pytest.fixture
def folder(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "news" / "1.0.0"))


def replace_in(name: str, old: str, new: str) -> Callable[[Path], dict[str, Any]]:
    def change(folder: Path) -> dict[str, Any]:
        path = folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return {}

    return change


def write_file(name: str, text: str) -> Callable[[Path], dict[str, Any]]:
    def change(folder: Path) -> dict[str, Any]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return {}

    return change


def edit(change: Callable[[Manifest], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: change(read_manifest(folder))


def figure_of(manifest: Manifest, value: float) -> dict[str, Any]:
    agreement = json.loads(json.dumps(manifest.agreement))
    agreement["measures"]["f1:strict:entities"]["value"] = value
    return dict(agreement)


def rename_split(folder: Path) -> dict[str, Any]:
    for config in ("data", "tokens"):
        (folder / config / "dev-00000-of-00001.parquet").rename(folder / config / "gold-00000-of-00001.parquet")
    manifest = read_manifest(folder)
    splits = {"gold" if name == "dev" else name: entry for name, entry in manifest.splits.items()}
    return {"splits": splits}


def rewrite_rows(folder: Path, change: Callable[[GoldRecord], GoldRecord]) -> dict[str, Any]:
    manifest = read_manifest(folder)
    records = [normalize_record(change(record)) for record in iter_gold(folder / DEV)]
    schema = load_schema(folder / "schema.toml")
    write_rows(folder / DEV, map(to_row, records), to_features(schema))
    rows = {name: entry.rows for name, entry in manifest.files.items() if entry.rows is not None}
    described = msgspec.structs.replace(manifest, files=hash_files(folder, rows))
    (folder / "croissant.json").write_text(render_croissant(described, schema), encoding="utf-8")
    dev = msgspec.structs.replace(manifest.splits["dev"], row_hashes=[hash_row(record) for record in records])
    return {"splits": {**manifest.splits, "dev": dev}}


def leave_tokens_out(folder: Path) -> dict[str, Any]:
    shutil.rmtree(folder / "tokens")
    return {"stand_off": True, "tokens": {}}


# a forgery, and what check has against it without knowing the digest; None: nothing in the tables contradicts it
FORGERIES: dict[str, tuple[Callable[[Path], dict[str, Any]], str | None]] = {
    "card loads a foreign address": (
        replace_in("README.md", "    - data/train-00000-of-00001.parquet", "    - https://evil.example/x.parquet"),
        "README.md is not the card",
    ),
    "card of another licence": (replace_in("README.md", "CC-BY-4.0", "CC0-1.0"), "README.md is not the card"),
    "card of other numbers": (replace_in("README.md", "| train | 10 |", "| train | 99 |"), "README.md is not the card"),
    "card with a script": (
        replace_in("README.md", "Two students", "<script src=//evil.example></script>"),
        "README.md is not the card",
    ),
    "extra script": (write_file("evil.py", "print('hello')"), "evil.py"),
    "extra table": (write_file("data/evil-00000-of-00001.parquet", "PAR1"), "data/evil-00000-of-00001.parquet"),
    "empty croissant": (write_file("croissant.json", "{}"), "croissant.json does not describe"),
    "croissant of another address": (
        replace_in("croissant.json", '"contentUrl": "data/dev', '"contentUrl": "https://evil.example/dev'),
        "croissant.json does not describe",
    ),
    "no changes": (write_file("CHANGES.md", "Nothing.\n"), "CHANGES.md"),
    "other changes": (replace_in("CHANGES.md", "First release.", "First release.\n\nAll is well."), "CHANGES.md"),
    "other licence": (edit(lambda m: {"licence": "CC0-1.0"}), "README.md is not the card"),
    "other version": (edit(lambda m: {"version": "2.0.0"}), "the folder is news/1.0.0"),
    "other name": (edit(lambda m: {"name": "olds"}), "the folder is news/1.0.0"),
    "other counts": (edit(lambda m: {"counts": {**m.counts, "clusters": 99}}), "has other counts of articles"),
    "other annotators": (
        edit(lambda m: {"provenance": {**m.provenance, "annotators": {"annotator-1": 12}}}),
        "has another provenance",
    ),
    "other account of tokens": (
        edit(lambda m: {"tokens": {**m.tokens, "rule": "innermost-first"}}),
        "other counts of tokens",
    ),
    "other shares": (
        edit(lambda m: {"splits": {n: msgspec.structs.replace(s, share=0.5) for n, s in m.splits.items()}}),
        "the share 0.5",
    ),
    "another split's name": (rename_split, "its split is dev"),
    "another schema": (replace_in("schema.toml", 'version = "2.0.0"', 'version = "2.0.1"'), "schema.toml is"),
    "another ceiling": (edit(lambda m: {"ceiling": {**m.ceiling, "f1:strict:entities": 0.1}}), "ceiling"),
    "another agreement": (edit(lambda m: {"agreement": figure_of(m, 0.1)}), "ceiling"),
    "a date that is none": (edit(lambda m: {"date": "soon"}), "the date 'soon'"),
    "stand-off with texts": (lambda folder: {"stand_off": True}, "no part of a release"),
    "stand-off without tokens": (leave_tokens_out, "no origin.json"),
    "withdrawn without a parent": (edit(lambda m: {"withdrawn": {"z": Placed("dev", "c")}}), "no parent"),
    "left out and in": (edit(lambda m: {"left_out": [LeftOut("a00", ["a01"])]}), "a00 is in the tables"),
    "a parent that never was": (
        edit(lambda m: {"parent": ParentEntry("0.9.0", "0" * 64)}),
        "CHANGES.md: expected to begin",
    ),
    "articles without rows": (
        edit(lambda m: {"splits": {**m.splits, "dev": msgspec.structs.replace(m.splits["dev"], articles=10**15)}}),
        "one per row hash",
    ),
    "nothing": (lambda folder: {}, None),
    "another publisher": (
        lambda folder: rewrite_rows(folder, lambda record: msgspec.structs.replace(record, publisher="Another")),
        None,
    ),
    "another date": (edit(lambda m: {"date": "2001-01-01"}), "croissant.json does not describe"),
    "another annotator's time": (
        edit(lambda m: {"work": {name: {**work, "median_seconds": 1.0} for name, work in m.work.items()}}),
        "README.md is not the card",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_every_forgery_is_found(name: str, folder: Path, release: Path) -> None:
    change, words = FORGERIES[name]
    forge(folder, **change(folder))
    if words is None:
        check_release(folder)
    else:
        with pytest.raises(GoldError) as caught:
            check_release(folder)
        assert words in str(caught.value)
    pinned = spell_digest(read_manifest(release))
    if name == "nothing":
        check_release(folder, digest=pinned)
    else:
        with pytest.raises(GoldError):
            check_release(folder, digest=pinned)


def test_a_consistent_forgery_needs_a_pinned_digest(folder: Path, release: Path) -> None:
    """Whoever rewrites agreement and card alike is found by the digest alone; the message has both."""
    manifest = read_manifest(folder)
    forged = msgspec.structs.replace(
        manifest, agreement=figure_of(manifest, 0.5), ceiling={**manifest.ceiling, "f1:strict:entities": 0.5}
    )
    (folder / "README.md").write_text(to_card(forged, load_schema(folder / "schema.toml")), encoding="utf-8")
    forge(folder, agreement=forged.agreement, ceiling=forged.ceiling)
    assert check_release(folder).digest == spell_digest(read_manifest(folder))
    pinned = spell_digest(read_manifest(release))
    with pytest.raises(GoldError, match=f"expected {pinned}: this is not the expected release"):
        check_release(folder, digest=pinned)
    for wrong in ("sha256:12", pinned.removeprefix("sha256:"), pinned.upper(), ""):
        with pytest.raises(GoldError, match="expected sha256: and 64 hex digits"):
            check_release(folder, digest=wrong)


def test_tokens_that_leave_words_out_are_found(folder: Path) -> None:
    path = folder / "tokens" / "dev-00000-of-00001.parquet"
    [row] = iter_rows(path)
    cut = {key: value if key == "id" else value[:-3] for key, value in row.items()}
    write_rows(path, [cut], to_token_features(load_schema("news")))
    forge(folder)
    with pytest.raises(GoldError, match="its tokens are not the words at their offsets"):
        check_release(folder)


def test_a_stand_off_release_has_no_texts(release: Path, tmp_path: Path) -> None:
    bare = write_stand_off(release, tmp_path)
    check_release(bare)
    card = (bare / "README.md").read_text("utf-8")
    assert "This release has no article texts" in card
    assert "config_name: tokens" not in card
    shutil.copyfile(release / DEV, bare / DEV)
    whole, manifest = read_manifest(release), read_manifest(bare)
    forge(bare, splits={**manifest.splits, "dev": whole.splits["dev"]})
    with pytest.raises(GoldError, match="it has a text, but"):
        check_release(bare)


@pytest.mark.parametrize("place", ["news/2.0.0", "news/v1", "other/1.0.0", "1.0.0", "download"])
def test_a_release_lies_where_its_manifest_says(release: Path, tmp_path: Path, place: str) -> None:
    moved = Path(shutil.copytree(release, tmp_path / place))
    with pytest.raises(GoldError, match=r"its manifest is of news/1\.0\.0.*rename the folder to \.\.\./news/1\.0\.0"):
        check_release(moved)


def test_a_relative_folder_is_known_by_its_whole_path(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(release)
    assert check_release(".").ref == "news/1.0.0"
    monkeypatch.chdir(release.parent)
    assert check_release("1.0.0").ref == "news/1.0.0"


def test_a_release_of_0_1_is_whole_as_it_is() -> None:
    folder = resource_dir("gold") / "news" / "0.1.0"
    report = check_release(folder, digest="sha256:b4816ac6f44142463a1a6bc87e6e11ad9e82d911dda104d7f309a3f0362df1b8")
    assert (report.ref, report.articles, report.signed) == ("news/0.1.0", 5, False)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("README.md", "    - data/test-00000-of-00001.parquet", "    - https://evil.example/x"),
        ("README.md", "| test | 5 | 328 |", "| test | 5 | 999 |"),
        ("README.md", "Annotations: CC-BY-4.0.", "Annotations: CC0-1.0."),
        ("README.md", "license_name: CC-BY-4.0", "license_name: CC0-1.0"),
        ("README.md", "- config_name: tokens", "- config_name: other"),
        ("croissant.json", "data/test", "evil/test"),
        ("CHANGES.md", "news/0.1.0", "news/0.2.0"),
    ],
)
def test_forged_papers_of_a_release_of_0_1(tmp_path: Path, name: str, old: str, new: str) -> None:
    folder = Path(shutil.copytree(resource_dir("gold") / "news" / "0.1.0", tmp_path / "news" / "0.1.0"))
    forge(folder, **replace_in(name, old, new)(folder))
    with pytest.raises(GoldError, match=name.replace(".", r"\.")):
        check_release(folder)


def test_a_newer_format_is_named(folder: Path) -> None:
    forge(folder, format=3)
    with pytest.raises(GoldError, match="format 3; expected 1 to 2: a newer version of the toolkit"):
        check_release(folder)


# ----------------------------------------------------------------------------------------------- kinds of files


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Turn a wait without end into a failure."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "fifo": (os.mkfifo, "a named pipe"),
    "socket": (make_socket, "a socket"),
    "folder": (Path.mkdir, "a folder"),
    "link": (lambda path: path.symlink_to("/dev/zero"), "a link"),
    "endless": (lambda path: os.mknod(path, 0o020644, os.makedev(1, 5)), "a device"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["README.md", "manifest.json", "manifest.json.sig", "schema.toml", DEV, "new"])
def test_what_is_no_file_is_found_before_it_is_read(folder: Path, name: str, kind: str) -> None:
    make, words = KINDS[kind]
    (folder / name).unlink(missing_ok=True)
    try:
        make(folder / name)
    except PermissionError:
        pytest.skip("only root makes devices")
    with at_most(20), pytest.raises(GoldError, match=f"{name} is {words}; a release has plain files only"):
        check_release(folder)
    with at_most(20), pytest.raises(AnnotateError):
        read_manifest(folder) if name == "manifest.json" else check_release(folder)


@pytest.mark.parametrize("content", [b"", b"x", b"<script>", b"-----BEGIN SSH SIGNATURE-----\nU1NI\n"])
def test_a_signature_is_one(content: bytes, folder: Path) -> None:
    (folder / "manifest.json.sig").write_bytes(content)
    with pytest.raises(GoldError, match=r"manifest\.json\.sig is no SSH signature"):
        check_release(folder)


def test_empty_folders_are_found(folder: Path) -> None:
    (folder / "anchors").mkdir()
    with pytest.raises(GoldError, match="folder anchors/ is not in the manifest"):
        check_release(folder)
    (folder / "anchors").rmdir()
    (folder / "data" / "more").mkdir()
    with pytest.raises(GoldError, match="data/more is a folder"):
        check_release(folder)


@pytest.mark.parametrize(
    ("name", "size"), [("README.md", 1 << 40), ("manifest.json", 1 << 40), ("schema.toml", 1 << 30)]
)
def test_absurd_sizes_are_not_read(folder: Path, name: str, size: int) -> None:
    os.truncate(folder / name, size)
    with at_most(20), pytest.raises(GoldError, match=rf"{name} has [\d,]+ bytes; expected at most"):
        check_release(folder)


@pytest.mark.parametrize("opened", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_deep_nesting_is_one_error(folder: Path, opened: str, depth: int) -> None:
    nested = opened * depth + "1" + ("]" if opened == "[" else "}") * depth
    body = json.dumps({**msgspec.to_builtins(read_manifest(folder)), "agreement": 0}, indent=1)
    body = body.replace('"agreement": 0', f'"agreement": {nested}')
    text = f'{body[:-2]},\n "digest": "{sha256_text(body)}"\n}}\n'
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with at_most(60), pytest.raises(GoldError, match=r"manifest\.json"):
        check_release(folder)


def test_a_deep_schema_is_one_error(folder: Path) -> None:
    with (folder / "schema.toml").open("a", encoding="utf-8") as file:
        file.write("\nx = " + "[" * 20_000 + "]" * 20_000 + "\n")
    forge(folder)
    with at_most(60), pytest.raises(AnnotateError):
        check_release(folder)


# ------------------------------------------------------------------------------------------------------- fuzzing


def try_check(folder: Path) -> None:
    """Either a report or one error of ours, soon."""
    began = time.monotonic()
    with at_most(60), contextlib.suppress(AnnotateError):
        check_release(folder)
    assert time.monotonic() - began < 60


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -1, 2**63, "\ud800", "../x", "\x1b[31m", "", "a" * 5000])
    | st.floats()
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def list_places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from list_places(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from list_places(inner, (*place, i))


@pytest.fixture(scope="module")
def scratch(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(release, tmp_path_factory.mktemp("fuzz") / "news" / "1.0.0"))


@settings(max_examples=200)
@given(data=st.data())
def test_a_manifest_with_odd_values_gives_a_report_or_one_error(scratch: Path, data: st.DataObject) -> None:
    path = scratch / "manifest.json"
    whole = path.read_text("utf-8")
    content = json.loads(whole)
    del content["digest"]
    *way, last = data.draw(st.sampled_from(sorted(list_places(content), key=str)))
    inner = content
    for step in way:
        inner = inner[step]
    if data.draw(st.booleans()):
        inner[last] = data.draw(odd_values)
    else:
        del inner[last]
    body = json.dumps(content, ensure_ascii=False, indent=1)
    text = f'{body[:-2]},\n "digest": "{sha256_text(body)}"\n}}\n'
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        try_check(scratch)
    finally:
        path.write_text(whole, encoding="utf-8")


@settings(max_examples=120)
@given(data=st.data())
def test_files_of_any_bytes_under_a_fitting_manifest_give_a_report_or_one_error(
    scratch: Path, data: st.DataObject
) -> None:
    manifest = (scratch / "manifest.json").read_bytes()
    name = data.draw(st.sampled_from(sorted(read_manifest(scratch).files)))
    path = scratch / name
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["truncate", "flip", "noise", "insert"]))
    noise = data.draw(st.binary(min_size=1, max_size=20))
    if kind == "truncate":
        changed = whole[:place]
    elif kind == "flip":
        changed = whole[:place] + bytes([whole[place] ^ noise[0]]) + whole[place + 1 :]
    elif kind == "noise":
        changed = noise
    else:
        changed = whole[:place] + noise + whole[place:]
    path.write_bytes(changed)
    try:
        forge(scratch)
        try_check(scratch)
    finally:
        path.write_bytes(whole)
        (scratch / "manifest.json").write_bytes(manifest)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["README.md", "manifest.json", DEV, "data", "tokens", "croissant.json", "new", "data/new"]),
    kind=st.sampled_from(["gone", *KINDS]),
)
def test_a_folder_of_odd_things_gives_one_error(release: Path, tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "news" / "1.0.0"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(release, folder)
    victim = folder / name
    if victim.is_dir():
        shutil.rmtree(victim)
    victim.unlink(missing_ok=True)
    if kind != "gone":
        try:
            KINDS[kind][0](victim)
        except PermissionError:
            return
    elif name in ("new", "data/new"):
        return
    with at_most(30), pytest.raises(AnnotateError):
        check_release(folder)
