"""Long articles in windows: nothing is truncated, and every character is in exactly one window."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from annotate.errors import PreannotatorError
from annotate.items import shift
from annotate.records import LAYERS, Layers, get_layer


def split_windows(text: str, size: int) -> list[tuple[int, int]]:
    """Half-open windows of at most `size` code points that together make up the text, cut at paragraphs where possible.

    Next best is the end of a sentence, then white space, then any place.

    >>> [("One. Two.\\n\\nThree.")[a:b] for a, b in split_windows("One. Two.\\n\\nThree.", 12)]
    ['One. Two.\\n\\n', 'Three.']
    """
    windows = []
    start = 0
    while len(text) - start > size:
        end = start + size
        for mark in ("\n\n", "\n", ". ", " "):
            found = text.rfind(mark, start + size // 2, end)
            if found >= 0:
                end = found + len(mark)
                break
        windows.append((start, end))
        start = end
    windows.append((start, len(text)))
    return windows


def join_windows(text: str, parts: Sequence[tuple[tuple[int, int], Layers]]) -> Layers:
    """The layers of all windows as those of the text.

    Raises:
        PreannotatorError: the windows leave out a part of the text, or overlap.
    """
    edges = [0, *itertools.chain.from_iterable(window for window, _ in parts), len(text)]
    if any(edges[at] != edges[at + 1] for at in range(0, len(edges), 2)):
        raise PreannotatorError(
            f"windows {[window for window, _ in parts]} do not cover the text of {len(text)} characters"
        )
    joined = Layers()
    for (start, _), layers in parts:
        for layer in LAYERS:
            items = get_layer(layers, layer)
            if items is not None:
                setattr(joined, layer, [*(get_layer(joined, layer) or []), *(shift(item, start) for item in items)])
    return joined
