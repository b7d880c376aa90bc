"""The annotation page of one project in a browser: what an annotator does there, and how many actions it takes."""

from __future__ import annotations

import re
from typing import Any

from annotate.labelstudio.connection import Connection

Point = tuple[float, float]


class AnnotationPage:
    """One task at a time of a project; `tasks` are the numbers of the tasks by article."""

    def __init__(self, page: Any, server: Connection, project: int, tasks: dict[str, int]) -> None:
        self.page = page
        self.server = server
        self.project = project
        self.tasks = tasks

    def open(self, name: str) -> AnnotationPage:
        """Open the article's task, and wait until its regions are there."""
        self.page.goto(self.server.task_page(self.project, self.tasks[name]))
        self.page.wait_for_selector(".htx-highlight[data-label]")
        return self

    def region(self, words: str, label: str) -> Any:
        """The elements of regions with the label that have the words."""
        return self.page.locator(f".htx-highlight[data-label$=':{label}']", has_text=words)

    def select(self, words: str, label: str) -> None:
        """Click the region, at its left edge: regions inside it would take the middle."""
        self.region(words, label).click(position={"x": 3, "y": 8})
        self.page.wait_for_selector(f".htx-highlight.__active[data-label$=':{label}']")

    def select_words(self, words: str, label: str) -> None:
        """Click the words, where a region with the label is the innermost one."""
        left, right, middle = self.place(words)
        self.page.mouse.click((left + right) / 2, middle)
        self.page.wait_for_selector(f".htx-highlight.__active[data-label$=':{label}']")

    def drag(self, start: Point, end: Point) -> None:
        """Move the mouse with its button held."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=5)
        mouse.move(*end, steps=5)
        mouse.up()

    def drag_over(self, words: str) -> None:
        """Drag from the first to the last of the words."""
        left, right, middle = self.place(words)
        self.drag((left + 1, middle), (right - 1, middle))

    def drag_right_edge(self, end: Point) -> None:
        """Drag the right handle of the selected region."""
        box = self.page.locator(".htx-highlight.__active area.__resize_right").bounding_box()
        self.drag((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), end)

    def place(self, words: str) -> tuple[float, float, float]:
        """Left, right and middle height of the words on the page."""
        left, right, middle = self.page.evaluate(
            """words => {
              const text = document.querySelector(".ann-body .lsf-htx-richtext") ?? document.querySelector(".ann-body");
              const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
              for (let node; (node = walker.nextNode());) {
                const found = node.data.indexOf(words);
                if (found < 0) continue;
                const range = document.createRange();
                range.setStart(node, found);
                range.setEnd(node, found + words.length);
                const box = range.getBoundingClientRect();
                return [box.left, box.right, (box.top + box.bottom) / 2];
              }
            }""",
            words,
        )
        return left, right, middle

    def submit(self) -> None:
        """Submit, and wait until the server has it."""
        with self.page.expect_response(re.compile(r"/api/tasks/\d+/annotations")) as answer:
            self.page.get_by_test_id("bottombar-submit-button").click()
        assert answer.value.ok


class Counter:
    """Does what an annotator does, and counts keys, clicks and drags."""

    def __init__(self, page: AnnotationPage) -> None:
        self.page = page
        self.actions = 0

    def press(self, key: str) -> None:
        """One key, or several at once."""
        self.actions += 1
        self.page.page.keyboard.press(key)

    def drag(self, words: str, label: str) -> None:
        """Drag over the words, which makes a region with the label."""
        self.actions += 1
        self.page.drag_over(words)
        self.page.region(words, label).wait_for()

    def drag_right_edge(self, end: Point) -> None:
        """Drag the right end of the selected region."""
        self.actions += 1
        self.page.drag_right_edge(end)

    def click(self, words: str, label: str) -> None:
        """Click a region, which selects it."""
        self.actions += 1
        self.page.select(words, label)

    def click_words(self, words: str, label: str) -> None:
        """Click the words, where a region with the label is the innermost one."""
        self.actions += 1
        self.page.select_words(words, label)

    def click_target(self, words: str, label: str) -> None:
        """Click the region where a link is to end."""
        self.actions += 1
        links = self.page.page.locator("svg.relations-overlay path")
        before = links.count()
        self.page.region(words, label).click(position={"x": 3, "y": 8})
        links.nth(before).wait_for(state="attached")

    def click_listed(self, words: str, label: str) -> None:
        """Click a row in the list of regions."""
        self.actions += 1
        rows = self.page.page.locator(".lsf-outliner-item", has_text=words).filter(has_text=label)
        rows.first.click()
        self.page.page.wait_for_selector(f".htx-highlight.__active[data-label$=':{label}']")
