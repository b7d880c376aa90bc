"""Releases by their names: checked, and compared."""

from __future__ import annotations

from pathlib import Path

from annotate.files import write_text
from annotate.gold.diff.diff import Diff, diff_releases
from annotate.gold.load import find_release
from annotate.release.check import ReleaseReport, check_release


def check(release: str | Path, *, digest: str | None = None, signers: str | Path | None = None) -> ReleaseReport:
    """Prove that a release is intact: every byte, row and span, and no story in two splits.

    Args:
        release: folder, or `name/version`.
        digest: the digest that it must have, `sha256:HEX`.
        signers: a file of allowed signers; one of them must have signed it.

    >>> check("news/0.1.0").articles
    5

    Raises:
        GoldError: there is no such release, or it is not intact; all problems together.
        AnnotateError: the signature cannot be verified here.
    """
    return check_release(find_release(release)[0], digest=digest, signers=signers)


def diff(a: str | Path, b: str | Path, *, html: str | Path | None = None) -> Diff:
    """What changed from release `a` to release `b`, span by span; iterate over it for the changed articles.

    Args:
        a: the older release, its folder or `name/version`.
        b: the newer one.
        html: where to write the changes as a page with the texts; None writes nothing.

    >>> list(diff("news/0.1.0", "news/0.1.0"))
    []

    Raises:
        GoldError: there is no such release, or it was changed since it was written.
    """
    found = diff_releases(a, b)
    if html is not None:
        from annotate.gold.diff.page import to_page

        write_text(Path(html), to_page(found))
    return found
