"""The progress bars of `datasets` and `huggingface_hub`: shown on a terminal, silent in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_progress() -> Iterator[None]:
    """Without progress bars where standard error is no terminal; afterwards as before."""
    import datasets
    from huggingface_hub import utils

    if sys.stderr.isatty():
        yield
        return
    hub_off, datasets_off = utils.are_progress_bars_disabled(), datasets.are_progress_bars_disabled()
    utils.disable_progress_bars()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not hub_off:
            utils.enable_progress_bars()
        if not datasets_off:
            datasets.enable_progress_bars()
