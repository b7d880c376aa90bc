"""One HTML page to search, filter and compare gold, annotations and predictions, offline."""

from __future__ import annotations

from annotate.explore.page import explore_records, render_explorer
from annotate.explore.show import show
from annotate.explore.versions import Version, read_versions

__all__ = ["Version", "explore_records", "read_versions", "render_explorer", "show"]
