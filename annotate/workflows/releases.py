"""Releases by their names: built from files, checked, and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from annotate.files import write_text
from annotate.gold.diff.diff import Diff, diff_releases
from annotate.gold.load import find_release
from annotate.ingest.articles import read_articles
from annotate.jsonl import RecordSource, gather_records
from annotate.records import Annotation, GoldRecord, Prediction
from annotate.release.build import build_release
from annotate.release.check import ReleaseReport, check_release
from annotate.release.grouping.splits import DEFAULT_SHARES
from annotate.release.pseudonyms import find_map
from annotate.schema import Schema
from annotate.selected import KEY


def release_records(
    decided: str | Path | Iterable[GoldRecord],
    name: str,
    version: str,
    *,
    to: str | Path = "gold",
    annotations: RecordSource[Annotation] | None = None,
    predictions: RecordSource[Prediction] | None = None,
    schema: Schema | str | Path | None = None,
    parent: str | Path | None = None,
    licence: str | None = None,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    about: str | None = None,
    names: bool = False,
    annotator_map: str | Path | None = None,
    sign: str | Path | None = None,
    batch: str | Path | None = None,
) -> Path:
    """Build the immutable release `<to>/<name>/<version>` from decided records, and return its folder.

    The same records in any order give the same bytes. An existing version is never changed, and an interrupted build
    leaves no release.

    Args:
        decided: a JSON Lines file as `adjudicate` writes it, read one record at a time, or the records.
        name: of the release, such as `news`.
        version: MAJOR.MINOR.PATCH, checked against what changed since the parent.
        to: the folder of all releases.
        annotations: what the annotators submitted, a file or the records: agreement is measured on them.
        predictions: what was pushed, a file or the records: scored for the card.
        schema: the label schema; None = `news`.
        parent: the release to follow, its folder or `name/version`; None = the newest under `<to>/<name>`.
        licence: of the annotations, such as `CC-BY-4.0`.
        shares: the wanted share of each split.
        about: who annotated, and how, as Markdown for the card.
        names: annotators appear under their names, not as `annotator-1` and so on.
        annotator_map: the private file with the names behind the pseudonyms; it is read, extended and written.
            None = `NAME.annotators.json` beside the file of decided records; for records in memory, none is written.
        sign: an SSH private key to sign the release with.
        batch: the last batch that `select` wrote of the pool, where an article's own `meta.selection` is of an earlier,
            smaller one.

    Raises:
        RecordError: a file has problems.
        GoldError: the version exists or does not fit what changed, or records are not fit for a release; all problems
            together.
        AnnotateError: a file cannot be written, or the key does not sign.
        MissingExtraError: the extra `release` is not installed.
    """
    if isinstance(decided, (str, Path)):
        decided = Path(decided)
        annotator_map = annotator_map or find_map(decided, name)
    return build_release(
        decided,
        name,
        version,
        to=to,
        annotations=None if annotations is None else gather_records(annotations, Annotation),
        predictions=None if predictions is None else gather_records(predictions, Prediction),
        schema=schema,
        parent=parent,
        licence=licence,
        shares=shares,
        about=about,
        names=names,
        annotator_map=annotator_map,
        sign=sign,
        selection=None if batch is None else {one.id: one.meta.get(KEY) for one in read_articles([str(batch)])},
    )


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
