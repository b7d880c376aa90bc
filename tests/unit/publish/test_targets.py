"""Folders and stores: what was published is never changed, and a killed publication leaves the old state or the new."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from annotate.errors import AnnotateError, GoldError, PublishError
from annotate.gold.manifest import MANIFEST
from annotate.publish import publish_release
from annotate.release.build import release_records
from annotate.release.check import check_release
from tests.support.bridges import made_article
from tests.support.folders import contents


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another content under the same name and version."""
    records = [msgspec.structs.replace(made_article(n), publisher="Somebody") for n in range(6)]
    return release_records(records, "bridges", "1.0.0", to=tmp_path_factory.mktemp("other"), licence="CC-BY-4.0")


@pytest.fixture(params=["folder", "store"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "out") if request.param == "folder" else f"local://{tmp_path / 'out'}"


def test_published_twice_is_published_once(release: Path, target: str, tmp_path: Path) -> None:
    first = publish_release(release, target)
    assert first.plan.status == "new"
    assert first.plan.add[-1] == MANIFEST
    there = tmp_path / "out/bridges/1.0.0"
    assert contents(there) == contents(release)
    before = {path: path.stat().st_mtime_ns for path in there.rglob("*")}
    again = publish_release(release, target)
    assert again.plan.status == "published"
    assert {path: path.stat().st_mtime_ns for path in there.rglob("*")} == before


def test_a_dry_run_writes_nothing(release: Path, target: str, tmp_path: Path) -> None:
    found = publish_release(release, target, dry_run=True)
    assert found.place is None
    assert "+ manifest.json" in str(found.plan)
    assert not (tmp_path / "out").exists()


def test_another_content_under_the_version_is_refused(release: Path, other: Path, target: str, tmp_path: Path) -> None:
    publish_release(release, target)
    before = contents(tmp_path / "out")
    for stand_off in (False, True):
        with pytest.raises(PublishError, match="never changed"):
            publish_release(other, target, stand_off=stand_off)
    assert contents(tmp_path / "out") == before


def test_a_damaged_release_is_not_published(release: Path, target: str, tmp_path: Path) -> None:
    broken = shutil.copytree(release, tmp_path / "bridges" / "1.0.0")
    (broken / "README.md").write_text("changed")
    with pytest.raises(GoldError, match=r"README\.md"):
        publish_release(broken, target)
    assert not (tmp_path / "out").exists()


def test_without_texts_no_text_arrives(release: Path, target: str, tmp_path: Path) -> None:
    published = publish_release(release, target, stand_off=True)
    assert published.plan.stand_off
    there = tmp_path / "out/bridges/1.0.0"
    assert not (there / "tokens").exists()
    assert b"It cannot carry" not in b"".join(contents(there).values())


KILLED = """
import os, signal, sys
from annotate.publish import folder, store, publish_release
calls = 0
def die(function):
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return wrapped
if "://" in sys.argv[2]:
    store.StoreTarget._send = die(store.StoreTarget._send)
else:
    folder.shutil.copyfile = die(folder.shutil.copyfile)
publish_release(sys.argv[1], sys.argv[2])
"""


@pytest.mark.parametrize("call", [4, 9])
def test_killed_in_the_middle_it_leaves_no_release_and_is_completed(
    release: Path, target: str, call: int, tmp_path: Path
) -> None:
    """The ninth file is the manifest."""
    killed = subprocess.run([sys.executable, "-c", KILLED, release, target, str(call)], check=False)
    assert killed.returncode == -9
    there = tmp_path / "out/bridges/1.0.0"
    assert not (there / MANIFEST).exists()
    if "://" in target:
        (there / "tokens" / "old-00000-of-00001.parquet").parent.mkdir(exist_ok=True)
        (there / "tokens" / "old-00000-of-00001.parquet").write_bytes(b"left by an interrupted publication")
        plan = publish_release(release, target, dry_run=True).plan
        assert plan.status == "resumed"
        assert len(plan.keep) == call - 1
        assert plan.remove == ["tokens/old-00000-of-00001.parquet"]
    publish_release(release, target)
    assert contents(there) == contents(release)
    assert [path.name for path in (tmp_path / "out/bridges").iterdir()] == ["1.0.0"]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bucket on a real S3-speaking server on loopback."""
    pytest.importorskip("s3fs")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="gold")
        yield "s3://gold/releases"
    server.stop()


def test_a_release_in_a_bucket_is_whole_and_never_changes(release: Path, other: Path, s3: str, tmp_path: Path) -> None:
    import boto3

    assert publish_release(release, s3).place == "s3://gold/releases/bridges/1.0.0"
    client = boto3.client("s3")
    listed = {item["Key"]: item for item in client.list_objects_v2(Bucket="gold")["Contents"]}
    prefix = "releases/bridges/1.0.0/"
    assert {name.removeprefix(prefix) for name in listed} == set(contents(release))
    for name in listed:
        client.download_file("gold", name, str(tmp_path / "file"))
        assert (tmp_path / "file").read_bytes() == (release / name.removeprefix(prefix)).read_bytes()
    assert publish_release(release, s3).plan.status == "published"
    with pytest.raises(PublishError, match="never changed"):
        publish_release(other, s3)
    client.delete_object(Bucket="gold", Key=prefix + MANIFEST)  # as after a kill before the last step
    resumed = publish_release(release, s3)
    assert (resumed.plan.status, resumed.plan.add) == ("resumed", [MANIFEST])


def test_a_store_that_cannot_be_reached_is_one_message_without_the_login(release: Path, s3: str) -> None:
    with pytest.raises(AnnotateError, match="cannot be") as caught:
        publish_release(release, "s3://no-such-bucket-here/x")
    assert "\n" not in str(caught.value)
    with pytest.raises(AnnotateError) as caught:
        publish_release(release, "nosuch://me:secret@host/x")
    assert "secret" not in str(caught.value)


def test_the_folder_keeps_several_versions_that_datasets_loads(release: Path, tmp_path: Path) -> None:
    import datasets

    publish_release(release, str(tmp_path))
    home = tmp_path / "bridges"
    corrected = [made_article(n) for n in range(6)]
    corrected[0] = msgspec.structs.replace(corrected[0], claims=[])
    publish_release(
        release_records(
            corrected, "bridges", "1.0.1", to=tmp_path / "work", parent=release, licence="CC-BY-4.0", names=True
        ),
        str(tmp_path),
    )
    assert sorted(path.name for path in home.iterdir()) == ["1.0.0", "1.0.1"]
    check_release(home / "1.0.1")
    loaded = datasets.load_dataset(str(home / "1.0.1"), cache_dir=str(tmp_path / "cache"))
    assert sum(split.num_rows for split in loaded.values()) == 6
