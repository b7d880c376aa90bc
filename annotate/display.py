"""What a notebook shows for an object: classes of a lower package, drawn by functions of a higher one.

A record knows nothing of HTML, and a report nothing of tables. `annotate/__init__.py`, which is above all packages,
says with `register` which function draws which class; its module is imported when the first object is shown.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

_drawers: dict[str, tuple[str, str]] = {}


def register(drawers: Mapping[str, tuple[str, str]]) -> None:
    """Name the function (module, name) that draws the objects of each class, as HTML that stands by itself."""
    _drawers.update(drawers)


class Displayed:
    """A class that notebooks show as HTML: its own drawer, or that of the nearest class that it inherits from."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        names = (kind.__name__ for kind in type(self).__mro__)
        module, function = next(_drawers[name] for name in names if name in _drawers)
        drawn: str = getattr(importlib.import_module(module), function)(self)
        return drawn
