"""Releases as users meet them: the commands, a build that is killed at any moment, the page of a diff."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from annotate.gold.manifest import read_manifest, spell_digest
from annotate.jsonl import write_records
from annotate.records import Entity, GoldRecord
from annotate.release import build
from annotate.release.check import check_release
from tests.support.browser import watched_page
from tests.support.commands import run
from tests.support.folders import contents

release_records = partial(build.release_records, names=True)
HOSTILE = "</script><script>document.title='hacked'</script><img src=x onerror=alert(1)> "


def make_records(count: int, words: int = 60) -> list[GoldRecord]:
    texts = [f"{HOSTILE if n == 0 else ''}Ann Lee {' '.join(f'w{n}x{i}' for i in range(words))}." for n in range(count)]
    return [
        GoldRecord(
            id=f"a{n}", text=text, annotators=["x"], entities=[Entity(start := text.index("Ann"), start + 7, "PERSON")]
        )
        for n, text in enumerate(texts)
    ]


def test_the_commands_in_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    records = make_records(10)
    write_records(Path("d.jsonl"), records)
    Path("about.md").write_text("Annotated by **two students**.", encoding="utf-8")
    first = run(
        "release", "d.jsonl", "--name", "news", "--version", "1.0.0", "--about", "about.md", "--licence", "CC0-1.0"
    )
    digest = spell_digest(read_manifest(Path("gold/news/1.0.0")))
    assert first.stdout == f"gold/news/1.0.0\n{digest}\n"
    assert "train: 8 articles, 80.0% (wanted 80.0%)" in first.stderr
    assert "**two students**" in Path("gold/news/1.0.0/README.md").read_text("utf-8")
    checked = run("check", "news/1.0.0")
    assert checked.stdout.startswith("news/1.0.0: intact.")
    assert f"digest {digest}\n" in checked.stdout
    run("check", "news/1.0.0", "--digest", digest)
    for other, words in (("sha256:" + "0" * 64, f"its digest is {digest}"), ("beef", "expected sha256:")):
        assert words in run("check", "news/1.0.0", "--digest", other, code=1).stderr

    records[0].entities = []
    write_records(Path("d.jsonl"), records)
    for version, words in (("1.0.0", "never changed"), ("0.9.0", "only grow"), ("1.0", "MAJOR.MINOR.PATCH")):
        assert words in run("release", "d.jsonl", "--name", "news", "--version", version, code=1).stderr
    run("release", "d.jsonl", "--name", "news", "--version", "1.0.1", "--licence", "CC0-1.0")
    difference = run("diff", "news/1.0.0", "news/1.0.1")
    assert "a0: changed\n  - entities: PERSON [78, 85) 'Ann Lee'" in difference.stdout
    assert difference.stdout.endswith("articles: 1 changed; entities: 1 removed\n")
    listed = run("releases").stdout
    heads, _, *rows = (line.split() for line in listed.splitlines() if line)
    assert [heads[0], *(row[0] for row in rows)] == ["release", *("news/1.0.0", "news/1.0.1") * 2]
    assert f"news/1.0.0 {digest}\n" in listed
    run("releases", "--to", "nowhere")
    run("check", "news/9.9.9", code=1)


def test_records_that_cannot_be_read_are_reported_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_records(path, make_records(2))
    path.write_bytes(path.read_bytes() + b'{"id": "x", "text": 7}\n{"id": ')
    result = run("release", path, "--name", "news", "--version", "1.0.0", "--to", tmp_path / "gold", code=1)
    assert f"{path}:3" in result.stderr
    assert f"{path}:4" in result.stderr
    assert not (tmp_path / "gold").exists()


def test_a_killed_build_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    records = make_records(60, words=300)
    write_records(tmp_path / "d.jsonl", records)
    expected = release_records(records, "news", "1.0.0", to=tmp_path / "whole")
    home = tmp_path / "gold" / "news"
    code = (
        "import sys; from pathlib import Path; from annotate.release.build import release_records; "
        "print('ready', flush=True); sys.stdin.readline(); "
        f"decided = Path({str(tmp_path / 'd.jsonl')!r}); "
        f"release_records(decided, 'news', '1.0.0', to={str(tmp_path / 'gold')!r}, names=True)"
    )
    # at what a build can be seen doing: the first tables there, papers there, done
    moments = [".1.0.0.*/data/train*", ".1.0.0.*/croissant.json", "1.0.0"]
    for moment in moments:
        builder = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert builder.stdin
        assert builder.stdout
        assert builder.stdout.readline() == "ready\n"
        builder.stdin.write("\n")
        builder.stdin.flush()
        deadline = time.monotonic() + 120
        while not (home.is_dir() and any(home.glob(moment))) and time.monotonic() < deadline:
            if builder.poll() is not None:
                break
            time.sleep(0.001)
        builder.send_signal(signal.SIGKILL)
        builder.wait()
        builder.stdin.close()
        builder.stdout.close()
        visible = [path.name for path in home.iterdir() if not path.name.startswith(".")]
        assert visible in ([], ["1.0.0"])
        if visible:
            break
    target = home / "1.0.0"
    if not target.exists():
        release_records(records, "news", "1.0.0", to=tmp_path / "gold")
    assert contents(target) == contents(expected)
    check_release(target)
    release_records([*records, *make_records(61, words=300)[60:]], "news", "1.1.0", to=tmp_path / "gold")
    assert sorted(path.name for path in home.iterdir()) == ["1.0.0", "1.1.0"]


@pytest.mark.browser
def test_the_page_of_a_diff_shows_hostile_text_as_text(tmp_path: Path, chromium: Any) -> None:
    records = make_records(4)
    release_records(records, "news", "1.0.0", to=tmp_path)
    records[0].entities = [Entity(78, 81, "ORG")]
    records[1].quotes = []
    release_records([*records, *make_records(5)[4:]], "news", "1.1.0", to=tmp_path)
    html = tmp_path / "diff.html"
    run("diff", tmp_path / "news" / "1.0.0", tmp_path / "news" / "1.1.0", "--html", html)
    with watched_page(chromium) as page:
        page.goto(html.as_uri())
        page.wait_for_selector("[data-state=moved]")
        assert page.title() == "news/1.0.0 → news/1.1.0"
        assert page.locator("section").count() == 3
        assert page.locator("section", has_text="a0").locator(".text").first.text_content() == records[0].text
        assert page.locator("section", has_text="a0").locator("li").first.inner_text().startswith("moved, relabelled")
        assert page.requests == [html.as_uri()]
