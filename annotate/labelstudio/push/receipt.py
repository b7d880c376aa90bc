"""The line that a complete push leaves in the project's description, so that the next one need not read all tasks."""

from __future__ import annotations

import re
from typing import Any

import msgspec

RECEIPT = re.compile(r"annotate push: (\d+) tasks, (\d+) predictions, ([0-9a-f]{16}), last change (\S+)")


class Receipt(msgspec.Struct, frozen=True):
    """What a complete push notes in the project's description, so that the next one need not read every task."""

    tasks: int
    predictions: int
    fingerprint: str
    last_change: str

    def __str__(self) -> str:
        return (
            f"annotate push: {self.tasks} tasks, {self.predictions} predictions, {self.fingerprint}, "
            f"last change {self.last_change}"
        )


def read_receipt(project: dict[str, Any]) -> Receipt | None:
    """The receipt in the project's description, if there is one."""
    found = RECEIPT.search(project.get("description") or "")
    return Receipt(int(found[1]), int(found[2]), found[3], found[4]) if found else None


def write_receipt(description: str, receipt: Receipt | None) -> str:
    """The description with this receipt instead of any former one; the users' own words stay.

    >>> write_receipt("Pilot.", Receipt(3, 3, "0" * 16, "2026-11-21T13:00:00Z"))
    'Pilot.\\nannotate push: 3 tasks, 3 predictions, 0000000000000000, last change 2026-11-21T13:00:00Z'
    """
    kept = RECEIPT.sub("", description).rstrip()
    if receipt is None:
        return kept
    return f"{kept}\n{receipt}" if kept else str(receipt)
