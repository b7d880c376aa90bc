"""Likely errors in gold, the likeliest first, as a queue for annotators to work through."""

from __future__ import annotations

from annotate.audit.audit import CHECKS, find_likely_errors, to_queue
from annotate.audit.finding import Finding

__all__ = ["CHECKS", "Finding", "find_likely_errors", "to_queue"]
