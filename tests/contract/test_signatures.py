"""Signed releases, with a real ssh-keygen: whose signature it is, and every way in which it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from annotate.errors import AnnotateError, GoldError, PublishError
from annotate.jsonl import write_records
from annotate.publish import publish_release
from annotate.publish.rehydrate import rehydrate
from annotate.records import Entity, GoldRecord
from annotate.release.build import release_records
from annotate.release.check import check_release
from tests.support.commands import run

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="no ssh-keygen: signatures are NOT tested; install openssh-client"
)

RECORDS = [
    GoldRecord(id="a1", text="Ann Lee voted.", annotators=["ada"], licence="CC0-1.0", entities=[Entity(0, 7, "PERSON")])
]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of `lab` and `stranger`, and `allowed` with the lab's."""
    home = tmp_path_factory.mktemp("keys")
    for name in ("lab", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", home / name], check=True)
    (home / "allowed").write_text(f"lab@example.org {(home / 'lab.pub').read_text()}")
    (home / "other").write_text(f"who@example.org {(home / 'stranger.pub').read_text()}")
    return home


@pytest.fixture
def signed(keys: Path, tmp_path: Path) -> Path:
    return release_records(RECORDS, "news", "1.0.0", to=tmp_path / "gold", sign=keys / "lab")


def test_the_signer_is_named(signed: Path, keys: Path, tmp_path: Path) -> None:
    report = check_release(signed, signers=keys / "allowed")
    assert (report.signed, report.signer) == (True, "lab@example.org")
    assert check_release(signed).signer is None
    found = run("check", signed, "--signers", keys / "allowed")
    assert "signed by lab@example.org\n" in found.stdout
    plain = run("check", signed)
    assert "signed, but the signature was not verified" in plain.stderr
    # ssh-keygen alone finds the same
    command = ["ssh-keygen", "-Y", "verify", "-f", keys / "allowed", "-I", "lab@example.org", "-n", "annotate-release"]
    data = (signed / "manifest.json").read_bytes()
    subprocess.run([*command, "-s", signed / "manifest.json.sig"], input=data, check=True, capture_output=True)


def test_the_command_signs(keys: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "d.jsonl", RECORDS)
    arguments = ("release", tmp_path / "d.jsonl", "--name", "news", "--version", "1.0.0", "--to", tmp_path / "gold")
    for key, words in ((tmp_path / "nowhere", "no such key"), (tmp_path / "d.jsonl", "cannot sign")):
        refused = run(*arguments, "--sign", key, code=1)
        assert words in refused.stderr
        assert not (tmp_path / "gold").exists()
    run(*arguments, "--sign", keys / "lab")
    assert check_release(tmp_path / "gold/news/1.0.0", signers=keys / "allowed").signer == "lab@example.org"


def test_by_somebody_else(signed: Path, keys: Path) -> None:
    with pytest.raises(GoldError, match="not signed by anyone in"):
        check_release(signed, signers=keys / "other")


def test_of_other_bytes(signed: Path, keys: Path, tmp_path: Path) -> None:
    changed = [GoldRecord(id="a1", text="Ann Lee won.", annotators=["ada"], licence="CC0-1.0", entities=[])]
    other = release_records(changed, "news", "1.0.0", to=tmp_path / "other", sign=keys / "lab")
    shutil.copyfile(other / "manifest.json.sig", signed / "manifest.json.sig")
    with pytest.raises(GoldError, match=r"not a valid signature of this manifest\.json"):
        check_release(signed, signers=keys / "allowed")


def test_made_for_something_else(signed: Path, keys: Path) -> None:
    (signed / "manifest.json.sig").unlink()
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", keys / "lab", "-n", "git", signed / "manifest.json"]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(GoldError, match="not a valid signature"):
        check_release(signed, signers=keys / "allowed")


def test_none_and_noise(signed: Path, keys: Path) -> None:
    (signed / "manifest.json.sig").write_bytes(b"\x00noise\x1b[31m")
    with pytest.raises(GoldError, match="not signed by anyone") as caught:
        check_release(signed, signers=keys / "allowed")
    assert "\x1b" not in str(caught.value)
    (signed / "manifest.json.sig").unlink()
    assert not check_release(signed).signed
    with pytest.raises(GoldError, match=r"not signed: it has no manifest\.json\.sig"):
        check_release(signed, signers=keys / "allowed")
    with pytest.raises(AnnotateError, match="no such file; --signers takes"):
        check_release(signed, signers=keys / "nowhere")


def test_without_ssh_keygen(signed: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    check_release(signed)
    with pytest.raises(AnnotateError, match="which is not installed; install OpenSSH"):
        check_release(signed, signers=keys / "allowed")
    with pytest.raises(AnnotateError, match="which is not installed"):
        release_records(RECORDS, "news", "1.0.0", to=tmp_path / "more", sign=keys / "lab")
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("scheme", ["", "local://"])
def test_publishing_carries_the_signature_along(signed: Path, keys: Path, tmp_path: Path, scheme: str) -> None:
    target = f"{scheme}{tmp_path / 'out'}"
    plan = publish_release(signed, target).plan
    assert plan.add[-2:] == ["manifest.json.sig", "manifest.json"]
    there = tmp_path / "out/news/1.0.0"
    assert check_release(there, signers=keys / "allowed").signer == "lab@example.org"
    assert publish_release(signed, target).plan.status == "published"
    (there / "manifest.json.sig").unlink()
    with pytest.raises(PublishError, match="without this signature; a published version is never changed"):
        publish_release(signed, target)


def test_other_bytes_have_no_signature_and_the_plan_has_a_line_on_it(signed: Path, keys: Path, tmp_path: Path) -> None:
    shown: list[str] = []
    publish_release(signed, str(tmp_path / "out"), stand_off=True, show=lambda plan: shown.append(str(plan)))
    assert "without the signature, which is of the release with its texts" in shown[0]
    bare = tmp_path / "out/news/1.0.0"
    assert not (bare / "manifest.json.sig").exists()
    shutil.copyfile(signed / "manifest.json.sig", bare / "manifest.json.sig")
    with pytest.raises(GoldError, match="not a valid signature"):
        check_release(bare, signers=keys / "allowed")
    report = rehydrate(bare, [str(signed)], to=tmp_path / "back")
    assert "without the signature" in str(report)
    assert report.identical == "all"
    assert not (report.place / "manifest.json.sig").exists()
