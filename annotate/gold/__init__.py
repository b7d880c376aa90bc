"""Reading releases: which there are, their manifests and records, and the differences between two of them.

Nothing here builds or changes a release; that is `annotate.release`. Names are imported when they are used, since
reading needs pyarrow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.gold.contents import find_file_problems as find_file_problems
    from annotate.gold.diff.diff import diff_releases as diff_releases
    from annotate.gold.load import find_release as find_release
    from annotate.gold.load import load_gold as load_gold
    from annotate.gold.load import stream_release as stream_release
    from annotate.gold.manifest import MANIFEST as MANIFEST
    from annotate.gold.manifest import Manifest as Manifest
    from annotate.gold.manifest import read_manifest as read_manifest
    from annotate.gold.manifest import spell_digest as spell_digest
    from annotate.gold.rows import to_row as to_row

_PUBLIC = {
    "MANIFEST": "annotate.gold.manifest",
    "Manifest": "annotate.gold.manifest",
    "diff_releases": "annotate.gold.diff.diff",
    "find_file_problems": "annotate.gold.contents",
    "find_release": "annotate.gold.load",
    "load_gold": "annotate.gold.load",
    "read_manifest": "annotate.gold.manifest",
    "spell_digest": "annotate.gold.manifest",
    "stream_release": "annotate.gold.load",
    "to_row": "annotate.gold.rows",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'annotate.gold' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
