"""Training of the bundled `news` pipeline; nothing here is needed to run it."""

from __future__ import annotations

from annotate.extras import require


def require_training() -> None:
    """Return if everything that training imports is installed.

    Raises:
        MissingExtraError: the extra `train` is not installed.
    """
    require("train", "annotate train")
