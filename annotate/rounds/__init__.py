"""Annotation over several rounds: is agreement still rising, does the draft get better, which labels are done."""

from __future__ import annotations

from annotate.rounds.progress import progress
from annotate.rounds.report import describe_progress
from annotate.rounds.trends import Progress, Round, Trend

__all__ = ["Progress", "Round", "Trend", "describe_progress", "progress"]
