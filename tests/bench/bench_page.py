"""The annotation page in Chromium: seconds to open articles with many regions, and to select one of them.

    python -m tests.bench.bench_page [REGIONS ...]

Beside the seconds on the clock, which depend on what else runs on the machine, the seconds that the page's own thread
computed. Both are printed and not judged.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from annotate.label_studio_server import Studio, start_studio, stop_studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.push.push import push_predictions
from tests.support.browser import log_in
from tests.support.made_articles import make_predictions

SIZES = (300, 900)
SELECTIONS = 5


def main(*sizes: int) -> None:
    """Print the seconds for articles with these numbers of regions."""
    folder = Path(tempfile.mkdtemp())
    os.environ["ANNOTATE_STATE_DIR"] = str(folder / "state")
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        studio = start_studio(folder / "studio")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            log_in(page, studio.url, studio.username, studio.password)
            for regions in sizes or SIZES:
                measure(page, studio, regions)
            browser.close()
    finally:
        stop_studio(folder / "studio")
        shutil.rmtree(folder, ignore_errors=True)


def measure(page: Page, studio: Studio, regions: int) -> None:
    """Print what one article with this many regions takes."""
    title = f"{regions} regions"
    [made] = make_predictions(1, words=regions * 4, regions=regions)
    push_predictions([made], title, url=studio.url, api_key=studio.api_key)
    server = connect(studio.url, studio.api_key)
    [project] = server.find_projects(title)
    [task] = server.iter_tasks(project["id"], include="id")
    cpu = page.context.new_cdp_session(page)
    cpu.send("Performance.enable", {"timeDomain": "threadTicks"})

    def computed() -> float:
        found = {entry["name"]: entry["value"] for entry in cpu.send("Performance.getMetrics")["metrics"]}
        return float(found["TaskDuration"])

    page.goto("about:blank")
    before, start = computed(), time.perf_counter()
    page.goto(server.task_page(project["id"], task["id"]))
    page.wait_for_selector(".htx-highlight[data-label]", state="attached")
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    opened = time.perf_counter() - start, computed() - before
    selected = []
    for _ in range(SELECTIONS):
        label = page.evaluate("document.querySelector('.htx-highlight.__active')?.dataset.label ?? ''")
        before, start = computed(), time.perf_counter()
        page.keyboard.press("Alt+.")
        page.wait_for_function(
            "before => { const e = document.querySelector('.htx-highlight.__active');"
            " return e && e.dataset.label !== before; }",
            arg=label,
        )
        selected.append((time.perf_counter() - start, computed() - before))
    cpu.detach()
    drawn = page.locator(".htx-highlight[data-label]").count()
    clock, thread = (median(values) for values in zip(*selected, strict=True))
    print(
        f"{drawn:5} regions: open {opened[0]:6.2f} s ({opened[1]:5.2f} s computed), "
        f"select {clock:5.2f} s ({thread:5.2f} s computed; medians of {SELECTIONS})"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
