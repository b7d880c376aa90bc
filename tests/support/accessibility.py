"""What axe-core finds wrong with a page that is open in Chromium."""

from __future__ import annotations

from typing import Any


def find_violations(page: Any) -> list[str]:
    """One line for each rule that the page breaks, with the first element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    lines = []
    for rule in found["violations"]:
        first = rule["nodes"][0]
        about = f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])} times): {rule['help']}"
        lines.append(f"{about}: {first['html'][:200]} {first.get('failureSummary', '')[:300]}")
    return lines
