"""Building a release from decided records, and checking one.

`build` groups the articles so that stories keep to one split (`grouping`), `writer` writes the tables, and manifest,
card, Croissant description and list of changes are derived from them; `check` derives them again. Names are imported
when they are used, since building needs spaCy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.release.build import release_records as release_records
    from annotate.release.check import ReleaseReport as ReleaseReport
    from annotate.release.check import check_release as check_release
    from annotate.release.grouping.splits import parse_shares as parse_shares
    from annotate.release.pseudonyms import find_map as find_map
    from annotate.release.pseudonyms import is_pseudonym as is_pseudonym

_PUBLIC = {
    "ReleaseReport": "annotate.release.check",
    "check_release": "annotate.release.check",
    "find_map": "annotate.release.pseudonyms",
    "is_pseudonym": "annotate.release.pseudonyms",
    "parse_shares": "annotate.release.grouping.splits",
    "release_records": "annotate.release.build",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate.release' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
