"""`annotate publish` to a Hub: one commit, one tag that never moves, loaded back; killed, raced and refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotate.gold.manifest import MANIFEST, read_manifest, spell_digest
from annotate.release.build import release_records
from tests.support import hub_server
from tests.support.bridges import made_article
from tests.support.terminal import ANNOTATE

REPO = "user/bridges"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Versions 1.0.0 and 1.0.1, and another content as 1.0.0."""
    home, elsewhere = tmp_path_factory.mktemp("gold"), tmp_path_factory.mktemp("other")
    records = [made_article(n) for n in range(6)]
    build = partial(release_records, licence="CC-BY-4.0", annotator_map=home / "bridges.annotators.json")
    first = build(records, "bridges", "1.0.0", to=home)
    corrected = [msgspec.structs.replace(records[0], claims=[]), *records[1:]]
    second = build(corrected, "bridges", "1.0.1", to=home)
    other = build(corrected, "bridges", "1.0.0", to=elsewhere)
    return {"1.0.0": first, "1.0.1": second, "other": other}


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    with hub_server.HubServer() as server:
        yield server


@pytest.fixture
def annotate(hub: Any, tmp_path: Path) -> Any:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": hub_server.TOKEN,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",  # its storage protocol has no server to run here
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }

    def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*ANNOTATE, *map(str, arguments)],
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert hub_server.TOKEN not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    hub.on_request = hub.fail_on = None
    hub.log.clear()
    return run


def writes(hub: Any) -> list[str]:
    return [line for line in hub.log if line.startswith(("POST", "PUT")) and "/paths-info/" not in line]


def kill_at(hub: Any, pattern: str) -> None:
    """Kill the child of this process when it sends the request."""

    def kill(line: str) -> bool:
        if pattern in line:
            hub.on_request = None
            children = Path(f"/proc/{os.getpid()}/task")
            pids = [pid for task in children.iterdir() for pid in (task / "children").read_text().split()]
            for pid in pids:
                if b"publish" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
            return True
        return False

    hub.on_request = kill


def test_the_way_of_a_dataset(annotate: Any, hub: Any, releases: dict[str, Path], tmp_path: Path) -> None:
    """In order, as a lab would do it; each step begins where the last one ended."""
    # a plan first: nothing is written
    done = annotate("publish", releases["1.0.0"], "--to", f"hf:{REPO}", "--dry-run")
    assert (done.returncode, done.stdout, writes(hub)) == (0, "", [])
    assert f"-> hf:{REPO}, tag 1.0.0" in done.stderr
    assert "+ data/train-00000-of-00001.parquet" in done.stderr
    assert REPO not in hub.repos

    # killed before the commit: there is a repository without a release
    kill_at(hub, "/commit/main")
    assert annotate("publish", releases["1.0.0"], "--to", f"hf:{REPO}").returncode == -9
    assert MANIFEST not in hub.repos[REPO].commits[-1].files
    assert hub.repos[REPO].tags == {}

    # killed after the commit, before the tag; then completed without a second commit
    kill_at(hub, "/tag/")
    assert annotate("publish", releases["1.0.0"], "--to", f"hf:{REPO}").returncode == -9
    assert hub.repos[REPO].tags == {}
    done = annotate("publish", releases["1.0.0"], "--to", f"hf:{REPO}")
    assert done.returncode == 0, done.stderr
    assert "an interrupted publication of this release is there" in done.stderr
    digest = spell_digest(read_manifest(releases["1.0.0"]))
    assert done.stdout.splitlines() == [f'load_dataset("{REPO}", revision="1.0.0")', digest]
    assert "%|" not in done.stderr
    repo = hub.repos[REPO]
    assert [commit.message for commit in repo.commits[1:]] == ["Release bridges/1.0.0"]
    assert repo.tags == {"1.0.0": repo.commits[-1].oid}
    files = {p.relative_to(releases["1.0.0"]).as_posix(): p.read_bytes() for p in releases["1.0.0"].rglob("*.*")}
    assert {n: b for n, b in repo.commits[-1].files.items() if n != ".gitattributes"} == {
        n: b for n, b in files.items() if n not in ("data", "tokens")
    }

    # somebody else reads it at the tag
    code = f"import datasets; d = datasets.load_dataset({REPO!r}, revision='1.0.0'); print(sum(map(len, d.values())))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "reader")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "6", done.stderr

    # other content under the tag is refused, the tag stays
    done = annotate("publish", releases["other"], "--to", f"hf:{REPO}")
    assert (done.returncode, writes(hub)[-1:]) == (1, ["POST /api/datasets/user/bridges/tag/" + repo.commits[-1].oid])
    assert "a tag is never moved" in done.stderr

    # the next version: stale files go, other people's stay
    stale = {**repo.commits[-1].files, "data/old-00000-of-00001.parquet": b"old", "LICENSE": b"words"}
    repo.add(stale, "by hand")
    done = annotate("publish", releases["1.0.1"], "--to", f"hf:{REPO}")
    assert done.returncode == 0, done.stderr
    assert "- data/old-00000-of-00001.parquet" in done.stderr
    assert "LICENSE (not a release's file, left alone)" in done.stderr
    assert "data/old-00000-of-00001.parquet" not in repo.commits[-1].files
    assert repo.commits[-1].files["LICENSE"] == b"words"
    assert set(repo.tags) == {"1.0.0", "1.0.1"}

    # an older version does not take its place
    del repo.tags["1.0.0"]
    done = annotate("publish", releases["1.0.0"], "--to", f"hf:{REPO}")
    assert done.returncode == 1
    assert "would take it back" in done.stderr


