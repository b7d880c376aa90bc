"""What a person does in a real browser is what pull brings back, down to the code point."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Annotation, Claim, Entity, Prediction, Quote
from annotate.task_json.outcomes import compare_layers
from tests.support.annotation_page import AnnotationPage, Counter
from tests.support.browser import logged_in
from tests.support.spans import span_of

PROJECT = "In the browser"
TEXT = (
    "“It is 𝒳 over,” Ada Lovelace 👩‍👩‍👧 said on Monday.\n"
    "She thinks taxes rose by 5 % in Rome, and Bob agrees.\n"
    "Eve warned that prices fall."
)
TASKS = [
    "untouched", "moved", "related", "labelled-arrow", "two-labels", "new-quote", "half-word", "two-to-delete",
    "two-to-add", "two-to-relabel", "two-to-move", "one-to-reach", "two-to-flip", "new-claim", "draft", "skipped",
]  # fmt: skip
at = partial(span_of, TEXT)

PREDICTION = Prediction(
    id="untouched",
    text=TEXT,
    model="made-1",
    entities=[
        Entity(at("Ada Lovelace").start, at("Ada Lovelace").end, "PERSON", score=0.9, note="a note"),
        Entity(at("Monday").start, at("Monday").end, "DATE", score=0.8),
        Entity(at("Rome").start, at("Rome").end, "GPE"),
    ],
    quotes=[
        Quote(
            "direct",
            [at("“It is 𝒳 over,”")],
            speaker=at("Ada Lovelace"),
            cue=at("said"),
            speaker_name="Ada King",
            preannotator="rules",
        ),
        Quote("indirect", [at("taxes rose"), at("in Rome")], speaker=at("She"), score=0.5),
    ],
    claims=[Claim(at("taxes").start, at("5 %").end, True, "statistic", at("She"), score=0.7, confidence=0.6)],
)


@pytest.fixture(scope="module")
def page(studio: Studio, chromium: Any) -> Iterator[AnnotationPage]:
    server = connect(studio.url, studio.api_key)
    push_predictions(
        [msgspec.structs.replace(PREDICTION, id=name) for name in TASKS],
        PROJECT,
        PushOptions(practice=False),
        url=studio.url,
        api_key=studio.api_key,
    )
    [project] = server.find_projects(PROJECT)
    tasks = {task["data"]["doc_id"]: task["id"] for task in server.iter_tasks(project["id"], include="id,data")}
    with logged_in(chromium, studio) as tab:
        yield AnnotationPage(tab, server, project["id"], tasks)


@pytest.fixture
def pull(studio: Studio) -> Callable[[str], tuple[Annotation, list[str]]]:
    """The annotation of one task, and the remarks on it."""

    def pull_one(name: str) -> tuple[Annotation, list[str]]:
        found, certificate = fetch_annotations(PROJECT, url=studio.url, api_key=studio.api_key)
        [record] = [record for record in found if record.id == name]
        remarks = [*certificate.repaired, *certificate.quarantined]
        return record, [f"{remark.action}: {remark.reason}" for remark in remarks if remark.article_id == name]

    return pull_one


def what_changed(record: Annotation) -> list[tuple[str, str, str]]:
    assert record.predicted is not None
    pairs = compare_layers(record.predicted, record)
    return sorted((pair.layer, pair.change, pair.label) for pair in pairs if pair.change != "unchanged")


def words(record: Annotation, label: str) -> list[str]:
    return [TEXT[entity.start : entity.end] for entity in record.entities or () if entity.label == label]


def test_opened_and_submitted_untouched_is_identical(page: AnnotationPage, pull: Any) -> None:
    page.open("untouched").submit()
    record, remarks = pull("untouched")
    assert (what_changed(record), remarks) == ([], [])

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(entry) for entry in value]
        if isinstance(value, dict):
            return {key: bare(entry) for key, entry in value.items() if key not in ("id", "origin")}
        return value

    ours, pushed = (msgspec.to_builtins([one.entities, one.quotes, one.claims]) for one in (record, PREDICTION))
    assert bare(ours) == bare(pushed)
    assert record.model == "made-1"
    assert (record.lead_time_s or 0) > 0


def test_moved_with_the_mouse(page: AnnotationPage, pull: Any) -> None:
    page.open("moved").select("Monday", "DATE")
    _, right, middle = page.place(".")
    page.drag_right_edge((right - 1, middle))
    page.submit()
    record, remarks = pull("moved")
    assert words(record, "DATE") == ["Monday."]
    assert (what_changed(record), remarks) == ([("entities", "moved", "DATE")], [])
    assert [e.origin for e in record.entities if e.label == "DATE"] == ["prediction-changed"]


def draw_arrow_to_new_cue(page: AnnotationPage, name: str) -> None:
    """Marks "thinks" as a cue and draws a relation to it from the last piece of the indirect quote."""
    page.open(name).page.keyboard.press("c")
    page.drag_over("thinks")
    cue = page.page.locator(".htx-highlight[data-label$=':CUE']", has_text="thinks")
    cue.wait_for()
    page.page.keyboard.press("Escape")
    page.select("in Rome", "QUOTE")
    arrows = page.page.locator("svg.relations-overlay path")
    before = arrows.count()
    page.page.keyboard.press("Alt+r")
    cue.click()
    arrows.nth(before).wait_for(state="attached")


def test_related_by_drawing_an_arrow(page: AnnotationPage, pull: Any) -> None:
    draw_arrow_to_new_cue(page, "related")
    page.submit()
    record, remarks = pull("related")
    assert what_changed(record) == [("quotes", "relinked", "indirect")]
    assert [TEXT[q.cue.start : q.cue.end] for q in record.quotes if q.type == "indirect"] == ["thinks"]
    assert remarks == ["repaired: a relation without a label; read as 'cue'"]


def test_the_label_of_an_arrow_is_chosen_in_the_panel(page: AnnotationPage, pull: Any) -> None:
    draw_arrow_to_new_cue(page, "labelled-arrow")
    page.page.get_by_text("Relations", exact=True).first.click()
    item = page.page.locator(".lsf-relations__item").last
    item.hover()
    item.get_by_label("Show Relation Labels").click()
    page.page.locator(".lsf-relation-meta button").click()
    page.page.get_by_role("option", name="cue", exact=True).click()
    page.page.keyboard.press("Escape")
    page.page.locator(".lsf-relation-meta button", has_text="cue").wait_for()
    page.submit()
    record, remarks = pull("labelled-arrow")
    assert what_changed(record) == [("quotes", "relinked", "indirect")]
    assert [TEXT[q.cue.start : q.cue.end] for q in record.quotes if q.type == "indirect"] == ["thinks"]
    assert remarks == []


def test_a_second_label_on_one_region(page: AnnotationPage, pull: Any) -> None:
    page.open("two-labels").select("Monday", "DATE")
    page.page.keyboard.press("c")
    page.page.wait_for_selector("[data-testid=bottombar-undo-button]:not([disabled])")
    page.submit()
    record, remarks = pull("two-labels")
    assert (words(record, "DATE"), what_changed(record)) == (["Monday"], [])
    assert remarks == ["quarantined: a CUE that no quote or claim points to; draw the relation or delete it"]


def test_deleting_a_span_takes_two_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("two-to-delete"))
    annotator.click("Monday", "DATE")
    annotator.press("Backspace")
    page.region("Monday", "DATE").wait_for(state="detached")
    page.submit()
    record, remarks = pull("two-to-delete")
    assert (what_changed(record), remarks, annotator.actions) == ([("entities", "removed", "DATE")], [], 2)


def test_adding_an_entity_takes_two_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("two-to-add"))
    annotator.press("p")
    annotator.drag("Bob", "PERSON")
    page.submit()
    record, remarks = pull("two-to-add")
    assert (what_changed(record), remarks, annotator.actions) == ([("entities", "added", "PERSON")], [], 2)
    assert [(e.origin, e.score) for e in record.entities if TEXT[e.start : e.end] == "Bob"] == [("manual", None)]


def test_relabelling_takes_two_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("two-to-relabel"))
    annotator.click("Rome", "GPE")
    annotator.press("l")
    page.region("Rome", "LOC").wait_for()
    page.submit()
    record, remarks = pull("two-to-relabel")
    assert (what_changed(record), remarks, annotator.actions) == ([("entities", "relabelled", "GPE")], [], 2)
    assert words(record, "LOC") == ["Rome"]


def test_moving_an_edge_takes_two_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("two-to-move"))
    annotator.click("Ada Lovelace", "PERSON")
    _, right, middle = page.place("said")
    annotator.drag_right_edge((right - 1, middle))
    page.region("said", "PERSON").wait_for()
    page.submit()
    record, _ = pull("two-to-move")
    assert words(record, "PERSON") == ["Ada Lovelace 👩‍👩‍👧 said"]
    assert annotator.actions == 2


def test_a_span_under_another_of_its_extent_is_reached_by_one_click_in_the_list_or_by_the_next_key(
    page: AnnotationPage,
) -> None:
    page.open("one-to-reach")
    page.page.get_by_text("Regions", exact=True).first.click()  # an earlier test left the other list open
    listed = Counter(page)
    listed.click_listed("Ada Lovelace", "SPEAKER")
    page.page.keyboard.press("Escape")
    listed.click_listed("Ada Lovelace", "PERSON")
    assert listed.actions == 2  # one for each
    with_keys = Counter(page)
    with_keys.press("Alt+.")
    page.page.wait_for_selector(".htx-highlight.__active[data-label$=':SPEAKER']")
    assert page.page.locator(".htx-highlight.__active", has_text="Ada Lovelace").count()
    assert with_keys.actions == 1


def test_flipping_check_worthiness_takes_two_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("two-to-flip"))
    annotator.click_words("by 5", "CLAIM")
    annotator.press("5")
    page.page.wait_for_selector("input[name=no]:checked")
    page.submit()
    record, remarks = pull("two-to-flip")
    assert ([claim.check_worthy for claim in record.claims], remarks, annotator.actions) == ([False], [], 2)


def test_a_new_claim_with_worth_and_kind_takes_five_actions_and_its_claimer_two_more(
    page: AnnotationPage, pull: Any
) -> None:
    annotator = Counter(page.open("new-claim"))
    annotator.press("k")
    annotator.drag("prices fall", "CLAIM")
    annotator.click("prices fall", "CLAIM")
    annotator.press("5")
    page.page.wait_for_selector("input[name=no]:checked")
    annotator.press("6")
    page.page.wait_for_selector("input[name=statistic]:checked")
    assert annotator.actions == 5
    annotator.press("Alt+r")
    annotator.click_target("She", "SPEAKER")
    assert annotator.actions == 7
    page.submit()
    record, _ = pull("new-claim")
    [claim] = [claim for claim in record.claims if claim.origin == "manual"]
    found = (claim.check_worthy, claim.kind, TEXT[claim.claimer.start : claim.claimer.end])
    assert (TEXT[claim.start : claim.end], *found) == ("prices fall", False, "statistic", "She")


def test_a_new_quote_with_speaker_and_cue_takes_eight_actions(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("new-quote"))
    for key, words, label in (("q", "prices fall", "QUOTE"), ("s", "Eve", "SPEAKER"), ("c", "warned", "CUE")):
        annotator.press(key)
        annotator.drag(words, label)
    annotator.click("prices fall", "QUOTE")
    annotator.press("2")
    page.page.wait_for_selector("input[name=indirect]:checked")
    page.submit()
    assert annotator.actions == 8
    record, remarks = pull("new-quote")
    [quote] = [q for q in record.quotes if q.origin == "manual"]
    spans = [*quote.content, quote.speaker, quote.cue]
    assert [TEXT[span.start : span.end] for span in spans] == ["prices fall", "Eve", "warned"]
    assert (quote.type, what_changed(record)) == ("indirect", [("quotes", "added", "indirect")])
    assert remarks == [
        "repaired: a speaker without a relation; linked to the only quote of its sentence",
        "repaired: a cue without a relation; linked to the only quote of its sentence",
    ]


def test_half_a_word_is_enough(page: AnnotationPage, pull: Any) -> None:
    annotator = Counter(page.open("half-word"))
    annotator.press("o")
    annotator.drag("rices", "ORG")
    page.submit()
    record, remarks = pull("half-word")
    assert (words(record, "ORG"), remarks) == (["prices"], [])


def test_a_draft_is_counted_and_not_taken(page: AnnotationPage, studio: Studio) -> None:
    page.open("draft").select("Monday", "DATE")
    with page.page.expect_response(re.compile(r"/drafts")):
        page.page.keyboard.press("t")
    found, certificate = fetch_annotations(PROJECT, url=studio.url, api_key=studio.api_key)
    assert "draft" not in {record.id for record in found}
    assert certificate.drafts == {studio.username: 1}


def test_a_skipped_task_has_no_layers(page: AnnotationPage, pull: Any) -> None:
    page.page.goto(f"{page.server.url}/projects/{page.project}/data?labeling=1")
    page.page.wait_for_selector(".htx-highlight[data-label$=':GPE']")
    page.page.wait_for_selector(".lsf-modal-ls_visible")  # the guidelines come first
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector(".lsf-modal-ls_visible", state="detached")
    with page.page.expect_response(re.compile(r"/api/tasks/\d+/annotations")) as answer:
        page.page.get_by_test_id("bottombar-skip-button").click()
    skipped = re.search(r"/api/tasks/(\d+)/", answer.value.url)
    assert skipped
    [name] = [name for name, task in page.tasks.items() if task == int(skipped[1])]
    record, remarks = pull(name)
    assert (record.status, record.entities, record.quotes, record.claims) == ("skipped", None, None, None)
    assert remarks == []
