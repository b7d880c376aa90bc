"""Takes the pictures in docs/: a seed article as annotators and as a reviewer see it, the page of errors, and explore.

Run it with `make screenshot`, and look at the pictures, after a change to a schema or to the style of a page.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

import annotate
from annotate.files import resource_dir
from annotate.jsonl import read_records
from annotate.label_studio_server import Studio, stop_studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.push.plan import PushOptions
from annotate.records import Annotation
from annotate.workflows.adjudicate import adjudicate
from annotate.workflows.up import up
from tests.support.browser import log_in

ARTICLE = "001_71547604df16ebc7"
RELEASE = "news/0.1.0"
REVIEW = "Seed articles, review"
SIZE = {"width": 1440, "height": 900}


def take_screenshots(target: Path) -> None:
    """Write the pictures of all pages into the folder."""
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory(prefix="annotate-") as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        try:
            take_files(browser.new_page(viewport=SIZE), folder, target)
            article = [str(resource_dir("seeds") / f"{ARTICLE}.txt")]
            place = up(article, project="Seed articles", options=PushOptions(practice=False), dir=folder)
            page = browser.new_page(viewport=SIZE)
            log_in(page, place.studio.url, place.studio.username, place.studio.password)
            take_one(page, place.page, target / "annotation-page.png")
            take_one(page, push_review(place.studio), target / "review-page.png")
            practice = up(article, project="Practice", preannotator="rules", dir=folder)
            take_one(page, practice.page, target / "practice-page.png")
        finally:
            browser.close()
            stop_studio(folder)


def take_files(page: Any, folder: Path, target: Path) -> None:
    """Write the pictures of the pages that commands make: the errors of `rules` on a release, and the release."""
    predictions, errors, explore = (folder / name for name in ("rules.jsonl", "errors.html", "explore.html"))
    annotate.preannotate_to_file([str(resource_dir("seeds"))], predictions, preannotator=["rules"])
    annotate.score_predictions(predictions, RELEASE, html=errors)
    annotate.explore_records([RELEASE], explore)
    for html, name in ((errors, "errors-page.png"), (explore, "explore-page.png")):
        page.goto(html.as_uri())
        page.screenshot(path=target / name)


def push_review(studio: Studio) -> str:
    """Push the disputes of the article's recorded annotations; the page of their project."""
    files = sorted((resource_dir("seeds") / "corrections").glob("annotator-*.jsonl"))
    recorded = [record for file in files for record in read_records(file, Annotation) if record.id == ARTICLE]
    adjudicate(recorded, push=REVIEW, url=studio.url, api_key=studio.api_key)
    server = connect(studio.url, studio.api_key)
    [project] = server.find_projects(REVIEW)
    return server.project_page(project["id"])


def take_one(page: Any, address: str, target: Path) -> None:
    """Write the picture of the project's first article."""
    page.goto(address)
    page.get_by_role("button", name="Label All Tasks").click()
    page.wait_for_selector(".htx-highlight")
    # the guidelines come up first; behind them stands the page
    instructions = page.get_by_text("Labeling Instructions", exact=True)
    instructions.wait_for()
    page.keyboard.press("Escape")
    instructions.wait_for(state="hidden")
    page.wait_for_selector("svg.relations-overlay path", state="attached")
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.screenshot(path=target)


if __name__ == "__main__":
    take_screenshots(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