def test_a_commit_in_between_is_not_overwritten(annotate: Any, hub: Any, releases: dict[str, Path]) -> None:
    repo = hub.repos["user/raced"] = hub_server.Repo()
    repo.add({".gitattributes": b""}, "initial commit")

    def race(line: str) -> None:
        if "/preupload/" in line:
            hub.on_request = None
            repo.add({".gitattributes": b"", "theirs.txt": b"!"}, "somebody else")

    hub.on_request = race
    done = annotate("publish", releases["1.0.0"], "--to", "hf:user/raced")
    assert done.returncode == 1
    assert "another commit came in between" in done.stderr
    assert [commit.message for commit in repo.commits] == ["initial commit", "somebody else"]
    assert repo.tags == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"HF_TOKEN": "hf_wrong"}, "no right to it (HTTP 401)"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be read"),
    ],
)
def test_refused_and_unreachable_are_one_message(
    change: dict[str, str], message: str, annotate: Any, releases: dict[str, Path]
) -> None:
    done = annotate("publish", releases["1.0.0"], "--to", "hf:user/new", **change)
    assert done.returncode == 1
    assert message in done.stderr
    assert "hf_wrong" not in done.stderr


def test_stand_off_and_back(annotate: Any, hub: Any, releases: dict[str, Path], tmp_path: Path) -> None:
    """Published without texts; a reader with the articles has the release again, byte for byte."""
    done = annotate("publish", releases["1.0.0"], "--to", "hf:user/bare", "--stand-off")
    assert done.returncode == 0, done.stderr
    there = hub.repos["user/bare"].commits[-1].files
    assert not any(b"cannot carry" in content for content in there.values())
    folder = tmp_path / "bridges" / "1.0.0"
    for name, content in there.items():
        if name != ".gitattributes":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    done = annotate("rehydrate", folder, releases["1.0.0"], "--to", tmp_path / "back")
    assert done.returncode == 0, done.stderr
    assert "all files are those of the release, byte for byte" in done.stderr
    back = Path(done.stdout.strip())
    for path in releases["1.0.0"].rglob("*.*"):
        assert (back / path.relative_to(releases["1.0.0"])).read_bytes() == path.read_bytes()


def test_what_would_become_public_unasked_is_refused(annotate: Any, hub: Any, tmp_path: Path) -> None:
    records = [msgspec.structs.replace(made_article(n), licence=None, annotators=["ada@lab.example"]) for n in range(2)]
    records[1].meta = {"contact": "desk@paper.example"}
    named = release_records(records, "bridges", "1.0.0", to=tmp_path / "gold", licence="CC-BY-4.0", names=True)

    dry = annotate("publish", named, "--to", "hf:user/asked", "--dry-run")
    assert dry.returncode == 0
    for words in (
        "! public: 2 texts of unknown licence; --stand-off leaves the texts out",
        "! public: 1 annotator under a name",
        "! public: 2 e-mail addresses outside the articles, in README.md, annotators, manifest.json, meta",
    ):
        assert words in dry.stderr
    done = annotate("publish", named, "--to", "hf:user/asked")
    assert (done.returncode, done.stdout, writes(hub)) == (1, "", [])
    assert "give --yes" in done.stderr
    assert "user/asked" not in hub.repos
    # where not everybody can read it, the plan warns and goes on
    assert annotate("publish", named, "--to", tmp_path / "out").returncode == 0
    done = annotate("publish", named, "--to", "hf:user/quiet", "--private")
    assert done.returncode == 0, done.stderr
    assert "! 1 annotator under a name" in done.stderr
    assert hub.repos["user/quiet"].private
    assert annotate("publish", named, "--to", "hf:user/asked", "--yes").returncode == 0
    assert not hub.repos["user/asked"].private
    # it does not become private by asking
    done = annotate("publish", named, "--to", "hf:user/asked", "--private", "--yes")
    assert done.returncode == 1
    assert "is public" in done.stderr
    assert annotate("publish", named, "--to", tmp_path / "out", "--private").returncode == 1
