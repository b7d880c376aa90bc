"""The explorer page and the agreement behind it: size, and how fast Chromium answers.

1,000 articles by two annotators, and 10,000 predictions.

python -m tests.bench explore
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotate.agreement import agree
from annotate.explore import Version, render_explorer
from annotate.records import Annotation, Entity, Layers
from tests.support.made_articles import make_predictions

ARTICLES = 1000
MANY = 10_000

STEPS = """async () => {
  const found = {};
  const time = async (name, step, times = 20) => {
    const taken = [];
    for (let i = 0; i < times; i += 1) {
      const start = performance.now();
      step(i);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      taken.push(performance.now() - start);
    }
    taken.sort((a, b) => a - b);
    found[name] = [taken[times >> 1], taken[times - 1]];
  };
  const key = (name) => document.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
  const search = document.getElementById("search");
  const list = document.getElementById("list");
  await time("next article", () => key("j"));
  await time("search", (i) => {
    search.value = ["baghdad", "the minister", "vote", "troops talks", ""][i % 5];
    search.dispatchEvent(new Event("input"));
  });
  await time("scroll the list", (i) => { list.scrollTop = i * 2500; });
  await time("only differences", () => key("d"));
  return found;
}"""


def make_annotations(articles: int) -> Iterator[Annotation]:
    """Two annotators' versions of made articles; the second misses or moves some entities."""
    for prediction in make_predictions(articles, words=600, regions=60):
        chance = random.Random(prediction.id)
        layers = Layers(prediction.entities, prediction.quotes, prediction.claims)
        text = prediction.text
        for name in ("ann", "ben"):
            entities = [
                Entity(entity.start, entity.end + (name == "ben" and chance.random() < 0.1), entity.label)
                for entity in layers.entities or ()
                if name == "ann" or chance.random() < 0.9
            ]
            yield Annotation(
                id=prediction.id,
                text=text,
                title=prediction.title,
                annotator=name,
                entities=entities,
                quotes=layers.quotes,
                claims=layers.claims,
            )


def measure_page(page: Path) -> dict[str, Any]:
    """Milliseconds (median, largest) of each step in a headless Chromium, drawing included."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1300, "height": 900})
        start = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#columns .text")
        found: dict[str, Any] = {"open": [1000 * (time.perf_counter() - start)] * 2, **tab.evaluate(STEPS)}
        browser.close()
    return found


def main() -> None:
    """Print the values."""
    annotations = list(make_annotations(ARTICLES))
    start = time.process_time()
    agreement = agree(annotations)
    print(f"agreement: {time.process_time() - start:.1f} CPU s, {agreement.articles} articles, 1,000 resamples")
    versions = [Version(name, {one.id: one for one in annotations if one.annotator == name}) for name in ("ann", "ben")]
    print_page(f"{ARTICLES:,} articles, two versions", versions)
    many = {one.id: one for one in make_predictions(MANY, words=600, regions=60)}
    print_page(f"{MANY:,} articles, one version", [Version("many", dict(many))])


def print_page(title: str, versions: list[Version]) -> None:
    """Print how large and how fast the page of the versions is."""
    print(title)
    start = time.process_time()
    html = render_explorer(versions)
    print(f"page: {time.process_time() - start:.1f} CPU s, {len(html) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        for name, (median, largest) in measure_page(page).items():
            print(f"{name}: {median:.0f} ms (largest {largest:.0f} ms)")


if __name__ == "__main__":
    main()
