"""Takes docs/annotation-page.png: a pre-annotated seed article as annotators see it, in a server of its own.

Run it with `make screenshot`, and look at the picture, after a change to a schema or to the page's style.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from annotate.files import resource_dir
from annotate.label_studio_server import stop_studio
from annotate.workflows.up import up

ARTICLE = "001_71547604df16ebc7.txt"
SIZE = {"width": 1440, "height": 900}


def take_screenshot(target: Path) -> None:
    """Write the picture of the annotation page to the file."""
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory(prefix="annotate-") as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        try:
            place = up([str(resource_dir("seeds") / ARTICLE)], project="Seed articles", dir=folder)
            page = browser.new_page(viewport=SIZE)
            page.goto(f"{place.studio.url}/user/login/")
            page.fill("input[name=email]", place.studio.username)
            page.fill("input[name=password]", place.studio.password)
            page.click("button[type=submit]")
            page.wait_for_function("!location.pathname.startsWith('/user/login')")
            page.goto(place.page)
            page.get_by_role("button", name="Label All Tasks").click()
            page.wait_for_selector(".htx-highlight")
            # the guidelines come up first; behind them stands the page
            page.keyboard.press("Escape")
            page.wait_for_selector("svg.relations-overlay path", state="attached")
            page.wait_for_function("document.fonts.status === 'loaded'")
            page.screenshot(path=target)
        finally:
            browser.close()
            stop_studio(folder)


if __name__ == "__main__":
    take_screenshot(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "annotation-page.png")
