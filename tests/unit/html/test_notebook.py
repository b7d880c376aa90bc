"""Outputs of notebooks: texts kept to the character, everything escaped, no script, nothing loaded."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given

import annotate
from annotate.html import draw_blocks, draw_record, wrap_output
from annotate.html.drawing import draw_text, escape_text
from annotate.html.marks import to_marks
from annotate.printing import Table, escape
from annotate.records import Annotation, Article, Entity, GoldRecord, Prediction, Quote, Span
from annotate.schema import load_schema
from tests.support.strategies import gold_records, predictions

HOSTILE = "</style></div><script>alert(1)</script><img src=x onerror=alert(1)>\u2028\"'`$x$ \x1b[2J\u202e"


class Reader(HTMLParser):
    """The tags, attributes and text of an output."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@given(gold_records() | predictions())
def test_a_drawn_text_is_the_text(record: GoldRecord | Prediction) -> None:
    text = (record.text or "").replace("\x00", "\ufffd")
    drawn = Reader(draw_text(record.text or "", to_marks(record), {}))
    assert drawn.text == text
    assert drawn.open == []
    assert set(drawn.tags) <= {"span"}


@given(gold_records() | predictions())
def test_every_record_is_shown_and_has_a_short_repr(record: GoldRecord | Prediction) -> None:
    drawn = Reader(record._repr_html_())
    assert drawn.open == []
    assert len(repr(record)) < 200
    assert repr(record) == escape(repr(record), line=True)


def test_hostile_words_stay_words() -> None:
    start = HOSTILE.index("alert")
    record = Annotation(
        id=HOSTILE,
        text=HOSTILE,
        title=HOSTILE,
        publisher=HOSTILE,
        annotator=HOSTILE,
        entities=[Entity(start, start + 5, HOSTILE, note=HOSTILE)],
        quotes=[Quote("direct", [Span(0, 5)], Span(6, 9), speaker_name=HOSTILE)],
    )
    table = Table(HOSTILE, (HOSTILE, "n"), [(HOSTILE, HOSTILE)])
    output = wrap_output(draw_record(record, name=HOSTILE), draw_blocks([HOSTILE, table]))
    drawn = Reader(output)
    assert not {"script", "img", "link", "iframe"} & set(drawn.tags)
    assert not {name for name in drawn.attributes if name.startswith("on") or name in ("src", "href")}
    assert HOSTILE in drawn.text
    assert output.count("</style>") == 1
    assert "url(" not in output
    assert "@import" not in output


def test_notebooks_read_no_formulas_in_texts() -> None:
    assert 'class="annotate output tex2jax_ignore mathjax_ignore"' in Article(id="a", text="$5 or $6")._repr_html_()


def test_what_html_cannot_hold_is_replaced_and_a_carriage_return_is_kept() -> None:
    assert escape_text("a\x00\ud800\r\n") == "a\ufffd\ufffd&#13;\n"


def test_only_the_layers_asked_for_are_drawn() -> None:
    record = GoldRecord(
        id="a", text="Rome fell.", entities=[Entity(0, 4, "GPE")], quotes=[Quote("direct", [Span(0, 9)])]
    )
    assert "k-quote" in draw_record(record)
    drawn = draw_record(record, layers=["entities"])
    assert 'class="m k-entity' in drawn
    assert 'class="m k-quote' not in drawn


def test_a_record_without_a_text_lists_its_items() -> None:
    drawn = Reader(GoldRecord(id="a", entities=[Entity(i, i + 2, "GPE") for i in range(120)])._repr_html_())
    assert "annotate rehydrate" in drawn.text
    assert drawn.tags.count("li") == 101
    assert "... and 20 more" in drawn.text


def test_labels_have_the_colours_of_the_schema() -> None:
    colour = next(label.colour for label in load_schema().entities.labels if label.name == "GPE")
    assert f"--c: {colour};" in GoldRecord(id="a", text="Rome", entities=[Entity(0, 4, "GPE")])._repr_html_()


def test_releases_diffs_reports_and_agreement_are_shown() -> None:
    gold = annotate.load_gold("news/0.1.0")
    people = [
        Annotation(id=one.id, text=one.text, annotator=name, entities=one.entities[i:])
        for one in gold
        for i, name in enumerate(("ann", "ben"))
        if one.entities is not None
    ]
    report = annotate.evaluate(gold, [Prediction(id=one.id, entities=one.entities) for one in gold], trials=0)
    [release] = [one for one in annotate.releases("gold") if one.ref == "news/0.1.0"]
    systems = {name: [Prediction(id=one.id, entities=one.entities) for one in gold] for name in ("one", "two")}
    shown = {
        "f1:strict:entities": annotate.agree(people, trials=0),
        "systems that share a letter": annotate.compare_systems(gold, systems, trials=20),
        "Seconds per article": annotate.effort([msgspec.structs.replace(one, lead_time_s=9.0) for one in people]),
        "all tables": report,
        "news/0.1.0: 5 articles": release,
        "news/0.1.0 → news/0.1.0": annotate.diff("news/0.1.0", "news/0.1.0"),
    }
    for words, each in shown.items():
        drawn = Reader(each._repr_html_())
        assert drawn.open == []
        assert words in drawn.text
        assert len(repr(each)) < 200


def test_the_drawer_of_every_class_exists() -> None:
    import importlib

    from annotate.display import _drawers

    for module, function in _drawers.values():
        assert callable(getattr(importlib.import_module(module), function))


def test_what_is_no_record_is_an_error() -> None:
    with pytest.raises(annotate.AnnotateError, match="expected an article or a record; found Manifest"):
        draw_record(annotate.releases("gold")[0])
