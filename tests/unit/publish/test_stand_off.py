"""Stand-off releases hold no text; rehydrating restores what was released, or reports what it could not restore."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.errors import GoldError, PublishError
from annotate.gold.load import load_gold
from annotate.jsonl import write_records
from annotate.publish.anchors import find_anchors, make_anchors
from annotate.publish.rehydrate import rehydrate
from annotate.publish.stand_off import write_stand_off
from annotate.records import Article, GoldRecord
from annotate.release.build import release_records
from annotate.release.check import check_release
from tests.support.bridges import made_article
from tests.support.folders import contents


@pytest.fixture(scope="module")
def bare(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stand_off(release, tmp_path_factory.mktemp("bare"))


def articles(edit=lambda text: text, *, keep=lambda record: True) -> list[Article]:  # type: ignore[no-untyped-def]
    made = [made_article(n) for n in range(6)]
    return [Article(id=r.id, text=edit(r.text), url=r.url) for r in made if keep(r)]


def write(path: Path, records: list[Article]) -> list[str]:
    write_records(path, records)
    return [str(path)]


def test_no_file_holds_any_three_words_of_an_article(bare: Path, release: Path) -> None:
    """Titles may stay; everything else is searched in the raw bytes and in the tables."""
    check_release(bare)
    assert not (bare / "tokens").exists()
    rows = [json.dumps(msgspec.to_builtins(record), ensure_ascii=False) for record in load_gold(str(bare))]
    everything = "\n".join([*rows, *(path.read_bytes().decode("utf-8", "replace") for path in bare.rglob("*.*"))])
    for record in load_gold(str(release)):
        words = (record.text or "").replace(record.title or "", "").split()
        for i in range(len(words) - 2):
            piece = " ".join(words[i : i + 3])
            assert piece not in everything or piece in (record.title or ""), piece


def test_it_loads_as_a_dataset_with_null_texts(bare: Path, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(bare), cache_dir=str(tmp_path))
    [first, *_] = [row for split in loaded.values() for row in split]
    assert first["text"] is None
    assert first["quotes"][0]["content"][0]["text"] is None
    assert first["quotes"][0]["content"][0]["start"] > 0


def test_unchanged_texts_give_the_release_byte_for_byte(bare: Path, release: Path, tmp_path: Path) -> None:
    report = rehydrate(bare, write(tmp_path / "a.jsonl", articles()), to=tmp_path / "out")
    assert (report.exact, report.repaired, report.missing, report.identical) == (6, 0, [], "all")
    assert contents(report.place) == contents(release)


def test_another_id_is_found_by_its_url_and_other_line_ends_are_normalised(bare: Path, tmp_path: Path) -> None:
    edited = [Article(id=f"x{n}", text=a.text + " ", url=a.url) for n, a in enumerate(articles())]
    report = rehydrate(bare, write(tmp_path / "a.jsonl", edited), to=tmp_path / "out")
    assert (report.exact, report.identical) == (6, "all")


def test_small_drift_is_repaired(bare: Path, release: Path, tmp_path: Path) -> None:
    def edit(text: str) -> str:
        text = "UPDATED at noon. " + text.replace("“", '"').replace("”", '"').replace("on Monday", "late on  Monday")
        return text.replace("had warned for years", "had been warning for ten years")

    report = rehydrate(bare, write(tmp_path / "a.jsonl", articles(edit)), to=tmp_path / "out")
    assert (report.exact, report.repaired, report.spans["lost"]) == (0, 6, 0)
    check_release(report.place)
    before = {record.id: record for record in load_gold(str(release))}
    for record in load_gold(str(report.place)):
        old = before[record.id]
        assert [e.text for e in record.entities or ()] == [e.text for e in old.entities or ()]
        assert [c.text for c in record.claims or ()] == [c.text for c in old.claims or ()]
        [quote], [old_quote] = record.quotes or (), old.quotes or ()
        assert [f.text for f in quote.content] == [re.sub("[“”]", '"', f.text or "") for f in old_quote.content]
        assert quote.speaker is not None
        assert quote.speaker.text == old_quote.speaker.text  # type: ignore[union-attr]


def test_what_cannot_be_put_back_is_said(bare: Path, tmp_path: Path) -> None:
    def edit(text: str) -> str:
        return re.sub(r"Residents of .*", "That was all.", text)

    given = articles(edit, keep=lambda record: not record.id.startswith("quito"))
    given[0] = Article(id=given[0].id, text="Another article altogether, about cheese.", url=None)
    report = rehydrate(bare, write(tmp_path / "a.jsonl", given), to=tmp_path / "out")
    assert sorted(report.missing) == sorted([given[0].id, "quito-4"])
    assert report.repaired == 4
    assert report.spans["lost"] == 8  # the second claim and the ignored region of each
    assert report.identical is None
    assert "is not in the source's text any more" in str(report)
    check_release(report.place)
    texts = {record.id: record.text for record in load_gold(str(report.place))}
    assert texts["quito-4"] is None
    assert texts["turin-3"] is not None


def test_words_that_would_leak_are_refused(tmp_path: Path) -> None:
    record = made_article(1)
    note = "as in: voted on Monday to close the old bridge, I think"
    entities = [msgspec.structs.replace(record.entities[0], note=note)]  # type: ignore[index]
    folder = release_records([msgspec.structs.replace(record, entities=entities)], "leaky", "1.0.0", to=tmp_path)
    with pytest.raises(PublishError, match=r"entities\[0\]\.note quotes the article"):
        write_stand_off(folder, tmp_path / "bare")


def test_a_release_with_texts_needs_none(release: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nothing to restore"):
        rehydrate(release, [str(tmp_path)], to=tmp_path)


def test_no_article_among_the_sources(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no article of bridges"):
        rehydrate(bare, write(tmp_path / "a.jsonl", [Article(id="x", text="y")]), to=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_tampering_with_an_anchor_is_found(bare: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(bare, tmp_path / "bridges" / "1.0.0")
    victim = next((tmp_path / "bridges/1.0.0/anchors").iterdir())
    victim.write_bytes(victim.read_bytes()[:-1] + b"\0")
    with pytest.raises(GoldError, match="anchors"):
        rehydrate(tmp_path / "bridges/1.0.0", write(tmp_path / "a.jsonl", articles()), to=tmp_path / "out")


words = st.lists(
    st.sampled_from(["Biden", "met", "Kadhimi", "in", "the", "old", "😀", "café", "“so”", "a", "b", "c"]), min_size=12
)


@given(words, st.data())
@settings(max_examples=60)
def test_an_unedited_text_gives_every_span_back(tokens: list[str], data: st.DataObject) -> None:
    text = " ".join(tokens)
    inner = [i for i, char in enumerate(text) if not char.isspace()]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(inner), st.sampled_from(inner)), max_size=8))
    ranges = [(min(pair), max(pair) + 1) for pair in pairs]
    found = find_anchors(text, make_anchors(text, ranges))
    for (start, end), where in zip(ranges, found, strict=True):
        assert where is not None
        assert text[where.start : where.end] == text[start:end]


def test_the_record_type_has_no_other_place_for_text() -> None:
    """A field added to gold records must be thought about: may it hold the article's words?"""
    assert set(GoldRecord.__struct_fields__) == {
        *("id", "text", "text_sha256", "title", "date", "publisher", "url", "meta", "schema"),
        *("entities", "quotes", "claims", "annotators", "decided_by", "model", "guideline", "split", "cluster"),
        *("licence", "ignore", "excluded", "sentences", "weight"),
    }
